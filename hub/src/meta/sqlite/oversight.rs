//! What the desks of head office read across cases.

use lossbook_core::domain::{CaseId, ScopeId, WallMs};
use lossbook_core::store::{StoreError, Tx};
use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::{as_sql, damaged, from_sql, scope};
use crate::meta::{DeedRow, Oversight, WaiverPart, WaiverRow};

/// Ids and the rest of a row, as SQLite gives them.
type Raw = (Vec<u8>, Vec<u8>, WaiverRow);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let rest = WaiverRow {
        case: CaseId::from_bytes([0; 16]),
        scope: ScopeId::from_bytes([0; 16]),
        contract: row.get(2)?,
        answer: row.get(3)?,
        zh: row.get(4)?,
        en: row.get(5)?,
        version: row.get(6)?,
        reported: WallMs(row.get(7)?),
    };
    Ok((row.get(0)?, row.get(1)?, rest))
}

fn case(bytes: &[u8]) -> Result<CaseId, StoreError> {
    CaseId::from_slice(bytes).ok_or_else(|| damaged("a case id has 16 bytes"))
}

/// The condition of a part, and its values.
fn condition(part: &WaiverPart<'_>) -> (String, Vec<Value>) {
    let mut sql = "true".to_owned();
    let mut values = Vec::new();
    let mut and = |condition: &str, value: Option<Value>| {
        if let Some(value) = value {
            sql.push_str(" AND ");
            sql.push_str(condition);
            values.push(value);
        }
    };
    let text = |text: &str| Value::Text(text.to_owned());
    and("answer = ?", part.answer.map(text));
    and("contract = ?", part.contract.map(text));
    and(
        "case_id = ?",
        part.case.map(|case| Value::Blob(case.as_bytes().to_vec())),
    );
    and("reported >= ?", part.from.map(|at| Value::Integer(at.0)));
    and("reported < ?", part.to.map(|at| Value::Integer(at.0)));
    if !part.scopes.is_empty() {
        let marks = vec!["?"; part.scopes.len()].join(", ");
        sql.push_str(&format!(" AND scope IN ({marks})"));
        let ids = part.scopes.iter().map(ScopeId::as_bytes);
        values.extend(ids.map(|id| Value::Blob(id.to_vec())));
    }
    (sql, values)
}

/// Contracts are named with or without a version: `id` or `id@version`.
fn versions_of(contract: &str) -> String {
    format!("{contract}@")
}

impl Oversight for Tx<'_> {
    fn put_waiver(&self, case: CaseId, row: Option<&WaiverRow>) -> Result<(), StoreError> {
        let Some(row) = row else {
            let sql = "DELETE FROM hub_waiver WHERE case_id = ?1";
            self.sql().prepare_cached(sql)?.execute([case.as_bytes()])?;
            return Ok(());
        };
        let sql =
            "INSERT INTO hub_waiver (case_id, scope, contract, answer, zh, en, version, reported)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (case_id) DO UPDATE SET contract = ?3, answer = ?4, zh = ?5, en = ?6,
             version = ?7, reported = ?8";
        self.sql().prepare_cached(sql)?.execute((
            case.as_bytes(),
            row.scope.as_bytes(),
            &row.contract,
            &row.answer,
            &row.zh,
            &row.en,
            &row.version,
            row.reported.0,
        ))?;
        Ok(())
    }

    fn waivers(&self, part: WaiverPart<'_>) -> Result<Vec<WaiverRow>, StoreError> {
        let (condition, mut values) = condition(&part);
        let sql = format!(
            "SELECT case_id, scope, contract, answer, zh, en, version, reported FROM hub_waiver
             WHERE {condition} ORDER BY reported DESC, case_id LIMIT ? OFFSET ?"
        );
        values.push(Value::Integer(i64::from(part.limit)));
        values.push(Value::Integer(as_sql(part.skip)));
        let mut query = self.sql().prepare_cached(&sql)?;
        let rows = query.query_map(params_from_iter(values), raw)?;
        rows.map(|row| {
            let (case_id, scope_id, rest) = row?;
            Ok(WaiverRow {
                case: case(&case_id)?,
                scope: scope(&scope_id)?,
                ..rest
            })
        })
        .collect()
    }

    fn given_open(&self, surveyor: &str) -> Result<Vec<CaseId>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT a.case_id FROM hub_assigned AS a JOIN hub_desk AS d USING (case_id)
             WHERE a.surveyor = ?1 AND d.status NOT IN ('paid', 'denied', 'closed')
             ORDER BY a.case_id",
        )?;
        let rows = query.query_map([surveyor], |row| row.get::<_, Vec<u8>>(0))?;
        rows.map(|id| case(&id?)).collect()
    }

    fn not_closed(&self, contract: &str, limit: u32) -> Result<Vec<(CaseId, String)>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT case_id, status FROM hub_desk
             WHERE (contract = ?1 OR substr(contract, 1, length(?2)) = ?2) AND status <> 'closed'
             ORDER BY case_id LIMIT ?3",
        )?;
        let rows = query.query_map((contract, versions_of(contract), limit), |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (id, status) = row?;
            Ok((case(&id)?, status))
        })
        .collect()
    }

    fn contract_counts(&self, contract: &str) -> Result<(u64, u64), StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT count(*), count(*) FILTER (WHERE status <> 'closed') FROM hub_desk
             WHERE contract = ?1 OR substr(contract, 1, length(?2)) = ?2",
        )?;
        let counts = query.query_row((contract, versions_of(contract)), |row| {
            Ok((from_sql(row.get(0)?), from_sql(row.get(1)?)))
        })?;
        Ok(counts)
    }

    fn villages_of(&self, contract: &str) -> Result<Vec<String>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT DISTINCT s.name FROM hub_desk AS d JOIN hub_scope AS s ON s.id = d.scope
             WHERE d.contract >= ?1 AND d.contract < ?1 || 'A'
               AND (d.contract = ?1 OR substr(d.contract, 1, length(?2)) = ?2)",
        )?;
        let rows = query.query_map((contract, versions_of(contract)), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn deeds(
        &self,
        kinds: &[&str],
        (from, to): (Option<WallMs>, Option<WallMs>),
        (skip, limit): (u64, u32),
    ) -> Result<Vec<DeedRow>, StoreError> {
        let marks = vec!["?"; kinds.len()].join(", ");
        // China has one time zone without summer time: the day begins at 16:00 UTC.
        let sql = format!(
            "SELECT date((at + 28800000) / 1000, 'unixepoch') AS day, user, deed, count(*), max(at)
             FROM hub_audit WHERE deed IN ({marks}) AND at >= ? AND at < ?
             GROUP BY day, user, deed ORDER BY day DESC, count(*) DESC, user, deed LIMIT ? OFFSET ?"
        );
        let mut values: Vec<Value> = kinds
            .iter()
            .map(|kind| Value::Text((*kind).to_owned()))
            .collect();
        values.push(Value::Integer(from.map_or(i64::MIN, |at| at.0)));
        values.push(Value::Integer(to.map_or(i64::MAX, |at| at.0)));
        values.push(Value::Integer(i64::from(limit)));
        values.push(Value::Integer(as_sql(skip)));
        let mut query = self.sql().prepare_cached(&sql)?;
        let rows = query.query_map(params_from_iter(values), |row| {
            Ok(DeedRow {
                day: row.get(0)?,
                user: row.get(1)?,
                deed: row.get(2)?,
                count: from_sql(row.get(3)?),
                last: WallMs(row.get(4)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
