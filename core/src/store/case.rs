//! Cases: the list, the search, and where one case stands.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row};

use super::error::StoreError;
use super::stream::{envelope_from, unsigned};
use super::tokens;
use super::tx::Tx;
use super::unique::Clash;
use crate::chain::{Header, Kind, ReceiptBody};
use crate::domain::{CaseId, Digest, Money, MoneyRange, ScopeId, WallMs, cbor};
use crate::record::{CaseRecord, FieldChange};
use crate::statement::{
    Act, Action, BindingFields, CaseStatus, DecisionBody, FreezeBody, SignatureBody,
    SignatureState, case_status, signature_state,
};

/// One line of the case list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The case.
    pub case: CaseId,
    /// Its scope.
    pub scope: ScopeId,
    /// Its number for people.
    pub number: String,
    /// Householder.
    pub household: String,
    /// Place of loss.
    pub place: String,
    /// Cause of loss.
    pub cause: String,
    /// Sum of its lines.
    pub total: MoneyRange,
    /// How many binding fields are contested.
    pub contested: u64,
    /// How many lines it has.
    pub lines: u64,
    /// How many photos it has.
    pub photos: u64,
    /// A word of [`CaseStatus`].
    pub status: String,
    /// State of its newest signature, or `none`.
    pub signature: String,
    /// Newest wall clock among its envelopes: a claim, for ordering the list only.
    pub updated: WallMs,
    /// Digest over its heads: equal on any two stores that hold the same changes.
    pub heads: Digest,
}

/// Which cases are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseQuery {
    /// Words that must all occur; two Chinese characters are enough.
    pub text: Option<String>,
    /// At most so many.
    pub limit: u32,
    /// After skipping so many.
    pub offset: u32,
}

impl Default for CaseQuery {
    fn default() -> Self {
        Self {
            text: None,
            limit: 50,
            offset: 0,
        }
    }
}

/// An envelope about a case, with its body read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEnvelope<T> {
    /// Its name.
    pub id: Digest,
    /// Its header.
    pub header: Header,
    /// Its body.
    pub body: T,
}

/// A signature with what it covers and its state now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureStanding {
    /// The signature.
    pub signature: CaseEnvelope<SignatureBody>,
    /// What was signed.
    pub freeze: FreezeBody,
    /// Computed now.
    pub state: SignatureState,
    /// Why it was refused or taken back, if somebody said so.
    pub reason: Option<String>,
    /// Who saw it, on a device of their own.
    pub witnesses: Vec<String>,
}

/// A case as it stands now, everything computed from record and envelopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseStanding {
    /// The case.
    pub case: CaseId,
    /// Its scope.
    pub scope: ScopeId,
    /// Its record.
    pub record: CaseRecord,
    /// Its heads, sorted.
    pub heads: Vec<Digest>,
    /// Its binding fields.
    pub binding: BindingFields,
    /// What other cases contradict.
    pub clashes: Vec<Clash>,
    /// Its signatures, oldest first.
    pub signatures: Vec<SignatureStanding>,
    /// Its decisions, oldest first.
    pub decisions: Vec<CaseEnvelope<DecisionBody>>,
    /// Its status.
    pub status: CaseStatus,
    /// What changed since the newest decision on figures without being what it rests on: it is
    /// listed beside the decision and reopens nothing.
    pub late: Vec<FieldChange>,
}

pub(super) const ROW_COLUMNS: &str = "case_id, scope, number, household, place, cause, low, high, contested, lines, photos, status, signature, updated, heads";

fn row_from(row: &Row<'_>) -> rusqlite::Result<Option<CaseRow>> {
    let (case, scope, heads): (Vec<u8>, Vec<u8>, Vec<u8>) =
        (row.get(0)?, row.get(1)?, row.get(14)?);
    let ids = (
        CaseId::from_slice(&case),
        ScopeId::from_slice(&scope),
        Digest::from_slice(&heads),
    );
    let (Some(case), Some(scope), Some(heads)) = ids else {
        return Ok(None);
    };
    Ok(Some(CaseRow {
        case,
        scope,
        number: row.get(2)?,
        household: row.get(3)?,
        place: row.get(4)?,
        cause: row.get(5)?,
        total: MoneyRange {
            low: Money::from_fen(row.get(6)?),
            high: Money::from_fen(row.get(7)?),
        },
        contested: unsigned(row.get(8)?),
        lines: unsigned(row.get(9)?),
        photos: unsigned(row.get(10)?),
        status: row.get(11)?,
        signature: row.get(12)?,
        updated: WallMs(row.get(13)?),
        heads,
    }))
}

/// Whether this is the same act once more: its device was restored from a copy, wrote it anew in
/// its next epoch under another name of the frozen statement, and the hub had the first one too.
fn is_again(one: &CaseEnvelope<SignatureBody>, other: &CaseEnvelope<SignatureBody>) -> bool {
    let renamed = SignatureBody {
        freeze: one.body.freeze,
        ..other.body.clone()
    };
    one.header.device == other.header.device && renamed == one.body
}

impl Tx<'_> {
    /// Cases, newest first, without opening a document.
    ///
    /// # Errors
    /// As the database fails.
    pub fn cases(&self, query: &CaseQuery) -> Result<Vec<CaseRow>, StoreError> {
        self.cases_in(query, None)
    }

    /// Cases of some scopes, or of all, newest first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn cases_in(
        &self,
        query: &CaseQuery,
        scopes: Option<&[ScopeId]>,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let words = query.text.as_deref().map(tokens::query);
        let found = match &words {
            None => "true",
            Some(words) if words.is_empty() => return Ok(Vec::new()),
            Some(_) => "row_id IN (SELECT rowid FROM case_text WHERE case_text MATCH ?3)",
        };
        let within = match scopes {
            None => "true".to_owned(),
            Some(scopes) => {
                let ids: Vec<String> = scopes.iter().map(|id| format!("x'{id}'")).collect();
                format!("scope IN ({})", ids.join(", "))
            }
        };
        let sql = format!(
            "SELECT {ROW_COLUMNS} FROM case_row WHERE {found} AND {within} ORDER BY updated DESC, case_id LIMIT ?1 OFFSET ?2"
        );
        let mut select = self.sql().prepare_cached(&sql)?;
        let mut rows = match &words {
            None => select.query((query.limit, query.offset))?,
            Some(words) => select.query((query.limit, query.offset, words))?,
        };
        let mut cases = Vec::new();
        while let Some(row) = rows.next()? {
            cases.extend(row_from(row)?);
        }
        Ok(cases)
    }

    /// How many cases there are.
    ///
    /// # Errors
    /// As the database fails.
    pub fn case_count(&self) -> Result<u64, StoreError> {
        Ok(unsigned(self.sql().query_row(
            "SELECT count(*) FROM case_row",
            [],
            |row| row.get(0),
        )?))
    }

    /// The case with this number or id.
    ///
    /// # Errors
    /// As the database fails.
    pub fn find_case(&self, name: &str) -> Result<Option<CaseRow>, StoreError> {
        // A number and an id never read the same; one condition each, so that an index finds it.
        let (column, wanted) = match name.parse::<CaseId>() {
            Ok(id) => ("case_id", Value::Blob(id.as_bytes().to_vec())),
            Err(_) => ("number", Value::Text(name.to_uppercase())),
        };
        let sql = format!("SELECT {ROW_COLUMNS} FROM case_row WHERE {column} = ?1");
        let mut select = self.sql().prepare_cached(&sql)?;
        let mut rows = select.query([wanted])?;
        Ok(match rows.next()? {
            Some(row) => row_from(row)?,
            None => None,
        })
    }

    /// Where one case stands; nothing if its document is not here.
    ///
    /// # Errors
    /// As the database fails, or [`StoreError::Record`] for a document of another schema.
    pub fn standing(&self, case: CaseId) -> Result<Option<CaseStanding>, StoreError> {
        let Some(scope) = self.scope_of_case(case)? else {
            return Ok(None);
        };
        let heads = self.heads(case)?;
        if heads.is_empty() {
            return Ok(None);
        }
        let record = self.with_document(case, |document| document.read())?;
        let binding = BindingFields::of(&record);
        let clashes = self.clashes(case, (scope, &record))?;
        let decisions = self.about_case::<DecisionBody>(case, Kind::Decision)?;
        let signatures = self.signatures(case, &binding)?;
        let status = case_status(decisions.iter().map(|decision| &decision.body), &binding);
        let late = self.late_changes(case, &decisions, &heads)?;
        Ok(Some(CaseStanding {
            case,
            scope,
            record,
            heads,
            binding,
            clashes,
            signatures,
            decisions,
            status,
            late,
        }))
    }

    fn late_changes(
        &self,
        case: CaseId,
        decisions: &[CaseEnvelope<DecisionBody>],
        heads: &[Digest],
    ) -> Result<Vec<FieldChange>, StoreError> {
        let on_figures = |one: &&CaseEnvelope<DecisionBody>| {
            one.body.action.rests_on_figures() || one.body.action == Action::Supplement
        };
        let Some(decision) = decisions.iter().rev().find(on_figures) else {
            return Ok(Vec::new());
        };
        let then = &decision.body.heads;
        let mut changes = self.with_document(case, |document| {
            if document.holds(then) {
                document.difference(then, heads)
            } else {
                Ok(Vec::new())
            }
        })?;
        changes.retain(|change| change.path.spec().is_some_and(|spec| !spec.binding));
        Ok(changes)
    }

    fn signatures(
        &self,
        case: CaseId,
        now: &BindingFields,
    ) -> Result<Vec<SignatureStanding>, StoreError> {
        let freezes = self.about_case::<FreezeBody>(case, Kind::Freeze)?;
        let mut acts = self.about_case::<SignatureBody>(case, Kind::Signature)?;
        // Not in the order they came: every store that holds them says the same.
        acts.sort_by_key(|one| (one.header.wall, one.id));
        let later = |act: Act| acts.iter().filter(move |one| one.body.act == act);
        let mut signatures: Vec<SignatureStanding> = Vec::new();
        for act in acts
            .iter()
            .filter(|one| matches!(one.body.act, Act::Signed | Act::Refused))
        {
            let Some(freeze) = freezes.iter().find(|freeze| freeze.id == act.body.freeze) else {
                continue;
            };
            if signatures.iter().any(|one| is_again(&one.signature, act)) {
                continue;
            }
            let again = acts.iter().filter(|one| is_again(act, one));
            let names: Vec<Digest> = again.map(|one| one.body.freeze).collect();
            let same = |one: &&CaseEnvelope<SignatureBody>| names.contains(&one.body.freeze);
            let revoked = later(Act::Revoked).find(same);
            let mut witnesses = Vec::new();
            for one in later(Act::Witnessed).filter(same) {
                let user = &one.header.user;
                if one.header.device != act.header.device && !witnesses.contains(user) {
                    witnesses.push(user.clone());
                }
            }
            signatures.push(SignatureStanding {
                state: signature_state(act.body.act, revoked.is_some(), &freeze.body, now),
                reason: revoked.unwrap_or(act).body.reason.clone(),
                witnesses,
                signature: act.clone(),
                freeze: freeze.body.clone(),
            });
        }
        Ok(signatures)
    }

    /// Envelopes of one kind about a case, in the order they came.
    ///
    /// # Errors
    /// As the database fails.
    pub fn about_case<T>(
        &self,
        case: CaseId,
        kind: Kind,
    ) -> Result<Vec<CaseEnvelope<T>>, StoreError>
    where
        T: for<'b> minicbor::Decode<'b, ()> + minicbor::Encode<()>,
    {
        let mut select = self.sql().prepare_cached(
            "SELECT header, body FROM envelope WHERE subject = ?1 AND kind = ?2 AND state = 0 AND body IS NOT NULL ORDER BY ord",
        )?;
        let mut rows = select.query((case.as_bytes(), kind.number()))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let envelope = envelope_from(row)?;
            if let Some(body) = &envelope.body {
                all.push(CaseEnvelope {
                    id: envelope.id(),
                    header: envelope.parse()?,
                    body: cbor::decode(body)?,
                });
            }
        }
        Ok(all)
    }

    /// The wall clock of an envelope held here.
    ///
    /// # Errors
    /// As the database fails.
    pub fn wall_of(&self, envelope: &Digest) -> Result<Option<WallMs>, StoreError> {
        let sql = "SELECT wall FROM envelope WHERE id = ?1";
        Ok(self
            .sql()
            .prepare_cached(sql)?
            .query_row([envelope.as_bytes()], |row| row.get(0).map(WallMs))
            .optional()?)
    }

    /// All receipts held here with the hub's time of each, oldest first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn receipts(&self) -> Result<Vec<(ReceiptBody, WallMs)>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT body, wall FROM envelope WHERE kind = ?1 AND state = 0 AND body IS NOT NULL ORDER BY ord",
        )?;
        let mut rows = select.query([Kind::Receipt.number()])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let body: Vec<u8> = row.get(0)?;
            all.push((cbor::decode(&body)?, WallMs(row.get(1)?)));
        }
        Ok(all)
    }

    /// Headers of every applied envelope about a case, in the order they came: its timeline.
    ///
    /// # Errors
    /// As the database fails.
    pub fn timeline(&self, case: CaseId) -> Result<Vec<(Digest, Header)>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT header, NULL FROM envelope WHERE subject = ?1 AND state = 0 ORDER BY ord",
        )?;
        let mut rows = select.query([case.as_bytes()])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let envelope = envelope_from(row)?;
            all.push((envelope.id(), envelope.parse()?));
        }
        Ok(all)
    }

    /// The header of the envelope that brought a change: who wrote it, on which device, when.
    ///
    /// # Errors
    /// As the database fails.
    pub fn writer_of(&self, change: &Digest) -> Result<Option<Header>, StoreError> {
        let mut select = self
            .sql()
            .prepare_cached("SELECT header, NULL FROM envelope WHERE id = (SELECT envelope FROM change WHERE hash = ?1)")?;
        let mut rows = select.query([change.as_bytes()])?;
        Ok(match rows.next()? {
            Some(row) => Some(envelope_from(row)?.parse()?),
            None => None,
        })
    }
}
