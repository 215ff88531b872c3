//! A file as the body of an answer: written by blocking code, sent while it is written.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use std::io::{BufWriter, Write};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use zunke_kernel::Result;

/// Blocks under way: what a slow reader makes us hold at most, times 64 kB.
const UNDER_WAY: usize = 8;

struct Sender(mpsc::Sender<std::io::Result<Bytes>>);

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // The reader is gone: whoever writes stops.
        self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes))).map_err(|_| std::io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Answers with a file that `work` writes. A fault while it is written breaks the body off, so that nobody takes half
/// a file for a whole one.
pub fn file(
    name: &str,
    content_type: &'static str,
    work: impl FnOnce(&mut dyn Write) -> Result<()> + Send + 'static,
) -> Response {
    let (sender, receiver) = mpsc::channel(UNDER_WAY);
    tokio::task::spawn_blocking(move || {
        let mut writer = BufWriter::with_capacity(1 << 16, Sender(sender.clone()));
        let done = work(&mut writer).and_then(|()| writer.flush().map_err(zunke_kernel::Error::internal));
        if let Err(error) = done {
            tracing::warn!(%error, "a file could not be written to its end");
            let _ = sender.blocking_send(Err(std::io::Error::other("the file could not be written to its end")));
        }
    });
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receiver).map(|block| block));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&disposition(name)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// A download under this name, in ASCII for old programs and in UTF-8 for all others.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|sign| if sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | '_') { sign } else { '_' })
        .collect();
    let coded: String = name
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_name_is_written_so_that_every_browser_reads_it() {
        assert_eq!(disposition("客户.csv"), "attachment; filename=\"__.csv\"; filename*=UTF-8''%E5%AE%A2%E6%88%B7.csv");
        assert!(!disposition("a\"\r\nb").contains('\n'));
    }
}
