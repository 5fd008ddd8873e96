//! Who may do what where: people on devices as the hub vouched for them, how far their streams
//! count after they lost a right, and what this store itself may hold.
//!
//! The hub numbers its words about a device. Feeds of different scopes are read one after the
//! other, so an older word may arrive behind a newer one: it changes nothing then.

use rusqlite::OptionalExtension;

use super::error::StoreError;
use super::identity::Pinned;
use super::ledger::{Outcome, well_formed};
use super::stream::{signed, unsigned};
use super::tx::Tx;
use crate::chain::{
    AclBody, Author, Certificate, Ledger, Mark, Person, PublicKey, SignedCertificate, StreamEnd,
    StreamId,
};
use crate::domain::{DeviceId, Digest, ScopeId, cbor};

impl Tx<'_> {
    /// Knows a writer from now on.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_author(
        &self,
        device: DeviceId,
        author: &Author,
        (user, certificate): (&str, Option<&SignedCertificate>),
    ) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT OR REPLACE INTO author (device, key, scopes, user, revoked, is_hub, certificate) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            rusqlite::params![
                device.as_bytes(),
                author.key.as_bytes(),
                cbor::encode(&author.scopes),
                user,
                author.revoked,
                author.is_hub,
                certificate.map(cbor::encode),
            ],
        )?;
        Ok(())
    }

    /// Knows a certified device from now on, or knows that it is revoked.
    ///
    /// # Errors
    /// As the database fails.
    pub fn put_certificate(
        &self,
        certificate: &Certificate,
        signed: &SignedCertificate,
        revoked: bool,
    ) -> Result<(), StoreError> {
        self.hear((certificate, signed), (0, revoked))
    }

    /// Takes the hub's word about one person on a device. A device that is withdrawn stays so.
    fn hear(
        &self,
        (certificate, signed_one): (&Certificate, &SignedCertificate),
        (number, revoked): (u64, bool),
    ) -> Result<(), StoreError> {
        let device = certificate.device;
        let held = self.newest_word(device, &certificate.user)?;
        let is_news = held.as_ref().is_none_or(|(known, held)| {
            if number == 0 {
                // Unnumbered, from an enrolment or a bundle: only what was signed later counts.
                held.not_after < certificate.not_after
            } else {
                *known <= number
            }
        });
        if is_news {
            let number = held.map_or(number, |(known, _)| known.max(number));
            self.sql().execute(
                "INSERT OR REPLACE INTO person (device, user, number, certificate) VALUES (?1, ?2, ?3, ?4)",
                (
                    device.as_bytes(),
                    &certificate.user,
                    signed(number),
                    cbor::encode(signed_one),
                ),
            )?;
        }
        let was_revoked = self.author(device)?.is_some_and(|author| author.revoked);
        let author = Author {
            key: certificate.key,
            scopes: self.scopes_on(device)?,
            roles: Vec::new(),
            revoked: revoked || was_revoked,
            is_hub: false,
        };
        let (user, shown) = match self.person_row(device, &certificate.user)? {
            Some(row) => (certificate.user.clone(), row),
            None => (certificate.user.clone(), signed_one.clone()),
        };
        self.put_author(device, &author, (&user, Some(&shown)))
    }

    fn newest_word(
        &self,
        device: DeviceId,
        user: &str,
    ) -> Result<Option<(u64, Certificate)>, StoreError> {
        let row: Option<(i64, Vec<u8>)> = self
            .sql()
            .prepare_cached(
                "SELECT number, certificate FROM person WHERE device = ?1 AND user = ?2",
            )?
            .query_row((device.as_bytes(), user), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        row.map(|(number, bytes)| Ok((unsigned(number), read_certificate(&bytes)?)))
            .transpose()
    }

    /// The hub's count of its words about a device; 0 before the first.
    ///
    /// # Errors
    /// As the database fails.
    pub fn words_about(&self, device: DeviceId) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(max(number), 0) FROM person WHERE device = ?1";
        Ok(unsigned(self.sql().query_row(
            sql,
            [device.as_bytes()],
            |row| row.get(0),
        )?))
    }

    /// A person's certificate on a device as the hub signed it.
    ///
    /// # Errors
    /// As the database fails.
    pub fn person_row(
        &self,
        device: DeviceId,
        user: &str,
    ) -> Result<Option<SignedCertificate>, StoreError> {
        let bytes: Option<Vec<u8>> = self
            .sql()
            .prepare_cached("SELECT certificate FROM person WHERE device = ?1 AND user = ?2")?
            .query_row((device.as_bytes(), user), |row| row.get(0))
            .optional()?;
        Ok(bytes.map(|bytes| cbor::decode(&bytes)).transpose()?)
    }

    /// What a person's certificate on a device says.
    ///
    /// # Errors
    /// As the database fails.
    pub fn certificate_for(
        &self,
        device: DeviceId,
        user: &str,
    ) -> Result<Option<Certificate>, StoreError> {
        Ok(self
            .newest_word(device, user)?
            .map(|(_, certificate)| certificate))
    }

    /// Everybody the hub vouched for on a device, by name.
    ///
    /// # Errors
    /// As the database fails.
    pub fn people_on(&self, device: DeviceId) -> Result<Vec<(String, Person)>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT user, certificate FROM person WHERE device = ?1 ORDER BY user",
        )?;
        let rows = select.query_map([device.as_bytes()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
        })?;
        let mut people = Vec::new();
        for row in rows {
            let (user, bytes) = row?;
            let Certificate { scopes, roles, .. } = read_certificate(&bytes)?;
            people.push((user, Person { scopes, roles }));
        }
        Ok(people)
    }

    /// Where anybody on a device may read and write.
    ///
    /// # Errors
    /// As the database fails.
    pub fn scopes_on(&self, device: DeviceId) -> Result<Vec<ScopeId>, StoreError> {
        let mut scopes = Vec::new();
        for (_, person) in self.people_on(device)? {
            for scope in person.scopes {
                if !scopes.contains(&scope) {
                    scopes.push(scope);
                }
            }
        }
        Ok(scopes)
    }

    /// Every device the hub vouched for: its newest user, and whether it is withdrawn.
    ///
    /// # Errors
    /// As the database fails.
    pub fn devices(&self) -> Result<Vec<(DeviceId, bool)>, StoreError> {
        let mut select = self.sql().prepare_cached(
            "SELECT device, revoked FROM author WHERE is_hub = 0 ORDER BY device",
        )?;
        let rows = select.query_map([], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, bool>(1)?))
        })?;
        let mut devices = Vec::new();
        for row in rows {
            let (device, revoked) = row?;
            devices.extend(DeviceId::from_slice(&device).map(|device| (device, revoked)));
        }
        Ok(devices)
    }

    /// Takes a word of the hub about a device in; about this device itself it is obeyed.
    pub(super) fn take_acl(&self, body: &[u8]) -> Outcome {
        let acl: AclBody = match well_formed(body) {
            Ok(acl) => acl,
            Err(why) => return Ok(Err(why)),
        };
        let hub = self
            .sql()
            .query_row("SELECT key FROM author WHERE is_hub = 1", [], |row| {
                row.get::<_, Vec<u8>>(0)
            })
            .optional()?;
        let Some(key) = hub.and_then(|key| <[u8; 32]>::try_from(key.as_slice()).ok()) else {
            return Ok(Err("no hub key is pinned".to_owned()));
        };
        let certificate = match acl.certificate.verify(&PublicKey::from_bytes(key)) {
            Ok(certificate) => certificate,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let word = (acl.number.unwrap_or(0), acl.revoked);
        self.hear((&certificate, &acl.certificate), word)?;
        for end in acl.marks.iter().flatten() {
            // A word about one device ends no other's streams.
            if end.stream.device == certificate.device {
                self.put_stream_end(end)?;
            }
        }
        if self.own_device()? == Some((certificate.device, true)) {
            self.heed(&certificate, &acl)?;
        }
        Ok(Ok(()))
    }

    /// A word about this device: its certificate is renewed, scopes come and go.
    fn heed(&self, certificate: &Certificate, acl: &AclBody) -> Result<(), StoreError> {
        if let Some(pinned) = self.identity()?.pinned
            && pinned.user == certificate.user
            && let Some(newest) = self.person_row(certificate.device, &pinned.user)?
        {
            self.pin(&Pinned {
                certificate: newest,
                ..pinned
            })?;
        }
        let mine = self.readable()?;
        for scope in &mine {
            self.sql().execute(
                "INSERT OR IGNORE INTO scope (id, name) VALUES (?1, ?2)",
                (scope.as_bytes(), scope.to_string()),
            )?;
            self.give_back(*scope)?;
        }
        for end in acl.ends.iter().flatten() {
            if !mine.contains(&end.scope) {
                self.end_scope(end.scope, end.mode)?;
            }
        }
        Ok(())
    }

    /// This store's device, and whether a hub let it in; nothing before there is one.
    fn own_device(&self) -> Result<Option<(DeviceId, bool)>, StoreError> {
        let row: Option<(Vec<u8>, bool)> = self
            .sql()
            .prepare_cached("SELECT device, pinned IS NOT NULL FROM identity WHERE one = 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(row.and_then(|(device, pinned)| Some((DeviceId::from_slice(&device)?, pinned))))
    }

    /// The scopes that people on this device may read; none once it is withdrawn.
    ///
    /// # Errors
    /// As the database fails.
    pub fn readable(&self) -> Result<Vec<ScopeId>, StoreError> {
        let Some((device, _)) = self.own_device()? else {
            return Ok(Vec::new());
        };
        match self.author(device)? {
            Some(author) if !author.revoked => Ok(author.scopes),
            Some(_) | None => Ok(Vec::new()),
        }
    }

    /// Whether this store may hold what belongs to a scope: a phone what its people may read, a
    /// hub everything.
    ///
    /// # Errors
    /// As the database fails.
    pub fn may_read(&self, scope: ScopeId) -> Result<bool, StoreError> {
        Ok(match self.own_device()? {
            Some((device, true)) => {
                scope == ScopeId::private_of(device) || self.readable()?.contains(&scope)
            }
            Some((_, false)) | None => true,
        })
    }

    fn put_stream_end(&self, end: &StreamEnd) -> Result<(), StoreError> {
        self.sql().execute(
            "INSERT INTO stream_end (scope, device, epoch, seq, header) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (scope, device, epoch) DO UPDATE SET seq = excluded.seq, header = excluded.header
             WHERE excluded.seq > seq",
            (
                end.stream.scope.as_bytes(),
                end.stream.device.as_bytes(),
                end.stream.epoch.as_bytes(),
                signed(end.seq),
                end.header.as_bytes(),
            ),
        )?;
        Ok(())
    }

    pub(super) fn end_of_stream(&self, stream: StreamId) -> Result<Option<Mark>, StoreError> {
        let row: Option<(i64, Vec<u8>)> = self
            .sql()
            .prepare_cached(
                "SELECT seq, header FROM stream_end WHERE scope = ?1 AND device = ?2 AND epoch = ?3",
            )?
            .query_row(
                (
                    stream.scope.as_bytes(),
                    stream.device.as_bytes(),
                    stream.epoch.as_bytes(),
                ),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        Ok(row.and_then(|(seq, header)| {
            Some(Mark {
                seq: unsigned(seq),
                header: Digest::from_slice(&header)?,
            })
        }))
    }

    /// Forgets people who may read nothing that this device may read: names of another village.
    pub(super) fn forget_strangers(&self) -> Result<(), StoreError> {
        let mine = self.readable()?;
        let own = self.own_device()?.map(|(device, _)| device);
        for (device, _) in self.devices()? {
            if Some(device) == own {
                continue;
            }
            for (user, person) in self.people_on(device)? {
                if !person.scopes.iter().any(|scope| mine.contains(scope)) {
                    self.sql().execute(
                        "DELETE FROM person WHERE device = ?1 AND user = ?2",
                        (device.as_bytes(), user),
                    )?;
                }
            }
        }
        self.sql().execute(
            "DELETE FROM author WHERE is_hub = 0 AND device NOT IN (SELECT device FROM person)",
            [],
        )?;
        Ok(())
    }
}

fn read_certificate(bytes: &[u8]) -> Result<Certificate, StoreError> {
    let signed: SignedCertificate = cbor::decode(bytes)?;
    Ok(cbor::decode(&signed.bytes)?)
}
