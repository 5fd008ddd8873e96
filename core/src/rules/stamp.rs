//! An instant shown in a pack's zone, with its offset.

use serde::{Serialize, Serializer};

use jiff::tz::TimeZone;

use crate::domain::WallMs;

/// An instant and how people of one zone write it: `2025-07-01T16:10:00+08:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    at: WallMs,
    text: String,
}

impl Stamp {
    pub(super) fn new(at: WallMs, zone: &TimeZone) -> Self {
        let zoned =
            jiff::Timestamp::from_millisecond(at.0).map(|instant| instant.to_zoned(zone.clone()));
        let text = zoned.map_or_else(
            |_| format!("{} ms", at.0),
            |zoned| {
                let fraction = at.0.rem_euclid(1000);
                let format = if fraction == 0 {
                    "%Y-%m-%dT%H:%M:%S%:z"
                } else {
                    "%Y-%m-%dT%H:%M:%S%.3f%:z"
                };
                zoned.strftime(format).to_string()
            },
        );
        Self { at, text }
    }

    /// The instant.
    pub const fn at(&self) -> WallMs {
        self.at
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.text)
    }
}
