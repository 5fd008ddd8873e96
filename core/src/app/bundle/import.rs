//! Takes a part of a bundle in, record by record.

use std::io::{self, Read};

use super::Watch;
use crate::app::AppError;
use crate::chain::{Certificate, PublicKey, Run, SignedCertificate};
use crate::domain::{CaseId, DeviceId, WallMs};
use crate::sync::bundle::{
    BundleError, BundleHeader, BundleReader, Extent, Item, Outcome, Record, Sender, SignedHeader,
};
use crate::vault::age::AgeIdentity;

/// So many bytes of runs are taken in one transaction.
const BATCH_BYTES: usize = 1024 * 1024;

/// A run that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRun {
    /// Its writer.
    pub device: DeviceId,
    /// The gate's code.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

/// What a part brought.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// Who made it, if the header could be read: nobody for the hub.
    pub maker: Option<DeviceId>,
    /// Who used the maker's device; `hub` for the hub.
    pub maker_name: String,
    /// Which part.
    pub part: u32,
    /// When it was made, by its maker's clock.
    pub made: Option<WallMs>,
    /// How reading went.
    pub outcome: Outcome,
    /// Envelopes not held before.
    pub fresh: u64,
    /// Envelopes held already.
    pub known: u64,
    /// Bodies of envelopes whose headers were held before.
    pub filled: u64,
    /// Envelopes kept outside the record, with the reason.
    pub quarantined: Vec<String>,
    /// Runs that wait here for others before them, or for the hub's word about their writer.
    pub waiting: u64,
    /// Writers that the hub's word is missing for.
    pub unknown: Vec<DeviceId>,
    /// Runs that were refused.
    pub refused: Vec<RefusedRun>,
    /// Runs of scopes that this device may not read: not kept.
    pub other_scopes: u64,
    /// Photos and thumbnails that are whole now.
    pub blobs: u64,
    /// Chunks that wait for the rest of their blob.
    pub chunks: u64,
    /// Chunks that are not what they say.
    pub bad_chunks: u64,
    /// Chunks for which there was no room.
    pub no_room: u64,
    /// Cases whose record changed.
    pub cases: Vec<CaseId>,
    /// This store was restored from an older copy: it writes in a new epoch from now on.
    pub rolled_back: u64,
}

/// Where a bundle is taken in: a phone or the hub.
pub trait Intake {
    /// The header, verified. Refusing it refuses the whole part.
    ///
    /// # Errors
    /// [`BundleError::Revoked`], or as the store fails.
    fn header(
        &mut self,
        header: &BundleHeader,
        maker: Option<&Certificate>,
    ) -> Result<(), AppError>;
    /// The hub's word for a writer, not yet verified.
    ///
    /// # Errors
    /// As the store fails.
    fn certificate(&mut self, signed: &SignedCertificate) -> Result<(), AppError>;
    /// Runs in order, in one transaction.
    ///
    /// # Errors
    /// As the store fails.
    fn runs(&mut self, runs: &[Run], imported: &mut Imported) -> Result<(), AppError>;
    /// Bytes of a photo, proven but not yet known to be wanted.
    ///
    /// # Errors
    /// As the store fails.
    fn extent(&mut self, extent: &Extent, imported: &mut Imported) -> Result<(), AppError>;
    /// Everything was read: what waited for something of it may go on.
    ///
    /// # Errors
    /// As the store fails.
    fn end(&mut self, imported: &mut Imported) -> Result<(), AppError>;
}

/// Takes one part in.
///
/// # Errors
/// [`AppError::Bundle`] says what is wrong with the file; else as the store fails. What was taken
/// until then stays.
pub fn read_bundle(
    file: &mut dyn Read,
    (identity, hub): (&AgeIdentity, (DeviceId, &PublicKey)),
    intake: &mut dyn Intake,
    (total, watch): (u64, Watch<'_>),
) -> Result<Imported, AppError> {
    let counted = Counted {
        inner: file,
        read: 0,
        total,
        watch,
    };
    let mut reader = BundleReader::open(counted, identity)?;
    let mut imported = Imported::default();
    let mut batch = Vec::new();
    let mut bytes = 0;
    loop {
        let item = match reader.next_item() {
            Ok(item) => item,
            // A stick that breaks while it is read is a cut: what came before counts.
            Err(BundleError::Io(_)) if imported.maker.is_some() || !batch.is_empty() => {
                Item::End(Outcome {
                    cut: true,
                    ..Outcome::default()
                })
            }
            Err(error) => return Err(error.into()),
        };
        let record = match item {
            Item::Record(record) => *record,
            Item::End(outcome) => {
                intake.runs(&batch, &mut imported)?;
                imported.outcome = outcome;
                intake.end(&mut imported)?;
                return Ok(imported);
            }
        };
        match record {
            Record::Header(signed) => {
                reader.expect_maker(greet(&signed, hub, (intake, &mut imported))?);
            }
            // The same header again, for a part whose beginning is damaged.
            Record::Trailer(trailer) if imported.made.is_none() => {
                greet(&trailer.header, hub, (intake, &mut imported))?;
            }
            Record::Trailer(_) => {}
            Record::Certificate(signed) => intake.certificate(&signed)?,
            Record::Run(run) => {
                bytes += run.len_bytes();
                batch.push(run);
                if bytes >= BATCH_BYTES {
                    intake.runs(&batch, &mut imported)?;
                    (batch, bytes) = (Vec::new(), 0);
                }
            }
            Record::Extent(extent) => {
                intake.runs(&batch, &mut imported)?;
                (batch, bytes) = (Vec::new(), 0);
                if extent.is_proven() {
                    intake.extent(&extent, &mut imported)?;
                } else {
                    imported.bad_chunks += 1;
                }
            }
        }
    }
}

/// Verifies a header and says whose signature the trailer must bear.
fn greet(
    signed: &SignedHeader,
    (hub, hub_key): (DeviceId, &PublicKey),
    (intake, imported): (&mut dyn Intake, &mut Imported),
) -> Result<PublicKey, AppError> {
    let (header, maker) = signed.verify((hub, hub_key))?;
    intake.header(&header, maker.as_ref())?;
    imported.part = header.part;
    imported.made = Some(header.made);
    imported.maker = Some(maker.as_ref().map_or(hub, |known| known.device));
    imported.maker_name = match &header.sender {
        Sender::Hub => "hub".to_owned(),
        Sender::Device(_) => maker
            .as_ref()
            .map_or(String::new(), |known| known.user.clone()),
    };
    Ok(maker.map_or(*hub_key, |known| known.key))
}

/// Tells how many bytes were read.
struct Counted<'a> {
    inner: &'a mut dyn Read,
    read: u64,
    total: u64,
    watch: Watch<'a>,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.read += read as u64;
        (self.watch)(self.read, self.total);
        Ok(read)
    }
}
