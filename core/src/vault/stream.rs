//! Whole blobs and ranges of them, chunk by chunk, in memory of one chunk.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

use zeroize::Zeroizing;

use super::cipher::{BlobHeader, Cipher, Place};
use super::{
    Algorithm, BlobKey, CHUNK_CIPHER_BYTES, CHUNK_PLAIN_BYTES, HEADER_BYTES, VaultError, plain_len,
};
use crate::domain::Host;

/// Encrypts all of `plain`; returns the plaintext's length.
///
/// # Errors
/// [`VaultError::Io`] as reader and writer fail; what was written is then to be discarded.
pub fn encrypt_stream(
    mut plain: impl Read,
    mut cipher: impl Write,
    key: &BlobKey,
    algorithm: Algorithm,
    host: &dyn Host,
) -> Result<u64, VaultError> {
    let header = BlobHeader::make(algorithm, host);
    cipher.write_all(&header.to_bytes())?;
    let aead = Cipher::new(header, key);
    let mut total = 0_u64;
    let mut next = read_up_to(&mut plain, CHUNK_PLAIN_BYTES)?;
    for at in 0..=u32::MAX {
        // A chunk is the last if nothing follows it, which only the next read tells.
        let mut chunk = next;
        next = read_up_to(&mut plain, CHUNK_PLAIN_BYTES)?;
        let place = place_of(&next);
        total += chunk.len() as u64;
        // An AEAD refuses only lengths far beyond a chunk's.
        if aead.close(at, place, &mut chunk).is_err() {
            return Err(VaultError::TooLong);
        }
        cipher.write_all(&chunk)?;
        if place == Place::Last {
            return Ok(total);
        }
    }
    Err(VaultError::TooLong)
}

/// Decrypts all of `cipher`; returns the plaintext's length.
///
/// # Errors
/// [`VaultError`] names what is wrong; what was written is then to be discarded.
pub fn decrypt_stream(
    mut cipher: impl Read,
    mut plain: impl Write,
    key: &BlobKey,
) -> Result<u64, VaultError> {
    let aead = Cipher::new(read_header(&mut cipher)?, key);
    let mut total = 0_u64;
    let mut next = read_up_to(&mut cipher, CHUNK_CIPHER_BYTES)?;
    for at in 0..=u32::MAX {
        let chunk = next;
        next = read_up_to(&mut cipher, CHUNK_CIPHER_BYTES)?;
        let place = place_of(&next);
        let opened = open(&aead, at, place, chunk)?;
        total += opened.len() as u64;
        plain.write_all(&opened)?;
        if place == Place::Last {
            return Ok(total);
        }
    }
    Err(VaultError::TooLong)
}

/// Decrypts `len` bytes from byte `from` on; reads only the chunks that hold them.
///
/// A cut at a chunk border shows only if the range touches the last chunk: compare
/// [`plain_len`] with the length that the store remembers.
///
/// # Errors
/// [`VaultError`] names what is wrong; what was written is then to be discarded.
pub fn decrypt_range(
    mut cipher: impl Read + Seek,
    mut plain: impl Write,
    key: &BlobKey,
    from: u64,
    len: u64,
) -> Result<(), VaultError> {
    let cipher_bytes = cipher.seek(SeekFrom::End(0))?;
    let total = plain_len(cipher_bytes).ok_or(VaultError::Truncated)?;
    let end = from.checked_add(len).filter(|end| *end <= total);
    let end = end.ok_or(VaultError::OutOfRange {
        len: total,
        from,
        wanted: len,
    })?;
    cipher.rewind()?;
    let aead = Cipher::new(read_header(&mut cipher)?, key);
    let chunk_bytes = CHUNK_PLAIN_BYTES as u64;
    let last = total.div_ceil(chunk_bytes).saturating_sub(1);
    for at in from / chunk_bytes..end.div_ceil(chunk_bytes) {
        cipher.seek(SeekFrom::Start(
            HEADER_BYTES as u64 + at * CHUNK_CIPHER_BYTES as u64,
        ))?;
        let chunk = read_up_to(&mut cipher, CHUNK_CIPHER_BYTES)?;
        let place = if at == last {
            Place::Last
        } else {
            Place::Inner
        };
        let number = u32::try_from(at).or(Err(VaultError::TooLong))?;
        let opened = open(&aead, number, place, chunk)?;
        let start = at * chunk_bytes;
        let wanted = opened
            .get(in_chunk(from, start)..in_chunk(end, start).min(opened.len()))
            .ok_or(VaultError::Truncated)?;
        plain.write_all(wanted)?;
    }
    Ok(())
}

/// Where `at` falls in the chunk that starts at `start`, clamped to the chunk.
fn in_chunk(at: u64, start: u64) -> usize {
    usize::try_from(at.saturating_sub(start))
        .map_or(CHUNK_PLAIN_BYTES, |at| at.min(CHUNK_PLAIN_BYTES))
}

fn place_of(next: &[u8]) -> Place {
    if next.is_empty() {
        Place::Last
    } else {
        Place::Inner
    }
}

/// Opens a chunk, or tells a wrong key, a cut and a damage apart as far as that can be told.
fn open(
    aead: &Cipher,
    at: u32,
    place: Place,
    chunk: Zeroizing<Vec<u8>>,
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let mut opened = chunk.clone();
    if aead.open(at, place, &mut opened).is_ok() {
        // Only an empty blob has an empty chunk: anything else is a second spelling.
        return if opened.is_empty() && at > 0 {
            Err(VaultError::Damaged { chunk: at })
        } else {
            Ok(opened)
        };
    }
    let mut as_inner = chunk;
    if place == Place::Last && aead.open(at, Place::Inner, &mut as_inner).is_ok() {
        return Err(VaultError::Truncated);
    }
    Err(if at == 0 {
        VaultError::WrongKey
    } else {
        VaultError::Damaged { chunk: at }
    })
}

fn read_header(cipher: &mut impl Read) -> Result<BlobHeader, VaultError> {
    let bytes = read_up_to(cipher, HEADER_BYTES)?;
    let bytes: &[u8; HEADER_BYTES] = bytes.as_slice().try_into().or(Err(VaultError::Truncated))?;
    BlobHeader::parse(bytes)
}

/// Reads until the buffer is full or the reader ends; wiped when dropped.
fn read_up_to(reader: &mut impl Read, limit: usize) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // Room for the tag, so that encryption in place does not move the plaintext and leave a copy.
    let mut buffer = Zeroizing::new(Vec::with_capacity(CHUNK_CIPHER_BYTES));
    buffer.resize(limit, 0);
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(filled);
    Ok(buffer)
}
