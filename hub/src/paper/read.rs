//! Reads one case for a paper, and draws together what the kind of paper needs.

use lossbook_core::app::{CaseView, Event, Judged};
use lossbook_core::chain::BlobRole as BlobKind;
use lossbook_core::domain::{CaseId, Digest};
use lossbook_core::record::Section;
use lossbook_core::rules::Handling;
use lossbook_core::statement::{StatementKind, ink};
use lossbook_core::store::{BlobRow, StoreError};

use super::content::{Content, Fact, PackLine};
use super::words::Pen;
use super::{Draft, Kind, Personal, Wish};
use crate::console::word;
use crate::desk::cause_in;
use crate::meta::{DeskRow, MetaTx, ToldRow};
use crate::sight::Sight;

/// A case as it was looked at.
pub(super) struct Reading<'w> {
    pub(super) wish: &'w Wish,
    pub(super) sight: &'w Sight,
    pub(super) row: DeskRow,
    pub(super) village: String,
    pub(super) view: CaseView,
    pub(super) contract: Option<(Judged, Handling)>,
    pub(super) told: Vec<ToldRow>,
    pub(super) events: Vec<Event>,
}

impl<'w> Reading<'w> {
    pub(super) fn of(
        tx: &dyn MetaTx,
        case: CaseId,
        (wish, sight): (&'w Wish, &'w Sight),
    ) -> Result<Option<Self>, StoreError> {
        let Some((row, standing)) = tx.desk_row(case)?.zip(tx.case_standing(case)?) else {
            return Ok(None);
        };
        // Judged as of the newest entry, so that the paper does not change while the case rests.
        let contract = tx.contract_of(&standing, row.updated)?;
        let village = tx.scope_row(row.scope)?;
        let mut read = Self {
            row,
            wish,
            sight,
            village: village.map_or_else(String::new, |scope| scope.name),
            view: tx.case_view(standing)?,
            contract,
            told: tx.told(case)?,
            events: if wish.kind == Kind::CaseFile {
                tx.case_events(case)?
            } else {
                Vec::new()
            },
        };
        read.row.cause = cause_in(read.pen().page(), &*tx.packs()?, &read.row);
        Ok(Some(read))
    }

    pub(super) fn pen(&self) -> Pen<'_> {
        Pen {
            language: self.wish.language,
            personal: &self.wish.personal,
            sight: self.sight,
            contract: &self.row.contract,
        }
    }

    /// Whether this contract's amounts may be seen.
    pub(super) fn shows_amounts(&self) -> bool {
        self.sight.shows_row(&self.row)
    }

    /// Why this case has no such paper.
    pub(super) fn lacks(&self) -> Option<(&'static str, &'static str)> {
        if self.wish.kind == Kind::Loss && !self.shows_amounts() {
            let why = "本合同金额保密，您的角色不可查看 / this contract keeps its amounts confidential: your role does not see them";
            return Some(("AMOUNTS_HIDDEN", why));
        }
        self.no_matter().map(|why| ("NO_SUCH_PAPER", why))
    }

    /// What the case lacks for it.
    fn no_matter(&self) -> Option<&'static str> {
        let standing = &self.view.standing;
        let is_signed = |kind| {
            standing
                .signatures
                .iter()
                .any(|one| one.freeze.kind() == kind)
        };
        let rules = self.contract.as_ref().map(|(judged, _)| &judged.assessment);
        match self.wish.kind {
            Kind::Survey | Kind::CaseFile => None,
            Kind::Loss => {
                let mut lines = standing.record.rows(Section::Lines);
                let has_lines = lines.any(|(_, row)| !row.is_removed());
                (!has_lines && !is_signed(StatementKind::Estimate)).then_some(
                    "还没有损失清单：请先录入损失项目 / nothing is priced yet: enter the loss lines first",
                )
            }
            Kind::NoSurvey => {
                let is_asked = rules.is_some_and(|rules| rules.no_survey.is_some());
                (!is_asked && !is_signed(StatementKind::NoSurvey)).then_some(
                    "本案合同没有免查勘规则 / the contract of this case has no rule for skipping the visit",
                )
            }
            Kind::Commitment => rules.is_none().then_some(
                "本案未指明合同，没有可承诺的时限 / no contract judges this case, so there is nothing to commit to",
            ),
        }
    }

    /// Everything that the kind of paper holds.
    pub(super) fn draft(self) -> Draft {
        let kind = self.wish.kind;
        let is_any = |kinds: &[Kind]| kinds.contains(&kind) || kind == Kind::CaseFile;
        let mut content = self.top();
        if is_any(&[Kind::Survey, Kind::NoSurvey]) {
            self.fill_scene(&mut content);
        }
        if is_any(&[Kind::Loss, Kind::Survey]) {
            self.fill_loss(&mut content);
        }
        if is_any(&[Kind::NoSurvey]) {
            content.no_survey = self.no_survey();
            content.told = self.told();
        }
        if is_any(&[Kind::Commitment, Kind::Loss]) {
            content.grade = self.grade();
        }
        if is_any(&[Kind::Commitment]) {
            content.promises = self.promises();
        }
        content.signed = self.signed();
        if is_any(&[Kind::Survey, Kind::NoSurvey]) {
            content.photos = self.photos();
        }
        if kind == Kind::CaseFile {
            content.decisions = self.decisions();
            content.history = self.history();
        }
        let (inks, number) = (self.inks(), self.row.number.clone());
        Draft {
            case: self.row.case,
            number,
            scope: self.row.scope,
            kind,
            language: self.wish.language,
            content,
            inks,
        }
    }

    fn top(&self) -> Content {
        let pen = self.pen();
        let pack = self.contract.as_ref().map(|(judged, _)| {
            let pack = &judged.assessment.pack;
            PackLine {
                name: format!("{}@{}", pack.id, pack.version),
                digest: pack.digest.to_hex(),
            }
        });
        Content {
            number: self.row.number.clone(),
            head: self.head(),
            as_of: pen.time(self.row.updated),
            pack,
            heads: self
                .view
                .standing
                .heads
                .iter()
                .map(ToString::to_string)
                .collect(),
            personal: match self.wish.personal {
                Personal::Masked => "masked",
                Personal::Shown(_) => "shown",
            },
            amounts: if self.shows_amounts() {
                "shown"
            } else {
                "hidden"
            },
            ..Content::default()
        }
    }

    fn head(&self) -> Vec<Fact> {
        let (pen, row) = (self.pen(), &self.row);
        let facts = [
            pen.fact("案件编号", "Case", &row.number),
            pen.fact("被保险人", "Insured", &row.household),
            pen.fact(
                "合同",
                "Contract",
                word::contract_named(pen.page(), &row.contract),
            ),
            pen.fact("村 / 片区", "Village", &self.village),
            pen.fact("出险地点", "Place of loss", &row.place),
            pen.fact("出险原因", "Cause of loss", &row.cause),
            pen.fact("报案时间", "Reported", pen.time(row.reported)),
            pen.fact("查勘人员", "Surveyed by", &row.surveyor),
            pen.fact("案件状态", "Status", pen.page().status(&row.status)),
            pen.fact("签字", "Signature", pen.page().signature(&row.signature)),
        ];
        facts
            .into_iter()
            .filter(|fact| !fact.text.is_empty())
            .collect()
    }

    /// The ink of what the paper shows, drawn from the strokes.
    fn inks(&self) -> Vec<(String, Vec<u8>)> {
        let drawn = self.shown_signatures().enumerate().map(|(at, one)| {
            let picture = ink::svg(&one.signature.body).into_bytes();
            (ink_name(at), picture)
        });
        drawn.collect()
    }

    /// The small picture that somebody announced beside an original.
    pub(super) fn thumbnail_of(&self, original: &Digest) -> Option<Digest> {
        let mut blobs = self.view.blobs.iter();
        let is_of = |blob: &&BlobRow| {
            blob.role == BlobKind::Thumbnail && blob.of.as_ref() == Some(original)
        };
        blobs.find(is_of).map(|blob| blob.digest)
    }
}

/// Pictures are named by their place: a press keeps every name it ever saw.
pub(super) fn ink_name(at: usize) -> String {
    format!("ink-{at}.svg")
}
