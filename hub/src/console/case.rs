//! Everything that a case page shows, read in one look; and its pictures.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use lossbook_core::app::office::{DecisionError, NewDecision};
use lossbook_core::app::{CaseView, Event, Judged, ReturnedField};
use lossbook_core::chain::BlobRole;
use lossbook_core::domain::{Datum, Digest, ScopeId};
use lossbook_core::rules::Handling;
use lossbook_core::statement::{Action, ReasonToRefuse};
use lossbook_core::store::{BlobRow, CaseStanding, StoreError};
use maud::Markup;

use super::case_desk::Around;
use super::frame::{self, Counts};
use super::{Visit, case_view, cookie, map, page};
use crate::account;
use crate::http::{App, blocking, send};
use crate::meta::{Assigned, DeskRow, MetaTx, SurveyorRow, ToldRow, look};
use crate::office::{self, MissingPhoto, check_right};
use crate::refusal::Refusal;
use crate::role::Right;
use crate::serve::Tiles;

/// A case with everything around it.
pub(super) struct CasePage {
    pub(super) row: DeskRow,
    pub(super) village: String,
    pub(super) view: CaseView,
    pub(super) contract: Option<(Judged, Handling)>,
    pub(super) missing: Vec<MissingPhoto>,
    /// What stands against approving the next round now, by whoever looks.
    pub(super) obstacles: Vec<ReasonToRefuse>,
    pub(super) events: Vec<Event>,
    pub(super) returned: Vec<ReturnedField>,
    pub(super) told: Vec<ToldRow>,
    /// How many rows of each register are about the case.
    pub(super) kept: Vec<(String, u64)>,
    pub(super) draft: Option<String>,
    pub(super) assigned: Option<Assigned>,
    pub(super) surveyors: Vec<SurveyorRow>,
    pub(super) pictures: Pictures,
    /// What the desks know of it.
    pub(super) around: Around,
    /// What the map's pictures are, and on which grid.
    pub(super) tiles: (String, Datum),
}

/// What the page says above the case: a refusal, or a field that was revealed.
pub(super) enum Above {
    Nothing,
    Refused(Refusal),
    Revealed { label: String, value: String },
}

/// `GET /console/case/{name}`.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let tiles = app.tiles.clone();
    page(app, &headers, Right::ReadCases, move |visit| {
        shown(visit, (&name, tiles.as_ref()), &Above::Nothing)
    })
    .await
}

/// The page of a case that somebody may see.
pub(super) fn shown(
    visit: &Visit<'_>,
    (name, tiles): (&str, Option<&Tiles>),
    above: &Above,
) -> Result<Markup, Refusal> {
    let (url, datum) = map::tiles_of(tiles);
    let tiles = (url.to_owned(), datum);
    let (counts, found) = look(visit.hub.looking(), |tx| {
        Ok((Counts::read(tx, visit)?, read(tx, visit, (name, tiles))?))
    })?;
    let Some(case) = found else {
        return Err(unknown(name));
    };
    let body = case_view::page(visit, &case, above);
    let here = format!("/console/case/{}", case.row.number);
    let title = format!("{} {}", case.row.number, case.row.household);
    Ok(frame::page(visit, (&title, &here), Some(&counts), &body))
}

pub(super) fn unknown(name: &str) -> Refusal {
    let detail = format!("没有案件 {name:?} / no case at this hub has the number or id {name:?}");
    Refusal::new(404, "CASE_UNKNOWN", detail)
}

fn read(
    tx: &dyn MetaTx,
    visit: &Visit<'_>,
    (name, tiles): (&str, (String, Datum)),
) -> Result<Option<CasePage>, StoreError> {
    let user = &visit.session.user;
    let Some(found) = tx.case_named(name)?.filter(|row| user.sees(row.scope)) else {
        return Ok(None);
    };
    let (case, now) = (found.case, visit.hub.now().wall);
    let Some((row, standing)) = tx.desk_row(case)?.zip(tx.case_standing(case)?) else {
        return Ok(None);
    };
    let contract = tx.contract_of(&standing, now)?;
    let missing = office::manifest(tx, case)?;
    let obstacles = obstacles(tx, visit, (&row, &standing), &missing)?;
    let returned = tx.returned_fields(&standing)?;
    let around = Around::read(tx, (&row, &standing))?;
    let view = tx.case_view(standing)?;
    let pictures = pictures(tx, &view)?;
    let assigns = user.may_decide(Action::Assign);
    Ok(Some(CasePage {
        village: tx
            .scope_row(row.scope)?
            .map_or_else(String::new, |scope| scope.name),
        events: tx.case_events(case)?,
        told: tx.told(case)?,
        kept: tx.registers_of(case)?,
        draft: tx.draft(case, &user.name)?.map(|(text, _)| text),
        assigned: tx.assigned(case)?,
        surveyors: if assigns {
            tx.surveyors(row.scope)?
        } else {
            Vec::new()
        },
        row,
        view,
        contract,
        missing,
        obstacles,
        returned,
        pictures,
        around,
        tiles,
    }))
}

/// What stands against approving the next round now, by whoever looks.
fn obstacles(
    tx: &dyn MetaTx,
    visit: &Visit<'_>,
    (row, standing): (&DeskRow, &CaseStanding),
    missing: &[MissingPhoto],
) -> Result<Vec<ReasonToRefuse>, StoreError> {
    let user = &visit.session.user;
    let originals = missing.iter().filter(|one| one.is_original());
    let digests: Vec<Digest> = originals
        .filter_map(|one| one.sha256.parse().ok())
        .collect();
    let wanted = NewDecision {
        action: Action::Approve,
        round: row.round.max(1),
        reason: "",
        fields: Vec::new(),
        reviewer: &user.name,
        roles: user.roles.iter().map(|role| role.word()).collect(),
        now: visit.hub.now().wall,
        seen_heads: None,
    };
    match tx.judge(standing, &digests, &wanted) {
        Err(DecisionError::Refused(against)) => Ok(against),
        Err(DecisionError::Store(error)) => Err(error),
        Ok(_) | Err(_) => Ok(Vec::new()),
    }
}

/// What is known of the photos besides themselves.
#[derive(Default)]
pub(super) struct Pictures {
    /// Small pictures that are here, by their originals.
    pub(super) small: BTreeMap<Digest, Digest>,
    /// Larger ones that are here, by their originals.
    pub(super) previews: BTreeMap<Digest, Digest>,
    /// Other cases with the same bytes, by photo.
    pub(super) elsewhere: BTreeMap<Digest, Vec<String>>,
    /// Other cases with a photo that looks like it, and in how many bits it differs.
    pub(super) alike: BTreeMap<Digest, Vec<(String, u32)>>,
}

/// Pictures made from originals, as far as they are here, and other cases with the same photo or
/// one that looks like it.
fn pictures(tx: &dyn MetaTx, view: &CaseView) -> Result<Pictures, StoreError> {
    let mut all = Pictures::default();
    for blob in &view.blobs {
        let made = match blob.role {
            BlobRole::Original => {
                all.compare(tx, blob)?;
                continue;
            }
            BlobRole::Thumbnail => &mut all.small,
            BlobRole::Preview => &mut all.previews,
        };
        if let Some(original) = blob.of
            && tx.blob(blob.scope, &blob.digest)?.is_some()
        {
            made.insert(original, blob.digest);
        }
    }
    Ok(all)
}

impl Pictures {
    fn compare(&mut self, tx: &dyn MetaTx, blob: &BlobRow) -> Result<(), StoreError> {
        let same = tx.same_bytes(&blob.digest, blob.case)?;
        let mut alike = tx.alike(&blob.digest, blob.case)?;
        alike.retain(|(number, _)| !same.contains(number));
        if !same.is_empty() {
            self.elsewhere.insert(blob.digest, same);
        }
        if !alike.is_empty() {
            self.alike.insert(blob.digest, alike);
        }
        Ok(())
    }
}

/// `GET /console/photo/{scope}/{digest}`: one picture, to whoever sees its scope.
pub(super) async fn photo(
    State(app): State<Arc<App>>,
    Path((scope, digest)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    match picture(&app, (&scope, &digest), &headers).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn picture(
    app: &Arc<App>,
    (scope, digest): (&str, &str),
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let unknown = || Refusal::new(404, "NOT_FOUND", "没有这张照片 / no such photo");
    let (at, secret) = (Arc::clone(app), cookie(headers));
    let session = blocking(move || account::session(&at.hub, &secret)).await?;
    check_right(&session.user, Right::ReadCases)?;
    let id: ScopeId = scope.parse().map_err(|_not_an_id| unknown())?;
    let wanted: Digest = digest.parse().map_err(|_not_a_digest| unknown())?;
    if !session.user.sees(id) {
        return Err(unknown());
    }
    let blob = app
        .hub
        .blobs()
        .open_in(id, wanted)
        .await
        .map_err(|refusal| {
            if refusal.status == 404 {
                unknown()
            } else {
                refusal
            }
        })?;
    Ok(send(app.hub.blobs(), blob, (digest, headers)))
}
