//! Takes a run in: gate first, then one envelope after the other, the same on phone and hub.
//!
//! Input is a [`Run`] from outside; output is what the [`Ledger`] keeps. Everything of one run
//! happens in the implementer's one transaction. A bad envelope is quarantined and the next one
//! still flows; a change whose past is missing is parked and applied as soon as that arrives.

use super::envelope::{Envelope, Header, Kind, Run, StreamId};
use super::gate::{self, Giver, Refusal, Verdict};
use super::ledger::{Author, Ledger};
use crate::domain::{CaseId, Digest};

/// What became of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Part of the record.
    Applied,
    /// Waits for the changes it names.
    Parked {
        /// Changes that are not here yet.
        missing: Vec<Digest>,
    },
    /// Kept as evidence, outside the record.
    Quarantined {
        /// Which rule it breaks.
        why: String,
    },
    /// Only its header came; the body may follow.
    Bare,
}

/// What taking a run changed.
#[derive(Debug, Default)]
pub struct Taken {
    /// Envelopes not held before.
    pub fresh: usize,
    /// Envelopes held already: success all the same.
    pub duplicates: usize,
    /// Parked now.
    pub parked: Vec<(u64, Vec<Digest>)>,
    /// Quarantined now, with the reason.
    pub quarantined: Vec<(u64, String)>,
    /// Envelopes that were parked before and are applied now.
    pub unparked: Vec<Digest>,
    /// Cases whose record changed.
    pub cases: Vec<CaseId>,
}

/// Takes one run in.
///
/// # Errors
/// The outer error is the ledger's (then nothing of the run may be kept); the inner one says why
/// the run is refused.
pub fn take_run<L: Ledger + ?Sized>(
    run: &Run,
    ledger: &L,
) -> Result<Result<Taken, Refusal>, L::Error> {
    take_run_from(run, Giver::Anyone, ledger)
}

/// Takes one run in from this giver.
///
/// # Errors
/// As [`take_run`].
pub fn take_run_from<L: Ledger + ?Sized>(
    run: &Run,
    giver: Giver,
    ledger: &L,
) -> Result<Result<Taken, Refusal>, L::Error> {
    if ledger.is_forked(run.seal.stream)? {
        return Ok(Err(Refusal::Forked { seq: run.seal.seq }));
    }
    let verified = match gate::verify_run_from(run, giver, ledger)? {
        Ok(verified) => verified,
        Err(Refusal::Forked { seq }) => {
            keep_fork(run, seq, ledger)?;
            return Ok(Err(Refusal::Forked { seq }));
        }
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut taken = Taken {
        duplicates: verified.duplicates,
        ..Taken::default()
    };
    for (header, envelope) in &verified.fresh {
        taken.fresh += 1;
        take_envelope((header, envelope), &verified.author, ledger, &mut taken)?;
    }
    if taken.fresh > 0 {
        ledger.put_seal(&run.seal)?;
    }
    Ok(Ok(taken))
}

/// Both claims are kept; neither is picked.
fn keep_fork<L: Ledger + ?Sized>(run: &Run, seq: u64, ledger: &L) -> Result<(), L::Error> {
    let stream: StreamId = run.seal.stream;
    for envelope in &run.envelopes {
        if envelope.parse().is_ok_and(|header| header.seq >= seq) {
            ledger.put_fork(stream, seq, envelope)?;
        }
    }
    Ok(())
}

fn take_envelope<L: Ledger + ?Sized>(
    (header, envelope): (&Header, &Envelope),
    author: &Author,
    ledger: &L,
    taken: &mut Taken,
) -> Result<(), L::Error> {
    let Some(body) = &envelope.body else {
        return ledger.put_envelope(header, envelope, &State::Bare);
    };
    let (state, change) = take_body((header, author), envelope.id(), body, ledger)?;
    ledger.put_envelope(header, envelope, &state)?;
    settle(header, (state, change), ledger, taken)
}

/// Notes what became of an envelope, and applies what waited for it.
fn settle<L: Ledger + ?Sized>(
    header: &Header,
    (state, change): (State, Option<Digest>),
    ledger: &L,
    taken: &mut Taken,
) -> Result<(), L::Error> {
    match state {
        State::Applied => {
            if let Some((case, change)) = header.subject.as_case().zip(change) {
                note_case(taken, case);
                unpark(change, ledger, taken)?;
            }
        }
        State::Parked { missing } => taken.parked.push((header.seq, missing)),
        State::Quarantined { why } => taken.quarantined.push((header.seq, why)),
        State::Bare => {}
    }
    Ok(())
}

/// Takes the body of an envelope whose header came bare before; anything else is no news.
///
/// # Errors
/// As the ledger fails.
pub fn take_late<L: Ledger + ?Sized>(envelope: &Envelope, ledger: &L) -> Result<Taken, L::Error> {
    let mut taken = Taken::default();
    let (Ok(header), Some(body)) = (envelope.parse(), &envelope.body) else {
        return Ok(taken);
    };
    let id = envelope.id();
    if !ledger.fill_body(&id, body)? {
        taken.duplicates = 1;
        return Ok(taken);
    }
    let Some(author) = ledger.author(header.device)? else {
        return Ok(taken);
    };
    let (state, change) = take_body((&header, &author), id, body, ledger)?;
    ledger.set_state(&id, &state)?;
    settle(&header, (state, change), ledger, &mut taken)?;
    Ok(taken)
}

/// What becomes of a body; for a change that is now part of the record, its hash.
fn take_body<L: Ledger + ?Sized>(
    (header, author): (&Header, &Author),
    id: Digest,
    body: &[u8],
    ledger: &L,
) -> Result<(State, Option<Digest>), L::Error> {
    if header.kind == Kind::Change {
        return take_change((header, author), body, ledger);
    }
    let outcome = match gate::check_bringing(header.kind, author) {
        Ok(()) => ledger.apply_other(header, id, body)?,
        Err(why) => Err(why),
    };
    Ok((
        match outcome {
            Ok(()) => State::Applied,
            Err(why) => State::Quarantined { why },
        },
        None,
    ))
}

fn take_change<L: Ledger + ?Sized>(
    (header, author): (&Header, &Author),
    body: &[u8],
    ledger: &L,
) -> Result<(State, Option<Digest>), L::Error> {
    Ok(match gate::judge_change((header, author), body, ledger)? {
        Verdict::Apply(admitted) => {
            let hash = admitted.entry.hash;
            match ledger.apply_change(header, *admitted)? {
                Ok(()) => (State::Applied, Some(hash)),
                Err(why) => (State::Quarantined { why }, None),
            }
        }
        Verdict::Known => (State::Applied, None),
        Verdict::Park(missing) => (State::Parked { missing }, None),
        Verdict::Quarantine(why) => (State::Quarantined { why }, None),
    })
}

fn note_case(taken: &mut Taken, case: CaseId) {
    if !taken.cases.contains(&case) {
        taken.cases.push(case);
    }
}

/// Applies what waited for a change, then what waited for that, until nothing more moves.
fn unpark<L: Ledger + ?Sized>(
    change: Digest,
    ledger: &L,
    taken: &mut Taken,
) -> Result<(), L::Error> {
    let mut arrived = vec![change];
    while let Some(change) = arrived.pop() {
        for waiting in ledger.waiting_for(&change)? {
            let Some(author) = ledger.author(waiting.header.device)? else {
                continue;
            };
            let of = (&waiting.header, &author);
            let (state, change) = take_body(of, waiting.envelope, &waiting.body, ledger)?;
            if matches!(state, State::Parked { .. }) {
                continue;
            }
            ledger.set_state(&waiting.envelope, &state)?;
            if state == State::Applied {
                taken.unparked.push(waiting.envelope);
                arrived.extend(change);
            }
        }
    }
    Ok(())
}
