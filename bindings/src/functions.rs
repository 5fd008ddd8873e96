//! What needs no home: versions, the rules on a case file, checks of typed fields, a photo's facts.

use std::fs::File;

use lossbook_core::app::AppError;
use lossbook_core::domain::facts::CaseFacts;
use lossbook_core::domain::{Money, WallMs};
use lossbook_core::evidence::examine;
use lossbook_core::record::SCHEMA_VERSION;
use lossbook_core::rules::calendar::date_at;
use lossbook_core::rules::identity::{self, Field};
use lossbook_core::rules::{self, Packs};
use lossbook_core::sync::bundle::BUNDLE_VERSION;
use serde_json::json;

use crate::error::{LossbookError, of_io};
use crate::keys;
use crate::words::Words;

/// Versions, each counted apart.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Versions {
    /// Of this surface.
    pub surface: String,
    /// Of the case documents that this build writes.
    pub schema: u32,
    /// Of the store that it writes.
    pub store: u32,
    /// Of the bundles that it writes.
    pub bundle: u32,
}

/// What this build is.
#[uniffi::export]
pub fn versions() -> Versions {
    Versions {
        surface: env!("CARGO_PKG_VERSION").to_owned(),
        schema: SCHEMA_VERSION,
        store: lossbook_core::store::version(),
        bundle: u32::from(BUNDLE_VERSION),
    }
}

/// Whether there is a home in the folder.
#[uniffi::export]
pub fn home_exists(home: &str) -> bool {
    keys::is_made(std::path::Path::new(home))
}

/// Judges a case file (`docs/formats/case.md`) by a shipped contract, `ID` or `ID@VERSION`, and
/// gives the assessment as JSON. Only with a moment (`at`) is anything overdue.
///
/// # Errors
/// `InvalidInput` at `case_json`, `pack` or `at`.
#[uniffi::export]
pub fn assess(case_json: &str, pack: &str, at: Option<String>) -> Result<String, LossbookError> {
    let wrong = |code: &str, field: &str| LossbookError::input(code, Some(field));
    let facts = CaseFacts::from_json(case_json.as_bytes())
        .map_err(|_no_case| wrong("bad_case", "case_json"))?;
    let now: Option<WallMs> = at
        .map(|at| {
            at.parse()
                .map_err(|_no_time: String| wrong("bad_time", "at"))
        })
        .transpose()?;
    let judges = Packs::shipped().judges(pack, &facts);
    let judges = judges.map_err(|_unknown| wrong("unknown_to_pack", "pack"))?;
    let said = serde_json::to_string(&rules::assess(&facts, judges, now));
    said.map_err(|_never| LossbookError::internal("stored_value"))
}

/// How a checked text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Verdict {
    /// Nothing is wrong.
    Good,
    /// It may stand; somebody should look.
    Warn,
    /// It cannot be right.
    Bad,
}

/// A checked text.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldCheck {
    /// How it looks.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Words>,
    /// The text as others may see it.
    pub masked: String,
}

/// Checks an ID number (`id`), `plate`, `vin`, `mobile` number or payee `account`, as of a moment.
///
/// # Errors
/// `InvalidInput` (`bad_check`, `bad_moment`).
#[uniffi::export]
pub fn check_field(kind: &str, text: &str, now_ms: i64) -> Result<FieldCheck, LossbookError> {
    let field = Field::ALL.into_iter().find(|field| field.word() == kind);
    let field = field.ok_or_else(|| LossbookError::input("bad_check", Some("kind")))?;
    let no_day = || LossbookError::input("bad_moment", Some("now_ms"));
    let zone = Packs::shipped().all().first().map(|pack| pack.zone());
    let day = zone.and_then(|zone| date_at(WallMs(now_ms), zone).ok());
    let day = day.ok_or_else(no_day)?;
    let checked = field.check(text, day);
    let reasons = checked.reasons().iter();
    Ok(FieldCheck {
        reasons: reasons
            .map(|reason| Words::new(reason.code(), reason.zh(), reason.en()))
            .collect(),
        verdict: match checked {
            identity::Verdict::Good => Verdict::Good,
            identity::Verdict::Warn(_) => Verdict::Warn,
            identity::Verdict::Bad(_) => Verdict::Bad,
        },
        masked: field.mask(text),
    })
}

/// An amount in capitals (人民币大写).
#[uniffi::export]
pub fn capital(fen: i64) -> String {
    rules::capital::capital(Money::from_fen(fen))
}

/// What a photo's file says, as JSON: digest, type, size, and claims of time and place. A digest is
/// a fact; everything read from metadata is a claim.
///
/// # Errors
/// `InvalidInput` at `path`.
#[uniffi::export]
pub fn inspect_photo(path: &str) -> Result<String, LossbookError> {
    let mut file = File::open(path).map_err(|error| of_io(&error, "unreadable"))?;
    let facts = examine(&mut file).map_err(|error| LossbookError::of(&AppError::Photo(error)))?;
    let claims = &facts.claims;
    let problems: Vec<&str> = facts.problems.iter().map(|one| one.code.code()).collect();
    let said = json!({
        "sha256": facts.digest.to_hex(), "bytes": facts.len_bytes, "media_type": facts.media_type.mime(),
        "size": facts.displayed.map(|size| json!({"width": size.width, "height": size.height})),
        "claims": {
            "taken_at": claims.taken_at.as_ref().map(|time| json!({"civil": time.civil, "offset": time.offset})),
            "place": claims.place.map(|place| json!({"lat": place.lat(), "lon": place.lon(), "alt_m": place.alt_m()})),
            "datum": claims.datum, "camera_make": claims.camera_make, "camera_model": claims.camera_model,
        },
        "problems": problems,
    });
    Ok(said.to_string())
}
