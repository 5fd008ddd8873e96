//! One exchange with a device: its runs come in, acknowledgements, receipts and news go out.
//!
//! Input is the page of `POST /v1/sync` and who sent it, as the token says; output is the answer's
//! page. Knows no socket: `http`, the demo and the simulator call the same function.
//!
//! Invariants: everything of one exchange is one transaction, so an acknowledgement is durable
//! when it is sent; a run enters its scope's feed in the transaction that took it; a receipt
//! stands behind every mark that moved and every blob that was verified; what a device pushed is
//! taken even if it may not pull.
//!
//! Refuses: to judge envelopes (the gate does), and to answer for a device other than the token's.

mod cursor;
mod pull;
pub(crate) mod push;
mod receipt;

use lossbook_core::chain::short::ShortRun;
use lossbook_core::chain::{Author, Mark, Run, StreamId};
use lossbook_core::domain::{DeviceId, Digest, Reading, ScopeId};
use lossbook_core::store::StoreError;
use lossbook_core::sync::frame::{
    ClaimMark, DEFAULT_REQUEST_BYTES, Fault, Frame, HeaderTag, Hello, PageError, Pull, StreamName,
    Welcome, dictionary_of, pack_with, unpack,
};

use crate::meta::{Identity, MetaStore, MetaTx, in_tx};
use crate::refusal::Refusal;
use crate::rights;

/// The protocol version spoken.
pub const PROTOCOL: u8 = 1;
/// Documents written under an older schema can no longer be read with confidence.
pub const MIN_SCHEMA: u32 = 1;
/// Largest request body taken.
pub const MAX_REQUEST_BYTES: usize = 1024 * 1024;

/// What a device hears that head office withdrew. Why, and what to do, stands in its private scope,
/// signed: it may read that one to the end.
const WITHDRAWN: &str = "this device was withdrawn by head office（该设备已被总部撤销）: ask there";

/// Who speaks, and when.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The token's device.
    pub device: DeviceId,
    /// The hub's clocks.
    pub now: Reading,
}

/// What goes back.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The packed page.
    pub page: Vec<u8>,
    /// When to try again, if that can help.
    pub retry_after_s: Option<u32>,
}

/// A request, sorted.
#[derive(Debug)]
struct Request {
    hello: Hello,
    parcels: Vec<Parcel>,
    pull: Option<Pull>,
}

/// A run as it came.
#[derive(Debug)]
enum Parcel {
    Long(Run),
    Short(StreamName, ShortRun),
}

/// Who speaks, of which streams, and what they may read.
struct Conversation<'c> {
    caller: Caller,
    request: &'c Request,
    /// The caller's private scope first, because receipts and certificates are there.
    scopes: Vec<ScopeId>,
    /// The streams of the hello; nothing where its scope cannot be read.
    claims: Vec<Option<StreamId>>,
}

impl Conversation<'_> {
    /// The streams that were claimed, in the places that frames name.
    fn claimed(&self) -> impl Iterator<Item = Option<StreamId>> {
        self.claims.iter().copied()
    }

    /// The shortest name of a stream for the caller.
    fn name_of(&self, stream: StreamId) -> StreamName {
        // A place that is not readable has no stream, and no stream is looked for there.
        let nowhere = StreamId {
            scope: ScopeId::from_bytes([0; 16]),
            ..stream
        };
        StreamName::of(stream, self.claimed().map(|claim| claim.unwrap_or(nowhere)))
    }

    /// The stream that the caller named.
    fn stream_of(&self, name: StreamName) -> Option<StreamId> {
        match name {
            StreamName {
                claim: Some(place),
                stream: None,
            } => self.claims.get(usize::try_from(place).ok()?).copied()?,
            StreamName {
                claim: None,
                stream,
            } => stream,
            StreamName { .. } => None,
        }
    }
}

/// Answers one exchange. Never fails: refusals are frames.
pub fn exchange(store: &dyn MetaStore, hub: &Identity, caller: Caller, request: &[u8]) -> Answer {
    // Whoever packs with a dictionary knows it.
    let dictionary = dictionary_of(request);
    let answered =
        read(request).and_then(|request| in_tx(store, |tx| answer(tx, hub, caller, &request))?);
    match answered {
        Ok(frames) => packed(200, &frames, (dictionary, None)),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Answer {
    let fault = fault(refusal.code, refusal.detail.clone());
    let frames = vec![Frame::Fault(fault), Frame::End];
    packed(refusal.status, &frames, (None, refusal.retry_after_s))
}

fn packed(
    status: u16,
    frames: &[Frame],
    (dictionary, retry_after_s): (Option<u8>, Option<u32>),
) -> Answer {
    match pack_with(frames, dictionary) {
        Ok(page) => Answer {
            status,
            page,
            retry_after_s,
        },
        Err(error) => {
            // Sizes are bounded where frames are made; an empty page is read as a cut one.
            tracing::error!(%error, "an answer could not be packed");
            Answer {
                status: 500,
                page: Vec::new(),
                retry_after_s,
            }
        }
    }
}

/// A fault that is about no stream in particular.
fn fault(code: &str, detail: impl Into<String>) -> Fault {
    Fault {
        code: code.to_owned(),
        detail: detail.into(),
        stream: None,
        expected: None,
    }
}

/// Sorts a page's frames and checks its greeting.
fn read(page: &[u8]) -> Result<Request, Refusal> {
    let malformed = |detail: &str| Refusal::new(400, "MALFORMED", detail);
    let frames = unpack(page).map_err(|error| match error {
        PageError::TooLarge => Refusal::new(413, "TOO_LARGE", error.to_string()),
        PageError::UnknownDictionary(_) => {
            Refusal::new(415, "DICTIONARY_UNKNOWN", error.to_string())
        }
        PageError::Compression | PageError::FrameLength | PageError::Frame(_) => {
            malformed(&error.to_string())
        }
    })?;
    let mut frames = frames.into_iter();
    let Some(Frame::Hello(hello)) = frames.next() else {
        return Err(malformed("a request begins with a hello"));
    };
    if !hello.protocols.contains(&PROTOCOL) {
        return Err(Refusal::new(
            426,
            "PROTOCOL_UNKNOWN",
            "this hub speaks protocol 1 only: update the app",
        ));
    }
    let mut request = Request {
        hello,
        parcels: Vec::new(),
        pull: None,
    };
    for frame in frames {
        match frame {
            Frame::Run(run) => request.parcels.push(Parcel::Long(run)),
            Frame::Short(short) => {
                let parcel = Parcel::Short(short.stream, short.into_run());
                request.parcels.push(parcel);
            }
            Frame::Pull(pull) => request.pull = Some(pull),
            Frame::End => break,
            Frame::Hello(_)
            | Frame::Welcome(_)
            | Frame::Ack(_)
            | Frame::Late(_)
            | Frame::Cursor(_)
            | Frame::Fault(_) => return Err(malformed("a frame that no device sends")),
        }
    }
    Ok(request)
}

/// The scopes a device may read: its private one first, because receipts and certificates are
/// there. A withdrawn device reads only that one: there it finds what it must do.
fn readable(device: DeviceId, author: &Author) -> Vec<ScopeId> {
    let mut scopes = vec![ScopeId::private_of(device)];
    if !author.revoked {
        scopes.extend(&author.scopes);
    }
    scopes
}

fn answer(
    tx: &dyn MetaTx,
    hub: &Identity,
    caller: Caller,
    request: &Request,
) -> Result<Result<Vec<Frame>, Refusal>, StoreError> {
    let Some(author) = tx.author(caller.device)? else {
        return Ok(Err(Refusal::new(403, "DEVICE_REVOKED", WITHDRAWN)));
    };
    if !author.revoked {
        rights::renew_if_due(tx, hub, caller.device, caller.now)?;
    }
    let scopes = readable(caller.device, &author);
    let talk = Conversation {
        caller,
        request,
        claims: claims(&request.hello, caller.device, &scopes),
        scopes,
    };
    let marks = marks(tx, &talk)?;
    let welcome = welcome(&talk, &marks);
    let (frames, pushed) = push::take(tx, &talk, &marks)?;
    receipt::issue(tx, hub, caller)?;
    let mut answer = vec![Frame::Welcome(welcome)];
    answer.extend(frames);
    if let Some(pull) = &request.pull {
        if request.hello.schema < MIN_SCHEMA {
            let detail = "this app is too old to read what is new: update it";
            answer.push(Frame::Fault(fault("SCHEMA_TOO_OLD", detail)));
        } else {
            answer.extend(pull::page(tx, hub, (&talk, pull))?);
        }
    }
    if author.revoked {
        answer.push(Frame::Fault(fault("DEVICE_REVOKED", WITHDRAWN)));
    }
    answer.push(Frame::End);
    let push::Pushed {
        fresh,
        duplicates,
        refused,
    } = pushed;
    tracing::info!(device = %caller.device, fresh, duplicates, refused, "exchange");
    Ok(Ok(answer))
}

/// The streams of a hello.
fn claims(hello: &Hello, device: DeviceId, scopes: &[ScopeId]) -> Vec<Option<StreamId>> {
    let stream = |scope| StreamId {
        scope,
        device,
        epoch: hello.epoch,
    };
    hello
        .streams
        .iter()
        .map(|claim| claim.scope.find(scopes).map(stream))
        .collect()
}

/// Where the hub stands with the claimed streams before this exchange.
fn marks(tx: &dyn MetaTx, talk: &Conversation<'_>) -> Result<Vec<Mark>, StoreError> {
    let nothing = Mark {
        seq: 0,
        header: Digest::ZERO,
    };
    talk.claimed()
        .map(|claim| match claim {
            Some(stream) => Ok(tx.mark(stream)?.unwrap_or(nothing)),
            None => Ok(nothing),
        })
        .collect()
}

/// Only what is not as claimed is said.
fn welcome(talk: &Conversation<'_>, marks: &[Mark]) -> Welcome {
    let claimed = talk.request.hello.streams.iter();
    let others: Vec<ClaimMark> = claimed
        .zip(marks)
        .zip(0..)
        .filter_map(|((claim, held), place)| {
            let header = match held.seq {
                0 => HeaderTag::NONE,
                _ => HeaderTag::of(&held.header),
            };
            let as_claimed = (claim.last_seq, claim.last_header) == (held.seq, header);
            (!as_claimed).then_some(ClaimMark {
                claim: place,
                mark: held.seq,
                header,
            })
        })
        .collect();
    let max_request_bytes = MAX_REQUEST_BYTES as u64;
    Welcome {
        hub_time: talk.caller.now.wall,
        streams: (!others.is_empty()).then_some(others),
        max_request_bytes: (max_request_bytes != DEFAULT_REQUEST_BYTES)
            .then_some(max_request_bytes),
    }
}
