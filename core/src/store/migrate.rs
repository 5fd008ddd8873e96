//! Migrations: a table and one loop. A released step never changes.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::error::StoreError;

/// One step: the version it leads to, and what it does.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The resulting version.
    pub to: i64,
    /// Statements.
    pub sql: &'static str,
}

/// The steps of the tables that phone and hub share.
pub(super) const STEPS: &[Step] = &[
    Step {
        to: 1,
        sql: include_str!("migrations/0001_init.sql"),
    },
    Step {
        to: 2,
        sql: include_str!("migrations/0002_merge.sql"),
    },
    Step {
        to: 3,
        sql: include_str!("migrations/0003_packs.sql"),
    },
    Step {
        to: 4,
        sql: include_str!("migrations/0004_sync_log.sql"),
    },
    Step {
        to: 5,
        sql: include_str!("migrations/0005_bundles.sql"),
    },
    Step {
        to: 6,
        sql: include_str!("migrations/0006_scopes.sql"),
    },
    Step {
        to: 7,
        sql: include_str!("migrations/0007_numbers.sql"),
    },
];

/// The version of the store that this build writes.
pub fn version() -> u32 {
    let newest = STEPS.last().map_or(0, |step| step.to);
    u32::try_from(newest).unwrap_or(u32::MAX)
}

/// Whether all parts are at their newest version, as they are at nearly every start.
pub(super) fn is_newest(connection: &Connection, parts: &[(&str, &[Step])]) -> bool {
    let read = || -> rusqlite::Result<BTreeMap<String, i64>> {
        let mut select = connection.prepare("SELECT part, version FROM part_version")?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    };
    // A new database has no such table yet.
    let found = read().unwrap_or_default();
    parts
        .iter()
        .all(|(part, steps)| found.get(*part).copied() == steps.last().map(|step| step.to))
}

/// Brings one part of the database to its newest version, in one transaction. Parts are versioned
/// apart, because the hub has tables of its own beside the shared ones.
///
/// # Errors
/// [`StoreError::Newer`] if the part was made by a newer build; then nothing is changed.
pub fn migrate(connection: &mut Connection, part: &str, steps: &[Step]) -> Result<(), StoreError> {
    let known = steps.last().map_or(0, |step| step.to);
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    tx.execute_batch("CREATE TABLE IF NOT EXISTS part_version (part TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT")?;
    let found: i64 = tx.query_row(
        "SELECT coalesce((SELECT version FROM part_version WHERE part = ?1), 0)",
        [part],
        |row| row.get(0),
    )?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for step in steps.iter().filter(|step| step.to > found) {
        tx.execute_batch(step.sql)?;
        tx.execute(
            "INSERT OR REPLACE INTO part_version (part, version) VALUES (?1, ?2)",
            (part, step.to),
        )?;
    }
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_step_one_knows_after_step_two_what_its_parked_changes_wait_for() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, "core", &STEPS[..1]).unwrap();
        let (one, two) = ("11".repeat(32), "22".repeat(32));
        connection
            .execute_batch(&format!(
                "INSERT INTO stream VALUES (1, x'01', x'02', x'03', 0, 1, x'04', 1, 0, 0, 0);
                 INSERT INTO envelope VALUES (1, 1, 1, x'aa', 1, x'05', 0, x'06', x'07', 1, 'waits for {one}, {two}');
                 INSERT INTO envelope VALUES (2, 1, 2, x'bb', 1, x'05', 0, x'06', x'07', 0, NULL);"
            ))
            .unwrap();
        migrate(&mut connection, "core", STEPS).unwrap();
        let mut select = connection
            .prepare("SELECT lower(hex(dep)) || lower(hex(envelope)) FROM waiting ORDER BY dep")
            .unwrap();
        let rows = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let rows: Vec<String> = rows.collect::<Result<_, _>>().unwrap();
        assert_eq!(rows, [format!("{one}aa"), format!("{two}aa")]);
    }
}
