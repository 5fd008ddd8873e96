//! The photos of a case: a grid, what is doubtful about each, and where they were taken.

use lossbook_core::app::CaseView;
use lossbook_core::domain::Digest;
use lossbook_core::evidence::{Finding, Grade, PhotoFindings, Shot, Source};
use lossbook_core::store::BlobRow;
use maud::{Markup, html};
use serde_json::json;

use super::case::CasePage;
use super::case_view::{picture, short};
use super::map::drawn;
use super::{Visit, map, word};

pub(super) fn photos(visit: &Visit<'_>, case: &CasePage) -> Markup {
    let originals = case.view.blobs.iter().filter(|blob| blob.is_original());
    let originals: Vec<&BlobRow> = originals.collect();
    let places = places(visit, case);
    html! {
        section #photos {
            h2 { (visit.say("照片", "Photos")) " " span .quiet { (originals.len()) } }
            @if originals.is_empty() { p .quiet { (visit.say("没有照片。", "No photos.")) } }
            div .grid { @for blob in &originals { (card(visit, case, blob)) } }
            @if !places.is_empty() {
                div .map .small data-places=(json!(places)) data-tiles=(case.tiles.0) data-grid=(case.tiles.1.word())
                    role="region" aria-label=(visit.say("拍摄位置", "Where they were taken")) {}
            }
        }
    }
}

fn found<'v>(view: &'v CaseView, photo: &Digest) -> (Option<&'v Shot>, Option<&'v PhotoFindings>) {
    let shot = view.shots.iter().find(|shot| shot.photo == *photo);
    (shot, view.findings.iter().find(|one| one.photo == *photo))
}

fn card(visit: &Visit<'_>, case: &CasePage, blob: &BlobRow) -> Markup {
    let (shot, findings) = found(&case.view, &blob.digest);
    let here = case
        .missing
        .iter()
        .all(|one| one.sha256 != blob.digest.to_hex());
    let caption = caption(case, &blob.digest);
    let worst = findings.map_or(Grade::NotAvailable, PhotoFindings::worst);
    // What a reviewer looks at until the original comes.
    let preview = case.pictures.previews.get(&blob.digest).filter(|_| !here);
    let open = picture(case, preview.unwrap_or(&blob.digest));
    let opens = here || preview.is_some();
    html! {
        figure .photo .doubt[worst == Grade::Fail || worst == Grade::Warn] {
            @match case.pictures.small.get(&blob.digest) {
                Some(small) if opens => { a href=(open) data-zoom { img src=(picture(case, small)) alt=(caption) loading="lazy"; } }
                Some(small) => { img src=(picture(case, small)) alt=(caption) loading="lazy"; }
                None if opens => { a href=(open) data-zoom { img src=(open) alt=(caption) loading="lazy"; } }
                None => { div .absent { (visit.say("尚未到达", "not here yet")) } }
            }
            figcaption {
                span { (caption) } " " code .quiet { (short(&blob.digest.to_hex())) }
                @if preview.is_some() { span .mark .runs { (visit.say("预览图，原件未到", "preview, original missing")) } }
                @else if !here { span .mark .late { (visit.say("原件未到", "original missing")) } }
                @if let Some(shot) = shot { span .quiet { (source(visit, shot.source)) } }
                @for number in case.pictures.elsewhere.get(&blob.digest).into_iter().flatten() {
                    a .mark .late href={ "/console/case/" (number) } { (visit.say("同一照片见 ", "same photo in ")) (number) }
                }
                @for (number, different) in case.pictures.alike.get(&blob.digest).into_iter().flatten() {
                    a .mark .runs href={ "/console/case/" (number) } { (visit.say("相似照片见 ", "looks like one in ")) (number) " · " (different) "/240" }
                }
                @if let Some(findings) = findings { (doubts(visit, findings)) }
            }
        }
    }
}

/// What is doubtful; all that was compared opens on demand.
fn doubts(visit: &Visit<'_>, all: &PhotoFindings) -> Markup {
    let say = |one: &Finding| {
        if visit.say("zh", "en") == "zh" {
            one.zh()
        } else {
            one.en()
        }
    };
    let style = |grade: Grade| match grade {
        Grade::Fail => "late",
        Grade::Warn => "runs",
        Grade::Pass => "good",
        Grade::NotAvailable => "quiet",
    };
    let doubtful = all
        .findings
        .iter()
        .filter(|one| matches!(one.grade, Grade::Fail | Grade::Warn));
    html! {
        @for one in doubtful { span class={ "mark " (style(one.grade)) } { (say(one)) } }
        details {
            summary { (visit.say("地点、时间、来源", "Place, time, origin")) }
            ul { @for one in &all.findings { li { span class={ "dot " (style(one.grade)) } {} (say(one)) } } }
        }
    }
}

fn source(visit: &Visit<'_>, source: Source) -> &'static str {
    match source {
        Source::InApp => visit.say("应用内拍摄", "own camera"),
        Source::Gallery => visit.say("相册", "gallery"),
        Source::Imported => visit.say("导入", "imported"),
        Source::Bundle => visit.say("数据包", "bundle"),
    }
}

fn caption(case: &CasePage, photo: &Digest) -> String {
    let mut rows = case.view.standing.record.photos();
    let row = rows.find(|(_, digest, _)| digest == photo);
    let text = row.and_then(|(_, _, row)| row.text("caption").or_else(|| row.text("slot")));
    text.unwrap_or_else(|| short(&photo.to_hex()))
}

/// Where photos were taken and the case lies, for the script.
fn places(visit: &Visit<'_>, case: &CasePage) -> Vec<serde_json::Value> {
    let grid = case.tiles.1;
    let shots = case.view.shots.iter().filter_map(|shot| {
        let (place, accuracy_m) = shot.place()?;
        let text = caption(case, &shot.photo);
        Some(json!({ "at": drawn(place.lat(), place.lon(), grid), "text": text, "accuracy_m": accuracy_m }))
    });
    let case_at = case.row.at.map(|(lat, lon)| {
        let at = drawn(map::degrees(lat), map::degrees(lon), grid);
        json!({ "at": at, "text": case.row.number, "status": case.row.status, "state": word::sum(visit, &case.row) })
    });
    case_at.into_iter().chain(shots).collect()
}
