//! The encoding of a text file: the sure ways first (a mark at the start, the zero bytes of UTF-16, a file that
//! is valid UTF-8 from its first byte to its last), a guess only then. Decoding marks what does not belong to
//! the encoding, so that the row can be named.

use super::{UNPACKED_LIMIT, unreadable};
use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use zunke_kernel::{Error, Kind, Result};

/// Bytes on which an encoding is guessed.
const GUESS_ON: usize = 2 << 20;
/// Stands where bytes could not be decoded: a code point that no text may hold.
pub const BROKEN: char = '\u{FFFF}';

/// The bytes of the file, unpacked where it is packed.
pub fn open(path: &Path, packed: bool) -> Result<Box<dyn Read>> {
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    Ok(if packed {
        Box::new(BufReader::with_capacity(1 << 18, flate2::read::MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// Reads the whole file in blocks; more than [`UNPACKED_LIMIT`] is refused.
fn blocks(path: &Path, packed: bool, each: &mut dyn FnMut(&[u8], bool) -> bool) -> Result<()> {
    let mut source = open(path, packed)?;
    let mut buffer = vec![0u8; 1 << 18];
    let mut total = 0u64;
    loop {
        let read = source.read(&mut buffer).map_err(|error| unreadable(&error))?;
        total += read as u64;
        if total > UNPACKED_LIMIT {
            return Err(Error::new(
                Kind::TooLarge,
                "file_unpacked_too_large",
                "文件解压后超过 8 GB，请分成几份上传。",
                "The file is over 8 GB when unpacked; upload it in parts.",
            ));
        }
        if !each(&buffer[..read], read == 0) || read == 0 {
            return Ok(());
        }
    }
}

/// Finds the encoding, or takes the declared one.
pub fn detect(path: &Path, packed: bool, declared: Option<&str>) -> Result<&'static Encoding> {
    if let Some(name) = declared {
        if packed {
            // Nobody else looks at the whole of it before its rows are read.
            blocks(path, packed, &mut |_, _| true)?;
        }
        return Encoding::for_label(name.trim().as_bytes()).map(widest).ok_or_else(|| {
            Error::invalid(
                "encoding_unknown",
                format!("不认识的编码“{name}”，可用 utf-8、gb18030、gbk、big5、utf-16le 等。"),
                format!("Unknown encoding “{name}”; use utf-8, gb18030, gbk, big5, utf-16le or the like."),
            )
            .at("encoding")
        });
    }
    let mut head = Vec::new();
    let mut utf8 = Utf8Check::default();
    blocks(path, packed, &mut |block, _| {
        if head.len() < 65_536 {
            head.extend_from_slice(&block[..block.len().min(65_536 - head.len())]);
        }
        utf8.feed(block);
        true
    })?;
    if let Some((encoding, _)) = Encoding::for_bom(&head) {
        return Ok(encoding);
    }
    if head.starts_with(&[0x84, 0x31, 0x95, 0x33]) {
        return Ok(GB18030);
    }
    if let Some(encoding) = utf16_by_zeros(&head) {
        return Ok(encoding);
    }
    // A file that is UTF-8 but for a few bytes is broken UTF-8, not something else.
    if utf8.faults() == 0 || utf8.faults() * 20 < utf8.wide {
        return Ok(UTF_8);
    }
    let mut gb18030 = GB18030.new_decoder_without_bom_handling();
    let mut gb18030_good = true;
    let mut guess = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    let mut guessed_on = 0;
    let mut scratch = vec![0u16; 1 << 19];
    blocks(path, packed, &mut |block, last| {
        // The guess is slow and needs no more than some of the wide parts.
        if guessed_on < GUESS_ON && !block.is_ascii() {
            guess.feed(block, false);
            guessed_on += block.len();
        }
        if gb18030_good {
            let (result, _, _) = gb18030.decode_to_utf16_without_replacement(block, &mut scratch, last);
            gb18030_good = matches!(result, DecoderResult::InputEmpty);
        }
        gb18030_good || guessed_on < GUESS_ON
    })?;
    guess.feed(&[], true);
    let guessed = guess.guess(Some(b"cn"), chardetng::Utf8Detection::Deny);
    let foreign = ["Big5", "Shift_JIS", "EUC-JP", "EUC-KR"].contains(&guessed.name());
    if gb18030_good && !foreign {
        // Western files are valid GB18030 only by accident: pairs of high bytes are rare in them.
        if guessed.name().starts_with("windows-125") && !utf8.pairs_prevail() {
            return Ok(guessed);
        }
        return Ok(GB18030);
    }
    Ok(widest(guessed))
}

/// GB18030 is the superset of GBK and GB2312, and reads the rare Han as well.
fn widest(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == encoding_rs::GBK { GB18030 } else { encoding }
}

/// UTF-16 without a mark: the delimiters, digits and line ends are ASCII, so zeros stand on one side only.
pub fn utf16_by_zeros(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let enough = head.len() / 40 + 1;
    // A Han such as 一 (U+4E00) has a zero on the other side, so a few may stand there.
    if odd >= enough && even * 4 < odd {
        Some(UTF_16LE)
    } else if even >= enough && odd * 4 < even {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Checks UTF-8 over block borders and counts how much of it is wide.
#[derive(Default)]
struct Utf8Check {
    left_over: Vec<u8>,
    wide: u64,
    bad: u64,
    high_runs: u64,
    high_even_runs: u64,
    run: u64,
}

impl Utf8Check {
    fn feed(&mut self, block: &[u8]) {
        if block.is_ascii() && self.left_over.is_empty() {
            self.end_run();
            return;
        }
        for byte in block {
            if *byte >= 0x80 {
                self.run += 1;
            } else if self.run > 0 {
                self.end_run();
            }
        }
        let mut bytes = std::mem::take(&mut self.left_over);
        bytes.extend_from_slice(block);
        let mut rest = bytes.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.wide += wide(text);
                    return;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    self.wide += std::str::from_utf8(good).map_or(0, wide);
                    let Some(length) = error.error_len() else {
                        self.left_over = bad.to_vec();
                        return;
                    };
                    self.bad += 1;
                    rest = &bad[length..];
                }
            }
        }
    }

    fn end_run(&mut self) {
        if self.run > 0 {
            self.high_runs += 1;
            self.high_even_runs += u64::from(self.run.is_multiple_of(2));
            self.run = 0;
        }
    }

    fn faults(&self) -> u64 {
        self.bad + u64::from(!self.left_over.is_empty())
    }

    fn pairs_prevail(&self) -> bool {
        self.high_even_runs * 4 > self.high_runs * 3
    }
}

fn wide(text: &str) -> u64 {
    text.bytes().filter(|byte| *byte >= 0xc0).count() as u64
}

/// Decodes a stream into UTF-8 text block by block.
pub struct Decode {
    source: Box<dyn Read>,
    decoder: encoding_rs::Decoder,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    done: bool,
}

impl Decode {
    pub fn new(source: Box<dyn Read>, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { source, decoder, bytes: vec![0; 1 << 16], start: 0, end: 0, done: false }
    }

    /// Appends the next block to `text`; `false` at the end of the file.
    pub fn next(&mut self, text: &mut String) -> Result<bool> {
        if self.done {
            return Ok(false);
        }
        text.reserve(3 * (1 << 16) + 64);
        if self.start == self.end {
            self.start = 0;
            self.end = self.source.read(&mut self.bytes).map_err(|error| unreadable(&error))?;
        }
        let last = self.end == 0;
        loop {
            let (result, read) =
                self.decoder.decode_to_string_without_replacement(&self.bytes[self.start..self.end], text, last);
            self.start += read;
            match result {
                DecoderResult::InputEmpty => {
                    self.done = last;
                    return Ok(true);
                }
                DecoderResult::OutputFull => text.reserve(1 << 16),
                DecoderResult::Malformed(_, _) => text.push(BROKEN),
            }
        }
    }
}

pub fn broken(row: u64, encoding: &str) -> Error {
    Error::invalid(
        "encoding_broken",
        format!("从第 {row} 行起有无法按 {encoding} 识别的字符。请选择正确的编码，或用 Excel 另存为 xlsx 再上传。"),
        format!("From row {row} on there are characters that are not {encoding}. Choose the right encoding, or save the file as xlsx and upload that."),
    )
    .at("encoding")
}
