//! The one canonical-CBOR codec (RFC 8949 §4.2.1): integer keys, definite lengths, shortest forms.
//!
//! Types derive their encoding with `minicbor`; what arrives is canonical exactly if encoding the
//! decoded value gives the same bytes back, so that is what is checked. A digest over canonical
//! bytes then names one value and no other.

use minicbor::{Decode, Encode};

/// Bytes that are not the canonical form of the wanted type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// Not decodable as the wanted type.
    #[error("not the expected CBOR: {0}")]
    Malformed(String),
    /// Decodable, but another byte string means the same.
    #[error("CBOR is not in canonical form")]
    NotCanonical,
}

/// The canonical bytes of `value`.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a Vec has no error; a type whose Encode fails would be a bug, and yields bytes
    // that no decoder accepts rather than a panic.
    match minicbor::encode(value, &mut bytes) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

/// The value whose canonical form is exactly `bytes`.
///
/// # Errors
/// [`CborError::Malformed`] for other types and trailing bytes, [`CborError::NotCanonical`] for
/// a second spelling of the same value.
pub fn decode<T>(bytes: &[u8]) -> Result<T, CborError>
where
    T: for<'b> Decode<'b, ()> + Encode<()>,
{
    let value: T =
        minicbor::decode(bytes).map_err(|error| CborError::Malformed(error.to_string()))?;
    if encode(&value) == bytes {
        Ok(value)
    } else {
        Err(CborError::NotCanonical)
    }
}

/// The value whose canonical form `bytes` begin with, and what follows it.
///
/// # Errors
/// As [`decode`].
pub fn decode_first<T>(bytes: &[u8]) -> Result<(T, &[u8]), CborError>
where
    T: for<'b> Decode<'b, ()> + Encode<()>,
{
    let mut decoder = minicbor::Decoder::new(bytes);
    let value: T = decoder
        .decode()
        .map_err(|error| CborError::Malformed(error.to_string()))?;
    let (own, rest) = bytes
        .split_at_checked(decoder.position())
        .unwrap_or((bytes, &[]));
    if encode(&value) == own {
        Ok((value, rest))
    } else {
        Err(CborError::NotCanonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Digest;

    #[test]
    fn a_second_spelling_is_refused() {
        let canonical = encode(&vec![1_u8, 2]);
        assert_eq!(decode::<Vec<u8>>(&canonical).unwrap(), vec![1, 2]);
        let indefinite = [0x9f, 0x01, 0x02, 0xff];
        assert_eq!(decode::<Vec<u8>>(&indefinite), Err(CborError::NotCanonical));
        let trailing = [canonical.as_slice(), &[0]].concat();
        assert_eq!(decode::<Vec<u8>>(&trailing), Err(CborError::NotCanonical));
    }

    #[test]
    fn a_digest_is_a_byte_string_of_thirty_two() {
        let bytes = encode(&Digest::ZERO);
        assert_eq!(bytes.get(..2), Some([0x58, 32].as_slice()));
        assert_eq!(decode::<Digest>(&bytes).unwrap(), Digest::ZERO);
    }
}
