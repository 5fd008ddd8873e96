//! Bytes at rest: photos, thumbnails and staged pieces lie on a disk only as ciphertext.
//!
//! Plain bytes come from a reader, ciphertext goes to a writer, and back; the caller opens the
//! files. The form is an AEAD in STREAM construction: the header `LBV1` ‖ algorithm id ‖ seven
//! random bytes, then chunks of 64 KiB plaintext, each with a 16-byte tag. A chunk's nonce is the
//! random prefix ‖ its number (BE32) ‖ whether it is the last, and the header is associated data
//! of every chunk, so a chunk that was changed, moved, repeated or cut off does not open.
//!
//! Invariants: one random key per blob, kept in the encrypted store and never beside the blob;
//! nothing of a chunk is written out before its tag was checked; what was written before an error
//! is right as far as it goes, and the caller discards it.
//!
//! Refuses: to know files, paths, SQL or digests. Whether the plain bytes are the wanted ones is
//! told by their SHA-256, which the caller checks.
//!
//! ```
//! # use lossbook_core::domain::{Host, Reading, WallMs};
//! # struct Fixed;
//! # impl Host for Fixed {
//! #     fn now(&self) -> Reading { Reading { wall: WallMs(0), boot_id: [0; 16], mono_ms: 0 } }
//! #     fn fill_random(&self, out: &mut [u8]) { out.fill(7) }
//! # }
//! use lossbook_core::vault::{Algorithm, BlobKey, decrypt_stream, encrypt_stream};
//! let key = BlobKey::make(&Fixed);
//! let mut cipher = Vec::new();
//! encrypt_stream(&b"a photo"[..], &mut cipher, &key, Algorithm::preferred(true), &Fixed)?;
//! let mut plain = Vec::new();
//! decrypt_stream(cipher.as_slice(), &mut plain, &key)?;
//! assert_eq!(plain, b"a photo");
//! # Ok::<(), lossbook_core::vault::VaultError>(())
//! ```

pub mod age;
mod cipher;
mod stream;
mod wrap;

use std::fmt;

use zeroize::Zeroizing;

use crate::domain::Host;

pub use stream::{decrypt_range, decrypt_stream, encrypt_stream};
pub use wrap::{unwrap_key, wrap_key};

/// Plaintext bytes of a chunk; the last one may have fewer.
pub const CHUNK_PLAIN_BYTES: usize = 64 * 1024;
/// Bytes of an authentication tag.
pub const TAG_BYTES: usize = 16;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 12;

const CHUNK_CIPHER_BYTES: usize = CHUNK_PLAIN_BYTES + TAG_BYTES;

/// The key of one blob. Lives in the encrypted store; wiped from memory when dropped.
#[derive(Clone)]
pub struct BlobKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobKey(hidden)")
    }
}

impl BlobKey {
    /// A new key from the host's randomness; use it for one blob only.
    pub fn make(host: &dyn Host) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        host.fill_random(bytes.as_mut_slice());
        Self(bytes)
    }

    /// A key as the store kept it.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A key from a slice of exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
    }

    /// The 32 bytes, for the encrypted store only.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Which AEAD a blob is encrypted with; its id stands in the blob's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Fast where the processor has AES instructions.
    Aes256Gcm,
    /// Fast everywhere, and constant-time without help from the processor.
    ChaCha20Poly1305,
}

impl Algorithm {
    /// The right one for this machine.
    pub const fn preferred(cpu_has_aes: bool) -> Self {
        if cpu_has_aes {
            Self::Aes256Gcm
        } else {
            Self::ChaCha20Poly1305
        }
    }

    const fn id(self) -> u8 {
        match self {
            Self::Aes256Gcm => 1,
            Self::ChaCha20Poly1305 => 2,
        }
    }

    const fn from_id(id: u8) -> Option<Self> {
        match id {
            1 => Some(Self::Aes256Gcm),
            2 => Some(Self::ChaCha20Poly1305),
            _ => None,
        }
    }
}

/// Why bytes could not be encrypted or decrypted.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file does not begin as a blob of this store.
    #[error("not an encrypted blob of this store")]
    NotABlob,
    /// Written by a newer build.
    #[error("algorithm {0} is newer than this build")]
    UnknownAlgorithm(u8),
    /// The first chunk does not open: another key, or its beginning was changed.
    #[error("the key does not open the blob, or its beginning is damaged")]
    WrongKey,
    /// A later chunk does not open: its bytes were changed, moved or cut.
    #[error("chunk {chunk} is damaged")]
    Damaged {
        /// Which chunk of 64 KiB, from 0.
        chunk: u32,
    },
    /// The bytes stop before the last chunk.
    #[error("the blob is cut off")]
    Truncated,
    /// The wanted range lies beyond the end.
    #[error("the blob has {len} bytes; {from} + {wanted} lie beyond its end")]
    OutOfRange {
        /// Plaintext length.
        len: u64,
        /// First byte wanted.
        from: u64,
        /// How many bytes were wanted.
        wanted: u64,
    },
    /// Longer than chunk numbers reach (256 TiB).
    #[error("too long to encrypt")]
    TooLong,
    /// Reading or writing failed.
    #[error("reading or writing failed: {0}")]
    Io(#[from] std::io::Error),
}

/// Plaintext length of a ciphertext of this length; `None` if no blob has such a length.
pub const fn plain_len(cipher_len: u64) -> Option<u64> {
    let (header, tag) = (HEADER_BYTES as u64, TAG_BYTES as u64);
    let Some(body) = cipher_len.checked_sub(header) else {
        return None;
    };
    let chunks = body.div_ceil(CHUNK_CIPHER_BYTES as u64);
    let in_last = body - chunks.saturating_sub(1) * CHUNK_CIPHER_BYTES as u64;
    // Only an empty blob has an empty last chunk.
    let too_short = in_last < tag || (in_last == tag && chunks > 1);
    if too_short {
        None
    } else {
        Some(body - chunks * tag)
    }
}

/// Ciphertext length of a plaintext of this length.
pub const fn cipher_len(plain_len: u64) -> u64 {
    let mut chunks = plain_len.div_ceil(CHUNK_PLAIN_BYTES as u64);
    if chunks == 0 {
        chunks = 1;
    }
    HEADER_BYTES as u64 + plain_len + chunks * TAG_BYTES as u64
}

#[cfg(test)]
mod tests;
