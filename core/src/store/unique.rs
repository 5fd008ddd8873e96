//! Claims that must be unique across cases, compared on reading, so that a merge anywhere shows.

use std::collections::BTreeMap;

use super::error::StoreError;
use super::tx::Tx;
use crate::domain::{CaseId, ScopeId};
use crate::record::{CaseRecord, ClaimKind, FieldPath, UniqueClaim};

/// Kind, key, what is compared, what was said.
type HeldClaim = (i64, String, String, String);

/// A claim of this case that other cases contradict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// What clashes.
    pub kind: ClaimKind,
    /// Where this case says so.
    pub path: FieldPath,
    /// What this case says.
    pub value: String,
    /// Other cases, by number, and what they say.
    pub others: Vec<(String, String)>,
}

impl Tx<'_> {
    /// Writes down what a case claims, if that changed.
    pub(super) fn project_claims(
        &self,
        case: CaseId,
        claims: &[UniqueClaim],
    ) -> Result<(), StoreError> {
        let wanted: Vec<HeldClaim> = claims
            .iter()
            .map(|claim| {
                let (kind, folded) = (claim.kind.number(), claim.folded());
                (kind, claim.key.clone(), folded, claim.value.clone())
            })
            .collect();
        let mut select = self.sql().prepare_cached(
            "SELECT kind, key, folded, value FROM unique_claim WHERE case_id = ?1 ORDER BY rowid",
        )?;
        let held = select
            .query_map([case.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?
            .collect::<Result<Vec<(i64, String, String, String)>, _>>()?;
        if held == wanted {
            return Ok(());
        }
        self.sql()
            .prepare_cached("DELETE FROM unique_claim WHERE case_id = ?1")?
            .execute([case.as_bytes()])?;
        let mut insert = self.sql().prepare_cached(
            "INSERT INTO unique_claim (case_id, kind, key, folded, value) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (kind, key, folded, value) in &wanted {
            insert.execute((case.as_bytes(), kind, key, folded, value))?;
        }
        let gone = held.iter().filter(|claim| !wanted.contains(claim));
        let come = wanted.iter().filter(|claim| !held.contains(claim));
        self.tell_neighbours(case, gone.chain(come))
    }

    /// Cases that clash with one because of a new claim, or no longer do because one is gone.
    fn tell_neighbours<'a>(
        &self,
        case: CaseId,
        claims: impl Iterator<Item = &'a HeldClaim>,
    ) -> Result<(), StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT case_id FROM unique_claim
             WHERE kind = ?1 AND key = ?2 AND folded <> ?3 AND case_id <> ?4",
        )?;
        for (kind, key, folded, _) in claims {
            let mut rows = select.query((kind, key, folded, case.as_bytes()))?;
            while let Some(row) = rows.next()? {
                let id: Vec<u8> = row.get(0)?;
                if let Some(neighbour) = CaseId::from_slice(&id) {
                    self.tell_also(neighbour);
                }
            }
        }
        Ok(())
    }

    /// What other cases contradict and nobody settled.
    ///
    /// # Errors
    /// As the database fails.
    pub fn clashes(
        &self,
        case: CaseId,
        (scope, record): (ScopeId, &CaseRecord),
    ) -> Result<Vec<Clash>, StoreError> {
        let mut clashes = Vec::new();
        let mut select = self.sql().prepare_cached(
            "SELECT case_id, value FROM unique_claim
             WHERE kind = ?1 AND key = ?2 AND folded <> ?3 AND case_id <> ?4 ORDER BY case_id",
        )?;
        for claim in record.unique_claims(scope) {
            let settled = record.settled_against(&claim.path);
            let mut others: BTreeMap<String, String> = BTreeMap::new();
            let folded = claim.folded();
            let mut rows =
                select.query((claim.kind.number(), &claim.key, &folded, case.as_bytes()))?;
            while let Some(row) = rows.next()? {
                let id: Vec<u8> = row.get(0)?;
                let number = CaseId::from_slice(&id).map(|id| id.number().to_string());
                if let Some(number) = number.filter(|number| !settled.contains(number)) {
                    others.insert(number, row.get(1)?);
                }
            }
            if !others.is_empty() {
                clashes.push(Clash {
                    kind: claim.kind,
                    path: claim.path,
                    value: claim.value,
                    others: others.into_iter().collect(),
                });
            }
        }
        Ok(clashes)
    }
}
