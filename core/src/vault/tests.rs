use std::io::Cursor;
use std::sync::atomic::{AtomicU8, Ordering};

use proptest::prelude::*;

use super::*;
use crate::domain::{Reading, WallMs};

/// Counts instead of drawing lots: tests repeat exactly.
#[derive(Default)]
struct Counting(AtomicU8);

impl Host for Counting {
    fn now(&self) -> Reading {
        Reading {
            wall: WallMs(0),
            boot_id: [0; 16],
            mono_ms: 0,
        }
    }

    fn fill_random(&self, out: &mut [u8]) {
        for byte in out {
            *byte = self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

const BOTH: [Algorithm; 2] = [Algorithm::Aes256Gcm, Algorithm::ChaCha20Poly1305];

fn bytes(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at.wrapping_mul(31) >> 3).to_le_bytes()[0])
        .collect()
}

fn encrypted(plain: &[u8], algorithm: Algorithm) -> (BlobKey, Vec<u8>) {
    let host = Counting::default();
    let key = BlobKey::make(&host);
    let mut cipher = Vec::new();
    let len = encrypt_stream(plain, &mut cipher, &key, algorithm, &host).unwrap();
    assert_eq!(len, plain.len() as u64);
    (key, cipher)
}

fn decrypted(cipher: &[u8], key: &BlobKey) -> Result<Vec<u8>, VaultError> {
    let mut plain = Vec::new();
    decrypt_stream(cipher, &mut plain, key)?;
    Ok(plain)
}

#[test]
fn bytes_of_any_length_come_back_and_lengths_are_known_without_a_key() {
    for algorithm in BOTH {
        for len in [0, 1, 65_535, 65_536, 65_537, 131_072, 1 << 20] {
            let plain = bytes(len);
            let (key, cipher) = encrypted(&plain, algorithm);
            assert_eq!(decrypted(&cipher, &key).unwrap(), plain);
            assert_eq!(plain_len(cipher.len() as u64), Some(len as u64));
            assert_eq!(cipher_len(len as u64), cipher.len() as u64);
        }
    }
}

#[test]
fn a_cut_is_noticed_wherever_it_falls() {
    for algorithm in BOTH {
        let (key, cipher) = encrypted(&bytes(3 * 65_536), algorithm);
        for border in [1, 2] {
            let cut = HEADER_BYTES + border * CHUNK_CIPHER_BYTES;
            let answer = decrypted(&cipher[..cut], &key);
            assert!(matches!(answer, Err(VaultError::Truncated)), "{answer:?}");
            let mut range = Vec::new();
            let tail = decrypt_range(
                Cursor::new(&cipher[..cut]),
                &mut range,
                &key,
                (border as u64 - 1) * 65_536,
                1,
            );
            assert!(matches!(tail, Err(VaultError::Truncated)), "{tail:?}");
        }
        for cut in [0, 5, 11, 12, 20, 28, 70_000, cipher.len() - 1] {
            assert!(decrypted(&cipher[..cut], &key).is_err(), "cut at {cut}");
        }
    }
}

#[test]
fn two_chunks_that_change_places_do_not_open() {
    for algorithm in BOTH {
        let (key, cipher) = encrypted(&bytes(3 * 65_536 + 9), algorithm);
        let (first, second) = (HEADER_BYTES, HEADER_BYTES + CHUNK_CIPHER_BYTES);
        let third = second + CHUNK_CIPHER_BYTES;
        let swapped = [
            &cipher[..first],
            &cipher[second..third],
            &cipher[first..second],
            &cipher[third..],
        ]
        .concat();
        assert!(matches!(
            decrypted(&swapped, &key),
            Err(VaultError::WrongKey)
        ));
        let repeated = [&cipher[..second], &cipher[first..second], &cipher[third..]].concat();
        assert!(matches!(
            decrypted(&repeated, &key),
            Err(VaultError::Damaged { chunk: 1 })
        ));
    }
}

#[test]
fn every_flipped_byte_of_a_small_blob_is_noticed() {
    for algorithm in BOTH {
        let (key, cipher) = encrypted(&bytes(40), algorithm);
        for at in 0..cipher.len() {
            let mut damaged = cipher.clone();
            damaged[at] ^= 1;
            assert!(decrypted(&damaged, &key).is_err(), "byte {at}");
        }
    }
}

#[test]
fn an_empty_chunk_behind_a_full_one_is_a_second_spelling_and_refused() {
    let host = Counting::default();
    let key = BlobKey::make(&host);
    let header = cipher::BlobHeader::make(Algorithm::Aes256Gcm, &host);
    let aead = cipher::Cipher::new(header, &key);
    let mut full = bytes(65_536);
    let mut empty = Vec::new();
    aead.close(0, cipher::Place::Inner, &mut full).unwrap();
    aead.close(1, cipher::Place::Last, &mut empty).unwrap();
    let forged = [header.to_bytes().as_slice(), &full, &empty].concat();
    assert_eq!(plain_len(forged.len() as u64), None);
    assert!(matches!(
        decrypted(&forged, &key),
        Err(VaultError::Damaged { chunk: 1 })
    ));
}

#[test]
fn another_key_and_a_foreign_file_are_told_apart() {
    let (key, cipher) = encrypted(b"house", Algorithm::ChaCha20Poly1305);
    let other = BlobKey::from_bytes([9; 32]);
    assert!(matches!(
        decrypted(&cipher, &other),
        Err(VaultError::WrongKey)
    ));
    let foreign = decrypted(b"\xff\xd8\xff\xe0 a jpeg in the clear", &key);
    assert!(matches!(foreign, Err(VaultError::NotABlob)));
    let newer = [b"LBV1\x09", &cipher[5..]].concat();
    let newer = decrypted(&newer, &key);
    assert!(matches!(newer, Err(VaultError::UnknownAlgorithm(9))));
    assert!(!format!("{key:?}").contains('1'));
}

#[test]
fn a_range_beyond_the_end_is_refused_with_the_length() {
    let (key, cipher) = encrypted(&bytes(10), Algorithm::Aes256Gcm);
    for (from, len) in [(0, 11), (11, 0), (u64::MAX, 2)] {
        let answer = decrypt_range(Cursor::new(&cipher), Vec::new(), &key, from, len);
        assert!(matches!(
            answer,
            Err(VaultError::OutOfRange { len: 10, .. })
        ));
    }
    let mut none = Vec::new();
    decrypt_range(Cursor::new(&cipher), &mut none, &key, 10, 0).unwrap();
    assert!(none.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_range_is_the_same_slice_of_the_plain_bytes(
        len in 1_usize..300_000,
        a in any::<prop::sample::Index>(),
        b in any::<prop::sample::Index>(),
        aes in any::<bool>(),
    ) {
        let plain = bytes(len);
        let (key, cipher) = encrypted(&plain, Algorithm::preferred(aes));
        let (from, to) = (a.index(len + 1).min(b.index(len + 1)), a.index(len + 1).max(b.index(len + 1)));
        let mut range = Vec::new();
        decrypt_range(Cursor::new(&cipher), &mut range, &key, from as u64, (to - from) as u64).unwrap();
        prop_assert_eq!(range, &plain[from..to]);
    }
}
