//! The age format: what is written opens, what is damaged costs only itself.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::domain::{Digest, Reading, WallMs};

struct TestHost(AtomicU64);

impl Host for TestHost {
    fn now(&self) -> Reading {
        Reading {
            wall: WallMs(0),
            boot_id: [0; 16],
            mono_ms: 0,
        }
    }

    fn fill_random(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let drawn = self.0.fetch_add(1, Ordering::Relaxed);
            chunk.copy_from_slice(&Digest::of(&drawn.to_le_bytes()).as_bytes()[..chunk.len()]);
        }
    }
}

fn identity(seed: u8) -> AgeIdentity {
    AgeIdentity::from_bytes(&[seed; 32])
}

fn encrypt(plain: &[u8], to: &[AgeRecipient]) -> Vec<u8> {
    let host = TestHost(AtomicU64::new(0));
    let mut writer = AgeWriter::new(Vec::new(), to, &host).unwrap();
    writer.write_all(plain).unwrap();
    let told = writer.len_bytes();
    let cipher = writer.finish().unwrap();
    assert_eq!(told, cipher.len() as u64);
    cipher
}

type Opened = (Vec<Option<Vec<u8>>>, Ending);

/// What opens, chunk by chunk, `None` for a damaged one; and how it ends.
fn decrypt(cipher: &[u8], identity: &AgeIdentity) -> Result<Opened, AgeError> {
    let mut reader = AgeReader::open(cipher, identity)?;
    let mut chunks = Vec::new();
    loop {
        match reader.next_chunk()? {
            AgeChunk::Plain(plain) => chunks.push(Some(plain.to_vec())),
            AgeChunk::Damaged => chunks.push(None),
            AgeChunk::End(ending) => return Ok((chunks, ending)),
        }
    }
}

fn noise(len: usize) -> Vec<u8> {
    (0..len.div_ceil(32))
        .flat_map(|at| *Digest::of(&at.to_le_bytes()).as_bytes())
        .take(len)
        .collect()
}

#[test]
fn every_receiver_reads_every_length_and_nobody_else_reads_any() {
    let (one, two, other) = (identity(1), identity(2), identity(3));
    for len in [
        0,
        1,
        AGE_CHUNK_BYTES - 1,
        AGE_CHUNK_BYTES,
        AGE_CHUNK_BYTES + 1,
        3 * AGE_CHUNK_BYTES,
    ] {
        let plain = noise(len);
        let cipher = encrypt(&plain, &[one.recipient(), two.recipient()]);
        for reader in [&one, &two] {
            let (chunks, ending) = decrypt(&cipher, reader).unwrap();
            let read: Vec<u8> = chunks.into_iter().flat_map(Option::unwrap).collect();
            assert_eq!((read, ending), (plain.clone(), Ending::Whole));
        }
        assert!(matches!(decrypt(&cipher, &other), Err(AgeError::NotForUs)));
    }
}

#[test]
fn the_known_key_of_the_specification_has_its_known_texts() {
    let identity = AgeIdentity::from_bytes(&[0x42; 32]);
    assert_eq!(
        identity.to_text().as_str(),
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
    );
    assert_eq!(
        identity.recipient().to_text(),
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
    );
}

#[test]
fn a_file_of_another_kind_or_version_is_named_as_that() {
    let me = identity(1);
    for bytes in [
        &b""[..],
        b"PK\x03\x04",
        b"a line\nand another\n",
        &[0xff; 4_000],
    ] {
        assert!(matches!(decrypt(bytes, &me), Err(AgeError::NotAge)));
    }
    let newer = b"age-encryption.org/v2\n-> X\n\n--- AA\n";
    assert!(matches!(decrypt(newer, &me), Err(AgeError::Newer(version)) if version == "v2"));
}

#[test]
fn a_header_with_too_many_receivers_is_refused_before_it_costs_anything() {
    let me = identity(1);
    let share = "O6DLx/wDIawpUC978NSPjYvrfDtJVnZApXKp4FMPHCY";
    let body = "3aKjozt9agh7jGmvOKvR4iax41Wl4zj95MKK4X9JuWc";
    let many = format!("-> X25519 {share}\n{body}\n").repeat(MAX_RECEIVERS + 1);
    let file = format!("age-encryption.org/v1\n{many}--- AAAA\n");
    assert!(matches!(
        decrypt(file.as_bytes(), &me),
        Err(AgeError::Damaged)
    ));
    let endless = format!(
        "age-encryption.org/v1\n{}",
        "-> other\n\n".repeat(1_000_000)
    );
    assert!(matches!(
        decrypt(endless.as_bytes(), &me),
        Err(AgeError::Damaged)
    ));
}

#[test]
fn a_cut_file_says_so_and_gives_what_stands_before_the_cut() {
    let me = identity(1);
    let plain = noise(3 * AGE_CHUNK_BYTES + 100);
    let cipher = encrypt(&plain, &[me.recipient()]);
    let begin = cipher.len() - plain.len() - 4 * TAG_BYTES;
    for cut in [
        begin,
        begin + 1,
        begin + CIPHER_BYTES,
        begin + CIPHER_BYTES + 9,
        cipher.len() - 1,
    ] {
        let (chunks, ending) = decrypt(&cipher[..cut], &me).unwrap();
        assert_eq!(ending, Ending::Cut, "cut at {cut}");
        let whole = (cut - begin) / CIPHER_BYTES;
        let read: Vec<u8> = chunks.into_iter().flatten().flatten().collect();
        assert_eq!(read, plain[..whole * AGE_CHUNK_BYTES]);
    }
    let longer = [cipher.as_slice(), b"more"].concat();
    assert_eq!(decrypt(&longer, &me).unwrap().1, Ending::Cut);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_byte_costs_the_chunk_it_is_in_and_nothing_else(at in 0_usize..200_000, flip in 1_u8..=255) {
        let me = identity(1);
        let plain = noise(3 * AGE_CHUNK_BYTES + 100);
        let mut cipher = encrypt(&plain, &[me.recipient()]);
        let at = at % cipher.len();
        cipher[at] ^= flip;
        let begin = cipher.len() - plain.len() - 4 * TAG_BYTES;
        let Some(in_payload) = at.checked_sub(begin) else {
            // Without its header or its nonce nothing of a file can be read.
            if let Ok((chunks, _)) = decrypt(&cipher, &me) {
                prop_assert!(chunks.iter().all(Option::is_none));
            }
            return Ok(());
        };
        let (chunks, _) = decrypt(&cipher, &me).unwrap();
        let expected: Vec<Option<&[u8]>> = plain
            .chunks(AGE_CHUNK_BYTES)
            .enumerate()
            .map(|(number, chunk)| (number != in_payload / CIPHER_BYTES).then_some(chunk))
            .collect();
        prop_assert_eq!(chunks.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
    }
}
