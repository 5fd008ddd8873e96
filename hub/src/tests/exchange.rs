use lossbook_core::chain::short::expand;
use lossbook_core::chain::{EndMode, Kind, ReceiptBody, Run};
use lossbook_core::domain::{ScopeId, cbor};
use lossbook_core::sync::frame::{Frame, HeaderTag};

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
    let stream = a.store().transact(|tx| tx.own_streams(None)).unwrap()[0].stream;
    assert_eq!(ack.stream.find([stream]), Some(stream));
    let covered = receipts.iter().find(|one| one.stream == stream).unwrap();
    let header = HeaderTag::of(&covered.header);
    assert_eq!((covered.mark, header), (ack.mark, ack.header));
    let writer = a.identity().unwrap().device;
    let own = runs(&answer)
        .iter()
        .any(|run| run.seal.stream.device == writer);
    assert!(!own, "a phone is not sent its own stream");
    let news = world.sync(&b);
    assert!(runs(&news).iter().any(|run| run.seal.stream == stream));
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
            .any(|frame| matches!(frame, Frame::Cursor(c) if c.lag.is_none()));
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
        Frame::Ack(ack) => ack
            .exceptions
            .iter()
            .flatten()
            .any(|one| one.code == "DEPS_MISSING"),
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
fn a_phone_may_bring_what_another_sealed_and_gets_only_what_is_its_own() {
    let world = World::new();
    let (a, b) = (world.phone("a", 1), world.phone("b", 2));
    report(&b);
    let (status, answer) = world.answer(&a, &world.request(&b, None));
    assert_eq!((status, faults(&answer)), (200, vec![]));
    assert!(answer.iter().any(|frame| matches!(frame, Frame::Ack(_))));
    let private = ScopeId::private_of(b.identity().unwrap().device);
    assert!(
        runs(&answer)
            .iter()
            .all(|run| run.seal.stream.scope != private)
    );
}

/// The runs of an answer, short ones rebuilt and taken in by a phone.
fn rebuilt(phone: &lossbook_core::app::Device, frames: &[Frame]) -> Vec<Run> {
    let mut all = Vec::new();
    let claims: Vec<_> = phone
        .store()
        .transact(|tx| tx.own_streams(None))
        .unwrap()
        .iter()
        .map(|own| own.stream)
        .collect();
    phone
        .store()
        .transact(|tx| {
            for frame in frames {
                let Frame::Short(short) = frame.clone() else {
                    continue;
                };
                let stream = short.stream.find(claims.iter().copied()).unwrap();
                let run = expand(stream, &short.into_run(), tx)?.unwrap();
                lossbook_core::chain::ingest::take_run(&run, tx)?.unwrap();
                all.push(run);
            }
            Ok::<_, lossbook_core::store::StoreError>(())
        })
        .unwrap();
    all
}

#[test]
fn short_runs_are_the_very_runs_that_were_sealed_both_ways() {
    let world = World::new();
    let (a, b) = (world.phone("a", 1), world.phone("b", 2));
    let case = report(&a);
    let id = case.parse().unwrap();
    let mut known = Vec::new();
    for round in 0..4 {
        a.set_field(&case, "report.course", &format!("第 {round} 次，雹灾"))
            .unwrap();
        a.set_field(&case, "report.reporter", &format!("王{round}"))
            .unwrap();
        let (status, answer) = world.answer(&a, &world.request_in(&a, (None, None)));
        assert_eq!((status, faults(&answer)), (200, vec![]));
        let (_, news) = world.answer(&b, &world.request_in(&b, (None, None)));
        assert!(runs(&news).is_empty(), "all of it in short form");
        known = rebuilt(&b, &news);
        b.set_field(&case, "report.phone", &format!("1390000{round}"))
            .unwrap();
        world.answer(&b, &world.request_in(&b, (None, None)));
        rebuilt(&a, &world.answer(&a, &world.request_in(&a, (None, None))).1);
    }
    let long = runs(&world.sync(&b))
        .into_iter()
        .cloned()
        .collect::<Vec<Run>>();
    assert!(!known.is_empty() && known.iter().all(|run| long.contains(run)));
    let heads =
        |phone: &lossbook_core::app::Device| phone.store().transact(|tx| tx.heads(id)).unwrap();
    assert_eq!(heads(&a), heads(&b));
}

#[test]
fn a_short_run_that_was_spoilt_is_asked_for_in_long_form_and_spoils_nothing() {
    let world = World::new();
    let a = world.phone("a", 1);
    report(&a);
    let good = world.request_in(&a, (None, None));
    let mut places = good.iter().filter_map(|frame| match frame {
        Frame::Short(short) => Some((short.columns.len(), short.pool.len())),
        _ => None,
    });
    let (columns, pool) = places.next().unwrap();
    for at in (0..columns + pool).step_by(7) {
        let mut spoilt = good.clone();
        for frame in &mut spoilt {
            if let Frame::Short(short) = frame {
                if at < columns {
                    short.columns[at] ^= 0x15;
                } else {
                    short.pool[at - columns] ^= 0x15;
                }
            }
        }
        let (status, answer) = world.answer(&a, &spoilt);
        assert_eq!(
            (status, faults(&answer)),
            (200, vec!["RUN_UNVERIFIED"]),
            "{at}"
        );
    }
    let (_, answer) = world.answer(&a, &world.request(&a, None));
    assert_eq!(faults(&answer), Vec::<&str>::new());
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
        // The first byte may name a dictionary that there is not.
        assert!([400, 415].contains(&answer.status));
    }
}
