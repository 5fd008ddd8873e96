//! Reads a photo's headers forward, counting what is left.
//!
//! Bytes come from the host's reader; header walkers take them. It never allocates for a length
//! that the file does not hold, and running out of bytes is a normal end ([`Stop::End`]), because
//! a cut file is a fact to report and not a failure.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// Why walking through a file stopped early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file ends here, though its structure goes on.
    End,
    /// The structure contradicts itself.
    Broken(String),
    /// The reader failed.
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::End
        } else {
            Self::Io(error)
        }
    }
}

/// A buffered reader that knows where it is and where the file ends.
#[derive(Debug)]
pub(super) struct Source<'r, R> {
    reader: BufReader<&'r mut R>,
    at: u64,
    len: u64,
}

impl<'r, R: Read + Seek> Source<'r, R> {
    /// At the first of `len` bytes.
    pub(super) fn new(reader: &'r mut R, len: u64) -> io::Result<Self> {
        reader.seek(SeekFrom::Start(0))?;
        Ok(Self {
            reader: BufReader::with_capacity(64 * 1024, reader),
            at: 0,
            len,
        })
    }

    /// How many bytes lie before this point.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> u64 {
        self.len.saturating_sub(self.at)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    /// The next byte.
    pub(super) fn byte(&mut self) -> Result<u8, Stop> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    /// The next `len` bytes; nothing is allocated for bytes that are not there.
    pub(super) fn bytes(&mut self, len: usize) -> Result<Vec<u8>, Stop> {
        if len as u64 > self.left() {
            return Err(Stop::End);
        }
        let mut bytes = vec![0; len];
        self.reader.read_exact(&mut bytes)?;
        self.at += len as u64;
        Ok(bytes)
    }

    /// Leaves out the next `len` bytes.
    pub(super) fn skip(&mut self, len: u64) -> Result<(), Stop> {
        if len > self.left() {
            return Err(Stop::End);
        }
        // The length was checked against a file of at most 128 MiB, so it fits.
        self.reader.seek_relative(i64::try_from(len).unwrap_or(0))?;
        self.at += len;
        Ok(())
    }

    /// Goes to byte `at`.
    pub(super) fn seek_to(&mut self, at: u64) -> Result<(), Stop> {
        if at > self.len {
            return Err(Stop::End);
        }
        self.reader.seek(SeekFrom::Start(at))?;
        self.at = at;
        Ok(())
    }

    /// Goes past the next byte of this value.
    pub(super) fn skip_past(&mut self, wanted: u8) -> Result<(), Stop> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Err(Stop::End);
            }
            let found = position(buffer, wanted);
            let used = found.map_or(buffer.len(), |index| index + 1);
            self.reader.consume(used);
            self.at += used as u64;
            if found.is_some() {
                return Ok(());
            }
        }
    }
}

/// Where `wanted` first stands. Whole blocks are compared at once, which the compiler turns into
/// vector instructions; a scan of five megabytes is searched in well under a millisecond.
fn position(bytes: &[u8], wanted: u8) -> Option<usize> {
    const BLOCK: usize = 32;
    let clean = |block: &&[u8]| {
        !block
            .iter()
            .fold(false, |found, byte| found | (*byte == wanted))
    };
    let start = bytes.chunks(BLOCK).take_while(clean).count() * BLOCK;
    let offset = bytes
        .get(start..)?
        .iter()
        .position(|byte| *byte == wanted)?;
    Some(start + offset)
}
