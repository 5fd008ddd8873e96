//! Enrolling, synchronising, and the honest state of what was saved.

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use lossbook_core::app::{Device, PREVIEWS_AT_ONCE};
use lossbook_core::chain::{EnrolAnswer, EnrolRequest, Invite};
use lossbook_core::domain::{cbor, civil_text};
use lossbook_core::statement::Language;
use lossbook_core::store::StoreError;
use lossbook_core::sync::{Link, LinkClass, Progress};
use minicbor::{Decode, Encode};
use serde_json::json;

use super::args::SyncArgs;
use super::{Said, reference};
use crate::driver::{Outcome, Patience, synchronise};
use crate::failure::Failure;
use crate::http::Client;

/// The hub's refusal of an enrolment.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
struct Refused {
    #[n(0)]
    code: String,
    #[n(1)]
    detail: String,
}

/// Enrols a device with the hub of the code.
///
/// # Errors
/// Exit 2 for a code that is wrong or used, exit 4 without a way to the hub or if another hub
/// answers.
pub fn enrol(device: &Device, code: &str, ca: Option<&Path>) -> Result<Said, Failure> {
    let invite = invite(code)?;
    let request = device.enrol_request(&invite)?;
    ask(device, (&invite, &request), ca)
}

/// Lets another person in on a device that is enrolled.
///
/// # Errors
/// As [`enrol`].
pub(super) fn enrol_another(
    device: &Device,
    code: &str,
    ca: Option<&Path>,
) -> Result<Said, Failure> {
    let invite = invite(code)?;
    let request = device.request_for_another(&invite)?;
    ask(device, (&invite, &request), ca)
}

fn invite(code: &str) -> Result<Invite, Failure> {
    code.parse()
        .map_err(|error: lossbook_core::chain::InviteParseError| {
            Failure::input("bad_invite", error.to_string())
        })
}

fn ask(
    device: &Device,
    (invite, request): (&Invite, &EnrolRequest),
    ca: Option<&Path>,
) -> Result<Said, Failure> {
    let client = Client::new(&invite.url, ca)?;
    let headers = [("Content-Type".to_owned(), "application/cbor".to_owned())];
    let quiet = Duration::from_secs(20);
    let answer = client
        .send(
            "POST",
            "/v1/enrol",
            &headers,
            (cbor::encode(request), quiet),
        )
        .map_err(|why| {
            Failure::not_now(
                "no_network",
                format!(
                    "no answer from {} ({why:?}): check the network and try the same code again",
                    invite.url
                ),
            )
        })?;
    if answer.status != 200 {
        let refused = cbor::decode::<Refused>(&answer.body);
        let (code, detail) = refused.map_or(
            ("refused".to_owned(), format!("status {}", answer.status)),
            |r| (r.code, r.detail),
        );
        let used_up = code.starts_with("INVITE") || code == "BAD_REQUEST";
        let message = format!("the hub refused the enrolment code: {detail}");
        let code = code.to_lowercase();
        return Err(if used_up {
            Failure::input(&code, message)
        } else {
            Failure::not_now(&code, message)
        });
    }
    let answer: EnrolAnswer = cbor::decode(&answer.body).map_err(|error| {
        Failure::not_now(
            "wrong_hub",
            format!("{} is no Lossbook hub ({error})", invite.url),
        )
    })?;
    let pinned = device.complete_enrolment(invite, &answer)?;
    let scopes: Vec<&str> = answer
        .scopes
        .iter()
        .map(|scope| scope.name.as_str())
        .collect();
    let json = json!({"user": pinned.user, "hub": pinned.hub.to_string(), "url": pinned.url, "scopes": scopes});
    Ok(Said::new(
        json,
        format!("enrolled as {} with {}", pinned.user, pinned.url),
    ))
}

/// Synchronises once, or tells what earlier times did.
///
/// # Errors
/// As [`synchronise`].
pub(super) fn run(
    device: &Device,
    (ca, how): (Option<&Path>, &SyncArgs),
    progress: bool,
) -> Result<Said, Failure> {
    if how.log {
        return log(device);
    }
    let pinned = device
        .identity()?
        .pinned
        .ok_or(lossbook_core::app::AppError::NotEnrolled)?;
    let client = Client::new(&pinned.url, ca)?;
    let previews = if how.metered {
        device.make_previews(PREVIEWS_AT_ONCE)?
    } else {
        0
    };
    let bar = if progress {
        bar()
    } else {
        ProgressBar::hidden()
    };
    let patience = Patience {
        without_progress: Duration::from_secs(how.patience),
        hurry: 1,
        link: Link::Up {
            class: LinkClass::Wifi,
            metered: how.metered,
        },
    };
    let outcome = match synchronise(device, &client, patience, &mut |now| show(&bar, now)) {
        Err(failure) if failure.code == "revoked" => {
            // It is carried out by now; the hub is told before this phone falls silent.
            let _only_blocked_again = synchronise(device, &client, patience, &mut |_| {});
            return Err(withdrawn(device, failure)?);
        }
        done => done?,
    };
    let fetched = reference::refresh(device, &client).ok();
    bar.finish_and_clear();
    let mut said = said(&outcome);
    if let Some(json) = said.json.as_object_mut() {
        json.insert("previews_made".to_owned(), json!(previews));
        json.insert(
            "packs_fetched".to_owned(),
            json!(fetched.map(|it| it.packs)),
        );
        json.insert(
            "reference_rows".to_owned(),
            json!(fetched.map(|it| it.rows)),
        );
        json.insert("cases".to_owned(), cases(device)?);
    }
    Ok(said)
}

/// What a person reads whose device was withdrawn.
fn withdrawn(device: &Device, failure: Failure) -> Result<Failure, Failure> {
    if !device.is_withdrawn()? {
        return Ok(failure);
    }
    let kept: u64 = device
        .ended_scopes()?
        .iter()
        .map(|one| one.unsent + one.unsent_photos)
        .sum();
    let what = if kept == 0 {
        "all its cases are destroyed（本机案件数据已全部清除）".to_owned()
    } else {
        format!(
            "its cases are gone, and {kept} entries and photos that never reached the hub are kept（本机未上传内容已保留）: write them to a file with `scopes --export FILE`"
        )
    };
    Ok(Failure::not_now(
        "revoked",
        format!("head office withdrew this device（该设备已被总部撤销）: {what}"),
    ))
}

/// What of each case is not confirmed yet.
fn cases(device: &Device) -> Result<serde_json::Value, Failure> {
    let left = device.cases_left()?;
    Ok(left
        .iter()
        .map(|left| {
            let progress = &left.progress;
            json!({
                "case": left.case.number().to_string(), "id": left.case.to_string(),
                "state": progress.word(),
                "entries": {"written": progress.written, "received": progress.received, "confirmed": progress.confirmed},
                "photos": {"taken": progress.photos, "received": progress.photos_received, "confirmed": progress.photos_confirmed},
                "bytes_left": left.bytes_left,
            })
        })
        .collect())
}

/// How many notes are shown.
const NOTES: u32 = 50;

/// What the last exchanges did, newest first, in both languages.
///
/// # Errors
/// As the store fails.
fn log(device: &Device) -> Result<Said, Failure> {
    let notes = device.sync_log(NOTES)?;
    let lines = notes.iter().map(|note| {
        let (zh, en) = (note.sentence(Language::Zh), note.sentence(Language::En));
        format!("{zh}\n    {en}")
    });
    let text = if notes.is_empty() {
        "还没有同步过 / nothing was synchronised yet".to_owned()
    } else {
        lines.collect::<Vec<_>>().join("\n")
    };
    let json: serde_json::Value = notes
        .iter()
        .map(|note| {
            json!({
                "began": note.began.0, "ended": note.ended.0,
                "sent": note.sent, "received": note.received, "photos": note.photos,
                "left": {"entries": note.entries_left, "photos": note.photos_left, "photos_held": note.photos_held},
                "wire": {"up_bytes": note.bytes_up, "down_bytes": note.bytes_down, "requests": note.requests, "retries": note.retries},
                "troubles": note.troubles,
                "zh": note.sentence(Language::Zh), "en": note.sentence(Language::En),
            })
        })
        .collect();
    Ok(Said::new(json!({ "log": json }), text))
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {msg} {bar:30} {bytes}/{total_bytes}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn show(bar: &ProgressBar, now: &Progress) {
    bar.set_message(format!(
        "{} entries to send, {} to fetch, {} photos",
        now.to_push, now.to_pull, now.blobs_left
    ));
    bar.set_length(now.bytes_up + now.blob_bytes_left);
    bar.set_position(now.bytes_up);
}

fn said(outcome: &Outcome) -> Said {
    let now = &outcome.progress;
    let json = json!({
        "pushed": now.pushed, "pulled": now.pulled, "blobs_sent": now.blobs_sent,
        "left": {"entries": now.to_push, "blobs": now.blobs_left, "blob_bytes": now.blob_bytes_left, "blobs_held": now.blobs_held, "blob_bytes_held": now.blob_bytes_held},
        "wire": {"up_bytes": now.bytes_up, "down_bytes": now.bytes_down, "requests": now.requests, "retries": outcome.retries},
        "troubles": outcome.troubles, "broken": outcome.broken,
    });
    let text = format!(
        "sent {} entries and {} photos, received {} entries; {} bytes up, {} down, {} requests",
        now.pushed, now.blobs_sent, now.pulled, now.bytes_up, now.bytes_down, now.requests
    );
    let mut said = Said::new(json, text);
    said.warnings.extend(
        outcome
            .broken
            .iter()
            .map(|blob| format!("not sent, kept here: {blob}")),
    );
    said
}

/// Who this device is, what waits, and what the hub vouched for.
///
/// # Errors
/// As the store fails.
pub(super) fn status(device: &Device) -> Result<Said, Failure> {
    let me = device.identity()?;
    let (streams, blobs, cases, outside) = device.store().transact(|tx| {
        Ok::<_, StoreError>((
            tx.own_streams(None)?,
            tx.unsent_blobs()?,
            tx.case_count()?,
            tx.quarantined()?.len(),
        ))
    })?;
    let waiting: u64 = streams.iter().map(|stream| stream.seq - stream.acked).sum();
    let unconfirmed: u64 = streams
        .iter()
        .map(|stream| stream.seq - stream.confirmed)
        .sum();
    let user = me.pinned.as_ref().map(|pinned| pinned.user.clone());
    let valid_until = me.pinned.as_ref().and_then(|pinned| {
        pinned
            .certificate
            .verify(&pinned.hub_key)
            .ok()
            .map(|certificate| civil_text(certificate.not_after, "Asia/Shanghai"))
    });
    let json = json!({
        "device": me.device.to_string(), "user": user, "hub": me.pinned.as_ref().map(|pinned| pinned.url.clone()),
        "hub_key": me.pinned.as_ref().map(|pinned| hex::encode(pinned.hub_key.as_bytes())),
        "certificate_until": valid_until, "cases": cases, "outside_the_record": outside,
        "entries": {"waiting": waiting, "unconfirmed": unconfirmed},
        "photos": {"waiting": blobs.0, "bytes": blobs.1},
        "forked_streams": streams.iter().filter(|stream| stream.forked).count(),
    });
    let text = format!(
        "device {}\nuser {}\ncases {cases}\nwaiting {waiting} entries, {} photos ({} bytes)\nwithout receipt {unconfirmed} entries\noutside the record {outside}",
        me.device,
        user.as_deref().unwrap_or("(not enrolled)"),
        blobs.0,
        blobs.1
    );
    Ok(Said::new(json, text))
}
