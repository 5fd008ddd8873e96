//! A case's past: what happened, what was corrected, what is new, what the hub lacks.

use clap::{Args, ValueEnum};
use lossbook_core::app::{Correction, Device, Event};
use lossbook_core::domain::{Digest, civil_text};
use lossbook_core::record::FieldChange;
use serde_json::{Value, json};

use super::Said;
use super::show::{Page, ZONE};
use crate::failure::Failure;

/// A view of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// Everything that happened, in order.
    Timeline,
    /// The two correction ledgers: 记录修正台账 and 数据修正台账.
    Ledgers,
    /// What changed since the last time this was asked.
    News,
    /// What the hub holds, and what it would see if everything were sent now.
    Hub,
}

/// Which view is wanted.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Case number or id.
    pub case: String,
    /// Which view.
    #[arg(long, value_enum, default_value_t = View::Timeline)]
    pub view: View,
    /// What changed since these heads, comma-separated.
    #[arg(long, value_name = "HEADS", conflicts_with = "view")]
    pub since: Option<String>,
}

pub(super) fn history(device: &Device, args: &HistoryArgs) -> Result<Said, Failure> {
    let case = args.case.as_str();
    match (&args.since, args.view) {
        (Some(heads), _) => since(device, case, heads),
        (None, View::Timeline) => timeline(device, case),
        (None, View::Ledgers) => ledgers(device, case),
        (None, View::News) => news(device, case),
        (None, View::Hub) => hub(device, case),
    }
}

fn texts(values: &[lossbook_core::record::Value]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn or_dash(values: &[String]) -> String {
    if values.is_empty() {
        "-".to_owned()
    } else {
        values.join(" | ")
    }
}

fn event_json(event: &Event) -> Value {
    let header = &event.header;
    let writes: Vec<Value> = event
        .deed
        .iter()
        .flat_map(|deed| &deed.writes)
        .map(|write| json!({"path": write.path.to_string(), "before": texts(&write.before), "after": write.after.to_string()}))
        .collect();
    json!({
        "envelope": event.envelope.to_hex(), "kind": format!("{:?}", header.kind).to_lowercase(), "user": header.user,
        "device": header.device.to_string(), "seq": header.seq, "wall_ms": header.wall.0, "writes": writes,
    })
}

fn event_lines(page: &mut Page, event: &Event) {
    let header = &event.header;
    let when = civil_text(header.wall, ZONE);
    page.line(format!("{when}  {:?} by {}", header.kind, header.user));
    for write in event.deed.iter().flat_map(|deed| &deed.writes) {
        let before = or_dash(&texts(&write.before));
        page.line(format!("    {}: {before} → {}", write.path, write.after));
    }
}

fn timeline(device: &Device, case: &str) -> Result<Said, Failure> {
    let events = device.timeline(case)?;
    let mut page = Page::default();
    for event in &events {
        event_lines(&mut page, event);
    }
    let all: Vec<Value> = events.iter().map(event_json).collect();
    Ok(Said::new(json!({"case": case, "history": all}), page.0))
}

fn correction_json(one: &Correction) -> Value {
    json!({
        "path": one.path.to_string(), "before": one.before, "after": one.after, "user": one.user,
        "wall_ms": one.wall.0, "reason": one.reason,
    })
}

fn ledgers(device: &Device, case: &str) -> Result<Said, Failure> {
    let ledgers = device.ledgers(case)?;
    let mut page = Page::default();
    let named = [
        ("记录修正台账 / record corrections", &ledgers.records),
        ("数据修正台账 / data corrections", &ledgers.data),
    ];
    for (title, lines) in named {
        page.line(format!("{title}: {}", lines.len()));
        for one in lines {
            let when = civil_text(one.wall, ZONE);
            let label = one.path.spec().map_or(one.path.name, |spec| spec.zh);
            page.line(format!(
                "  {when}  {}  {label} [{}]: {} → {}  {}",
                one.user,
                one.path,
                or_dash(&one.before),
                one.after,
                one.reason
            ));
        }
    }
    let json = |lines: &[Correction]| lines.iter().map(correction_json).collect::<Vec<_>>();
    Ok(Said::new(
        json!({"case": case, "records": json(&ledgers.records), "data": json(&ledgers.data)}),
        page.0,
    ))
}

fn changes_json(changes: &[FieldChange]) -> Value {
    let all = changes.iter().map(|one| {
        json!({"path": one.path.to_string(), "then": texts(&one.then), "now": texts(&one.now)})
    });
    all.collect()
}

fn change_lines(page: &mut Page, changes: &[FieldChange]) {
    for one in changes {
        let (then, now) = (or_dash(&texts(&one.then)), or_dash(&texts(&one.now)));
        page.line(format!("  {}: was {then}, is {now}", one.path));
    }
    if changes.is_empty() {
        page.line("没有变化 / nothing changed");
    }
}

fn news(device: &Device, case: &str) -> Result<Said, Failure> {
    let news = device.news(case)?;
    let mut page = Page::default();
    change_lines(&mut page, &news.fields);
    for event in &news.events {
        event_lines(&mut page, event);
    }
    let events: Vec<Value> = news.events.iter().map(event_json).collect();
    let json = json!({"case": case, "changed": changes_json(&news.fields), "history": events});
    Ok(Said::new(json, page.0))
}

fn hub(device: &Device, case: &str) -> Result<Said, Failure> {
    let view = device.hub_view(case)?;
    let bytes: u64 = view.blobs.iter().map(|(_, bytes)| bytes).sum();
    let mut page = Page::default();
    page.line(format!(
        "{} envelopes and {} photos or thumbnails ({bytes} bytes) wait to be sent",
        view.waiting,
        view.blobs.len()
    ));
    change_lines(&mut page, &view.fields);
    let heads: Vec<String> = view.heads.iter().map(Digest::to_hex).collect();
    let json = json!({
        "case": case, "heads_at_hub": heads, "waiting": view.waiting, "blobs": view.blobs.len(),
        "blob_bytes": bytes, "would_see": changes_json(&view.fields),
    });
    Ok(Said::new(json, page.0))
}

fn since(device: &Device, case: &str, heads: &str) -> Result<Said, Failure> {
    let heads: Vec<Digest> = heads
        .split(',')
        .map(|head| head.trim().parse::<Digest>())
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::input("bad_heads", error.to_string()))?;
    let changes = device.difference(case, &heads, None)?;
    let mut page = Page::default();
    change_lines(&mut page, &changes);
    Ok(Said::new(
        json!({"case": case, "changed": changes_json(&changes)}),
        page.0,
    ))
}
