//! Scopes and people: who holds what, and what is left when it is taken away. Real hub, real phones,
//! real sockets; stores are opened with their key and searched byte by byte.

mod raw;
mod world;

use lossbook_core::app::Device;
use lossbook_core::domain::Digest;
use lossbook_core::store::EndState;
use lossbook_hub::admin::Command;
use serde_json::{Value, json};

use self::raw::RawStore;
use self::world::{Phone, World, photograph, picture, report, report_in};

const EAST: &str = "东沟村";
const WEST: &str = "西滩村";
/// Characters that occur nowhere else, so that a single one of them tells.
const EASTERN: &str = "龘靐齉";
const WESTERN: &str = "靁鱻麤";

/// Texts, digests and ids of a village that must not be found where they do not belong.
struct Traces {
    texts: Vec<Vec<u8>>,
}

impl Traces {
    fn of(world: &World, phone: &Phone, case: &str, (scope, texts): (&str, &str)) -> Self {
        let view = phone.device.case(case).unwrap();
        let mut traces: Vec<Vec<u8>> = texts
            .chars()
            .map(|one| one.to_string().into_bytes())
            .collect();
        traces.push(scope.as_bytes().to_vec());
        traces.push(world.scope(scope).as_bytes().to_vec());
        traces.push(view.standing.case.as_bytes().to_vec());
        traces.push(view.standing.case.number().as_str().as_bytes().to_vec());
        traces.push(phone.user.as_bytes().to_vec());
        assert!(!view.blobs.is_empty());
        for blob in &view.blobs {
            traces.push(blob.digest.as_bytes().to_vec());
            // The index of looks knows photos by the beginning of their digests.
            traces.push(blob.digest.as_bytes()[..8].to_vec());
            traces.push(blob.digest.to_hex().as_bytes()[..16].to_vec());
        }
        Self { texts: traces }
    }

    fn found_in(&self, store: &RawStore) -> Vec<String> {
        let found = self.texts.iter().filter(|text| store.holds(text));
        found
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect()
    }
}

/// Two villages with a surveyor each, who reported a case with a photo.
struct Villages {
    world: World,
    east: Phone,
    eastern_case: String,
    western: Traces,
    western_case: String,
    west: Phone,
}

fn villages() -> Villages {
    let world = World::new(&[EAST, WEST]);
    let east = world.phone("dong", "马东升", EAST);
    let west = world.phone("xi", "拉西措", WEST);
    let eastern_case = report(&east.device, EASTERN);
    let western_case = report(&west.device, WESTERN);
    for phone in [&east, &west, &east, &west] {
        world.sync(phone).unwrap();
    }
    let western = Traces::of(&world, &west, &western_case, (WEST, WESTERN));
    Villages {
        world,
        east,
        eastern_case,
        western,
        western_case,
        west,
    }
}

#[test]
fn a_liaison_s_store_holds_nothing_of_another_village_in_any_row_page_or_file() {
    let Villages {
        world,
        east,
        western,
        west,
        ..
    } = villages();
    let liaison = world.liaison("lian", "马村长", EAST);
    world.sync(&liaison).unwrap();
    world.refresh(&liaison);
    // Whatever a hub, a bundle or another phone brings: it is neither taken nor put aside.
    assert!(liaison.is_handed_what_it_may_not_read(&west) > 0);
    let store = liaison.close();
    assert!(
        store.holds(EASTERN.as_bytes()),
        "the search sees what is there"
    );
    assert!(store.holds(b"CREATE TABLE"), "pages are decrypted");
    assert_eq!(western.found_in(&store), [""; 0]);
    assert_eq!(store.scopes_in_rows(), [world.scope(EAST)]);
    drop((east, west));
}

#[test]
fn a_scope_that_is_taken_away_leaves_no_row_page_word_or_file_and_comes_back_whole() {
    let Villages {
        world,
        west,
        western,
        western_case,
        east,
        eastern_case,
    } = villages();
    give(&world, &east);
    world.sync(&east).unwrap();
    world.refresh(&east);
    assert_eq!(names(&east.device), [EAST, WEST]);
    let seen = east.device.case(&western_case).unwrap();
    assert_eq!(seen.standing.record.total().unwrap().to_string(), "800.00");
    // It works there, so that its own words lie among the others, and takes a photo.
    let own = report_in(&east.device, Some(WEST), WESTERN);
    world.sync(&east).unwrap();
    let file_of_own = east.file_of(&own);
    let own_traces = Traces::of(&world, &east, &own, (WEST, WESTERN));
    let east = world.reopened(east, |store| {
        assert!(store.holds(WESTERN.as_bytes()));
    });

    take(&world, &east, "purge");
    world.sync(&east).unwrap();
    assert!(east.device.case(&western_case).is_err());
    assert_eq!(names(&east.device), [EAST]);
    assert!(east.device.case(&eastern_case).is_ok());
    world.sync(&east).unwrap();
    assert!(!file_of_own.exists(), "the photo's file is gone");
    let east = world.reopened(east, |store| {
        assert!(store.holds(EASTERN.as_bytes()));
        let mut left = western.found_in(store);
        left.extend(own_traces.found_in(store));
        left.retain(|text| *text != "马东升");
        // The device's own certificate of then names the scope by its number: nothing more.
        left.retain(|text| *text != String::from_utf8_lossy(world.scope(WEST).as_bytes()));
        assert_eq!(left, [""; 0]);
        assert!(store.integrity_holds());
    });
    let said = world.devices();
    assert!(said.to_string().contains("\"mode\":\"purge\""), "{said}");

    give(&world, &east);
    for _ in 0..3 {
        world.sync(&east).unwrap();
    }
    for case in [&western_case, &own] {
        let back = east.device.case(case).unwrap();
        assert_eq!(back.standing.record.total().unwrap().to_string(), "800.00");
    }
    drop(west);
}

fn names(device: &Device) -> Vec<String> {
    let scopes = device.scopes().unwrap().into_iter();
    scopes.map(|(_, name)| name).collect()
}

fn take(world: &World, phone: &Phone, mode: &str) {
    world.command(Command::ChangeScopes {
        device: phone.user.clone(),
        user: None,
        add: Vec::new(),
        remove: vec![WEST.to_owned()],
        mode: mode.to_owned(),
    });
}

fn give(world: &World, phone: &Phone) {
    world.command(Command::ChangeScopes {
        device: phone.user.clone(),
        user: None,
        add: vec![WEST.to_owned()],
        remove: Vec::new(),
        mode: "purge".to_owned(),
    });
}

#[test]
fn keep_own_keeps_what_the_hub_never_got_out_of_sight_and_sends_it_when_the_scope_is_given_back() {
    let Villages {
        world,
        west,
        western_case,
        ..
    } = villages();
    let unsent = report(&west.device, "未发送");
    take(&world, &west, "keep-own");
    world.sync(&west).unwrap();
    assert_eq!(
        world.cases_at_hub(),
        2,
        "what is written in a scope that was taken is refused"
    );
    assert!(west.device.case(&unsent).is_err(), "out of sight");
    assert!(west.device.case(&western_case).is_err());
    let ended = west.device.ended_scopes().unwrap();
    assert_eq!((ended.len(), ended[0].state), (1, EndState::Kept));
    assert!(ended[0].unsent > 0 && ended[0].unsent_photos > 0);
    let kept = west.device.kept().unwrap();
    let mut file = Vec::new();
    west.device.write_outside(&kept, &mut file).unwrap();
    let has = |text: &[u8]| file.windows(text.len()).any(|part| part == text);
    assert!(has("未发送".as_bytes()), "kept work can be exported");

    give(&world, &west);
    for _ in 0..5 {
        world.sync(&west).unwrap();
    }
    assert_eq!(west.device.ended_scopes().unwrap(), []);
    for case in [&unsent, &western_case] {
        let back = west.device.case(case).unwrap();
        assert_eq!(back.standing.record.total().unwrap().to_string(), "800.00");
    }
    assert_eq!(world.cases_at_hub(), 3);
}

#[test]
fn a_lost_phone_is_purged_at_its_next_contact_and_says_so_and_what_it_signed_before_stays_valid() {
    let Villages {
        world,
        west,
        western,
        western_case,
        ..
    } = villages();
    let _unsent = report(&west.device, WESTERN);
    world.command(Command::Revoke {
        device: west.user.clone(),
        mode: "purge".to_owned(),
    });
    assert_eq!(world.sync(&west).unwrap_err().code, "revoked");
    assert_eq!(world.sync(&west).unwrap_err().code, "revoked");
    assert!(west.device.is_withdrawn().unwrap());
    assert_eq!(west.device.scopes().unwrap(), []);
    assert!(west.device.report_loss(None, &[]).is_err());
    let said = world.devices().to_string();
    assert!(
        said.contains("\"revoked\":true") && said.contains("\"unsent\":"),
        "{said}"
    );
    let name = west.user.clone();
    let store = west.close();
    let mut left = western.found_in(&store);
    // Who it was, and the number of the scope in its old certificate.
    left.retain(|text| {
        *text != name && *text != String::from_utf8_lossy(world.scope(WEST).as_bytes())
    });
    assert_eq!(left, [""; 0]);
    assert_eq!(store.files(), 0);

    // Somebody who comes new to the village reads what the lost phone had written.
    let heir = world.phone("heir", "李继任", WEST);
    world.sync(&heir).unwrap();
    let case = heir.device.case(&western_case).unwrap();
    assert_eq!(case.standing.record.total().unwrap().to_string(), "800.00");
    assert_eq!(heir.device.outside().unwrap().envelopes, []);
}

#[test]
fn a_revocation_that_is_heard_in_one_scope_takes_nothing_from_what_stands_in_another() {
    let world = World::new(&[EAST, WEST]);
    let lost = world.phone("lost", "丢失者", EAST);
    let both = world.phone("both", "两村通", EAST);
    for phone in [&lost, &both] {
        give(&world, phone);
        world.sync(phone).unwrap();
        world.refresh(phone);
    }
    let fields = [("household".to_owned(), "甲".to_owned())];
    let cases: Vec<String> = [EAST, WEST]
        .iter()
        .map(|scope| lost.device.report_loss(Some(scope), &fields).unwrap())
        .map(|case| case.to_string())
        .collect();
    world.sync(&lost).unwrap();
    world.command(Command::Revoke {
        device: lost.user.clone(),
        mode: "keep-own".to_owned(),
    });
    for _ in 0..2 {
        world.sync(&both).unwrap();
    }
    for case in &cases {
        assert!(both.device.case(case).is_ok());
    }
    assert_eq!(both.device.outside().unwrap().envelopes, []);
}

#[test]
fn a_second_person_on_a_phone_neither_sees_nor_loses_the_first_one_s_unsent_work() {
    let world = World::new(&[EAST, WEST]);
    let phone = world.phone("shared", "甲", EAST);
    let first = report(&phone.device, EASTERN);
    world.join(&phone, "乙", WEST);
    assert_eq!(names(&phone.device), [WEST]);
    assert!(phone.device.case(&first).is_err());
    assert_eq!(phone.device.cases(&Default::default()).unwrap(), []);
    assert!(phone.device.report_loss(Some(EAST), &[]).is_err());
    let second = report(&phone.device, WESTERN);
    world.sync(&phone).unwrap();
    assert_eq!(
        world.cases_at_hub(),
        2,
        "both are sent, whoever is signed in"
    );

    phone.device.sign_in("甲").unwrap();
    assert!(phone.device.case(&second).is_err());
    let view = phone.device.case(&first).unwrap();
    assert_eq!(view.progress.word(), "confirmed");
    assert!(phone.device.sign_in("丙").is_err());

    // The village of both is everybody's to see.
    world.join(&phone, "乙", EAST);
    assert_eq!(phone.device.cases(&Default::default()).unwrap().len(), 2);
    let writer = |case: &str| {
        let view = phone.device.case(case).unwrap();
        view.announced.values().next().unwrap().0.clone()
    };
    assert_eq!(
        (writer(&first), writer(&second)),
        ("甲".to_owned(), "乙".to_owned())
    );

    // One of the two loses the village: the other goes on, and nothing is destroyed.
    world.command(Command::ChangeScopes {
        device: "甲".to_owned(),
        user: Some("甲".to_owned()),
        add: Vec::new(),
        remove: vec![EAST.to_owned()],
        mode: "purge".to_owned(),
    });
    world.sync(&phone).unwrap();
    assert!(phone.device.case(&first).is_ok());
    phone.device.sign_in("甲").unwrap();
    assert!(phone.device.case(&first).is_err());
}

#[test]
fn a_certificate_is_renewed_at_an_exchange_before_its_year_ends() {
    let world = World::new(&[EAST]);
    let phone = world.phone("old", "甲", EAST);
    let until = |phone: &Phone| {
        let pinned = phone.device.identity().unwrap().pinned.unwrap();
        pinned
            .certificate
            .verify(&pinned.hub_key)
            .unwrap()
            .not_after
    };
    let before = until(&phone);
    world.sync(&phone).unwrap();
    assert_eq!(until(&phone), before);
    world.pass_days(330);
    world.sync(&phone).unwrap();
    assert!(until(&phone).0 > before.0 + 300 * 86_400_000);
    report(&phone.device, EASTERN);
    world.sync(&phone).unwrap();
    assert_eq!(world.cases_at_hub(), 1);
}

#[test]
fn reference_tables_come_in_deltas_of_one_s_own_scopes_and_tell_the_rules_what_no_case_says() {
    let world = World::new(&[EAST, WEST]);
    let phone = world.phone("ref", "甲", EAST);
    let put = |scope: &str, table: &str, rows: &[(&str, Value)]| {
        world.command(Command::PutReference {
            table: table.to_owned(),
            scope: Some(scope.to_owned()),
            rows: rows
                .iter()
                .map(|(key, row)| ((*key).to_owned(), row.clone()))
                .collect(),
        })
    };
    let policy = json!({"unit": "G-12", "open": [{"case": "other", "unit": "G-12"}]});
    put(EAST, "policies", &[("P-1", policy)]);
    put(
        EAST,
        "zones",
        &[("a", json!({"minutes": 30})), ("b", json!({"minutes": 60}))],
    );
    put(WEST, "zones", &[("c", json!({"minutes": 90}))]);
    let first = world.refresh(&phone);
    assert!(first >= 4, "{first}");
    assert_eq!(world.refresh(&phone), 0, "unchanged costs nothing");
    let change = put(EAST, "zones", &[("a", json!({"minutes": 31}))]);
    assert_eq!(
        (&change["written"], &change["removed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(world.refresh(&phone), 2);
    let zones = phone.device.reference_rows("zones").unwrap();
    assert_eq!(zones.len(), 1);
    assert_eq!(zones[0].row, br#"{"minutes":31}"#);
    let store = phone.close();
    assert!(!store.holds(br#"{"minutes":90}"#));
}

#[test]
fn a_hub_without_room_takes_entries_and_no_photo_and_says_so() {
    let world = World::new(&[EAST]);
    let phone = world.phone("full", "甲", EAST);
    world.hub.keep_free(u64::MAX);
    let case = report(&phone.device, EASTERN);
    let _weak = world.sync(&phone);
    assert_eq!(world.cases_at_hub(), 1);
    let view = phone.device.case(&case).unwrap();
    let progress = view.progress;
    assert_eq!(
        (progress.received, progress.photos_received),
        (progress.written, 0)
    );
    world.hub.keep_free(0);
    world.sync(&phone).unwrap();
    let progress = phone.device.case(&case).unwrap().progress;
    assert_eq!(progress.photos_received, progress.photos);
}

#[test]
fn a_malformed_envelope_and_a_broken_photo_are_listed_and_exported_and_all_others_arrive() {
    let world = World::new(&[EAST]);
    let phone = world.phone("poison", "甲", EAST);
    let mut cases: Vec<String> = (0..5).map(|_| report(&phone.device, EASTERN)).collect();
    let malformed = phone.append_junk(&cases[0]);
    cases.extend((0..5).map(|_| report(&phone.device, EASTERN)));
    let broken = phone.file_of(&cases[2]);
    std::fs::write(&broken, b"overwritten by a dying memory card").unwrap();
    let _ends_with_one_broken = world.sync(&phone);
    assert_eq!(world.cases_at_hub(), 10);
    let missing: Vec<Digest> = cases
        .iter()
        .flat_map(|case| phone.device.case(case).unwrap().blobs)
        .filter(|blob| !blob.sent)
        .map(|blob| blob.digest)
        .collect();
    assert_eq!(missing.len(), 1, "every other photo arrived");
    let outside = phone.device.outside().unwrap();
    let envelopes: Vec<Digest> = outside.envelopes.iter().map(|one| one.id).collect();
    let photos: Vec<Digest> = outside.photos.iter().map(|one| one.digest).collect();
    assert_eq!((envelopes, &photos), (vec![malformed], &missing));
    let mut file = Vec::new();
    phone.device.write_outside(&outside, &mut file).unwrap();
    let has = |text: &[u8]| file.windows(text.len()).any(|part| part == text);
    assert!(has(malformed.as_bytes()) && has(missing[0].as_bytes()) && has(b"this is no change"));

    let exported = world.file("outside.cbor");
    let export = Some(exported.clone());
    let said = world.command(Command::Quarantine { export });
    assert_eq!(said["outside"][0]["envelope"], json!(malformed.to_hex()));
    assert!(std::fs::metadata(exported).unwrap().len() > 100);
    let detail = lossbook_hub::office::case(world.hub.store(), &cases[2], world.hub.now().wall);
    let lacks = detail.unwrap().missing;
    let found: Vec<_> = lacks
        .iter()
        .map(|one| (one.sha256.clone(), one.user.as_str()))
        .collect();
    assert_eq!(found, [(missing[0].to_hex(), "甲")]);
}

#[test]
fn a_photo_of_one_s_own_village_is_found_by_its_looks_and_one_of_another_only_if_head_office_says_so()
 {
    let world = World::new(&[EAST, WEST]);
    let first = world.phone("first", "甲", EAST);
    let near = world.phone("near", "乙", EAST);
    let far = world.phone("far", "丙", WEST);
    let case = first.device.report_loss(None, &[]).unwrap().to_string();
    assert_eq!(photograph(&first.device, &case, &picture(200, 90)), 0);
    world.sync(&first).unwrap();
    let try_on = |phone: &Phone, quality: u8| {
        world.refresh(phone);
        let case = phone.device.report_loss(None, &[]).unwrap().to_string();
        photograph(&phone.device, &case, &picture(200, quality))
    };
    assert_eq!(try_on(&near, 80), 1, "without a photo of it here");
    assert_eq!(try_on(&far, 70), 0);
    let of = |word: &str| Command::ShowLooks {
        of: word.to_owned(),
    };
    world.command(of("all"));
    let other = world.phone("other", "丁", WEST);
    assert_eq!(try_on(&other, 60), 1);
    world.command(of("own"));
    let last = world.phone("last", "戊", WEST);
    assert_eq!(try_on(&last, 50), 0);
}

#[test]
fn a_purge_that_was_cut_off_goes_on_when_the_phone_is_opened_next() {
    let world = World::new(&[EAST]);
    let phone = world.phone("cut", "甲", EAST);
    let case = report(&phone.device, EASTERN);
    world.sync(&phone).unwrap();
    let file = phone.file_of(&case);
    // As the phone stands when it died right after it had read the order and lost the file's row.
    phone.sql("INSERT INTO scope_end (scope, mode, state) SELECT id, 2, 0 FROM scope");
    phone.sql("DELETE FROM file");
    let phone = world.reopened(phone, |store| assert!(store.holds(EASTERN.as_bytes())));
    assert!(!file.exists());
    assert_eq!(phone.device.ended_scopes().unwrap(), []);
    let phone = world.reopened(phone, |store| assert!(!store.holds(EASTERN.as_bytes())));
    // The order was none of the hub's: what may be read comes back.
    for _ in 0..2 {
        world.sync(&phone).unwrap();
    }
    assert!(phone.device.case(&case).is_ok());
}
