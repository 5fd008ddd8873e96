//! Projections: what lists and searches read. Made from the record, thrown away at will.

use rusqlite::OptionalExtension;

use super::case::CaseStanding;
use super::error::StoreError;
use super::stream::signed;
use super::tokens;
use super::tx::Tx;
use crate::domain::{CaseId, Digest};
use crate::record::{CaseRecord, Section};
use crate::statement::SignatureState;

/// What a rebuild found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Cases projected anew.
    pub cases: u64,
    /// Cases whose projection or heads were different before: a bug, or damage that is now mended.
    pub differing: Vec<CaseId>,
    /// Files of interrupted captures that no row named, now removed.
    pub swept_files: usize,
}

/// Everything a projection row says, as one comparable text.
pub(super) type RowPrint = Option<String>;

/// The memo that says by which rules the words of the index were made.
const WORDS: &str = "words";

impl Tx<'_> {
    /// Writes a case's list row and its words.
    pub(super) fn project(&self, case: CaseId) -> Result<(), StoreError> {
        let Some(standing) = self.standing(case)? else {
            return Ok(());
        };
        let report = standing.record.section(Section::Report);
        let text = |name| report.text(name).unwrap_or_default();
        let total = standing.record.total().unwrap_or_default();
        let updated: i64 = self.newest_wall(case)?;
        // One that covers the case as it reads now counts, whatever a wrong clock says of others.
        let states = || standing.signatures.iter().map(|one| one.state.word());
        let valid = states().find(|word| *word == SignatureState::Valid.word());
        let signature = valid.or(states().next_back()).unwrap_or("none");
        let (row_id, indexed) = self.row_id(case)?;
        let words = words_of(&standing);
        let print = Digest::of(words.as_bytes());
        self.sql()
            .prepare_cached(
                "INSERT INTO case_row (row_id, case_id, scope, number, household, place, cause, low, high,
                   contested, lines, photos, status, signature, updated, heads, words)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
                 ON CONFLICT (case_id) DO UPDATE SET household = ?5, place = ?6, cause = ?7, low = ?8, high = ?9,
                   contested = ?10, lines = ?11, photos = ?12, status = ?13, signature = ?14, updated = ?15,
                   heads = ?16, words = ?17",
            )?
            .execute(rusqlite::params![
                row_id,
                case.as_bytes(),
                standing.scope.as_bytes(),
                case.number().as_str(),
                text("household"),
                text("place"),
                text("cause"),
                total.low.fen(),
                total.high.fen(),
                signed(standing.record.contested().len() as u64),
                signed(standing.record.rows(Section::Lines).filter(|(_, row)| !row.is_removed()).count() as u64),
                signed(standing.record.photos().count() as u64),
                standing.status.word(),
                signature,
                updated,
                digest_of(&standing.heads).as_bytes(),
                print.as_bytes(),
            ])?;
        let claims = standing.record.unique_claims(standing.scope);
        self.project_claims(case, &claims)?;
        // Most edits change no word that people search for; the index is then left alone.
        if indexed != Some(print) {
            self.index_words(row_id, &words)?;
        }
        Ok(())
    }

    fn index_words(&self, row_id: i64, words: &str) -> Result<(), StoreError> {
        self.sql()
            .prepare_cached("DELETE FROM case_text WHERE rowid = ?1")?
            .execute([row_id])?;
        self.sql()
            .prepare_cached("INSERT INTO case_text (rowid, words) VALUES (?1, ?2)")?
            .execute((row_id, words))?;
        Ok(())
    }

    /// The case's number in the index, and the digest of the words indexed for it.
    fn row_id(&self, case: CaseId) -> Result<(i64, Option<Digest>), StoreError> {
        let known: Option<(i64, Vec<u8>)> = self
            .sql()
            .prepare_cached("SELECT row_id, words FROM case_row WHERE case_id = ?1")?
            .query_row([case.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match known {
            Some((id, words)) => Ok((id, Digest::from_slice(&words))),
            None => {
                let next = "SELECT coalesce(max(row_id), 0) + 1 FROM case_row";
                Ok((self.sql().query_row(next, [], |row| row.get(0))?, None))
            }
        }
    }

    fn newest_wall(&self, case: CaseId) -> Result<i64, StoreError> {
        let sql = "SELECT coalesce(max(wall), 0) FROM envelope WHERE subject = ?1 AND state = 0";
        Ok(self
            .sql()
            .prepare_cached(sql)?
            .query_row([case.as_bytes()], |row| row.get(0))?)
    }

    /// All cases whose document is here.
    pub(super) fn all_cases(&self) -> Result<Vec<CaseId>, StoreError> {
        let mut select = self
            .sql()
            .prepare("SELECT case_id FROM document ORDER BY case_id")?;
        let ids: Vec<Vec<u8>> = select
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(ids.iter().filter_map(|id| CaseId::from_slice(id)).collect())
    }

    /// Whether older rules made the words of the index.
    pub(super) fn words_are_old(&self) -> Result<bool, StoreError> {
        Ok(self.memo(WORDS)? != Some(vec![tokens::RULES]))
    }

    /// Projects cases anew, so that their words follow the rules of this build. A case that this
    /// build cannot read keeps what it has.
    pub(super) fn renew_words(&self, cases: &[CaseId]) -> Result<(), StoreError> {
        for case in cases {
            match self.project(*case) {
                Ok(()) | Err(StoreError::Record(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Remembers that all words follow the rules of this build.
    pub(super) fn words_are_new(&self) -> Result<(), StoreError> {
        self.set_memo(WORDS, &[tokens::RULES])
    }

    /// Replays every case from its envelopes and projects it anew; says what was different.
    ///
    /// # Errors
    /// As the database fails.
    pub fn rebuild(&self) -> Result<Rebuilt, StoreError> {
        let cases = self.all_cases()?;
        let before: Vec<RowPrint> = cases
            .iter()
            .map(|case| self.row_print(*case))
            .collect::<Result<_, _>>()?;
        self.forget_snapshots()?;
        self.sql().execute_batch(
            "DELETE FROM case_row; DELETE FROM case_text; DELETE FROM unique_claim;",
        )?;
        let mut differing = Vec::new();
        for (case, before) in cases.iter().zip(before) {
            self.project(*case)?;
            self.compact(*case)?;
            if self.row_print(*case)? != before {
                differing.push(*case);
            }
        }
        self.words_are_new()?;
        Ok(Rebuilt {
            cases: cases.len() as u64,
            differing,
            swept_files: self.sweep_files()?,
        })
    }

    /// A case's row without its internal number, for comparison.
    pub(super) fn row_print(&self, case: CaseId) -> Result<RowPrint, StoreError> {
        let sql = format!(
            "SELECT {} FROM case_row WHERE case_id = ?1",
            super::case::ROW_COLUMNS
        );
        let print = self
            .sql()
            .prepare_cached(&sql)?
            .query_row([case.as_bytes()], |row| {
                let columns = (0..row.as_ref().column_count())
                    .map(|at| row.get_ref(at).map(|value| format!("{value:?}")));
                Ok(columns.collect::<Result<Vec<_>, _>>()?.join("|"))
            });
        Ok(print.optional()?)
    }
}

/// Everything the index holds about a case.
fn words_of(standing: &CaseStanding) -> String {
    let texts = searchable(&standing.record);
    let number = standing.case.number();
    tokens::index(texts.iter().map(String::as_str).chain([number.as_str()]))
}

/// Digest over sorted heads.
fn digest_of(heads: &[Digest]) -> Digest {
    let parts: Vec<&[u8]> = heads
        .iter()
        .map(|head| head.as_bytes().as_slice())
        .collect();
    Digest::labelled("lossbook/heads", &parts)
}

/// Names, places and objects: what people look for.
fn searchable(record: &CaseRecord) -> Vec<String> {
    let fields = [
        (
            Section::Report,
            ["household", "reporter", "phone", "policy_no", "place"].as_slice(),
        ),
        (Section::Parties, ["name", "phone"].as_slice()),
        (Section::Objects, ["label", "address"].as_slice()),
    ];
    let mut texts = Vec::new();
    for (path, field) in record.all_fields() {
        let wanted = fields
            .iter()
            .any(|(section, names)| *section == path.section && names.contains(&path.name));
        if wanted {
            // Contested names are all findable.
            texts.extend(
                field
                    .standing()
                    .iter()
                    .map(|standing| standing.value.to_string()),
            );
        }
    }
    texts
}
