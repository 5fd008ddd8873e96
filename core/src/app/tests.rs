//! Phones without a hub between them: runs are handed over directly, through the same gate.

mod bundle;
mod judged;
mod merge;
mod packs;
mod past;
mod peer;
mod preview;
mod roles;
mod seen;
mod world;

use super::*;
use crate::chain::{Invite, InviteSecret};
use crate::domain::{Digest, Role};
use crate::record::Section;
use crate::store::{CaseQuery, Fault, StoreError, StoreKey};
use std::path::Path;
use world::*;

#[test]
fn a_case_is_found_by_its_number_without_reading_the_others() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let sql = "EXPLAIN QUERY PLAN SELECT household FROM case_row WHERE number = 'X'";
    let plan: String = phone
        .store
        .look(|tx| Ok::<_, StoreError>(tx.sql().query_row(sql, [], |row| row.get(3))?))
        .unwrap();
    assert!(plan.contains("case_number"), "{plan}");
}

#[test]
fn a_reported_case_is_listed_and_found_by_two_characters_of_a_name() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    let find = |text: &str| found(&phone, text);
    assert_eq!(
        (
            find("小明"),
            find("王小明"),
            find("十镇"),
            find("明小"),
            find(&case)
        ),
        (1, 1, 1, 0, 1)
    );
    let row = &phone.cases(&CaseQuery::default()).unwrap()[0];
    assert_eq!(
        (
            row.household.as_str(),
            row.total.to_string().as_str(),
            row.status.as_str()
        ),
        ("王小明", "1250.50", "open")
    );
}

fn found(phone: &Device, text: &str) -> usize {
    let query = CaseQuery {
        text: Some(text.into()),
        ..CaseQuery::default()
    };
    phone.cases(&query).unwrap().len()
}

#[test]
fn a_search_in_traditional_characters_finds_simplified_ones_and_back() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let fields = [("household", "報案人王小龍"), ("place", "威远镇Ａ区")];
    phone.report_loss(None, &report(&fields)).unwrap();
    for text in ["报案", "報案", "王小龙", "王小龍", "威遠鎮", "a区", "Ａ區"] {
        assert_eq!(found(&phone, text), 1, "{text}");
    }
    assert_eq!(found(&phone, "理賠"), 0);
}

#[test]
fn a_search_for_a_name_with_its_digits_finds_no_other_name_with_those_digits_elsewhere() {
    let world = World::new();
    let phone = world.phone("li", 1);
    for fields in [
        [("household", "农户3"), ("place", "17社")],
        [("household", "农户17"), ("place", "3社")],
    ] {
        phone.report_loss(None, &report(&fields)).unwrap();
    }
    assert_eq!((found(&phone, "农户17"), found(&phone, "农户 17")), (1, 2));
}

#[test]
fn a_store_whose_words_older_rules_made_is_indexed_anew_when_it_opens() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let fields = [("household", "報案人")];
    phone.report_loss(None, &report(&fields)).unwrap();
    // What a build without folding would have left behind.
    phone
        .store()
        .transact(|tx| {
            tx.sql().execute_batch(
                "DELETE FROM memo WHERE key = 'words'; DELETE FROM case_text;
                 INSERT INTO case_text (rowid, words) VALUES (1, '報案 案人');
                 UPDATE case_row SET words = x'00';",
            )?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!((found(&phone, "报案"), found(&phone, "案人")), (0, 1));
    drop(phone);
    let phone = Device::open(&world.home("li"), &World::key(1), TestHost::new(7)).unwrap();
    assert_eq!((found(&phone, "报案"), found(&phone, "案人")), (1, 1));
}

#[test]
fn what_was_saved_is_there_after_reopening() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, path) = case_with_line(&phone);
    phone.add_photo(&case, photo(&jpeg(1))).unwrap();
    let before = phone.case(&case).unwrap();
    drop(phone);
    let phone = Device::open(&world.home("li"), &World::key(1), TestHost::new(7)).unwrap();
    phone.set_field(&case, &path, "900").unwrap();
    let after = phone.case(&case).unwrap();
    assert_eq!(after.blobs, before.blobs);
    assert_eq!(after.standing.record.total().unwrap().to_string(), "900.00");
}

#[test]
fn a_photo_keeps_its_bytes_and_gets_a_thumbnail() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    let bytes = jpeg(3);
    let added = phone.add_photo(&case, photo(&bytes)).unwrap();
    assert_eq!(added.facts.digest, Digest::of(&bytes));
    let len = bytes.len() as u64;
    assert_eq!(
        phone.blob_range(&added.facts.digest, 0, len).unwrap(),
        bytes
    );
    assert_eq!(
        phone.blob_range(&added.facts.digest, 100, 50).unwrap(),
        &bytes[100..150]
    );
    assert!(added.thumbnail.is_some());
    assert!(phone.add_photo(&case, photo(&bytes)).unwrap().known);
    assert_eq!(
        phone.case(&case).unwrap().standing.record.photos().count(),
        1
    );
}

#[test]
fn two_phones_that_edit_apart_agree_on_both_values_after_meeting() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, path) = case_with_line(&a);
    hand_over(&a, &b);
    a.set_field(&case, &path, "800").unwrap();
    b.set_field(&case, &path, "950").unwrap();
    hand_over(&a, &b);
    hand_over(&b, &a);
    let (on_a, on_b) = (a.case(&case).unwrap(), b.case(&case).unwrap());
    assert_eq!(on_a.standing.heads, on_b.standing.heads);
    assert_eq!(on_a.standing.record, on_b.standing.record);
    let users: Vec<&str> = on_a.contested[0]
        .values
        .iter()
        .map(|value| value.user.as_str())
        .collect();
    assert_eq!(users, ["li", "zhang"]);
    assert_eq!(
        on_a.standing.record.total().unwrap().to_string(),
        "800.00–950.00"
    );
}

#[test]
fn a_contested_amount_cannot_be_signed_until_it_is_settled_with_a_reason() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, path) = case_with_line(&a);
    hand_over(&a, &b);
    a.set_field(&case, &path, "800").unwrap();
    b.set_field(&case, &path, "950").unwrap();
    hand_over(&b, &a);
    assert_eq!(a.sign(&case, &signature()).unwrap_err().code(), "contested");
    assert_eq!(
        a.settle(&case, &path, "950", " ").unwrap_err().code(),
        "no_reason"
    );
    assert_eq!(
        a.settle(&case, &path, "951", "measured")
            .unwrap_err()
            .code(),
        "not_standing"
    );
    a.settle(&case, &path, "950", "measured again").unwrap();
    assert_eq!(
        a.settle(&case, &path, "950", "again").unwrap_err().code(),
        "not_contested"
    );
    assert_eq!(
        a.sign(&case, &signature()).unwrap().total.to_string(),
        "950.00"
    );
    let settlements = a.case(&case).unwrap().standing.record;
    let (_, row) = settlements.rows(Section::Settlements).next().unwrap();
    assert_eq!(
        (row.text("by").unwrap(), row.text("reason").unwrap()),
        ("li".to_owned(), "measured again".to_owned())
    );
}

#[test]
fn a_signature_names_the_field_that_changed_after_it() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, path) = case_with_line(&phone);
    phone.sign(&case, &signature()).unwrap();
    let word = |phone: &Device| {
        phone.cases(&CaseQuery::default()).unwrap()[0]
            .signature
            .clone()
    };
    assert_eq!(word(&phone), "valid");
    phone
        .add_row(&case, Section::Notes, &report(&[("text", "rain again")]))
        .unwrap();
    assert_eq!(word(&phone), "valid");
    phone.set_field(&case, &path, "2000").unwrap();
    assert_eq!(word(&phone), "superseded");
}

#[test]
fn a_rebuild_changes_nothing() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, path) = case_with_line(&phone);
    for yuan in 1..60 {
        phone.set_field(&case, &path, &yuan.to_string()).unwrap();
    }
    phone.sign(&case, &signature()).unwrap();
    phone.add_photo(&case, photo(&jpeg(1))).unwrap();
    let before = phone.cases(&CaseQuery::default()).unwrap();
    let rebuilt = phone.rebuild().unwrap();
    assert_eq!(
        (rebuilt.cases, rebuilt.differing, rebuilt.swept_files),
        (1, Vec::new(), 0)
    );
    assert_eq!(phone.cases(&CaseQuery::default()).unwrap(), before);
}

#[test]
fn a_full_disk_leaves_the_case_as_it_was_and_the_next_try_succeeds() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    let before = phone.case(&case).unwrap().standing;
    drop(phone);
    let (home, key) = (world.home("li"), World::key(1));
    let phone = Device::open_with_fault(&home, &key, TestHost::new(3), Fault::disk_full_after(100))
        .unwrap();
    assert_eq!(
        phone.add_photo(&case, photo(&jpeg(1))).unwrap_err().code(),
        "disk_full"
    );
    assert_eq!(phone.case(&case).unwrap().standing, before);
    drop(phone);
    let phone = Device::open(&home, &key, TestHost::new(4)).unwrap();
    phone.add_photo(&case, photo(&jpeg(1))).unwrap();
    assert_eq!(
        phone.case(&case).unwrap().standing.record.photos().count(),
        1
    );
}

#[test]
fn a_store_refuses_a_wrong_key_a_second_opener_and_a_newer_version() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (home, key) = (world.home("li"), World::key(1));
    let open = |key: &StoreKey| Device::open(&home, key, TestHost::new(5));
    assert_eq!(open(&key).unwrap_err().code(), "in_use");
    phone
        .store()
        .transact(|tx| {
            Ok::<_, StoreError>(
                tx.sql()
                    .execute("UPDATE part_version SET version = 99", [])?,
            )
        })
        .unwrap();
    drop(phone);
    assert_eq!(open(&World::key(2)).unwrap_err().code(), "wrong_key");
    assert_eq!(open(&key).unwrap_err().code(), "newer_store");
    assert_eq!(
        Device::open(&world.home("none"), &key, TestHost::new(5))
            .unwrap_err()
            .code(),
        "no_store"
    );
}

#[test]
fn no_file_of_a_home_holds_a_readable_name_place_or_picture() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    phone.add_photo(&case, photo(&jpeg(1))).unwrap();
    let mut files = 0;
    scan(&world.home("li"), &mut |bytes| {
        files += 1;
        for secret in [
            "王小明".as_bytes(),
            "五十镇".as_bytes(),
            b"SQLite format 3",
            b"JFIF",
            &[0xff, 0xd8, 0xff, 0xe0],
        ] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    });
    assert!(files > 3);
}

fn scan(folder: &Path, check: &mut dyn FnMut(&[u8])) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scan(&path, check)
        } else {
            check(&std::fs::read(path).unwrap())
        }
    }
}

#[test]
fn a_restored_phone_writes_anew_what_the_hub_never_had() {
    use crate::sync::frame::StreamMark;
    use crate::sync::{Effect, Event, OpId, Txn};
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, path) = case_with_line(&phone);
    phone.set_field(&case, &path, "777").unwrap();
    let before = phone.case(&case).unwrap().standing;
    let old = phone.store().transact(|tx| tx.own_streams(None)).unwrap()[0];
    let hub = StreamMark {
        stream: old.stream,
        mark: old.seq + 5,
        header: crate::sync::frame::HeaderTag::of(&Digest::of(b"later")),
    };
    let done = phone
        .perform(&Effect::Store {
            op: OpId(1),
            txn: Txn::Rollback { hub },
        })
        .unwrap();
    assert_eq!(done, Event::Stored { op: OpId(1) });
    let streams = phone.store().transact(|tx| tx.own_streams(None)).unwrap();
    assert_eq!(streams.len(), 1);
    assert_ne!(streams[0].stream.epoch, old.stream.epoch);
    // The new epoch's key envelope, and the three changes.
    assert_eq!(streams[0].seq, 4);
    assert_eq!(phone.case(&case).unwrap().standing, before);
    assert!(phone.rebuild().unwrap().differing.is_empty());
    let other = world.phone("zhang", 2);
    hand_over(&phone, &other);
    assert_eq!(other.case(&case).unwrap().standing.heads, before.heads);
}

#[test]
fn an_answer_of_another_hub_is_refused_and_nothing_is_kept() {
    let world = World::new();
    let device = Device::init(&world.home("x"), &World::key(9), TestHost::new(9)).unwrap();
    let invite = Invite {
        url: String::new(),
        hub_key: Digest::of(b"another hub"),
        secret: InviteSecret::make(TestHost::new(1).as_ref()),
        role: Role::Liaison,
        scope: String::new(),
        user: String::new(),
    };
    let refused = device
        .complete_enrolment(&invite, &world.answer(&device, ("x", Role::Surveyor)))
        .unwrap_err();
    assert_eq!(
        (refused.code(), refused.class()),
        ("wrong_hub", Class::NotNow)
    );
    assert!(device.identity().unwrap().pinned.is_none());
    assert_eq!(
        device.report_loss(None, &[]).unwrap_err().code(),
        "unknown_scope"
    );
}

#[test]
fn bytes_that_are_no_photo_are_refused_before_anything_is_written() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    assert_eq!(
        phone.add_photo(&case, photo(b"")).unwrap_err().code(),
        "empty"
    );
    assert_eq!(
        phone.add_photo(&case, photo(b"hello")).unwrap_err().code(),
        "not_a_photo"
    );
    assert!(phone.case(&case).unwrap().blobs.is_empty());
}

#[test]
fn two_alike_reports_in_the_same_second_are_two_cases() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let alike = report(&[("household", "王小明"), ("cause", "hail")]);
    let cases = [
        phone.report_loss(None, &alike).unwrap(),
        phone.report_loss(None, &alike).unwrap(),
    ];
    assert_ne!(cases[0], cases[1]);
    assert_eq!(phone.cases(&CaseQuery::default()).unwrap().len(), 2);
}

#[test]
fn runs_of_a_device_that_is_not_known_yet_wait_and_are_shown() {
    use crate::sync::{Effect, Incoming, OpId, Txn};
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, _) = case_with_line(&a);
    let me = a.identity().unwrap();
    let runs = a
        .store()
        .transact(|tx| {
            tx.cut_runs(
                &tx.own_streams(None)?[0],
                1,
                (usize::MAX, 64 * 1024),
                &me.key,
            )
        })
        .unwrap();
    let page = |runs: Vec<_>, token: u8| Effect::Store {
        op: OpId(u64::from(token)),
        txn: Txn::Page {
            runs,
            late: Vec::new(),
            cursor: vec![token],
        },
    };
    let runs = runs.into_iter().map(Incoming::Long).collect();
    b.perform(&page(runs, 1)).unwrap();
    assert_eq!(b.case(&case).unwrap_err().code(), "unknown_case");
    let outside = b.store().transact(|tx| tx.quarantined()).unwrap();
    assert_eq!((outside.len(), outside[0].state), (3, "parked"));
    let pinned = me.pinned.unwrap();
    let certificate = pinned.certificate.verify(&pinned.hub_key).unwrap();
    b.store()
        .transact(|tx| tx.put_certificate(&certificate, &pinned.certificate, false))
        .unwrap();
    b.perform(&page(Vec::new(), 2)).unwrap();
    assert_eq!(
        b.case(&case).unwrap().standing.heads,
        a.case(&case).unwrap().standing.heads
    );
    assert!(
        b.store()
            .transact(|tx| tx.quarantined())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn the_same_photo_in_two_cases_belongs_to_both_and_is_stored_once() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (first, _) = case_with_line(&phone);
    let (second, _) = case_with_line(&phone);
    for case in [&first, &second] {
        assert!(!phone.add_photo(case, photo(&jpeg(1))).unwrap().known);
    }
    for case in [&first, &second] {
        let originals = phone
            .case(case)
            .unwrap()
            .blobs
            .into_iter()
            .filter(|blob| blob.is_original() && blob.held);
        assert_eq!(originals.count(), 1);
        assert!(phone.add_photo(case, photo(&jpeg(1))).unwrap().known);
    }
    let rebuilt = phone.rebuild().unwrap();
    assert_eq!((rebuilt.differing, rebuilt.swept_files), (Vec::new(), 0));
}
