//! Rule packs on a device: fetched from the hub when it can be reached, listed always.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use lossbook_core::app::{Device, HeldPack};
use lossbook_core::chain::{NonceAnswer, NonceRequest, RefusalAnswer, TokenAnswer, TokenRequest};
use lossbook_core::domain::cbor;
use lossbook_core::rules::Packs;
use serde_json::{Value, json};

use super::Said;
use crate::failure::Failure;
use crate::http::Client;

const QUIET: Duration = Duration::from_secs(20);
/// The code of a failure that leaves the list as it was: the hub was not reached.
pub(super) const NO_NETWORK: &str = "no_network";
/// The code of a failure that a new token may mend.
pub(super) const REFUSED: &str = "refused";

/// Fetches what is new and lists what is here; without a way to the hub it only lists.
///
/// # Errors
/// As [`fetch`], but for a hub that does not answer.
pub(super) fn run(device: &Device, ca: Option<&Path>) -> Result<Said, Failure> {
    let mut warnings = Vec::new();
    let fetched = match device.identity()?.pinned {
        Some(pinned) => match fetch(device, &Client::new(&pinned.url, ca)?) {
            Ok(fetched) => Some(fetched),
            Err(failure) if failure.code == NO_NETWORK => {
                warnings.push(failure.message);
                None
            }
            Err(failure) => return Err(failure),
        },
        None => None,
    };
    let mut said = list(&device.held_packs()?, &*device.packs()?);
    if let Some(json) = said.json.as_object_mut() {
        json.insert("fetched".to_owned(), json!(fetched));
    }
    said.warnings = warnings;
    Ok(said)
}

/// Fetches the shelf and the packs that are missing; how many.
///
/// # Errors
/// Exit 4 without a way to the hub, if it refuses, or if what it gives cannot be trusted or read.
pub(super) fn fetch(device: &Device, client: &Client) -> Result<usize, Failure> {
    let bearer = bearer(device, client)?;
    let shelf = get(client, "/v1/packs", &bearer)?;
    take(device, client, (&shelf, &bearer))
}

/// Takes a shelf, and fetches the packs that are missing; how many.
///
/// # Errors
/// As [`fetch`].
pub(super) fn take(
    device: &Device,
    client: &Client,
    (shelf, bearer): (&[u8], &(String, String)),
) -> Result<usize, Failure> {
    let missing = device.take_shelf(shelf)?;
    for digest in &missing {
        let bytes = get(client, &format!("/v1/packs/{digest}"), bearer)?;
        device.take_pack(&bytes)?;
    }
    Ok(missing.len())
}

/// `device token`: for programs that bring photos in this device's place.
///
/// # Errors
/// Exit 4 without a way to the hub, or if it refuses.
pub(super) fn token(device: &Device, ca: Option<&Path>) -> Result<Said, Failure> {
    let pinned = device
        .identity()?
        .pinned
        .ok_or(lossbook_core::app::AppError::NotEnrolled)?;
    let given = ask_token(device, &Client::new(&pinned.url, ca)?)?;
    Ok(Said::new(
        json!({"token": given.token, "valid_seconds": given.valid_ms / 1000}),
        given.token,
    ))
}

/// The header that proves who asks, for an hour.
fn bearer(device: &Device, client: &Client) -> Result<(String, String), Failure> {
    Ok(bearer_of(&ask_token(device, client)?.token))
}

/// The header that bears a token.
pub(super) fn bearer_of(token: &str) -> (String, String) {
    ("Authorization".to_owned(), format!("Bearer {token}"))
}

pub(super) fn ask_token(device: &Device, client: &Client) -> Result<TokenAnswer, Failure> {
    let me = device.identity()?;
    let ask = |body: Vec<u8>| send(client, ("POST", "/v1/token"), &[], body);
    let nonce: NonceAnswer = read(&ask(cbor::encode(&NonceRequest { device: me.device }))?)?;
    let proof = TokenRequest::make(me.device, *nonce.nonce, &me.key);
    read(&ask(cbor::encode(&proof))?)
}

fn read<T>(bytes: &[u8]) -> Result<T, Failure>
where
    T: for<'b> minicbor::Decode<'b, ()> + minicbor::Encode<()>,
{
    cbor::decode(bytes).map_err(|error| {
        Failure::not_now(
            "wrong_hub",
            format!("this is no answer of a Lossbook hub: {error}"),
        )
    })
}

fn get(client: &Client, path: &str, bearer: &(String, String)) -> Result<Vec<u8>, Failure> {
    send(
        client,
        ("GET", path),
        std::slice::from_ref(bearer),
        Vec::new(),
    )
}

/// What the hub has there, or nothing if it has nothing new.
pub(super) fn get_new(
    client: &Client,
    path: &str,
    headers: &[(String, String)],
) -> Result<Option<Vec<u8>>, Failure> {
    let bytes = send(client, ("GET", path), headers, Vec::new())?;
    Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
}

fn send(
    client: &Client,
    (method, path): (&str, &str),
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Result<Vec<u8>, Failure> {
    let answer = client.send(method, path, headers, (body, QUIET)).map_err(|why| {
        let text = format!(
            "the hub does not answer ({why:?}), so rule packs stay as they are（连不上机构，规则包不变）"
        );
        Failure::not_now(NO_NETWORK, text)
    })?;
    // Not modified: nothing new, and no body.
    if matches!(answer.status, 200 | 304) {
        return Ok(answer.body);
    }
    let json = serde_json::from_slice::<Value>(&answer.body);
    let detail = match (cbor::decode::<RefusalAnswer>(&answer.body), json) {
        (Ok(refused), _) => refused.detail,
        (Err(_), Ok(json)) => {
            let detail = json.get("detail").and_then(Value::as_str);
            detail.unwrap_or_default().to_owned()
        }
        (Err(_), Err(_)) => format!("status {}", answer.status),
    };
    Err(Failure::not_now(
        REFUSED,
        format!("the hub refused {path}: {detail}"),
    ))
}

fn list(held: &[HeldPack], in_force: &Packs) -> Said {
    let mut text = String::new();
    let packs: Vec<Value> = held
        .iter()
        .map(|pack| {
            let digest = pack.digest.to_hex();
            let known = in_force.all().iter().find(|one| one.digest() == pack.digest);
            let title = known.map(|one| &one.title);
            // Writing to a String cannot fail.
            let _infallible = writeln!(
                text,
                "{:<28} {:<8} {:<9} {digest}  {}",
                pack.id,
                pack.version,
                pack.standing.word(),
                title.map_or("", |names| names.zh.as_str())
            );
            json!({
                "id": pack.id, "version": pack.version, "standing": pack.standing.word(),
                "digest": digest, "title": title.map(|names| json!({"zh": names.zh, "en": names.en})),
            })
        })
        .collect();
    Said::new(json!({"packs": packs}), text)
}
