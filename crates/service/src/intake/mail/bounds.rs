//! How much of a mail's structure is read. The parser keeps a few hundred bytes for each part, header, address and
//! parameter, so 25 MB of nothing but these would take a gigabyte. One walk over the lines finds where a mail stops being
//! one that people or their programs write; what comes behind is not read.

/// Parts of a mail, those of forwarded mails too.
const PARTS_MAX: usize = 2_000;
/// Bytes of all headers together. A mail's own are a few kilobytes.
const HEADER_BYTES_MAX: usize = 1024 * 1024;
/// A mail within a mail that is packed (base64): its headers can't be seen from here.
const PACKED_MAIL_MAX: usize = 2 * 1024 * 1024;

/// The part of a mail that is read: all of it, but for those made to be too much.
pub fn readable(raw: &[u8]) -> &[u8] {
    let (mut parts, mut header_bytes, mut at) = (0, 0, 0);
    let mut area = Some(Area::default());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii();
        if line.starts_with(b"--") {
            parts += 1;
            area = Some(Area::default());
        }
        if let Some(now) = &mut area {
            header_bytes += line.len();
            now.add(text);
            if parts > PARTS_MAX
                || header_bytes > HEADER_BYTES_MAX
                || (text.is_empty() && now.packed_mail() && raw.len() - at > PACKED_MAIL_MAX)
            {
                return &raw[..at];
            }
            // A mail within a mail begins with headers again.
            if text.is_empty() {
                area = now.mail.then(Area::default);
            }
        }
        at += line.len();
    }
    raw
}

/// The headers of one part.
#[derive(Default)]
struct Area {
    mail: bool,
    packed: bool,
}

impl Area {
    fn add(&mut self, line: &[u8]) {
        let line = &line[..line.len().min(200)].to_ascii_lowercase();
        let holds = |word: &[u8]| line.windows(word.len()).any(|window| window == word);
        self.mail |= holds(b"message/");
        self.packed |= holds(b"base64") || holds(b"quoted-printable");
    }

    fn packed_mail(&self) -> bool {
        self.mail && self.packed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_mail_is_read_whole_and_a_made_up_one_to_its_bounds() {
        let file = "QUJD".repeat(19) + "\r\n";
        let body = file.repeat(100_000);
        let part = "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        let honest =
            format!("From: a@b.cn\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{part}{body}\r\n--b--\r\n");
        assert_eq!(readable(honest.as_bytes()).len(), honest.len());
        let text = format!("From: a@b.cn\r\n\r\n{}", "a: b\r\n".repeat(1_000_000));
        assert_eq!(readable(text.as_bytes()).len(), text.len(), "lines of a text are no headers");
        let head = "From: a@b.cn\r\n";
        for made_up in [
            format!("{head}{}", "a:b\r\n".repeat(1_000_000)),
            format!("{head}To: {}", "a,".repeat(5_000_000)),
            format!("{head}\r\n{}", "--b\r\n\r\n".repeat(1_000_000)),
            format!("{head}{}", "Content-Type: message/rfc822\r\n\r\n".repeat(100_000)),
            format!("{head}Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}"),
        ] {
            let read = readable(made_up.as_bytes()).len();
            assert!(read >= head.len().min(made_up.len()) && read <= 1024 * 1024, "{read}");
        }
    }
}
