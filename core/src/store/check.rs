//! Looks through a store and names what is not what it should be.
//!
//! The hub runs this over a private copy of its rows: every header against its number, link and
//! digest, every seal against its writer's key, every document against the changes it was made of,
//! every projection against one made anew. Whatever is written on the way is undone.
//!
//! Refuses: to mend.

use std::io;
use std::path::Path;

use rusqlite::OptionalExtension;
use zeroize::Zeroizing;

use super::Store;
use super::error::StoreError;
use super::files::Files;
use super::open::CASES_AT_ONCE;
use super::stream::{envelope_from, unsigned};
use super::tx::Tx;
use crate::chain::{Ledger, PublicKey, Seal, StreamId};
use crate::domain::{CaseId, DeviceId, Digest, Epoch, ScopeId, cbor};
use crate::record::CaseDocument;
use crate::vault::{BlobKey, decrypt_stream};

/// What is wrong with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// A page of the database is not what was written.
    Page,
    /// It is named and not there.
    Missing,
    /// Its bytes cannot be read, or are not those that its digest names.
    Bytes,
    /// A number before it is missing.
    Gap,
    /// It does not follow the one before it.
    Link,
    /// No seal of its writer covers it.
    Seal,
    /// A signature of this hub does not hold.
    Signature,
    /// A row says otherwise than what it is about.
    Row,
    /// Made anew from its changes, it reads otherwise.
    Replay,
    /// A list says otherwise than the record.
    Projection,
}

impl Problem {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Missing => "missing",
            Self::Bytes => "bytes",
            Self::Gap => "gap",
            Self::Link => "link",
            Self::Seal => "seal",
            Self::Signature => "signature",
            Self::Row => "row",
            Self::Replay => "replay",
            Self::Projection => "projection",
        }
    }

    /// For people: Chinese and English.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Page => ("数据库页已损坏", "a page of the database is damaged"),
            Self::Missing => ("应有而缺失", "is missing"),
            Self::Bytes => (
                "内容与摘要不符或无法读取",
                "its bytes do not match their digest or cannot be read",
            ),
            Self::Gap => ("编号不连续", "a number before it is missing"),
            Self::Link => ("与前一条不衔接", "does not follow the one before it"),
            Self::Seal => ("缺少有效封签", "no valid seal of its writer covers it"),
            Self::Signature => ("机构签名无效", "the hub's signature does not hold"),
            Self::Row => (
                "登记行与实际内容不符",
                "its row says otherwise than what it is about",
            ),
            Self::Replay => (
                "由变更重建的结果不同",
                "made anew from its changes it reads otherwise",
            ),
            Self::Projection => (
                "列表与案件记录不符",
                "a list says otherwise than the record",
            ),
        }
    }
}

/// Something that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What: a file, an envelope by stream and number, a case by number, a photo by digest.
    pub object: String,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Finding {
    /// From both.
    pub fn new(object: impl Into<String>, problem: Problem) -> Self {
        Self {
            object: object.into(),
            problem,
        }
    }
}

/// A stream's row.
struct StreamRow {
    row: i64,
    stream: StreamId,
    seq: u64,
    header: Digest,
    sealed: u64,
}

/// Columns of an envelope's row that repeat its header.
type Repeated = (i64, Vec<u8>, i64, Vec<u8>, i64, i64);

impl Store {
    /// Every stream: how many envelopes there are, and what is wrong with them.
    ///
    /// # Errors
    /// As the database fails.
    pub fn check_streams(&self) -> Result<(u64, Vec<Finding>), StoreError> {
        self.look(|tx| {
            let mut found = Vec::new();
            let mut count = 0;
            for stream in tx.stream_rows()? {
                count += tx.check_stream(&stream, &mut found)?;
            }
            tx.check_waiting(&mut found)?;
            Ok((count, found))
        })
    }

    /// Every case: how many there are, and whose document or list row is not what its changes make.
    ///
    /// # Errors
    /// As the database fails.
    pub fn check_cases(&self) -> Result<(u64, Vec<Finding>), StoreError> {
        let mut found = Vec::new();
        let cases = self.look(|tx| {
            tx.check_row_without_case(&mut found)?;
            tx.all_cases()
        })?;
        for some in cases.chunks(CASES_AT_ONCE) {
            self.look(|tx| {
                some.iter()
                    .try_for_each(|case| tx.check_case(*case, &mut found))
            })?;
        }
        Ok((cases.len() as u64, found))
    }

    /// What is wrong with the files of the store in `home`, as the rows of this copy name them.
    ///
    /// # Errors
    /// As the database fails.
    pub fn check_files(&self, home: &Path) -> Result<Vec<Finding>, StoreError> {
        let mut found = Vec::new();
        self.look(|tx| tx.check_staged(&Files::beside(home), &mut found))?;
        Ok(found)
    }
}

fn stream_name(stream: StreamId) -> String {
    let StreamId {
        scope,
        device,
        epoch,
    } = stream;
    format!("{scope}/{device}/{}", hex::encode(epoch.as_bytes()))
}

impl Tx<'_> {
    fn stream_rows(&self) -> Result<Vec<StreamRow>, StoreError> {
        let mut select = self.sql().prepare(
            "SELECT id, scope, device, epoch, seq, header, sealed FROM stream ORDER BY id",
        )?;
        let mut rows = select.query([])?;
        let mut streams = Vec::new();
        while let Some(row) = rows.next()? {
            let bytes = |column| row.get::<_, Vec<u8>>(column);
            let (scope, device, epoch) = (bytes(1)?, bytes(2)?, bytes(3)?);
            let parts = (
                ScopeId::from_slice(&scope),
                DeviceId::from_slice(&device),
                Epoch::from_slice(&epoch),
                Digest::from_slice(&bytes(5)?),
            );
            let (Some(scope), Some(device), Some(epoch), Some(header)) = parts else {
                return Err(StoreError::Damaged("the row of a stream".to_owned()));
            };
            streams.push(StreamRow {
                row: row.get(0)?,
                stream: StreamId {
                    scope,
                    device,
                    epoch,
                },
                seq: unsigned(row.get(4)?),
                header,
                sealed: unsigned(row.get(6)?),
            });
        }
        Ok(streams)
    }

    /// Walks a stream from its beginning; says how many envelopes it has.
    fn check_stream(
        &self,
        stream: &StreamRow,
        found: &mut Vec<Finding>,
    ) -> Result<u64, StoreError> {
        let name = stream_name(stream.stream);
        let (mut at, mut count) = ((0_u64, Digest::ZERO), 0);
        let mut select = self.sql().prepare_cached(
            "SELECT header, body, seq, id, kind, subject, wall, state FROM envelope WHERE stream = ?1 ORDER BY seq",
        )?;
        let mut rows = select.query([stream.row])?;
        while let Some(row) = rows.next()? {
            let envelope = envelope_from(row)?;
            let repeated: Repeated = (
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
            );
            let seq = unsigned(repeated.0);
            let mut note = |problem| {
                found.push(Finding::new(format!("envelope {name}/{seq}"), problem));
            };
            if seq != at.0 + 1 {
                note(Problem::Gap);
            }
            match envelope.parse() {
                Err(_unreadable) => note(Problem::Bytes),
                Ok(header) => {
                    if header.prev != at.1 {
                        note(Problem::Link);
                    }
                    let as_row = (
                        repeated.0,
                        envelope.id().as_bytes().to_vec(),
                        i64::from(header.kind.number()),
                        header.subject.as_bytes().to_vec(),
                        header.wall.0,
                        repeated.5,
                    );
                    if header.stream() != stream.stream || header.seq != seq || as_row != repeated {
                        note(Problem::Row);
                    }
                }
            }
            if repeated.5 == 0 && envelope.body.is_none() {
                note(Problem::Missing);
            }
            (at, count) = ((seq, envelope.id()), count + 1);
        }
        if at != (stream.seq, stream.header) {
            found.push(Finding::new(format!("stream {name}"), Problem::Row));
        }
        self.check_seals((stream, &name), found)?;
        Ok(count)
    }

    /// Seals stand on the headers they name, and are their writer's.
    fn check_seals(
        &self,
        (stream, name): (&StreamRow, &str),
        found: &mut Vec<Finding>,
    ) -> Result<(), StoreError> {
        let key: Option<PublicKey> = self.author(stream.stream.device)?.map(|author| author.key);
        let mut select = self
            .sql()
            .prepare_cached("SELECT seq, bytes FROM seal WHERE stream = ?1 ORDER BY seq")?;
        let mut rows = select.query([stream.row])?;
        let mut newest = 0;
        while let Some(row) = rows.next()? {
            let (seq, bytes): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let seq = unsigned(seq);
            let there = self.header_at(stream.stream, seq)?;
            let seal: Option<Seal> = cbor::decode(&bytes).ok();
            let holds = seal.is_some_and(|seal| {
                let place = (seal.stream, seal.seq, Some(seal.header));
                place == (stream.stream, seq, there)
                    && key.as_ref().is_some_and(|key| seal.verify(key))
            });
            if !holds {
                found.push(Finding::new(format!("seal {name}/{seq}"), Problem::Seal));
            }
            newest = seq;
        }
        if newest < stream.sealed {
            let object = format!("seal {name}/{}", stream.sealed);
            found.push(Finding::new(object, Problem::Missing));
        }
        Ok(())
    }

    /// Runs that wait for a certificate.
    fn check_waiting(&self, found: &mut Vec<Finding>) -> Result<(), StoreError> {
        let mut select = self.sql().prepare("SELECT digest, run FROM parked_run")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (digest, run): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
            if Digest::of(&run).as_bytes().as_slice() != digest.as_slice() {
                let object = format!("waiting run {}", hex::encode(&digest));
                found.push(Finding::new(object, Problem::Bytes));
            }
        }
        Ok(())
    }

    fn check_row_without_case(&self, found: &mut Vec<Finding>) -> Result<(), StoreError> {
        let mut select = self.sql().prepare(
            "SELECT number FROM case_row WHERE case_id NOT IN (SELECT case_id FROM document)",
        )?;
        let rows = select.query_map([], |row| row.get::<_, String>(0))?;
        for number in rows {
            let object = format!("case {}", number?);
            found.push(Finding::new(object, Problem::Projection));
        }
        Ok(())
    }

    /// The document as kept against one made of every change, then its list row likewise.
    fn check_case(&self, case: CaseId, found: &mut Vec<Finding>) -> Result<(), StoreError> {
        let object = format!("case {}", case.number());
        let kept = self.load_document(case).and_then(read);
        self.sql().execute(
            "UPDATE document SET snapshot = NULL, snapshot_ord = 0 WHERE case_id = ?1",
            [case.as_bytes()],
        )?;
        self.forget_document(case);
        let anew = self.load_document(case).and_then(read);
        let (Ok(kept), Ok(anew)) = (kept, anew) else {
            found.push(Finding::new(object, Problem::Bytes));
            return Ok(());
        };
        if kept != anew {
            found.push(Finding::new(object.clone(), Problem::Replay));
        }
        let before = (self.row_print(case)?, self.claims(case)?);
        self.sql().execute(
            "DELETE FROM case_text WHERE rowid IN (SELECT row_id FROM case_row WHERE case_id = ?1)",
            [case.as_bytes()],
        )?;
        for table in ["case_row", "unique_claim"] {
            let sql = format!("DELETE FROM {table} WHERE case_id = ?1");
            self.sql().execute(&sql, [case.as_bytes()])?;
        }
        self.project(case)?;
        if before != (self.row_print(case)?, self.claims(case)?) {
            found.push(Finding::new(object, Problem::Projection));
        }
        Ok(())
    }

    fn claims(&self, case: CaseId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT group_concat(kind || '|' || key || '|' || folded || '|' || value, char(10))
                   FROM (SELECT * FROM unique_claim WHERE case_id = ?1 ORDER BY kind, key, folded, value)";
        let found = self
            .sql()
            .prepare_cached(sql)?
            .query_row([case.as_bytes()], |row| row.get::<_, Option<String>>(0));
        Ok(found.optional()?.flatten())
    }

    /// Names of the files that rows name: photos held here, pieces that wait, bundles carried.
    ///
    /// # Errors
    /// As the database fails.
    pub fn named_files(&self) -> Result<Vec<String>, StoreError> {
        let mut select = self.sql().prepare(
            "SELECT name FROM file UNION SELECT name FROM staged UNION SELECT name FROM carried ORDER BY 1",
        )?;
        let rows = select.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Pieces that wait in files below `files` open with their keys and have their lengths.
    fn check_staged(&self, files: &Files, found: &mut Vec<Finding>) -> Result<(), StoreError> {
        let mut select = self
            .sql()
            .prepare("SELECT name, key, len FROM staged ORDER BY name")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (name, key): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let len = unsigned(row.get(2)?);
            let problem = match (
                files.open_file(&name),
                BlobKey::from_slice(&Zeroizing::new(key)),
            ) {
                (Err(_), _) => Some(Problem::Missing),
                (Ok(_), None) => Some(Problem::Row),
                (Ok(file), Some(key)) => match decrypt_stream(file, io::sink(), &key) {
                    Ok(found) if found == len => None,
                    Ok(_) | Err(_) => Some(Problem::Bytes),
                },
            };
            found.extend(problem.map(|problem| Finding::new(format!("file {name}"), problem)));
        }
        Ok(())
    }
}

/// What a document says.
fn read(
    mut document: CaseDocument,
) -> Result<(Vec<Digest>, crate::record::CaseRecord), StoreError> {
    Ok((document.heads(), document.read()?))
}
