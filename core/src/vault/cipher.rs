//! One chunk at a time: nonces and tags. Header and keys come from `stream`; buffers go back to it.

use aes_gcm::{Aes256Gcm, KeyInit};
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{AeadInOut, Error};

use super::{Algorithm, BlobKey, HEADER_BYTES, VaultError};
use crate::domain::Host;

const MAGIC: &[u8; 4] = b"LBV1";
const PREFIX_BYTES: usize = 7;

/// The first bytes of a blob: what they were encrypted with, and under which nonces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlobHeader {
    algorithm: Algorithm,
    prefix: [u8; PREFIX_BYTES],
}

impl BlobHeader {
    pub(super) fn make(algorithm: Algorithm, host: &dyn Host) -> Self {
        let mut prefix = [0; PREFIX_BYTES];
        host.fill_random(&mut prefix);
        Self { algorithm, prefix }
    }

    pub(super) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let parts = MAGIC.iter().copied().chain([self.algorithm.id()]);
        for (to, from) in bytes.iter_mut().zip(parts.chain(self.prefix)) {
            *to = from;
        }
        bytes
    }

    pub(super) fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self, VaultError> {
        let [magic @ .., _, _, _, _, _, _, _, _] = bytes;
        let [_, _, _, _, id, prefix @ ..] = bytes;
        if magic != MAGIC {
            return Err(VaultError::NotABlob);
        }
        let algorithm = Algorithm::from_id(*id).ok_or(VaultError::UnknownAlgorithm(*id))?;
        Ok(Self {
            algorithm,
            prefix: *prefix,
        })
    }
}

/// Whether a chunk ends its blob; it is part of the nonce, so no chunk can pass for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Inner,
    Last,
}

/// The AEAD of one blob.
pub(super) struct Cipher {
    aead: Aead,
    header: BlobHeader,
}

enum Aead {
    Aes(Box<Aes256Gcm>),
    ChaCha(Box<ChaCha20Poly1305>),
}

impl Cipher {
    pub(super) fn new(header: BlobHeader, key: &BlobKey) -> Self {
        let key = key.as_bytes().into();
        let aead = match header.algorithm {
            Algorithm::Aes256Gcm => Aead::Aes(Box::new(Aes256Gcm::new(key))),
            Algorithm::ChaCha20Poly1305 => Aead::ChaCha(Box::new(ChaCha20Poly1305::new(key))),
        };
        Self { aead, header }
    }

    /// Turns plaintext into ciphertext and tag.
    pub(super) fn close(&self, at: u32, place: Place, chunk: &mut Vec<u8>) -> Result<(), Error> {
        let (nonce, header) = (self.nonce(at, place), self.header.to_bytes());
        match &self.aead {
            Aead::Aes(aead) => aead.encrypt_in_place(&nonce.into(), &header, chunk),
            Aead::ChaCha(aead) => aead.encrypt_in_place(&nonce.into(), &header, chunk),
        }
    }

    /// Turns ciphertext and tag into plaintext; on an error the buffer holds nothing of use.
    pub(super) fn open(&self, at: u32, place: Place, chunk: &mut Vec<u8>) -> Result<(), Error> {
        let (nonce, header) = (self.nonce(at, place), self.header.to_bytes());
        match &self.aead {
            Aead::Aes(aead) => aead.decrypt_in_place(&nonce.into(), &header, chunk),
            Aead::ChaCha(aead) => aead.decrypt_in_place(&nonce.into(), &header, chunk),
        }
    }

    fn nonce(&self, at: u32, place: Place) -> [u8; 12] {
        let last = u8::from(place == Place::Last);
        let mut nonce = [0; 12];
        let parts = self.header.prefix.into_iter();
        for (to, from) in nonce
            .iter_mut()
            .zip(parts.chain(at.to_be_bytes()).chain([last]))
        {
            *to = from;
        }
        nonce
    }
}
