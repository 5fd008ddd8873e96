//! Random names minted on the device, and the short case number that people say aloud.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

use super::{Host, WallMs};

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is not a {kind}: it has {digits} hexadecimal digits")]
pub struct IdParseError {
    /// Which id was wanted.
    pub kind: &'static str,
    /// How many digits it has.
    pub digits: usize,
    /// What was given.
    pub got: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(with = "minicbor::bytes")] [u8; $len]);

        impl $name {
            /// From raw bytes.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// From a slice of exactly the right length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The raw bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Purely random bytes from the host.
            pub fn make_random(host: &dyn Host) -> Self {
                let mut bytes = [0; $len];
                host.fill_random(&mut bytes);
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self)
            }
        }

        impl FromStr for $name {
            type Err = IdParseError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let plain: String = text.chars().filter(|c| *c != '-').collect();
                let mut bytes = [0; $len];
                match hex::decode_to_slice(&plain, &mut bytes) {
                    Ok(()) => Ok(Self(bytes)),
                    Err(_) => Err(IdParseError { kind: $kind, digits: $len * 2, got: text.to_owned() }),
                }
            }
        }
    };
}

id!(
    /// A phone, or a hub: whoever writes streams.
    DeviceId, 16, "device id"
);
id!(
    /// The unit of read access and of feed order: a village, a team, a device's private box.
    ScopeId, 16, "scope id"
);
id!(
    /// One loss case; a UUIDv7 minted where it was first reported.
    CaseId, 16, "case id"
);
id!(
    /// One row of a case (a loss line, a party, a note); a UUIDv7.
    RowId, 16, "row id"
);
id!(
    /// One unbroken life of a device's store; a restore opens the next.
    Epoch, 8, "epoch"
);

/// UUIDv7: sortable by the minute it was minted, random enough never to collide.
fn uuid_v7(host: &dyn Host, now: WallMs) -> [u8; 16] {
    let mut random = [0; 10];
    host.fill_random(&mut random);
    uuid_from(now, random)
}

fn uuid_from(now: WallMs, random: [u8; 10]) -> [u8; 16] {
    let millis = u64::try_from(now.0).unwrap_or(0);
    *uuid::Builder::from_unix_timestamp_millis(millis, &random)
        .into_uuid()
        .as_bytes()
}

impl CaseId {
    /// A fresh case id.
    pub fn make(host: &dyn Host) -> Self {
        Self(uuid_v7(host, host.now().wall))
    }

    /// When it was made, by its device's clock: an id carries it in its first 48 bits.
    pub fn made_at(&self) -> WallMs {
        let ms = self
            .0
            .iter()
            .take(6)
            .fold(0_i64, |ms, byte| (ms << 8) | i64::from(*byte));
        WallMs(ms)
    }

    /// The short number for people, derived from the id.
    pub fn number(&self) -> CaseNumber {
        CaseNumber::derive(*self)
    }
}

impl RowId {
    /// A fresh row id.
    pub fn make(host: &dyn Host) -> Self {
        Self(uuid_v7(host, host.now().wall))
    }

    /// The id of the `number`th row that an actor writes: as unique as actors are, and whoever
    /// knows the actor can compute it.
    pub fn derive(actor: &[u8; 16], number: u64, now: WallMs) -> Self {
        let parts = [actor.as_slice(), &number.to_be_bytes()];
        let digest = super::Digest::labelled("lossbook/row", &parts);
        let mut random = [0; 10];
        for (to, from) in random.iter_mut().zip(digest.as_bytes()) {
            *to = *from;
        }
        Self(uuid_from(now, random))
    }
}

impl ScopeId {
    /// The private scope of a device: read only by it and the hub.
    pub fn private_of(device: DeviceId) -> Self {
        let digest = super::Digest::labelled("lossbook/private-scope", &[device.as_bytes()]);
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(digest.as_bytes()) {
            *to = *from;
        }
        Self(id)
    }
}

/// Letters and digits that nobody mistakes for one another on the telephone (no I, L, O, U).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A short case number, `XXXX-XXXX-C`: 40 bits of the id's random part and a check character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber(String);

impl CaseNumber {
    fn derive(id: CaseId) -> Self {
        let digest = super::Digest::labelled("lossbook/case-number", &[id.as_bytes()]);
        let mut bits = digest
            .as_bytes()
            .iter()
            .take(5)
            .fold(0_u64, |all, byte| (all << 8) | u64::from(*byte));
        let mut text = String::new();
        let mut check = 0;
        for place in 0..8_u64 {
            let digit = (bits >> 35) & 31;
            bits = (bits << 5) & ((1 << 40) - 1);
            // Odd weights are invertible modulo 32, so a wrong or swapped character shows.
            check = (check + digit * (2 * place + 1)) % 32;
            if place == 4 {
                text.push('-');
            }
            text.push(letter(digit));
        }
        text.push('-');
        text.push(letter(check));
        Self(text)
    }

    /// The number as people write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn letter(digit: u64) -> char {
    usize::try_from(digit)
        .ok()
        .and_then(|at| ALPHABET.get(at))
        .map_or('?', |byte| char::from(*byte))
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_number_has_two_groups_and_a_check_character() {
        let number = CaseId::from_bytes([7; 16]).number();
        assert_eq!(number.as_str().len(), 11);
        assert_eq!(number.as_str().matches('-').count(), 2);
        assert_eq!(number, CaseId::from_bytes([7; 16]).number());
    }

    #[test]
    fn ids_survive_their_text_with_or_without_hyphens() {
        let id = CaseId::from_bytes([0xab; 16]);
        assert_eq!(id.to_string().parse::<CaseId>().unwrap(), id);
        assert_eq!(
            "abababab-abab-abab-abab-abababababab"
                .parse::<CaseId>()
                .unwrap(),
            id
        );
    }
}
