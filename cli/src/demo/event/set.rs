//! The set: a served hub, phones in folders, accounts of every role, and what the cases became.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lossbook_core::app::Device;
use lossbook_core::rules::SHIPPED;
use lossbook_hub::admin::Command as Order;
use lossbook_hub::{Hub, HubKey, ServeConfig, Serving, serve};
use serde_json::{Map, Value};

use super::super::link::Link;
use super::cast::{SECOND, VILLAGES};
use super::clock::StageClock;
use super::office::{self, Account};
use crate::device::enrol;
use crate::driver::{Patience, UNMETERED, synchronise};
use crate::failure::Failure;
use crate::http::Client;
use crate::hub::press_of;
use crate::keyfile;

/// Waits of the sync engine are shortened by this factor.
const HURRY: u32 = 40;
/// What the insurer filled in where the contract of Shaoguan leaves a blank: who approves how much.
const LIMITS: &str = r#"
[[authority]]
limit = { value = "8000.00", source = "set by the insurer" }
[[authority]]
limit = { value = "40000.00", source = "set by the insurer" }
[[authority]]
limit = { value = "200000.00", source = "set by the insurer" }
"#;

/// A phone and who uses it.
pub(super) struct Phone {
    pub(super) device: Device,
    pub(super) home: PathBuf,
    pub(super) user: String,
    pub(super) scope: String,
    pub(super) village: usize,
    /// Whether it wrote something that the hub lacks.
    pub(super) is_ahead: bool,
}

/// Everything on the set.
pub(super) struct Set {
    pub(super) clock: StageClock,
    pub(super) link: Link,
    pub(super) phones: Vec<Phone>,
    pub(super) accounts: Vec<Account>,
    /// Numbers of the cases, by their place in the plan.
    pub(super) numbers: Vec<Option<String>>,
    /// Cases worth looking at, by what they show.
    pub(super) marked: Map<String, Value>,
    serving: Serving,
}

impl Set {
    pub(super) fn build(dir: &Path, listen: SocketAddr) -> Result<Self, Failure> {
        let (clock, data) = (StageClock::new(), dir.join("hub"));
        let key = HubKey::create(&HubKey::default_path(&data), &clock)?;
        let hub = Hub::init_hosted(&data, &key, Arc::new(clock.clone()))?;
        let hub = hub.printing_by(press_of(None)?);
        for village in &VILLAGES {
            hub.run(Order::AddScope {
                name: village.name.to_owned(),
            })?;
        }
        let official = SHIPPED
            .iter()
            .find(|(id, _)| *id == "shaoguan-official-vehicles");
        if let Some((_, text)) = official {
            hub.add_pack(text, Some(LIMITS))?;
        }
        let accounts = office::accounts(&hub)?;
        let operator = hub.clone();
        let config = ServeConfig {
            listen,
            ..ServeConfig::default()
        };
        let serving = serve(hub, &config)?;
        let link = Link::open(serving.addr)
            .map_err(|error| Failure::not_now("link", error.to_string()))?;
        link.good();
        let mut set = Self {
            clock,
            link,
            phones: Vec::new(),
            accounts,
            numbers: Vec::new(),
            marked: Map::new(),
            serving,
        };
        let first = VILLAGES
            .iter()
            .enumerate()
            .map(|(at, village)| (at, village.surveyor));
        for (village, user) in first.chain([(0, SECOND), (1, SECOND)]) {
            let phone = set.phone(&operator, dir, (village, user))?;
            set.phones.push(phone);
        }
        set.exchange()?;
        Ok(set)
    }

    fn phone(
        &self,
        operator: &Hub,
        dir: &Path,
        (village, user): (usize, &str),
    ) -> Result<Phone, Failure> {
        let scope = VILLAGES.get(village).map_or("", |village| village.name);
        let home = dir.join(format!("phone-{}", self.phones.len() + 1));
        let key = keyfile::read_or_make(&keyfile::path_for(&home, None), &self.clock)?;
        let device = Device::init(&home, &key, Arc::new(self.clock.clone()))?;
        let made = operator.run(Order::Invite {
            url: Some(self.link.url.clone()),
            role: "surveyor".to_owned(),
            scope: scope.to_owned(),
            user: user.to_owned(),
        })?;
        let code = made
            .get("invite")
            .and_then(Value::as_str)
            .unwrap_or_default();
        enrol(&device, code, None)?;
        Ok(Phone {
            device,
            home,
            user: user.to_owned(),
            scope: scope.to_owned(),
            village,
            is_ahead: true,
        })
    }

    /// The first phone of a village.
    pub(super) fn phone_of(&mut self, village: usize) -> Result<&mut Phone, Failure> {
        let mut phones = self.phones.iter_mut();
        let found = phones.find(|phone| phone.village == village);
        found.ok_or_else(|| Failure::bug("no_phone", "a village without a phone"))
    }

    /// Every phone that wrote something talks to the hub.
    pub(super) fn exchange(&mut self) -> Result<(), Failure> {
        let url = self.link.url.clone();
        for phone in self.phones.iter_mut().filter(|phone| phone.is_ahead) {
            talk(&phone.device, &url, Duration::from_secs(30))?;
            phone.is_ahead = false;
        }
        Ok(())
    }

    /// Where the hub is served.
    pub(super) fn url(&self) -> &str {
        &self.serving.url
    }

    /// The number of a case, once it was reported.
    pub(super) fn number(&self, case: usize) -> Result<String, Failure> {
        let known = self.numbers.get(case).cloned().flatten();
        known.ok_or_else(|| Failure::bug("no_case", "a case that was not reported"))
    }

    /// Keeps the hub up until the process is told to stop; the phones' folders are free meanwhile.
    pub(super) fn serve_on(self) {
        let Self {
            serving,
            link,
            phones,
            ..
        } = self;
        drop(phones);
        serving.wait();
        drop(link);
    }
}

/// One exchange of a phone.
///
/// # Errors
/// As the way to the hub fails.
pub(super) fn talk(device: &Device, url: &str, patience: Duration) -> Result<(), Failure> {
    let client = Client::new(url, None)?;
    let patience = Patience {
        without_progress: patience,
        hurry: HURRY,
        link: UNMETERED,
    };
    synchronise(device, &client, patience, &mut |_| {}).map(|_| ())
}
