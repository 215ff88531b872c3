//! Looks over the XML of a workbook before its parser does. The parser keeps what it reads in memory: one event
//! (a tag, a text), every shared string, every merged area, and whatever room a count in the file asks for. This
//! walk keeps a few kilobytes and finds all of these in one pass, so a part that would ask for too much is
//! refused before it is opened.

/// The longest event and the longest cell: a cell may have 32,767 characters, so 4 MB is far beyond any real one.
const PIECE_MAX: u64 = 4 * 1024 * 1024;
/// Cells of a sheet, empty ones too: they take no memory, but time. Every row of Excel with 57 columns.
const CELLS_MAX: u64 = 60_000_000;
/// What is kept of a tag to read its name and counts.
const HEAD: usize = 4096;

/// What a part may ask of the parser.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    /// Tags that the parser keeps something for.
    pub tags: u64,
    /// Shared strings, merged areas, cell formats, names, sheets: whatever is kept one by one.
    pub kept: u64,
}

/// Why a part is refused; the words are for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    TooLarge(&'static str),
    /// Nothing that a program that writes workbooks ever writes.
    Unsafe(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    Tag,
    /// Within a tag's quoted value.
    Quoted(u8),
    Comment,
    Data,
    Instruction,
}

/// Bytes are pushed in, faults come out; bounded memory.
#[derive(Debug)]
pub struct Markup {
    allowed: Allowed,
    state: State,
    at: u64,
    /// Where the current event began.
    piece: u64,
    /// Where the current cell or shared string began, and its name.
    cell: Option<(u64, Vec<u8>)>,
    head: Vec<u8>,
    tags: u64,
    kept: u64,
    cells: u64,
}

impl Markup {
    pub fn new(allowed: Allowed) -> Self {
        Self {
            allowed,
            state: State::Text,
            at: 0,
            piece: 0,
            cell: None,
            head: Vec::with_capacity(HEAD),
            tags: 0,
            kept: 0,
            cells: 0,
        }
    }

    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        if self.at == 0 && (bytes.starts_with(&[0xfe, 0xff]) || bytes.starts_with(&[0xff, 0xfe])) {
            return Err(Refused::Unsafe("not UTF-8"));
        }
        let mut rest = bytes;
        while let Some((first, _)) = rest.split_first() {
            let used = match self.state {
                State::Text => self.text(rest),
                State::Tag => self.tag(rest)?,
                State::Quoted(quote) => {
                    let end = rest.iter().position(|byte| *byte == quote);
                    self.keep(&rest[..end.map_or(rest.len(), |end| end + 1)]);
                    if end.is_some() {
                        self.state = State::Tag;
                    }
                    end.map_or(rest.len(), |end| end + 1)
                }
                State::Comment | State::Data | State::Instruction => {
                    self.slide(*first);
                    1
                }
            };
            self.at += used as u64;
            if self.at - self.piece > PIECE_MAX {
                return Err(Refused::TooLarge("one piece of markup"));
            }
            if self.cell.as_ref().is_some_and(|(start, _)| self.at - start > PIECE_MAX) {
                return Err(Refused::TooLarge("one cell"));
            }
            rest = &rest[used..];
        }
        Ok(())
    }

    fn text(&mut self, rest: &[u8]) -> usize {
        let Some(end) = rest.iter().position(|byte| *byte == b'<') else { return rest.len() };
        self.state = State::Tag;
        self.piece = self.at + end as u64;
        self.head.clear();
        end + 1
    }

    fn tag(&mut self, rest: &[u8]) -> Result<usize, Refused> {
        // Byte by byte at its beginning only: what kind of markup it is shows in its first bytes.
        if self.head.len() < 9 {
            let byte = rest[0];
            self.keep(&rest[..1]);
            match self.head.as_slice() {
                b"!--" => self.state = State::Comment,
                b"![CDATA[" => self.state = State::Data,
                b"?" => self.state = State::Instruction,
                [b'!', b'D' | b'd' | b'E' | b'e', ..] => return Err(Refused::Unsafe("a document type definition")),
                _ if byte == b'>' => self.end_of_tag()?,
                _ if byte == b'"' || byte == b'\'' => self.state = State::Quoted(byte),
                _ => {}
            }
            return Ok(1);
        }
        let Some(end) = rest.iter().position(|byte| matches!(byte, b'>' | b'"' | b'\'')) else {
            self.keep(rest);
            return Ok(rest.len());
        };
        self.keep(&rest[..=end]);
        match rest[end] {
            b'>' => self.end_of_tag()?,
            quote => self.state = State::Quoted(quote),
        }
        Ok(end + 1)
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = HEAD - self.head.len().min(HEAD);
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Comments, character data and instructions end with two or three bytes, which may come in two pushes.
    fn slide(&mut self, byte: u8) {
        if self.head.len() >= 16 {
            self.head.drain(..8);
        }
        self.head.push(byte);
        let end: &[u8] = match self.state {
            State::Comment => b"-->",
            State::Data => b"]]>",
            _ => b"?>",
        };
        if self.head.ends_with(end) {
            self.state = State::Text;
            self.piece = self.at + 1;
        }
    }

    fn end_of_tag(&mut self) -> Result<(), Refused> {
        self.state = State::Text;
        self.piece = self.at + 1;
        self.tags += 1;
        if self.tags > self.allowed.tags {
            return Err(Refused::TooLarge("tags"));
        }
        let closing = self.head.first() == Some(&b'/');
        let name_at = usize::from(closing);
        let name_end = self.head[name_at..]
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
            .map_or(self.head.len(), |end| end + name_at);
        let name = &self.head[name_at..name_end];
        let local = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
        if closing {
            if self.cell.as_ref().is_some_and(|(_, open)| open == name) {
                self.cell = None;
            }
            return Ok(());
        }
        match local {
            b"c" | b"si" => {
                self.kept += u64::from(local == b"si");
                self.cells += u64::from(local == b"c");
                if self.cells > CELLS_MAX {
                    return Err(Refused::TooLarge("cells"));
                }
                if self.cell.is_none() && !self.head.ends_with(b"/>") {
                    self.cell = Some((self.at, name.to_vec()));
                }
            }
            b"sst" => self.announced()?,
            b"mergeCell" | b"xf" | b"numFmt" | b"font" | b"fill" | b"border" | b"sheet" | b"definedName"
            | b"Relationship" => self.kept += 1,
            _ => {}
        }
        if self.kept > self.allowed.kept {
            return Err(Refused::TooLarge("strings, areas or formats"));
        }
        Ok(())
    }

    /// The parser makes room for as many strings as the file says that there are, before it has read one.
    fn announced(&self) -> Result<(), Refused> {
        if self.head.len() >= HEAD {
            return Err(Refused::Unsafe("a tag without end"));
        }
        let key = b"uniqueCount";
        let Some(found) = self.head.windows(key.len()).position(|window| window == key) else { return Ok(()) };
        let digits = self.head[found + key.len()..]
            .iter()
            .skip_while(|byte| !byte.is_ascii_digit())
            .take_while(|byte| byte.is_ascii_digit());
        let count = digits.fold(0u64, |sum, byte| sum.saturating_mul(10).saturating_add(u64::from(byte - b'0')));
        if count > self.allowed.kept {
            return Err(Refused::TooLarge("announced strings"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Allowed = Allowed { tags: 100, kept: 3 };

    fn look(text: &str, step: usize) -> Result<(), Refused> {
        let mut markup = Markup::new(SOME);
        text.as_bytes().chunks(step).try_for_each(|chunk| markup.push(chunk))
    }

    #[test]
    fn the_same_is_found_however_the_bytes_arrive() {
        let large = format!("<a><c r=\"A1\"><is>{}</is></c></a>", "<t>x</t>".repeat(40));
        for (text, found) in [
            ("<?xml version='1.0'?><!-- < > --><a b=\"x>y\" c='\"'><![CDATA[<sst uniqueCount=\"9\">]]></a>", Ok(())),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a/>", Err(Refused::Unsafe("a document type definition"))),
            ("<x:sst count=\"1\" uniqueCount = '99999999999999999999'>", Err(Refused::TooLarge("announced strings"))),
            ("<sst uniqueCount=\"3\"><si/><si/><si/></sst>", Ok(())),
            ("<sst><si/><si/><si/><si/></sst>", Err(Refused::TooLarge("strings, areas or formats"))),
            (large.as_str(), Ok(())),
        ] {
            for step in [1, 2, 7, 4096] {
                assert_eq!(look(text, step), found, "{text} by {step}");
            }
        }
        assert_eq!(look(&"<a>".repeat(101), 5), Err(Refused::TooLarge("tags")));
    }

    #[test]
    fn a_piece_without_end_is_refused_wherever_it_hides() {
        let long = "x".repeat(usize::try_from(PIECE_MAX).expect("fits") + 10);
        for head in ["<a>", "<a b=\"", "<!--", "<![CDATA[", "<?", "<a "] {
            assert_eq!(look(&format!("{head}{long}"), 65_536), Err(Refused::TooLarge("one piece of markup")), "{head}");
        }
        let mut markup = Markup::new(Allowed { tags: u64::MAX, kept: 3 });
        let mut runs = || {
            markup.push(b"<y:c>")?;
            (0..2_000_000).try_for_each(|_| markup.push(b"<z:c/></c>"))
        };
        assert_eq!(runs(), Err(Refused::TooLarge("one cell")));
    }
}
