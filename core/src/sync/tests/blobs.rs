//! The rules of uploads, each as a sentence.

use super::hub::{offset_answer, refusal};
use super::world::{Net, World};
use crate::chain::BlobRole;
use crate::sync::{
    Body, Event, Link, LinkClass, Method, Originals, Policy, Report, Request, StateName,
};

const MIB: u64 = 1024 * 1024;

fn patches(world: &World) -> Vec<(u64, u64)> {
    let range = |request: &Request| match (&request.method, &request.body) {
        (Method::Patch, Body::Blob { from, len, .. }) => Some((*from, *len)),
        _ => None,
    };
    world.requests.iter().filter_map(range).collect()
}

fn run_until_patch(world: &mut World) {
    world.feed(Event::Start);
    while patches(world).is_empty() {
        assert!(world.advance());
    }
}

#[test]
fn rule_11_envelopes_go_before_photos_and_thumbnails_before_originals() {
    let mut world = World::new(40, 4);
    let original = world.blob(1, 3 * MIB, BlobRole::Original);
    let thumbnail = world.blob(2, 20_000, BlobRole::Thumbnail);
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert_eq!(world.store.sent, vec![thumbnail, original]);
    let first_blob = world.store.txns.iter().position(|txn| *txn == "blob");
    let last_push = world.store.txns.iter().rposition(|txn| *txn == "acked");
    assert!(last_push < first_blob);
}

#[test]
fn rule_11_a_new_envelope_overtakes_a_photo_between_two_pieces() {
    let mut world = World::new(0, 0);
    world.blob(1, 9 * MIB, BlobRole::Original);
    run_until_patch(&mut world);
    world.store.own[0].write("signed estimate");
    world.feed(Event::Local);
    while !world.store.txns.contains(&"acked") {
        assert!(world.advance());
    }
    assert!(world.store.sent.is_empty());
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!(world.all_arrived());
    assert_eq!(world.count("POST /v1/tus"), 1, "it was created once");
}

#[test]
fn a_cut_piece_is_resumed_at_the_byte_the_hub_holds() {
    let mut world = World::new(0, 0);
    world.blob(1, 3 * MIB, BlobRole::Original);
    // Two for the token, exchange, create, offset, chunk list.
    world.net = (0..6).map(|_| Net::Fine).collect();
    world.net.push_back(Net::CutAt(777_777));
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert_eq!(patches(&world).first().map(|it| it.0), Some(0));
    assert_eq!(patches(&world).get(1).map(|it| it.0), Some(777_777));
    assert!(world.all_arrived());
}

#[test]
fn a_hub_that_fell_back_is_followed_backwards() {
    let mut world = World::new(0, 0);
    let digest = world.blob(1, 5 * MIB, BlobRole::Original);
    run_until_patch(&mut world);
    world.hub.uploads.get_mut(&digest.to_hex()).unwrap().offset = MIB;
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!(world.all_arrived());
    assert!(patches(&world).iter().any(|(from, _)| *from == MIB));
}

#[test]
fn a_photo_that_stands_still_is_given_up_and_the_next_one_goes() {
    let mut world = World::new(0, 0);
    let bad = world.blob(1, MIB, BlobRole::Thumbnail);
    let good = world.blob(2, MIB, BlobRole::Original);
    // Token, token, exchange, create, offset, list; then refused: once with four bytes kept, five times without.
    world.net = (0..6).map(|_| Net::Fine).collect();
    for _ in 0..6 {
        world.net.push_back(Net::Instead(refusal(460, "BLOB_HASH")));
        world.net.push_back(Net::Instead(offset_answer(200, 4)));
    }
    world.net.pop_back();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert_eq!(world.store.sent, vec![good]);
    let broken =
        |report: &Report| matches!(report, Report::BlobBroken { digest, .. } if *digest == bad);
    assert!(world.reports.iter().any(broken));
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived(), "the next start tries again");
}

#[test]
fn an_upload_that_expired_is_created_again() {
    let mut world = World::new(0, 0);
    world.blob(1, 5 * MIB, BlobRole::Original);
    run_until_patch(&mut world);
    world.hub.uploads.clear();
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!(world.all_arrived());
    assert_eq!(world.count("POST /v1/tus"), 2);
}

#[test]
fn the_chunk_list_goes_before_the_first_byte_of_a_photo_with_several_chunks() {
    let mut world = World::new(0, 0);
    world.blob(1, 20_000, BlobRole::Thumbnail);
    let original = world.blob(2, MIB, BlobRole::Original);
    world.start_and_run();
    assert_eq!(world.count("PUT "), 1);
    assert!(world.hub.uploads[&original.to_hex()].listed);
    let put = world.requests.iter().find(|it| it.method == Method::Put);
    assert_eq!(put.unwrap().body.len_bytes(), 4 * 32);
}

#[test]
fn pieces_follow_the_measured_goodput() {
    let mut world = World::new(0, 0);
    world.blob(1, 20 * MIB, BlobRole::Original);
    world.feed(Event::Start);
    // 4 KiB a second, whatever the piece.
    while world.engine.state() != StateName::Idle {
        if let Some(crate::sync::Effect::Http(request)) = world.todo.front() {
            world.now += request.body.len_bytes() / 4;
        }
        assert!(world.advance());
    }
    let lens: Vec<u64> = patches(&world).iter().map(|it| it.1).collect();
    let (first, settled) = (lens[0], lens[lens.len() - 2]);
    assert_eq!(first, 2 * MIB);
    assert!((90_000..=120_000).contains(&settled), "{settled}");
}

#[test]
fn over_a_metered_link_originals_wait_and_say_so_until_the_host_lets_them_go() {
    let mut world = World::new(2, 0);
    let thumbnail = world.blob(1, 20_000, BlobRole::Thumbnail);
    world.blob(2, 3 * MIB, BlobRole::Original);
    world.feed(Event::Link(Link::Up {
        class: LinkClass::Cell,
        metered: true,
    }));
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert_eq!(world.store.sent, vec![thumbnail]);
    let progress = world.engine.progress();
    assert_eq!((progress.blobs_left, progress.blobs_held), (0, 1));
    assert_eq!(progress.blob_bytes_held, 3 * MIB);
    world.feed(Event::Policy(Policy {
        metered_originals: Originals::Send,
    }));
    assert_eq!(world.run(10_000), StateName::Idle);
    assert!(world.all_arrived());
    assert_eq!(world.engine.progress().blobs_held, 0);
}
