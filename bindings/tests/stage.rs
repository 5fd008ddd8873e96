//! The stage: a hub in this process, phones behind the facade, and a transport over plain TCP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a stage that cannot be set up is a failed test"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use lossbook_ffi::*;
use lossbook_hub::admin::Command as Order;
use lossbook_hub::{Hub, HubKey, ServeConfig, Serving, SystemHost, serve};

/// A key store that can be locked.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) locked: AtomicBool,
}

impl HostKeyStore for Keys {
    fn wrap(&self, key: Vec<u8>) -> Result<Vec<u8>, HostError> {
        if self.locked.load(Ordering::SeqCst) {
            return Err(HostError::Locked);
        }
        Ok(key.iter().map(|byte| byte ^ 0x5a).collect())
    }

    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, HostError> {
        self.wrap(wrapped)
    }
}

/// A clock that is set by hand; below zero it fails, at the lowest it panics.
pub(crate) struct Clock {
    pub(crate) wall_ms: AtomicI64,
    pub(crate) mono_ms: AtomicU64,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            wall_ms: AtomicI64::new(1_752_650_000_000),
            mono_ms: AtomicU64::new(1_000),
        }
    }
}

impl HostClock for Clock {
    fn read(&self) -> Result<ClockReading, HostError> {
        let wall_ms = self.wall_ms.load(Ordering::SeqCst);
        assert!(wall_ms != i64::MIN, "a fault inside");
        if wall_ms < 0 {
            return Err(HostError::Failed {
                reason: "no clock".to_owned(),
            });
        }
        Ok(ClockReading {
            wall_ms,
            mono_ms: self.mono_ms.fetch_add(1, Ordering::SeqCst),
            boot: "first".to_owned(),
        })
    }
}

/// A disk with so much room.
pub(crate) struct Room(pub(crate) u64);

impl HostRoom for Room {
    fn free_bytes(&self) -> Result<Option<u64>, HostError> {
        Ok(Some(self.0))
    }
}

/// Remembers what it was told.
#[derive(Default)]
pub(crate) struct Ears {
    pub(crate) cases: Mutex<Vec<String>>,
    pub(crate) attention: Mutex<Vec<Attention>>,
    pub(crate) throws: AtomicBool,
}

impl Observer for Ears {
    fn case_changed(&self, case: String) -> Result<(), HostError> {
        self.cases.lock().unwrap().push(case);
        if self.throws.load(Ordering::SeqCst) {
            return Err(HostError::Failed {
                reason: "an observer that throws".to_owned(),
            });
        }
        Ok(())
    }

    fn progress(&self, _progress: SyncProgress) -> Result<(), HostError> {
        Ok(())
    }

    fn attention(&self, what: Attention) -> Result<(), HostError> {
        self.attention.lock().unwrap().push(what);
        Ok(())
    }
}

/// One connection for each request.
#[derive(Default)]
pub(crate) struct Tcp {
    /// Breaks requests that carry photos.
    pub(crate) cuts_photos: AtomicBool,
    /// Bodies that came as bytes.
    pub(crate) in_memory: AtomicU64,
    /// Paths of bodies that came as files.
    pub(crate) files: Mutex<Vec<String>>,
}

impl HostTransport for Tcp {
    fn send(&self, request: HubRequest) -> Result<HubAnswer, TransportError> {
        let body = match &request.body {
            HubBody::Empty => Vec::new(),
            HubBody::Bytes { bytes } => {
                self.in_memory.fetch_add(1, Ordering::SeqCst);
                bytes.clone()
            }
            HubBody::File { path, len_bytes } => {
                self.files.lock().unwrap().push(path.clone());
                let bytes = std::fs::read(path).unwrap();
                assert_eq!(bytes.len() as u64, *len_bytes);
                bytes
            }
        };
        if request.method == "PATCH" && self.cuts_photos.load(Ordering::SeqCst) {
            return Err(TransportError::Cut);
        }
        let rest = request.url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        let mut line = TcpStream::connect(host).map_err(|_nobody| TransportError::Refused)?;
        let mut head = format!(
            "{} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n",
            request.method,
            body.len()
        );
        for header in &request.headers {
            head.push_str(&format!("{}: {}\r\n", header.name, header.value));
        }
        head.push_str("\r\n");
        let cut = |_error: std::io::Error| TransportError::Cut;
        line.write_all(head.as_bytes()).map_err(cut)?;
        line.write_all(&body).map_err(cut)?;
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).map_err(cut)?;
        Ok(parsed(&answer))
    }
}

fn parsed(answer: &[u8]) -> HubAnswer {
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let (name, value) = (name.to_owned(), value.to_owned());
        Some(HubHeader { name, value })
    });
    HubAnswer {
        status: status.parse().unwrap(),
        headers: headers.collect(),
        body: answer[end + 4..].to_vec(),
    }
}

/// A phone and its host.
pub(crate) struct Phone {
    pub(crate) book: Arc<Lossbook>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) home: PathBuf,
}

impl Phone {
    pub(crate) fn parts(&self) -> HostParts {
        parts(&self.keys, &self.clock)
    }

    pub(crate) fn home(&self) -> String {
        self.home.display().to_string()
    }
}

pub(crate) fn parts(keys: &Arc<Keys>, clock: &Arc<Clock>) -> HostParts {
    HostParts {
        keys: Arc::clone(keys) as _,
        clock: Arc::clone(clock) as _,
        random: None,
        room: None,
        location: None,
        pictures: None,
        log: None,
    }
}

pub(crate) struct Stage {
    pub(crate) dir: tempfile::TempDir,
    operator: Hub,
    serving: Serving,
}

pub(crate) const SCOPE: &str = "五十镇";

impl Stage {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("hub");
        let key = HubKey::create(&HubKey::default_path(&data), &SystemHost::new()).unwrap();
        let hub = Hub::init(&data, &key).unwrap();
        hub.run(Order::AddScope {
            name: SCOPE.to_owned(),
        })
        .unwrap();
        let serving = serve(hub, &ServeConfig::default()).unwrap();
        let operator = Hub::open_beside(&data, &key).unwrap();
        Self {
            dir,
            operator,
            serving,
        }
    }

    pub(crate) fn code(&self, (role, user): (&str, &str)) -> String {
        let made = self.operator.run(Order::Invite {
            url: Some(self.serving.url.clone()),
            role: role.to_owned(),
            scope: SCOPE.to_owned(),
            user: user.to_owned(),
        });
        made.unwrap()["invite"].as_str().unwrap().to_owned()
    }

    /// A phone that is not enrolled.
    pub(crate) fn bare(&self, name: &str) -> Phone {
        let (keys, clock) = (Arc::<Keys>::default(), Arc::<Clock>::default());
        let home = self.dir.path().join(name);
        let text = home.display().to_string();
        let book = Lossbook::create(&text, parts(&keys, &clock)).unwrap();
        Phone {
            book,
            keys,
            clock,
            home,
        }
    }

    pub(crate) fn phone(&self, name: &str) -> Phone {
        let phone = self.bare(name);
        let code = self.code(("surveyor", name));
        let status = phone.book.enrol_with(&code, Arc::new(Tcp::default()));
        assert_eq!(status.unwrap().user.as_deref(), Some(name));
        phone
    }

    pub(crate) fn options(&self) -> SyncOptions {
        SyncOptions {
            body_dir: self.dir.path().join("bodies").display().to_string(),
            link: None,
            bodies: None,
            metered_originals: None,
            patience_ms: 2_000,
        }
    }

    pub(crate) fn sync(&self, phone: &Phone) -> SyncOutcome {
        let tcp = Arc::new(Tcp::default());
        phone.book.sync_with(tcp, self.options(), None).unwrap()
    }

    /// A photo as a file.
    pub(crate) fn photo(&self, seed: u32) -> String {
        let pixels: Vec<u8> = (0..320 * 240 * 3_u32)
            .map(|i| (i ^ seed).wrapping_mul(2_654_435_761).to_be_bytes()[0])
            .collect();
        let mut bytes = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
        let kind = jpeg_encoder::ColorType::Rgb;
        encoder.encode(&pixels, 320, 240, kind).unwrap();
        let path = self.dir.path().join(format!("{seed}.jpg"));
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }
}

pub(crate) fn edit(name: &str, value: &str) -> FieldEdit {
    FieldEdit {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

pub(crate) fn report(phone: &Phone) -> SavedCase {
    let fields = vec![
        edit("household", "农户张三"),
        edit("cause", "hail"),
        edit("contract", "huzhu-rural-housing"),
        edit("occurred_at", "2025-07-16 14:40"),
    ];
    let new = NewReport {
        scope: None,
        fields,
    };
    phone.book.report_loss(new).unwrap()
}

pub(crate) fn photo(path: String) -> NewPhoto {
    NewPhoto {
        path,
        origin: PhotoOrigin::Camera,
        slot: String::new(),
        caption: String::new(),
        shutter: None,
        fix: None,
    }
}
