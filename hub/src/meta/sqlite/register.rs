//! Rows that people of the office keep.

use std::collections::BTreeMap;

use lossbook_core::domain::{CaseId, ScopeId, WallMs};
use lossbook_core::store::{StoreError, Tx};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params_from_iter};

use super::{as_sql, damaged, from_sql, scope};
use crate::meta::{PaymentSum, RegisterPart, RegisterRow, Registers, Tally};

const COLUMNS: &str = "r.register, r.row, r.version, r.scope, r.case_id, r.uniq, r.since, r.at, r.by, r.reason, r.struck, r.fields";

struct Raw {
    row: RegisterRow,
    scope: Option<Vec<u8>>,
    case: Option<Vec<u8>>,
    fields: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        row: RegisterRow {
            register: row.get(0)?,
            row: from_sql(row.get(1)?),
            version: from_sql(row.get(2)?),
            scope: None,
            case: None,
            unique: row.get(5)?,
            since: WallMs(row.get(6)?),
            at: WallMs(row.get(7)?),
            by: row.get(8)?,
            reason: row.get(9)?,
            struck: row.get(10)?,
            values: BTreeMap::new(),
        },
        scope: row.get(3)?,
        case: row.get(4)?,
        fields: row.get(11)?,
    })
}

fn whole(raw: Raw) -> Result<RegisterRow, StoreError> {
    let case = raw.case.as_deref().map(|id| {
        CaseId::from_slice(id).ok_or_else(|| damaged("a case id of a register has 16 bytes"))
    });
    let values = serde_json::from_str(&raw.fields)
        .map_err(|error| damaged(&format!("a row of a register: {error}")))?;
    Ok(RegisterRow {
        scope: raw.scope.as_deref().map(scope).transpose()?,
        case: case.transpose()?,
        values,
        ..raw.row
    })
}

/// The condition of a part on `hub_register_now AS n`, and its values.
fn condition(part: &RegisterPart<'_>) -> (String, Vec<Value>) {
    let mut sql = "n.register = ? AND n.struck = 0".to_owned();
    let mut values = vec![Value::Text(part.register.to_owned())];
    if let Some(case) = part.case {
        sql.push_str(" AND n.case_id = ?");
        values.push(Value::Blob(case.as_bytes().to_vec()));
    }
    if let Some(from) = part.from {
        sql.push_str(" AND n.since >= ?");
        values.push(Value::Integer(from.0));
    }
    if let Some(to) = part.to {
        sql.push_str(" AND n.since < ?");
        values.push(Value::Integer(to.0));
    }
    if let Some((first, last)) = part.reported {
        let days = "SELECT day FROM hub_sheet WHERE case_id = n.case_id";
        sql.push_str(&format!(" AND ({days}) BETWEEN ? AND ?"));
        values.extend([Value::Integer(first), Value::Integer(last)]);
    }
    if !part.scopes.is_empty() {
        let marks = vec!["?"; part.scopes.len()].join(", ");
        sql.push_str(&format!(" AND n.scope IN ({marks})"));
        let ids = part.scopes.iter().map(ScopeId::as_bytes);
        values.extend(ids.map(|id| Value::Blob(id.to_vec())));
    }
    if let Some((words, among)) = part.words {
        let column =
            |id: &&str| format!("instr(lower(coalesce(r.fields ->> '$.{id}', '')), ?) > 0");
        let any: Vec<String> = among.iter().map(column).collect();
        sql.push_str(&format!(" AND (0 OR {})", any.join(" OR ")));
        let words = Value::Text(words.to_ascii_lowercase());
        values.extend(among.iter().map(|_| words.clone()));
    }
    (sql, values)
}

impl Registers for Tx<'_> {
    fn register_rows(&self, part: RegisterPart<'_>) -> Result<Vec<RegisterRow>, StoreError> {
        let (condition, mut values) = condition(&part);
        let sql = format!(
            "SELECT {COLUMNS} FROM hub_register_now AS n
             JOIN hub_register_row AS r USING (register, row, version)
             WHERE {condition} ORDER BY n.since DESC, n.row DESC LIMIT ? OFFSET ?"
        );
        values.push(Value::Integer(i64::from(part.limit)));
        values.push(Value::Integer(as_sql(part.skip)));
        let mut query = self.sql().prepare_cached(&sql)?;
        let rows = query.query_map(params_from_iter(values), raw)?;
        rows.map(|row| whole(row?)).collect()
    }

    fn register_count(&self, part: RegisterPart<'_>) -> Result<u64, StoreError> {
        let (condition, values) = condition(&part);
        let sql = format!(
            "SELECT count(*) FROM hub_register_now AS n
             JOIN hub_register_row AS r USING (register, row, version) WHERE {condition}"
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        Ok(from_sql(
            query.query_row(params_from_iter(values), |row| row.get(0))?,
        ))
    }

    fn register_versions(&self, register: &str, row: u64) -> Result<Vec<RegisterRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM hub_register_row AS r
             WHERE register = ?1 AND row = ?2 ORDER BY version"
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let rows = query.query_map((register, as_sql(row)), raw)?;
        rows.map(|row| whole(row?)).collect()
    }

    fn register_holder(&self, register: &str, unique: &str) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT row FROM hub_register_now WHERE register = ?1 AND uniq = ?2";
        let mut query = self.sql().prepare_cached(sql)?;
        let found = query
            .query_row((register, unique), |row| row.get(0))
            .optional()?;
        Ok(found.map(from_sql))
    }

    fn register_last(&self, register: &str) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(max(row), 0) FROM hub_register_now WHERE register = ?1";
        let mut query = self.sql().prepare_cached(sql)?;
        Ok(from_sql(query.query_row([register], |row| row.get(0))?))
    }

    fn registers_of(&self, case: CaseId) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT register, count(*) FROM hub_register_now
                   WHERE case_id = ?1 AND struck = 0 GROUP BY register";
        let mut query = self.sql().prepare_cached(sql)?;
        let rows = query.query_map([case.as_bytes()], |row| {
            Ok((row.get(0)?, from_sql(row.get(1)?)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn register_tally(
        &self,
        part: RegisterPart<'_>,
        by: &[&'static str],
        sum: Option<&'static str>,
    ) -> Result<Vec<Tally>, StoreError> {
        let value = |id: &&str| format!("coalesce(r.fields ->> '$.{id}', '')");
        let keys: Vec<String> = by.iter().map(value).collect();
        let sum = sum.map_or_else(|| "0".to_owned(), |id| value(&id));
        let (condition, values) = condition(&part);
        let mut columns = keys.clone();
        columns.push("count(*)".to_owned());
        columns.push(format!("coalesce(sum(CAST({sum} AS INTEGER)), 0)"));
        let group = if keys.is_empty() {
            String::new()
        } else {
            format!("GROUP BY {0} ORDER BY {0}", keys.join(", "))
        };
        let sql = format!(
            "SELECT {} FROM hub_register_now AS n
             JOIN hub_register_row AS r USING (register, row, version)
             WHERE {condition} {group}",
            columns.join(", ")
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let rows = query.query_map(params_from_iter(values), |row| {
            let key = (0..by.len()).map(|at| row.get(at));
            Ok(Tally {
                key: key.collect::<Result<_, _>>()?,
                rows: from_sql(row.get(by.len())?),
                sum: row.get(by.len() + 1)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn payment_sums(&self, part: RegisterPart<'_>) -> Result<Vec<PaymentSum>, StoreError> {
        let (condition, mut values) = paid_condition(&part);
        let sql = format!("{PAYMENT_SUMS} WHERE {condition} GROUP BY d.case_id {PAYMENT_ORDER}");
        values.push(Value::Integer(i64::from(part.limit)));
        values.push(Value::Integer(as_sql(part.skip)));
        let mut query = self.sql().prepare_cached(&sql)?;
        let rows = query.query_map(params_from_iter(values), |row| {
            let case: Vec<u8> = row.get(0)?;
            let last: Option<i64> = row.get(7)?;
            let sum = PaymentSum {
                case: CaseId::from_bytes([0; 16]),
                household: row.get(1)?,
                payable: row.get(2)?,
                decided: row.get(3)?,
                paid: row.get(4)?,
                unsettled: from_sql(row.get(5)?),
                unconfirmed: from_sql(row.get(6)?),
                last: last.map(WallMs),
            };
            Ok((case, sum))
        })?;
        let mut sums = Vec::new();
        for row in rows {
            let (id, sum) = row?;
            let case = CaseId::from_slice(&id).ok_or_else(|| damaged("a case id has 16 bytes"))?;
            sums.push(PaymentSum { case, ..sum });
        }
        Ok(sums)
    }

    fn put_register(&self, row: &RegisterRow) -> Result<(), StoreError> {
        let fields = serde_json::to_string(&row.values)
            .map_err(|error| damaged(&format!("a row of a register: {error}")))?;
        let values = [
            Value::Text(row.register.clone()),
            Value::Integer(as_sql(row.row)),
            Value::Integer(as_sql(row.version)),
            blob(row.scope.as_ref().map(ScopeId::as_bytes)),
            blob(row.case.as_ref().map(CaseId::as_bytes)),
            row.unique.clone().map_or(Value::Null, Value::Text),
            Value::Integer(row.since.0),
            Value::Integer(row.at.0),
            Value::Text(row.by.clone()),
            Value::Text(row.reason.clone()),
            Value::Integer(i64::from(row.struck)),
            Value::Text(fields),
        ];
        self.sql().execute(
            "INSERT INTO hub_register_row (register, row, version, scope, case_id, uniq, since,
               at, by, reason, struck, fields)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params_from_iter(values),
        )?;
        Ok(())
    }
}

/// Cases with a payment or the decision to pay, beside what the payments of each come to.
const PAYMENT_SUMS: &str = "
  SELECT d.case_id, d.household, d.high, d.paid,
    coalesce(sum(CASE WHEN r.fields ->> '$.state' = 'sent'
      THEN CAST(r.fields ->> '$.amount' AS INTEGER) END), 0),
    count(CASE WHEN r.fields ->> '$.state' IN ('failed', 'returned') THEN 1 END),
    count(CASE WHEN r.fields ->> '$.state' = 'sent'
      AND coalesce(r.fields ->> '$.confirmed', '') <> 'yes' THEN 1 END),
    max(CASE WHEN r.fields ->> '$.state' = 'sent' THEN r.since END)
  FROM (
    SELECT case_id FROM hub_desk WHERE paid = 1
    UNION SELECT case_id FROM hub_register_now
      WHERE register = 'payments' AND struck = 0 AND case_id IS NOT NULL
  ) AS wanted
  JOIN hub_desk AS d USING (case_id)
  LEFT JOIN hub_register_now AS n
    ON n.case_id = d.case_id AND n.register = 'payments' AND n.struck = 0
  LEFT JOIN hub_register_row AS r
    ON r.register = n.register AND r.row = n.row AND r.version = n.version";
const PAYMENT_ORDER: &str = "ORDER BY d.updated DESC, d.case_id LIMIT ? OFFSET ?";

/// The condition of a part on `hub_desk AS d`, and its values; a period means the case's change.
fn paid_condition(part: &RegisterPart<'_>) -> (String, Vec<Value>) {
    let mut sql = "1 = 1".to_owned();
    let mut values = Vec::new();
    if let Some(case) = part.case {
        sql.push_str(" AND d.case_id = ?");
        values.push(Value::Blob(case.as_bytes().to_vec()));
    }
    for (at, sign) in [(part.from, ">="), (part.to, "<")] {
        if let Some(at) = at {
            sql.push_str(&format!(" AND d.updated {sign} ?"));
            values.push(Value::Integer(at.0));
        }
    }
    if !part.scopes.is_empty() {
        let marks = vec!["?"; part.scopes.len()].join(", ");
        sql.push_str(&format!(" AND d.scope IN ({marks})"));
        let ids = part.scopes.iter().map(ScopeId::as_bytes);
        values.extend(ids.map(|id| Value::Blob(id.to_vec())));
    }
    (sql, values)
}

fn blob(id: Option<&[u8; 16]>) -> Value {
    id.map_or(Value::Null, |id| Value::Blob(id.to_vec()))
}
