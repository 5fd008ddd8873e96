//! The age file format, version 1 (c2sp.org/age): what leaves on a stick is encrypted with it, so
//! that the stock `age` tool opens it too.
//!
//! Plain bytes go into an [`AgeWriter`] for X25519 receivers; an [`AgeReader`] gives them back
//! chunk by chunk (64 KiB). The format's own readers stop at the first chunk that does not open;
//! this one says which chunk it was and goes on, because each chunk's nonce is its number.
//!
//! Invariants: nothing of a chunk is given out before its tag was checked; a header with more
//! receivers than anybody needs is refused before any of them costs a multiplication.
//!
//! Refuses: passphrases, armour, plugins; and to know files or what the bytes mean.

mod header;

use std::io::{self, Read, Write};

use aes_gcm::KeyInit;
use bech32::{Bech32, Hrp};
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::AeadInOut;
use zeroize::Zeroizing;

use super::TAG_BYTES;
use crate::domain::Host;

pub use header::MAX_RECEIVERS;

/// Plain bytes of a chunk; the last one may have fewer.
pub const AGE_CHUNK_BYTES: usize = 64 * 1024;
const CIPHER_BYTES: usize = AGE_CHUNK_BYTES + TAG_BYTES;
const NONCE_BYTES: usize = 16;

/// Who can read a file: an X25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeRecipient([u8; 32]);

impl AgeRecipient {
    /// From the raw public key, as certificates carry it.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From the text that the `age` tool takes: `age1…`.
    pub fn parse(text: &str) -> Option<Self> {
        key_of("age", text).map(|bytes| Self(*bytes))
    }

    /// As the `age` tool takes it: `age1…`.
    pub fn to_text(self) -> String {
        Hrp::parse("age")
            .ok()
            .and_then(|hrp| bech32::encode::<Bech32>(hrp, &self.0).ok())
            .unwrap_or_default()
    }
}

/// The secret half. Wiped when dropped.
pub struct AgeIdentity(x25519_dalek::StaticSecret);

impl std::fmt::Debug for AgeIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgeIdentity(hidden)")
    }
}

impl AgeIdentity {
    /// From the raw secret key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(x25519_dalek::StaticSecret::from(*bytes))
    }

    /// From the text of an identity file: its line `AGE-SECRET-KEY-1…`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim);
        let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
        key_of("age-secret-key-", line).map(|bytes| Self::from_bytes(&bytes))
    }

    /// Its public half.
    pub fn recipient(&self) -> AgeRecipient {
        AgeRecipient(x25519_dalek::PublicKey::from(&self.0).to_bytes())
    }

    /// As the `age` tool takes it: `AGE-SECRET-KEY-1…`. Whoever has this text reads everything that
    /// was ever encrypted to it.
    pub fn to_text(&self) -> Zeroizing<String> {
        let text = Hrp::parse("age-secret-key-")
            .ok()
            .and_then(|hrp| bech32::encode_upper::<Bech32>(hrp, self.0.as_bytes()).ok());
        Zeroizing::new(text.unwrap_or_default())
    }
}

/// The 32 bytes of a key in bech32 under this prefix.
fn key_of(prefix: &str, text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let (hrp, bytes) = bech32::decode(text.trim()).ok()?;
    let bytes = Zeroizing::new(bytes);
    let key: [u8; 32] = bytes.as_slice().try_into().ok()?;
    (hrp.to_lowercase() == prefix).then(|| Zeroizing::new(key))
}

/// Why a file cannot be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum AgeError {
    /// It does not begin as an age file.
    #[error("not an age file")]
    NotAge,
    /// A later version of the format.
    #[error("the age format {0:?} is newer than this build")]
    Newer(String),
    /// Its header is not as it should be, or was changed on the way.
    #[error("the header is damaged")]
    Damaged,
    /// None of its receivers is this identity.
    #[error("it is encrypted to others")]
    NotForUs,
    /// Reading failed.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
}

/// Encrypts what is written to it. [`AgeWriter::finish`] must be called, else the file is a cut one.
pub struct AgeWriter<W: Write> {
    inner: W,
    aead: ChaCha20Poly1305,
    buffer: Zeroizing<Vec<u8>>,
    number: u64,
    written: u64,
}

impl<W: Write> std::fmt::Debug for AgeWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AgeWriter(chunk {})", self.number)
    }
}

impl<W: Write> AgeWriter<W> {
    /// Writes the header for these receivers.
    ///
    /// # Errors
    /// As the writer fails; `InvalidInput` for no receiver, for too many, or for a weak key.
    pub fn new(mut inner: W, to: &[AgeRecipient], host: &dyn Host) -> io::Result<Self> {
        let mut file_key = Zeroizing::new([0; header::FILE_KEY_BYTES]);
        host.fill_random(file_key.as_mut_slice());
        let text = header::compose(&file_key, to, host)?;
        let mut nonce = [0; NONCE_BYTES];
        host.fill_random(&mut nonce);
        inner.write_all(text.as_bytes())?;
        inner.write_all(&nonce)?;
        Ok(Self {
            inner,
            aead: payload_aead(file_key.as_slice(), &nonce),
            buffer: Zeroizing::new(Vec::with_capacity(CIPHER_BYTES)),
            number: 0,
            written: (text.len() + NONCE_BYTES) as u64,
        })
    }

    /// Bytes of the file so far, with what is still in memory.
    pub fn len_bytes(&self) -> u64 {
        self.written + (self.buffer.len() + TAG_BYTES) as u64
    }

    /// The writer below, for taking out what was written to it.
    pub const fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// Writes the last chunk and gives the writer back.
    ///
    /// # Errors
    /// As the writer fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.close(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn close(&mut self, last: bool) -> io::Result<()> {
        let nonce = nonce(self.number, last);
        if self
            .aead
            .encrypt_in_place(&nonce.into(), b"", &mut *self.buffer)
            .is_err()
        {
            return Err(io::Error::other("a chunk is too long to encrypt"));
        }
        self.inner.write_all(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        self.number += 1;
        Ok(())
    }
}

impl<W: Write> Write for AgeWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        // A full chunk is closed only when more comes: the last one must not be empty.
        if self.buffer.len() == AGE_CHUNK_BYTES {
            self.close(false)?;
        }
        let (now, _) = bytes.split_at(bytes.len().min(AGE_CHUNK_BYTES - self.buffer.len()));
        self.buffer.extend_from_slice(now);
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What comes out of a file, one chunk after the other.
#[derive(Debug, PartialEq, Eq)]
pub enum AgeChunk {
    /// Plain bytes.
    Plain(Zeroizing<Vec<u8>>),
    /// This chunk does not open; those around it may.
    Damaged,
    /// Nothing follows.
    End(Ending),
}

/// How a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With its last chunk.
    Whole,
    /// Its last chunk is missing, cut or damaged.
    Cut,
    /// Bytes follow behind its last chunk.
    Trailing,
}

/// Decrypts a file chunk by chunk, and goes on behind what is damaged.
pub struct AgeReader<R: Read> {
    inner: R,
    aead: ChaCha20Poly1305,
    next: Zeroizing<Vec<u8>>,
    number: u64,
    ending: Option<Ending>,
}

impl<R: Read> std::fmt::Debug for AgeReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AgeReader(chunk {})", self.number)
    }
}

impl<R: Read> AgeReader<R> {
    /// Reads the header and finds the file's key.
    ///
    /// # Errors
    /// [`AgeError`] says what kind of file it is instead.
    pub fn open(mut inner: R, identity: &AgeIdentity) -> Result<Self, AgeError> {
        let file_key = header::read(&mut inner, &identity.0)?;
        let nonce = read_up_to(&mut inner, NONCE_BYTES)?;
        let nonce: [u8; NONCE_BYTES] = nonce.as_slice().try_into().or(Err(AgeError::Damaged))?;
        let next = read_up_to(&mut inner, CIPHER_BYTES)?;
        Ok(Self {
            inner,
            aead: payload_aead(file_key.as_slice(), &nonce),
            ending: next.is_empty().then_some(Ending::Cut),
            next,
            number: 0,
        })
    }

    /// The next chunk.
    ///
    /// # Errors
    /// As the reader fails.
    pub fn next_chunk(&mut self) -> io::Result<AgeChunk> {
        if let Some(ending) = self.ending {
            return Ok(AgeChunk::End(ending));
        }
        let chunk = std::mem::replace(&mut self.next, read_up_to(&mut self.inner, CIPHER_BYTES)?);
        let is_end = self.next.is_empty();
        let number = self.number;
        self.number += 1;
        let as_inner = self.open_chunk(&chunk, number, false);
        if let Some(plain) = as_inner {
            self.ending = is_end.then_some(Ending::Cut);
            return Ok(AgeChunk::Plain(plain));
        }
        // Only the chunk at the end can be the last; elsewhere the second try shows trailing bytes.
        if let Some(plain) = self.open_chunk(&chunk, number, true) {
            let ending = if is_end {
                Ending::Whole
            } else {
                Ending::Trailing
            };
            self.ending = Some(ending);
            return Ok(AgeChunk::Plain(plain));
        }
        self.ending = is_end.then_some(Ending::Cut);
        Ok(AgeChunk::Damaged)
    }

    fn open_chunk(&self, cipher: &[u8], number: u64, last: bool) -> Option<Zeroizing<Vec<u8>>> {
        let mut plain = Zeroizing::new(cipher.to_vec());
        self.aead
            .decrypt_in_place(&nonce(number, last).into(), b"", &mut *plain)
            .ok()?;
        Some(plain)
    }
}

/// ChaCha20-Poly1305 under the payload's key.
fn payload_aead(file_key: &[u8], nonce: &[u8]) -> ChaCha20Poly1305 {
    let key = header::hkdf(file_key, nonce, b"payload");
    ChaCha20Poly1305::new((&*key).into())
}

/// Eleven bytes of number, one that says whether it is the last.
fn nonce(number: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    let bytes = [0; 3].into_iter().chain(number.to_be_bytes());
    for (to, from) in nonce.iter_mut().zip(bytes.chain([u8::from(last)])) {
        *to = from;
    }
    nonce
}

/// Reads until the buffer is full or the reader ends.
fn read_up_to(reader: &mut impl Read, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(limit));
    reader.take(limit as u64).read_to_end(&mut buffer)?;
    Ok(buffer)
}

#[cfg(test)]
mod tests;
