//! A hub and phones in one process. Phones are real [`Device`]s; pages go from hand to hand.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for one kind of frame"
)]

mod api;
mod blobs;
mod console;
mod desks;
mod enrolment;
mod exchange;
mod figures;
mod files;
mod http;
mod notice;
mod office;
mod papers;
mod payment;
mod policy;
mod pulse;
mod queues;
mod register;
mod report;
mod service;
mod shelf;
mod sight;
mod story;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use lossbook_core::app::Device;
use lossbook_core::chain::StreamId;
use lossbook_core::chain::short::{Toward, shorten};
use lossbook_core::chain::{EnrolAnswer, Invite};
use lossbook_core::domain::{Digest, Host, Reading, Role, ScopeId, WallMs, cbor};
use lossbook_core::store::{StoreError, StoreKey};
use lossbook_core::sync::frame::{
    Claim, Form, Frame, HeaderTag, Hello, Pull, ScopeTag, ShortFrame, StreamName, pack, unpack,
};

use crate::enrol::NewInvite;
use crate::exchange::{Caller, PROTOCOL};
use crate::{Hub, HubKey};

/// A clock that the test moves, and randomness that repeats.
pub(super) struct TestHost {
    seed: u64,
    now: AtomicI64,
    drawn: AtomicU64,
}

impl TestHost {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            seed,
            now: AtomicI64::new(1_750_000_000_000),
            drawn: AtomicU64::new(0),
        })
    }

    pub(super) fn pass(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Host for TestHost {
    fn now(&self) -> Reading {
        Reading {
            wall: WallMs(self.now.load(Ordering::Relaxed)),
            boot_id: [1; 16],
            mono_ms: 0,
        }
    }

    fn fill_random(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
            let digest =
                Digest::labelled("test", &[&self.seed.to_le_bytes(), &drawn.to_le_bytes()]);
            chunk.copy_from_slice(&digest.as_bytes()[..chunk.len()]);
        }
    }
}

/// A hub with one scope, and a folder for everybody's stores.
pub(super) struct World {
    pub(super) hub: Hub,
    pub(super) host: Arc<TestHost>,
    key: HubKey,
    dir: tempfile::TempDir,
}

pub(super) const VILLAGE: &str = "威远镇";

impl World {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let host = TestHost::new(0);
        let key = HubKey::make(host.as_ref());
        let home = dir.path().join("hub");
        drop(Hub::init(&home, &key).unwrap());
        let store = Hub::open_store(&home, &key).unwrap();
        let hub = Hub::with_store(&home, store, Arc::clone(&host) as Arc<dyn Host>).unwrap();
        hub.add_scope(VILLAGE).unwrap();
        Self {
            hub,
            host,
            key,
            dir,
        }
    }

    pub(super) fn home(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn invite(&self, user: &str) -> Invite {
        let new = NewInvite {
            url: "http://127.0.0.1:1".into(),
            role: Role::Surveyor,
            scope: VILLAGE.into(),
            user: user.into(),
        };
        self.hub.invite(new).unwrap()
    }

    pub(super) fn enrol(&self, request: &[u8]) -> Result<EnrolAnswer, &'static str> {
        let (hub, now) = (&self.hub, self.hub.now());
        crate::enrol::enrol(hub.store(), hub.identity(), request, now)
            .map(|bytes| cbor::decode(&bytes).unwrap())
            .map_err(|refusal| refusal.code)
    }

    pub(super) fn fresh_phone(&self, name: &str, seed: u8) -> Device {
        let key = StoreKey::from_bytes([seed; 32]);
        Device::init(&self.home(name), &key, TestHost::new(u64::from(seed))).unwrap()
    }

    /// A phone that the hub let in.
    pub(super) fn phone(&self, name: &str, seed: u8) -> Device {
        let device = self.fresh_phone(name, seed);
        let invite = self.invite(name);
        let request = cbor::encode(&device.enrol_request(&invite).unwrap());
        let answer = self.enrol(&request).unwrap();
        device.complete_enrolment(&invite, &answer).unwrap();
        device
    }

    /// The request of a phone that pushes all it has and pulls from a cursor.
    pub(super) fn request(&self, device: &Device, cursor: Option<Vec<u8>>) -> Vec<Frame> {
        self.request_in(device, (cursor, Some(Form::Long)))
    }

    /// The same, with runs and answer in the form given; short without any.
    pub(super) fn request_in(
        &self,
        device: &Device,
        (cursor, form): (Option<Vec<u8>>, Option<Form>),
    ) -> Vec<Frame> {
        let me = device.identity().unwrap();
        let frames = device.store().transact(|tx| {
            let streams = tx.own_streams(Some(tx.epoch()?))?;
            let ids: Vec<StreamId> = streams.iter().map(|own| own.stream).collect();
            let claims = streams.iter().map(|own| Claim {
                scope: ScopeTag::of(own.stream.scope, &[]),
                last_seq: own.seq,
                last_header: HeaderTag::of(&own.header),
            });
            let mut frames = vec![Frame::Hello(Hello {
                protocols: vec![PROTOCOL],
                epoch: tx.epoch()?,
                streams: claims.collect(),
                schema: 1,
            })];
            for own in &streams {
                for run in tx.cut_runs(own, 1, (usize::MAX, 64 * 1024), &me.key)? {
                    let name = StreamName::of(own.stream, ids.iter().copied());
                    frames.push(match form {
                        Some(Form::Long) => Frame::Run(run),
                        None => {
                            let short = shorten(&run, tx, Toward::Hub)?.unwrap();
                            Frame::Short(ShortFrame::new(name, short))
                        }
                    });
                }
            }
            Ok::<_, StoreError>(frames)
        });
        let mut frames = frames.unwrap();
        frames.push(Frame::Pull(Pull {
            cursor: cursor.map(Into::into),
            max_bytes: 64 * 1024,
            form,
        }));
        frames.push(Frame::End);
        frames
    }

    /// What the hub answers to frames.
    pub(super) fn answer(&self, device: &Device, frames: &[Frame]) -> (u16, Vec<Frame>) {
        let caller = Caller {
            device: device.identity().unwrap().device,
            now: self.hub.now(),
        };
        let answer = self.hub.exchange(caller, &pack(frames).unwrap());
        (answer.status, unpack(&answer.page).unwrap())
    }

    /// One exchange: everything pushed, everything pulled from the start.
    pub(super) fn sync(&self, device: &Device) -> Vec<Frame> {
        let (status, frames) = self.answer(device, &self.request(device, None));
        assert_eq!(status, 200);
        frames
    }

    pub(super) fn village(&self, device: &Device) -> ScopeId {
        device.store().transact(|tx| tx.scopes()).unwrap()[0].0
    }
}

/// Reports a loss that differs from every other in its house number.
pub(super) fn report(device: &Device) -> String {
    static HOUSES: AtomicU64 = AtomicU64::new(1);
    let house = HOUSES.fetch_add(1, Ordering::Relaxed);
    let fields = [
        ("cause".to_owned(), "暴雨".to_owned()),
        ("place".to_owned(), format!("一村 {house} 号")),
    ];
    device.report_loss(None, &fields).unwrap().to_string()
}

pub(super) fn faults(frames: &[Frame]) -> Vec<&str> {
    let codes = frames.iter().filter_map(|frame| match frame {
        Frame::Fault(fault) => Some(fault.code.as_str()),
        _ => None,
    });
    codes.collect()
}

pub(super) fn cursor(frames: &[Frame]) -> Vec<u8> {
    let mut tokens = frames.iter().filter_map(|frame| match frame {
        Frame::Cursor(cursor) => cursor.token.as_ref().map(|token| token.to_vec()),
        _ => None,
    });
    tokens.next().unwrap()
}
