//! Photos and recordings: they come as a path inside the app's sandbox, or an open descriptor
//! (`/proc/self/fd/N`, on Apple's systems `/dev/fd/N`), and leave as one. Their bytes never cross.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use lossbook_core::app::{
    self, AppError, CopyFor, Device, FreePolicy, NewRecording, SeenBefore, Taken,
};
use lossbook_core::chain::Origin;
use lossbook_core::domain::Digest;
use lossbook_core::evidence::MAX_PHOTO_BYTES;
use lossbook_core::store::{BlobRow, Likeness};

use crate::body::{private, sync_folder};
use crate::cancel::{Cancellation, Stop, Stoppable, go_on, unless_stopped};
use crate::error::{LossbookError, of_io};
use crate::host::{PlaceFix, core_fix};
use crate::lossbook::Lossbook;
use crate::view::{MissingView, problem_words};
use crate::words::Words;

/// So many bytes are written at a time.
const PIECE_BYTES: u64 = 1024 * 1024;

/// How a photo came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum PhotoOrigin {
    /// The app's own camera.
    Camera,
    /// The phone's gallery.
    Gallery,
    /// A file from elsewhere.
    Imported,
}

impl From<PhotoOrigin> for Origin {
    fn from(origin: PhotoOrigin) -> Self {
        match origin {
            PhotoOrigin::Camera => Self::Camera,
            PhotoOrigin::Gallery => Self::Gallery,
            PhotoOrigin::Imported => Self::Imported,
        }
    }
}

/// A photo or recording to be added.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct NewPhoto {
    /// Where its bytes are, exactly as the camera wrote them. Lossbook reads them and keeps its own
    /// encrypted copy; the file stays the app's.
    pub path: String,
    /// How it came in.
    pub origin: PhotoOrigin,
    /// Which shot of the contract's list it is.
    #[uniffi(default = "")]
    pub slot: String,
    /// A remark.
    #[uniffi(default = "")]
    pub caption: String,
    /// The number that `open_shutter` gave; without one it is counted when it is added.
    #[uniffi(default = None)]
    pub shutter: Option<u64>,
    /// Where the phone was then; without one the host's location is asked.
    #[uniffi(default = None)]
    pub fix: Option<PlaceFix>,
}

/// A shot of the own camera, counted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Shutter {
    /// Its number: hand it over with the picture.
    pub number: u64,
    /// The wall clock then.
    pub wall_ms: i64,
}

/// A photo of other cases that this one is like.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SeenView {
    /// Whether it has the very same bytes, and not only the same looks.
    pub same_bytes: bool,
    /// Numbers of the other cases that are here.
    pub cases: Vec<String>,
}

/// A photo that is saved.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AddedPhoto {
    /// SHA-256 of its bytes.
    pub digest: String,
    /// Whether the case had exactly these bytes before: then nothing was added.
    pub known: bool,
    /// Digest of its thumbnail, if one could be made.
    pub thumbnail: Option<String>,
    /// What is doubtful about its file: it is evidence all the same.
    pub problems: Vec<Words>,
    /// Photos of other cases that it is like.
    pub seen_before: Vec<SeenView>,
    /// Shots that the contract still asks for.
    pub shots_missing: Vec<MissingView>,
}

/// What was let go of.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FreedView {
    /// Originals.
    pub photos: u64,
    /// Their bytes, and those of carried bundles that the hub has.
    pub bytes: u64,
}

#[uniffi::export]
impl Lossbook {
    /// Counts a shot of the app's own camera, before its picture is shown to keep or throw away.
    ///
    /// # Errors
    /// As the store fails.
    pub fn open_shutter(&self) -> Result<Shutter, LossbookError> {
        let opened = self.home.write(Device::open_shutter)?;
        Ok(Shutter {
            number: opened.number,
            wall_ms: opened.clocks.wall.0,
        })
    }

    /// Adds a photo. When this returns, the original survives a power cut. Adding the same bytes
    /// again is no error (`known`), so a call that was cut off is simply made again.
    ///
    /// # Errors
    /// `InvalidInput` (`not_a_photo`, `unreadable`, …) at `path`, `StorageFull`, `Cancelled`; the
    /// case is then as before.
    pub fn add_photo(
        &self,
        case: &str,
        photo: NewPhoto,
        cancel: Option<Arc<Cancellation>>,
    ) -> Result<AddedPhoto, LossbookError> {
        let stop = cancel.as_deref();
        let bytes = read(Path::new(&photo.path), stop)?;
        let taken = self.taken(&photo)?;
        go_on(stop)?;
        let (added, row) = self.home.write(|device| {
            let added = device.add_photo(
                case,
                app::NewPhoto {
                    bytes: &bytes,
                    origin: photo.origin.into(),
                    slot: &photo.slot,
                    caption: &photo.caption,
                    taken,
                },
            )?;
            let row = device.store().transact(|tx| tx.find_case(case))?;
            Ok((added, row))
        })?;
        self.home.tell_case(row.map(|row| row.case));
        Ok(AddedPhoto {
            digest: added.facts.digest.to_hex(),
            known: added.known,
            thumbnail: added.thumbnail.map(|digest| digest.to_hex()),
            problems: added.facts.problems.iter().map(problem_words).collect(),
            seen_before: added.seen.iter().map(seen).collect(),
            shots_missing: self.shots_missing(case)?,
        })
    }

    /// Adds a video or a voice note of up to two gigabytes, streamed.
    ///
    /// # Errors
    /// As `add_photo`; `TryLater` (`photo_changed`) if somebody writes to the file.
    pub fn add_recording(
        &self,
        case: &str,
        recording: NewPhoto,
        cancel: Option<Arc<Cancellation>>,
    ) -> Result<AddedPhoto, LossbookError> {
        let stop = cancel.as_deref();
        let mut source = Stoppable {
            inner: opened(Path::new(&recording.path))?,
            stop,
        };
        let taken = self.taken(&recording)?;
        go_on(stop)?;
        let added = self.home.write_case(case, |device| {
            device.add_recording(
                case,
                &mut source,
                NewRecording {
                    origin: recording.origin.into(),
                    slot: &recording.slot,
                    caption: &recording.caption,
                    taken,
                },
            )
        });
        let added = unless_stopped(stop, added)?;
        Ok(AddedPhoto {
            digest: added.facts.digest.to_hex(),
            known: added.known,
            thumbnail: None,
            problems: added.facts.problems.iter().map(problem_words).collect(),
            seen_before: Vec::new(),
            shots_missing: self.shots_missing(case)?,
        })
    }

    /// The JPEG of a thumbnail, some 20 KB: the one picture that crosses as bytes.
    ///
    /// # Errors
    /// `NotFound` (`unknown_photo`) if it is none, or not on this phone.
    pub fn thumbnail(&self, digest: &str) -> Result<Vec<u8>, LossbookError> {
        self.home.read(|device| {
            let blob = visible(device, digest, |blob| blob.is_thumbnail)?;
            device.blob_range(&blob.digest, 0, blob.len_bytes)
        })
    }

    /// Writes the original to a file in the app's sandbox, where it is plain: remove it when it is
    /// no longer shown.
    ///
    /// # Errors
    /// `NotFound` (`unknown_photo`) if it is not on this phone, `StorageFull`.
    pub fn write_photo(&self, case: &str, digest: &str, path: &str) -> Result<(), LossbookError> {
        self.home.look(|device| {
            let in_case = |device: &Device| {
                let case = device.case(case)?.standing.case;
                visible(device, digest, |blob| {
                    !blob.is_thumbnail && blob.case == case
                })
            };
            let blob = self.home.checked(in_case(device))?;
            let piece = |from| {
                device.blob_range(&blob.digest, from, PIECE_BYTES.min(blob.len_bytes - from))
            };
            write_pieces(Path::new(path), blob.len_bytes, |from| {
                self.home.checked(piece(from))
            })
        })
    }

    /// Writes a smaller JPEG of a photo, upright, to a file in the app's sandbox.
    ///
    /// # Errors
    /// As `write_photo`; `InvalidInput` if no picture can be made of it.
    pub fn write_preview(
        &self,
        case: &str,
        digest: &str,
        long_side: u32,
        path: &str,
    ) -> Result<(), LossbookError> {
        let copy = |device: &Device| device.copy_photo(case, digest, CopyFor::Preview, long_side);
        let copied = self.home.read(copy)?;
        let written = fs::write(path, &copied.jpeg);
        written.map_err(|error| of_io(&error, "unwritable"))
    }

    /// Lets go of originals of closed cases that were left alone for a week, once the hub's signed
    /// receipt for each is here. Thumbnails and entries stay.
    ///
    /// # Errors
    /// As the store fails; what was let go of until then stays so.
    pub fn let_go(&self) -> Result<FreedView, LossbookError> {
        let freed = self
            .home
            .write(|device| device.free_room(&FreePolicy::default()))?;
        Ok(FreedView {
            photos: freed.photos,
            bytes: freed.bytes,
        })
    }
}

impl Lossbook {
    fn taken(&self, photo: &NewPhoto) -> Result<Taken, LossbookError> {
        let fix = match &photo.fix {
            Some(fix) => Some(core_fix(fix)?),
            // What the platform says off its own bat may be nonsense without harm.
            None => self.home.host.fix().and_then(|fix| core_fix(&fix).ok()),
        };
        Ok(Taken {
            shutter: photo.shutter,
            fix,
        })
    }

    fn shots_missing(&self, case: &str) -> Result<Vec<MissingView>, LossbookError> {
        let missing = self.home.read(|device| device.missing_shots(case))?;
        Ok(missing.iter().map(MissingView::from).collect())
    }
}

fn seen(seen: &SeenBefore) -> SeenView {
    SeenView {
        same_bytes: matches!(seen.likeness, Likeness::SameBytes),
        cases: seen
            .cases
            .iter()
            .map(|case| case.number().to_string())
            .collect(),
    }
}

fn opened(path: &Path) -> Result<File, LossbookError> {
    let unreadable = |error: std::io::Error| of_io(&error, "unreadable");
    let mut file = File::open(path).map_err(unreadable)?;
    // A descriptor may stand anywhere, and what cannot be wound back is at its beginning.
    let _at_start = file.seek(SeekFrom::Start(0));
    Ok(file)
}

/// A whole photo; one byte more than allowed is enough to refuse it.
fn read(path: &Path, stop: Stop<'_>) -> Result<Vec<u8>, LossbookError> {
    let source = Stoppable {
        inner: opened(path)?,
        stop,
    };
    let mut bytes = Vec::new();
    let done = source.take(MAX_PHOTO_BYTES + 1).read_to_end(&mut bytes);
    let done = done.map_err(|error| of_io(&error, "unreadable"));
    unless_stopped(stop, done)?;
    Ok(bytes)
}

/// The bytes of that digest, if they are here and the signed-in person may see their case.
fn visible(
    device: &Device,
    digest: &str,
    wanted: impl Fn(&BlobRow) -> bool,
) -> Result<BlobRow, AppError> {
    let unknown = || AppError::UnknownPhoto(digest.to_owned());
    let named: Digest = digest.parse().or(Err(unknown()))?;
    let scopes = device.scopes()?;
    let blobs = device.store().transact(|tx| tx.blobs_by_digest(&named))?;
    let mut blobs = blobs.into_iter();
    let found = blobs.find(|blob| {
        blob.held && wanted(blob) && scopes.iter().any(|(scope, _)| *scope == blob.scope)
    });
    found.ok_or_else(unknown)
}

fn write_pieces(
    path: &Path,
    len: u64,
    piece: impl Fn(u64) -> Result<Vec<u8>, LossbookError>,
) -> Result<(), LossbookError> {
    let unwritable = |error: std::io::Error| of_io(&error, "unwritable");
    let mut file = private(path).map_err(unwritable)?;
    let mut from = 0;
    while from < len {
        let bytes = piece(from)?;
        if bytes.is_empty() {
            return Err(LossbookError::damaged("damaged", "keep_folder_and_export"));
        }
        from += bytes.len() as u64;
        file.write_all(&bytes).map_err(unwritable)?;
    }
    file.sync_all().map_err(unwritable)?;
    sync_folder(path).map_err(unwritable)
}
