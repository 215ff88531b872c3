//! The sealed stream of a backup: pieces under AES-256-GCM with a key of this one file, numbered, the last one marked.
//! A piece that is changed, moved, left out or cut off at the end does not open.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// Plain bytes of one piece.
const PIECE: usize = 256 * 1024;
const TAG: usize = 16;

struct Sealing {
    key: LessSafeKey,
    /// Binds every piece to the head of the file.
    head: [u8; 32],
    count: u64,
}

impl Sealing {
    fn new(key: &[u8; 32], head: &[u8]) -> io::Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| io::Error::other("no key to seal with"))?;
        Ok(Self { key: LessSafeKey::new(key), head: Sha256::digest(head).into(), count: 0 })
    }

    /// The key seals one file only, so numbers never meet twice under it.
    fn nonce(&mut self, last: bool) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&self.count.to_be_bytes());
        nonce[11] = u8::from(last);
        self.count += 1;
        Nonce::assume_unique_for_key(nonce)
    }
}

/// Seals what is written to it.
pub(super) struct Sealer<W: Write> {
    sealing: Sealing,
    piece: Vec<u8>,
    out: W,
}

impl<W: Write> Sealer<W> {
    pub fn new(out: W, key: &[u8; 32], head: &[u8]) -> io::Result<Self> {
        Ok(Self { sealing: Sealing::new(key, head)?, piece: Vec::with_capacity(PIECE + TAG), out })
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        let nonce = self.sealing.nonce(last);
        let aad = Aad::from(self.sealing.head);
        self.sealing
            .key
            .seal_in_place_append_tag(nonce, aad, &mut self.piece)
            .map_err(|_| io::Error::other("a piece can't be sealed"))?;
        let length = u32::try_from(self.piece.len()).map_err(io::Error::other)?;
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }

    /// The end: without it the file does not open.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        if self.piece.len() == PIECE {
            self.put(false)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens what a [`Sealer`] wrote.
pub(super) struct Opener<R: Read> {
    sealing: Sealing,
    piece: Vec<u8>,
    at: usize,
    ended: bool,
    source: R,
}

impl<R: Read> Opener<R> {
    pub fn new(source: R, key: &[u8; 32], head: &[u8]) -> io::Result<Self> {
        Ok(Self { sealing: Sealing::new(key, head)?, piece: Vec::new(), at: 0, ended: false, source })
    }

    fn next(&mut self) -> io::Result<()> {
        let mut length = [0; 4];
        self.source.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if !(TAG..=PIECE + TAG).contains(&length) {
            return Err(damaged());
        }
        self.piece.resize(length, 0);
        self.source.read_exact(&mut self.piece)?;
        // Whether it is the last is said by how it was sealed: full pieces are mostly not.
        let copy = self.piece.clone();
        let count = self.sealing.count;
        for last in [length < PIECE + TAG, length == PIECE + TAG] {
            self.sealing.count = count;
            let nonce = self.sealing.nonce(last);
            if self.sealing.key.open_in_place(nonce, Aad::from(self.sealing.head), &mut self.piece).is_ok() {
                self.piece.truncate(length - TAG);
                self.at = 0;
                self.ended = last;
                return Ok(());
            }
            self.piece.copy_from_slice(&copy);
        }
        Err(damaged())
    }

    /// Whether all was read, up to the marked end and nothing behind it.
    pub fn is_at_end(&mut self) -> io::Result<bool> {
        while self.at == self.piece.len() && !self.ended {
            self.next()?;
        }
        Ok(self.at == self.piece.len() && self.source.read(&mut [0])? == 0)
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a piece does not open: another key, or a damaged file")
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            if self.ended {
                return Ok(0);
            }
            self.next()?;
        }
        let given = into.len().min(self.piece.len() - self.at);
        into[..given].copy_from_slice(&self.piece[self.at..self.at + given]);
        self.at += given;
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(bytes: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), &[7; 32], b"head").unwrap();
        sealer.write_all(bytes).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(bytes: &[u8], key: u8, head: &[u8]) -> io::Result<Vec<u8>> {
        let mut opener = Opener::new(bytes, &[key; 32], head)?;
        let mut all = Vec::new();
        opener.read_to_end(&mut all)?;
        if opener.is_at_end()? { Ok(all) } else { Err(damaged()) }
    }

    #[test]
    fn what_was_sealed_opens_whole_or_not_at_all() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 17] {
            let plain: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let file = sealed(&plain);
            assert_eq!(opened(&file, 7, b"head").unwrap(), plain, "{length}");
            assert!(opened(&file, 8, b"head").is_err(), "another key");
            assert!(opened(&file, 7, b"heat").is_err(), "another head");
            assert!(opened(&file[..file.len() - 1], 7, b"head").is_err(), "cut");
            let mut bent = file.clone();
            let middle = bent.len() / 2;
            bent[middle] ^= 1;
            assert!(opened(&bent, 7, b"head").is_err(), "bent");
            assert!(opened(&[&file[..], b"x"].concat(), 7, b"head").is_err(), "something behind");
        }
        // Whole pieces left out, at the end or in the middle.
        let file = sealed(&vec![1; 3 * PIECE]);
        let step = PIECE + TAG + 4;
        assert!(opened(&file[..2 * step], 7, b"head").is_err());
        assert!(opened(&[&file[..step], &file[2 * step..]].concat(), 7, b"head").is_err());
    }
}
