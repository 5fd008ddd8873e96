//! After an exchange: are there newer reference data and rule packs? One small request if not.
//!
//! A state machine like the engine's: it says what to ask the hub, takes the answer, and stops at
//! the first thing that does not fit; the next exchange tries again.

use std::collections::VecDeque;

use lossbook_core::app::{AppError, Device};
use lossbook_core::chain::{NonceAnswer, NonceRequest, TokenAnswer, TokenRequest};
use lossbook_core::domain::{Digest, cbor};

use crate::sync::{HubAnswer, HubHeader};

/// A request.
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<HubHeader>,
    pub(crate) body: Vec<u8>,
}

enum Stage {
    Begin,
    Nonce,
    Prove { nonce: [u8; 32] },
    Reference,
    Packs { missing: VecDeque<Digest> },
    Done,
}

/// Whether the token may be an old one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Remembered,
    Fresh,
}

pub(crate) struct Refresh {
    stage: Stage,
    token: String,
    is: Token,
    /// Rule packs that came.
    pub(crate) new_rules: u64,
}

impl Refresh {
    pub(crate) const fn new() -> Self {
        Self {
            stage: Stage::Begin,
            token: String::new(),
            is: Token::Remembered,
            new_rules: 0,
        }
    }

    /// What to ask now; nothing when it is done.
    pub(crate) fn next(&mut self, device: &Device) -> Result<Option<Ask>, AppError> {
        if let Stage::Begin = self.stage {
            let remembered = device.remembered_token()?;
            self.stage = if remembered.is_some() {
                Stage::Reference
            } else {
                Stage::Nonce
            };
            self.token = remembered.unwrap_or_default();
        }
        let me = device.identity()?;
        let post = |body: Vec<u8>| Ask {
            method: "POST",
            path: "/v1/token".to_owned(),
            headers: Vec::new(),
            body,
        };
        Ok(match &self.stage {
            Stage::Begin | Stage::Done => None,
            Stage::Nonce => Some(post(cbor::encode(&NonceRequest { device: me.device }))),
            Stage::Prove { nonce } => {
                let proof = TokenRequest::make(me.device, *nonce, &me.key);
                Some(post(cbor::encode(&proof)))
            }
            Stage::Reference => Some(self.reference(device)?),
            Stage::Packs { missing } => missing
                .front()
                .map(|digest| self.get(format!("/v1/packs/{digest}"))),
        })
    }

    fn get(&self, path: String) -> Ask {
        Ask {
            method: "GET",
            path,
            headers: vec![HubHeader {
                name: "Authorization".to_owned(),
                value: format!("Bearer {}", self.token),
            }],
            body: Vec::new(),
        }
    }

    fn reference(&self, device: &Device) -> Result<Ask, AppError> {
        let (heads, tag) = device.reference_cursor()?;
        let after: Vec<String> = heads
            .iter()
            .filter(|(_, version)| *version > 0)
            .map(|(scope, version)| format!("{scope}.{version}"))
            .collect();
        let mut ask = self.get(format!("/v1/reference?after={}", after.join(",")));
        ask.headers.push(HubHeader {
            name: "If-None-Match".to_owned(),
            value: format!("\"{tag}\""),
        });
        Ok(ask)
    }

    /// Takes an answer, or that none came.
    pub(crate) fn take(
        &mut self,
        device: &Device,
        answer: Option<HubAnswer>,
    ) -> Result<(), AppError> {
        let stage = std::mem::replace(&mut self.stage, Stage::Done);
        let Some(answer) = answer else {
            return Ok(());
        };
        let is_refused = matches!(answer.status, 401 | 403);
        self.stage = match stage {
            Stage::Nonce if answer.status == 200 => match cbor::decode::<NonceAnswer>(&answer.body)
            {
                Ok(read) => Stage::Prove { nonce: *read.nonce },
                Err(_) => Stage::Done,
            },
            Stage::Prove { .. } if answer.status == 200 => self.signed_in(device, &answer.body)?,
            Stage::Reference if is_refused && self.is == Token::Remembered => {
                self.is = Token::Fresh;
                Stage::Nonce
            }
            Stage::Reference if matches!(answer.status, 200 | 304) => {
                Self::taken(device, &answer.body)?
            }
            Stage::Packs { mut missing } if answer.status == 200 => {
                device.take_pack(&answer.body)?;
                self.new_rules += 1;
                missing.pop_front();
                Stage::Packs { missing }
            }
            Stage::Begin
            | Stage::Nonce
            | Stage::Prove { .. }
            | Stage::Reference
            | Stage::Packs { .. }
            | Stage::Done => Stage::Done,
        };
        Ok(())
    }

    fn signed_in(&mut self, device: &Device, body: &[u8]) -> Result<Stage, AppError> {
        let Ok(given) = cbor::decode::<TokenAnswer>(body) else {
            return Ok(Stage::Done);
        };
        device.remember_token(&given.token)?;
        self.token = given.token;
        self.is = Token::Fresh;
        Ok(Stage::Reference)
    }

    /// Takes reference data; an empty body says that there is nothing new.
    fn taken(device: &Device, body: &[u8]) -> Result<Stage, AppError> {
        if !body.is_empty() && device.take_reference(body)?.more {
            return Ok(Stage::Reference);
        }
        // Also one whose packs did not all come last time.
        let Some(shelf) = device.shelf_due()? else {
            return Ok(Stage::Done);
        };
        let missing = device.take_shelf(&shelf)?.into();
        Ok(Stage::Packs { missing })
    }
}
