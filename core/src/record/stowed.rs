//! The form in which a case document lies in the store: Automerge's own bytes, not deflated column
//! by column, as one zstd frame that leans on a dictionary of other cases' documents.
//!
//! ```text
//! stowed = "LBD1" ‖ length of the document (32 bits, big-endian) ‖ zstd frame
//! ```
//! The dictionary is made by `cargo run -p lossbook-tests --bin record_dictionary`. A released one
//! is never changed or dropped, because stores hold what was packed with it: a better one gets the
//! next number in the four letters. Bytes of older stores are Automerge's own and are taken as they
//! are. Refuses: a length over [`MAX_BYTES`], which no document within the caps has.

use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::DecoderDictionary;

use super::document::{CaseDocument, RecordError};

const MAGIC: [u8; 4] = *b"LBD1";
const DICTIONARY: &[u8] = include_bytes!("../../dict/record-1.zdict");

/// Twenty thousand changes with texts of the greatest length stay below it.
const MAX_BYTES: u32 = 256 * 1024 * 1024;

/// The highest ordinary one: a document is packed once in some forty edits, and is small.
const LEVEL: i32 = 19;

static READY: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

impl CaseDocument {
    /// As Automerge saves it, without deflating its columns: what a packer can work on.
    pub fn save_plain(&mut self) -> Vec<u8> {
        self.doc.save_nocompress()
    }

    /// As it lies in the store; [`unstow`] gives its own bytes back.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`] if the packer fails, which means out of memory.
    pub fn stow(&mut self) -> Result<Vec<u8>, RecordError> {
        let plain = self.save_plain();
        let len = u32::try_from(plain.len()).unwrap_or(u32::MAX);
        if len > MAX_BYTES {
            return Ok(plain);
        }
        let packed = Compressor::with_dictionary(LEVEL, DICTIONARY)
            .and_then(|mut packer| {
                // The four letters name the dictionary, and the length stands beside them.
                packer.include_dictid(false)?;
                packer.include_contentsize(false)?;
                packer.compress(&plain)
            })
            .map_err(|error| RecordError::Unreadable(error.to_string()))?;
        Ok([&MAGIC, len.to_be_bytes().as_slice(), &packed].concat())
    }
}

/// The document's own bytes, from what [`CaseDocument::stow`] made or an older store holds.
///
/// # Errors
/// [`RecordError::Unreadable`] for damaged bytes.
pub fn unstow(stowed: Vec<u8>) -> Result<Vec<u8>, RecordError> {
    let Some(rest) = stowed.strip_prefix(&MAGIC) else {
        return Ok(stowed);
    };
    let broken = |why: &str| RecordError::Unreadable(why.to_owned());
    let (len, packed) = rest
        .split_first_chunk::<4>()
        .ok_or_else(|| broken("it is cut"))?;
    let len = u32::from_be_bytes(*len);
    if len > MAX_BYTES {
        return Err(broken("it says it is longer than any case"));
    }
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    let plain = Decompressor::with_prepared_dictionary(&READY)
        .and_then(|mut opener| opener.decompress(packed, len))
        .map_err(|error| broken(&error.to_string()))?;
    if plain.len() == len {
        Ok(plain)
    } else {
        Err(broken("it is shorter than it says"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CaseId, WallMs};
    use crate::record::{Edit, FieldPath, Section, Value};

    fn document() -> CaseDocument {
        let path = FieldPath {
            section: Section::Report,
            row: None,
            name: "household",
        };
        let edit = Edit::Set(path, Value::Text("王小明".to_owned()));
        let case = CaseId::from_bytes([7; 16]);
        CaseDocument::create(case, [1; 16], &[edit], WallMs(0))
            .unwrap()
            .0
    }

    #[test]
    fn a_stowed_document_comes_back_as_it_was() {
        let mut document = document();
        let plain = unstow(document.stow().unwrap()).unwrap();
        assert_eq!(
            CaseDocument::load(&plain).unwrap().heads(),
            document.heads()
        );
    }

    #[test]
    fn what_an_older_store_holds_is_taken_as_it_is() {
        let saved = document().save();
        assert_eq!(unstow(saved.clone()).unwrap(), saved);
    }

    #[test]
    fn damaged_bytes_are_refused_and_never_make_a_panic() {
        let mut document = document();
        let (whole, heads) = (document.stow().unwrap(), document.heads());
        for cut in MAGIC.len()..whole.len() {
            assert!(unstow(whole[..cut].to_vec()).is_err(), "{cut}");
        }
        for place in MAGIC.len()..whole.len() {
            let mut spoilt = whole.clone();
            spoilt[place] ^= 0x41;
            // What goes unseen here is caught by the document's own checksum, or changes nothing.
            if let Ok(mut read) = unstow(spoilt).and_then(|plain| CaseDocument::load(&plain)) {
                assert_eq!(read.heads(), heads, "{place}");
            }
        }
    }

    #[test]
    fn a_length_beyond_all_cases_is_refused_before_it_is_given_memory() {
        let mut huge = document().stow().unwrap();
        huge[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(unstow(huge).is_err());
    }
}
