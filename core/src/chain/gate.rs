//! The ingest gate: nothing from outside is expanded before it passed here.
//!
//! Runs come from the network (later from bundles and peers) with a [`Ledger`] to compare
//! against; verdicts go to [`super::ingest`]. Checks go from cheap to dear: form and limits, known
//! key, seal before any body is parsed, number and chain, rights, then each change's own header.
//! (Numbers in comments are the rows of the check table in `docs/formats/envelope.md`.)
//!
//! Refuses: to apply, to store, to repair. A refused run costs its sender a code and nothing else.

use std::collections::BTreeSet;

use automerge::Change;

use super::envelope::{Envelope, Header, Kind, MAX_BODY_BYTES, MAX_ENVELOPE_BYTES, Run, StreamId};
use super::ledger::{Author, ChangeEntry, Ledger, Mark};
use crate::domain::{CaseId, Digest, ScopeId};

/// Most envelopes in one run.
pub const MAX_RUN_ENVELOPES: usize = 1_024;
/// Most changes one change may name as its direct past.
pub const MAX_DEPS: usize = 64;

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
}

/// Checks 1, 3 and 4: form, key and seal, number, chain, rights. Bodies stay unparsed.
///
/// # Errors
/// The outer error is the ledger's; the inner one says why the run is refused.
pub fn verify_run<L: Ledger + ?Sized>(
    run: &Run,
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
    if author.revoked {
        return Ok(Err(Refusal::Revoked));
    }
    if !run.seal.verify(&author.key) {
        return Ok(Err(Refusal::Unverified));
    }
    if let Err(refusal) = check_rights(&author, stream, &headers) {
        return Ok(Err(refusal));
    }
    place_in_stream(run, headers, ledger)
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
    headers: Vec<Header>,
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

/// What is to be done with one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything it builds on is here: apply it.
    Apply(ChangeEntry),
    /// It is part of the record already, through another envelope (a restored phone wrote it anew).
    Known,
    /// It builds on changes that are not here yet.
    Park(Vec<Digest>),
    /// It breaks a rule that honest devices keep.
    Quarantine(String),
}

/// Bytes of magic, checksum, type and at least one length byte.
const CHUNK_PREFIX: usize = 10;

/// Checks 5, 7 and 8 of one change body.
///
/// # Errors
/// As the ledger fails.
pub fn judge_change<L: Ledger + ?Sized>(
    header: &Header,
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
    let change = match read_change(body) {
        Ok(change) => change,
        Err(why) => return Ok(Verdict::Quarantine(why)),
    };
    if ledger
        .change_max_op(case, &Digest::from_bytes(change.hash().0))?
        .is_some()
    {
        return Ok(Verdict::Known);
    }
    let actor = change.actor_id().to_bytes();
    let owner = (header.device, header.epoch);
    if ledger
        .actor_owner(actor)?
        .is_some_and(|known| known != owner)
    {
        return quarantine("its actor belongs to another device or epoch");
    }
    let deps: Vec<Digest> = change
        .deps()
        .iter()
        .map(|hash| Digest::from_bytes(hash.0))
        .collect();
    let mut missing = Vec::new();
    let mut highest = 0;
    for dep in &deps {
        match ledger.change_max_op(case, dep)? {
            Some(max_op) => highest = highest.max(max_op),
            None => missing.push(*dep),
        }
    }
    if !missing.is_empty() {
        return Ok(Verdict::Park(missing));
    }
    if change.seq() != ledger.actor_seq(case, actor)? + 1 {
        return quarantine("its number does not follow the actor's last change");
    }
    if change.start_op().get() != highest + 1 {
        return quarantine("its operation counter does not follow the changes it builds on");
    }
    Ok(Verdict::Apply(entry(case, &change)))
}

/// Check 5: magic, type byte 1 only, declared length, then a guarded parse.
fn read_change(body: &[u8]) -> Result<Change, String> {
    if body.len() > MAX_BODY_BYTES {
        return Err("change over 64 KiB".to_owned());
    }
    let magic = body.get(..4) == Some([0x85, 0x6f, 0x4a, 0x83].as_slice());
    if !magic || body.len() < CHUNK_PREFIX {
        return Err("not an Automerge chunk".to_owned());
    }
    if body.get(8) != Some(&1) {
        return Err("only uncompressed change chunks are taken".to_owned());
    }
    if declared_end(body) != Some(body.len()) {
        return Err("the chunk's declared length is not its length".to_owned());
    }
    let parsed = std::panic::catch_unwind(|| Change::from_bytes(body.to_vec()));
    let change = match parsed {
        Ok(Ok(change)) => change,
        Ok(Err(error)) => return Err(format!("unreadable change: {error}")),
        Err(_) => return Err("reading the change failed".to_owned()),
    };
    let distinct: BTreeSet<_> = change.deps().iter().collect();
    if change.deps().len() > MAX_DEPS || distinct.len() != change.deps().len() {
        return Err("too many or repeated dependencies".to_owned());
    }
    Ok(change)
}

/// Where the chunk says it ends: after its LEB128 length and that many bytes.
fn declared_end(body: &[u8]) -> Option<usize> {
    let mut length: u64 = 0;
    for (place, byte) in body.get(9..)?.iter().take(5).enumerate() {
        length |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return CHUNK_PREFIX
                .checked_add(place)?
                .checked_add(usize::try_from(length).ok()?);
        }
    }
    None
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
