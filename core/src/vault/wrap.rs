//! A key under another key, so that destroying the one destroys what the other opens.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use zeroize::Zeroizing;

use super::{BlobKey, VaultError};
use crate::domain::Digest;

const LABEL: &str = "lossbook/scope-wrap/v1";
const AAD: &[u8] = b"lossbook/blob-key/v1";
/// Each wrapping key closes one key only, so one nonce serves them all.
const NONCE: [u8; 12] = [0; 12];

/// The key that wraps the key of one file, made from a scope's key and the file's random name.
fn wrapping(scope: &BlobKey, name: &str) -> ChaCha20Poly1305 {
    let key = Digest::labelled(LABEL, &[scope.as_bytes(), name.as_bytes()]);
    ChaCha20Poly1305::new(key.as_bytes().into())
}

/// The key of a file under the key of its scope.
///
/// # Errors
/// [`VaultError::TooLong`] never happens for 32 bytes.
pub fn wrap_key(key: &BlobKey, scope: &BlobKey, name: &str) -> Result<Vec<u8>, VaultError> {
    let mut bytes = key.as_bytes().to_vec();
    wrapping(scope, name)
        .encrypt_in_place(&NONCE.into(), AAD, &mut bytes)
        .or(Err(VaultError::TooLong))?;
    Ok(bytes)
}

/// The key of a file again.
///
/// # Errors
/// [`VaultError::WrongKey`] under another scope's key, or if it was altered.
pub fn unwrap_key(wrapped: &[u8], scope: &BlobKey, name: &str) -> Result<BlobKey, VaultError> {
    let mut bytes = Zeroizing::new(wrapped.to_vec());
    wrapping(scope, name)
        .decrypt_in_place(&NONCE.into(), AAD, &mut *bytes)
        .or(Err(VaultError::WrongKey))?;
    BlobKey::from_slice(&bytes).ok_or(VaultError::WrongKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_opens_with_its_scope_and_for_its_file_only() {
        let (scope, other) = (BlobKey::from_bytes([1; 32]), BlobKey::from_bytes([2; 32]));
        let key = BlobKey::from_bytes([3; 32]);
        let wrapped = wrap_key(&key, &scope, "a").unwrap();
        let opened = unwrap_key(&wrapped, &scope, "a").unwrap();
        assert_eq!(opened.as_bytes(), key.as_bytes());
        assert!(unwrap_key(&wrapped, &other, "a").is_err());
        assert!(unwrap_key(&wrapped, &scope, "b").is_err());
    }
}
