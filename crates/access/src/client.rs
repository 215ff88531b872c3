//! What a request says about who sends it: credentials, address, origin. Pure reading of headers.

use crate::secret::Secret;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use std::net::{IpAddr, SocketAddr};
use zunke_kernel::{Error, Kind, Result};

pub const COOKIE: &str = "zunke_session";

/// A custom header can't be sent across origins without a preflight, which is never answered.
pub const OWN_HEADER: &str = "x-zunke";

/// What the request presents. A bearer token wins over a cookie.
pub enum Credential {
    Session(Secret),
    Token(Secret),
}

pub fn credential(headers: &HeaderMap) -> Option<Credential> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        // An authorization that can't be read is none; it doesn't fall back to the cookie.
        return scheme.eq_ignore_ascii_case("bearer").then(|| Credential::Token(Secret::new(token.trim())));
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| Credential::Session(Secret::new(value)))
}

/// Whether the method changes nothing.
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A cookie goes along with requests that other sites cause, so a write by cookie must show that it is our own.
pub fn require_own(headers: &HeaderMap) -> Result<()> {
    if !headers.contains_key(OWN_HEADER) {
        return Err(foreign());
    }
    require_same_origin(headers)
}

/// Refuses what a browser says comes from another site. Without such headers it is no browser.
pub fn require_same_origin(headers: &HeaderMap) -> Result<()> {
    let read = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or("?"));
    if let Some(site) = read(header::HeaderName::from_static("sec-fetch-site")) {
        // Set by the browser itself, whatever stands between it and us.
        return if matches!(site, "same-origin" | "none") { Ok(()) } else { Err(foreign()) };
    }
    let Some(origin) = read(header::ORIGIN) else {
        return Ok(());
    };
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    if !host.is_empty() && read(header::HOST).is_some_and(|own| own.eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    Err(foreign())
}

fn foreign() -> Error {
    Error::new(
        Kind::Forbidden,
        "cross_site_refused",
        "该请求不是由本系统页面发出的，已拒绝。通过程序调用时请使用 API 令牌，或带上 X-Zunke 请求头。",
        "This request was not sent by our own pages and is refused. Programs use an API token, or send the X-Zunke header.",
    )
}

/// The address that counts for throttling. A proxy on this machine is believed (its last entry in
/// `X-Forwarded-For`), nobody else.
pub fn address(parts: &Parts) -> String {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let Some(peer) = peer else {
        return "unknown".into();
    };
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()).and_then(|text| text.rsplit(',').next());
    match last.and_then(|text| text.trim().parse::<IpAddr>().ok()) {
        Some(behind) if peer.to_canonical().is_loopback() => network(behind),
        _ => network(peer),
    }
}

/// One household of IPv6 has a whole /64: it counts as one.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Whether the browser came over https, here or at a proxy on this machine.
pub fn is_https(parts: &Parts) -> bool {
    let forwarded = parts.headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    forwarded.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")) || parts.uri.scheme_str() == Some("https")
}

/// The words of the browser about itself, cut to what a list can show.
pub fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    agent.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().expect("name"), value.parse().expect("value"))).collect()
    }

    #[test]
    fn a_write_by_cookie_from_another_site_is_refused() {
        for own in [
            &[("x-zunke", "1")][..],
            &[("x-zunke", "1"), ("sec-fetch-site", "same-origin"), ("origin", "http://behind.a.proxy")],
            &[("x-zunke", "1"), ("origin", "http://shop.example:8080"), ("host", "shop.example:8080")],
        ] {
            assert!(require_own(&headers(own)).is_ok(), "{own:?}");
        }
        for other in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("x-zunke", "1"), ("sec-fetch-site", "cross-site")],
            &[("x-zunke", "1"), ("sec-fetch-site", "same-site")],
            &[("x-zunke", "1"), ("origin", "http://evil.example"), ("host", "shop.example")],
            &[("x-zunke", "1"), ("origin", "null"), ("host", "shop.example")],
            &[("x-zunke", "1"), ("origin", "http://shop.example")],
        ] {
            assert_eq!(require_own(&headers(other)).expect_err("foreign").code, "cross_site_refused", "{other:?}");
        }
    }

    #[test]
    fn a_token_wins_over_a_cookie_and_an_unreadable_one_is_none() {
        let both = headers(&[("authorization", "Bearer zk_1"), ("cookie", "a=b; zunke_session=s1")]);
        assert!(matches!(credential(&both), Some(Credential::Token(token)) if token.reveal() == "zk_1"));
        let cookie = headers(&[("cookie", "a=b; zunke_session=s1")]);
        assert!(matches!(credential(&cookie), Some(Credential::Session(session)) if session.reveal() == "s1"));
        assert!(credential(&headers(&[("authorization", "Basic eA=="), ("cookie", "zunke_session=s1")])).is_none());
        assert!(credential(&headers(&[("cookie", "zunke_session2=s1")])).is_none());
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        let from = |peer: &str, forwarded: &str| {
            let request = Request::builder().header("x-forwarded-for", forwarded).body(()).expect("request");
            let (mut parts, ()) = request.into_parts();
            parts.extensions.insert(ConnectInfo::<SocketAddr>(peer.parse().expect("peer")));
            address(&parts)
        };
        assert_eq!(from("127.0.0.1:1", "9.9.9.9, 10.0.0.7"), "10.0.0.7");
        assert_eq!(from("8.8.8.8:1", "10.0.0.7"), "8.8.8.8");
        assert_eq!(from("127.0.0.1:1", "nonsense"), "127.0.0.1");
        assert_eq!(from("[2001:db8:1:2:3::4]:1", ""), "2001:db8:1:2::/64");
        assert_eq!(from("[::ffff:8.8.8.8]:1", ""), "8.8.8.8");
    }
}
