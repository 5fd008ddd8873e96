//! Fingerprints, the index, doubts about quality, and copies.

use super::sample;
use super::*;

/// Blots on grey: each seed another picture, none of them flat.
fn blots(seed: u64, width: u32, height: u32) -> Shades {
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        f64::from(u32::try_from(random >> 40).unwrap()) / f64::from(1 << 24)
    };
    let blots: Vec<[f64; 4]> = (0..60)
        .map(|_| [next(), next(), 0.02 + next() * 0.08, next() * 200.0 - 100.0])
        .collect();
    let mut bytes = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (
                f64::from(x) / f64::from(width),
                f64::from(y) / f64::from(height),
            );
            let sum: f64 = blots
                .iter()
                .map(|[a, b, r, s]| if (u - a).hypot(v - b) < *r { *s } else { 0.0 })
                .sum();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped"
            )]
            bytes.push((128.0 + sum).clamp(0.0, 255.0) as u8);
        }
    }
    Shades {
        size: Size { width, height },
        bytes,
    }
}

fn part(shades: &Shades, (left, top): (u32, u32), size: Size) -> Shades {
    let rows = (top..top + size.height)
        .flat_map(|y| (left..left + size.width).map(move |x| (y * shades.size.width + x) as usize));
    Shades {
        size,
        bytes: rows.map(|at| shades.bytes[at]).collect(),
    }
}

fn turned(shades: &Shades) -> Shades {
    let Size { width, height } = shades.size;
    let places =
        (0..width).flat_map(|y| (0..height).map(move |x| ((height - 1 - x) * width + y) as usize));
    Shades {
        size: shades.size.turned(),
        bytes: places.map(|at| shades.bytes[at]).collect(),
    }
}

fn entry(seed: u64) -> IndexEntry {
    IndexEntry {
        fingerprint: Fingerprint::of(&blots(seed, 160, 120)).unwrap(),
        photo: seed.to_be_bytes(),
    }
}

fn found(index: &LookalikeIndex, shades: &Shades) -> Vec<u64> {
    index
        .search(shades, 3)
        .iter()
        .map(|alike| u64::from_be_bytes(alike.photo))
        .collect()
}

#[test]
fn copies_are_found_among_others_and_others_are_not() {
    let index: LookalikeIndex = (1..60).map(entry).collect();
    let original = blots(7, 160, 120);
    let cut = part(
        &original,
        (12, 3),
        Size {
            width: 146,
            height: 113,
        },
    );
    assert_eq!(found(&index, &original), [7]);
    assert_eq!(found(&index, &cut), [7]);
    assert_eq!(found(&index, &turned(&cut)), [7]);
    assert_eq!(found(&index, &turned(&turned(&original))), [7]);
    assert_eq!(found(&index, &turned(&turned(&turned(&original)))), [7]);
    assert_eq!(found(&index, &blots(7_000, 160, 120)), [0_u64; 0]);
}

#[test]
fn a_photo_that_came_after_the_shelves_were_filled_is_found() {
    let mut index: LookalikeIndex = (1..10).map(entry).collect();
    index.push(entry(50));
    assert_eq!(found(&index, &blots(50, 160, 120)), [50]);
    // Bits of nothing in particular, so many that the shelves are filled anew.
    for number in 0..300_u64 {
        let bytes = Digest::of(&number.to_be_bytes());
        let bits = bytes.as_bytes().first_chunk().unwrap();
        index.push(IndexEntry {
            fingerprint: Fingerprint::from_bytes(bits),
            photo: [9; 8],
        });
    }
    assert_eq!(found(&index, &blots(50, 160, 120)), [50]);
}

#[test]
fn a_flat_picture_has_no_fingerprint_and_finds_nothing() {
    let flat = Shades {
        size: Size {
            width: 200,
            height: 150,
        },
        bytes: vec![90; 30_000],
    };
    assert_eq!(Fingerprint::of(&flat), None);
    let index: LookalikeIndex = (1..10).map(entry).collect();
    assert_eq!(found(&index, &flat), [0_u64; 0]);
    let none = Shades {
        size: Size {
            width: 0,
            height: 0,
        },
        bytes: Vec::new(),
    };
    assert_eq!(
        (Fingerprint::of(&none), found(&index, &none)),
        (None, vec![])
    );
}

#[test]
fn equal_sets_of_photos_are_equal_bytes_and_come_back() {
    let forward: LookalikeIndex = (1..30).map(entry).collect();
    let backward: LookalikeIndex = (1..30).rev().chain(1..4).map(entry).collect();
    let bytes = forward.to_bytes();
    assert_eq!(bytes, backward.to_bytes());
    assert_eq!(bytes.len(), 12 + 29 * INDEX_ENTRY_BYTES);
    const { assert!(INDEX_ENTRY_BYTES <= 40) };
    let read = LookalikeIndex::parse(&bytes).unwrap();
    assert_eq!((read.len(), read.to_bytes()), (29, bytes));
    assert_eq!(found(&read, &blots(5, 160, 120)), [5]);
}

#[test]
fn a_broken_index_is_refused_with_its_reason() {
    let bytes = (1..5).map(entry).collect::<LookalikeIndex>().to_bytes();
    let refuse = |bytes: &[u8]| LookalikeIndex::parse(bytes).unwrap_err();
    assert_eq!(refuse(b"LBFP\x02\0\0\0\0\0\0\0"), IndexError::Foreign);
    assert_eq!(refuse(&bytes[..11]), IndexError::Foreign);
    let cut = &bytes[..bytes.len() - 1];
    assert_eq!(
        refuse(cut),
        IndexError::Length {
            count: 4,
            bytes: cut.len()
        }
    );
    let mut swapped = bytes.clone();
    swapped[12..12 + 2 * INDEX_ENTRY_BYTES].rotate_left(INDEX_ENTRY_BYTES);
    assert_eq!(refuse(&swapped), IndexError::Order { at: 1 });
}

fn doubts(shades: &Shades) -> Vec<ProblemCode> {
    shades.doubts().iter().map(|doubt| doubt.code).collect()
}

#[test]
fn dark_burnt_out_and_blurred_pictures_are_doubted_with_numbers() {
    let sharp = blots(3, 320, 240);
    assert_eq!(doubts(&sharp), []);
    let shaded = |change: fn(u8) -> u8| Shades {
        bytes: sharp.bytes.iter().map(|shade| change(*shade)).collect(),
        ..sharp.clone()
    };
    assert_eq!(doubts(&shaded(|shade| shade / 12)), [ProblemCode::TooDark]);
    assert_eq!(
        doubts(&shaded(|shade| shade.saturating_add(128))),
        [ProblemCode::TooBright]
    );
    let mut soft = sharp.clone();
    for _ in 0..6 {
        let Size { width, height } = soft.size;
        let at = |x: u32, y: u32| {
            u32::from(soft.bytes[(y.min(height - 1) * width + x.min(width - 1)) as usize])
        };
        let mean = |x: u32, y: u32| {
            let sum: u32 = (0..9)
                .map(|k| at((x + k % 3).saturating_sub(1), (y + k / 3).saturating_sub(1)))
                .sum();
            u8::try_from(sum / 9).unwrap()
        };
        let bytes = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| mean(x, y))
            .collect();
        soft = Shades { bytes, ..soft };
    }
    assert_eq!(doubts(&soft), [ProblemCode::Blurred]);
    let detail = &soft.doubts()[0].detail;
    assert!(detail.starts_with("blur 0."), "{detail}");
}

#[test]
fn a_copy_names_its_original_and_what_was_done_and_carries_no_position() {
    let bytes = sample::jpeg(1200, 800, &sample::place("N", "E"));
    let facts = facts(&bytes);
    let region = Region {
        left: 0,
        top: 0,
        width: 500,
        height: 500,
    };
    let copy = derive((&bytes, &facts), &Making::Redaction(&[region]), 600, None).unwrap();
    assert_eq!(
        copy.size,
        Size {
            width: 600,
            height: 400
        }
    );
    assert_eq!(
        copy.made,
        format!(
            "lossbook copy 1; original sha256 {}; redaction 0,0,500,500; 600x400",
            facts.digest
        )
    );
    assert!(
        copy.jpeg
            .windows(copy.made.len())
            .any(|window| window == copy.made.as_bytes())
    );
    assert!(self::facts(&copy.jpeg).claims.place.is_none());
    let picture = image::load_from_memory(&copy.jpeg).unwrap().into_rgb8();
    let dark = |x, y| picture.get_pixel(x, y).0.iter().all(|part| *part < 40);
    assert!(dark(10, 10) && dark(290, 190) && !dark(310, 210) && !dark(310, 10));
    let preview = derive((&bytes, &facts), &Making::Preview, 1_600, None).unwrap();
    assert_eq!(
        preview.size,
        Size {
            width: 1200,
            height: 800
        }
    );
}

#[test]
fn a_region_outside_the_picture_and_bytes_that_are_no_font_are_refused() {
    let bytes = sample::jpeg(64, 48, &[]);
    let facts = facts(&bytes);
    let region = Region {
        left: 600,
        top: 0,
        width: 500,
        height: 10,
    };
    let refused = derive((&bytes, &facts), &Making::Redaction(&[region]), 600, None);
    assert_eq!(refused, Err(DeriveError::BadRegion(region)));
    let lines = ["时间".to_owned()];
    let making = Making::Watermark {
        lines: &lines,
        font: b"no font",
    };
    assert_eq!(
        derive((&bytes, &facts), &making, 600, None),
        Err(DeriveError::NoFont)
    );
}
