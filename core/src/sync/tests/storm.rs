//! Any event in any state, and home again from anywhere.

use super::hub::{fault, offset_answer, refusal};
use super::world::{DEVICE, Net, World, Writer, stream};
use crate::chain::BlobRole;
use crate::domain::Epoch;
use crate::sync::frame::{self, Frame};
use crate::sync::{
    BlobLoad, Block, Effect, Event, ExchangeLoad, Failure, Link, LinkClass, Loaded, OpId,
    Originals, Policy, Recovery, RequestId, SavedToken, StateName, StoreFailure,
};

/// A small generator; a failing seed is in the panic's message.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

const STATES: [StateName; 14] = [
    StateName::Stopped,
    StateName::Idle,
    StateName::Auth,
    StateName::Exchange,
    StateName::Storing,
    StateName::Blobs,
    StateName::Backoff,
    StateName::Recover(Recovery::Rollback),
    StateName::Recover(Recovery::CursorReset),
    StateName::Recover(Recovery::Fork),
    StateName::Blocked(Block::Upgrade),
    StateName::Blocked(Block::Revoked),
    StateName::Blocked(Block::NeedAuth),
    StateName::DiskFull,
];

/// A world in which the engine stands in `state`, the effect that it waits for undone.
fn world_in(state: StateName) -> World {
    let mut world = World::new(4, 5);
    world.blob(1, 700_000, BlobRole::Original);
    let id = world.store.own[0].id;
    let about = |code: &str| {
        let page = [fault(code, Some(id), None), Frame::End];
        Net::Instead((409, vec![], frame::pack(&page).unwrap()))
    };
    let then = match state {
        StateName::Backoff => vec![Net::Lost],
        StateName::Recover(Recovery::Rollback) => vec![about("ROLLBACK")],
        StateName::Recover(Recovery::CursorReset) => vec![about("CURSOR_RESET")],
        StateName::Recover(Recovery::Fork) => vec![about("STREAM_FORKED")],
        StateName::Blocked(Block::Upgrade) => vec![Net::Instead(refusal(426, "SCHEMA_TOO_OLD"))],
        StateName::Blocked(Block::Revoked) => vec![Net::Instead(refusal(403, "DEVICE_REVOKED"))],
        StateName::Blocked(Block::NeedAuth) => {
            let no = Net::Instead(refusal(401, "AUTH_EXPIRED"));
            vec![no.clone(), Net::Fine, Net::Fine, no]
        }
        _ => Vec::new(),
    };
    world.net = [Net::Fine, Net::Fine].into_iter().chain(then).collect();
    if state != StateName::Stopped {
        world.feed(Event::Start);
    }
    if state == StateName::DiskFull {
        assert!(world.run_until(StateName::Storing));
        world.store.fail.push_back(StoreFailure::Full);
    }
    assert!(world.run_until(state), "{state:?} is not reached");
    world
}

/// The name that the undone effect awaits, so that events hit and not only miss.
fn awaited(world: &World) -> (OpId, RequestId) {
    let (mut op, mut rid) = (OpId(u64::MAX), RequestId(u64::MAX));
    for effect in &world.todo {
        match effect {
            Effect::Load { op: this, .. } | Effect::Store { op: this, .. } => op = *this,
            Effect::Http(request) => rid = request.rid,
            _ => {}
        }
    }
    (op, rid)
}

fn kinds(op: OpId, rid: RequestId) -> Vec<Event> {
    let up = |class| {
        Event::Link(Link::Up {
            class,
            metered: true,
        })
    };
    let mut all = vec![
        Event::Start,
        Event::Stop,
        Event::Tick,
        Event::Local,
        Event::Link(Link::Down),
        up(LinkClass::Gprs),
        up(LinkClass::Edge),
        up(LinkClass::Cell),
        up(LinkClass::Wifi),
        Event::Loaded {
            op,
            loaded: Loaded::Exchange(ExchangeLoad::nothing(Epoch::from_bytes([1; 8]))),
        },
        Event::Loaded {
            op,
            loaded: Loaded::Blobs(BlobLoad::default()),
        },
        Event::Stored { op },
        Event::StoreFail {
            op,
            why: StoreFailure::Full,
        },
        Event::StoreFail {
            op,
            why: StoreFailure::Broken("x".into()),
        },
        Event::Signed {
            nonce: vec![7; 32],
            sig: [0; 64],
        },
        Event::Signed {
            nonce: vec![],
            sig: [0; 64],
        },
    ];
    all.extend(news(op));
    all.extend(outcomes(rid));
    all
}

fn news(op: OpId) -> Vec<Event> {
    vec![
        Event::Policy(Policy {
            metered_originals: Originals::Send,
        }),
        Event::Policy(Policy::THRIFTY),
        Event::Loaded {
            op,
            loaded: Loaded::Token(None),
        },
        Event::Loaded {
            op,
            loaded: Loaded::Token(Some(SavedToken {
                text: "old".into(),
                left_ms: 9_000_000,
            })),
        },
        Event::StoreFail {
            op,
            why: StoreFailure::Unexpanded,
        },
    ]
}

fn outcomes(rid: RequestId) -> Vec<Event> {
    let mut all = Vec::new();
    let done = |status, body: Vec<u8>| Event::HttpDone {
        rid,
        status,
        headers: vec![],
        body,
    };
    let why = [
        Failure::NoNetwork,
        Failure::Cut,
        Failure::Timeout,
        Failure::Refused,
        Failure::Tls,
    ];
    all.extend(why.map(|why| Event::HttpFail { rid, why, sent: 10 }));
    let statuses = [
        0, 100, 200, 201, 204, 302, 400, 401, 403, 404, 409, 410, 413, 415, 426, 429, 460, 500,
        503, 507,
    ];
    let end = frame::pack(&[Frame::End]).unwrap();
    all.extend(statuses.map(|status| done(status, vec![])));
    all.extend(statuses.map(|status| done(status, end.clone())));
    let (_, headers, body) = offset_answer(204, 5);
    all.push(Event::HttpDone {
        rid,
        status: 204,
        headers,
        body,
    });
    all
}

fn comes_home(world: &mut World, what: &str) {
    world.net.clear();
    world.store.fail.clear();
    world.feed(Event::Stop);
    world.todo.clear();
    world.timer = None;
    let class = LinkClass::Wifi;
    world.feed(Event::Link(Link::Up {
        class,
        metered: false,
    }));
    // A start after a full disk pushes first; a second one finds nothing left.
    assert_eq!(world.start_and_run(), StateName::Idle, "{what}");
    let forked = &world.store.forked;
    world
        .store
        .own
        .retain(|writer| !forked.contains(&writer.id));
    assert!(world.all_arrived(), "{what}");
}

#[test]
fn every_event_is_legal_in_every_state_and_leads_home() {
    let count = kinds(OpId(0), RequestId(0)).len();
    for state in STATES {
        for at in 0..count {
            for stale in [false, true] {
                let mut world = world_in(state);
                let (op, rid) = match stale {
                    true => (OpId(0), RequestId(0)),
                    false => awaited(&world),
                };
                let event = kinds(op, rid).swap_remove(at);
                let what = format!("{state:?} {event:?} stale {stale}");
                world.feed(event);
                comes_home(&mut world, &what);
            }
        }
    }
}

#[test]
fn a_hundred_thousand_random_events_never_panic_nor_send_twice() {
    let mut steps = 0;
    let mut seen = Vec::new();
    for seed in 1..=100_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut world = World::new(5, 5);
        world.blob(1, 700_000, BlobRole::Original);
        for _ in 0..1_000 {
            steps += 1;
            if dice.roll(3) > 0 && world.advance() {
                continue;
            }
            let (op, rid) = awaited(&world);
            let mut all = kinds(op, rid);
            let at = usize::try_from(dice.roll(all.len() as u64)).unwrap();
            world.feed(all.swap_remove(at));
            world.now += dice.roll(5_000);
            if !seen.contains(&world.engine.state()) {
                seen.push(world.engine.state());
            }
        }
    }
    assert_eq!(steps, 100_000);
    assert!(seen.len() >= 9, "{seen:?}");
}

fn mishap(dice: &mut Dice) -> Net {
    let refused = |status, code| Net::Instead(refusal(status, code));
    match dice.roll(16) {
        0 => Net::Lost,
        1 => Net::AnswerLost,
        2 => Net::AnswerCut,
        3 => Net::CutAt(dice.roll(900_000)),
        4 => refused(503, "BUSY"),
        5 => refused(401, "AUTH_EXPIRED"),
        6 => refused(409, "CURSOR_RESET"),
        7 => refused(413, "TOO_LARGE"),
        8 => refused(460, "BLOB_HASH"),
        9 => refused(500, "INTERNAL"),
        10 => Net::Instead((200, vec![], vec![1, 2, 3])),
        11 => Net::Instead(offset_answer(204, dice.roll(2_000_000))),
        _ => Net::Fine,
    }
}

#[test]
fn after_any_storm_everything_arrives_in_bounded_steps() {
    for seed in 1..=300_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let mut world = World::new(7, 7);
        let mut second = Writer::new(stream(DEVICE, 2, 1));
        second.write("second");
        world.store.own.push(second);
        world.blob(1, 30_000, BlobRole::Thumbnail);
        world.blob(2, 900_000, BlobRole::Original);
        world.feed(Event::Start);
        for _ in 0..300 {
            world.net.push_back(mishap(&mut dice));
            match dice.roll(40) {
                0 => world.store.fail.push_back(StoreFailure::Full),
                1 => world.store.fail.push_back(StoreFailure::Broken("x".into())),
                2 => world.feed(Event::Link(Link::Down)),
                3 | 4 => world.feed(Event::Link(Link::Up {
                    class: LinkClass::Edge,
                    metered: true,
                })),
                5 | 6 => {
                    world.store.own[0].write("more");
                    world.feed(Event::Local);
                }
                7 => world.hub.valid.clear(),
                8 => world.feed(Event::Start),
                9 => world.hub.uploads.clear(),
                _ => {}
            }
            world.advance();
        }
        // An upload that the hub lost after it was reported whole is not the engine's to repeat.
        let sent = world.store.sent.clone();
        world.store.jobs.retain(|job| !sent.contains(&job.digest));
        comes_home(&mut world, &format!("seed {seed}"));
    }
}
