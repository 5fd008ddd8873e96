//! Instants and civil times kept apart, so that "which zone?" cannot be forgotten.

use minicbor::{Decode, Encode};

/// Milliseconds since 1970-01-01 UTC, as some clock claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct WallMs(pub i64);

/// A civil time as a camera wrote it, with the offset only if it wrote one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CivilTime {
    /// `2025-07-01T14:03:22` or with a fraction of a second.
    pub civil: String,
    /// `+08:00`, if claimed. EXIF has no zone before 2.31.
    pub offset: Option<String>,
}

/// The instant as people in `zone` read their clock: `2025-07-01 14:03:22`.
///
/// An unknown zone or an instant out of range is shown as plain milliseconds, never dropped.
pub fn civil_text(at: WallMs, zone: &str) -> String {
    let zoned = jiff::Timestamp::from_millisecond(at.0)
        .ok()
        .and_then(|instant| instant.in_tz(zone).ok());
    zoned.map_or_else(
        || format!("{} ms", at.0),
        |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_in_china_time() {
        assert_eq!(
            civil_text(WallMs(0), "Asia/Shanghai"),
            "1970-01-01 08:00:00"
        );
        assert_eq!(civil_text(WallMs(0), "No/Where"), "0 ms");
    }
}
