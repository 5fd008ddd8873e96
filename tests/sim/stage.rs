//! What every world begins with: a hub with two villages and phones that it let in, made once and
//! copied for each world, so that a world costs milliseconds.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use lossbook_core::app::Device;
use lossbook_core::domain::{Host, Role, cbor};
use lossbook_core::store::StoreKey;
use lossbook_hub::enrol::{NewInvite, enrol};
use lossbook_hub::{Hub, HubKey};

use super::host::{Clock, SimHost};

/// One phone of the stage.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) village: &'static str,
}

const fn part(name: &'static str, role: Role, village: &'static str) -> Part {
    Part {
        name,
        role,
        village,
    }
}

/// All phones there are.
pub(super) const PARTS: &[Part] = &[
    part("li", Role::Surveyor, EAST),
    part("wang", Role::Liaison, EAST),
    part("zhao", Role::Surveyor, EAST),
    part("ma", Role::Surveyor, WEST),
    part("sun", Role::Surveyor, EAST),
    part("qian", Role::Liaison, WEST),
];

/// The village of most of them.
pub(super) const EAST: &str = "east";
const WEST: &str = "west";

/// The name under which the office decides.
pub(super) const REVIEWER: &str = "office";

/// A fresh folder, in memory if the machine has such a place: durability is asked for and real,
/// only the disk under it is fast.
pub(super) fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    builder.prefix("lossbook-sim-");
    let made = if memory.is_dir() {
        builder.tempdir_in(memory)
    } else {
        builder.tempdir()
    };
    made.or_else(|_| builder.tempdir()).expect("a folder")
}

/// Stores that stand ready to be copied.
pub(super) struct Stage {
    dir: tempfile::TempDir,
}

/// The key of a phone's store.
pub(super) fn phone_key(number: usize) -> StoreKey {
    StoreKey::from_bytes([u8::try_from(number + 1).expect("few phones"); 32])
}

const HUB_SEED: u64 = 7_777;

/// The hub's key; made anew wherever it is needed, because it is always the same.
pub(super) fn hub_key() -> HubKey {
    HubKey::make(SimHost::new(HUB_SEED, &Clock::default()).as_ref())
}

/// The same key, for reading the hub's store beside the hub.
pub(super) fn hub_store_key() -> StoreKey {
    let mut bytes = [0; 32];
    SimHost::new(HUB_SEED, &Clock::default()).fill_random(&mut bytes);
    StoreKey::from_bytes(bytes)
}

impl Stage {
    pub(super) fn new() -> Self {
        let dir = scratch();
        let clock = Arc::new(AtomicU64::new(0));
        let host = SimHost::new(HUB_SEED + 1, &clock);
        let hub = Hub::init_hosted(&dir.path().join("hub"), &hub_key(), host).expect("a hub");
        hub.add_scope(EAST).expect("a scope");
        hub.add_scope(WEST).expect("a scope");
        hub.add_user(REVIEWER).expect("a user");
        for (number, part) in PARTS.iter().enumerate() {
            let home = dir.path().join(part.name);
            enrol_phone(&hub, (&home, number, part), &clock);
        }
        Self { dir }
    }

    /// Copies the hub and some phones to a fresh folder.
    pub(super) fn set(&self, to: &Path, phones: &[usize]) {
        copy_folder(&self.dir.path().join("hub"), &to.join("hub"));
        for number in phones {
            let name = PARTS[*number].name;
            copy_folder(&self.dir.path().join(name), &to.join(name));
        }
    }
}

fn enrol_phone(hub: &Hub, (home, number, part): (&PathBuf, usize, &Part), clock: &Clock) {
    let host = SimHost::new(9_000 + number as u64, clock);
    let device = Device::init(home, &phone_key(number), host).expect("a phone");
    let new = NewInvite {
        url: "http://127.0.0.1:1".to_owned(),
        role: part.role,
        scope: part.village.to_owned(),
        user: part.name.to_owned(),
    };
    let invite = hub.invite(new).expect("an invitation");
    let request = cbor::encode(&device.enrol_request(&invite).expect("a request"));
    let answer = enrol(hub.store(), hub.identity(), &request, hub.now()).expect("an answer");
    let answer = cbor::decode(&answer).expect("an answer");
    device
        .complete_enrolment(&invite, &answer)
        .expect("enrolled");
}

/// Copies files and folders as they are; what SQLite keeps in shared memory is left out.
pub(super) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy_folder(&path, &to.join(name));
        } else if name != "lock" && name != "store.db-shm" {
            fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}
