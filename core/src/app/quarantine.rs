//! What is kept outside the record: envelopes that wait or were set aside, and photos that could
//! not be brought. Listed with the reason, and written to a file that other programs can read
//! (`docs/formats/quarantine.md`): a sequence of CBOR items, one for each.
//!
//! Refuses: to drop any of it, and to judge it again.

use std::io::Write;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::device::Device;
use super::error::AppError;
use super::people::only_visible;
use crate::chain::Envelope;
use crate::domain::{Digest, cbor};
use crate::store::{BrokenBlob, Quarantined, StoreError, Tx};

/// The first item of the file.
pub const QUARANTINE_FORMAT: &str = "lossbook/quarantine/v1";

/// What is outside the record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outside {
    /// Envelopes.
    pub envelopes: Vec<Quarantined>,
    /// Photos.
    pub photos: Vec<BrokenBlob>,
}

/// An envelope in the file.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
struct EnvelopeItem {
    #[n(0)]
    kind: String,
    #[n(1)]
    id: Digest,
    #[n(2)]
    state: String,
    #[n(3)]
    why: String,
    #[n(4)]
    envelope: Envelope,
}

/// A photo in the file; without its bytes where they are not held or cannot be read.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
struct PhotoItem {
    #[n(0)]
    kind: String,
    #[n(1)]
    digest: Digest,
    #[n(2)]
    why: String,
    #[n(3)]
    bytes: Option<ByteVec>,
}

impl Outside {
    /// All that a store keeps outside its record.
    ///
    /// # Errors
    /// As the store fails.
    pub fn of(tx: &Tx<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            envelopes: tx.quarantined()?,
            photos: tx.broken_blobs()?,
        })
    }

    /// Writes it to a file. `bytes` gives those of a photo, if they can be read.
    ///
    /// # Errors
    /// As writing fails.
    pub fn write(
        &self,
        out: &mut dyn Write,
        bytes: &dyn Fn(&Digest) -> Option<Vec<u8>>,
    ) -> std::io::Result<()> {
        out.write_all(&cbor::encode(&QUARANTINE_FORMAT.to_owned()))?;
        for one in &self.envelopes {
            out.write_all(&cbor::encode(&EnvelopeItem {
                kind: "envelope".to_owned(),
                id: one.id,
                state: one.state.to_owned(),
                why: one.why.clone(),
                envelope: one.envelope.clone(),
            }))?;
        }
        for one in &self.photos {
            out.write_all(&cbor::encode(&PhotoItem {
                kind: "photo".to_owned(),
                digest: one.digest,
                why: one.why.clone(),
                bytes: bytes(&one.digest).map(ByteVec::from),
            }))?;
        }
        Ok(())
    }
}

impl Device {
    /// What is outside the record and may be seen by the signed-in person.
    ///
    /// # Errors
    /// As the store fails.
    pub fn outside(&self) -> Result<Outside, AppError> {
        self.store.transact(|tx| {
            let mut outside = Outside::of(tx)?;
            if let Some(visible) = only_visible(tx)? {
                let kept = tx.ended_scopes()?;
                // What was kept of a scope that ended is nobody's secret: it was written here.
                let shown = |scope| {
                    visible.contains(&scope) || kept.iter().any(|ended| ended.scope == scope)
                };
                outside.envelopes.retain(|one| shown(one.header.scope));
                outside.photos.retain(|one| one.scope.is_some_and(shown));
            }
            Ok(outside)
        })
    }

    /// What this device wrote in scopes that ended here and the hub never received: envelopes as they
    /// stand, and photos.
    ///
    /// # Errors
    /// As the store fails.
    pub fn kept(&self) -> Result<Outside, AppError> {
        self.store.transact(|tx| {
            let mut outside = Outside::default();
            for ended in tx.ended_scopes()? {
                let (envelopes, photos) = tx.kept_in(ended.scope)?;
                outside.envelopes.extend(envelopes);
                outside.photos.extend(photos);
            }
            Ok(outside)
        })
    }

    /// Writes what is outside the record, or what was kept, to a file.
    ///
    /// # Errors
    /// As writing fails.
    pub fn write_outside(&self, outside: &Outside, out: &mut dyn Write) -> std::io::Result<()> {
        outside.write(out, &|digest| {
            let read = self.store.transact(|tx| tx.read_blob(digest, 0, None));
            read.ok()
        })
    }

    /// Notes that a photo could not be brought to the hub.
    ///
    /// # Errors
    /// As the store fails.
    pub fn note_broken(&self, digest: &Digest, why: &str) -> Result<(), AppError> {
        let now = self.host.now().wall;
        Ok(self.store.transact(|tx| tx.note_broken(digest, why, now))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::WallMs;

    #[test]
    fn the_file_is_a_sequence_of_items_that_any_cbor_reader_takes_apart() {
        let digest = Digest::of(b"a photo");
        let outside = Outside {
            envelopes: Vec::new(),
            photos: vec![BrokenBlob {
                digest,
                case: None,
                scope: None,
                announced: None,
                why: "its file is damaged".to_owned(),
                wall: WallMs(1),
            }],
        };
        let mut file = Vec::new();
        outside
            .write(&mut file, &|_| Some(b"a photo".to_vec()))
            .unwrap();
        let mut decoder = minicbor::Decoder::new(&file);
        assert_eq!(decoder.str().unwrap(), QUARANTINE_FORMAT);
        let item: PhotoItem = decoder.decode().unwrap();
        assert_eq!(item.digest, digest);
        assert_eq!(item.bytes.unwrap().as_slice(), b"a photo");
        assert_eq!(decoder.position(), file.len());
    }
}
