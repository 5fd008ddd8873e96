//! Reads one part: everything outside the damage, everything before a cut.

use std::collections::VecDeque;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::block::{Finder, NoMagic};
use super::{MAGIC, Record};
use crate::chain::PublicKey;
use crate::domain::{Digest, cbor};
use crate::vault::age::{AgeChunk, AgeError, AgeIdentity, AgeReader, Ending};

/// Why nothing of a file can be taken.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Not even an age file.
    #[error("this is no bundle（不是交换包文件）: choose a .lossbundle file")]
    NotABundle,
    /// An age file of somebody else, or its first lines are damaged.
    #[error(
        "this bundle is for others, or its first lines are damaged（此包不是给本机的，或开头已损坏）: ask its maker for one to this device"
    )]
    NotForUs,
    /// It opens, and something else is in it.
    #[error("this file opens, but there is no bundle in it（文件内不是交换包）")]
    OtherContent,
    /// A later form.
    #[error("this bundle has version {0}, newer than this build（版本较新）: update the app")]
    Newer(u8),
    /// A later age format.
    #[error(
        "this file has age format {0:?}, newer than this build（加密格式较新）: update the app"
    )]
    NewerAge(String),
    /// Another insurer's.
    #[error("this bundle belongs to another hub（属于另一家总部）: nothing of it was taken")]
    OtherHub,
    /// The hub gave no word for its maker.
    #[error("the hub did not vouch for the maker of this bundle（制作者未经总部认证）")]
    UnknownSender,
    /// Not signed by whom it names.
    #[error("the header of this bundle is not signed by its maker（包头签名不符）")]
    Unsigned,
    /// Its maker was withdrawn.
    #[error("the maker of this bundle, {user}, was withdrawn by head office（制作者已被总部停用）")]
    Revoked {
        /// Who used that device.
        user: String,
    },
    /// Reading failed.
    #[error("the bundle cannot be read further（读取失败）: {0}")]
    Io(#[from] io::Error),
}

impl BundleError {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotABundle => "not_a_bundle",
            Self::NotForUs => "not_for_us",
            Self::OtherContent => "other_content",
            Self::Newer(_) | Self::NewerAge(_) => "newer_bundle",
            Self::OtherHub => "other_hub",
            Self::UnknownSender => "unknown_sender",
            Self::Unsigned => "unsigned_bundle",
            Self::Revoked { .. } => "sender_revoked",
            Self::Io(_) => "bundle_read",
        }
    }
}

impl From<AgeError> for BundleError {
    fn from(error: AgeError) -> Self {
        match error {
            AgeError::NotAge => Self::NotABundle,
            AgeError::Newer(version) => Self::NewerAge(version),
            AgeError::Damaged | AgeError::NotForUs => Self::NotForUs,
            AgeError::Io(error) => Self::Io(error),
        }
    }
}

/// What comes out of a part.
#[derive(Debug)]
pub enum Item {
    /// A record that is whole; not yet judged.
    Record(Box<Record>),
    /// Nothing follows.
    End(Outcome),
}

/// How reading a part went.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about a file, each told for itself"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Damaged chunks of 64 KiB.
    pub damaged: u64,
    /// Records that no reader of this version understands, or that a damage cut through.
    pub lost: u64,
    /// Whether the end is missing.
    pub cut: bool,
    /// Whether the trailer fits everything that was read.
    pub complete: bool,
    /// Whether the trailer says that no part follows.
    pub last: bool,
}

/// Reads one part of a bundle.
#[derive(Debug)]
pub struct BundleReader<R: Read> {
    age: AgeReader<R>,
    finder: Finder,
    ready: VecDeque<Vec<u8>>,
    hasher: Sha256,
    records: u64,
    outcome: Outcome,
    maker: Option<PublicKey>,
    ended: bool,
}

impl<R: Read> BundleReader<R> {
    /// Opens a part and checks its first bytes, if they are not damaged.
    ///
    /// # Errors
    /// [`BundleError`] says what is wrong with it.
    pub fn open(inner: R, identity: &AgeIdentity) -> Result<Self, BundleError> {
        let mut reader = Self {
            age: AgeReader::open(inner, identity)?,
            finder: Finder::new(),
            ready: VecDeque::new(),
            hasher: Sha256::new(),
            records: 0,
            outcome: Outcome::default(),
            maker: None,
            ended: false,
        };
        reader.fill()?;
        Ok(reader)
    }

    /// Whose signature the trailer must bear; without it, no part counts as complete.
    pub const fn expect_maker(&mut self, key: PublicKey) {
        self.maker = Some(key);
    }

    /// The next record, or the end.
    ///
    /// # Errors
    /// As the reader fails.
    pub fn next_item(&mut self) -> Result<Item, BundleError> {
        loop {
            while let Some(bytes) = self.ready.pop_front() {
                if let Some(record) = self.take(&bytes) {
                    return Ok(Item::Record(Box::new(record)));
                }
            }
            if self.ended {
                return Ok(Item::End(self.outcome));
            }
            self.fill()?;
        }
    }

    /// Reads one chunk.
    fn fill(&mut self) -> Result<(), BundleError> {
        let found = match self.age.next_chunk()? {
            AgeChunk::Plain(block) => self.finder.take(Some(&block)),
            AgeChunk::Damaged => {
                self.outcome.damaged += 1;
                self.finder.take(None)
            }
            AgeChunk::End(ending) => {
                self.ended = true;
                self.outcome.cut = ending != Ending::Whole;
                self.outcome.lost += u64::from(self.finder.is_within());
                return Ok(());
            }
        };
        let found = found.map_err(|NoMagic(head)| wrong_magic(head))?;
        self.outcome.lost += found.lost;
        self.ready.extend(found.records);
        Ok(())
    }

    /// Understands a record; trailers are judged here and handed on for their header.
    fn take(&mut self, bytes: &[u8]) -> Option<Record> {
        let Ok(record) = cbor::decode::<Record>(bytes) else {
            self.outcome.lost += 1;
            return None;
        };
        if let Record::Trailer(trailer) = &record {
            let digest = Digest::from_bytes(self.hasher.clone().finalize().into());
            self.outcome.last = trailer.last;
            self.outcome.complete = trailer.records == self.records
                && trailer.digest == digest
                && self.maker.is_some_and(|key| trailer.is_signed_by(&key));
            return Some(record);
        }
        self.hasher.update((bytes.len() as u64).to_be_bytes());
        self.hasher.update(bytes);
        self.records += 1;
        Some(record)
    }
}

fn wrong_magic(head: [u8; 4]) -> BundleError {
    let [.., version] = head;
    match (head.get(..3) == MAGIC.get(..3), version) {
        (true, b'2'..=b'9') => BundleError::Newer(version - b'0'),
        (_, _) => BundleError::OtherContent,
    }
}
