//! Bytes on the wire, counted by a proxy between the real engine and a real hub over HTTP.

use std::sync::Arc;
use std::time::Duration;

use lossbook_cli::driver::{Patience, UNMETERED, synchronise};
use lossbook_cli::http::Client;
use lossbook_cli::scene::{SceneKind, Shot, render};
use lossbook_core::app::Device;
use lossbook_core::domain::CivilTime;
use lossbook_hub::{ServeConfig, serve};
use lossbook_tests::field::{Dice, FieldHost, MEASURED, Worker};
use lossbook_tests::proxy::{Counted, Proxy};
use lossbook_tests::wire::{exchange, hub, phone, without_dictionary};

use crate::Failed;
use crate::row::{Row, number};

const LINES: u32 = 15;
const CASES: usize = 100;
const POUCH_NEW: u64 = 13_102;
const POUCH_EDITS: u64 = 934_222;
const POUCH_IDLE: u64 = 14_369;
const QUOTED: &str = "PouchDB's figure is quoted from the design's measurements (pouchdb 9.0.0 to express-pouchdb \
     4.2.0, TCP payload with HTTP headers), not run again";

/// What one exchange took.
struct Taken {
    counted: Counted,
    /// The request's page, with the dictionary and without.
    page: usize,
    without: usize,
    down: usize,
}

struct Field {
    hub: lossbook_hub::Hub,
    proxy: Proxy,
    client: Client,
    host: Arc<FieldHost>,
    device: Device,
    _serving: lossbook_hub::Serving,
    _dir: tempfile::TempDir,
}

impl Field {
    fn new(seed: u64) -> Result<Self, Failed> {
        let dir = tempfile::tempdir()?;
        let hub = hub(&dir.path().join("hub"))?;
        let serving = serve(hub.clone(), &ServeConfig::default())?;
        let proxy = Proxy::start(serving.addr)?;
        let client = Client::new(&proxy.url, None)?;
        let host = Arc::new(FieldHost::new(seed));
        let device = phone(&hub, &dir.path().join("li"), ("li", Arc::clone(&host)))?;
        let field = Self {
            hub,
            proxy,
            client,
            host,
            device,
            _serving: serving,
            _dir: dir,
        };
        // The first contact carries certificates and gets the token, which is not what is compared; a
        // day's work outlives the token, so that a new one may be asked for between measurements.
        field.worker(9).report()?;
        field.synchronise()?;
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

    fn synchronise(&self) -> Result<Counted, Failed> {
        self.proxy.take();
        let patience = Patience {
            without_progress: Duration::from_secs(20),
            hurry: 1,
            link: UNMETERED,
        };
        let outcome = synchronise(&self.device, &self.client, patience, &mut |_| {})?;
        if outcome.progress.to_push > 0 || !outcome.troubles.is_empty() {
            return Err(format!("the exchange is not whole: {outcome:?}").into());
        }
        let all = self.proxy.take();
        Ok(all.get("/v1/sync").copied().unwrap_or_default())
    }

    /// The metadata of what was just done: its page apart, then its request through the proxy.
    fn measure(&self) -> Result<Taken, Failed> {
        let pages = exchange(&self.device, &self.hub)?;
        let [page] = pages.as_slice() else {
            return Err(format!("{} requests instead of one", pages.len()).into());
        };
        // The photos' bytes and their receipts, which are not what is compared.
        self.synchronise()?;
        // What HTTP adds is the same for every request: an idle one shows it.
        let idle = self.synchronise()?;
        let quiet = exchange(&self.device, &self.hub)?;
        let [quiet] = quiet.as_slice() else {
            return Err("an idle exchange is not one request".into());
        };
        let over = |all: u64, page: usize| all.saturating_sub(page as u64);
        let counted = Counted {
            requests: 1,
            up: page.up.len() as u64 + over(idle.up, quiet.up.len()),
            down: page.down.len() as u64 + over(idle.down, quiet.down.len()),
        };
        Ok(Taken {
            counted,
            page: page.up.len(),
            without: without_dictionary(&page.up)?.len(),
            down: page.down.len(),
        })
    }
}

pub(crate) fn run() -> Result<(), Failed> {
    idle()?;
    new_case()?;
    signed_case()?;
    edits()
}

fn idle() -> Result<(), Failed> {
    let field = Field::new(1)?;
    let pages = exchange(&field.device, &field.hub)?;
    let [page] = pages.as_slice() else {
        return Err("an idle exchange is not one request".into());
    };
    let counted = field.synchronise()?;
    if counted.requests != 1 {
        return Err("an idle exchange is not one request over HTTP".into());
    }
    Row {
        name: "wire: nothing changed",
        ours: format!("{} B", counted.up + counted.down),
        peer: format!("{POUCH_IDLE} B"),
        ratio: number(counted.up + counted.down) / number(POUCH_IDLE),
        goal: "≤ 600 B each way, one request (≤ 200 B of payload)",
        note: format!(
            "{} request, {} B up and {} B down with HTTP headers as a proxy counts them; payload {} B up \
             ({} without the dictionary), {} B down; {QUOTED}",
            counted.requests,
            counted.up,
            counted.down,
            page.up.len(),
            without_dictionary(&page.up)?.len(),
            page.down.len(),
        ),
    }
    .print();
    Ok(())
}

fn say(name: &str, taken: &Taken, (peer, peer_says): (u64, &str), (goal, note): (&str, &str)) {
    Row {
        name,
        ours: format!("{} B", taken.page),
        peer: format!("{peer} B"),
        ratio: number(taken.page as u64) / number(peer),
        goal,
        note: format!(
            "payload up, seal included; {} B without the dictionary; {} B up and {} B down in one request \
             with HTTP headers, payload down {} B; {note}; {peer_says}",
            taken.without, taken.counted.up, taken.counted.down, taken.down,
        ),
    }
    .print();
}

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

fn case(worker: &mut Worker<'_>, photos: u64) -> Result<String, Failed> {
    let case = worker.report()?;
    worker.survey(&case)?;
    for _ in 0..LINES {
        worker.line(&case)?;
    }
    for photo in 0..photos {
        worker.photo(&case, &picture(photo))?;
    }
    Ok(case)
}

fn new_case() -> Result<(), Failed> {
    let field = Field::new(2)?;
    case(&mut field.worker(11), 20)?;
    let taken = field.measure()?;
    let note = "a report, 46 fields, 15 lines of 6 fields, 20 photos with digest, chunk root, clocks, position \
                and claims, and their thumbnails; 1,984 B of it are digests, roots and the seal";
    say(
        "wire: one new case, 20 photos",
        &taken,
        (POUCH_NEW, QUOTED),
        ("≤ 0.30", note),
    );
    Ok(())
}

fn signed_case() -> Result<(), Failed> {
    let field = Field::new(3)?;
    let mut worker = field.worker(12);
    let case = case(&mut worker, 40)?;
    worker.sign(&case, 300)?;
    let taken = field.measure()?;
    let note = "the same with 40 photos, its statement in full and a signature of 300 points; the peer is \
                the limit, the aim was 12,000";
    say(
        "wire: one new case, 40 photos, signed",
        &taken,
        (14_000, "nothing comparable was measured"),
        ("≤ 1", note),
    );
    Ok(())
}

fn edits() -> Result<(), Failed> {
    let field = Field::new(4)?;
    let mut worker = field.worker(13);
    let mut cases = Vec::new();
    for _ in 0..CASES {
        let case = worker.report()?;
        let rows = vec![worker.line(&case)?, worker.line(&case)?];
        cases.push((case, rows));
    }
    field.synchronise()?;
    let mut said = Vec::new();
    for (place, (case, rows)) in cases.iter().enumerate() {
        for _ in 0..3 {
            let (path, text) = worker.edit(case, rows)?;
            said.push(serde_json::json!([place, path, text]));
        }
    }
    let taken = field.measure()?;
    let reference = zstd::bulk::compress(&serde_json::to_vec(&said)?, 19)?.len() as u64;
    let note = format!(
        "names, places, figures and times drawn from a district that the dictionary does not know; what \
         was written is {reference} B as a JSON list under zstd 19 ({:.2} of that)",
        number(taken.page as u64) / number(reference)
    );
    say(
        "wire: 100 cases, 3 edits each",
        &taken,
        (POUCH_EDITS, QUOTED),
        ("≤ 6,500 B, ≤ 1.8 × the list", &note),
    );
    Ok(())
}
