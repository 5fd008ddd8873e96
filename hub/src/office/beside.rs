//! What stands beside a case's figures: where it lies, when what was done, what the insured heard.

use std::collections::BTreeMap;

use lossbook_core::domain::WallMs;
use lossbook_core::record::{Section, Value};
use lossbook_core::store::{CaseStanding, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::meta::{MetaTx, ToldRow};

/// What stands beside a case's figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Beside {
    /// The village or team.
    pub village: String,
    /// When what was done, by field; of several people the earliest counts.
    pub times: BTreeMap<String, i64>,
    /// What the insured was told, which ends the clock of that name.
    pub told: Vec<ToldSummary>,
}

/// What the insured was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ToldSummary {
    /// The id of the notice or clock.
    pub what: String,
    /// By whom.
    pub by: String,
    /// How.
    pub channel: String,
    /// When, by the hub's clock.
    pub at_ms: i64,
}

impl Beside {
    pub(super) fn of(tx: &dyn MetaTx, standing: &CaseStanding) -> Result<Self, StoreError> {
        let scope = tx.scope_row(standing.scope)?;
        let times = standing.record.section(Section::Times);
        let noted = times.fields.iter().filter_map(|(name, field)| {
            let all = field.standing().iter();
            let all = all.filter_map(|one| match one.value {
                Value::Time(WallMs(at)) => Some(at),
                Value::Text(_) | Value::Money(_) | Value::Number(_) | Value::Digest(_) => None,
            });
            Some(((*name).to_owned(), all.min()?))
        });
        let told = tx.told(standing.case)?.into_iter();
        Ok(Self {
            village: scope.map_or_else(String::new, |row| row.name),
            times: noted.collect(),
            told: told.map(ToldSummary::from).collect(),
        })
    }
}

impl From<ToldRow> for ToldSummary {
    fn from(row: ToldRow) -> Self {
        let ToldRow {
            what,
            channel,
            by,
            at: WallMs(at_ms),
        } = row;
        Self {
            what,
            by,
            channel,
            at_ms,
        }
    }
}
