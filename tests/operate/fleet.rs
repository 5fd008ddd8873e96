//! A hub with many phones, each worked by somebody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lossbook_cli::driver::{Patience, synchronise};
use lossbook_cli::host::Machine;
use lossbook_cli::http::Client;
use lossbook_cli::scene::{SceneKind, Shot, render};
use lossbook_core::app::Device;
use lossbook_core::chain::EnrolAnswer;
use lossbook_core::domain::{CivilTime, Role, cbor};
use lossbook_core::store::{CaseQuery, StoreKey};
use lossbook_hub::backup::{Made, backup};
use lossbook_hub::enrol::{NewInvite, enrol};
use lossbook_hub::meta::{OfficeUser, in_tx};
use lossbook_hub::office::{NewDecision, decide};
use lossbook_hub::{Hub, HubKey, ServeConfig, Serving, SystemHost, serve};
use lossbook_tests::field::{Dice, FieldHost, MEASURED, Worker};

const VILLAGE: &str = "village";
/// Nobody disturbs the exchange; the machine may be slow.
const PATIENT: Duration = Duration::from_secs(60);
const TRIES: u32 = 10;
/// The hub may be gone.
const HASTY: Duration = Duration::from_secs(2);

struct Phone {
    device: Device,
    host: Arc<FieldHost>,
    seed: u64,
}

/// A hub in a folder, and phones beside it.
pub(super) struct Fleet {
    pub(super) dir: tempfile::TempDir,
    pub(super) key: HubKey,
    pub(super) hub: Hub,
    pub(super) url: String,
    phones: Vec<Phone>,
    serving: Option<Serving>,
    picture: Vec<u8>,
}

impl Fleet {
    pub(super) fn new(phones: u64) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let key = HubKey::make(&Machine::new());
        let hub = Hub::init(&dir.path().join("hub"), &key).expect("a hub");
        hub.add_scope(VILLAGE).expect("a scope");
        let phones = (0..phones)
            .map(|number| phone(dir.path(), &hub, number))
            .collect();
        let mut fleet = Self {
            dir,
            key,
            hub: hub.clone(),
            url: String::new(),
            phones,
            serving: None,
            picture: picture(),
        };
        fleet.serve(hub);
        fleet
    }

    pub(super) fn hub_dir(&self) -> PathBuf {
        self.dir.path().join("hub")
    }

    pub(super) fn serve(&mut self, hub: Hub) {
        let serving = serve(hub.clone(), &ServeConfig::default()).expect("serves");
        self.url = serving.url.clone();
        self.serving = Some(serving);
        self.hub = hub;
    }

    /// Ends the service and closes the store.
    pub(super) fn stop(&mut self) {
        self.serving.take().expect("served").stop();
        // A hub of another folder stands in, so that the store of this one is closed.
        let key = HubKey::make(&Machine::new());
        let nowhere = tempfile::Builder::new().tempdir_in(self.dir.path());
        let nowhere = nowhere.expect("a folder").keep();
        self.hub = Hub::init(&nowhere.join("none"), &key).expect("a hub");
    }

    /// The disk is lost.
    pub(super) fn wipe(&mut self) {
        self.stop();
        std::fs::remove_dir_all(self.hub_dir()).expect("wiped");
    }

    pub(super) fn save_key(&self) {
        let path = HubKey::default_path(&self.hub_dir());
        self.key.save(&path).expect("written");
    }

    pub(super) fn backup(&self, to: &Path) -> Made {
        backup((&self.hub_dir(), &self.key), to, &[], &SystemHost::new()).expect("a backup")
    }

    /// Everybody reports, surveys, takes a photo and syncs, so many times.
    pub(super) fn everybody_works_and_syncs(&self, times: u64) {
        self.each(|fleet, phone| {
            for round in 0..times {
                fleet.work(phone, round);
                fleet.sync_at_last(phone);
            }
        });
    }

    /// The same, with a hub that may go away.
    pub(super) fn everybody_works_and_may_be_cut(&self, times: u64) {
        self.each(|fleet, phone| {
            for round in 0..times {
                fleet.work(phone, round);
                let _cut_or_not = fleet.sync(phone, HASTY);
            }
        });
    }

    pub(super) fn everybody_syncs(&self) {
        // Twice, because what one brings late the others hear with the second.
        for _ in 0..2 {
            self.each(Self::sync_at_last);
        }
    }

    fn each(&self, work: impl Fn(&Self, &Phone) + Sync) {
        let work = &work;
        std::thread::scope(|scope| {
            for phone in &self.phones {
                scope.spawn(move || work(self, phone));
            }
        });
    }

    fn work(&self, phone: &Phone, round: u64) {
        let mut worker = Worker {
            device: &phone.device,
            host: &phone.host,
            words: &MEASURED,
            dice: Dice::new(phone.seed * 1_000 + round),
        };
        let case = worker.report().expect("a report");
        worker.survey(&case).expect("a survey");
        worker.line(&case).expect("a line");
        worker.photo(&case, &self.picture).expect("a photo");
    }

    /// On a slow machine fifty phones at once are too many for one try.
    fn sync_at_last(&self, phone: &Phone) {
        let mut last = Ok(());
        for _ in 0..TRIES {
            last = self.sync(phone, PATIENT);
            if last.is_ok() {
                return;
            }
        }
        last.expect("one of the tries ends");
    }

    fn sync(&self, phone: &Phone, patience: Duration) -> Result<(), String> {
        let client = Client::new(&self.url, None).map_err(|error| error.to_string())?;
        let patience = Patience {
            without_progress: patience,
            ..Patience::DEFAULT
        };
        let done = synchronise(&phone.device, &client, patience, &mut |_| {});
        done.map(|_| ()).map_err(|error| error.to_string())
    }

    /// How many cases the phones reported.
    pub(super) fn reported(&self) -> usize {
        let mut all = BTreeSet::new();
        for phone in &self.phones {
            let query = CaseQuery {
                limit: u32::MAX,
                ..CaseQuery::default()
            };
            let rows = phone.device.cases(&query).expect("the list");
            all.extend(rows.into_iter().map(|row| row.number));
        }
        all.len()
    }

    pub(super) fn decide_on_every_other_case(&self) {
        let user = OfficeUser::reviewer("office", self.hub.now().wall);
        let host = SystemHost::new();
        let cases = in_tx(self.hub.store(), |tx| tx.all_heads()).expect("cases");
        for (case, _) in cases.iter().step_by(2) {
            let new = NewDecision {
                action: "assign".to_owned(),
                round: 1,
                reason: "go there".to_owned(),
                fields: Vec::new(),
                heads: None,
                surveyor: Some("somebody".to_owned()),
            };
            let name = case.to_string();
            decide(
                self.hub.store(),
                self.hub.identity(),
                (&name, &user),
                (new, &host),
            )
            .expect("decided");
        }
    }
}

fn phone(dir: &Path, hub: &Hub, number: u64) -> Phone {
    let host = Arc::new(FieldHost::new(number + 1));
    let key = StoreKey::from_bytes([7; 32]);
    let home = dir.join(format!("phone {number}"));
    let device = Device::init(&home, &key, Arc::clone(&host) as _).expect("a phone");
    let invite = hub.invite(NewInvite {
        url: "http://127.0.0.1:1".to_owned(),
        role: Role::Surveyor,
        scope: VILLAGE.to_owned(),
        user: format!("surveyor {number}"),
    });
    let invite = invite.expect("a code");
    let request = cbor::encode(&device.enrol_request(&invite).expect("a request"));
    let answer = enrol(hub.store(), hub.identity(), &request, hub.now()).expect("enrolled");
    let answer: EnrolAnswer = cbor::decode(&answer).expect("an answer");
    device
        .complete_enrolment(&invite, &answer)
        .expect("complete");
    Phone {
        device,
        host,
        seed: number + 1,
    }
}

fn picture() -> Vec<u8> {
    render(&Shot {
        width: 160,
        height: 120,
        seed: 1,
        kind: SceneKind::Hailstones,
        taken_at: CivilTime {
            civil: "2025-07-01T14:03:22".to_owned(),
            offset: Some("+08:00".to_owned()),
        },
        place: (36.834, 101.952, 2543.0),
        make: "Lossbook".to_owned(),
        model: "Scene".to_owned(),
        orientation: 1,
    })
}

/// What a hub holds, for comparison.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) heads: BTreeMap<String, String>,
    pub(super) photos: BTreeSet<String>,
    decisions: BTreeMap<String, Vec<String>>,
}

impl Seen {
    pub(super) fn of(hub: &Hub) -> Self {
        let seen = in_tx(hub.store(), |tx| {
            let (mut heads, mut decisions) = (BTreeMap::new(), BTreeMap::new());
            for (case, of) in tx.all_heads()? {
                heads.insert(case.to_string(), of.to_hex());
                let standing = tx.case_standing(case)?.expect("a case");
                let all = standing.decisions.iter();
                let all = all.map(|one| format!("{} {}", one.id, one.body.action.word()));
                decisions.insert(case.to_string(), all.collect());
            }
            let photos = tx.all_blobs()?.into_iter();
            let photos = photos.map(|blob| blob.digest.to_hex()).collect();
            Ok(Self {
                heads,
                photos,
                decisions,
            })
        });
        seen.expect("rows")
    }

    /// The cases with their heads.
    pub(super) fn reported(&self) -> &BTreeMap<String, String> {
        &self.heads
    }
}
