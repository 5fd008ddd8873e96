//! SHA-256 digests, and the per-chunk digests that let any range of a photo be verified.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

/// Size of an evidence chunk in bytes; a photo's chunk list has one digest per chunk.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// A SHA-256 digest: the name of evidence, of an envelope, of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Digest(#[cbor(with = "minicbor::bytes")] [u8; 32]);

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest has 64 hexadecimal digits, got {got:?}")]
pub struct DigestParseError {
    /// What was given.
    pub got: String,
}

impl Digest {
    /// All zero: the `prev` of a stream's first envelope.
    pub const ZERO: Self = Self([0; 32]);

    /// SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// SHA-256 of a label, a zero byte and the parts in order; the label keeps uses apart.
    pub fn labelled(label: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(label.as_bytes());
        hasher.update([0]);
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A digest from a slice of exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl FromStr for Digest {
    type Err = DigestParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(_) => Err(DigestParseError {
                got: text.to_owned(),
            }),
        }
    }
}

/// Hashes a byte stream once: the whole, and each [`CHUNK_BYTES`] piece.
///
/// ```
/// use lossbook_core::domain::{ChunkedDigest, Digest};
/// let mut hasher = ChunkedDigest::new();
/// hasher.update(b"abc");
/// let (whole, chunks, len) = hasher.finish();
/// assert_eq!((whole, chunks.len(), len), (Digest::of(b"abc"), 1, 3));
/// ```
#[derive(Debug, Default)]
pub struct ChunkedDigest {
    whole: Sha256,
    chunk: Sha256,
    in_chunk: usize,
    chunks: Vec<Digest>,
    len: u64,
}

impl ChunkedDigest {
    /// An empty hasher.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes, of any length.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.whole.update(bytes);
        self.len += bytes.len() as u64;
        while !bytes.is_empty() {
            let take = bytes.len().min(CHUNK_BYTES - self.in_chunk);
            let (now, later) = bytes.split_at(take);
            self.chunk.update(now);
            self.in_chunk += take;
            if self.in_chunk == CHUNK_BYTES {
                self.close_chunk();
            }
            bytes = later;
        }
    }

    fn close_chunk(&mut self) {
        let done = std::mem::take(&mut self.chunk);
        self.chunks.push(Digest(done.finalize().into()));
        self.in_chunk = 0;
    }

    /// Digest of the whole, digests of the chunks, length in bytes.
    pub fn finish(mut self) -> (Digest, Vec<Digest>, u64) {
        if self.in_chunk > 0 {
            self.close_chunk();
        }
        (Digest(self.whole.finalize().into()), self.chunks, self.len)
    }

    /// The RFC 6962 Merkle root over chunk digests: leaf and node hashes carry their own prefix.
    pub fn merkle_root(chunks: &[Digest]) -> Digest {
        match chunks {
            [] => Digest::of(b""),
            [one] => leaf(one),
            many => {
                let (left, right) = many.split_at(split(many.len()));
                node(&Self::merkle_root(left), &Self::merkle_root(right))
            }
        }
    }

    /// The RFC 6962 audit path of one chunk, from its neighbour up: with it and the root, the chunk
    /// is verified without any other. Empty for a number beyond the end.
    pub fn merkle_path(chunks: &[Digest], number: usize) -> Vec<Digest> {
        if chunks.len() < 2 || number >= chunks.len() {
            return Vec::new();
        }
        let at = split(chunks.len());
        let (left, right) = chunks.split_at(at);
        let (mut path, beside) = if number < at {
            (Self::merkle_path(left, number), right)
        } else {
            (Self::merkle_path(right, number - at), left)
        };
        path.push(Self::merkle_root(beside));
        path
    }

    /// The root that a chunk and its path lead to; nothing if the path has the wrong length.
    pub fn root_by_path(chunk: &Digest, place: (u64, u64), path: &[Digest]) -> Option<Digest> {
        let (number, count) = place;
        if number >= count {
            return None;
        }
        if count == 1 {
            return path.is_empty().then(|| leaf(chunk));
        }
        let (beside, below) = path.split_last()?;
        let at = count.next_power_of_two() / 2;
        if number < at {
            let own = Self::root_by_path(chunk, (number, at), below)?;
            Some(node(&own, beside))
        } else {
            let own = Self::root_by_path(chunk, (number - at, count - at), below)?;
            Some(node(beside, &own))
        }
    }
}

/// Where RFC 6962 parts a list of more than one: at the largest power of two below its length.
const fn split(len: usize) -> usize {
    len.next_power_of_two() / 2
}

fn leaf(chunk: &Digest) -> Digest {
    let mut bytes = vec![0_u8];
    bytes.extend_from_slice(&chunk.0);
    Digest::of(&bytes)
}

fn node(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = vec![1_u8];
    bytes.extend_from_slice(&left.0);
    bytes.extend_from_slice(&right.0);
    Digest::of(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_do_not_depend_on_how_the_bytes_arrive() {
        let bytes: Vec<u8> = (0..700_000_u32).map(|i| i.to_le_bytes()[0]).collect();
        let mut at_once = ChunkedDigest::new();
        at_once.update(&bytes);
        let mut in_pieces = ChunkedDigest::new();
        for piece in bytes.chunks(7_777) {
            in_pieces.update(piece);
        }
        let (a, b) = (at_once.finish(), in_pieces.finish());
        assert_eq!(a, b);
        assert_eq!(a.1.len(), 3);
        assert_eq!(a.0, Digest::of(&bytes));
    }

    #[test]
    fn one_chunk_proves_its_place_with_its_path_and_no_other_place() {
        for count in 1..=17_usize {
            let chunks: Vec<Digest> = (0..count)
                .map(|at| Digest::of(&[u8::try_from(at).unwrap()]))
                .collect();
            let root = ChunkedDigest::merkle_root(&chunks);
            for (number, chunk) in chunks.iter().enumerate() {
                let path = ChunkedDigest::merkle_path(&chunks, number);
                let lead = |at: usize| {
                    ChunkedDigest::root_by_path(chunk, (at as u64, count as u64), &path)
                };
                assert_eq!(lead(number), Some(root));
                assert!(
                    (0..count + 2)
                        .filter(|at| *at != number)
                        .all(|at| lead(at) != Some(root))
                );
                let longer = [path.as_slice(), &[root]].concat();
                assert_ne!(
                    ChunkedDigest::root_by_path(chunk, (number as u64, count as u64), &longer),
                    Some(root)
                );
            }
        }
    }

    #[test]
    fn a_digest_survives_its_hex_text() {
        let digest = Digest::of(b"x");
        assert_eq!(digest.to_hex().parse::<Digest>().unwrap(), digest);
        assert!("zz".parse::<Digest>().is_err());
    }
}
