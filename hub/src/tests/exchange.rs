use lossbook_core::chain::{EndMode, Kind, ReceiptBody, Run};
use lossbook_core::domain::{ScopeId, cbor};
use lossbook_core::sync::frame::Frame;

use super::{World, cursor, faults, report};
use crate::meta::in_tx;

fn runs(frames: &[Frame]) -> Vec<&Run> {
    let runs = frames.iter().filter_map(|frame| match frame {
        Frame::Run(run) => Some(run),
        _ => None,
    });
    runs.collect()
}

fn receipts(frames: &[Frame]) -> Vec<ReceiptBody> {
    let mut receipts = Vec::new();
    for run in runs(frames) {
        for envelope in &run.envelopes {
            if envelope.parse().unwrap().kind == Kind::Receipt {
                receipts.push(cbor::decode(envelope.body.as_ref().unwrap()).unwrap());
            }
        }
    }
    receipts
}

#[test]
fn what_one_phone_pushes_the_hub_acknowledges_receipts_and_gives_to_the_other() {
    let world = World::new();
    let (a, b) = (world.phone("a", 1), world.phone("b", 2));
    report(&a);
    let answer = world.sync(&a);
    assert_eq!(faults(&answer), Vec::<&str>::new());
    let ack = answer.iter().find_map(|frame| match frame {
        Frame::Ack(ack) => Some(ack.clone()),
        _ => None,
    });
    let (ack, receipts) = (ack.unwrap(), receipts(&answer));
    let covered = receipts
        .iter()
        .find(|one| one.stream == ack.stream)
        .unwrap();
    assert_eq!((covered.mark, covered.header), (ack.mark, ack.header));
    let writer = a.identity().unwrap().device;
    let own = runs(&answer)
        .iter()
        .any(|run| run.seal.stream.device == writer);
    assert!(!own, "a phone is not sent its own stream");
    let news = world.sync(&b);
    assert!(runs(&news).iter().any(|run| run.seal.stream == ack.stream));
}

#[test]
fn repeating_a_push_is_success_and_writes_nothing_new() {
    let world = World::new();
    let a = world.phone("a", 1);
    report(&a);
    let first = cursor(&world.sync(&a));
    let (_, again) = world.answer(&a, &world.request(&a, Some(first.clone())));
    assert_eq!(faults(&again), Vec::<&str>::new());
    assert!(
        runs(&again).is_empty(),
        "no second receipt, no second feed row"
    );
    assert!(again.iter().any(|frame| matches!(frame, Frame::Ack(_))));
}

#[test]
fn feed_numbers_have_no_gap() {
    let world = World::new();
    let phones = [
        world.phone("a", 1),
        world.phone("b", 2),
        world.phone("c", 3),
    ];
    for round in 0..3 {
        for phone in &phones {
            report(phone);
            if round != 1 {
                world.sync(phone);
            }
        }
    }
    let mut scopes = vec![world.village(&phones[0])];
    scopes.extend(
        phones
            .iter()
            .map(|phone| ScopeId::private_of(phone.identity().unwrap().device)),
    );
    for scope in scopes {
        let (rows, head) = in_tx(world.hub.store(), |tx| {
            Ok((tx.feed_after(scope, 0, 1_000)?, tx.feed_head(scope)?))
        })
        .unwrap();
        let numbers: Vec<u64> = rows.iter().map(|row| row.seq).collect();
        assert_eq!(numbers, (1..=head).collect::<Vec<_>>());
        assert!(head > 0);
    }
}

#[test]
fn a_forged_cursor_and_one_of_another_hub_are_reset() {
    let (world, other) = (World::new(), World::new());
    let a = world.phone("a", 1);
    let good = cursor(&world.sync(&a));
    let (_, fine) = world.answer(&a, &world.request(&a, Some(good.clone())));
    assert_eq!(faults(&fine), Vec::<&str>::new());
    let mut bad = vec![Vec::new(), cursor(&other.sync(&other.phone("a", 1)))];
    bad.extend((0..good.len()).map(|at| {
        let mut forged = good.clone();
        forged[at] ^= 1;
        forged
    }));
    for token in bad {
        let (status, answer) = world.answer(&a, &world.request(&a, Some(token)));
        assert_eq!((status, faults(&answer)), (200, vec!["CURSOR_RESET"]));
    }
}

#[test]
fn small_pages_give_the_same_as_one_large_page() {
    let world = World::new();
    let (a, b) = (world.phone("a", 1), world.phone("b", 2));
    for _ in 0..4 {
        report(&a);
        world.sync(&a);
    }
    let all = world.sync(&b);
    let (mut token, mut collected) = (None, Vec::new());
    for _ in 0..50 {
        let mut request = world.request(&b, token.clone());
        for frame in &mut request {
            if let Frame::Pull(pull) = frame {
                pull.max_bytes = 1;
            }
        }
        let (_, page) = world.answer(&b, &request);
        collected.extend(runs(&page).into_iter().cloned());
        token = Some(cursor(&page));
        let done = page
            .iter()
            .any(|frame| matches!(frame, Frame::Cursor(c) if c.caught_up));
        if done {
            break;
        }
        assert_eq!(runs(&page).len(), 1, "each page makes progress");
    }
    let large: Vec<Run> = runs(&all).into_iter().cloned().collect();
    assert_eq!(collected, large);
}

#[test]
fn a_change_that_waited_travels_bare_and_its_body_follows_what_it_builds_on() {
    let world = World::new();
    let (a, b, c) = (
        world.phone("a", 1),
        world.phone("b", 2),
        world.phone("c", 3),
    );
    let case = report(&a);
    // B learns A's case without the hub knowing it, and writes on it.
    let request = world.request(&a, None);
    hand_over(&a, &b, &request);
    b.set_field(&case, "report.place", "一村").unwrap();
    let answer = world.sync(&b);
    let parked = answer.iter().any(|frame| match frame {
        Frame::Ack(ack) => ack.exceptions.iter().any(|one| one.code == "DEPS_MISSING"),
        _ => false,
    });
    assert!(parked);
    world.sync(&a);
    let news = world.sync(&c);
    let writer = b.identity().unwrap().device;
    let bare = runs(&news).into_iter().any(|run| {
        let bare = run.envelopes.iter().any(|envelope| envelope.body.is_none());
        run.seal.stream.device == writer && bare
    });
    assert!(bare);
    let late = news
        .iter()
        .position(|frame| matches!(frame, Frame::Late(_)))
        .unwrap();
    let base = a.identity().unwrap().device;
    let deps = news.iter().position(|frame| match frame {
        Frame::Run(run) => run.seal.stream.device == base,
        _ => false,
    });
    assert!(
        deps.unwrap() < late,
        "the feed is a linear extension of the case's history"
    );
}

/// Gives one phone's runs to another, past the hub.
fn hand_over(
    from: &lossbook_core::app::Device,
    to: &lossbook_core::app::Device,
    request: &[Frame],
) {
    let pinned = from.identity().unwrap().pinned.unwrap();
    let certificate = pinned.certificate.verify(&pinned.hub_key).unwrap();
    to.store()
        .transact(|tx| {
            tx.put_certificate(&certificate, &pinned.certificate, false)?;
            for run in runs(request) {
                lossbook_core::chain::ingest::take_run(run, tx)?.unwrap();
            }
            Ok::<_, lossbook_core::store::StoreError>(())
        })
        .unwrap();
}

#[test]
fn a_restored_phone_is_told_so_and_its_stream_is_not_forked() {
    let world = World::new();
    let a = world.phone("a", 1);
    report(&a);
    let before = world.request(&a, None);
    report(&a);
    world.sync(&a);
    let (_, answer) = world.answer(&a, &before);
    assert_eq!(faults(&answer), vec!["ROLLBACK"]);
    report(&a);
    assert_eq!(faults(&world.sync(&a)), Vec::<&str>::new());
}

#[test]
fn a_phone_that_is_too_old_to_read_still_delivers() {
    let world = World::new();
    let a = world.phone("a", 1);
    report(&a);
    let mut request = world.request(&a, None);
    if let Frame::Hello(hello) = &mut request[0] {
        hello.schema = 0;
    }
    let (_, answer) = world.answer(&a, &request);
    assert_eq!(faults(&answer), vec!["SCHEMA_TOO_OLD"]);
    assert!(answer.iter().any(|frame| matches!(frame, Frame::Ack(_))));
    assert!(runs(&answer).is_empty());
}

#[test]
fn a_phone_that_speaks_for_another_gets_nothing() {
    let world = World::new();
    let (a, b) = (world.phone("a", 1), world.phone("b", 2));
    let (status, answer) = world.answer(&a, &world.request(&b, None));
    assert_eq!((status, faults(&answer)), (403, vec!["DEVICE_MISMATCH"]));
}

#[test]
fn a_withdrawn_phone_gets_its_private_scope_and_brings_nothing_else() {
    let world = World::new();
    let (a, b) = (world.phone("a", 1), world.phone("b", 2));
    report(&b);
    world.sync(&b);
    report(&a);
    let (store, me) = (world.hub.store(), world.hub.identity());
    let device = a.identity().unwrap().device.to_string();
    let order = (device.as_str(), EndMode::Purge);
    crate::rights::revoke(store, me, order, world.hub.now()).unwrap();
    let (status, answer) = world.answer(&a, &world.request(&a, None));
    assert_eq!(status, 200);
    assert!(faults(&answer).contains(&"DEVICE_REVOKED"));
    let private = ScopeId::private_of(a.identity().unwrap().device);
    let scopes: Vec<ScopeId> = runs(&answer)
        .iter()
        .map(|run| run.seal.stream.scope)
        .collect();
    assert!(!scopes.is_empty() && scopes.iter().all(|scope| *scope == private));
    assert_eq!(world.hub.status().unwrap().cases, 1);
}

#[test]
fn bytes_that_are_no_page_are_answered_and_not_a_panic() {
    let world = World::new();
    let device = world.phone("a", 1).identity().unwrap().device;
    for bytes in [&b""[..], b"GET / HTTP/1.1", &[0xff; 400]] {
        let caller = crate::exchange::Caller {
            device,
            now: world.hub.now(),
        };
        let answer = world.hub.exchange(caller, bytes);
        assert_eq!(answer.status, 400);
    }
}
