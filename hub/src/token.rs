//! Short-lived tokens for devices: a signed nonce in, a bearer token for an hour out.
//!
//! `POST /v1/token` brings a device id and gets a nonce; it brings the nonce signed with the
//! device's key and gets a token. `http` asks [`authenticate`] before every other device request.
//!
//! Invariants: a nonce carries its own expiry and device under the hub's MAC, so asking for one
//! writes nothing and nobody can exhaust them; a used nonce is remembered until it expires, so it
//! works once; a token is stored as its digest only; a withdrawn device's token opens exchanges only.
//!
//! Refuses: to say whether a device is known before it has proved its key.

use lossbook_core::chain::{NonceAnswer, NonceRequest, TokenAnswer, TokenRequest};
use lossbook_core::domain::{DeviceId, Digest, Host, WallMs, cbor};
use minicbor::bytes::ByteArray;

use crate::mac;
use crate::meta::{Identity, MetaStore, in_tx};
use crate::refusal::Refusal;

/// How long a nonce is good for.
const NONCE_MS: i64 = 5 * 60 * 1_000;
const NONCE_LABEL: &str = "lossbook/hub/nonce";

/// Answers either body of `POST /v1/token`.
///
/// # Errors
/// [`Refusal`] with `MALFORMED`, `NONCE_EXPIRED` or `DEVICE_UNKNOWN`.
pub fn token(
    store: &dyn MetaStore,
    hub: &Identity,
    host: &dyn Host,
    (request, valid_ms): (&[u8], u64),
) -> Result<Vec<u8>, Refusal> {
    if let Ok(NonceRequest { device }) = cbor::decode(request) {
        let nonce = make_nonce(hub, device, host);
        return Ok(cbor::encode(&NonceAnswer {
            nonce: ByteArray::from(nonce),
        }));
    }
    let request: TokenRequest =
        cbor::decode(request).map_err(|error| Refusal::new(400, "MALFORMED", error.to_string()))?;
    let now = host.now().wall;
    let expires = check_nonce(hub, &request, now)?;
    // 128 bits, good for an hour: as short as it may be, because it goes with every request.
    let mut secret = [0; 16];
    host.fill_random(&mut secret);
    let token = hex::encode(secret);
    in_tx(store, |tx| {
        let known = tx.author(request.device)?;
        if known.is_none_or(|author| !request.is_signed_by(&author.key)) {
            return Ok(Err(unknown_device()));
        }
        if !tx.use_nonce(&Digest::of(request.nonce.as_slice()), expires)? {
            return Ok(Err(nonce_expired()));
        }
        let until = WallMs(now.0.saturating_add_unsigned(valid_ms));
        tx.forget_expired(now)?;
        tx.put_token(&token_digest(&token), request.device, until)?;
        Ok(Ok(()))
    })??;
    Ok(cbor::encode(&TokenAnswer { token, valid_ms }))
}

/// Which device a bearer token stands for.
///
/// # Errors
/// `AUTH_EXPIRED` for a token that is unknown or has run out, `DEVICE_REVOKED`.
pub fn authenticate(store: &dyn MetaStore, token: &str, now: WallMs) -> Result<DeviceId, Refusal> {
    let device = recognise(store, token, now)?;
    let author = in_tx(store, |tx| tx.author(device))?;
    match author.filter(|author| !author.revoked) {
        Some(_) => Ok(device),
        None => Err(revoked()),
    }
}

/// Which device a bearer token stands for, withdrawn or not: an exchange tells a withdrawn device
/// what it must do, and hears that it did.
///
/// # Errors
/// `AUTH_EXPIRED` for a token that is unknown or has run out.
pub fn recognise(store: &dyn MetaStore, token: &str, now: WallMs) -> Result<DeviceId, Refusal> {
    in_tx(store, |tx| {
        let held = tx.token(&token_digest(token))?;
        let Some((device, _)) = held.filter(|(_, expires)| *expires > now) else {
            return Ok(Err(Refusal::new(
                401,
                "AUTH_EXPIRED",
                "the token has run out: sign a new nonce at /v1/token",
            )));
        };
        Ok(Ok(device))
    })?
}

fn token_digest(token: &str) -> Digest {
    Digest::labelled("lossbook/hub/token", &[token.as_bytes()])
}

fn revoked() -> Refusal {
    Refusal::new(
        403,
        "DEVICE_REVOKED",
        "this device was withdrawn by head office: keep its data and ask there",
    )
}

fn unknown_device() -> Refusal {
    Refusal::new(
        403,
        "DEVICE_UNKNOWN",
        "no device of this hub has that id and key: enrol it first",
    )
}

fn nonce_expired() -> Refusal {
    Refusal::new(
        401,
        "NONCE_EXPIRED",
        "the nonce is not this hub's, was used, or is older than five minutes: ask for a new one",
    )
}

/// Eight bytes of expiry, eight random, sixteen of MAC over both and the device.
fn make_nonce(hub: &Identity, device: DeviceId, host: &dyn Host) -> [u8; 32] {
    let expires = host.now().wall.0.saturating_add(NONCE_MS);
    let mut random = [0; 8];
    host.fill_random(&mut random);
    let mut nonce = [0; 32];
    let (plain, tag) = nonce.split_at_mut(16);
    plain.copy_from_slice(&[expires.to_be_bytes(), random].concat());
    tag.copy_from_slice(&nonce_tag(hub, device, plain));
    nonce
}

fn check_nonce(hub: &Identity, request: &TokenRequest, now: WallMs) -> Result<WallMs, Refusal> {
    let (plain, tag) = request.nonce.split_at(16);
    let genuine = mac::same(tag, &nonce_tag(hub, request.device, plain));
    let expires = plain
        .first_chunk::<8>()
        .map(|bytes| WallMs(i64::from_be_bytes(*bytes)))
        .filter(|expires| genuine && *expires > now);
    expires.ok_or_else(nonce_expired)
}

fn nonce_tag(hub: &Identity, device: DeviceId, plain: &[u8]) -> [u8; 16] {
    let tag = mac::tag(&hub.mac_key, NONCE_LABEL, &[device.as_bytes(), plain]);
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(tag) {
        *to = from;
    }
    short
}
