//! Requests and their answers, as far as they are alike for tokens, exchanges and photos.

use super::answer::faults_of;
use super::auth::Token;
use super::effect::{Block, Body, Effect, Method, Request};
use super::engine::{Engine, Turn};
use super::event::{Failure, RequestId};
use super::pace;
use super::phase::{Next, Phase};

/// A request before it has its name, token and patience.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Response {
    pub(super) const fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let same = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .find(same)
            .map(|(_, value)| value.trim())
    }

    pub(super) fn retry_after_ms(&self) -> u64 {
        pace::retry_after_ms(self.header("Retry-After"), self.header("Date"))
    }

    fn is_revocation(&self) -> bool {
        let faults = faults_of(&self.body);
        self.status == 403 && faults.iter().any(|fault| fault.code == "DEVICE_REVOKED")
    }
}

impl Engine {
    pub(super) fn send(&mut self, turn: &mut Turn, call: Call) -> RequestId {
        let rid = RequestId(self.make_id());
        let Call {
            method,
            path,
            headers,
            body,
        } = call;
        let mut headers: Vec<(String, String)> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        if let Some(token) = self.token.text() {
            headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
        }
        self.progress.requests += 1;
        self.budget.note_request();
        self.body_len = body.len_bytes();
        turn.out.push(Effect::Http(Request {
            rid,
            method,
            path,
            headers,
            body,
            no_progress_ms: pace::no_progress_ms(self.link),
        }));
        rid
    }

    fn count_bytes(&mut self, up: u64, down: u64) {
        self.progress.bytes_up = self.progress.bytes_up.saturating_add(up);
        self.progress.bytes_down = self.progress.bytes_down.saturating_add(down);
    }

    pub(super) fn on_done(&mut self, turn: &mut Turn, rid: RequestId, got: Response) {
        if self.phase.in_flight() != Some(rid) {
            return;
        }
        self.count_bytes(self.body_len, got.body.len() as u64);
        let phase = std::mem::replace(&mut self.phase, Phase::Idle);
        if got.is_revocation() {
            return self.block(Block::Revoked);
        }
        match phase {
            Phase::Auth { step, then } => self.on_auth(turn, &step, then, &got),
            Phase::Exchange { .. } if self.is_refused(turn, &got) => {
                self.retry(turn, &got, Next::Exchange);
            }
            Phase::Exchange { sent, .. } => self.on_answer(turn, &sent, &got),
            Phase::Blobs { upload, .. } if self.is_refused(turn, &got) => {
                self.retry(turn, &got, Next::Blobs(upload));
            }
            Phase::Blobs { step, upload, .. } => self.on_blob(turn, step, upload, &got),
            Phase::Stopped
            | Phase::Idle
            | Phase::Recall { .. }
            | Phase::Loading { .. }
            | Phase::Storing { .. }
            | Phase::Backoff { .. }
            | Phase::Blocked(_)
            | Phase::DiskFull => {}
        }
    }

    /// Refusals that have nothing to do with what was asked.
    fn is_refused(&mut self, turn: &mut Turn, got: &Response) -> bool {
        match got.status {
            401 => true,
            429 | 502 | 503 | 504 => {
                turn.trouble("BUSY", &format!("status {}", got.status), None);
                true
            }
            _ => {
                self.token.prove();
                self.refused_tokens = 0;
                false
            }
        }
    }

    fn retry(&mut self, turn: &mut Turn, got: &Response, next: Next) {
        if got.status != 401 {
            return self.wait(turn, got.retry_after_ms(), next);
        }
        self.token = Token::Missing;
        self.refused_tokens += 1;
        if self.refused_tokens > 1 {
            turn.trouble("TOKEN", "a fresh token is refused", None);
            return self.block(Block::NeedAuth);
        }
        self.progress.retries += 1;
        self.go(turn, next);
    }

    pub(super) fn on_fail(&mut self, turn: &mut Turn, rid: RequestId, why: Failure, sent: u64) {
        if self.phase.in_flight() != Some(rid) {
            return;
        }
        self.count_bytes(sent.min(self.body_len), 0);
        let code = match why {
            Failure::NoNetwork => "NO_NETWORK",
            Failure::Cut => "CUT",
            Failure::Timeout => "TIMEOUT",
            Failure::Refused => "REFUSED",
            Failure::Tls => "TLS",
        };
        turn.trouble(code, &format!("{sent} bytes had left"), None);
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Auth { then, .. } => self.wait(turn, 0, then),
            Phase::Blobs { step, upload, .. } => self.on_blob_fail(turn, &step, upload, why),
            Phase::Exchange { .. } => {
                match why {
                    Failure::Cut | Failure::Timeout => self.batch.halve(),
                    Failure::NoNetwork | Failure::Refused | Failure::Tls => {}
                }
                self.wait(turn, 0, Next::Exchange);
            }
            Phase::Stopped
            | Phase::Idle
            | Phase::Recall { .. }
            | Phase::Loading { .. }
            | Phase::Storing { .. }
            | Phase::Backoff { .. }
            | Phase::Blocked(_)
            | Phase::DiskFull => self.wait(turn, 0, Next::Exchange),
        }
    }
}
