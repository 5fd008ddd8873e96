//! The access token: asked for with a signature over the hub's nonce, renewed unseen.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::effect::{Block, Body, Effect, Method};
use super::engine::{Engine, Turn};
use super::phase::{AuthStep, Next, Phase};
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
            Self::Missing => "Missing",
            Self::Fresh { .. } => "Fresh",
            Self::Proven { .. } => "Proven",
        })
    }
}

impl Token {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Missing => None,
            Self::Fresh { text, .. } | Self::Proven { text, .. } => Some(text),
        }
    }

    pub(super) fn is_good(&self, now_ms: u64) -> bool {
        match self {
            Self::Missing => false,
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
                    self.token = Token::Fresh {
                        text: token,
                        until_ms: turn.now.saturating_add(valid_ms),
                    };
                    return self.go(turn, then);
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
        headers: vec![("Content-Type", "application/cbor".to_owned())],
        body: Body::Mem(body),
    }
}
