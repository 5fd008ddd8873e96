//! Photos that were there before, and copies for a purpose.

use super::*;
use crate::evidence::{LookalikeIndex, Region};
use crate::store::Likeness;

/// Blots on grey, `cut` pixels of them gone at the left; each seed another picture.
fn blots(seed: u64, cut: u16, quality: u8) -> Vec<u8> {
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        i64::try_from((random >> 32) % below).unwrap()
    };
    let blots: Vec<[i64; 4]> = (0..40)
        .map(|_| [next(320), next(240), next(30) + 6, next(180) - 90])
        .collect();
    let mut pixels = Vec::new();
    for (y, x) in (0..240_i64).flat_map(|y| (i64::from(cut)..320).map(move |x| (y, x))) {
        let lit = blots
            .iter()
            .filter(|[a, b, r, _]| (x - a).pow(2) + (y - b).pow(2) < r * r);
        let sum: i64 = lit.map(|[.., shade]| shade).sum();
        pixels.push(u8::try_from((128 + sum).clamp(0, 255)).unwrap());
    }
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, quality)
        .encode(&pixels, 320 - cut, 240, jpeg_encoder::ColorType::Luma)
        .unwrap();
    bytes
}

#[test]
fn a_photo_of_another_case_is_told_at_capture_by_bytes_and_by_looks() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let [(first, _), (second, _), (third, _)] = [(); 3].map(|()| case_with_line(&phone));
    let original = phone.add_photo(&first, photo(&blots(1, 0, 90))).unwrap();
    assert_eq!(original.seen, []);
    assert_eq!(
        phone
            .add_photo(&first, photo(&blots(2, 0, 90)))
            .unwrap()
            .seen,
        []
    );

    let same = phone
        .add_photo(&second, photo(&blots(1, 0, 90)))
        .unwrap()
        .seen;
    assert_eq!(same.len(), 1);
    assert_eq!(
        (same[0].photo, same[0].likeness),
        (Some(original.facts.digest), Likeness::SameBytes)
    );
    assert_eq!(same[0].cases.len(), 1);

    let altered = phone.add_photo(&third, photo(&blots(1, 20, 50))).unwrap();
    assert_eq!(altered.seen.len(), 1, "{:?}", altered.seen);
    assert_eq!(altered.seen[0].photo, Some(original.facts.digest));
    assert!(matches!(altered.seen[0].likeness, Likeness::Looks { .. }));
    assert_eq!(altered.seen[0].cases.len(), 2);
    // The screen says it later, too.
    let shown = phone.case(&third).unwrap().seen;
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (shown[0].photo, &shown[0].before),
        (altered.facts.digest, &altered.seen[0])
    );
}

#[test]
fn shots_of_one_case_are_not_told_of_each_other() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    phone.add_photo(&case, photo(&blots(1, 0, 90))).unwrap();
    assert_eq!(
        phone
            .add_photo(&case, photo(&blots(1, 12, 60)))
            .unwrap()
            .seen,
        []
    );
}

#[test]
fn a_photo_that_only_a_hubs_index_knows_is_told_without_a_case() {
    let world = World::new();
    let (phone, other) = (world.phone("li", 1), world.phone("wang", 2));
    let (case, _) = case_with_line(&phone);
    let (elsewhere, _) = case_with_line(&other);
    let far = other
        .add_photo(&elsewhere, photo(&blots(1, 0, 90)))
        .unwrap();
    let bytes = other.look_index().unwrap();
    assert_eq!(LookalikeIndex::parse(&bytes).unwrap().len(), 1);
    let scope = phone.store().transact(|tx| tx.scopes()).unwrap()[0].0;
    // Read once before the index comes: what is kept in memory must not hide it.
    phone.add_photo(&case, photo(&blots(9, 0, 90))).unwrap();
    assert_eq!(phone.keep_look_index(scope, &bytes).unwrap(), 1);
    let seen = phone
        .add_photo(&case, photo(&blots(1, 10, 60)))
        .unwrap()
        .seen;
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].photo, seen[0].cases.len()), (None, 0));
    assert!(far.facts.digest.as_bytes().starts_with(&seen[0].mark));
    assert_eq!(
        phone.keep_look_index(scope, b"LBFP").unwrap_err().code(),
        "index_foreign"
    );
}

#[test]
fn a_copy_leaves_its_original_as_it_was() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    let bytes = blots(4, 0, 90);
    let digest = phone.add_photo(&case, photo(&bytes)).unwrap().facts.digest;
    let region = Region {
        left: 0,
        top: 0,
        width: 1_000,
        height: 500,
    };
    let mark: String = digest.to_hex().chars().take(10).collect();
    let copy = phone
        .copy_photo(&case, &mark, CopyFor::Redaction(&[region]), 160)
        .unwrap();
    assert!(copy.made.contains(&digest.to_hex()), "{}", copy.made);
    assert_eq!(
        phone.blob_range(&digest, 0, bytes.len() as u64).unwrap(),
        bytes
    );
    let unknown = phone.copy_photo(&case, "ffff", CopyFor::Preview, 160);
    assert_eq!(unknown.unwrap_err().code(), "unknown_photo");
    let no_font = phone.copy_photo(&case, &mark, CopyFor::Watermark { font: b"" }, 160);
    assert_eq!(no_font.unwrap_err().code(), "no_font");
}
