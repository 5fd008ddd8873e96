//! The stage: a hub being served, a link to it, phones in folders, and an office client.
#![expect(
    clippy::indexing_slicing,
    reason = "a missing key of a JSON value reads as null"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lossbook_core::app::{CaseView, Device, NewPhoto, Taken};
use lossbook_core::chain::Origin;
use lossbook_core::store::CaseQuery;
use lossbook_hub::admin::Command as Order;
use lossbook_hub::{Hub, HubKey, ServeConfig, Serving, SystemHost, serve};
use serde_json::{Value, json};

use super::checks::Checks;
use super::link::Link;
use super::pictures::Picture;
use crate::device::enrol;
use crate::driver::{Outcome, Patience, synchronise};
use crate::failure::Failure;
use crate::host::Machine;
use crate::http::Client;
use crate::keyfile;
use crate::office::call;

/// Waits of the sync engine are shortened by this factor, so that the story is short.
const HURRY: u32 = 40;
/// The scope of the story.
pub(super) const SCOPE: &str = "五十镇 Wushi";

/// A phone and who uses it.
pub(super) struct Phone {
    pub(super) device: Device,
    pub(super) home: PathBuf,
}

/// Everything on the stage.
pub(super) struct World {
    dir: PathBuf,
    serving: Serving,
    operator: Hub,
    pub(super) link: Link,
    pub(super) photos: Vec<Picture>,
    requests: u64,
    retries: u64,
    pub(super) conflicts: u64,
    pub(super) signature_states: Vec<String>,
    pub(super) receipts: u64,
}

impl World {
    /// Makes and serves the hub in `dir/hub`.
    pub(super) fn open(dir: &Path, photos: Vec<Picture>) -> Result<Self, Failure> {
        let data = dir.join("hub");
        let key = HubKey::create(&HubKey::default_path(&data), &SystemHost::new())?;
        let hub = Hub::init(&data, &key)?;
        hub.run(Order::AddScope {
            name: SCOPE.to_owned(),
        })?;
        let serving = serve(hub, &ServeConfig::default())?;
        let operator = Hub::open_beside(&data, &key)?;
        let link = Link::open(serving.addr)
            .map_err(|error| Failure::not_now("link", error.to_string()))?;
        Ok(Self {
            dir: dir.to_owned(),
            serving,
            operator,
            link,
            photos,
            requests: 0,
            retries: 0,
            conflicts: 0,
            signature_states: Vec::new(),
            receipts: 0,
        })
    }

    fn order(&self, order: Order) -> Result<Value, Failure> {
        Ok(self.operator.run(order)?)
    }

    /// A new phone in `dir/name`, enrolled over the link.
    pub(super) fn phone(&self, name: &str, (role, user): (&str, &str)) -> Result<Phone, Failure> {
        let home = self.dir.join(name);
        let host = Arc::new(Machine::new());
        let key = keyfile::read_or_make(&keyfile::path_for(&home, None), host.as_ref())?;
        let device = Device::init(&home, &key, host)?;
        let invite = Order::Invite {
            url: Some(self.link.url.clone()),
            role: role.to_owned(),
            scope: SCOPE.to_owned(),
            user: user.to_owned(),
        };
        let code = self.order(invite)?;
        enrol(&device, code["invite"].as_str().unwrap_or_default(), None)?;
        Ok(Phone { device, home })
    }

    /// The token of an office user.
    pub(super) fn office_user(&self, name: &str) -> Result<String, Failure> {
        let made = self.order(Order::AddUser {
            name: name.to_owned(),
            roles: Vec::new(),
            scopes: Vec::new(),
            way_in: None,
        })?;
        Ok(made["token"].as_str().unwrap_or_default().to_owned())
    }

    /// What the hub holds.
    pub(super) fn hub_status(&self) -> Result<Value, Failure> {
        self.order(Order::Status)
    }

    /// One exchange over the link, as patient as told.
    pub(super) fn sync(&mut self, phone: &Phone, patience: Duration) -> Result<Outcome, Failure> {
        let client = Client::new(&self.link.url, None)?;
        let (mut requests, mut retries) = (0, 0);
        let mut count =
            |now: &lossbook_core::sync::Progress| (requests, retries) = (now.requests, now.retries);
        let done = synchronise(
            &phone.device,
            &client,
            Patience {
                without_progress: patience,
                hurry: HURRY,
                link: crate::driver::UNMETERED,
            },
            &mut count,
        );
        if let Ok(outcome) = &done {
            (requests, retries) = (outcome.progress.requests, outcome.progress.retries);
        }
        self.requests += requests;
        self.retries += retries;
        done
    }

    /// An exchange that must succeed.
    pub(super) fn sync_fully(&mut self, phone: &Phone) -> Result<Outcome, Failure> {
        self.sync(phone, Duration::from_secs(20))
    }

    /// Head office's view of a case.
    pub(super) fn office_case(&self, token: &str, case: &str) -> Result<Value, Failure> {
        call(
            &Client::new(&self.serving.url, None)?,
            ("GET", &format!("/v1/office/cases/{case}"), &Value::Null),
            token,
        )
    }

    /// A decision, as a reviewer's client sends it.
    pub(super) fn decide(
        &self,
        token: &str,
        case: &str,
        action: &str,
        reason: &str,
    ) -> Result<Value, Failure> {
        let body = json!({"action": action, "reason": reason});
        call(
            &Client::new(&self.serving.url, None)?,
            ("POST", &format!("/v1/office/cases/{case}/decide"), &body),
            token,
        )
    }

    /// The figures of the last table.
    pub(super) fn summary(&self, checks: &Checks<'_>) -> Result<Value, Failure> {
        let status = self.hub_status()?;
        let counted = self.link.counted();
        Ok(json!({
            "ok": checks.all_green(),
            "checks": checks.to_json(),
            "cases": status["cases"],
            "photos": self.photos.len(),
            "photo_bytes": self.photos.iter().map(|photo| photo.bytes.len()).sum::<usize>(),
            "wire": {
                "up_bytes": counted.up, "down_bytes": counted.down, "requests": self.requests,
                "retries": self.retries, "cuts": counted.cuts,
            },
            "conflicts": self.conflicts,
            "signatures": self.signature_states,
            "receipts": self.receipts,
        }))
    }
}

impl Phone {
    /// Reports a loss and says the case's number.
    pub(super) fn report(&self, fields: &[(&str, &str)]) -> Result<String, Failure> {
        Ok(self
            .device
            .report_loss(None, &owned(fields))?
            .number()
            .to_string())
    }

    /// Adds a row and says its id.
    pub(super) fn add(
        &self,
        case: &str,
        section: lossbook_core::record::Section,
        fields: &[(&str, &str)],
    ) -> Result<String, Failure> {
        Ok(self
            .device
            .add_row(case, section, &owned(fields))?
            .to_string())
    }

    /// Photographs with the app's own camera.
    pub(super) fn photograph(
        &self,
        case: &str,
        picture: &Picture,
    ) -> Result<lossbook_core::app::AddedPhoto, Failure> {
        let photo = NewPhoto {
            bytes: &picture.bytes,
            origin: Origin::Camera,
            taken: Taken::default(),
            slot: "",
            caption: &picture.name,
        };
        Ok(self.device.add_photo(case, photo)?)
    }

    /// The case as this phone shows it.
    pub(super) fn case(&self, case: &str) -> Result<CaseView, Failure> {
        Ok(self.device.case(case)?)
    }

    /// The case's values in dispute, sorted, one text each.
    pub(super) fn disputed(&self, case: &str) -> Result<Vec<String>, Failure> {
        let view = self.case(case)?;
        let mut all: Vec<String> = view
            .contested
            .iter()
            .flat_map(|field| {
                field
                    .values
                    .iter()
                    .map(|one| format!("{} {}", one.value, one.user))
            })
            .collect();
        all.sort();
        Ok(all)
    }

    /// State of the newest signature.
    pub(super) fn signature(
        &self,
        case: &str,
    ) -> Result<lossbook_core::statement::SignatureState, Failure> {
        let view = self.case(case)?;
        let newest = view.standing.signatures.last().map(|one| one.state.clone());
        newest.ok_or_else(|| Failure::bug("no_signature", "the case has no signature"))
    }

    /// Own entries in all, and those under a signed receipt.
    pub(super) fn receipts(&self) -> Result<(u64, u64), Failure> {
        let streams = self.device.store().transact(|tx| tx.own_streams(None))?;
        Ok((
            streams.iter().map(|one| one.seq).sum(),
            streams.iter().map(|one| one.confirmed).sum(),
        ))
    }

    /// Every case's number, total and heads, sorted: equal on two stores that hold the same.
    pub(super) fn print(&self) -> Result<Vec<String>, Failure> {
        let rows = self.device.cases(&CaseQuery {
            limit: 1_000,
            ..CaseQuery::default()
        })?;
        let mut print = Vec::new();
        for row in rows {
            let view = self.case(&row.number)?;
            let mut photos: Vec<String> = view
                .standing
                .record
                .photos()
                .map(|(_, digest, _)| digest.to_hex())
                .collect();
            photos.sort();
            print.push(format!(
                "{} {} {} {}",
                row.number,
                row.total,
                row.heads,
                photos.join(",")
            ));
        }
        print.sort();
        Ok(print)
    }
}

fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
