//! Signs that something other than a camera wrote to the file.
//!
//! Claims and the XMP packet come from `claims`; traces stay there. A trace is told, not judged:
//! a surveyor may crop, a messenger strips, and only an original can be compared.

use crate::evidence::container::Layout;
use crate::evidence::xmp::Packet;
use crate::evidence::{Claims, EditKind, EditTrace};

/// Programs that change pictures, as they name themselves. Firmware names no such word.
const EDITORS: &[&str] = &[
    "photoshop",
    "fireworks",
    "lightroom",
    "gimp",
    "snapseed",
    "picsart",
    "affinity",
    "pixelmator",
    "capture one",
    "darktable",
    "rawtherapee",
    "paint",
    "photodirector",
    "photoscape",
    "vsco",
    "facetune",
    "meitu",
    "美图",
    "醒图",
    "xingtu",
    "beautycam",
    "faceapp",
    "canva",
    "imagemagick",
    "acdsee",
    "luminar",
    "midjourney",
    "stable diffusion",
    "dall",
    "firefly",
];

/// Steps of a history that are shown.
const MAX_STEPS: usize = 8;

/// What XMP keeps of its own past.
pub(super) fn in_packet(packet: &Packet, traces: &mut Vec<EditTrace>) {
    let mut keep = |kind, detail: &str| {
        traces.push(EditTrace {
            kind,
            detail: detail.to_owned(),
        });
    };
    if let Some(tool) = packet
        .get("xmp:CreatorTool")
        .filter(|tool| names_editor(tool))
    {
        keep(EditKind::Software, tool);
    }
    let actions = packet.all("stEvt:action");
    let agents = packet
        .all("stEvt:softwareAgent")
        .map(Some)
        .chain(std::iter::repeat(None));
    for (action, agent) in actions.zip(agents).take(MAX_STEPS) {
        let step = agent.map_or_else(|| action.to_owned(), |agent| format!("{action} ({agent})"));
        keep(EditKind::History, &step);
    }
    let parent = packet
        .get("stRef:documentID")
        .or_else(|| packet.get("stRef:instanceID"));
    if let Some(parent) = parent {
        keep(EditKind::DerivedFrom, parent);
    }
    if let Some(source) = packet.get("Iptc4xmpExt:DigitalSourceType") {
        let word = source.rsplit('/').next().unwrap_or(source);
        if word != "digitalCapture" {
            keep(EditKind::SourceType, word);
        }
    }
}

/// What the claims themselves give away.
pub(super) fn in_claims(layout: &Layout, claims: &mut Claims) {
    let mut traces = Vec::new();
    if let Some(software) = claims.software.as_ref().filter(|name| names_editor(name)) {
        traces.push((EditKind::Software, software.clone()));
    }
    if let Some(at) = layout.photoshop_at {
        traces.push((EditKind::PhotoshopBlock, format!("at byte {at}")));
    }
    if let (Some(taken), Some(modified)) = (&claims.taken_at, &claims.modified_at) {
        let whole = |civil: &str| civil.split('.').next().unwrap_or_default().to_owned();
        // A camera writes both in one go; times of one spelling sort as they follow each other.
        if whole(&modified.civil) > whole(&taken.civil) && taken.offset == modified.offset {
            let detail = format!("taken {}, changed {}", taken.civil, modified.civil);
            traces.push((EditKind::ModifiedLater, detail));
        }
    }
    for (kind, detail) in traces {
        let trace = EditTrace { kind, detail };
        if !claims.edits.contains(&trace) {
            claims.edits.push(trace);
        }
    }
}

fn names_editor(name: &str) -> bool {
    let name = name.to_lowercase();
    EDITORS.iter().any(|editor| name.contains(editor))
}
