//! A position on the WGS-84 globe, checked for range.

/// Latitude and longitude in degrees (WGS-84), altitude in metres above sea level if known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    lat: f64,
    lon: f64,
    alt_m: Option<f64>,
}

/// A position that cannot exist.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("no such place: latitude {lat}, longitude {lon}")]
pub struct PlaceError {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

impl Place {
    /// A place, if the numbers are on the globe.
    ///
    /// # Errors
    /// [`PlaceError`] for anything outside ±90 and ±180 degrees or not finite.
    pub fn new(lat: f64, lon: f64, alt_m: Option<f64>) -> Result<Self, PlaceError> {
        let on_globe =
            lat.is_finite() && lon.is_finite() && lat.abs() <= 90.0 && lon.abs() <= 180.0;
        if !on_globe {
            return Err(PlaceError { lat, lon });
        }
        Ok(Self {
            lat,
            lon,
            alt_m: alt_m.filter(|alt| alt.is_finite()),
        })
    }

    /// Degrees north.
    pub fn lat(&self) -> f64 {
        self.lat
    }

    /// Degrees east.
    pub fn lon(&self) -> f64 {
        self.lon
    }

    /// Metres above sea level, if claimed.
    pub fn alt_m(&self) -> Option<f64> {
        self.alt_m
    }
}
