//! Takes a run in: gate first, then one envelope after the other, the same on phone and hub.
//!
//! Input is a [`Run`] from outside; output is what the [`Ledger`] keeps. Everything of one run
//! happens in the implementer's one transaction. A bad envelope is quarantined and the next one
//! still flows; a change whose past is missing is parked and applied as soon as that arrives.

use super::envelope::{Envelope, Header, Kind, Run, StreamId};
use super::gate::{self, Refusal, Verdict};
use super::ledger::Ledger;
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
    if ledger.is_forked(run.seal.stream)? {
        return Ok(Err(Refusal::Forked { seq: run.seal.seq }));
    }
    let verified = match gate::verify_run(run, ledger)? {
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
        take_envelope(header, envelope, ledger, &mut taken)?;
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
    header: &Header,
    envelope: &Envelope,
    ledger: &L,
    taken: &mut Taken,
) -> Result<(), L::Error> {
    let Some(body) = &envelope.body else {
        return ledger.put_envelope(header, envelope, &State::Bare);
    };
    let state = take_body(header, envelope.id(), body, ledger)?;
    ledger.put_envelope(header, envelope, &state)?;
    settle(header, state, ledger, taken)
}

/// Notes what became of an envelope, and applies what waited for it.
fn settle<L: Ledger + ?Sized>(
    header: &Header,
    state: State,
    ledger: &L,
    taken: &mut Taken,
) -> Result<(), L::Error> {
    match state {
        State::Applied => {
            let case = header
                .subject
                .as_case()
                .filter(|_| header.kind == Kind::Change);
            if let Some(case) = case {
                note_case(taken, case);
                unpark(case, ledger, taken)?;
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
    let state = take_body(&header, id, body, ledger)?;
    ledger.set_state(&id, &state)?;
    settle(&header, state, ledger, &mut taken)?;
    Ok(taken)
}

fn take_body<L: Ledger + ?Sized>(
    header: &Header,
    id: Digest,
    body: &[u8],
    ledger: &L,
) -> Result<State, L::Error> {
    let outcome = match header.kind {
        Kind::Change => match gate::judge_change(header, body, ledger)? {
            Verdict::Apply(entry) => ledger.apply_change(header, &entry, body)?,
            Verdict::Known => Ok(()),
            Verdict::Park(missing) => return Ok(State::Parked { missing }),
            Verdict::Quarantine(why) => Err(why),
        },
        Kind::Snapshot => Err("snapshots are not taken yet".to_owned()),
        Kind::Photo
        | Kind::Freeze
        | Kind::Signature
        | Kind::Decision
        | Kind::Audit
        | Kind::Key
        | Kind::Acl
        | Kind::Tombstone
        | Kind::Receipt => ledger.apply_other(header, id, body)?,
    };
    Ok(match outcome {
        Ok(()) => State::Applied,
        Err(why) => State::Quarantined { why },
    })
}

fn note_case(taken: &mut Taken, case: CaseId) {
    if !taken.cases.contains(&case) {
        taken.cases.push(case);
    }
}

/// Applies what waited, again and again until nothing more moves.
fn unpark<L: Ledger + ?Sized>(case: CaseId, ledger: &L, taken: &mut Taken) -> Result<(), L::Error> {
    loop {
        let mut moved = false;
        for waiting in ledger.parked(case)? {
            let state = take_body(&waiting.header, waiting.envelope, &waiting.body, ledger)?;
            if matches!(state, State::Parked { .. }) {
                continue;
            }
            ledger.set_state(&waiting.envelope, &state)?;
            moved = true;
            if state == State::Applied {
                taken.unparked.push(waiting.envelope);
            }
        }
        if !moved {
            return Ok(());
        }
    }
}
