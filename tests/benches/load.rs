//! A hub under two hundred phones: what it takes in a second, how long an exchange waits, and how
//! both grow with a feed of a million envelopes; and what an exchange costs a phone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lossbook_core::app::Device;
use lossbook_core::domain::{Digest, Host, ScopeId};
use lossbook_core::store::rusqlite::params;
use lossbook_core::store::{Store, StoreKey};
use lossbook_core::sync::{Effect, Engine, Event, LoadRequest, Loaded, SavedToken};
use lossbook_hub::Hub;
use lossbook_hub::exchange::Caller;
use lossbook_hub::meta::STEPS;
use lossbook_tests::field::{Dice, FieldHost, MEASURED, Worker};
use lossbook_tests::wire::{hub, phone};

use crate::Failed;
use crate::row::{Row, Timings, number};

const PHONES: u64 = 200;
const ROUNDS: u32 = 2;
/// Envelopes that each phone brings each time.
const EDITS: u32 = 2;
const SMALL: u64 = 10_000;
const LARGE: u64 = 1_000_000;
/// Envelopes in a run of the bulk.
const RUN: u64 = 10;

struct Member {
    device: Device,
    host: Arc<FieldHost>,
    case: String,
}

/// What a round of all phones took.
#[derive(Default)]
struct Load {
    hub: Timings,
    hub_total: Duration,
    envelopes: u32,
    phone: Timings,
    writes: u64,
}

pub(crate) fn run() -> Result<(), Failed> {
    let dir = tempfile::tempdir()?;
    let home = dir.path().join("hub");
    let hub = hub(&home)?;
    let mut members = Vec::new();
    for at in 0..PHONES {
        let host = Arc::new(FieldHost::new(1_000 + at));
        let name = format!("u{at}");
        let device = phone(&hub, &dir.path().join(&name), (&name, Arc::clone(&host)))?;
        let case = worker(&device, &host, at).report()?;
        members.push(Member { device, host, case });
    }
    // Everybody has read everything before anything is measured.
    for _ in 0..2 {
        rounds(&hub, &members, (1, 0))?;
    }
    bulk(&home, (0, SMALL))?;
    let small = rounds(&hub, &members, (ROUNDS, EDITS))?;
    bulk(&home, (SMALL, LARGE))?;
    let large = rounds(&hub, &members, (ROUNDS, EDITS))?;
    say(&small, &large);
    Ok(())
}

fn worker<'w>(device: &'w Device, host: &'w FieldHost, seed: u64) -> Worker<'w> {
    Worker {
        device,
        host,
        words: &MEASURED,
        dice: Dice::new(seed),
    }
}

fn say(small: &Load, large: &Load) {
    let rate = |load: &Load| f64::from(load.envelopes) / load.hub_total.as_secs_f64();
    Row {
        name: "hub: envelopes a second, feed of a million beside one of ten thousand",
        ours: format!("{:.0}", rate(large)),
        peer: format!("{:.0}", rate(small)),
        ratio: rate(small) / rate(large),
        goal: "no growth beyond 2",
        note: format!(
            "{PHONES} phones of one scope, {ROUNDS} rounds, {EDITS} edits each time, one exchange after the \
             other on one thread, the news of all others taken in the same exchange; the bulk is loaded \
             straight into the tables before the phones' places in the feed"
        ),
    }
    .print();
    Row {
        name: "hub: p99 of an exchange, feed of a million beside one of ten thousand",
        ours: format!("{:.1} ms", large.hub.at(99)),
        peer: format!("{:.1} ms", small.hub.at(99)),
        ratio: large.hub.at(99) / small.hub.at(99),
        goal: "no growth beyond 2",
        note: format!(
            "the hub's part, in process, commit included; median {:.1} and {:.1} ms; {} exchanges each",
            large.hub.median(),
            small.hub.median(),
            small.hub.count(),
        ),
    }
    .print();
    Row {
        name: "phone: processor time of an exchange",
        ours: format!("{:.1} ms", small.phone.median()),
        peer: format!("{:.1} ms", small.hub.median()),
        ratio: small.phone.median() / small.hub.median(),
        goal: "none",
        note: format!(
            "{EDITS} edits sent, those of all others since taken in: cutting, sealing, shortening, packing, \
             and the gate for what came; p99 {:.1} ms; {:.1} synced transactions each; the peer is the hub's \
             time for the same exchange",
            small.phone.at(99),
            number(small.writes) / number(small.phone.count().max(1) as u64),
        ),
    }
    .print();
}

fn rounds(hub: &Hub, members: &[Member], (rounds, edits): (u32, u32)) -> Result<Load, Failed> {
    let mut load = Load::default();
    for round in 0..rounds {
        for (place, member) in (0..).zip(members) {
            let seed = u64::from(round) * 1_000 + place + 7;
            let mut worker = worker(&member.device, &member.host, seed);
            for edit in 0..edits {
                // A text that nobody wrote before, so that every edit is a change.
                let text = format!("{} {round}.{edit}", worker.dice.roll(1_000_000));
                member
                    .device
                    .set_field(&member.case, "report.reporter", &text)?;
                member.host.pass(20_000);
            }
            load.envelopes += edits;
            exchange(hub, &member.device, &mut load)?;
        }
    }
    Ok(load)
}

/// One exchange, the hub's time and the phone's apart.
fn exchange(hub: &Hub, device: &Device, load: &mut Load) -> Result<(), Failed> {
    let me = device.identity()?.device;
    let mut engine = Engine::new(me, 1);
    let mut busy = Duration::ZERO;
    let mut todo: std::collections::VecDeque<Effect> = engine.step(0, Event::Start).into();
    while let Some(effect) = todo.pop_front() {
        let before = processor()?;
        let event = match &effect {
            Effect::Load {
                op,
                what: LoadRequest::Token,
            } => Some(Event::Loaded {
                op: *op,
                loaded: Loaded::Token(Some(SavedToken {
                    text: "kept".to_owned(),
                    left_ms: 3_000_000,
                })),
            }),
            Effect::Http(request) => {
                let lossbook_core::sync::Body::Mem(page) = &request.body else {
                    return Err("not an exchange".into());
                };
                let caller = Caller {
                    device: me,
                    now: hub.now(),
                };
                let start = Instant::now();
                let answer = hub.exchange(caller, page);
                load.hub_total += start.elapsed();
                load.hub.push(start.elapsed());
                let done = Event::HttpDone {
                    rid: request.rid,
                    status: answer.status,
                    headers: Vec::new(),
                    body: answer.page,
                };
                let before = processor()?;
                todo.extend(engine.step(0, done));
                busy += processor()? - before;
                continue;
            }
            Effect::Store { .. } => {
                load.writes += 1;
                device.perform(&effect)
            }
            Effect::Load { .. } | Effect::Sign { .. } => device.perform(&effect),
            Effect::Cancel { .. } | Effect::Timer { .. } | Effect::Report(_) => None,
        };
        if let Some(event) = event {
            todo.extend(engine.step(0, event));
        }
        busy += processor()? - before;
    }
    // The seal is written when the run is cut.
    load.writes += 1;
    load.phone.push(busy);
    Ok(())
}

/// Processor time of this thread so far.
fn processor() -> Result<Duration, Failed> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split_whitespace().next().ok_or("no time")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

/// Envelopes of a device that is no more, in runs of the village's feed before all others.
fn bulk(home: &std::path::Path, (from, to): (u64, u64)) -> Result<(), Failed> {
    // The key that `wire::hub` makes.
    let mut key = [0; 32];
    FieldHost::new(1).fill_random(&mut key);
    let store = Store::open_beside(home, &StoreKey::from_bytes(key), &[("hub", STEPS)])?;
    store.transact(|tx| {
        let sql = tx.sql();
        let village: Vec<u8> =
            sql.query_row("SELECT id FROM hub_scope WHERE name <> '' LIMIT 1", [], |row| row.get(0))?;
        let scope = ScopeId::from_slice(&village).unwrap_or(ScopeId::from_bytes([0; 16]));
        sql.execute(
            "INSERT OR IGNORE INTO stream (scope, device, epoch, own, seq, header, sealed, acked, confirmed, forked)
             VALUES (?1, x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', x'b0b0b0b0b0b0b0b0', 0, ?2, zeroblob(32), ?2, 0, 0, 0)",
            params![scope.as_bytes(), i64::try_from(to).unwrap_or(0)],
        )?;
        let row: i64 = sql.query_row(
            "SELECT id FROM stream WHERE device = x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0'",
            [],
            |row| row.get(0),
        )?;
        let mut envelope = sql.prepare(
            "INSERT INTO envelope (stream, seq, id, kind, subject, wall, header, body, state, why)
             VALUES (?1, ?2, ?3, 1, ?4, 0, ?5, ?6, 0, NULL)",
        )?;
        let mut feed = sql.prepare(
            "INSERT INTO hub_feed (scope, seq, kind, stream_scope, device, epoch, first, last, envelope)
             VALUES (?1, ?2, 1, ?1, x'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', x'b0b0b0b0b0b0b0b0', ?3, ?4, NULL)",
        )?;
        for envelope_no in from + 1..=to {
            let id = Digest::of(&envelope_no.to_be_bytes());
            let at = i64::try_from(envelope_no).unwrap_or(0);
            let subject = Digest::of(&(envelope_no / 40).to_be_bytes());
            envelope.execute(params![
                row,
                at,
                id.as_bytes(),
                subject.as_bytes().get(..16),
                [0x5a_u8; 230],
                [0xa5_u8; 120]
            ])?;
            if envelope_no.is_multiple_of(RUN) {
                let last = i64::try_from(envelope_no).unwrap_or(0);
                let first = last + 1 - i64::try_from(RUN).unwrap_or(0);
                feed.execute(params![scope.as_bytes(), -last, first, last])?;
            }
        }
        Ok::<_, lossbook_core::store::StoreError>(())
    })?;
    Ok(())
}
