use super::world::*;
use super::*;
use crate::chain::BlobRole;
use crate::store::BlobRow;

/// A photo of which only the file is large: it ends in nothing.
fn large(seed: u8) -> Vec<u8> {
    let pixels = vec![seed * 40; 700 * 500];
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 90)
        .encode(&pixels, 700, 500, jpeg_encoder::ColorType::Luma)
        .unwrap();
    bytes.resize(900 * 1024, 0);
    bytes
}

fn previews(phone: &Device, case: &str) -> Vec<BlobRow> {
    let mut blobs = phone.case(case).unwrap().blobs;
    blobs.retain(|blob| blob.role == BlobRole::Preview);
    blobs
}

#[test]
fn a_large_photo_gets_one_preview_that_names_it() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    let added = phone.add_photo(&case, photo(&large(1))).unwrap();
    assert_eq!(phone.make_previews(9).unwrap(), 1);
    assert_eq!(phone.make_previews(9).unwrap(), 0, "it has one");
    let made = previews(&phone, &case);
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].of, Some(added.facts.digest));
}

#[test]
fn a_photo_that_is_small_already_gets_none() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    phone.add_photo(&case, photo(&jpeg(1))).unwrap();
    assert_eq!(phone.make_previews(9).unwrap(), 0);
}

#[test]
fn a_picture_of_a_thumbnails_size_gets_none_however_large_its_file_is() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    let mut bytes = jpeg(1);
    bytes.resize(900 * 1024, 0);
    phone.add_photo(&case, photo(&bytes)).unwrap();
    assert_eq!(phone.make_previews(9).unwrap(), 0);
}

#[test]
fn no_more_previews_are_made_than_asked_for() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    for seed in 1..4 {
        phone.add_photo(&case, photo(&large(seed))).unwrap();
    }
    assert_eq!(phone.make_previews(2).unwrap(), 2);
    assert_eq!(previews(&phone, &case).len(), 2);
}

#[test]
fn another_phone_knows_of_a_preview_and_counts_it_as_no_photo() {
    let world = World::new();
    let (a, b) = (world.phone("a", 1), world.phone("b", 2));
    let (case, _) = case_with_line(&a);
    a.add_photo(&case, photo(&large(1))).unwrap();
    a.make_previews(1).unwrap();
    meet(&a, &b);
    hand_over(&a, &b);
    assert_eq!(previews(&b, &case).len(), 1);
    assert_eq!(PhotoBudget::used(&b.case(&case).unwrap().blobs).photos, 1);
}

#[test]
fn previews_leave_before_originals() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    phone.add_photo(&case, photo(&large(1))).unwrap();
    phone.make_previews(1).unwrap();
    let scopes: Vec<_> = phone
        .scopes()
        .unwrap()
        .iter()
        .map(|scope| scope.0)
        .collect();
    let held = phone.store().transact(|tx| tx.held_blobs(&scopes)).unwrap();
    let roles: Vec<&str> = held.iter().map(|blob| blob.role.word()).collect();
    assert_eq!(roles, ["thumbnail", "preview", "original"]);
}
