//! Positions that say which globe or grid their degrees are meant on, and exact ways between them.
//!
//! Phones measure WGS-84; maps sold in China draw GCJ-02, Baidu's draw BD-09; surveyors' papers
//! give CGCS2000 (R90). The same pair of degrees names places hundreds of metres apart on them, so
//! a pair carries its datum in its type and only a conversion changes it.
//!
//! - GCJ-02 shifts only inside the rectangle around China that everybody's formula uses; outside
//!   it a position is untouched.
//! - The way back is iterated until it no longer moves, so a round trip ends within 1e-8 degrees
//!   (a millimetre).
//! - CGCS2000 and WGS-84 differ by centimetres, less than any phone measures: the numbers stay.
//!
//! ```
//! use lossbook_core::domain::{Gcj02, Wgs84};
//! let here = Wgs84::new(36.834, 101.952).unwrap();
//! let drawn = Gcj02::from(here);
//! assert!((drawn.lon() - here.lon() - 0.001_745_5).abs() < 1e-6); // about 155 m to the east
//! assert!((Wgs84::from(drawn).lon() - here.lon()).abs() < 1e-8);
//! ```

use std::fmt;
use std::str::FromStr;

use super::PlaceError;

/// The datums that occur on phones and papers in China.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Datum {
    /// What satellites and phones give.
    Wgs84,
    /// China's national datum of 2000.
    Cgcs2000,
    /// The shifted grid of maps sold in China (火星坐标).
    Gcj02,
    /// Baidu's grid, GCJ-02 shifted again.
    Bd09,
}

impl Datum {
    /// Every datum.
    pub const ALL: [Self; 4] = [Self::Wgs84, Self::Cgcs2000, Self::Gcj02, Self::Bd09];

    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wgs84 => "wgs84",
            Self::Cgcs2000 => "cgcs2000",
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
        }
    }

    /// The number kept in envelopes.
    pub const fn number(self) -> u8 {
        match self {
            Self::Wgs84 => 1,
            Self::Cgcs2000 => 2,
            Self::Gcj02 => 3,
            Self::Bd09 => 4,
        }
    }

    /// The datum with that number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|datum| datum.number() == number)
    }

    /// The datum that a camera or a person names, whatever the spelling: `WGS-84`, `WGS 84`.
    pub fn from_name(name: &str) -> Option<Self> {
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        match plain.as_str() {
            "wgs84" | "wgs1984" | "epsg4326" | "4326" => Some(Self::Wgs84),
            "cgcs2000" | "epsg4490" | "4490" => Some(Self::Cgcs2000),
            "gcj02" | "gcj2002" | "gcj" | "amap" => Some(Self::Gcj02),
            "bd09" | "bd09ll" | "baidu" => Some(Self::Bd09),
            _ => None,
        }
    }

    /// Degrees on this datum as WGS-84.
    ///
    /// # Errors
    /// [`PlaceError`] if there is no such place.
    pub fn to_wgs84(self, lat: f64, lon: f64) -> Result<Wgs84, PlaceError> {
        Ok(match self {
            Self::Wgs84 => Wgs84::new(lat, lon)?,
            Self::Cgcs2000 => Wgs84::from(Cgcs2000::new(lat, lon)?),
            Self::Gcj02 => Wgs84::from(Gcj02::new(lat, lon)?),
            Self::Bd09 => Wgs84::from(Bd09::new(lat, lon)?),
        })
    }
}

macro_rules! positions {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            lat: f64,
            lon: f64,
        }

        impl $name {
            /// A position, if the numbers are on the globe.
            ///
            /// # Errors
            /// [`PlaceError`] for anything outside ±90 and ±180 degrees or not finite.
            pub fn new(lat: f64, lon: f64) -> Result<Self, PlaceError> {
                let on_globe =
                    lat.is_finite() && lon.is_finite() && lat.abs() <= 90.0 && lon.abs() <= 180.0;
                if on_globe { Ok(Self { lat, lon }) } else { Err(PlaceError { lat, lon }) }
            }

            /// Degrees north.
            pub fn lat(self) -> f64 {
                self.lat
            }

            /// Degrees east.
            pub fn lon(self) -> f64 {
                self.lon
            }
        }
    )*};
}

positions! {
    /// Degrees as satellites and phones give them.
    Wgs84,
    /// Degrees on China's national datum.
    Cgcs2000,
    /// Degrees as maps sold in China draw them.
    Gcj02,
    /// Degrees as Baidu's maps draw them.
    Bd09,
}

impl From<Cgcs2000> for Wgs84 {
    fn from(from: Cgcs2000) -> Self {
        let Cgcs2000 { lat, lon } = from;
        Self { lat, lon }
    }
}

impl From<Wgs84> for Cgcs2000 {
    fn from(from: Wgs84) -> Self {
        let Wgs84 { lat, lon } = from;
        Self { lat, lon }
    }
}

impl From<Wgs84> for Gcj02 {
    fn from(from: Wgs84) -> Self {
        let (lat, lon) = if around_china(from.lat, from.lon) {
            let (north, east) = shift(from.lat, from.lon);
            (from.lat + north, from.lon + east)
        } else {
            (from.lat, from.lon)
        };
        Self { lat, lon }
    }
}

impl From<Gcj02> for Wgs84 {
    fn from(from: Gcj02) -> Self {
        if !around_china(from.lat, from.lon) {
            let Gcj02 { lat, lon } = from;
            return Self { lat, lon };
        }
        let (lat, lon) = undo((from.lat, from.lon), |lat, lon| {
            let (north, east) = shift(lat, lon);
            (lat + north, lon + east)
        });
        Self { lat, lon }
    }
}

impl From<Gcj02> for Bd09 {
    fn from(from: Gcj02) -> Self {
        let (lat, lon) = baidu(from.lat, from.lon);
        Self { lat, lon }
    }
}

impl From<Bd09> for Gcj02 {
    fn from(from: Bd09) -> Self {
        let (lat, lon) = undo((from.lat, from.lon), baidu);
        Self { lat, lon }
    }
}

impl From<Wgs84> for Bd09 {
    fn from(from: Wgs84) -> Self {
        Self::from(Gcj02::from(from))
    }
}

impl From<Bd09> for Wgs84 {
    fn from(from: Bd09) -> Self {
        Self::from(Gcj02::from(from))
    }
}

impl Wgs84 {
    /// Metres between two positions, along the mean sphere: right to half a percent, which is
    /// finer than any threshold it is held against.
    pub fn metres_to(self, other: Self) -> f64 {
        /// Mean radius of the earth (IUGG).
        const RADIUS_M: f64 = 6_371_008.8;
        let (lat1, lat2) = (self.lat.to_radians(), other.lat.to_radians());
        let half = |angle: f64| (angle / 2.0).sin().powi(2);
        let east = (other.lon - self.lon).to_radians();
        let chord = half(lat2 - lat1) + lat1.cos() * lat2.cos() * half(east);
        2.0 * RADIUS_M * chord.clamp(0.0, 1.0).sqrt().asin()
    }
}

/// A position as a person writes it: `36.834,101.952`, or with its datum, `36.8,101.9 gcj02`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatedPosition {
    /// Degrees north, as written.
    pub lat: f64,
    /// Degrees east, as written.
    pub lon: f64,
    /// The datum named, WGS-84 if none is.
    pub datum: Datum,
}

/// A text that is no position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no position: write latitude,longitude and the datum if it is not WGS-84, such as 36.834,101.952 gcj02"
)]
pub struct PositionParseError(pub String);

impl StatedPosition {
    /// The same place on WGS-84.
    ///
    /// # Errors
    /// [`PlaceError`] if there is no such place.
    pub fn wgs84(self) -> Result<Wgs84, PlaceError> {
        self.datum.to_wgs84(self.lat, self.lon)
    }
}

impl FromStr for StatedPosition {
    type Err = PositionParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || PositionParseError(text.chars().take(80).collect());
        let mut words = text.split([',', ' ', '，']).filter(|word| !word.is_empty());
        let mut degrees = || words.next()?.parse::<f64>().ok();
        let (Some(lat), Some(lon)) = (degrees(), degrees()) else {
            return Err(wrong());
        };
        let datum = match words.next() {
            None => Datum::Wgs84,
            Some(name) => Datum::from_name(name).ok_or_else(wrong)?,
        };
        let stated = Self { lat, lon, datum };
        let is_place = words.next().is_none() && stated.wgs84().is_ok();
        is_place.then_some(stated).ok_or_else(wrong)
    }
}

impl fmt::Display for StatedPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{} {}", self.lat, self.lon, self.datum.word())
    }
}

/// Half the long axis of the Krasovsky ellipsoid, on which the shift is defined.
const AXIS_M: f64 = 6_378_245.0;
/// Its squared eccentricity.
const ECCENTRICITY: f64 = 0.006_693_421_622_965_943;

/// The rectangle in which the shift is applied.
fn around_china(lat: f64, lon: f64) -> bool {
    (0.8293..=55.8271).contains(&lat) && (72.004..=137.8347).contains(&lon)
}

/// By how many degrees GCJ-02 moves a position north and east.
fn shift(lat: f64, lon: f64) -> (f64, f64) {
    use std::f64::consts::PI;
    let (x, y) = (lon - 105.0, lat - 35.0);
    let waves = |turn: f64, [a, b]: [f64; 2]| a * (turn * PI).sin() + b * (turn * PI / 3.0).sin();
    let common = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + common
        + waves(y, [20.0, 40.0]) * 2.0 / 3.0
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + common
        + waves(x, [20.0, 40.0]) * 2.0 / 3.0
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let radians = lat.to_radians();
    let flat = 1.0 - ECCENTRICITY * radians.sin().powi(2);
    let meridian = AXIS_M * (1.0 - ECCENTRICITY) / (flat * flat.sqrt());
    let parallel = AXIS_M / flat.sqrt() * radians.cos();
    (
        (north / meridian).to_degrees(),
        (east / parallel).to_degrees(),
    )
}

/// Baidu's shift on top of GCJ-02.
fn baidu(lat: f64, lon: f64) -> (f64, f64) {
    /// Turns degrees into the angle of Baidu's small waves.
    const WAVE: f64 = std::f64::consts::PI * 3000.0 / 180.0;
    let radius = lon.hypot(lat) + 0.000_02 * (lat * WAVE).sin();
    let angle = lat.atan2(lon) + 0.000_003 * (lon * WAVE).cos();
    (radius * angle.sin() + 0.006, radius * angle.cos() + 0.0065)
}

/// Where a shift came from: steps back by what is left until nothing is.
fn undo(to: (f64, f64), shifted: impl Fn(f64, f64) -> (f64, f64)) -> (f64, f64) {
    let (mut lat, mut lon) = to;
    // The shift changes by about a hundredth of the way moved, so each step wins two digits.
    for _ in 0..30 {
        let (north, east) = shifted(lat, lon);
        let (left_north, left_east) = (to.0 - north, to.1 - east);
        lat += left_north;
        lon += left_east;
        if left_north.abs().max(left_east.abs()) < 1e-13 {
            break;
        }
    }
    (lat, lon)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn outside_china_a_position_is_untouched() {
        for (lat, lon) in [
            (51.5, -0.12),
            (-33.9, 151.2),
            (40.7, -74.0),
            (0.0, 0.0),
            (60.0, 100.0),
        ] {
            let there = Wgs84::new(lat, lon).unwrap();
            let drawn = Gcj02::from(there);
            assert_eq!((drawn.lat(), drawn.lon()), (lat, lon));
            assert_eq!(Wgs84::from(drawn), there);
        }
    }

    #[test]
    fn cgcs2000_keeps_its_numbers() {
        let paper = Cgcs2000::new(36.834, 101.952).unwrap();
        let phone = Wgs84::from(paper);
        assert_eq!((phone.lat(), phone.lon()), (36.834, 101.952));
        assert_eq!(Cgcs2000::from(phone), paper);
    }

    #[test]
    fn a_degree_of_latitude_is_a_hundred_and_eleven_kilometres() {
        let (south, north) = (
            Wgs84::new(36.0, 101.0).unwrap(),
            Wgs84::new(37.0, 101.0).unwrap(),
        );
        assert!((south.metres_to(north) - 111_195.0).abs() < 1.0);
        assert!(south.metres_to(south) < 1e-6);
    }

    #[test]
    fn a_stated_position_names_its_datum_or_means_wgs84() {
        let stated: StatedPosition = "36.834, 101.952 GCJ-02".parse().unwrap();
        assert_eq!(stated.datum, Datum::Gcj02);
        assert_eq!(
            "36.834,101.952".parse::<StatedPosition>().unwrap().datum,
            Datum::Wgs84
        );
        for text in [
            "",
            "36.8",
            "a,b",
            "91,0",
            "36.8,101.9 mars",
            "36.8,101.9 gcj02 x",
            "NaN,0",
        ] {
            assert!(text.parse::<StatedPosition>().is_err(), "{text}");
        }
        assert_eq!(
            stated.to_string().parse::<StatedPosition>().unwrap(),
            stated
        );
    }

    proptest! {
        #[test]
        fn a_round_trip_ends_where_it_began(lat in 4.0..53.5_f64, lon in 73.7..135.0_f64) {
            let start = Wgs84::new(lat, lon).unwrap();
            for back in [Wgs84::from(Gcj02::from(start)), Wgs84::from(Bd09::from(start))] {
                prop_assert!((back.lat() - lat).abs() <= 1e-8, "{back:?}");
                prop_assert!((back.lon() - lon).abs() <= 1e-8, "{back:?}");
            }
        }
    }
}
