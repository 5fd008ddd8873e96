//! Says what is doubtful about the photos of a case, without network and without judging anybody.
//!
//! Shots come from `app`, which reads them out of photo envelopes: what the file claims, and what
//! the device recorded when the shutter opened. A [`Finding`] is a code, a grade and the numbers
//! behind it; words in Chinese and English are made from those. Findings are computed whenever
//! somebody looks and are never stored: a claim does not become a fact by being judged.
//!
//! - Every photo gets every code: what could not be compared says [`Grade::NotAvailable`].
//! - Clocks order nothing. The device's own line of envelopes orders its shots; the clock that
//!   nobody can set (boot and milliseconds since) measures the wall clock.
//! - Positions are compared on WGS-84, whatever grid they were written on.
//! - Thresholds are [`Thresholds`], data that a policy may replace; each default says why.
//!
//! Refused: any opinion on people. A mocked position may be a good receiver on a cable, a gap in
//! the shutter count a blurred picture thrown away.

use crate::domain::{CivilTime, DeviceId, Digest, Epoch, Reading, WallMs, Wgs84};

mod origin;
mod place;
mod time;
mod words;

/// How good something looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// There is nothing to compare.
    NotAvailable,
    /// It fits.
    Pass,
    /// Somebody should look.
    Warn,
    /// It cannot be true, or demands are not met.
    Fail,
}

impl Grade {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAvailable => "not_available",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

macro_rules! finding_codes {
    ($($(#[$doc:meta])* $name:ident => $word:literal,)*) => {
        /// What is compared.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingCode { $($(#[$doc])* $name,)* }

        impl FindingCode {
            /// Every code, in the order in which people read them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// A stable word.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

finding_codes! {
    /// How the photo came in, and whether its slot demands the app's own camera.
    Origin => "origin",
    /// Whether the shutter count has a gap before this shot.
    ShutterGap => "shutter_gap",
    /// Whether the device's position came from a program rather than a receiver.
    MockedPosition => "mocked_position",
    /// The file's position and the device's own.
    PlaceDevice => "place_device",
    /// The photo's position and the other photos of the case.
    PlaceOthers => "place_others",
    /// The photo's position and the insured address.
    PlaceInsured => "place_insured",
    /// Whether the device could have come here from its shot before.
    Travel => "travel",
    /// The camera's time and the device's clock.
    TimeCamera => "time_camera",
    /// The satellites' time in the file and the camera's.
    TimeSatellites => "time_satellites",
    /// The satellites' time and the device's clock.
    TimeDevice => "time_device",
    /// The device's clock and the hub's.
    TimeHub => "time_hub",
    /// Whether the device's clock was set since its shot before.
    ClockSet => "clock_set",
}

/// One comparison of one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What was compared.
    pub code: FindingCode,
    /// How it looks.
    pub grade: Grade,
    /// Which of several cases of the code it is; a word for programs, a sentence for people.
    pub case: &'static str,
    /// The numbers behind it, by name with its unit.
    pub numbers: Vec<(&'static str, f64)>,
}

impl Finding {
    fn new(code: FindingCode, grade: Grade, case: &'static str) -> Self {
        Self {
            code,
            grade,
            case,
            numbers: Vec::new(),
        }
    }

    fn missing(code: FindingCode, case: &'static str) -> Self {
        Self::new(code, Grade::NotAvailable, case)
    }

    fn with(mut self, name: &'static str, number: f64) -> Self {
        self.numbers.push((name, number));
        self
    }
}

/// How a photo came to this record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The app's own camera.
    InApp,
    /// The phone's gallery.
    Gallery,
    /// A file from elsewhere.
    Imported,
    /// A bundle from another person's phone.
    Bundle,
}

/// The shutter count of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutterCount {
    /// This shot's number, from 1.
    pub number: u64,
    /// The highest number that was kept before it, 0 for none.
    pub kept_before: u64,
}

/// Where the device says it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// The position.
    pub place: Wgs84,
    /// How far off it may be, in metres.
    pub accuracy_m: Option<f64>,
    /// Metres above sea level.
    pub alt_m: Option<f64>,
    /// The satellites' time of the fix.
    pub satellites: Option<WallMs>,
    /// How old the fix was when the shutter opened.
    pub age_ms: u32,
    /// Whether the system says that a program made it up.
    pub provider: Provider,
}

/// Who gave a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// The phone's receivers.
    Receiver,
    /// A program, which the system flags as mocked.
    Program,
}

/// What the device recorded when the shutter opened, or when a file was taken in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The clocks.
    pub clocks: Reading,
    /// The shutter count, for the app's own camera.
    pub shutter: Option<ShutterCount>,
    /// The position.
    pub fix: Option<Fix>,
}

/// What the file claims, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShotClaims {
    /// The camera's time.
    pub taken_at: Option<CivilTime>,
    /// The satellites' time.
    pub gps_time: Option<WallMs>,
    /// The degrees as written.
    pub degrees: Option<(f64, f64)>,
    /// The same place on WGS-84, if the datum is one that is known.
    pub place: Option<Wgs84>,
    /// How far off it may be, in metres.
    pub accuracy_m: Option<f64>,
}

/// Between which hub times a photo was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HubBracket {
    /// The newest hub entry the device knew then.
    pub not_before: Option<WallMs>,
    /// The first receipt that covers it.
    pub not_after: Option<WallMs>,
}

/// One original photo of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    /// Its digest.
    pub photo: Digest,
    /// The device that took it in, and in which life of its store.
    pub line: (DeviceId, Epoch),
    /// Its place in that line.
    pub seq: u64,
    /// How it came in.
    pub source: Source,
    /// Which shot of the list it is.
    pub slot: String,
    /// What the device recorded.
    pub moment: Option<Moment>,
    /// What the file claims.
    pub claims: ShotClaims,
    /// The hub's times around it.
    pub hub: HubBracket,
}

impl Shot {
    /// The position to go by, and how far off it may be: the device's own, unless a program made
    /// it up or there is none; then the file's.
    pub fn place(&self) -> Option<(Wgs84, f64)> {
        let fix = self.moment.and_then(|moment| moment.fix);
        let measured =
            fix.filter(|fix| fix.provider == Provider::Receiver && self.source == Source::InApp);
        match (measured, self.claims.place) {
            (Some(fix), _) => Some((fix.place, fix.accuracy_m.unwrap_or(0.0))),
            (None, Some(place)) => Some((place, self.claims.accuracy_m.unwrap_or(0.0))),
            (None, None) => None,
        }
    }
}

/// What is still taken for a fit, and what for impossible. Metres, milliseconds, metres a second.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// File and device: a phone under trees or beside a wall is off by tens of metres.
    pub device_m: (f64, f64),
    /// Other photos: a yard and its fields; the far end of a village.
    pub others_m: (f64, f64),
    /// Insured address: register coordinates name the village as often as the house.
    pub insured_m: (f64, f64),
    /// Travel: motorway traffic; a high-speed train.
    pub travel_m_s: (f64, f64),
    /// Camera and device: one clock, read twice within a slow phone's shutter lag; a camera of its
    /// own that nobody has set for months.
    pub camera_ms: (i64, i64),
    /// A photo from the gallery older than this was not taken on this survey.
    pub gallery_ms: i64,
    /// Satellites in the file: they are the last fix, some minutes old at most; an hour is not.
    pub satellites_ms: (i64, i64),
    /// Satellites and device: the network sets a phone to a second; a phone long without network
    /// drifts by seconds a day.
    pub device_clock_ms: (i64, i64),
    /// The hub's times are sealed minutes after the act at the earliest.
    pub hub_ms: (i64, i64),
    /// Clock steps: the network corrects seconds, a hand sets minutes and hours.
    pub clock_step_ms: (i64, i64),
    /// Minutes east of Greenwich by which a camera's time without offset is read.
    pub zone_minutes: i64,
    /// Slots that only the app's own camera may fill.
    pub in_app_slots: Vec<String>,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            device_m: (100.0, 1_000.0),
            others_m: (500.0, 5_000.0),
            insured_m: (500.0, 5_000.0),
            travel_m_s: (42.0, 100.0),
            camera_ms: (2 * MINUTE, 15 * MINUTE),
            gallery_ms: 24 * HOUR,
            satellites_ms: (10 * MINUTE, HOUR),
            device_clock_ms: (MINUTE, 10 * MINUTE),
            hub_ms: (2 * MINUTE, 15 * MINUTE),
            clock_step_ms: (2 * SECOND, 2 * MINUTE),
            zone_minutes: 8 * 60,
            in_app_slots: Vec::new(),
        }
    }
}

/// All findings of one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoFindings {
    /// Which photo.
    pub photo: Digest,
    /// One for each [`FindingCode`], in that order.
    pub findings: Vec<Finding>,
}

impl PhotoFindings {
    /// The worst grade among them.
    pub fn worst(&self) -> Grade {
        let grades = self.findings.iter().map(|finding| finding.grade);
        grades.max().unwrap_or(Grade::NotAvailable)
    }

    /// The finding of that code.
    pub fn of(&self, code: FindingCode) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.code == code)
    }
}

/// Compares every shot of a case with everything there is.
pub fn findings(
    shots: &[Shot],
    insured: Option<Wgs84>,
    thresholds: &Thresholds,
) -> Vec<PhotoFindings> {
    shots
        .iter()
        .map(|shot| {
            // The shot before it of the same device, in the device's own order.
            let before = shots
                .iter()
                .filter(|other| other.line == shot.line && other.seq < shot.seq)
                .max_by_key(|other| other.seq);
            let findings = FindingCode::ALL.iter().map(|code| match code {
                FindingCode::Origin => origin::source(shot, thresholds),
                FindingCode::ShutterGap => origin::shutter(shot, shots),
                FindingCode::MockedPosition => origin::mocked(shot),
                FindingCode::PlaceDevice => place::device(shot, thresholds),
                FindingCode::PlaceOthers => place::others(shot, shots, thresholds),
                FindingCode::PlaceInsured => place::insured(shot, insured, thresholds),
                FindingCode::Travel => place::travel(shot, before, thresholds),
                FindingCode::TimeCamera => time::camera(shot, thresholds),
                FindingCode::TimeSatellites => time::satellites(shot, thresholds),
                FindingCode::TimeDevice => time::device(shot, thresholds),
                FindingCode::TimeHub => time::hub(shot, thresholds),
                FindingCode::ClockSet => time::clock_set(shot, before, thresholds),
            });
            PhotoFindings {
                photo: shot.photo,
                findings: findings.collect(),
            }
        })
        .collect()
}

/// Up to the first limit it fits, up to the second somebody should look.
fn graded(size: f64, (fits, looks): (f64, f64)) -> Grade {
    if size <= fits {
        Grade::Pass
    } else if size <= looks {
        Grade::Warn
    } else {
        Grade::Fail
    }
}

fn graded_ms(difference: i64, (fits, looks): (i64, i64)) -> Grade {
    let size = difference.unsigned_abs();
    if size <= fits.unsigned_abs() {
        Grade::Pass
    } else if size <= looks.unsigned_abs() {
        Grade::Warn
    } else {
        Grade::Fail
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "shown to people; milliseconds of three hundred thousand years fit"
)]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
