//! What the contract says to a case on this device or hub: the record's facts, judged by its packs.
//!
//! The contract is the one the report names, else the only contract this store knows to be
//! current. The same function serves the phone's screen, a statement about to be signed, and the
//! office: same facts, same packs, same answer.

use super::device::{Device, case_named};
use super::error::AppError;
use super::packs::packs_in_force;
use crate::domain::{CaseId, WallMs};
use crate::record::Section;
use crate::rules::{Assessment, Pack, Packs, Reason, assess, to_ids};
use crate::store::{CaseStanding, Tx};

/// An assessment and what could not be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What the rules say.
    pub assessment: Assessment,
    /// What was written and no rule knows.
    pub unmatched: Vec<Reason>,
}

impl Judged {
    /// Judges a case as it stands.
    ///
    /// # Errors
    /// [`AppError::NoContract`] if the report names none and several are known,
    /// [`AppError::Pack`] if the named one is not known.
    pub fn of(packs: &Packs, standing: &CaseStanding, now: WallMs) -> Result<Self, AppError> {
        let record = &standing.record;
        let named = record.section(Section::Report).text("contract");
        let contract = named.ok_or(AppError::NoContract)?;
        let pack = pack_named(packs, &contract)?;
        let reported = standing.case.made_at();
        let mut facts = record.facts(&standing.case.number().to_string(), pack.zone(), reported);
        let mut unmatched = to_ids(&mut facts, pack);
        if facts.loss.at == reported {
            unmatched.push(Reason::of("time_unknown"));
        }
        let judges = packs.judges(&contract, &facts)?;
        Ok(Self {
            assessment: assess(&facts, judges, Some(now)),
            unmatched,
        })
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

pub(super) fn judge(tx: &Tx<'_>, case: CaseId, now: WallMs) -> Result<Judged, AppError> {
    let standing = tx
        .standing(case)?
        .ok_or_else(|| AppError::UnknownCase(case.to_string()))?;
    Judged::of(&*packs_in_force(tx)?, &standing, now)
}
