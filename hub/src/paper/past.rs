//! Parts of a paper about what came before: photos, decisions, everything that was written.

use lossbook_core::app::Event;
use lossbook_core::evidence::{Finding, Grade, Shot};
use lossbook_core::statement::{Action, Language};

use super::content::{Decision, Past, Photo};
use super::read::Reading;
use crate::console::word;

impl Reading<'_> {
    /// Every original, with what is doubtful about it.
    pub(super) fn photos(&self) -> Vec<Photo> {
        let (pen, view) = (self.pen(), &self.view);
        let originals = view.blobs.iter().filter(|blob| blob.is_original());
        let photo = |(at, blob): (usize, &lossbook_core::store::BlobRow)| {
            let shot = view.shots.iter().find(|shot| shot.photo == blob.digest);
            let found = view.findings.iter().find(|one| one.photo == blob.digest);
            let all = found.map(|one| one.findings.as_slice()).unwrap_or_default();
            let doubtful = all
                .iter()
                .filter(|one| matches!(one.grade, Grade::Fail | Grade::Warn));
            let mut rows = view.standing.record.photos();
            let row = rows.find(|(_, digest, _)| *digest == blob.digest);
            let caption =
                row.and_then(|(_, _, row)| row.text("caption").or_else(|| row.text("slot")));
            Photo {
                caption: caption.unwrap_or_default(),
                taken: shot.map_or_else(String::new, |shot| self.taken(shot)),
                place: shot.map_or_else(String::new, place),
                source: shot.map_or_else(String::new, |shot| pen.source(shot.source).to_owned()),
                by: view.announced_by(blob).unwrap_or_default().to_owned(),
                doubts: doubtful.map(|one| self.doubt(one)).collect(),
                sha256: blob.digest.to_hex(),
                thumbnail: self
                    .thumbnail_of(&blob.digest)
                    .map(|small| (format!("photo-{at}.jpg"), small.to_hex())),
            }
        };
        originals.enumerate().map(photo).collect()
    }

    fn doubt(&self, finding: &Finding) -> String {
        match self.wish.language {
            Language::Zh => finding.zh(),
            Language::En => finding.en(),
        }
    }

    /// When the phone took it by its clock; else what the file claims.
    fn taken(&self, shot: &Shot) -> String {
        match (shot.moment, &shot.claims.taken_at) {
            (Some(moment), _) => self.pen().time(moment.clocks.wall),
            (None, Some(claimed)) => claimed.civil.replace('T', " "),
            (None, None) => String::new(),
        }
    }

    pub(super) fn decisions(&self) -> Vec<Decision> {
        let pen = self.pen();
        let all = self.view.standing.decisions.iter();
        let one = |one: &lossbook_core::store::CaseEnvelope<
            lossbook_core::statement::DecisionBody,
        >| Decision {
            action: word::action_named(pen.page(), one.body.action.word()),
            round: if one.body.action == Action::Approve {
                one.body.round.to_string()
            } else {
                String::new()
            },
            by: one.header.user.clone(),
            at: pen.time(one.header.wall),
            reason: one.body.reason.clone(),
            heads: one.body.heads.iter().map(ToString::to_string).collect(),
        };
        all.map(one).collect()
    }

    pub(super) fn history(&self) -> Vec<Past> {
        self.events.iter().map(|event| self.past(event)).collect()
    }

    fn past(&self, event: &Event) -> Past {
        let pen = self.pen();
        let writes = event.deed.iter().flat_map(|deed| &deed.writes);
        let write = |write: &lossbook_core::record::PastWrite| {
            let name = &write.path.to_string();
            let before: Vec<String> = write
                .before
                .iter()
                .map(|value| pen.value(name, value))
                .collect();
            let (label, after) = (pen.label(&write.path), pen.value(name, &write.after));
            if before.is_empty() {
                format!("{label}：{after}")
            } else {
                format!("{label}：{} → {after}", before.join(" / "))
            }
        };
        Past {
            at: pen.time(event.header.wall),
            by: event.header.user.clone(),
            what: pen.deed(event.header.kind).to_owned(),
            writes: writes.map(write).collect(),
        }
    }
}

/// Degrees on WGS-84 to about a metre.
fn place(shot: &Shot) -> String {
    shot.place().map_or_else(String::new, |(place, _)| {
        format!("{:.5}, {:.5}", place.lat(), place.lon())
    })
}
