//! What weak links can carry, and how much of it the engine makes use of.

use serde_json::json;

use lossbook_core::app::{NewPhoto, NewSignature, SignerClaims, Taken};
use lossbook_core::chain::Origin;
use lossbook_core::record::Section;
use lossbook_core::statement::{Act, Wanted};
use lossbook_core::store::StoreError;
use lossbook_core::sync::{Event, StateName};

use super::acts::photo_of;
use super::link::Profile;
use super::replica;
use super::script::Script;
use super::stage::Stage;
use super::world::World;
use crate::kill::chance::Chance;

/// One phone with nothing to do, and a quiet hub.
pub(super) fn quiet_world(stage: &Stage, profile: Profile) -> World {
    let script = Script {
        seed: 42,
        phones: vec![0],
        forks: false,
        stimuli: Vec::new(),
    };
    let mut world = World::new(stage, &script);
    world.calm = true;
    while world.next_at().is_some() && world.advance() {}
    world.phones[0].line.profile = profile;
    world.phones[0].line.reset();
    world
}

fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    pairs.iter().map(own).collect()
}

/// A case of the only phone.
pub(super) fn report(world: &World) -> String {
    let device = world.phones[0].device();
    let first = texts(&[("household", "wang"), ("cause", "hail")]);
    let case = device.report_loss(None, &first).expect("a case");
    case.number().to_string()
}

/// A photo of so many bytes.
pub(super) fn add_photo(world: &World, case: &str, (chance, len): (&mut Chance, usize)) {
    let bytes = photo_of(chance, len);
    let photo = NewPhoto {
        bytes: &bytes,
        origin: Origin::Imported,
        taken: Taken::default(),
        slot: "",
        caption: "",
    };
    let device = world.phones[0].device();
    device.add_photo(case, photo).expect("a photo");
}

/// Lets time pass until the phone has nothing left to do.
pub(super) fn run_until_idle(world: &mut World, until: u64) {
    while world.next_at().is_some_and(|at| at <= until) {
        if world.phones[0].state() == StateName::Idle && world.rests(0) {
            return;
        }
        world.advance();
    }
}

#[test]
fn goodput_on_edge_with_a_reset_every_twenty_seconds_is_85_percent_and_little_is_sent_twice() {
    let stage = Stage::new();
    let profile = Profile::EDGE.lossless().reset_after(20_000);
    let mut world = quiet_world(&stage, Profile::WIFI);
    let case = report(&world);
    world.feed(0, Event::Start);
    let end = world.now() + 600_000;
    run_until_idle(&mut world, end);
    world.phones[0].line.profile = profile;
    world.phones[0].line.reset();
    let mut chance = Chance::of(6);
    for _ in 0..8 {
        add_photo(&world, &case, (&mut chance, 600_000));
    }
    world.change_line(0, |_| {});
    let (begun, left) = (world.now(), world.watch.blob_bytes_left);
    world.feed(0, Event::Start);
    let end = begun + 3 * 3_600_000;
    run_until_idle(&mut world, end);
    let took = world.now() - begun;
    let read = world.phones[0].device().store().transact(|tx| {
        let row = "SELECT count(*), sum(len), sum(sent) FROM blob WHERE own = 1";
        let counts = tx.sql().query_row(row, [], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
        Ok::<_, StoreError>(counts)
    });
    let (blobs, bytes, sent) = read.expect("rows");
    assert_eq!(blobs, sent, "everything arrived");
    let acknowledged = u64::try_from(bytes).expect("a length");
    let could = profile.capacity(took);
    let left = world.watch.blob_bytes_left - left;
    let goodput = acknowledged * 1_000 / could;
    let twice = (left - acknowledged) * 1_000 / acknowledged;
    println!(
        "EDGE with resets: {acknowledged} bytes in {} s, goodput {goodput} per mille of the link, sent twice {twice} per mille",
        took / 1_000
    );
    assert!(
        goodput >= 850,
        "goodput {goodput} per mille of what the link could carry"
    );
    assert!(twice <= 50, "{twice} per mille was sent twice");
}

#[test]
fn a_signed_estimate_is_delivered_inside_sixty_seconds_of_gprs() {
    let stage = Stage::new();
    let mut slowest = 0;
    for luck in 0..4 {
        let mut world = quiet_world(&stage, Profile::GPRS);
        for _ in 0..luck {
            world.phones[0].line.below(2);
        }
        let case = report(&world);
        let mut chance = Chance::of(luck);
        for _ in 0..12 {
            add_photo(&world, &case, (&mut chance, 40_000));
        }
        let device = world.phones[0].device();
        for line in 0..15 {
            let (item, amount) = (format!("item {line}"), format!("{line}.50"));
            let row = texts(&[("item", &item), ("amount", &amount), ("unit", "m2")]);
            device.add_row(&case, Section::Lines, &row).expect("a line");
        }
        let signature = NewSignature {
            signer: "wang",
            act: Act::Signed,
            wanted: Wanted::default(),
            strokes: Vec::new(),
            screen: (1080, 600),
            claims: SignerClaims::default(),
        };
        let signed = device.sign(&case, &signature).expect("a signature");
        let begun = world.now();
        world.feed(0, Event::Start);
        let there = |world: &World| {
            let held = world.view().transact(|tx| tx.envelope(&signed.signature));
            held.expect("the hub's rows").is_some()
        };
        while !there(&world) {
            assert!(world.advance(), "the exchange stopped");
            assert!(
                world.now() < begun + 60_000,
                "the window closed (luck {luck})"
            );
        }
        slowest = slowest.max(world.now() - begun);
    }
    println!(
        "signed estimate over GPRS: at the hub after {} s at most",
        slowest / 1_000
    );
}

#[test]
fn a_hundred_photos_cut_at_fifty_random_points_all_arrive_with_every_digest_right() {
    let stage = Stage::new();
    let mut world = quiet_world(&stage, Profile::THIRD);
    let mut case = report(&world);
    let mut chance = Chance::of(50);
    for photo in 0..100 {
        if photo % 10 == 9 {
            case = report(&world);
        }
        let len = 20_000 + usize::try_from(chance.below(60_000)).expect("small");
        add_photo(&world, &case, (&mut chance, len));
    }
    world.phones[0].note_saved();
    world.feed(0, Event::Start);
    let mut cuts = 0;
    let end = world.now() + 3 * 3_600_000;
    while world.next_at().is_some_and(|at| at <= end) {
        if world.phones[0].state() == StateName::Idle && world.rests(0) {
            break;
        }
        world.advance();
        if cuts < 50 && chance.below(3) == 0 && world.cut_piece(0, &mut chance) {
            cuts += 1;
        }
    }
    assert_eq!(cuts, 50, "fifty cuts");
    world.feed(0, Event::Start);
    let end = world.now() + 3_600_000;
    run_until_idle(&mut world, end);
    let verified = world
        .view()
        .transact(|tx| replica::digests(tx, "SELECT digest FROM hub_blob"));
    let verified = verified.expect("blobs");
    let saved = world.phones[0].saved.files.clone();
    assert_eq!(saved.len(), 100, "a hundred photos");
    assert_eq!(
        saved.difference(&verified).count(),
        0,
        "every photo arrived"
    );
    for digest in &saved {
        world.check_sent(0, digest);
    }
    println!(
        "COUNT {}",
        json!({ "photos": 100, "cuts": cuts, "digests wrong": 0 })
    );
}
