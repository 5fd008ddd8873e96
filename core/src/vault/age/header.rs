//! The text at the beginning of an age file: the file's key, wrapped once for each receiver.

use std::io::{self, Read};

use aes_gcm::KeyInit;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::AeadInOut;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::{AgeError, AgeRecipient};
use crate::domain::Host;

pub(super) const FILE_KEY_BYTES: usize = 16;
/// Most receivers of one file: each costs a reader a multiplication before anything is proven.
pub const MAX_RECEIVERS: usize = 128;
/// Longest header line taken; the format's own are at most 64 long, arguments somewhat longer.
const MAX_LINE_BYTES: usize = 1_024;
/// Most lines taken: a receiver has two, those of other kinds perhaps more.
const MAX_LINES: usize = 64 * MAX_RECEIVERS;

const VERSION_START: &str = "age-encryption.org/";
const VERSION: &str = "v1";
const WRAP_LABEL: &[u8] = b"age-encryption.org/v1/X25519";
const MAC_MARK: &str = "---";

/// HKDF-SHA-256 (RFC 5869) for one block of output, which is all that age ever asks for.
pub(super) fn hkdf(key: &[u8], salt: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let extracted = Zeroizing::new(hmac(salt, &[key]));
    Zeroizing::new(hmac(extracted.as_slice(), &[info, &[1]]))
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    keyed(key, parts).finalize().into_bytes().into()
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn keyed(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length will do");
    for part in parts {
        mac.update(part);
    }
    mac
}

fn weak() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "a receiver's key is no key")
}

/// The whole header, with its closing line.
pub(super) fn compose(
    file_key: &[u8; FILE_KEY_BYTES],
    to: &[AgeRecipient],
    host: &dyn Host,
) -> io::Result<String> {
    if to.is_empty() || to.len() > MAX_RECEIVERS {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a file has 1 to 128 receivers",
        ));
    }
    let mut text = format!("{VERSION_START}{VERSION}\n");
    for recipient in to {
        let mut secret = Zeroizing::new([0; 32]);
        host.fill_random(secret.as_mut_slice());
        let secret = StaticSecret::from(*secret);
        let share = PublicKey::from(&secret).to_bytes();
        let wrap = wrap_key(&secret, &recipient.0, (&share, &recipient.0)).ok_or_else(weak)?;
        let mut body = file_key.to_vec();
        if wrap
            .encrypt_in_place(&[0; 12].into(), b"", &mut body)
            .is_err()
        {
            return Err(weak());
        }
        let (share, body) = (STANDARD_NO_PAD.encode(share), STANDARD_NO_PAD.encode(&body));
        text.push_str(&format!("-> X25519 {share}\n{body}\n"));
    }
    text.push_str(MAC_MARK);
    let mac = hmac(
        hkdf(file_key, b"", b"header").as_slice(),
        &[text.as_bytes()],
    );
    text.push_str(&format!(" {}\n", STANDARD_NO_PAD.encode(mac)));
    Ok(text)
}

/// The key that wraps the file's key between a secret and the other side's public key; `ends` are
/// the ephemeral share and the recipient.
fn wrap_key(
    secret: &StaticSecret,
    other: &[u8; 32],
    ends: (&[u8; 32], &[u8; 32]),
) -> Option<ChaCha20Poly1305> {
    let shared = secret.diffie_hellman(&PublicKey::from(*other));
    if !shared.was_contributory() {
        return None;
    }
    let salt = [ends.0.as_slice(), ends.1.as_slice()].concat();
    let key = hkdf(shared.as_bytes(), &salt, WRAP_LABEL);
    Some(ChaCha20Poly1305::new((&*key).into()))
}

/// One receiver of a kind that this build knows.
struct Stanza {
    share: [u8; 32],
    body: Vec<u8>,
}

/// Reads the header to its end and finds the file's key.
pub(super) fn read(
    reader: &mut impl Read,
    secret: &StaticSecret,
) -> Result<Zeroizing<[u8; FILE_KEY_BYTES]>, AgeError> {
    let mut lines = Lines {
        reader,
        read: Vec::new(),
    };
    check_version(&lines.version()?)?;
    let mut stanzas = Vec::new();
    let mac = loop {
        let line = lines.next()?;
        if let Some(mac) = line.strip_prefix("--- ") {
            break mac.to_owned();
        }
        let arguments = line.strip_prefix("-> ").ok_or(AgeError::Damaged)?;
        let body = lines.body()?;
        let Some(share) = arguments.strip_prefix("X25519 ") else {
            continue;
        };
        if stanzas.len() == MAX_RECEIVERS {
            return Err(AgeError::Damaged);
        }
        let share = STANDARD_NO_PAD.decode(share).or(Err(AgeError::Damaged))?;
        let body = STANDARD_NO_PAD.decode(body).or(Err(AgeError::Damaged))?;
        stanzas.push(Stanza {
            share: share.try_into().or(Err(AgeError::Damaged))?,
            body,
        });
    };
    let key = stanzas
        .iter()
        .find_map(|stanza| unwrap(stanza, secret))
        .ok_or(AgeError::NotForUs)?;
    let mac = STANDARD_NO_PAD.decode(mac).or(Err(AgeError::Damaged))?;
    let covered = lines.covered_by_mac().ok_or(AgeError::Damaged)?;
    keyed(hkdf(key.as_slice(), b"", b"header").as_slice(), &[covered])
        .verify_slice(&mac)
        .or(Err(AgeError::Damaged))?;
    Ok(key)
}

fn check_version(line: &str) -> Result<(), AgeError> {
    match line.strip_prefix(VERSION_START) {
        Some(VERSION) => Ok(()),
        Some(other) => Err(AgeError::Newer(other.chars().take(16).collect())),
        None => Err(AgeError::NotAge),
    }
}

fn unwrap(stanza: &Stanza, secret: &StaticSecret) -> Option<Zeroizing<[u8; FILE_KEY_BYTES]>> {
    if stanza.body.len() != FILE_KEY_BYTES + super::TAG_BYTES {
        return None;
    }
    let own = PublicKey::from(secret).to_bytes();
    let wrap = wrap_key(secret, &stanza.share, (&stanza.share, &own))?;
    let mut body = Zeroizing::new(stanza.body.clone());
    wrap.decrypt_in_place(&[0; 12].into(), b"", &mut *body)
        .ok()?;
    let mut key = Zeroizing::new([0; FILE_KEY_BYTES]);
    key.copy_from_slice(body.get(..FILE_KEY_BYTES)?);
    Some(key)
}

/// Reads lines byte by byte, so that nothing behind the header is touched.
struct Lines<'r, R> {
    reader: &'r mut R,
    read: Vec<u8>,
}

impl<R: Read> Lines<'_, R> {
    /// The first line: a file that is no age file ends within it, or has no such line.
    fn version(&mut self) -> Result<String, AgeError> {
        match self.next() {
            Err(AgeError::Damaged) => Err(AgeError::NotAge),
            other => other,
        }
    }

    fn next(&mut self) -> Result<String, AgeError> {
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            if self.reader.read(&mut byte)? == 0 || line.len() == MAX_LINE_BYTES {
                return Err(AgeError::Damaged);
            }
            self.read.extend_from_slice(&byte);
            let [byte] = byte;
            if byte == b'\n' {
                break;
            }
            line.push(byte);
        }
        if self.read.len() > MAX_LINES * 64 || !line.iter().all(|byte| (b' '..=b'~').contains(byte))
        {
            return Err(AgeError::Damaged);
        }
        String::from_utf8(line).or(Err(AgeError::Damaged))
    }

    /// The body of a stanza: full lines of 64, then a shorter one.
    fn body(&mut self) -> Result<String, AgeError> {
        let mut body = String::new();
        loop {
            let line = self.next()?;
            body.push_str(&line);
            if line.len() < 64 {
                return Ok(body);
            }
            if line.len() > 64 {
                return Err(AgeError::Damaged);
            }
        }
    }

    /// Everything up to and with the mark of the closing line.
    fn covered_by_mac(&self) -> Option<&[u8]> {
        let before = self.read.len().checked_sub(1)?;
        let line = self
            .read
            .get(..before)?
            .iter()
            .rposition(|byte| *byte == b'\n')?;
        self.read.get(..line + 1 + MAC_MARK.len())
    }
}
