//! How many bytes an exchange takes, counted as it is packed: printed, and held to its limits.
//!
//! The district is not the one that the dictionary was trained on. `long bench` counts the same
//! work by a proxy, headers included.

use std::sync::Arc;

use lossbook_cli::driver::{Patience, synchronise};
use lossbook_cli::http::Client;
use lossbook_cli::scene::{SceneKind, Shot, render};
use lossbook_core::app::Device;
use lossbook_core::domain::CivilTime;
use lossbook_hub::{Hub, ServeConfig, serve};
use lossbook_tests::field::{Dice, FieldHost, MEASURED, Worker};
use lossbook_tests::proxy::Proxy;
use lossbook_tests::wire::{Exchanged, exchange, hub, phone, without_dictionary};

type Failed = Box<dyn std::error::Error>;

fn picture(seed: u64) -> Vec<u8> {
    render(&Shot {
        width: 160,
        height: 120,
        seed,
        kind: SceneKind::Roof,
        taken_at: CivilTime {
            civil: "2025-07-01T14:03:22".to_owned(),
            offset: Some("+08:00".to_owned()),
        },
        place: (36.834, 101.952, 2_543.0),
        make: "Lossbook".to_owned(),
        model: "Scene".to_owned(),
        orientation: 1,
    })
}

/// Bytes of requests and answers, with the dictionary and without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bytes {
    requests: usize,
    up: usize,
    up_without: usize,
    down: usize,
    down_without: usize,
}

fn count(all: &[Exchanged]) -> Result<Bytes, Failed> {
    let mut bytes = Bytes {
        requests: all.len(),
        up: 0,
        up_without: 0,
        down: 0,
        down_without: 0,
    };
    for one in all {
        bytes.up += one.up.len();
        bytes.up_without += without_dictionary(&one.up)?.len();
        bytes.down += one.down.len();
        bytes.down_without += without_dictionary(&one.down)?.len();
    }
    Ok(bytes)
}
fn say(what: &str, bytes: Bytes) {
    println!(
        "{what}: {} requests, up {} B ({} without the dictionary), down {} B ({} without)",
        bytes.requests, bytes.up, bytes.up_without, bytes.down, bytes.down_without
    );
}

struct Field {
    hub: Hub,
    dir: tempfile::TempDir,
    host: Arc<FieldHost>,
    device: Device,
}

impl Field {
    fn new(seed: u64) -> Result<Self, Failed> {
        let dir = tempfile::tempdir()?;
        let hub = hub(&dir.path().join("hub"))?;
        let host = Arc::new(FieldHost::new(seed));
        let device = phone(&hub, &dir.path().join("li"), ("li", Arc::clone(&host)))?;
        let field = Self {
            hub,
            dir,
            host,
            device,
        };
        // The first contact carries certificates, which is not what is compared.
        field.worker(9).report()?;
        field.sync()?;
        Ok(field)
    }

    fn worker(&self, seed: u64) -> Worker<'_> {
        Worker {
            device: &self.device,
            host: &self.host,
            words: &MEASURED,
            dice: Dice::new(seed),
        }
    }

    fn sync(&self) -> Result<Bytes, Failed> {
        count(&exchange(&self.device, &self.hub)?)
    }

    /// Opens the phone again, as a new session of the app.
    fn restart(self) -> Result<Self, Failed> {
        drop(self.device);
        let home = self.dir.path().join("li");
        let key = lossbook_core::store::StoreKey::from_bytes([7; 32]);
        let host = Arc::clone(&self.host);
        Ok(Self {
            device: Device::open(&home, &key, host)?,
            ..self
        })
    }
}

fn case_with_photos(worker: &mut Worker<'_>, photos: u32) -> Result<String, Failed> {
    let case = worker.report()?;
    worker.survey(&case)?;
    for _ in 0..15 {
        worker.line(&case)?;
    }
    for photo in 0..photos {
        worker.photo(&case, &picture(u64::from(photo)))?;
    }
    Ok(case)
}

#[test]
fn wire_an_exchange_with_nothing_to_say_is_one_small_request() -> Result<(), Failed> {
    let field = Field::new(1)?;
    let idle = field.sync()?;
    say("nothing to do", idle);
    assert_eq!(idle.requests, 1);
    assert!(idle.up <= 200 && idle.down <= 200, "{idle:?}");
    Ok(())
}

#[test]
fn wire_a_new_case_of_twenty_photos_is_a_third_of_what_pouchdb_sends() -> Result<(), Failed> {
    let field = Field::new(2)?.restart()?;
    case_with_photos(&mut field.worker(11), 20)?;
    let new = field.sync()?;
    say("one new case, 20 photos", new);
    assert_eq!(new.requests, 1, "one round trip both ways");
    assert!(new.up <= 3_930, "{new:?}");
    Ok(())
}

#[test]
fn wire_a_signed_case_of_forty_photos_is_below_fourteen_kilobytes() -> Result<(), Failed> {
    let field = Field::new(3)?.restart()?;
    let mut worker = field.worker(12);
    let case = case_with_photos(&mut worker, 40)?;
    worker.sign(&case, 300)?;
    let signed = field.sync()?;
    say("one new case, 40 photos, signed with 300 points", signed);
    assert_eq!(signed.requests, 1);
    assert!(signed.up <= 14_000, "{signed:?}");
    Ok(())
}

#[test]
fn wire_three_hundred_edits_of_a_hundred_cases_are_below_six_and_a_half_kilobytes()
-> Result<(), Failed> {
    let field = Field::new(4)?;
    let mut worker = field.worker(13);
    let mut cases = Vec::new();
    for _ in 0..100 {
        let case = worker.report()?;
        let rows = vec![worker.line(&case)?, worker.line(&case)?];
        cases.push((case, rows));
    }
    field.sync()?;
    let field = field.restart()?;
    let mut worker = field.worker(14);
    let mut said = Vec::new();
    for (number, (case, rows)) in cases.iter().enumerate() {
        for _ in 0..3 {
            let (path, text) = worker.edit(case, rows)?;
            said.push((number, path, text));
        }
    }
    let edits = field.sync()?;
    say("100 cases, 3 edits each", edits);
    let list: Vec<_> = said
        .iter()
        .map(|(number, path, text)| serde_json::json!([number, path, text]))
        .collect();
    let list = serde_json::to_vec(&list)?;
    let reference = zstd::bulk::compress(&list, 19)?.len();
    {
        println!("what was written, as a JSON list under zstd 19: {reference} B");
    }
    assert!(edits.up <= 6_500, "{edits:?}");
    Ok(())
}

#[test]
fn wire_over_http_an_idle_exchange_is_one_request_of_at_most_six_hundred_bytes_each_way()
-> Result<(), Failed> {
    let field = Field::new(5)?;
    let serving = serve(field.hub.clone(), &ServeConfig::default())?;
    let proxy = Proxy::start(serving.addr)?;
    let client = Client::new(&proxy.url, None)?;
    let mut seen = std::collections::BTreeMap::new();
    // The first gets the token; a new engine then goes on with it, as a new process would.
    for _ in 0..2 {
        proxy.take();
        synchronise(&field.device, &client, Patience::DEFAULT, &mut |_| {})?;
        seen = proxy.take();
    }
    let idle = seen.get("/v1/sync").copied().unwrap_or_default();
    println!("nothing to do, over HTTP: {idle:?}");
    assert_eq!((seen.len(), idle.requests), (1, 1));
    assert!(idle.up <= 600 && idle.down <= 600, "{idle:?}");
    Ok(())
}
