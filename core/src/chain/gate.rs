//! The ingest gate: nothing from outside is expanded before it passed here.
//!
//! Runs come from the network (later from bundles and peers) with a [`Ledger`] to compare
//! against; verdicts go to [`super::ingest`]. Checks go from cheap to dear: form and limits, known
//! key, seal before any body is parsed, number and chain, rights, then each change's own header
//! and operation count, and last the document's: past, schema, roles, caps.
//! (Numbers in comments are the rows of the check table in `docs/formats/envelope.md`.)
//!
//! Refuses: to apply, to store, to repair. A refused run costs its sender a code and nothing else.

mod chunk;

use automerge::Change;

pub use chunk::{MAX_OPS, scan};

use super::envelope::{Envelope, Header, Kind, MAX_ENVELOPE_BYTES, Run, StreamId};
use super::ledger::{Author, ChangeEntry, Ledger, Mark};
use crate::domain::{CaseId, Digest, Role, ScopeId};
use crate::record::access::{Bringing, may_bring};

/// Most envelopes in one run.
pub const MAX_RUN_ENVELOPES: usize = 1_024;
/// Most changes one change may name as its direct past.
pub const MAX_DEPS: usize = 64;
/// Most changes of one case that wait for others.
pub const MAX_WAITING: u64 = 4_096;

/// Why a run is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Form or limits (checks 1 and 5).
    #[error("malformed: {0}")]
    Malformed(String),
    /// No certificate of this device is known here: the run waits for one.
    #[error("the device is not known here")]
    UnknownDevice,
    /// The certificate was withdrawn.
    #[error("the device is revoked")]
    Revoked,
    /// The seal does not verify.
    #[error("the seal does not verify")]
    Unverified,
    /// The device may not write in this scope, or not this kind.
    #[error("not allowed: {0}")]
    Denied(String),
    /// Envelopes before this run are missing.
    #[error("expected number {expected}")]
    Gap {
        /// What must come next.
        expected: u64,
    },
    /// Another header holds this place already.
    #[error("two headers claim number {seq}")]
    Forked {
        /// The place claimed twice.
        seq: u64,
    },
}

impl Refusal {
    /// The stable code of the sync protocol.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "MALFORMED",
            Self::UnknownDevice => "UNKNOWN_DEVICE",
            Self::Revoked => "DEVICE_REVOKED",
            Self::Unverified => "RUN_UNVERIFIED",
            Self::Denied(_) => "SCOPE_DENIED",
            Self::Gap { .. } => "GAP",
            Self::Forked { .. } => "STREAM_FORKED",
        }
    }
}

/// A run whose chain and seal hold.
#[derive(Debug)]
pub struct Verified {
    /// The stream.
    pub stream: StreamId,
    /// Envelopes not held before, with their headers.
    pub fresh: Vec<(Header, Envelope)>,
    /// How many were held already.
    pub duplicates: usize,
    /// Who wrote them.
    pub author: Author,
}

/// Checks 1, 3 and 4: form, key and seal, number, chain, rights. Bodies stay unparsed.
///
/// # Errors
/// The outer error is the ledger's; the inner one says why the run is refused.
pub fn verify_run<L: Ledger + ?Sized>(
    run: &Run,
    ledger: &L,
) -> Result<Result<Verified, Refusal>, L::Error> {
    verify_run_from(run, Giver::Anyone, ledger)
}

/// Who hands a run over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Giver {
    /// Its writer, a peer, a file.
    Anyone,
    /// The hub, out of its feed: it took the run before its writer was withdrawn, and only it knows
    /// the order of the two.
    HubFeed,
}

/// The same, for a run from this giver.
///
/// # Errors
/// As [`verify_run`].
pub fn verify_run_from<L: Ledger + ?Sized>(
    run: &Run,
    giver: Giver,
    ledger: &L,
) -> Result<Result<Verified, Refusal>, L::Error> {
    let headers = match read_headers(run) {
        Ok(headers) => headers,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let stream = run.seal.stream;
    let Some(author) = ledger.author(stream.device)? else {
        return Ok(Err(Refusal::UnknownDevice));
    };
    if author.revoked && giver == Giver::Anyone {
        return Ok(Err(Refusal::Revoked));
    }
    if !run.seal.verify(&author.key) {
        return Ok(Err(Refusal::Unverified));
    }
    if let Err(refusal) = check_rights(&author, stream, &headers) {
        return Ok(Err(refusal));
    }
    place_in_stream(run, (headers, author), ledger)
}

/// Form, one stream, consecutive numbers, links, and the seal's header last.
fn read_headers(run: &Run) -> Result<Vec<Header>, Refusal> {
    let malformed = |what: &str| Refusal::Malformed(what.to_owned());
    if run.envelopes.is_empty() || run.envelopes.len() > MAX_RUN_ENVELOPES {
        return Err(malformed("a run has 1 to 1,024 envelopes"));
    }
    let mut headers: Vec<Header> = Vec::with_capacity(run.envelopes.len());
    let mut previous: Option<Digest> = None;
    for envelope in &run.envelopes {
        if envelope.len_bytes() > MAX_ENVELOPE_BYTES {
            return Err(malformed("envelope over 256 KiB"));
        }
        let header = envelope
            .parse()
            .map_err(|error| Refusal::Malformed(error.to_string()))?;
        let follows = headers
            .last()
            .is_none_or(|last| last.seq.checked_add(1) == Some(header.seq));
        let linked = previous.is_none_or(|digest| digest == header.prev);
        if header.stream() != run.seal.stream || !follows || !linked || header.seq == 0 {
            return Err(malformed(
                "the run is not one unbroken stretch of its stream",
            ));
        }
        if header.key != run.seal.key {
            return Err(malformed("the seal names another key than the header"));
        }
        previous = Some(envelope.id());
        headers.push(header);
    }
    let ends_on_seal = previous == Some(run.seal.header)
        && headers.last().map(|last| last.seq) == Some(run.seal.seq);
    if ends_on_seal {
        Ok(headers)
    } else {
        Err(malformed("the seal is not over the last envelope"))
    }
}

fn check_rights(author: &Author, stream: StreamId, headers: &[Header]) -> Result<(), Refusal> {
    if author.is_hub {
        return Ok(());
    }
    let own = stream.scope == ScopeId::private_of(stream.device);
    if !own && !author.scopes.contains(&stream.scope) {
        return Err(Refusal::Denied(
            "the device has no right to write in this scope".to_owned(),
        ));
    }
    match headers.iter().find(|header| header.kind.hub_only()) {
        Some(header) => Err(Refusal::Denied(format!(
            "only a hub writes {:?}",
            header.kind
        ))),
        None => Ok(()),
    }
}

/// Drops what is held already, and insists that the rest starts where the stream ends.
fn place_in_stream<L: Ledger + ?Sized>(
    run: &Run,
    (headers, author): (Vec<Header>, Author),
    ledger: &L,
) -> Result<Result<Verified, Refusal>, L::Error> {
    let stream = run.seal.stream;
    let mark = ledger.mark(stream)?.unwrap_or(Mark {
        seq: 0,
        header: Digest::ZERO,
    });
    let mut verified = Verified {
        stream,
        fresh: Vec::new(),
        duplicates: 0,
        author,
    };
    let mut expected = mark;
    for (header, envelope) in headers.into_iter().zip(&run.envelopes) {
        if header.seq <= mark.seq {
            if ledger.header_at(stream, header.seq)? != Some(envelope.id()) {
                return Ok(Err(Refusal::Forked { seq: header.seq }));
            }
            verified.duplicates += 1;
            continue;
        }
        if header.seq != expected.seq + 1 {
            return Ok(Err(Refusal::Gap {
                expected: expected.seq + 1,
            }));
        }
        if header.prev != expected.header {
            return Ok(Err(Refusal::Forked { seq: expected.seq }));
        }
        expected = Mark {
            seq: header.seq,
            header: envelope.id(),
        };
        verified.fresh.push((header, envelope.clone()));
    }
    Ok(Ok(verified))
}

/// A change that passed checks 5 to 8, with what the document needs for the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// What is remembered about it once it is applied.
    pub entry: ChangeEntry,
    /// The change.
    pub change: Change,
    /// Its writer's roles.
    pub roles: Vec<Role>,
    /// The newest change of the same device and epoch in this case.
    pub previous: Option<Digest>,
}

/// What is to be done with one change.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Everything it builds on is here: let the document take it.
    Apply(Box<Admitted>),
    /// It is part of the record already, through another envelope (a restored phone wrote it anew).
    Known,
    /// It builds on changes that are not here yet.
    Park(Vec<Digest>),
    /// It breaks a rule that honest devices keep.
    Quarantine(String),
}

/// Checks 5 to 8 of one change body; 9 to 11 follow where the document is ([`Admitted`]).
///
/// # Errors
/// As the ledger fails.
pub fn judge_change<L: Ledger + ?Sized>(
    (header, author): (&Header, &Author),
    body: &[u8],
    ledger: &L,
) -> Result<Verdict, L::Error> {
    let quarantine = |why: &str| Ok(Verdict::Quarantine(why.to_owned()));
    let Some(case) = header
        .subject
        .as_case()
        .filter(|_| header.kind == Kind::Change)
    else {
        return quarantine("a change must name its case");
    };
    let change = match chunk::read(body) {
        Ok(change) => change,
        Err(why) => return Ok(Verdict::Quarantine(why)),
    };
    let hash = Digest::from_bytes(change.hash().0);
    if ledger.change_max_op(case, &hash)?.is_some() {
        return Ok(Verdict::Known);
    }
    let actor = change.actor_id().to_bytes();
    if ledger
        .actor_owner(actor)?
        .is_some_and(|known| known != header.device)
    {
        return quarantine("its actor belongs to another device");
    }
    let mut missing = Vec::new();
    let mut highest = 0;
    for dep in change.deps().iter().map(|dep| Digest::from_bytes(dep.0)) {
        match ledger.change_max_op(case, &dep)? {
            Some(max_op) => highest = highest.max(max_op),
            None => missing.push(dep),
        }
    }
    if !missing.is_empty() {
        return park(case, missing, ledger);
    }
    if change.seq() != ledger.actor_seq(case, actor)? + 1 {
        return quarantine("its number does not follow the actor's last change");
    }
    if change.start_op().get() != highest + 1 {
        return quarantine("its operation counter does not follow the changes it builds on");
    }
    let previous = ledger.newest_of(case, header.device, header.epoch)?;
    Ok(Verdict::Apply(Box::new(Admitted {
        entry: entry(case, &change),
        change,
        roles: author.roles.clone(),
        previous,
    })))
}

/// Orphans cost storage only, and only so much of it.
fn park<L: Ledger + ?Sized>(
    case: CaseId,
    missing: Vec<Digest>,
    ledger: &L,
) -> Result<Verdict, L::Error> {
    Ok(if ledger.waiting_count(case)? < MAX_WAITING {
        Verdict::Park(missing)
    } else {
        Verdict::Quarantine(format!("{MAX_WAITING} changes of the case wait already"))
    })
}

/// Whether a role of the author may bring what is no change; decisions are the hub's (check 4).
///
/// # Errors
/// Why not.
pub fn check_bringing(kind: Kind, author: &Author) -> Result<(), String> {
    let what = match kind {
        Kind::Photo => Bringing::Photo,
        Kind::Freeze | Kind::Signature => Bringing::Signature,
        Kind::Change
        | Kind::Decision
        | Kind::Audit
        | Kind::Key
        | Kind::Acl
        | Kind::Tombstone
        | Kind::Snapshot
        | Kind::Receipt => return Ok(()),
    };
    if author.roles.iter().any(|role| may_bring(*role, what)) {
        Ok(())
    } else {
        Err(format!("its writer may not bring a {kind:?}").to_lowercase())
    }
}

/// What is remembered about a change once it is applied.
pub fn entry(case: CaseId, change: &Change) -> ChangeEntry {
    ChangeEntry {
        hash: Digest::from_bytes(change.hash().0),
        case,
        actor: change.actor_id().to_bytes().to_vec(),
        seq: change.seq(),
        max_op: change.max_op(),
    }
}
