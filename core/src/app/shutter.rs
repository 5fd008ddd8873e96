//! The device's shutter count: every shot of the own camera gets a number, kept or not.
//!
//! The host opens the shutter before it shows a picture to keep or to throw away, so the number is
//! spent durably first and a picture thrown away leaves a gap. The clocks are read then, not when
//! the picture is added. Numbers belong to the device, not to a case.

use minicbor::{Decode, Encode};

use super::body;
use super::capture::NewPhoto;
use super::device::Device;
use super::error::AppError;
use crate::chain::{MomentBody, Origin};
use crate::domain::{Reading, cbor};
use crate::evidence::{Moment, ShutterCount};
use crate::store::Tx;

const COUNT: &str = "shutter";

/// Shots waiting to be kept; more than a screen ever shows at once.
const MAX_WAITING: usize = 64;

/// The count, kept in the store beside everything else of this device.
#[derive(Debug, Default, Encode, Decode)]
#[cbor(map)]
struct Count {
    /// Numbers given so far.
    #[n(1)]
    given: u64,
    /// The highest number kept.
    #[n(2)]
    kept: u64,
    /// Moments of numbers given and not yet kept, newest last.
    #[n(3)]
    waiting: Vec<Waiting>,
}

#[derive(Debug, Clone, Encode, Decode)]
#[cbor(map)]
struct Waiting {
    #[n(1)]
    number: u64,
    #[n(2)]
    moment: MomentBody,
}

/// A shot that may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedShutter {
    /// Its number.
    pub number: u64,
    /// The clocks when it was opened.
    pub clocks: Reading,
}

impl Device {
    /// Counts a shot of the own camera. Durable when this returns, whether the picture is kept or
    /// not; hand the number over with the picture in [`super::Taken`].
    ///
    /// # Errors
    /// As the store fails.
    pub fn open_shutter(&self) -> Result<OpenedShutter, AppError> {
        self.store.transact(|tx| {
            let mut count = read(tx)?;
            let opened = self.count_shot(&mut count);
            write(tx, &count)?;
            Ok(opened)
        })
    }

    fn count_shot(&self, count: &mut Count) -> OpenedShutter {
        count.given += 1;
        let clocks = self.host.now();
        let moment = Moment {
            clocks,
            shutter: None,
            fix: None,
        };
        count.waiting.push(Waiting {
            number: count.given,
            moment: body::moment(&moment),
        });
        if count.waiting.len() > MAX_WAITING {
            count.waiting.remove(0);
        }
        OpenedShutter {
            number: count.given,
            clocks,
        }
    }

    /// What this device knew when the photo was taken, or knows now that it is taken in.
    pub(super) fn moment(&self, tx: &Tx<'_>, photo: NewPhoto<'_>) -> Result<MomentBody, AppError> {
        let mut moment = Moment {
            clocks: self.host.now(),
            shutter: None,
            fix: photo.taken.fix,
        };
        if photo.origin == Origin::Camera {
            let mut count = read(tx)?;
            let number = match photo.taken.shutter {
                Some(number) => number,
                None => self.count_shot(&mut count).number,
            };
            let Some(at) = count.waiting.iter().position(|shot| shot.number == number) else {
                return Err(AppError::UnknownShutter(number));
            };
            moment.clocks = body::moment_of(&count.waiting.remove(at).moment).clocks;
            moment.shutter = Some(ShutterCount {
                number,
                kept_before: count.kept,
            });
            count.kept = count.kept.max(number);
            write(tx, &count)?;
        }
        Ok(body::moment(&moment))
    }
}

fn read(tx: &Tx<'_>) -> Result<Count, AppError> {
    let bytes = tx.memo(COUNT)?;
    let count = bytes.map(|bytes| cbor::decode(&bytes)).transpose();
    Ok(count
        .map_err(crate::store::StoreError::Cbor)?
        .unwrap_or_default())
}

fn write(tx: &Tx<'_>, count: &Count) -> Result<(), AppError> {
    Ok(tx.set_memo(COUNT, &cbor::encode(count))?)
}
