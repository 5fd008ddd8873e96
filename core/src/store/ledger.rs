//! The store as the chain sees it: what the gate compares with and where the intake keeps things.

use rusqlite::OptionalExtension;

use super::error::StoreError;
use super::stream::{envelope_from, signed, unsigned};
use super::tx::Tx;
use crate::chain::gate::Admitted;
use crate::chain::ingest::State;
use crate::chain::{
    Author, Envelope, Header, KeyBody, Kind, Ledger, Mark, ParkedChange, Person, PhotoBody,
    PublicKey, ReceiptBody, Run, Seal, Seen, StreamId,
};
use crate::domain::{CaseId, DeviceId, Digest, Epoch, ScopeId, cbor};
use crate::record::{CaseDocument, RecordError, Terms};
use crate::statement::{DecisionBody, FreezeBody, SignatureBody};

const PARKED: i64 = 1;

fn state_columns(state: &State) -> (i64, Option<String>) {
    match state {
        State::Applied => (0, None),
        State::Parked { missing } => (
            PARKED,
            Some(format!(
                "waits for {}",
                missing
                    .iter()
                    .map(Digest::to_hex)
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        ),
        State::Quarantined { why } => (2, Some(why.clone())),
        State::Bare => (3, None),
    }
}

impl Ledger for Tx<'_> {
    type Error = StoreError;

    fn author(&self, device: DeviceId) -> Result<Option<Author>, StoreError> {
        type Row = (Vec<u8>, Vec<u8>, bool, bool);
        let row: Option<Row> = self
            .sql()
            .prepare_cached("SELECT key, scopes, revoked, is_hub FROM author WHERE device = ?1")?
            .query_row([device.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((key, scopes, revoked, is_hub)) = row else {
            return Ok(None);
        };
        let mut roles = Vec::new();
        for (_, person) in self.people_on(device)? {
            roles.extend(person.roles);
        }
        roles.sort_unstable();
        roles.dedup();
        let key: [u8; 32] = key.as_slice().try_into().ok().ok_or_else(|| {
            StoreError::Damaged("an author's key has the wrong length".to_owned())
        })?;
        Ok(Some(Author {
            key: PublicKey::from_bytes(key),
            scopes: cbor::decode(&scopes)?,
            roles,
            revoked,
            is_hub,
        }))
    }

    fn person(&self, device: DeviceId, user: &str) -> Result<Option<Person>, StoreError> {
        Ok(self
            .certificate_for(device, user)?
            .map(|certificate| Person {
                scopes: certificate.scopes,
                roles: certificate.roles,
            }))
    }

    fn stream_end(&self, stream: StreamId) -> Result<Option<Mark>, StoreError> {
        self.end_of_stream(stream)
    }

    fn may_hold(&self, scope: ScopeId) -> Result<bool, StoreError> {
        self.may_read(scope)
    }

    fn mark(&self, stream: StreamId) -> Result<Option<Mark>, StoreError> {
        let row = self
            .sql()
            .prepare_cached(
                "SELECT seq, header FROM stream WHERE scope = ?1 AND device = ?2 AND epoch = ?3",
            )?
            .query_row(
                (
                    stream.scope.as_bytes(),
                    stream.device.as_bytes(),
                    stream.epoch.as_bytes(),
                ),
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
            )
            .optional()?;
        Ok(row.and_then(|(seq, header)| {
            Some(Mark {
                seq: unsigned(seq),
                header: Digest::from_slice(&header)?,
            })
        }))
    }

    fn header_at(&self, stream: StreamId, seq: u64) -> Result<Option<Digest>, StoreError> {
        let row = self.stream_row(stream, false)?;
        let id: Option<Vec<u8>> = self
            .sql()
            .prepare_cached("SELECT id FROM envelope WHERE stream = ?1 AND seq = ?2")?
            .query_row((row, signed(seq)), |row| row.get(0))
            .optional()?;
        Ok(id.and_then(|id| Digest::from_slice(&id)))
    }

    fn actor_owner(&self, actor: &[u8]) -> Result<Option<DeviceId>, StoreError> {
        let device: Option<Vec<u8>> = self
            .sql()
            .prepare_cached("SELECT device FROM actor WHERE actor = ?1")?
            .query_row([actor], |row| row.get(0))
            .optional()?;
        Ok(device.and_then(|device| DeviceId::from_slice(&device)))
    }

    fn newest_of(
        &self,
        case: CaseId,
        device: DeviceId,
        epoch: Epoch,
    ) -> Result<Option<Digest>, StoreError> {
        let hash: Option<Vec<u8>> = self
            .sql()
            .prepare_cached(
                "SELECT change.hash FROM actor CROSS JOIN change ON change.case_id = ?1 AND change.actor = actor.actor
                 WHERE actor.device = ?2 AND actor.epoch = ?3 ORDER BY change.ord DESC LIMIT 1",
            )?
            .query_row((case.as_bytes(), device.as_bytes(), epoch.as_bytes()), |row| {
                row.get(0)
            })
            .optional()?;
        Ok(hash.and_then(|hash| Digest::from_slice(&hash)))
    }

    fn actor_seq(&self, case: CaseId, actor: &[u8]) -> Result<u64, StoreError> {
        let seq: i64 = self
            .sql()
            .prepare_cached(
                "SELECT coalesce(max(seq), 0) FROM change WHERE case_id = ?1 AND actor = ?2",
            )?
            .query_row((case.as_bytes(), actor), |row| row.get(0))?;
        Ok(unsigned(seq))
    }

    fn change_max_op(&self, case: CaseId, hash: &Digest) -> Result<Option<u64>, StoreError> {
        let found: Option<i64> = self
            .sql()
            .prepare_cached("SELECT max_op FROM change WHERE hash = ?1 AND case_id = ?2")?
            .query_row((hash.as_bytes(), case.as_bytes()), |row| row.get(0))
            .optional()?;
        Ok(found.map(unsigned))
    }

    fn put_envelope(
        &self,
        header: &Header,
        envelope: &Envelope,
        state: &State,
    ) -> Result<(), StoreError> {
        let (number, why) = state_columns(state);
        self.insert_envelope(header, envelope, (number, why.as_deref()))?;
        self.note_waiting(&envelope.id(), state)?;
        if self
            .author(header.device)?
            .is_some_and(|author| author.is_hub)
        {
            self.set_seen(&Seen {
                stream: header.stream(),
                seq: header.seq,
                header: envelope.id(),
            })?;
        }
        Ok(())
    }

    fn put_seal(&self, seal: &Seal) -> Result<(), StoreError> {
        self.keep_seal(seal)
    }

    fn apply_change(
        &self,
        header: &Header,
        admitted: Admitted,
    ) -> Result<Result<(), String>, StoreError> {
        let Admitted {
            entry,
            change,
            roles,
            previous,
        } = admitted;
        match self.scope_of_case(entry.case)? {
            Some(scope) if scope != header.scope => {
                return Ok(Err("its case belongs to another scope".to_owned()));
            }
            Some(_) => {}
            None => self.begin_case(entry.case, header.scope)?,
        }
        let terms = Terms {
            case: entry.case,
            roles: &roles,
            previous,
        };
        let applied =
            self.with_document(entry.case, |document| Ok(document.take(change, &terms)))?;
        if let Err(error) = applied {
            if error == RecordError::Broken {
                self.reload_document(entry.case)?;
            }
            return Ok(Err(error.to_string()));
        }
        let id = Digest::of(&cbor::encode(header));
        self.keep_change(header, id, &entry)?;
        self.touch(entry.case)?;
        Ok(Ok(()))
    }

    fn apply_other(
        &self,
        header: &Header,
        id: Digest,
        body: &[u8],
    ) -> Result<Result<(), String>, StoreError> {
        match header.kind {
            Kind::Photo => self.take_photo(header, id, body),
            Kind::Freeze => self.take_about_case::<FreezeBody>(header, body, |freeze| freeze.case),
            Kind::Signature => {
                self.take_about_case::<SignatureBody>(header, body, |signature| signature.case)
            }
            Kind::Decision => {
                self.take_about_case::<DecisionBody>(header, body, |decision| decision.case)
            }
            Kind::Key => Ok(well_formed::<KeyBody>(body).map(|_| ())),
            Kind::Acl => self.take_acl(body),
            Kind::Receipt => self.take_receipt(body),
            Kind::Audit | Kind::Tombstone => Ok(Ok(())),
            Kind::Change | Kind::Snapshot => Ok(Err("not taken here".to_owned())),
        }
    }

    fn waiting_for(&self, change: &Digest) -> Result<Vec<ParkedChange>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT header, body FROM envelope WHERE id IN (SELECT envelope FROM waiting WHERE dep = ?1) AND state = ?2 ORDER BY ord",
        )?;
        let mut rows = select.query((change.as_bytes(), PARKED))?;
        let mut parked = Vec::new();
        while let Some(row) = rows.next()? {
            let envelope = envelope_from(row)?;
            let header = envelope.parse()?;
            let Some(body) = &envelope.body else { continue };
            parked.push(ParkedChange {
                envelope: envelope.id(),
                header,
                body: body.to_vec(),
            });
        }
        Ok(parked)
    }

    fn waiting_count(&self, case: CaseId) -> Result<u64, StoreError> {
        let count: i64 = self
            .sql()
            .prepare_cached("SELECT count(*) FROM envelope WHERE state = ?2 AND subject = ?1")?
            .query_row((case.as_bytes(), PARKED), |row| row.get(0))?;
        Ok(unsigned(count))
    }

    fn set_state(&self, envelope: &Digest, state: &State) -> Result<(), StoreError> {
        let (number, why) = state_columns(state);
        self.sql().execute(
            "UPDATE envelope SET state = ?2, why = ?3 WHERE id = ?1",
            (envelope.as_bytes(), number, why),
        )?;
        self.note_waiting(envelope, state)
    }

    fn fill_body(&self, envelope: &Digest, body: &[u8]) -> Result<bool, StoreError> {
        let changed = self.sql().execute(
            "UPDATE envelope SET body = ?2 WHERE id = ?1 AND body IS NULL",
            (envelope.as_bytes(), body),
        )?;
        Ok(changed == 1)
    }

    fn put_fork(&self, stream: StreamId, seq: u64, other: &Envelope) -> Result<(), StoreError> {
        let row = self.stream_row(stream, false)?;
        if self.header_at(stream, seq)? != Some(other.id()) {
            self.sql().execute(
                "INSERT OR IGNORE INTO fork (id, stream, seq, envelope) VALUES (?1, ?2, ?3, ?4)",
                (other.id().as_bytes(), row, signed(seq), cbor::encode(other)),
            )?;
        }
        self.set_forked(stream)
    }

    fn is_forked(&self, stream: StreamId) -> Result<bool, StoreError> {
        let found: Option<bool> = self
            .sql()
            .prepare_cached(
                "SELECT forked FROM stream WHERE scope = ?1 AND device = ?2 AND epoch = ?3",
            )?
            .query_row(
                (
                    stream.scope.as_bytes(),
                    stream.device.as_bytes(),
                    stream.epoch.as_bytes(),
                ),
                |row| row.get(0),
            )
            .optional()?;
        Ok(found.unwrap_or(false))
    }
}

pub(super) fn well_formed<T>(body: &[u8]) -> Result<T, String>
where
    T: for<'b> minicbor::Decode<'b, ()> + minicbor::Encode<()>,
{
    cbor::decode(body).map_err(|error| error.to_string())
}

pub(super) type Outcome = Result<Result<(), String>, StoreError>;

impl Tx<'_> {
    /// What a parked envelope waits for, so that the arrival finds it; nothing once it is taken.
    fn note_waiting(&self, envelope: &Digest, state: &State) -> Result<(), StoreError> {
        let State::Parked { missing } = state else {
            self.sql()
                .prepare_cached("DELETE FROM waiting WHERE envelope = ?1")?
                .execute([envelope.as_bytes()])?;
            return Ok(());
        };
        for dep in missing {
            self.sql()
                .prepare_cached("INSERT OR IGNORE INTO waiting (dep, envelope) VALUES (?1, ?2)")?
                .execute((dep.as_bytes(), envelope.as_bytes()))?;
        }
        Ok(())
    }

    /// Gives a case its row; its document is empty until the first change is applied.
    ///
    /// # Errors
    /// As the database fails.
    pub fn begin_case(&self, case: CaseId, scope: ScopeId) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR IGNORE INTO document (case_id, scope, snapshot, snapshot_ord) VALUES (?1, ?2, NULL, 0)",
            (case.as_bytes(), scope.as_bytes()),
        )?;
        Ok(())
    }

    /// Gives a case its row and the document just created for it.
    ///
    /// # Errors
    /// As the database fails.
    pub fn begin_own_case(
        &self,
        case: CaseId,
        scope: ScopeId,
        document: CaseDocument,
    ) -> Result<(), StoreError> {
        self.begin_case(case, scope)?;
        self.adopt_document(case, document);
        Ok(())
    }

    fn take_receipt(&self, body: &[u8]) -> Outcome {
        let receipt: ReceiptBody = match well_formed(body) {
            Ok(receipt) => receipt,
            Err(why) => return Ok(Err(why)),
        };
        // Only what the receipt names exactly is confirmed: the number and the header there.
        if self.header_at(receipt.stream, receipt.mark)? == Some(receipt.header) {
            let row = self.stream_row(receipt.stream, true)?;
            self.sql().execute(
                "UPDATE stream SET confirmed = max(confirmed, ?2) WHERE id = ?1 AND own = 1",
                (row, signed(receipt.mark)),
            )?;
        }
        for digest in &receipt.blobs {
            self.sql().execute(
                "UPDATE blob SET confirmed = 1 WHERE digest = ?1 AND own = 1",
                [digest.as_bytes()],
            )?;
            self.sql().execute(
                "UPDATE carried SET confirmed = 1 WHERE digest = ?1",
                [digest.as_bytes()],
            )?;
        }
        Ok(Ok(()))
    }

    fn take_photo(&self, header: &Header, id: Digest, body: &[u8]) -> Outcome {
        let photo: PhotoBody = match well_formed(body) {
            Ok(photo) => photo,
            Err(why) => return Ok(Err(why)),
        };
        self.put_blob(header.scope, id, &photo, false)?;
        Ok(Ok(()))
    }

    fn take_about_case<T>(
        &self,
        header: &Header,
        body: &[u8],
        case: impl Fn(&T) -> CaseId,
    ) -> Outcome
    where
        T: for<'b> minicbor::Decode<'b, ()> + minicbor::Encode<()>,
    {
        let parsed: T = match well_formed(body) {
            Ok(parsed) => parsed,
            Err(why) => return Ok(Err(why)),
        };
        let case = case(&parsed);
        if header.subject.as_case() != Some(case) {
            return Ok(Err(
                "its body speaks of another case than its header".to_owned()
            ));
        }
        if self.scope_of_case(case)?.is_some() {
            self.touch(case)?;
        }
        Ok(Ok(()))
    }

    /// Keeps a run whose device is not known yet. One of a scope that this store may not hold is
    /// not kept either.
    ///
    /// # Errors
    /// As the database fails.
    pub fn park_run(&self, run: &Run) -> Result<(), StoreError> {
        if !self.may_read(run.seal.stream.scope)? {
            return Ok(());
        }
        let bytes = cbor::encode(run);
        self.sql().execute(
            "INSERT OR IGNORE INTO parked_run (device, digest, run) VALUES (?1, ?2, ?3)",
            (
                run.seal.stream.device.as_bytes(),
                Digest::of(&bytes).as_bytes(),
                bytes,
            ),
        )?;
        Ok(())
    }

    /// How many runs of a device wait.
    ///
    /// # Errors
    /// As the database fails.
    pub fn waiting_runs(&self, device: DeviceId) -> Result<u64, StoreError> {
        let count: i64 = self
            .sql()
            .prepare_cached("SELECT count(*) FROM parked_run WHERE device = ?1")?
            .query_row([device.as_bytes()], |row| row.get(0))?;
        Ok(unsigned(count))
    }

    /// How many runs wait.
    ///
    /// # Errors
    /// As the database fails.
    pub fn all_waiting_runs(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM parked_run";
        let count: i64 = self.sql().query_row(sql, [], |row| row.get(0))?;
        Ok(unsigned(count))
    }

    /// Runs whose device is known by now, taken out of waiting, in the order of their streams.
    ///
    /// # Errors
    /// As the database fails.
    pub fn unpark_runs(&self) -> Result<Vec<Run>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT digest, run FROM parked_run WHERE device IN (SELECT device FROM author)",
        )?;
        let mut rows = select.query([])?;
        let mut runs: Vec<Run> = Vec::new();
        while let Some(row) = rows.next()? {
            let bytes: Vec<u8> = row.get(1)?;
            runs.push(cbor::decode(&bytes)?);
        }
        self.sql().execute(
            "DELETE FROM parked_run WHERE device IN (SELECT device FROM author)",
            [],
        )?;
        runs.sort_by_key(|run| (run.seal.stream, run.seal.seq));
        Ok(runs)
    }
}
