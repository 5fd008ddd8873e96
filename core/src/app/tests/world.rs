//! The stage of the use cases' tests: a host without surprises, a hub's word, phones in folders.

use super::super::*;
use crate::chain::gate::Refusal;
use crate::chain::ingest::{Taken, take_run};
use crate::chain::{
    Certificate, DeviceKey, EnrolAnswer, Invite, InviteSecret, Ledger, Origin, ScopeName, Shelf,
    ShelfEntry, SignedCertificate, SignedShelf,
};
use crate::domain::{DeviceId, Digest, Host, Reading, Role, ScopeId, WallMs, cbor};
use crate::record::Section;
use crate::rules::Pack;
use crate::statement::{Act, Wanted};
use crate::store::{StoreError, StoreKey};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A host whose clock moves a second with every look and whose randomness is a counter's hash.
pub(super) struct TestHost {
    seed: u64,
    looks: AtomicU64,
}

impl TestHost {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            seed,
            looks: AtomicU64::new(0),
        })
    }
}

impl Host for TestHost {
    fn now(&self) -> Reading {
        let look = self.looks.fetch_add(1, Ordering::Relaxed);
        let ms = i64::try_from(look).unwrap() * 1_000;
        Reading {
            wall: WallMs(1_750_000_000_000 + ms),
            boot_id: [1; 16],
            mono_ms: look * 1_000,
        }
    }

    fn fill_random(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let look = self.looks.fetch_add(1, Ordering::Relaxed);
            let digest = Digest::labelled("test", &[&self.seed.to_le_bytes(), &look.to_le_bytes()]);
            chunk.copy_from_slice(&digest.as_bytes()[..chunk.len()]);
        }
    }
}

pub(super) const HUB: DeviceId = DeviceId::from_bytes([0xaa; 16]);
pub(super) const VILLAGE: ScopeId = ScopeId::from_bytes([0xbb; 16]);

pub(super) struct World {
    hub: DeviceKey,
    dir: tempfile::TempDir,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with_seed(99)
    }

    /// A world whose hub has another key.
    pub(super) fn with_seed(seed: u64) -> Self {
        Self {
            hub: DeviceKey::make(TestHost::new(seed).as_ref()),
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn home(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn key(seed: u64) -> StoreKey {
        StoreKey::from_bytes([u8::try_from(seed).unwrap(); 32])
    }

    /// A surveyor's phone that the hub vouched for.
    pub(super) fn phone(&self, name: &str, seed: u64) -> Device {
        self.phone_as(Role::Surveyor, name, seed)
    }

    pub(super) fn phone_as(&self, role: Role, name: &str, seed: u64) -> Device {
        self.enrolled((role, VILLAGE), name, seed)
    }

    /// A surveyor's phone of another village.
    pub(super) fn phone_in(&self, scope: ScopeId, name: &str, seed: u64) -> Device {
        self.enrolled((Role::Surveyor, scope), name, seed)
    }

    fn enrolled(&self, (role, scope): (Role, ScopeId), name: &str, seed: u64) -> Device {
        let device = Device::init(&self.home(name), &Self::key(seed), TestHost::new(seed)).unwrap();
        let invite = Invite {
            url: "http://127.0.0.1:1".into(),
            hub_key: self.hub.public().digest(),
            secret: InviteSecret::make(TestHost::new(seed).as_ref()),
            role,
            scope: "village".into(),
            user: name.into(),
        };
        device.enrol_request(&invite).unwrap();
        device
            .complete_enrolment(&invite, &self.answer_in(scope, &device, (name, role)))
            .unwrap();
        device
    }

    /// The hub's shelf as a phone gets it.
    pub(super) fn shelf(&self, since: i64, packs: &[&Pack]) -> Vec<u8> {
        Self::shelf_by(&self.hub, since, packs)
    }

    pub(super) fn shelf_by(hub: &DeviceKey, since: i64, packs: &[&Pack]) -> Vec<u8> {
        let mut shelf = Shelf {
            hub: HUB,
            since: WallMs(since),
            packs: Vec::new(),
        };
        for pack in packs {
            shelf.put(ShelfEntry {
                id: pack.id.clone(),
                version: pack.version.clone(),
                digest: pack.digest(),
            });
        }
        cbor::encode(&SignedShelf::make(&shelf, hub))
    }

    pub(super) fn sign_shelf(&self, shelf: &Shelf) -> Vec<u8> {
        cbor::encode(&SignedShelf::make(shelf, &self.hub))
    }

    pub(super) fn answer(&self, device: &Device, who: (&str, Role)) -> EnrolAnswer {
        self.answer_in(VILLAGE, device, who)
    }

    fn answer_in(
        &self,
        scope: ScopeId,
        device: &Device,
        (user, role): (&str, Role),
    ) -> EnrolAnswer {
        let me = device.identity().unwrap();
        let certificate = Certificate {
            device: me.device,
            key: me.key.public(),
            recipient: me.key.recipient().into(),
            user: user.into(),
            roles: vec![role],
            scopes: vec![scope],
            not_after: WallMs(i64::MAX),
            hub: HUB,
        };
        EnrolAnswer {
            hub_key: self.hub.public(),
            hub: HUB,
            certificate: SignedCertificate::make(&certificate, &self.hub),
            scopes: vec![ScopeName {
                id: scope,
                name: "village".into(),
            }],
            hub_time: WallMs(0),
        }
    }
}

/// Both hold what the other wrote.
pub(super) fn meet(one: &Device, other: &Device) {
    hand_over(one, other);
    hand_over(other, one);
}

/// Hands everything `from` wrote to `to`; what is refused or kept outside is the test's affair.
pub(super) fn hand_over_anything(from: &Device, to: &Device) {
    deliver(from, to, &mut |_| {});
}

/// Hands everything `from` wrote to `to`, knowing its certificate.
pub(super) fn hand_over(from: &Device, to: &Device) {
    deliver(from, to, &mut |taken| {
        let refused = taken.expect("the run is taken").quarantined;
        assert_eq!(refused, Vec::new(), "an honest change was refused");
    });
}

type Judge<'a> = &'a mut dyn FnMut(Result<Taken, Refusal>);

fn deliver(from: &Device, to: &Device, judge: Judge<'_>) {
    let me = from.identity().unwrap();
    let pinned = me.pinned.clone().unwrap();
    let certificate = pinned.certificate.verify(&pinned.hub_key).unwrap();
    let held = |stream| {
        let mark = to.store().transact(|tx| tx.mark(stream)).unwrap();
        mark.map_or(0, |mark| mark.seq)
    };
    let runs = from
        .store()
        .transact(|tx| {
            let mut runs = Vec::new();
            for stream in tx.own_streams(None)? {
                let next = held(stream.stream) + 1;
                runs.extend(tx.cut_runs(&stream, next, (usize::MAX, 64 * 1024), &me.key)?);
            }
            Ok::<_, StoreError>(runs)
        })
        .unwrap();
    to.store()
        .transact(|tx| {
            tx.put_certificate(&certificate, &pinned.certificate, false)?;
            for run in &runs {
                judge(take_run(run, tx)?);
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

pub(super) fn report(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

pub(super) fn jpeg(seed: u8) -> Vec<u8> {
    let pixels: Vec<u8> = (0..64 * 48 * 3)
        .map(|i: u32| u8::try_from(i % 251).unwrap() ^ seed)
        .collect();
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 90)
        .encode(&pixels, 64, 48, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    bytes
}

pub(super) fn photo(bytes: &[u8]) -> NewPhoto<'_> {
    NewPhoto {
        bytes,
        origin: Origin::Imported,
        taken: crate::app::Taken::default(),
        slot: "whole_house",
        caption: "",
    }
}

pub(super) fn signature() -> NewSignature<'static> {
    NewSignature {
        signer: "王小明",
        act: Act::Signed,
        wanted: Wanted::default(),
        strokes: Vec::new(),
        screen: (1080, 600),
        claims: SignerClaims::default(),
    }
}

pub(super) fn case_with_line(phone: &Device) -> (String, String) {
    let case = phone
        .report_loss(
            None,
            &report(&[
                ("household", "王小明"),
                ("place", "五十镇"),
                ("cause", "hail"),
            ]),
        )
        .unwrap();
    let case = case.number().to_string();
    let row = phone
        .add_row(
            &case,
            Section::Lines,
            &report(&[("item", "瓦片"), ("amount", "1250.50")]),
        )
        .unwrap();
    (case, format!("lines.{row}.amount"))
}
