use std::io::Cursor;

use lossbook_core::evidence::{PhotoFacts, Size, examine};

use super::*;

fn shot(kind: SceneKind, orientation: u16) -> Shot {
    Shot {
        width: 320,
        height: 240,
        seed: 5,
        kind,
        taken_at: CivilTime {
            civil: "2025-07-01T01:03:22".to_owned(),
            offset: Some("+08:00".to_owned()),
        },
        place: (-36.834_025, -101.952_5, -12.5),
        make: "Lossbook".to_owned(),
        model: "Scene".to_owned(),
        orientation,
    }
}

fn facts(jpeg: &[u8]) -> PhotoFacts {
    examine(&mut Cursor::new(jpeg)).unwrap()
}

#[test]
fn a_drawn_photo_says_what_the_shot_said() {
    for kind in SceneKind::ALL {
        let wanted = shot(kind, 1);
        let facts = facts(&render(&wanted));
        assert_eq!(facts.problems, []);
        assert_eq!(
            facts.stored,
            Some(Size {
                width: 320,
                height: 240
            })
        );
        assert_eq!(facts.claims.taken_at, Some(wanted.taken_at));
        assert_eq!(
            facts.claims.gps_time.as_deref(),
            Some("2025-06-30T17:03:22Z")
        );
        let place = facts.claims.place.unwrap();
        assert!((place.lat() + 36.834_025).abs() < 1e-7 && (place.lon() + 101.952_5).abs() < 1e-7);
        assert_eq!(place.alt_m(), Some(-12.5));
        assert_eq!(facts.claims.camera_make.as_deref(), Some("Lossbook"));
    }
}

#[test]
fn the_same_shot_gives_the_same_bytes_and_another_seed_others() {
    let first = shot(SceneKind::House, 1);
    assert_eq!(render(&first), render(&first));
    assert_ne!(render(&first), render(&Shot { seed: 6, ..first }));
}

#[test]
fn a_turned_shot_shows_the_same_picture() {
    let upright = render(&Shot {
        width: 240,
        height: 320,
        ..shot(SceneKind::Roof, 1)
    });
    let bytes = render(&shot(SceneKind::Roof, 6));
    let facts = facts(&bytes);
    assert_eq!(
        facts.displayed,
        Some(Size {
            width: 240,
            height: 320
        })
    );
    let plain = image::load_from_memory(&upright).unwrap().into_rgb8();
    let shown = image::load_from_memory(&bytes)
        .unwrap()
        .rotate90()
        .into_rgb8();
    let difference: u64 = plain
        .iter()
        .zip(shown.iter())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    // Compression differs with direction; another picture would differ by tens of levels.
    assert!(difference / (plain.len() as u64) < 8, "{difference}");
}

#[test]
fn an_impossible_size_gives_no_bytes() {
    assert!(
        render(&Shot {
            width: 0,
            ..shot(SceneKind::House, 1)
        })
        .is_empty()
    );
    assert!(
        render(&Shot {
            width: 70_000,
            height: 1,
            ..shot(SceneKind::House, 1)
        })
        .is_empty()
    );
}
