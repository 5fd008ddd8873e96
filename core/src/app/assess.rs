//! What the contract says to a case on this device or hub: the record's facts, judged by its packs.
//!
//! The contract is the one the report names. What no rule of it knows is reported and leaves the
//! amount open. The same function serves the phone's screen, a statement about to be signed, and the
//! office: same facts, same packs, same answer.

use super::device::{Device, case_named};
use super::error::AppError;
use super::packs::packs_in_force;
use super::reference::Known;
use crate::chain::{Kind, Origin, PhotoBody};
use crate::domain::facts::{CaseFacts, Event, Review, ReviewResult, Shot, ShotOrigin};
use crate::domain::{CaseId, Digest, WallMs};
use crate::record::Section;
use crate::rules::{Assessment, Missing, Pack, Packs, Reason, assess, to_ids};
use crate::statement::{Action, DecisionBody};
use crate::store::{CaseStanding, StoreError, Tx};

/// An assessment and what could not be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What the rules say.
    pub assessment: Assessment,
    /// What was written and no rule knows.
    pub unmatched: Vec<Reason>,
}

impl Judged {
    /// Judges a case as it stands, by the packs and the reference tables of a store.
    ///
    /// # Errors
    /// [`AppError::NoContract`], [`AppError::UnknownContract`], and [`AppError::Pack`] for a version
    /// or an id in the case that is not known.
    pub fn of(tx: &Tx<'_>, standing: &CaseStanding, now: WallMs) -> Result<Self, AppError> {
        let policy = standing.record.section(Section::Report).text("policy_no");
        let known = Known::of(tx, standing.scope, policy.as_deref())?;
        let packs = &*packs_in_force(tx)?;
        let record = &standing.record;
        let named = record.section(Section::Report).text("contract");
        let contract = named.ok_or(AppError::NoContract)?;
        let pack = pack_named(packs, &contract)?;
        let reported = standing.case.made_at();
        let mut facts = record.facts(&standing.case.number().to_string(), pack.zone(), reported);
        if pack.handling.shots.iter().any(|shot| shot.in_app) {
            facts.photos = shots_with_origin(tx, standing)?;
        }
        known.fill(&mut facts);
        decided(&mut facts, standing, pack);
        let mut unmatched = to_ids(&mut facts, pack, packs);
        if record.loss_time(pack.zone()).is_none() {
            unmatched.push(Reason::of("time_unknown"));
        }
        let judges = packs.judges(&contract, &facts)?;
        let mut assessment = assess(&facts, judges, Some(now));
        if assessment.money.is_final && !unmatched.is_empty() {
            assessment.money.is_final = false;
            assessment.review.obstacles.push(Reason::of("not_final"));
        }
        Ok(Self {
            assessment,
            unmatched,
        })
    }
}

/// Photos with how their envelopes say they came in. A photo whose envelope is not here was not
/// seen to come from the camera.
fn shots_with_origin(tx: &Tx<'_>, standing: &CaseStanding) -> Result<Vec<Shot>, AppError> {
    let photos = tx.about_case::<PhotoBody>(standing.case, Kind::Photo)?;
    let origin_of = |digest: &Digest| {
        let of = photos.iter().filter(|photo| photo.body.digest == *digest);
        let mut origins: Vec<ShotOrigin> = of.map(|photo| origin(photo.body.origin)).collect();
        origins.sort();
        origins.first().copied().unwrap_or(ShotOrigin::Imported)
    };
    Ok(standing.record.shots(origin_of))
}

const fn origin(origin: Origin) -> ShotOrigin {
    match origin {
        Origin::Camera => ShotOrigin::InApp,
        Origin::Gallery => ShotOrigin::Gallery,
        Origin::Imported => ShotOrigin::Imported,
        Origin::Bundle => ShotOrigin::Bundle,
    }
}

/// Slots that the case's contract lets only the app's own camera fill; none while no contract is
/// known.
pub(super) fn in_app_slots(
    tx: &Tx<'_>,
    standing: &CaseStanding,
) -> Result<Vec<String>, StoreError> {
    let named = standing.record.section(Section::Report).text("contract");
    let packs = match packs_in_force(tx) {
        Ok(packs) => packs,
        Err(AppError::Store(error)) => return Err(error),
        Err(_) => return Ok(Vec::new()),
    };
    let Some(pack) = named.and_then(|named| pack_named(&packs, &named).ok()) else {
        return Ok(Vec::new());
    };
    let shots = pack.handling.shots.iter().filter(|shot| shot.in_app);
    Ok(shots.map(|shot| shot.rule.id.clone()).collect())
}

/// What head office decided, as reviews and events. An approval names the round it was; which
/// role its author has the pack says for that round.
fn decided(facts: &mut CaseFacts, standing: &CaseStanding, pack: &Pack) {
    for decision in &standing.decisions {
        let (body, at) = (&decision.body, decision.header.wall);
        for event in ends(body, pack.handling.rounds.len()) {
            facts.events.entry(*event).or_insert(at);
        }
        let result = match body.action {
            Action::Approve => ReviewResult::Passed,
            Action::Return => ReviewResult::Returned,
            Action::Deny => ReviewResult::Failed,
            Action::Assign | Action::Pay | Action::Close | Action::Reopen | Action::Supplement => {
                continue;
            }
        };
        let number = usize::from(body.round.max(1)).saturating_sub(1);
        let Some(round) = pack.handling.rounds.get(number) else {
            continue;
        };
        facts.reviews.push(Review {
            round: round.rule.id.clone(),
            by: decision.header.user.clone(),
            role: round.role.clone(),
            result,
            at: Some(at),
        });
    }
}

/// What a decision ends. The claim is decided with the last round that the contract has, and with
/// a denial; a round before it ends nothing.
fn ends(body: &DecisionBody, rounds: usize) -> &'static [Event] {
    match body.action {
        Action::Approve if usize::from(body.round.max(1)) >= rounds => {
            &[Event::ReviewPassed, Event::Decided, Event::Approved]
        }
        Action::Deny => &[Event::ReviewFailed, Event::Decided, Event::Denied],
        Action::Pay => &[Event::Paid],
        Action::Close => &[Event::Closed],
        Action::Approve | Action::Return | Action::Assign | Action::Reopen | Action::Supplement => {
            &[]
        }
    }
}

fn pack_named<'p>(packs: &'p Packs, name: &str) -> Result<&'p Pack, AppError> {
    let id = name.split('@').next().unwrap_or(name);
    let found = packs.all().iter().rev().find(|pack| pack.id == id);
    found.ok_or_else(|| AppError::UnknownContract(name.to_owned()))
}

impl Device {
    /// What the contract says to a case now.
    ///
    /// # Errors
    /// [`AppError::UnknownCase`], and as [`Judged::of`].
    pub fn assess(&self, case: &str) -> Result<Judged, AppError> {
        let now = self.host.now().wall;
        self.store.transact(|tx| {
            let (case, _) = case_named(tx, case)?;
            judge(tx, case, now)
        })
    }
}

impl Device {
    /// Shots that the contract asks for and the case lacks; none while no contract can be named,
    /// as a photo is taken in before anybody knows.
    ///
    /// # Errors
    /// As the store fails.
    pub fn missing_shots(&self, case: &str) -> Result<Vec<Missing>, AppError> {
        match self.assess(case) {
            Ok(judged) => {
                let missing = judged.assessment.missing.into_iter();
                Ok(missing.filter(|one| one.kind == "shot").collect())
            }
            Err(AppError::NoContract | AppError::UnknownContract(_) | AppError::Pack(_)) => {
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }
}

pub(super) fn judge(tx: &Tx<'_>, case: CaseId, now: WallMs) -> Result<Judged, AppError> {
    let standing = tx
        .standing(case)?
        .ok_or_else(|| AppError::UnknownCase(case.to_string()))?;
    Judged::of(tx, &standing, now)
}
