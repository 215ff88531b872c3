//! Pages with a Content-Security-Policy of their own. Styles that a page carries, or that its component library
//! computes, are let in by a number used once: the page has it, the answer's policy has it, and text that somebody
//! smuggled into the page has not.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use zunke_kernel::{Error, Result};

/// Stands in a page where its number is to be put.
pub const NONCE_PLACE: &str = "__CSP_NONCE__";

/// Which page it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The UI: own scripts, own styles and those with the number; pictures also from memory (QR codes, previews).
    Ui,
    /// A page of one piece for anybody, without a script.
    Public,
    /// The same, and other sites may show it in a frame: it knows no login, so nothing can be got by a click on it.
    PublicFramed,
}

impl Page {
    fn policy(self, nonce: &str) -> String {
        let own = match self {
            Self::Ui => {
                "script-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; \
                 connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; "
            }
            Self::Public => "img-src 'self'; frame-ancestors 'none'; ",
            Self::PublicFramed => "img-src 'self'; frame-ancestors *; ",
        };
        let style = if self == Self::Ui { "'self' " } else { "" };
        format!(
            "default-src 'none'; {own}style-src {style}'nonce-{nonce}'; style-src-attr 'none'; base-uri 'none'; \
             form-action 'self'"
        )
    }

    /// The answer that shows `html`, with a number of its own.
    pub fn show(self, html: &str) -> Result<Response> {
        let nonce = nonce()?;
        let policy = HeaderValue::from_str(&self.policy(&nonce)).map_err(Error::internal)?;
        let mut response = Html(html.replace(NONCE_PLACE, &nonce)).into_response();
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        Ok(response)
    }
}

/// 128 random bits.
fn nonce() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_answer_has_a_number_of_its_own_in_the_page_and_in_its_policy() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in [Page::Ui, Page::Public, Page::PublicFramed] {
            let page = kind.show("<style nonce=\"__CSP_NONCE__\"></style>").expect("a page");
            let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
            let html = axum::body::to_bytes(page.into_body(), 1000).await.expect("a body");
            let html = String::from_utf8(html.to_vec()).expect("text");
            let nonce = html.split('"').nth(1).expect("a number").to_owned();
            assert_eq!(nonce.len(), 32);
            assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
            assert!(!policy.contains("unsafe") && policy.starts_with("default-src 'none'"), "{policy}");
            assert_eq!(policy.contains("script-src"), kind == Page::Ui, "{policy}");
            assert_eq!(policy.contains("frame-ancestors *"), kind == Page::PublicFramed, "{policy}");
            assert!(seen.insert(nonce));
        }
    }
}
