//! Which service zone a loss lies in: chosen by hand, by area code, or by polygon.

use super::pack::{Pack, Zone};
use crate::domain::facts::{CaseFacts, Degrees};

/// The zone's id. The high seas have none; the first zone of the pack that matches wins.
pub(super) fn of(facts: &CaseFacts, pack: &Pack) -> Option<String> {
    if let Some(choice) = &facts.loss.zone {
        let known = pack
            .service
            .zones
            .iter()
            .any(|zone| zone.rule.id == choice.id);
        return known.then(|| choice.id.clone());
    }
    let place = &facts.loss.place;
    if place.high_seas {
        return None;
    }
    let here = place.lon.zip(place.lat);
    let zone = pack.service.zones.iter().find(|zone| {
        place
            .area
            .as_deref()
            .is_some_and(|area| has_area(zone, area))
            || here.is_some_and(|(lon, lat)| has_point(zone, lon, lat))
    });
    zone.map(|zone| zone.rule.id.clone())
}

fn has_area(zone: &Zone, area: &str) -> bool {
    let prefixes = zone.areas.value().map_or(&[][..], Vec::as_slice);
    prefixes
        .iter()
        .any(|prefix| area.starts_with(prefix.as_str()))
}

/// Even-odd rule in whole millionths of degrees: no float decides a border.
fn has_point(zone: &Zone, lon: Degrees, lat: Degrees) -> bool {
    let corners = &zone.polygon;
    let mut inside = false;
    let previous = corners.iter().cycle().skip(corners.len().saturating_sub(1));
    for ((x1, y1), (x2, y2)) in previous.zip(corners) {
        if (*y1 > lat.0) == (*y2 > lat.0) {
            continue;
        }
        let wide = |value: i64| i128::from(value);
        let (dy, dx) = (wide(*y2) - wide(*y1), wide(*x2) - wide(*x1));
        // lon < x1 + dx × (lat − y1) ÷ dy, without dividing.
        let left = (wide(lon.0) - wide(*x1)).saturating_mul(dy);
        let right = dx.saturating_mul(wide(lat.0) - wide(*y1));
        if (dy > 0 && left < right) || (dy < 0 && left > right) {
            inside = !inside;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::figure::{Figure, Sourced};

    #[test]
    fn a_polygon_holds_what_lies_inside_and_nothing_else() {
        let areas = Sourced {
            figure: Figure::Blank(String::new()),
            source: String::new(),
        };
        let polygon = vec![(0, 0), (10, 0), (10, 10), (5, 3), (0, 10)];
        let zone = Zone {
            rule: crate::rules::Rule::default(),
            areas,
            polygon,
        };
        assert!(has_point(&zone, Degrees(2), Degrees(2)));
        assert!(has_point(&zone, Degrees(9), Degrees(8)));
        assert!(!has_point(&zone, Degrees(5), Degrees(8)));
        assert!(!has_point(&zone, Degrees(11), Degrees(2)));
    }
}
