//! One field edit, committed and durable, beside appending the same bytes to a file.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use lossbook_core::record::Section;

use crate::Failed;
use crate::row::{Row, Timings, number};
use crate::world::{World, fields};

const EDITS: u32 = 400;
/// Edits over which the growth of the log is measured; it must not wrap meanwhile.
const MEASURED: u32 = 20;

pub(crate) fn run() -> Result<(), Failed> {
    let world = World::new()?;
    let phone = world.phone("li")?;
    let report = fields(&[
        ("household", "王小明".to_owned()),
        ("cause", "hail".to_owned()),
    ]);
    let case = phone.report_loss(None, &report)?.to_string();
    let line = fields(&[("item", "瓦片".to_owned()), ("amount", "1".to_owned())]);
    let row = phone.add_row(&case, Section::Lines, &line)?;
    let path = format!("lines.{row}.amount");
    let log = world.home("li").join("store.db-wal");
    let before = std::fs::metadata(&log)?.len();
    for edit in 0..MEASURED {
        phone.set_field(&case, &path, &format!("{edit}.50"))?;
    }
    let grown = std::fs::metadata(&log)?.len().saturating_sub(before);
    let bytes = grown / u64::from(MEASURED);
    let mut ours = Timings::default();
    let mut work = Timings::default();
    let mut same = Timings::default();
    let mut page = Timings::default();
    let mut beside = Appended::new(&world.dir.path().join("same"), bytes)?;
    let mut small = Appended::new(&world.dir.path().join("page"), 4_096)?;
    for edit in 0..EDITS {
        let amount = format!("{edit}.75");
        let before = busy()?;
        ours.time(|| phone.set_field(&case, &path, &amount))?;
        work.push(busy()?.saturating_sub(before));
        same.time(|| beside.append())?;
        page.time(|| small.append())?;
    }
    Row {
        name: "field edit, committed",
        ours: format!("{:.2} ms", ours.median()),
        peer: format!("{:.2} ms", same.median()),
        ratio: ours.median() / same.median(),
        goal: "≤ 1.5",
        note: format!(
            "median of {} edits of one field of one case, p95 {:.2} ms, {:.2} ms of processor time, \
             which is the figure to trust where the disk takes as long as a tick of the system (4 ms) \
             to sync; the first 50 took {:.2} ms \
             and the last 50 {:.2} ms: each edit loads the document with its history and reads all \
             headers of the case (which costs more was not profiled); the write-ahead log grows by {:.1} KiB for an edit (whole encrypted pages), the \
             peer appends as much and calls fdatasync, without encryption; appending 4 KiB takes \
             {:.2} ms ({:.1} times)",
            ours.count(),
            ours.at(95),
            work.median(),
            ours.only(0..50).median(),
            ours.only(ours.count().saturating_sub(50)..ours.count())
                .median(),
            number(bytes) / 1_024.0,
            page.median(),
            ours.median() / page.median(),
        ),
    }
    .print();
    Ok(())
}

/// Processor time of this thread so far.
fn busy() -> Result<Duration, Failed> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split_whitespace().next().ok_or("no time")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

struct Appended {
    file: File,
    bytes: Vec<u8>,
}

impl Appended {
    fn new(path: &Path, len: u64) -> Result<Self, Failed> {
        Ok(Self {
            file: File::create(path)?,
            bytes: vec![0x5A; usize::try_from(len)?],
        })
    }

    fn append(&mut self) -> std::io::Result<()> {
        self.file.write_all(&self.bytes)?;
        self.file.sync_data()
    }
}
