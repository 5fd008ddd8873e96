//! Bytes on the wire, through the real engine, a real hub and HTTP on loopback.

use std::time::Duration;

use lossbook_cli::driver::{Patience, synchronise};
use lossbook_cli::http::Client;
use lossbook_core::app::Device;
use lossbook_core::domain::Digest;
use lossbook_core::record::Section;
use lossbook_core::sync::Progress;

use crate::Failed;
use crate::row::{Row, number};
use crate::world::{World, fields};

const PHOTOS: u32 = 20;
const LINES: u32 = 15;
const CASES: u32 = 100;
const POUCH_NEW: u64 = 13_102;
const POUCH_EDITS: u64 = 934_222;
const POUCH_IDLE: u64 = 14_369;

pub(crate) fn run() -> Result<(), Failed> {
    let world = World::new()?;
    let phone = world.phone("li")?;
    let client = Client::new(&world.serving.url, None)?;
    // The first contact carries the device's key and certificate, which is not what is compared.
    phone.report_loss(None, &fields(&[("household", "王小明".to_owned())]))?;
    sync(&phone, &client)?;
    new_case(&phone)?;
    let new = sync(&phone, &client)?;
    let idle = sync(&phone, &client)?;
    let cases: Vec<(String, String)> = (0..CASES)
        .map(|number| case_with_line(&phone, number))
        .collect::<Result<_, _>>()?;
    sync(&phone, &client)?;
    for (case, row) in &cases {
        phone.set_field(case, &format!("lines.{row}.amount"), "1280.50")?;
        phone.set_field(case, "report.course", "雹后屋面漏水")?;
        phone.set_field(case, &format!("lines.{row}.room"), "东屋")?;
    }
    let edits = sync(&phone, &client)?;
    let quoted = "PouchDB's figure is quoted from the design's measurements (pouchdb 9.0.0 to \
                  express-pouchdb 4.2.0, TCP payload with HTTP headers), not run again; ours are \
                  request and response bodies, token exchange included";
    say(
        "wire: one new case, 20 photo references",
        &new,
        POUCH_NEW,
        "≤ 0.22",
        format!(
            "{} envelopes, each a signed step of its own, where PouchDB has one document; {quoted}",
            new.pushed
        ),
    );
    say(
        "wire: 100 cases, 3 edits each",
        &edits,
        POUCH_EDITS,
        "≤ 0.006",
        format!(
            "{} envelopes, {:.0} bytes for each edit: author, clocks, sequence and hashes travel with \
         every edit, so that a third party can check who wrote it; {quoted}, a two-way floor \
         without proof of origin would be about 5 kB",
            edits.pushed,
            number(bytes(&edits)) / number(edits.pushed),
        ),
    );
    say(
        "wire: nothing changed",
        &idle,
        POUCH_IDLE,
        "≤ 0.014 (200 B)",
        format!("two of the three requests get a token, as every start does; {quoted}"),
    );
    Ok(())
}

fn say(name: &str, progress: &Progress, peer: u64, goal: &str, note: String) {
    let ours = bytes(progress);
    Row {
        name,
        ours: format!("{ours} B"),
        peer: format!("{peer} B"),
        ratio: number(ours) / number(peer),
        goal,
        note: format!(
            "{} B up, {} B down, {} requests; {note}",
            progress.bytes_up, progress.bytes_down, progress.requests
        ),
    }
    .print();
}

fn bytes(progress: &Progress) -> u64 {
    progress.bytes_up + progress.bytes_down
}

fn sync(phone: &Device, client: &Client) -> Result<Progress, Failed> {
    let patience = Patience {
        without_progress: Duration::from_secs(20),
        hurry: 1,
        link: lossbook_cli::driver::UNMETERED,
    };
    let outcome = synchronise(phone, client, patience, &mut |_| {})?;
    if outcome.progress.to_push > 0 || !outcome.troubles.is_empty() {
        return Err(format!("the exchange is not whole: {outcome:?}").into());
    }
    Ok(outcome.progress)
}

/// A case as in the quoted measurement: a report, 15 lines of 6 fields, 20 photo references.
fn new_case(phone: &Device) -> Result<(), Failed> {
    let report = fields(&[
        ("household", "王小明".to_owned()),
        ("reporter", "李强".to_owned()),
        ("phone", "13900001234".to_owned()),
        ("policy_no", "PZAA202563010000012345".to_owned()),
        ("cause", "hail".to_owned()),
        ("occurred_at", "2025-07-01 14:00".to_owned()),
        ("place", "五十镇三村 12 号".to_owned()),
        ("course", "雹灾致屋面瓦片破损，室内进水".to_owned()),
    ]);
    let case = phone.report_loss(None, &report)?.to_string();
    for line in 0..LINES {
        let line = fields(&[
            ("item", format!("瓦片 {line}")),
            ("room", "堂屋".to_owned()),
            ("unit", "平方米".to_owned()),
            ("quantity", format!("{}.5", line + 3)),
            ("unit_price", "45.00".to_owned()),
            ("amount", format!("{}.00", 135 + line * 45)),
        ]);
        phone.add_row(&case, Section::Lines, &line)?;
    }
    for photo in 0..PHOTOS {
        let reference = fields(&[
            ("sha256", Digest::of(&photo.to_le_bytes()).to_hex()),
            ("slot", "roof".to_owned()),
            ("caption", format!("屋面破损 {photo}")),
        ]);
        phone.add_row(&case, Section::Photos, &reference)?;
    }
    Ok(())
}

fn case_with_line(phone: &Device, number: u32) -> Result<(String, String), Failed> {
    let report = fields(&[
        ("household", format!("户主 {number}")),
        ("cause", "hail".to_owned()),
        ("place", format!("五十镇 {} 村 {number} 号", number % 9)),
        ("course", "雹灾".to_owned()),
    ]);
    let case = phone.report_loss(None, &report)?.to_string();
    let line = fields(&[
        ("item", "瓦片".to_owned()),
        ("amount", format!("{number}.00")),
    ]);
    let row = phone.add_row(&case, Section::Lines, &line)?;
    Ok((case, row.to_string()))
}
