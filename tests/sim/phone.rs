//! One phone of a world: the real device on a real store, the real engine, and its life between
//! two deaths of the process.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lossbook_core::app::Device;
use lossbook_core::domain::{Digest, Host, ScopeId};
use lossbook_core::record::SCHEMA_VERSION;
use lossbook_core::store::{Fault as DiskFault, StoreError};
use lossbook_core::sync::{
    Effect, Engine, Event, Link, Loaded, Originals, Policy, Report, StateName,
};

use super::host::{Clock, SimHost};
use super::link::{Line, Profile};
use super::replica;
use super::stage::{PARTS, Part, copy_folder, phone_key};
use crate::kill::chance::Chance;

/// What was acknowledged to the user of a phone as saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) changes: BTreeSet<Digest>,
    pub(super) files: BTreeSet<Digest>,
    /// Nonces of the signatures given here.
    pub(super) signatures: BTreeSet<[u8; 16]>,
}

/// A copy of the store from before, and what was saved when it was made.
pub(super) struct Copy {
    pub(super) folder: PathBuf,
    pub(super) saved: Saved,
}

/// How the process will die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    /// Before the effect is executed.
    Before,
    /// After it is executed, before the engine hears of it.
    After,
}

/// The process of an app.
pub(super) struct Process {
    pub(super) device: Device,
    pub(super) engine: Engine,
    pub(super) todo: VecDeque<Effect>,
    /// Whether work on `todo` is planned.
    pub(super) busy: bool,
    /// Number of the newest timer.
    pub(super) timer: u64,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "what befell a phone: each independent of the others"
)]
pub(super) struct Phone {
    pub(super) number: usize,
    pub(super) part: &'static Part,
    pub(super) host: Arc<SimHost>,
    pub(super) line: Line,
    pub(super) process: Option<Process>,
    /// Which life of the process it is; what belongs to an older one is ignored.
    pub(super) life: u64,
    /// So many effects until the process dies.
    pub(super) doom: Option<(u64, Death)>,
    pub(super) disk_full: bool,
    pub(super) revoked: bool,
    /// Whether it has learnt that, and is not used any more.
    pub(super) is_retired: bool,
    /// It wrote what no hub takes: what was built on that is written anew under other names.
    pub(super) hostile: bool,
    /// It says and writes the schema before this one.
    pub(super) is_old: bool,
    pub(super) saved: Saved,
    pub(super) copy: Option<Copy>,
    pub(super) scopes: BTreeSet<ScopeId>,
    pub(super) troubles: BTreeMap<String, u64>,
    /// Runs of it are in other hands.
    pub(super) given: bool,
    pub(super) chance: Chance,
    home: PathBuf,
}

impl Phone {
    pub(super) fn new(dir: &Path, part: usize, seed: u64, clock: &Clock) -> Self {
        let mut chance = Chance::of(seed ^ (part as u64 + 1).wrapping_mul(0x9E37_79B9_0000_0001));
        let profile = *chance.pick(&Profile::ALL);
        let own = Chance::of(chance.below(u64::MAX));
        let mut phone = Self {
            number: part,
            part: &PARTS[part],
            host: SimHost::new(chance.below(u64::MAX), clock),
            line: Line::new(profile, own),
            process: None,
            life: 0,
            doom: None,
            disk_full: false,
            revoked: false,
            is_retired: false,
            hostile: false,
            is_old: false,
            saved: Saved::default(),
            copy: None,
            scopes: BTreeSet::new(),
            troubles: BTreeMap::new(),
            given: false,
            chance,
            home: dir.join(PARTS[part].name),
        };
        phone.start();
        let me = phone.device().identity().expect("an identity");
        let scopes = phone.device().store().transact(|tx| tx.scopes());
        phone.scopes = scopes.expect("scopes").into_iter().map(|it| it.0).collect();
        phone.scopes.insert(ScopeId::private_of(me.device));
        phone
    }

    /// Starts the process.
    pub(super) fn start(&mut self) {
        let key = phone_key(self.number);
        let host = Arc::clone(&self.host) as Arc<dyn Host>;
        let device = if self.disk_full {
            let room = i64::try_from(self.chance.below(4_000)).expect("small");
            let fault = DiskFault::disk_full_after(room);
            Device::open_with_fault(&self.home, &key, host, fault)
        } else {
            Device::open(&self.home, &key, host)
        };
        let device = device.expect("INV4: the store opens again");
        let me = device.identity().expect("INV4: its identity");
        let mut engine = Engine::new(me.device, self.chance.below(u64::MAX));
        // Half of the people pay for originals on the way.
        let metered_originals = if self.number.is_multiple_of(2) {
            Originals::Send
        } else {
            Originals::Hold
        };
        let nothing = engine.step(0, Event::Policy(Policy { metered_originals }));
        drop(nothing);
        self.process = Some(Process {
            engine,
            device,
            todo: VecDeque::new(),
            busy: false,
            timer: 0,
        });
        if self.disk_full {
            self.fill_disk();
        }
    }

    /// Ends the process, as `kill -9` does: nothing is written any more.
    pub(super) fn die(&mut self) {
        self.process = None;
        self.doom = None;
        self.life += 1;
        self.line.reset();
    }

    pub(super) fn device(&self) -> &Device {
        &self.process.as_ref().expect("a running app").device
    }

    pub(super) fn state(&self) -> StateName {
        self.process
            .as_ref()
            .map_or(StateName::Stopped, |process| process.engine.state())
    }

    /// Where its store lies.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// Executes an effect that concerns the store.
    pub(super) fn perform(&self, effect: &Effect) -> Option<Event> {
        let mut event = self.device().perform(effect)?;
        if let Event::Loaded { loaded, .. } = &mut event
            && let Loaded::Exchange(load) = loaded
            && self.is_old
        {
            load.schema = SCHEMA_VERSION - 1;
        }
        Some(event)
    }

    /// The link as the app sees it.
    pub(super) const fn link(&self) -> Link {
        if self.line.up {
            Link::Up {
                class: self.line.profile.class,
                metered: self.line.profile.metered,
            }
        } else {
            Link::Down
        }
    }

    /// No page more fits into the database.
    pub(super) fn fill_disk(&mut self) {
        self.disk_full = true;
        self.limit_pages("SELECT page_count + 2 FROM pragma_page_count");
    }

    /// Room again. An app that was opened on a full disk is opened anew.
    pub(super) fn free_disk(&mut self) {
        self.disk_full = false;
        self.limit_pages("SELECT 1073741823");
    }

    fn limit_pages(&self, sql: &str) {
        let Some(process) = &self.process else { return };
        let limited = process.device.store().transact(|tx| {
            let pages: i64 = tx.sql().query_row(sql, [], |row| row.get(0))?;
            let set = format!("PRAGMA max_page_count = {pages}");
            tx.sql().query_row(&set, [], |_| Ok(()))?;
            Ok::<_, StoreError>(())
        });
        limited.expect("a limit");
    }

    /// Takes down what is saved by now: it was acknowledged to the user or to the hub.
    pub(super) fn note_saved(&mut self) {
        let read = self
            .device()
            .store()
            .transact(|tx| Ok::<_, StoreError>((replica::changes(tx)?, replica::files(tx)?)));
        let (changes, files) = read.expect("a store that can be read");
        self.saved.changes.extend(changes);
        self.saved.files.extend(files);
    }

    /// Copies the store as it is now, as a backup does.
    pub(super) fn keep_copy(&mut self) {
        self.note_saved();
        let folder = self.home.with_extension("copy");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).expect("removed");
        }
        copy_folder(&self.home, &folder);
        self.copy = Some(Copy {
            folder,
            saved: self.saved.clone(),
        });
    }

    /// The store becomes the copy; what was saved since is lost with the phone that held it.
    pub(super) fn restore(&mut self) -> bool {
        let Some(copy) = self.copy.take() else {
            return false;
        };
        self.die();
        std::fs::remove_dir_all(&self.home).expect("removed");
        copy_folder(&copy.folder, &self.home);
        self.saved = copy.saved.clone();
        self.copy = Some(copy);
        self.host.reboot();
        true
    }

    pub(super) fn note(&mut self, report: &Report) {
        if let Report::Trouble { code, .. } = report {
            *self.troubles.entry(code.clone()).or_default() += 1;
        }
    }
}
