//! The cursor: where a device stands in each feed. Opaque to it, and under the hub's MAC.

use std::collections::BTreeMap;

use lossbook_core::domain::{DeviceId, Epoch, ScopeId, cbor};
use minicbor::{Decode, Encode};

use crate::mac;
use crate::meta::Identity;

const LABEL: &str = "lossbook/hub/cursor";

/// Feed numbers that a device has stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Positions(pub(super) BTreeMap<ScopeId, u64>);

#[derive(Encode, Decode)]
#[cbor(array)]
struct Token {
    #[n(0)]
    hub: DeviceId,
    #[n(1)]
    feed_epoch: Epoch,
    #[n(2)]
    positions: Vec<(ScopeId, u64)>,
}

impl Positions {
    /// The bytes that a device hands back.
    pub(super) fn to_token(&self, hub: &Identity) -> Vec<u8> {
        let mut bytes = cbor::encode(&Token {
            hub: hub.device(),
            feed_epoch: hub.feed_epoch,
            positions: self.0.iter().map(|(scope, seq)| (*scope, *seq)).collect(),
        });
        let tag = mac::tag(&hub.mac_key, LABEL, &[&bytes]);
        bytes.extend(tag);
        bytes
    }

    /// What a token says; nothing if it is not this hub's, or of another life of its feeds.
    pub(super) fn from_token(token: &[u8], hub: &Identity) -> Option<Self> {
        let (bytes, tag) = token.split_last_chunk::<32>()?;
        if !mac::same(tag, &mac::tag(&hub.mac_key, LABEL, &[bytes])) {
            return None;
        }
        let token: Token = cbor::decode(bytes).ok()?;
        let ours = token.hub == hub.device() && token.feed_epoch == hub.feed_epoch;
        ours.then(|| Self(token.positions.into_iter().collect()))
    }
}
