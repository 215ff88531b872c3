//! The UI inside the binary: `web/dist` as `make web` built it. Files are answered in the form that the browser
//! takes (br, gzip, plain) with an `ETag`; hashed ones may be kept for ever; every page address gets the one page.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use zunke_http::Page;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Shown where the UI had not been built when the binary was.
const NOT_BUILT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Zunke 尊客</title>\
<style nonce=\"__CSP_NONCE__\">body{font-family:system-ui;margin:15vh auto;max-width:32em;padding:0 1em}</style><body>\
<h1>界面尚未构建</h1><p>请在项目目录运行 <code>make run</code>，它会构建界面并重新编译。接口可正常使用：\
<a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a></p>\
<h2 lang=\"en\">The UI has not been built</h2><p lang=\"en\">Run <code>make run</code> in the project: it builds the UI \
and compiles it in. The API works as it is.</p>";

/// Answers everything that no route knows.
pub async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    if path.starts_with("/api/") || path == "/api" {
        return zunke_http::not_found().await.into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return zunke_http::method_not_allowed().await.into_response();
    }
    let name = path.trim_start_matches('/');
    // Hidden files (the build's own notes) and the compressed copies aren't pages.
    let is_own = name.split('/').any(|part| part.starts_with('.')) || name.ends_with(".br") || name.ends_with(".gz");
    if !is_own && !name.is_empty() && name != "index.html" && Dist::get(name).is_some() {
        return file(name, &headers);
    }
    // A missing script must not be answered with a page.
    let looks_like_file = name != "index.html" && name.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if looks_like_file {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    }
    let Some(index) = Dist::get("index.html") else {
        return shown(NOT_BUILT);
    };
    shown(&String::from_utf8_lossy(&index.data))
}

/// The one page. Its number is another each time, so it is never kept.
fn shown(html: &str) -> Response {
    let mut response = Page::Ui.show(html).map_err(zunke_http::AppError::from).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn file(name: &str, headers: &HeaderMap) -> Response {
    let Some((found, encoding)) = best(name, headers) else { return StatusCode::NOT_FOUND.into_response() };
    let etag = etag(&found, encoding);
    let mut response = if matches(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(found.data.into_owned()).into_response()
    };
    let answer = response.headers_mut();
    let mut put = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.insert(name, value);
        }
    };
    let cache = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    put(header::CACHE_CONTROL, cache);
    put(header::ETAG, &etag);
    put(header::VARY, "accept-encoding");
    put(header::CONTENT_TYPE, kind(name));
    // Also keeps the compression of answers from packing it a second time.
    if let Some(encoding) = encoding {
        put(header::CONTENT_ENCODING, encoding);
    }
    response
}

fn best(name: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let takes = |wanted: &str| {
        accepted.split(',').any(|one| {
            let (name, quality) = one.split_once(';').unwrap_or((one, ""));
            name.trim().eq_ignore_ascii_case(wanted) && quality.replace(' ', "") != "q=0"
        })
    };
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if takes(encoding)
            && let Some(found) = Dist::get(&format!("{name}.{ending}"))
        {
            return Some((found, Some(encoding)));
        }
    }
    Dist::get(name).map(|found| (found, None))
}

fn etag(file: &EmbeddedFile, encoding: Option<&str>) -> String {
    let hash: String = file.metadata.sha256_hash().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hash}{}\"", encoding.unwrap_or(""))
}

fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag))
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &str, method: Method) -> Response {
        page(method, path.parse().expect("path"), HeaderMap::new()).await
    }

    #[tokio::test]
    async fn pages_are_the_one_page_and_what_is_missing_is_said_to_be() {
        let page = get("/customers/cus_1", Method::GET).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(page.headers()[header::CONTENT_TYPE].to_str().expect("text").starts_with("text/html"));
        assert_eq!(get("/assets/none-123.js", Method::GET).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(get("/.vite/manifest.json", Method::GET).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(get("/api/v1/none", Method::GET).await.status(), StatusCode::NOT_FOUND);
        assert_ne!(get("/customers", Method::POST).await.status(), StatusCode::OK);
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"a\", W/\"b\""));
        assert!(matches(&headers, "\"b\"") && !matches(&headers, "\"c\""));
    }
}
