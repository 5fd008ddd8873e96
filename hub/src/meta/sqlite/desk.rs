//! Rows of the queues.

use lossbook_core::domain::{CaseId, Digest, ScopeId, WallMs};
use lossbook_core::store::{StoreError, Tx};
use rusqlite::{OptionalExtension, Row, ToSql};

use super::{as_sql, damaged, from_sql, scope};
use crate::meta::{
    Assigned, BoardRow, CasePart, Desk, DeskRow, Due, Listed, Part, SurveyorRow, ToldRow, Waiting,
};

/// Counting what ran out ends here: nobody works on so many at once.
const MOST_COUNTED: u32 = 1_000;

pub(super) const COLUMNS: &str =
    "d.case_id, d.scope, d.number, d.household, d.place, d.cause, d.contract,
    d.status, d.signature, d.contested, d.photos, d.missing, d.low, d.high, d.reported, d.updated,
    d.surveyor, d.round, d.role, d.surveyed, d.approved, d.paid, d.lat, d.lon";
const NOT_CALLED: &str = "d.paid = 1 AND NOT EXISTS (SELECT 1 FROM hub_register_now AS n
    WHERE n.case_id = d.case_id AND n.register = 'claim_callbacks' AND n.struck = 0)";
pub(super) const COLUMN_COUNT: usize = 24;

/// A row as SQLite gives it; ids are checked outside.
pub(super) struct Raw {
    ids: (Vec<u8>, Vec<u8>),
    row: DeskRow,
}

pub(super) fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let count = |at: usize| row.get::<_, i64>(at).map(from_sql);
    let lat: Option<i64> = row.get(22)?;
    let lon: Option<i64> = row.get(23)?;
    Ok(Raw {
        ids: (row.get(0)?, row.get(1)?),
        row: DeskRow {
            case: CaseId::from_bytes([0; 16]),
            scope: ScopeId::from_bytes([0; 16]),
            number: row.get(2)?,
            household: row.get(3)?,
            place: row.get(4)?,
            cause: row.get(5)?,
            contract: row.get(6)?,
            status: row.get(7)?,
            signature: row.get(8)?,
            contested: count(9)?,
            photos: count(10)?,
            missing: count(11)?,
            low: row.get(12)?,
            high: row.get(13)?,
            reported: WallMs(row.get(14)?),
            updated: WallMs(row.get(15)?),
            surveyor: row.get(16)?,
            round: row.get(17)?,
            role: row.get(18)?,
            surveyed: row.get(19)?,
            approved: row.get(20)?,
            paid: row.get(21)?,
            at: lat.zip(lon),
        },
    })
}

impl Raw {
    pub(super) fn checked(self) -> Result<DeskRow, StoreError> {
        let (case_id, scope_id) = self.ids;
        Ok(DeskRow {
            case: CaseId::from_slice(&case_id).ok_or_else(|| damaged("a case id has 16 bytes"))?,
            scope: scope(&scope_id)?,
            ..self.row
        })
    }
}

/// A condition on a scope column: ids are hexadecimal digits of our own making.
pub(super) fn within(column: &str, scopes: &[ScopeId]) -> String {
    if scopes.is_empty() {
        return "true".to_owned();
    }
    let ids: Vec<String> = scopes.iter().map(|id| format!("x'{id}'")).collect();
    format!("{column} IN ({})", ids.join(", "))
}

impl Desk for Tx<'_> {
    fn cases_after(&self, after: Option<CaseId>, limit: u32) -> Result<Vec<CaseId>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT case_id FROM document WHERE case_id > ?1 ORDER BY case_id LIMIT ?2",
        )?;
        let from = after.map_or(Vec::new(), |case| case.as_bytes().to_vec());
        let rows = query.query_map((from, limit), |row| row.get::<_, Vec<u8>>(0))?;
        let ids = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(ids.iter().filter_map(|id| CaseId::from_slice(id)).collect())
    }

    fn put_desk(&self, row: &DeskRow, waiting: &[Waiting], dues: &[Due]) -> Result<(), StoreError> {
        put_row(self, row)?;
        let case = row.case.as_bytes().as_slice();
        for table in ["hub_queue", "hub_due"] {
            let sql = format!("DELETE FROM {table} WHERE case_id = ?1");
            self.sql().prepare_cached(&sql)?.execute([case])?;
        }
        let mut queue = self.sql().prepare_cached(
            "INSERT INTO hub_queue (queue, since, case_id, scope, note) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let scope = row.scope.as_bytes().as_slice();
        for one in waiting {
            queue.execute((one.queue, one.since.0, case, scope, &one.note))?;
        }
        let mut insert = self.sql().prepare_cached(
            "INSERT OR IGNORE INTO hub_due (kind, due, case_id, id, scope, since, zh, en, source)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for one in dues {
            insert.execute((
                &one.kind,
                one.due.0,
                case,
                &one.id,
                scope,
                one.since.0,
                &one.zh,
                &one.en,
                &one.source,
            ))?;
        }
        Ok(())
    }

    fn recount_missing(&self, scope: ScopeId, digest: &Digest) -> Result<(), StoreError> {
        let cases = "SELECT case_id FROM blob WHERE digest = ?1 AND scope = ?2 AND role = 1";
        let names = (digest.as_bytes(), scope.as_bytes());
        self.sql()
            .prepare_cached(&format!(
                "UPDATE hub_desk SET missing = (SELECT count(*) FROM blob AS b
                   WHERE b.case_id = hub_desk.case_id AND b.role = 1 AND NOT EXISTS
                     (SELECT 1 FROM hub_blob AS h WHERE h.scope = b.scope AND h.digest = b.digest))
                 WHERE case_id IN ({cases})"
            ))?
            .execute(names)?;
        self.sql()
            .prepare_cached(&format!(
                "DELETE FROM hub_queue WHERE queue = 'photos' AND case_id IN
                   (SELECT case_id FROM hub_desk WHERE missing = 0 AND case_id IN ({cases}))"
            ))?
            .execute(names)?;
        Ok(())
    }

    fn desk_row(&self, case: CaseId) -> Result<Option<DeskRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM hub_desk AS d WHERE case_id = ?1");
        let row = self
            .sql()
            .prepare_cached(&sql)?
            .query_row([case.as_bytes()], raw)
            .optional()?;
        row.map(Raw::checked).transpose()
    }

    fn queue(&self, part: Part<'_>) -> Result<Vec<(WallMs, String, DeskRow)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, q.since, q.note FROM hub_queue AS q CROSS JOIN hub_desk AS d USING (case_id)
             WHERE q.queue = ?1 AND (q.since, q.case_id) > (?2, ?3) AND {}
             ORDER BY q.since, q.case_id LIMIT ?4",
            within("q.scope", part.scopes)
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let (since, case) = behind(part.after);
        let rows = query.query_map((part.queue, since, case, part.limit), |row| {
            let note: String = row.get(COLUMN_COUNT + 1)?;
            Ok((WallMs(row.get(COLUMN_COUNT)?), note, raw(row)?))
        })?;
        rows.map(|row| {
            let (since, note, raw) = row?;
            Ok((since, note, raw.checked()?))
        })
        .collect()
    }

    fn queue_counts(&self, scopes: &[ScopeId]) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = format!(
            "SELECT queue, sum(n) FROM hub_queue_count WHERE {} GROUP BY queue",
            within("scope", scopes)
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, from_sql(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn dues(&self, part: Part<'_>) -> Result<Vec<(Due, DeskRow)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, t.kind, t.due, t.id, t.since, t.zh, t.en, t.source
             FROM hub_due AS t CROSS JOIN hub_desk AS d USING (case_id)
             WHERE t.kind = ?1 AND (t.due, t.case_id) > (?2, ?3) AND {}
             ORDER BY t.due, t.case_id, t.id LIMIT ?4",
            within("t.scope", part.scopes)
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let (due, case) = behind(part.after);
        let rows = query.query_map((part.queue, due, case, part.limit), |row| {
            Ok((due_of(row, COLUMN_COUNT)?, raw(row)?))
        })?;
        rows.map(|row| {
            let (due, raw) = row?;
            Ok((due, raw.checked()?))
        })
        .collect()
    }

    fn overdue(&self, kind: &str, now: WallMs, scopes: &[ScopeId]) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM hub_due WHERE kind = ?1 AND due < ?2 AND {} LIMIT ?3)",
            within("scope", scopes)
        );
        let counted: i64 = self
            .sql()
            .prepare_cached(&sql)?
            .query_row((kind, now.0, MOST_COUNTED), |row| row.get(0))?;
        Ok(from_sql(counted))
    }

    fn newest(&self, scopes: &[ScopeId], limit: u32) -> Result<Vec<DeskRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM hub_desk AS d WHERE {} ORDER BY d.updated DESC LIMIT ?1",
            within("d.scope", scopes)
        );
        rows_of(self, &sql, &[&limit])
    }

    fn listed(&self, part: CasePart<'_>) -> Result<Vec<DeskRow>, StoreError> {
        let (condition, way) = match part.listed {
            Listed::Every => ("true", "DESC"),
            Listed::NotCalled => (NOT_CALLED, "DESC"),
            Listed::Open => ("d.status NOT IN ('closed', 'denied')", "ASC"),
        };
        // Either the one case by its id, or all of them in the order of their changes.
        let named = match part.case {
            Some(_) => "d.case_id = ?1",
            None => "?1 IS NULL",
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM hub_desk AS d
             WHERE {named} AND d.reported >= ?2 AND d.reported < ?3 AND {condition} AND {}
             ORDER BY d.updated {way}, d.case_id {way} LIMIT ?4 OFFSET ?5",
            within("d.scope", part.scopes)
        );
        let case = part.case.map(|case| case.as_bytes().to_vec());
        let from = part.from.map_or(i64::MIN, |at| at.0);
        let to = part.to.map_or(i64::MAX, |at| at.0);
        let with: [&dyn ToSql; 5] = [&case, &from, &to, &part.limit, &as_sql(part.skip)];
        rows_of(self, &sql, &with)
    }

    fn board(&self, scopes: &[ScopeId]) -> Result<Vec<BoardRow>, StoreError> {
        let sql = format!(
            "SELECT s.name, b.reported, b.surveyed, b.signed, b.approved, b.paid, b.outstanding,
                b.payable, b.granted
             FROM hub_board AS b JOIN hub_scope AS s ON s.id = b.scope WHERE {} ORDER BY s.name",
            within("b.scope", scopes)
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let rows = query.query_map([], |row| {
            let count = |at: usize| row.get::<_, i64>(at).map(from_sql);
            Ok(BoardRow {
                village: row.get(0)?,
                reported: count(1)?,
                surveyed: count(2)?,
                signed: count(3)?,
                approved: count(4)?,
                paid: count(5)?,
                outstanding: count(6)?,
                payable: row.get(7)?,
                granted: row.get(8)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn places(
        &self,
        [south, west, north, east]: [i64; 4],
        scopes: &[ScopeId],
        limit: u32,
    ) -> Result<Vec<DeskRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM hub_desk AS d
             WHERE d.lat BETWEEN ?1 AND ?3 AND d.lon BETWEEN ?2 AND ?4 AND {} LIMIT ?5",
            within("d.scope", scopes)
        );
        rows_of(self, &sql, &[&south, &west, &north, &east, &limit])
    }

    fn extent(&self, scopes: &[ScopeId]) -> Result<Option<[i64; 4]>, StoreError> {
        let sql = format!(
            "SELECT min(south), min(west), max(north), max(east) FROM hub_board
             WHERE south IS NOT NULL AND {} GROUP BY south / 2000000, west / 2000000
             ORDER BY sum(reported) DESC LIMIT 1",
            within("scope", scopes)
        );
        let found = self.sql().prepare_cached(&sql)?.query_row([], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        });
        Ok(found.optional()?)
    }

    fn surveyors(&self, scope: ScopeId) -> Result<Vec<SurveyorRow>, StoreError> {
        let mut names = Vec::new();
        for (device, revoked) in crate::meta::People::all_devices(self)? {
            for (name, person) in crate::meta::People::people(self, device)? {
                let surveys = person
                    .roles
                    .contains(&lossbook_core::domain::Role::Surveyor);
                if !revoked && surveys && person.scopes.contains(&scope) {
                    names.push(name);
                }
            }
        }
        names.sort();
        names.dedup();
        let surveyor = |name: String| {
            let load: i64 = self
                .sql()
                .prepare_cached(
                    "SELECT count(*) FROM hub_assigned JOIN hub_desk USING (case_id)
                     WHERE hub_assigned.surveyor = ?1 AND hub_desk.surveyed = 0",
                )?
                .query_row([&name], |row| row.get(0))?;
            let at = self
                .sql()
                .prepare_cached(
                    "SELECT lat, lon FROM hub_desk WHERE surveyor = ?1 AND lat IS NOT NULL
                     ORDER BY updated DESC LIMIT 1",
                )?
                .query_row([&name], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            Ok(SurveyorRow {
                name,
                load: from_sql(load),
                at,
            })
        };
        names.into_iter().map(surveyor).collect()
    }

    fn assigned(&self, case: CaseId) -> Result<Option<Assigned>, StoreError> {
        let row = self
            .sql()
            .prepare_cached("SELECT surveyor, by, at FROM hub_assigned WHERE case_id = ?1")?
            .query_row([case.as_bytes()], |row| {
                Ok(Assigned {
                    surveyor: row.get(0)?,
                    by: row.get(1)?,
                    at: WallMs(row.get(2)?),
                })
            })
            .optional()?;
        Ok(row)
    }

    fn put_assigned(&self, case: CaseId, to: &Assigned) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_assigned (case_id, surveyor, by, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (case_id) DO UPDATE SET surveyor = ?2, by = ?3, at = ?4",
            (case.as_bytes(), &to.surveyor, &to.by, to.at.0),
        )?;
        Ok(())
    }

    fn told(&self, case: CaseId) -> Result<Vec<ToldRow>, StoreError> {
        let mut query = self.sql().prepare_cached(
            "SELECT what, channel, by, at FROM hub_told WHERE case_id = ?1 ORDER BY at",
        )?;
        let rows = query.query_map([case.as_bytes()], |row| {
            Ok(ToldRow {
                what: row.get(0)?,
                channel: row.get(1)?,
                by: row.get(2)?,
                at: WallMs(row.get(3)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn put_told(&self, case: CaseId, told: &ToldRow) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO hub_told (case_id, what, channel, by, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (case_id, what) DO UPDATE SET channel = ?3, by = ?4, at = ?5",
            (
                case.as_bytes(),
                &told.what,
                &told.channel,
                &told.by,
                told.at.0,
            ),
        )?;
        self.sql().execute(
            "DELETE FROM hub_due WHERE case_id = ?1 AND id = ?2",
            (case.as_bytes(), &told.what),
        )?;
        Ok(())
    }

    fn draft(&self, case: CaseId, user: &str) -> Result<Option<(String, WallMs)>, StoreError> {
        let row = self
            .sql()
            .prepare_cached("SELECT text, at FROM hub_draft WHERE case_id = ?1 AND user = ?2")?
            .query_row((case.as_bytes(), user), |row| {
                Ok((row.get(0)?, WallMs(row.get(1)?)))
            })
            .optional()?;
        Ok(row)
    }

    fn put_draft(
        &self,
        case: CaseId,
        user: &str,
        draft: Option<(&str, WallMs)>,
    ) -> Result<(), StoreError> {
        let whose = (case.as_bytes(), user);
        match draft {
            Some((text, at)) => self.sql().execute(
                "INSERT INTO hub_draft (case_id, user, text, at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (case_id, user) DO UPDATE SET text = ?3, at = ?4",
                (whose.0, whose.1, text, at.0),
            )?,
            None => self.sql().execute(
                "DELETE FROM hub_draft WHERE case_id = ?1 AND user = ?2",
                whose,
            )?,
        };
        Ok(())
    }
}

/// The place behind which a page begins.
fn behind(after: Option<(i64, CaseId)>) -> (i64, Vec<u8>) {
    match after {
        Some((since, case)) => (since, case.as_bytes().to_vec()),
        None => (i64::MIN, Vec::new()),
    }
}

fn due_of(row: &Row<'_>, at: usize) -> rusqlite::Result<Due> {
    Ok(Due {
        kind: row.get(at)?,
        due: WallMs(row.get(at + 1)?),
        id: row.get(at + 2)?,
        since: WallMs(row.get(at + 3)?),
        zh: row.get(at + 4)?,
        en: row.get(at + 5)?,
        source: row.get(at + 6)?,
    })
}

fn rows_of(tx: &Tx<'_>, sql: &str, with: &[&dyn ToSql]) -> Result<Vec<DeskRow>, StoreError> {
    let mut query = tx.sql().prepare_cached(sql)?;
    let rows = query.query_map(with, raw)?;
    rows.map(|row| row?.checked()).collect()
}

fn put_row(tx: &Tx<'_>, row: &DeskRow) -> Result<(), StoreError> {
    let (lat, lon) = row.at.unzip();
    let sql = "INSERT INTO hub_desk (case_id, scope, number, household, place, cause,
        contract, status, signature, contested, photos, missing, low, high, reported, updated,
        surveyor, round, role, surveyed, approved, paid, lat, lon)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
        ?19, ?20, ?21, ?22, ?23, ?24)
        ON CONFLICT (case_id) DO UPDATE SET household = ?4, place = ?5, cause = ?6, contract = ?7,
        status = ?8, signature = ?9, contested = ?10, photos = ?11, missing = ?12, low = ?13,
        high = ?14, updated = ?16, surveyor = ?17, round = ?18, role = ?19, surveyed = ?20,
        approved = ?21, paid = ?22, lat = ?23, lon = ?24";
    tx.sql().prepare_cached(sql)?.execute(rusqlite::params![
        row.case.as_bytes(),
        row.scope.as_bytes(),
        row.number,
        row.household,
        row.place,
        row.cause,
        row.contract,
        row.status,
        row.signature,
        as_sql(row.contested),
        as_sql(row.photos),
        as_sql(row.missing),
        row.low,
        row.high,
        row.reported.0,
        row.updated.0,
        row.surveyor,
        row.round,
        row.role,
        row.surveyed,
        row.approved,
        row.paid,
        lat,
        lon,
    ])?;
    Ok(())
}
