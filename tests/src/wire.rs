//! Exchanges without a socket: a real phone, the real engine, a real hub, and every page kept.
//!
//! The byte measurements and the training of the dictionary read these pages. The token and the
//! photos' bytes are left out: they are not metadata.

use std::collections::VecDeque;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use lossbook_core::app::Device;
use lossbook_core::chain::EnrolAnswer;
use lossbook_core::domain::{Host, Role, cbor};
use lossbook_core::store::StoreKey;
use lossbook_core::sync::frame::{self, Frame};
use lossbook_core::sync::{
    BlobLoad, Body, Effect, Engine, Event, LoadRequest, Loaded, Report, SavedToken, StateName,
};
use lossbook_hub::enrol::{NewInvite, enrol};
use lossbook_hub::exchange::Caller;
use lossbook_hub::{Hub, HubKey};

use crate::field::FieldHost;

/// Whatever stops it.
pub type Failed = Box<dyn Error>;

/// One request and its answer, as they were packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// The request's page.
    pub up: Vec<u8>,
    /// The answer's page.
    pub down: Vec<u8>,
}

/// A hub in a folder.
///
/// # Errors
/// As the hub fails.
pub fn hub(dir: &Path) -> Result<Hub, Failed> {
    let host = FieldHost::new(1);
    let hub = Hub::init(dir, &HubKey::make(&host))?;
    hub.add_scope("village").map_err(|refusal| refusal.detail)?;
    Ok(hub)
}

/// A phone that the hub let in.
///
/// # Errors
/// As hub or phone fails.
pub fn phone(
    hub: &Hub,
    dir: &Path,
    (name, host): (&str, Arc<FieldHost>),
) -> Result<Device, Failed> {
    let host: Arc<dyn Host> = host;
    let device = Device::init(dir, &StoreKey::from_bytes([7; 32]), host)?;
    let new = NewInvite {
        url: "http://127.0.0.1:1".to_owned(),
        role: Role::Surveyor,
        scope: "village".to_owned(),
        user: name.to_owned(),
    };
    let invite = hub.invite(new).map_err(|refusal| refusal.detail)?;
    let request = cbor::encode(&device.enrol_request(&invite)?);
    let answer = enrol(hub.store(), hub.identity(), &request, hub.now());
    let answer = answer.map_err(|refusal| refusal.detail)?;
    device.complete_enrolment(&invite, &cbor::decode::<EnrolAnswer>(&answer)?)?;
    Ok(device)
}

/// Exchanges until nothing is left to say.
///
/// # Errors
/// If anything went wrong on the way.
pub fn exchange(device: &Device, hub: &Hub) -> Result<Vec<Exchanged>, Failed> {
    let me = device.identity()?.device;
    let mut engine = Engine::new(me, 1);
    let mut todo: VecDeque<Effect> = engine.step(0, Event::Start).into();
    let mut all = Vec::new();
    while let Some(effect) = todo.pop_front() {
        let event = match &effect {
            Effect::Load { op, what } => match what {
                LoadRequest::Token => {
                    let saved = SavedToken {
                        text: "kept".to_owned(),
                        left_ms: 3_000_000,
                    };
                    let loaded = Loaded::Token(Some(saved));
                    Some(Event::Loaded { op: *op, loaded })
                }
                LoadRequest::Blobs { .. } => {
                    let loaded = Loaded::Blobs(BlobLoad::default());
                    Some(Event::Loaded { op: *op, loaded })
                }
                LoadRequest::Exchange { .. } => device.perform(&effect),
            },
            Effect::Http(request) => {
                let Body::Mem(up) = &request.body else {
                    return Err(format!("not an exchange: {}", request.path).into());
                };
                let caller = Caller {
                    device: me,
                    now: hub.now(),
                };
                let answer = hub.exchange(caller, up);
                all.push(Exchanged {
                    up: up.clone(),
                    down: answer.page.clone(),
                });
                Some(Event::HttpDone {
                    rid: request.rid,
                    status: answer.status,
                    headers: Vec::new(),
                    body: answer.page,
                })
            }
            Effect::Report(Report::Trouble { code, detail, .. }) => {
                return Err(format!("{code}: {detail}").into());
            }
            Effect::Report(_) | Effect::Cancel { .. } | Effect::Timer { .. } => None,
            Effect::Store { .. } | Effect::Sign { .. } => device.perform(&effect),
        };
        if let Some(event) = event {
            todo.extend(engine.step(0, event));
        }
    }
    if engine.state() == StateName::Idle {
        Ok(all)
    } else {
        Err(format!("it ended in {:?}", engine.state()).into())
    }
}

/// The same page without the dictionary.
///
/// # Errors
/// If it is no page.
pub fn without_dictionary(page: &[u8]) -> Result<Vec<u8>, Failed> {
    Ok(frame::pack(&frame::unpack(page)?)?)
}

/// What of a page a dictionary can help: the columns of its short runs. No id, digest or hub's
/// clock is in them, so that the same work gives the same bytes.
///
/// # Errors
/// If it is no page.
pub fn compressible(page: &[u8]) -> Result<Vec<u8>, Failed> {
    let frames = frame::unpack(page)?;
    let runs = frames
        .iter()
        .filter(|frame| matches!(frame, Frame::Short(_)));
    Ok(runs.flat_map(cbor::encode::<Frame>).collect())
}
