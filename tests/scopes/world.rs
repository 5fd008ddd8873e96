//! A hub on a real socket, phones with real homes, and a clock that the test moves.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use lossbook_cli::driver::{Outcome, Patience, synchronise};
use lossbook_cli::failure::Failure;
use lossbook_cli::host::Machine;
use lossbook_cli::http::Client;
use lossbook_core::app::{Device, NewPhoto, Taken};
use lossbook_core::chain::ingest::take_run;
use lossbook_core::chain::{EnrolAnswer, Invite, Kind, Origin, Subject};
use lossbook_core::domain::{Digest, Host, Reading, Role, ScopeId, WallMs, cbor};
use lossbook_core::record::Section;
use lossbook_core::store::{StoreError, StoreKey};
use lossbook_hub::admin::Command;
use lossbook_hub::enrol::NewInvite;
use lossbook_hub::{Hub, HubKey, ServeConfig, Serving, serve};
use serde_json::Value;

use super::raw::RawStore;

/// The machine's randomness and boot, and a wall clock that the test moves.
struct TestClock {
    machine: Machine,
    passed: Arc<AtomicI64>,
}

impl Host for TestClock {
    fn now(&self) -> Reading {
        let mut now = self.machine.now();
        now.wall = WallMs(now.wall.0 + self.passed.load(Ordering::Relaxed));
        now
    }

    fn fill_random(&self, out: &mut [u8]) {
        self.machine.fill_random(out);
    }

    fn free_bytes(&self) -> Option<u64> {
        Some(1 << 40)
    }
}

pub(super) struct World {
    pub(super) hub: Hub,
    passed: Arc<AtomicI64>,
    serving: Serving,
    dir: tempfile::TempDir,
    keys: AtomicU8,
}

pub(super) struct Phone {
    pub(super) device: Device,
    pub(super) user: String,
    home: PathBuf,
    key: [u8; 32],
}

impl World {
    pub(super) fn new(scopes: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let passed = Arc::new(AtomicI64::new(0));
        let key = HubKey::make(&Machine::new());
        let home = dir.path().join("hub");
        drop(Hub::init(&home, &key).unwrap());
        let host = TestClock {
            machine: Machine::new(),
            passed: Arc::clone(&passed),
        };
        let hub = Hub::open_hosted(&home, &key, Arc::new(host)).unwrap();
        for scope in scopes {
            hub.add_scope(scope).unwrap();
        }
        let serving = serve(hub.clone(), &ServeConfig::default()).unwrap();
        Self {
            hub,
            passed,
            serving,
            dir,
            keys: AtomicU8::new(1),
        }
    }

    pub(super) fn pass_days(&self, days: i64) {
        self.passed.fetch_add(days * 86_400_000, Ordering::Relaxed);
    }

    pub(super) fn command(&self, command: Command) -> Value {
        self.hub.run(command).unwrap()
    }

    pub(super) fn devices(&self) -> Value {
        self.command(Command::ListDevices)
    }

    pub(super) fn cases_at_hub(&self) -> u64 {
        self.hub.status().unwrap().cases
    }

    pub(super) fn scope(&self, name: &str) -> ScopeId {
        self.hub.add_scope(name).unwrap()
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn client(&self) -> Client {
        Client::new(&self.serving.url, None).unwrap()
    }

    pub(super) fn phone(&self, name: &str, user: &str, scope: &str) -> Phone {
        self.phone_as(Role::Surveyor, name, (user, scope))
    }

    pub(super) fn liaison(&self, name: &str, user: &str, scope: &str) -> Phone {
        self.phone_as(Role::Liaison, name, (user, scope))
    }

    fn phone_as(&self, role: Role, name: &str, (user, scope): (&str, &str)) -> Phone {
        let key = [self.keys.fetch_add(1, Ordering::Relaxed); 32];
        let home = self.dir.path().join(name);
        let device = Device::init(&home, &StoreKey::from_bytes(key), self.host()).unwrap();
        let invite = self.invite(role, (user, scope));
        let request = device.enrol_request(&invite).unwrap();
        self.enrol(&device, &invite, &cbor::encode(&request));
        Phone {
            device,
            user: user.to_owned(),
            home,
            key,
        }
    }

    /// Another person comes to work on a phone.
    pub(super) fn join(&self, phone: &Phone, user: &str, scope: &str) {
        let invite = self.invite(Role::Surveyor, (user, scope));
        let request = phone.device.request_for_another(&invite).unwrap();
        self.enrol(&phone.device, &invite, &cbor::encode(&request));
    }

    fn invite(&self, role: Role, (user, scope): (&str, &str)) -> Invite {
        self.hub
            .invite(NewInvite {
                url: self.serving.url.clone(),
                role,
                scope: scope.to_owned(),
                user: user.to_owned(),
            })
            .unwrap()
    }

    fn enrol(&self, device: &Device, invite: &Invite, request: &[u8]) {
        let (hub, now) = (&self.hub, self.hub.now());
        let answer = lossbook_hub::enrol::enrol(hub.store(), hub.identity(), request, now).unwrap();
        let answer: EnrolAnswer = cbor::decode(&answer).unwrap();
        device.complete_enrolment(invite, &answer).unwrap();
    }

    fn host(&self) -> Arc<dyn Host> {
        Arc::new(TestClock {
            machine: Machine::new(),
            passed: Arc::clone(&self.passed),
        })
    }

    pub(super) fn sync(&self, phone: &Phone) -> Result<Outcome, Failure> {
        let patience = Patience {
            without_progress: std::time::Duration::from_secs(2),
            hurry: 100,
            link: lossbook_cli::driver::UNMETERED,
        };
        synchronise(&phone.device, &self.client(), patience, &mut |_| {})
    }

    /// Fetches what is new of the reference tables; how many rows.
    pub(super) fn refresh(&self, phone: &Phone) -> u64 {
        lossbook_cli::device::refresh(&phone.device, &self.client())
            .unwrap()
            .rows
    }

    /// Looks at a phone's store from outside, and opens it again.
    pub(super) fn reopened(&self, phone: Phone, look: impl FnOnce(&RawStore)) -> Phone {
        let Phone {
            device,
            user,
            home,
            key,
        } = phone;
        drop(device);
        look(&RawStore::read(&home, &key));
        let device = Device::open(&home, &StoreKey::from_bytes(key), self.host()).unwrap();
        Phone {
            device,
            user,
            home,
            key,
        }
    }
}

impl Phone {
    /// An envelope whose body is none, as a broken app would write it; returns its id.
    pub(super) fn append_junk(&self, case: &str) -> Digest {
        let case = self.device.case(case).unwrap().standing;
        let junk = self.device.store().transact(|tx| {
            let me = tx.identity()?;
            let what = (
                case.scope,
                Kind::Change,
                Subject::case(case.case),
                b"this is no change".to_vec(),
            );
            let (id, _) = tx.append(&me, &self.user, Machine::new().now(), what)?;
            Ok::<_, StoreError>(id)
        });
        junk.unwrap()
    }

    /// The encrypted file of the first original of a case.
    pub(super) fn file_of(&self, case: &str) -> PathBuf {
        let view = self.device.case(case).unwrap();
        let digest = view
            .blobs
            .iter()
            .find(|blob| blob.is_original())
            .unwrap()
            .digest;
        let name: String = self
            .device
            .store()
            .transact(|tx| {
                let sql = "SELECT name FROM file WHERE digest = ?1";
                Ok::<_, StoreError>(
                    tx.sql()
                        .query_row(sql, [digest.as_bytes()], |row| row.get(0))?,
                )
            })
            .unwrap();
        let folder: String = name.chars().take(2).collect();
        self.home.join("blobs").join(folder).join(name)
    }

    /// Gets everything another phone wrote, past the hub; how many runs were refused.
    pub(super) fn is_handed_what_it_may_not_read(&self, from: &Self) -> usize {
        let cut = from.device.store().transact(|tx| {
            let me = tx.identity()?;
            let mut runs = Vec::new();
            for own in tx.own_streams(None)? {
                runs.extend(tx.cut_runs(&own, 1, (usize::MAX, 64 * 1024), &me.key)?);
            }
            Ok::<_, StoreError>(runs)
        });
        let cut = cut.unwrap();
        let refused = self.device.store().transact(|tx| {
            let mut refused = 0;
            for run in &cut {
                if take_run(run, tx)?.is_err() {
                    refused += 1;
                    tx.park_run(run)?;
                }
            }
            Ok::<_, StoreError>(refused)
        });
        refused.unwrap()
    }

    /// Changes rows of the store past everything that guards them.
    pub(super) fn sql(&self, statement: &str) {
        let done = self
            .device
            .store()
            .transact(|tx| Ok::<_, StoreError>(tx.sql().execute_batch(statement)?));
        done.unwrap();
    }

    /// Closes the phone and reads its store from outside.
    pub(super) fn close(self) -> RawStore {
        let Self {
            device, home, key, ..
        } = self;
        drop(device);
        RawStore::read(&home, &key)
    }
}

/// A case of somebody's house, with a line and a photo that no other has.
pub(super) fn report(device: &Device, household: &str) -> String {
    report_in(device, None, household)
}

/// The same in one of several scopes.
pub(super) fn report_in(device: &Device, scope: Option<&str>, household: &str) -> String {
    static PICTURES: AtomicU8 = AtomicU8::new(1);
    let fields = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    };
    let case = device
        .report_loss(
            scope,
            &fields(&[("household", household), ("place", household)]),
        )
        .unwrap()
        .to_string();
    let line = fields(&[("item", household), ("amount", "800")]);
    device.add_row(&case, Section::Lines, &line).unwrap();
    let number = PICTURES.fetch_add(1, Ordering::Relaxed);
    photograph(device, &case, &picture(number, 90));
    case
}

/// Adds a photo; how many were seen before that are like it.
pub(super) fn photograph(device: &Device, case: &str, bytes: &[u8]) -> usize {
    let photo = NewPhoto {
        bytes,
        origin: Origin::Camera,
        slot: "",
        caption: "",
        taken: Taken::default(),
    };
    device.add_photo(case, photo).unwrap().seen.len()
}

/// Coloured blocks, different for each number.
pub(super) fn picture(number: u8, quality: u8) -> Vec<u8> {
    const SIDE: u16 = 320;
    let mut jpeg = Vec::new();
    let mut pixels = Vec::new();
    for y in 0..SIDE {
        for x in 0..SIDE {
            let seed = u32::from(number) * 7_919 + u32::from(x / 40) * 131 + u32::from(y / 40) * 57;
            let shade = seed.wrapping_mul(2_654_435_761).to_be_bytes();
            pixels.extend([shade[0], shade[1], shade[2]]);
        }
    }
    jpeg_encoder::Encoder::new(&mut jpeg, quality)
        .encode(&pixels, SIDE, SIDE, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    jpeg
}
