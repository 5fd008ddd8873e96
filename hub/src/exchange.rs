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
mod push;
mod receipt;

use lossbook_core::chain::{Author, Mark, Run};
use lossbook_core::domain::{DeviceId, Digest, Reading, ScopeId};
use lossbook_core::store::StoreError;
use lossbook_core::sync::frame::{
    Fault, Frame, Hello, PageError, Pull, StreamMark, Welcome, pack, unpack,
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
    runs: Vec<Run>,
    pull: Option<Pull>,
}

/// Answers one exchange. Never fails: refusals are frames.
pub fn exchange(store: &dyn MetaStore, hub: &Identity, caller: Caller, request: &[u8]) -> Answer {
    let answered = read(request, caller.device)
        .and_then(|request| in_tx(store, |tx| answer(tx, hub, caller, &request))?);
    match answered {
        Ok(frames) => packed(200, frames, None),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Answer {
    let fault = fault(refusal.code, refusal.detail.clone());
    let frames = vec![Frame::Fault(fault), Frame::End];
    packed(refusal.status, frames, refusal.retry_after_s)
}

fn packed(status: u16, frames: Vec<Frame>, retry_after_s: Option<u32>) -> Answer {
    match pack(&frames) {
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
fn read(page: &[u8], device: DeviceId) -> Result<Request, Refusal> {
    let malformed = |detail: &str| Refusal::new(400, "MALFORMED", detail);
    let frames = unpack(page).map_err(|error| match error {
        PageError::TooLarge => Refusal::new(413, "TOO_LARGE", error.to_string()),
        PageError::Compression | PageError::FrameLength | PageError::Frame(_) => {
            malformed(&error.to_string())
        }
    })?;
    let mut frames = frames.into_iter();
    let Some(Frame::Hello(hello)) = frames.next() else {
        return Err(malformed("a request begins with a hello"));
    };
    if hello.device != device {
        return Err(Refusal::new(
            403,
            "DEVICE_MISMATCH",
            "the hello names another device than the token",
        ));
    }
    if !hello.protocols.contains(&PROTOCOL) {
        return Err(Refusal::new(
            426,
            "PROTOCOL_UNKNOWN",
            "this hub speaks protocol 1 only: update the app",
        ));
    }
    let mut request = Request {
        hello,
        runs: Vec::new(),
        pull: None,
    };
    for frame in frames {
        match frame {
            Frame::Run(run) => request.runs.push(run),
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
    let welcome = welcome(tx, hub, caller, (&request.hello, &scopes))?;
    let (frames, pushed) = push::take(tx, request, (&welcome, &scopes))?;
    receipt::issue(tx, hub, caller)?;
    let mut answer = vec![Frame::Welcome(welcome)];
    answer.extend(frames);
    if let Some(pull) = &request.pull {
        if request.hello.schema < MIN_SCHEMA {
            let detail = "this app is too old to read what is new: update it";
            answer.push(Frame::Fault(fault("SCHEMA_TOO_OLD", detail)));
        } else {
            answer.extend(pull::page(tx, hub, (request, pull), &scopes)?);
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

/// Where the hub stands before this exchange.
fn welcome(
    tx: &dyn MetaTx,
    hub: &Identity,
    caller: Caller,
    (hello, scopes): (&Hello, &[ScopeId]),
) -> Result<Welcome, StoreError> {
    let mut streams = Vec::with_capacity(hello.streams.len());
    for claim in &hello.streams {
        let mark = tx.mark(claim.stream)?.unwrap_or(Mark {
            seq: 0,
            header: Digest::ZERO,
        });
        streams.push(StreamMark {
            stream: claim.stream,
            mark: mark.seq,
            header: mark.header,
        });
    }
    Ok(Welcome {
        hub: hub.device(),
        hub_time: caller.now.wall,
        scopes: scopes.to_vec(),
        streams,
        max_request_bytes: MAX_REQUEST_BYTES as u64,
    })
}
