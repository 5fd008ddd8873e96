//! The primitives of Noise XX, given to the state machine of `snow`: the same crates as everywhere
//! here, and randomness from the host.

use aes_gcm::KeyInit;
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::AeadInOut;
use sha2::{Digest as _, Sha256};
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::CryptoResolver;
use snow::types::{Cipher, Dh, Hash, Random};
use snow::{Builder, Error, HandshakeState};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::{PeerError, Role};

const PATTERN: &str = "Noise_XX_25519_ChaChaPoly_SHA256";
const TAG_BYTES: usize = 16;

/// Begins a handshake. `seed` makes the ephemeral key: use it for one session only.
pub(super) fn begin(
    role: Role,
    (secret, prologue): (&[u8; 32], &[u8]),
    seed: Zeroizing<[u8; 32]>,
) -> Result<HandshakeState, PeerError> {
    let build = || -> Result<HandshakeState, Error> {
        let builder = Builder::with_resolver(PATTERN.parse()?, Box::new(Primitives(seed)))
            .local_private_key(secret)?
            .prologue(prologue)?;
        match role {
            Role::Asks => builder.build_initiator(),
            Role::Answers => builder.build_responder(),
        }
    };
    build().or(Err(PeerError::Handshake))
}

struct Primitives(Zeroizing<[u8; 32]>);

impl CryptoResolver for Primitives {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(OneSeed(Some(self.0.clone()))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        match choice {
            DHChoice::Curve25519 => Some(Box::<X25519>::default()),
            DHChoice::Curve448 => None,
        }
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        match choice {
            HashChoice::SHA256 => Some(Box::<Sha>::default()),
            HashChoice::SHA512 | HashChoice::Blake2s | HashChoice::Blake2b => None,
        }
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        match choice {
            CipherChoice::ChaChaPoly => Some(Box::<ChaChaPoly>::default()),
            CipherChoice::AESGCM => None,
        }
    }
}

/// XX makes one ephemeral key a side; a second draw would repeat it and is refused.
struct OneSeed(Option<Zeroizing<[u8; 32]>>);

impl Random for OneSeed {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        let seed = self.0.take().filter(|seed| seed.len() == dest.len());
        dest.copy_from_slice(seed.ok_or(Error::Rng)?.as_slice());
        Ok(())
    }
}

#[derive(Default)]
struct X25519 {
    secret: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl X25519 {
    fn settle(&mut self) {
        self.public = PublicKey::from(&StaticSecret::from(*self.secret)).to_bytes();
    }
}

impl Dh for X25519 {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        32
    }

    fn priv_len(&self) -> usize {
        32
    }

    fn set(&mut self, privkey: &[u8]) {
        for (to, from) in self.secret.iter_mut().zip(privkey) {
            *to = *from;
        }
        self.settle();
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), Error> {
        rng.try_fill_bytes(self.secret.as_mut_slice())?;
        self.settle();
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        &self.public
    }

    fn privkey(&self) -> &[u8] {
        self.secret.as_slice()
    }

    fn dh(&self, pubkey: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let theirs: [u8; 32] = pubkey
            .get(..32)
            .and_then(|key| key.try_into().ok())
            .ok_or(Error::Dh)?;
        let shared = StaticSecret::from(*self.secret).diffie_hellman(&PublicKey::from(theirs));
        if !shared.was_contributory() {
            return Err(Error::Dh);
        }
        out.get_mut(..32)
            .ok_or(Error::Dh)?
            .copy_from_slice(shared.as_bytes());
        Ok(())
    }
}

#[derive(Default)]
struct ChaChaPoly {
    key: Zeroizing<[u8; 32]>,
}

impl ChaChaPoly {
    fn aead(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new((&*self.key).into())
    }

    /// Four zero bytes and the number, little end first.
    fn nonce(number: u64) -> [u8; 12] {
        let mut nonce = [0; 12];
        for (to, from) in nonce.iter_mut().skip(4).zip(number.to_le_bytes()) {
            *to = from;
        }
        nonce
    }
}

impl Cipher for ChaChaPoly {
    fn name(&self) -> &'static str {
        "ChaChaPoly"
    }

    fn set(&mut self, key: &[u8; 32]) {
        self.key = Zeroizing::new(*key);
    }

    #[expect(
        clippy::expect_used,
        reason = "snow gives room for the tag, and messages end at 64 KiB"
    )]
    fn encrypt(&self, nonce: u64, authtext: &[u8], plaintext: &[u8], out: &mut [u8]) -> usize {
        let mut buffer = plaintext.to_vec();
        self.aead()
            .encrypt_in_place(&Self::nonce(nonce).into(), authtext, &mut buffer)
            .expect("a message is short enough");
        out.get_mut(..buffer.len())
            .expect("the buffer has room for the tag")
            .copy_from_slice(&buffer);
        buffer.len()
    }

    fn decrypt(
        &self,
        nonce: u64,
        authtext: &[u8],
        ciphertext: &[u8],
        out: &mut [u8],
    ) -> Result<usize, Error> {
        if ciphertext.len() < TAG_BYTES {
            return Err(Error::Decrypt);
        }
        let mut buffer = ciphertext.to_vec();
        self.aead()
            .decrypt_in_place(&Self::nonce(nonce).into(), authtext, &mut buffer)
            .or(Err(Error::Decrypt))?;
        out.get_mut(..buffer.len())
            .ok_or(Error::Decrypt)?
            .copy_from_slice(&buffer);
        Ok(buffer.len())
    }
}

#[derive(Default)]
struct Sha(Sha256);

impl Hash for Sha {
    fn name(&self) -> &'static str {
        "SHA256"
    }

    fn block_len(&self) -> usize {
        64
    }

    fn hash_len(&self) -> usize {
        32
    }

    fn reset(&mut self) {
        self.0 = Sha256::new();
    }

    fn input(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn result(&mut self, out: &mut [u8]) {
        let digest = self.0.finalize_reset();
        for (to, from) in out.iter_mut().zip(digest) {
            *to = from;
        }
    }
}
