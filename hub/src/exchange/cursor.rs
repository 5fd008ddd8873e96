//! The cursor: where a device stands in each feed. Opaque to it, and under the hub's MAC.
//!
//! Hub, device and the life of the feeds are under the MAC without being said: a cursor that is
//! not of all three is not this hub's.

use std::collections::BTreeMap;

use lossbook_core::domain::{DeviceId, ScopeId, cbor};
use lossbook_core::sync::frame::ScopeTag;

use crate::mac;
use crate::meta::Identity;

const LABEL: &str = "lossbook/hub/cursor";
const TAG_BYTES: usize = 16;

/// Feed numbers that a device has stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Positions(pub(super) BTreeMap<ScopeId, u64>);

fn tag(hub: &Identity, device: DeviceId, bytes: &[u8]) -> [u8; TAG_BYTES] {
    let own = hub.device();
    let parts = [
        own.as_bytes().as_slice(),
        hub.feed_epoch.as_bytes(),
        device.as_bytes(),
        bytes,
    ];
    let mut short = [0; TAG_BYTES];
    for (to, from) in short.iter_mut().zip(mac::tag(&hub.mac_key, LABEL, &parts)) {
        *to = from;
    }
    short
}

impl Positions {
    /// The bytes that a device hands back; scopes by as much of their ids as tells them apart.
    pub(super) fn to_token(&self, hub: &Identity, device: DeviceId) -> Vec<u8> {
        let scopes: Vec<ScopeId> = self.0.keys().copied().collect();
        let positions: Vec<(ScopeTag, u64)> = self
            .0
            .iter()
            .map(|(scope, seq)| (ScopeTag::of(*scope, &scopes), *seq))
            .collect();
        let mut bytes = cbor::encode(&positions);
        let tag = tag(hub, device, &bytes);
        bytes.extend(tag);
        bytes
    }

    /// What a token says of the scopes that may be read; nothing if it is not this hub's, not this
    /// device's, or of another life of its feeds. A scope it does not name is read from its start.
    pub(super) fn from_token(
        token: &[u8],
        hub: &Identity,
        (device, scopes): (DeviceId, &[ScopeId]),
    ) -> Option<Self> {
        let (bytes, given) = token.split_last_chunk::<TAG_BYTES>()?;
        if !mac::same(given, &tag(hub, device, bytes)) {
            return None;
        }
        let positions: Vec<(ScopeTag, u64)> = cbor::decode(bytes).ok()?;
        let named = positions
            .into_iter()
            .filter_map(|(tag, seq)| Some((tag.find(scopes)?, seq)));
        Some(Self(named.collect()))
    }
}
