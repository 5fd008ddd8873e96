//! The access token: asked for with a signature over the hub's nonce, renewed unseen.

use std::collections::VecDeque;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::effect::{Block, Body, Effect, LoadRequest, Method, Txn};
use super::engine::{Engine, Turn};
use super::event::{OpId, SavedToken};
use super::phase::{AfterStore, AuthStep, Next, Phase};
use super::wire::{Call, Response};
use crate::domain::{DeviceId, cbor};

/// A token is renewed so long before it ends.
const RENEW_EARLY_MS: u64 = 5_000;
const MAX_TOKEN_BYTES: usize = 4_096;

#[derive(Encode, Decode)]
#[cbor(array)]
struct AskNonce {
    #[n(0)]
    device: DeviceId,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct GiveNonce {
    #[n(0)]
    nonce: ByteArray<32>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct AskToken {
    #[n(0)]
    device: DeviceId,
    #[n(1)]
    nonce: ByteArray<32>,
    #[n(2)]
    sig: ByteArray<64>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct GiveToken {
    #[n(0)]
    token: String,
    #[n(1)]
    valid_ms: u64,
}

/// The access token, if any.
pub(super) enum Token {
    /// That of an earlier run was not looked for yet.
    Unasked,
    Missing,
    /// Never used yet.
    Fresh {
        text: String,
        until_ms: u64,
    },
    /// The hub took it before.
    Proven {
        text: String,
        until_ms: u64,
    },
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unasked => "Unasked",
            Self::Missing => "Missing",
            Self::Fresh { .. } => "Fresh",
            Self::Proven { .. } => "Proven",
        })
    }
}

impl Token {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Unasked | Self::Missing => None,
            Self::Fresh { text, .. } | Self::Proven { text, .. } => Some(text),
        }
    }

    pub(super) fn is_good(&self, now_ms: u64) -> bool {
        match self {
            Self::Unasked | Self::Missing => false,
            // Even a token shorter than the margin is used once.
            Self::Fresh { .. } => true,
            Self::Proven { until_ms, .. } => now_ms.saturating_add(RENEW_EARLY_MS) < *until_ms,
        }
    }

    /// The hub took it.
    pub(super) fn prove(&mut self) {
        if let Self::Fresh { text, until_ms } = self {
            *self = Self::Proven {
                text: std::mem::take(text),
                until_ms: *until_ms,
            };
        }
    }
}

impl Engine {
    /// Gets a token: that of an earlier run, or a new one.
    pub(super) fn authenticate(&mut self, turn: &mut Turn, then: Next) {
        match self.token {
            Token::Unasked => {
                let op = OpId(self.make_id());
                turn.out.push(Effect::Load {
                    op,
                    what: LoadRequest::Token,
                });
                self.phase = Phase::Recall { op, then };
            }
            Token::Missing | Token::Fresh { .. } | Token::Proven { .. } => {
                self.ask_nonce(turn, then);
            }
        }
    }

    /// The token of an earlier run was looked for.
    pub(super) fn on_recalled(&mut self, turn: &mut Turn, saved: Option<SavedToken>) {
        self.token = Token::Missing;
        if let Some(SavedToken { text, left_ms }) = saved {
            self.token = Token::Proven {
                text,
                until_ms: turn.now.saturating_add(left_ms),
            };
        }
        if let Phase::Recall { then, .. } = std::mem::replace(&mut self.phase, Phase::Idle) {
            self.go(turn, then);
        }
    }

    pub(super) fn ask_nonce(&mut self, turn: &mut Turn, then: Next) {
        self.token = Token::Missing;
        let body = cbor::encode(&AskNonce {
            device: self.device,
        });
        let rid = self.send(turn, token_call(body));
        self.phase = Phase::Auth {
            step: AuthStep::Nonce { rid },
            then,
        };
    }

    pub(super) fn on_signed(&mut self, turn: &mut Turn, nonce: &[u8], sig: [u8; 64]) {
        let Phase::Auth { step, then: _ } = &mut self.phase else {
            return;
        };
        let AuthStep::Signing { nonce: wanted } = step else {
            return;
        };
        let (true, Ok(nonce)) = (wanted == nonce, <[u8; 32]>::try_from(nonce)) else {
            return;
        };
        let body = cbor::encode(&AskToken {
            device: self.device,
            nonce: ByteArray::from(nonce),
            sig: ByteArray::from(sig),
        });
        let rid = self.send(turn, token_call(body));
        if let Phase::Auth { step, then: _ } = &mut self.phase {
            *step = AuthStep::Token { rid };
        }
    }

    pub(super) fn on_auth(&mut self, turn: &mut Turn, step: &AuthStep, then: Next, got: &Response) {
        match got.status {
            200 => {}
            401 | 403 | 404 => {
                turn.trouble("TOKEN", &format!("status {}", got.status), None);
                return self.block(Block::NeedAuth);
            }
            other => {
                turn.trouble("TOKEN", &format!("status {other}"), None);
                return self.wait(turn, got.retry_after_ms(), then);
            }
        }
        match step {
            AuthStep::Nonce { .. } => {
                if let Ok(GiveNonce { nonce }) = cbor::decode(&got.body) {
                    let nonce = nonce.to_vec();
                    turn.out.push(Effect::Sign {
                        nonce: nonce.clone(),
                    });
                    let step = AuthStep::Signing { nonce };
                    self.phase = Phase::Auth { step, then };
                    return;
                }
            }
            AuthStep::Token { .. } => {
                let given = cbor::decode(&got.body).ok().filter(is_header_safe);
                if let Some(GiveToken { token, valid_ms }) = given {
                    let kept = Txn::Token {
                        text: token.clone(),
                        valid_ms,
                    };
                    self.token = Token::Fresh {
                        text: token,
                        until_ms: turn.now.saturating_add(valid_ms),
                    };
                    let queue = VecDeque::from([kept]);
                    return self.store(turn, queue, AfterStore::Go(then));
                }
            }
            AuthStep::Signing { .. } => {}
        }
        turn.trouble("TOKEN", "the answer is not what was asked for", None);
        self.wait(turn, 0, then);
    }
}

/// The token becomes a header, so it may hold nothing that ends one.
fn is_header_safe(given: &GiveToken) -> bool {
    let token = given.token.as_bytes();
    !token.is_empty() && token.len() <= MAX_TOKEN_BYTES && token.iter().all(u8::is_ascii_graphic)
}

fn token_call(body: Vec<u8>) -> Call {
    Call {
        method: Method::Post,
        path: "/v1/token".to_owned(),
        headers: Vec::new(),
        body: Body::Mem(body),
    }
}
