//! A hub in this process and phones that it vouches for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lossbook_cli::host::Machine;
use lossbook_core::app::Device;
use lossbook_core::chain::EnrolAnswer;
use lossbook_core::domain::{Role, cbor};
use lossbook_core::store::StoreKey;
use lossbook_hub::enrol::{NewInvite, enrol};
use lossbook_hub::{Hub, HubKey, ServeConfig, Serving, serve};

use crate::Failed;

const VILLAGE: &str = "village";

/// A folder with a hub in it.
pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) serving: Serving,
    hub: Hub,
}

impl World {
    /// A hub that listens on loopback.
    pub(crate) fn new() -> Result<Self, Failed> {
        let dir = tempfile::tempdir()?;
        let hub = Hub::init(&dir.path().join("hub"), &HubKey::make(&Machine::new()))?;
        hub.add_scope(VILLAGE)?;
        let serving = serve(hub.clone(), &ServeConfig::default())?;
        Ok(Self { dir, serving, hub })
    }

    /// Where a phone is kept.
    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A new phone that the hub let in.
    pub(crate) fn phone(&self, name: &str) -> Result<Device, Failed> {
        let device = Device::init(&self.home(name), &key(), Arc::new(Machine::new()))?;
        let invite = self.hub.invite(NewInvite {
            url: self.serving.url.clone(),
            role: Role::Surveyor,
            scope: VILLAGE.to_owned(),
            user: name.to_owned(),
        })?;
        let request = cbor::encode(&device.enrol_request(&invite)?);
        let (store, hub) = (self.hub.store(), self.hub.identity());
        let answer = enrol(store, hub, &request, self.hub.now())?;
        device.complete_enrolment(&invite, &cbor::decode::<EnrolAnswer>(&answer)?)?;
        Ok(device)
    }
}

/// Opens a phone again.
pub(crate) fn open(home: &Path) -> Result<Device, Failed> {
    Ok(Device::open(home, &key(), Arc::new(Machine::new()))?)
}

fn key() -> StoreKey {
    StoreKey::from_bytes(RAW_KEY)
}

/// The key of every phone here: raw, as a phone's key store gives it.
pub(crate) const RAW_KEY: [u8; 32] = [7; 32];

/// `name=value` pairs as typed.
pub(crate) fn fields(pairs: &[(&str, String)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.clone()))
        .collect()
}
