//! Rows of registers and figures.

use lossbook_core::domain::{CaseId, ScopeId, WallMs};
use lossbook_core::store::{StoreError, Tx};
use rusqlite::{Row, ToSql};

use super::desk::{COLUMN_COUNT, COLUMNS, raw, within};
use super::{as_sql, from_sql};
use crate::meta::DeskRow;
use crate::meta::figure::{
    Behind, Figures, Group, Key, Only, Part, Place, Sheet, Side, Span, StepTime, Tally, Wanted,
    day_of, week_of,
};
use crate::sight::Sight;

const HOUR_MS: i64 = 3_600_000;

const SHEET: &str = "s.contract, s.received, s.reporter, s.phone, s.situation, s.handed, s.plate,
    s.assessed, s.damage, s.opinion, s.reviewer, s.reviewed, s.decided, s.paid_at, s.paid,
    s.closed, s.lacking, s.arrive_due, s.arrive_done, s.report_due, s.report_done, s.survey_due,
    s.survey_done, s.review_due, s.review_done, s.pay_due, s.pay_done, s.call_due, s.call_done";

impl Figures for Tx<'_> {
    fn put_figures(&self, sheet: &Sheet, parts: &[Part]) -> Result<(), StoreError> {
        put_sheet(self, sheet)?;
        let day = day_of(sheet.received);
        if is_written(self, (sheet, day), parts)? {
            return Ok(());
        }
        let case = sheet.case.as_bytes().as_slice();
        self.sql()
            .prepare_cached("DELETE FROM hub_part WHERE case_id = ?1")?
            .execute([case])?;
        let mut insert = self.sql().prepare_cached(
            "INSERT OR IGNORE INTO hub_part (metric, day, case_id, unit, contract, scope, num, den, ripe)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for part in parts {
            insert.execute((
                part.metric,
                day,
                case,
                &part.unit,
                &sheet.contract,
                sheet.scope.as_bytes(),
                part.num,
                part.den,
                part.ripe,
            ))?;
        }
        Ok(())
    }

    fn tally(&self, metric: &str, span: Span<'_>) -> Result<Vec<Tally>, StoreError> {
        let hour = span.now.0.div_euclid(HOUR_MS);
        let within = scope_and_contract("scope", "contract", span);
        // Whole hours from the sums; what ran out within this hour one by one, found by its time.
        let sql = format!(
            "SELECT contract, day, sum(num), sum(den) FROM hub_tally
             WHERE metric = ?1 AND day BETWEEN ?2 AND ?3 AND hour < ?4 AND {within}
             GROUP BY contract, day
             UNION ALL
             SELECT contract, day, sum(num), sum(den) FROM hub_part INDEXED BY hub_part_ripe
             WHERE ripe >= ?4 * {HOUR_MS} AND ripe <= ?5 AND ripe > 0 AND metric = ?1
               AND day BETWEEN ?2 AND ?3 AND {within}
             GROUP BY contract, day"
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let contract = span.contract.unwrap_or_default();
        let with: [&dyn ToSql; 6] = [&metric, &span.from, &span.to, &hour, &span.now.0, &contract];
        let rows = query.query_map(&with[..], |row| {
            Ok(Tally {
                contract: row.get(0)?,
                week: week_of(row.get(1)?),
                num: row.get(2)?,
                den: row.get(3)?,
            })
        })?;
        let mut all: Vec<Tally> = Vec::new();
        for row in rows {
            let row = row?;
            let same = |one: &&mut Tally| one.contract == row.contract && one.week == row.week;
            match all.iter_mut().find(same) {
                Some(one) => {
                    one.num = one.num.saturating_add(row.num);
                    one.den = one.den.saturating_add(row.den);
                }
                None => all.push(row),
            }
        }
        Ok(all)
    }

    fn behind(
        &self,
        (metric, side): (&str, Side),
        span: Span<'_>,
        (after, limit): (Option<&Place>, u32),
    ) -> Result<Vec<Behind>, StoreError> {
        let side = match side {
            Side::Numerator => "p.num <> 0",
            Side::Denominator => "p.den <> 0",
        };
        let within = scope_and_contract("p.scope", "p.contract", span);
        let sql = format!(
            "SELECT {COLUMNS}, p.day, p.unit, p.num, p.den
             FROM hub_part AS p CROSS JOIN hub_desk AS d USING (case_id)
             WHERE p.metric = ?1 AND p.day BETWEEN ?2 AND ?3 AND p.ripe <= ?4
               AND (p.day, p.case_id, p.unit) < (?5, ?7, ?8) AND {side} AND {within}
             ORDER BY p.day DESC, p.case_id DESC, p.unit DESC LIMIT ?9"
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let contract = span.contract.unwrap_or_default();
        let (day, case, unit) = match after {
            Some(place) => (
                place.day,
                place.case.as_bytes().to_vec(),
                place.unit.as_str(),
            ),
            None => (i64::MAX, Vec::new(), ""),
        };
        let with: [&dyn ToSql; 9] = [
            &metric,
            &span.from,
            &span.to,
            &span.now.0,
            &day,
            &contract,
            &case,
            &unit,
            &limit,
        ];
        let rows = query.query_map(&with[..], |row| {
            let at = COLUMN_COUNT;
            let unit: String = row.get(at + 1)?;
            Ok((
                row.get(at)?,
                unit,
                row.get(at + 2)?,
                row.get(at + 3)?,
                raw(row)?,
            ))
        })?;
        rows.map(|row| {
            let (day, unit, num, den, raw) = row?;
            let row = raw.checked()?;
            let case = row.case;
            let place = Place { day, case, unit };
            Ok(Behind {
                place,
                num,
                den,
                row,
            })
        })
        .collect()
    }

    fn sheets(&self, wanted: Wanted<'_>) -> Result<Vec<(Sheet, DeskRow)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, {SHEET}
             FROM hub_sheet AS s CROSS JOIN hub_desk AS d USING (case_id)
             WHERE {} ORDER BY s.received DESC, s.case_id DESC LIMIT ?4 OFFSET ?5",
            conditions(wanted)
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let (from, to, case) = bounds(wanted);
        let with = (from, to, case, wanted.limit, as_sql(wanted.skip));
        let rows = query.query_map(with, |row| Ok((sheet_of(row)?, raw(row)?)))?;
        rows.map(|row| {
            let (sheet, raw) = row?;
            let desk = raw.checked()?;
            let (case, scope) = (desk.case, desk.scope);
            Ok((
                Sheet {
                    case,
                    scope,
                    ..sheet
                },
                desk,
            ))
        })
        .collect()
    }

    fn groups(
        &self,
        by: &[Key],
        wanted: Wanted<'_>,
        now: WallMs,
    ) -> Result<Vec<Group>, StoreError> {
        let keys: Vec<&str> = by.iter().map(|key| key_sql(*key)).collect();
        let needs = by.iter().filter_map(|key| key_needs(*key));
        let needs = needs.map(|need| format!(" AND {need}"));
        let shown = shown("s.contract", wanted.sight);
        let tells = if by.contains(&Key::Thousands) {
            format!(" AND {shown}")
        } else {
            String::new()
        };
        let names: Vec<String> = (1..=by.len()).map(|at| at.to_string()).collect();
        let kept = "s.arrive_done <= s.arrive_due";
        let over = "s.arrive_due IS NOT NULL AND (s.arrive_done IS NOT NULL OR s.arrive_due < ?6)";
        let sql = format!(
            "SELECT {}, count(*), min(s.received), max(s.received), sum(d.surveyed),
               coalesce(sum({kept}), 0), sum({over}), count(s.arrive_done), count(s.paid),
               coalesce(sum(CASE WHEN {shown} THEN s.paid END), 0),
               coalesce(sum(CASE WHEN {shown} THEN d.high END), 0)
             FROM hub_sheet AS s CROSS JOIN hub_desk AS d USING (case_id)
             LEFT JOIN hub_scope AS v ON v.id = s.scope
             WHERE {}{}{tells} GROUP BY {} ORDER BY count(*) DESC, {} LIMIT ?4 OFFSET ?5",
            keys.join(", "),
            conditions(wanted),
            needs.collect::<String>(),
            names.join(", "),
            names.join(", "),
        );
        let mut query = self.sql().prepare_cached(&sql)?;
        let (from, to, case) = bounds(wanted);
        let with = (from, to, case, wanted.limit, as_sql(wanted.skip), now.0);
        let rows = query.query_map(with, |row| group(row, by.len()))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn group(row: &Row<'_>, keys: usize) -> rusqlite::Result<Group> {
    let count = |at: usize| row.get::<_, i64>(keys + at).map(from_sql);
    let names = (0..keys).map(|at| row.get(at));
    Ok(Group {
        keys: names.collect::<Result<_, _>>()?,
        cases: count(0)?,
        first: row.get(keys + 1)?,
        last: row.get(keys + 2)?,
        surveyed: count(3)?,
        arrived_in_time: count(4)?,
        arrivals: count(5)?,
        arrived: count(6)?,
        paid_cases: count(7)?,
        paid: row.get(keys + 8)?,
        payable: row.get(keys + 9)?,
    })
}

const fn key_sql(key: Key) -> &'static str {
    match key {
        Key::Scope => "coalesce(v.name, '')",
        Key::Cause => "d.cause",
        Key::Plate => "s.plate",
        Key::Surveyor => "d.surveyor",
        Key::Contract => "s.contract",
        Key::Weekday => "cast((s.day + 3) % 7 + 1 AS TEXT)",
        Key::Hours => "cast((s.received + 28800000) % 86400000 / 14400000 * 4 AS TEXT)",
        Key::DaysToPay => "cast((s.paid_at - s.received) / 86400000 AS TEXT)",
        Key::Month => "strftime('%Y-%m', s.day * 86400, 'unixepoch')",
        Key::Thousands => "cast(s.paid / 100000 AS TEXT)",
    }
}

/// What a case must have to be grouped by it.
const fn key_needs(key: Key) -> Option<&'static str> {
    match key {
        Key::Plate => Some("s.plate <> ''"),
        Key::DaysToPay | Key::Thousands => Some("s.paid_at IS NOT NULL"),
        Key::Surveyor => Some("d.surveyor <> ''"),
        Key::Scope | Key::Cause | Key::Contract | Key::Weekday | Key::Hours | Key::Month => None,
    }
}

/// A condition that a contract's amounts are shown: ids are words of our own packs.
fn shown(column: &str, sight: &Sight) -> String {
    let ids = sight.hidden().map(|id| {
        let safe = id
            .chars()
            .filter(|one| one.is_ascii_alphanumeric() || "-_".contains(*one));
        format!("'{}'", safe.collect::<String>())
    });
    let ids: Vec<String> = ids.collect();
    if ids.is_empty() {
        "true".to_owned()
    } else {
        format!("{column} NOT IN ('', {})", ids.join(", "))
    }
}

/// `?6` is the contract.
fn scope_and_contract(scope: &str, contract: &str, span: Span<'_>) -> String {
    let by = if span.contract.is_some() {
        format!("{contract} = ?6")
    } else {
        "?6 = ''".to_owned()
    };
    format!("{} AND {by}", within(scope, span.scopes))
}

/// `?1` and `?2` bound the time of report, `?3` is a case or nothing.
fn conditions(wanted: Wanted<'_>) -> String {
    let only = match wanted.only {
        Only::All => "true",
        Only::Reviewed => "s.reviewed IS NOT NULL",
        Only::Closed => "s.closed IS NOT NULL",
    };
    let case = if wanted.case.is_some() {
        "s.case_id = ?3"
    } else {
        "?3 = x''"
    };
    format!(
        "s.received >= ?1 AND s.received < ?2 AND {case} AND {only} AND {}",
        within("s.scope", wanted.scopes)
    )
}

fn bounds(wanted: Wanted<'_>) -> (i64, i64, Vec<u8>) {
    (
        wanted.from.map_or(i64::MIN, |at| at.0),
        wanted.to.map_or(i64::MAX, |at| at.0),
        wanted
            .case
            .map_or(Vec::new(), |case| case.as_bytes().to_vec()),
    )
}

/// Whether these parts stand already: most changes of a case move no figure.
fn is_written(
    tx: &Tx<'_>,
    (sheet, day): (&Sheet, i64),
    parts: &[Part],
) -> Result<bool, StoreError> {
    let mut query = tx.sql().prepare_cached(
        "SELECT metric, unit, num, den, ripe, day, contract FROM hub_part WHERE case_id = ?1",
    )?;
    let mut rows = query.query([sheet.case.as_bytes()])?;
    let mut found = 0;
    while let Some(row) = rows.next()? {
        let (metric, unit): (String, String) = (row.get(0)?, row.get(1)?);
        let figures: (i64, i64, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let (on, contract): (i64, String) = (row.get(5)?, row.get(6)?);
        let is_same = |part: &Part| {
            part.metric == metric && part.unit == unit && (part.num, part.den, part.ripe) == figures
        };
        if on != day || contract != sheet.contract || !parts.iter().any(is_same) {
            return Ok(false);
        }
        found += 1;
    }
    Ok(found == parts.len())
}

fn put_sheet(tx: &Tx<'_>, sheet: &Sheet) -> Result<(), StoreError> {
    let at = |time: Option<WallMs>| time.map(|at| at.0);
    let [report, survey, review, pay, call] = sheet.steps;
    let sql = "INSERT OR REPLACE INTO hub_sheet (case_id, scope, contract, received, day, reporter,
        phone, situation, handed, plate, assessed, damage, opinion, reviewer, reviewed, decided,
        paid_at, paid, closed, lacking, arrive_due, arrive_done, report_due, report_done,
        survey_due, survey_done, review_due, review_done, pay_due, pay_done, call_due, call_done)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
        ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)";
    tx.sql().prepare_cached(sql)?.execute(rusqlite::params![
        sheet.case.as_bytes(),
        sheet.scope.as_bytes(),
        sheet.contract,
        sheet.received.0,
        day_of(sheet.received),
        sheet.reporter,
        sheet.phone,
        sheet.situation,
        sheet.handed,
        sheet.plate,
        sheet.assessed,
        sheet.damage,
        sheet.opinion,
        sheet.reviewer,
        at(sheet.reviewed),
        at(sheet.decided),
        at(sheet.paid_at),
        sheet.paid,
        at(sheet.closed),
        as_sql(sheet.lacking),
        at(sheet.arrival.due),
        at(sheet.arrival.done),
        at(report.due),
        at(report.done),
        at(survey.due),
        at(survey.done),
        at(review.due),
        at(review.done),
        at(pay.due),
        at(pay.done),
        at(call.due),
        at(call.done),
    ])?;
    Ok(())
}

/// A sheet as SQLite gives it; whose it is stands in the row on the desk.
fn sheet_of(row: &Row<'_>) -> rusqlite::Result<Sheet> {
    let at = |place: usize| row.get::<_, Option<i64>>(COLUMN_COUNT + place);
    let time = |place: usize| at(place).map(|ms| ms.map(WallMs));
    let text = |place: usize| row.get::<_, String>(COLUMN_COUNT + place);
    let step = |place: usize| -> rusqlite::Result<StepTime> {
        Ok(StepTime {
            due: time(place)?,
            done: time(place + 1)?,
        })
    };
    Ok(Sheet {
        case: CaseId::from_bytes([0; 16]),
        scope: ScopeId::from_bytes([0; 16]),
        contract: text(0)?,
        received: WallMs(row.get(COLUMN_COUNT + 1)?),
        reporter: text(2)?,
        phone: text(3)?,
        situation: text(4)?,
        handed: row.get(COLUMN_COUNT + 5)?,
        plate: text(6)?,
        assessed: at(7)?,
        damage: text(8)?,
        opinion: text(9)?,
        reviewer: text(10)?,
        reviewed: time(11)?,
        decided: time(12)?,
        paid_at: time(13)?,
        paid: at(14)?,
        closed: time(15)?,
        lacking: from_sql(row.get(COLUMN_COUNT + 16)?),
        arrival: step(17)?,
        steps: [step(19)?, step(21)?, step(23)?, step(25)?, step(27)?],
    })
}
