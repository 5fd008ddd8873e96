//! `lossbook device copy`, and how a photo that was seen before is told.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use lossbook_core::app::{CopyFor, Device, SeenBefore};
use lossbook_core::evidence::Region;
use lossbook_core::store::Likeness;
use serde_json::{Value, json};

use super::Said;
use super::args::CopyArgs;
use crate::failure::Failure;

/// Writes a copy to a new file.
pub(super) fn copy(
    device: &Device,
    (case, photo): (&str, &str),
    args: &CopyArgs,
) -> Result<Said, Failure> {
    let regions = args.burn.iter().map(|text| region(text));
    let regions: Vec<Region> = regions.collect::<Result<_, _>>()?;
    let font = args.watermark.as_deref().map(read_font).transpose()?;
    let purpose = match &font {
        Some(font) => CopyFor::Watermark { font },
        None if regions.is_empty() => CopyFor::Preview,
        None => CopyFor::Redaction(&regions),
    };
    let copy = device.copy_photo(case, photo, purpose, args.long)?;
    let unwritten = |error: std::io::Error| {
        let text = format!("the copy cannot be written ({error}): choose a new file name");
        Failure::input("unwritable", text).at(&args.out)
    };
    // Never over a file that is there: it might be an original.
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.out);
    let mut file = opened.map_err(unwritten)?;
    file.write_all(&copy.jpeg).map_err(unwritten)?;
    file.sync_all().map_err(unwritten)?;
    let mut said = Said::new(
        json!({
            "file": args.out, "made": copy.made, "bytes": copy.jpeg.len(),
            "width": copy.size.width, "height": copy.size.height,
        }),
        format!("wrote {}\n{}\n", args.out.display(), copy.made),
    );
    said.warnings
        .extend(copy.problem.map(|problem| problem.to_string()));
    Ok(said)
}

fn read_font(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| {
        Failure::input(
            "unreadable",
            format!("the font cannot be read ({error}): check the name"),
        )
        .at(file)
    })
}

fn region(text: &str) -> Result<Region, Failure> {
    let wrong = || {
        let why = format!(
            "{text:?} is no region: give left,top,width,height in thousandths, as 0,800,1000,200"
        );
        Failure::input("bad_region", why)
    };
    let parts: Result<Vec<u16>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    let Ok([left, top, width, height]) = parts.as_deref() else {
        return Err(wrong());
    };
    Ok(Region {
        left: *left,
        top: *top,
        width: *width,
        height: *height,
    })
}

/// A photo that was there before, for machines.
pub(super) fn seen_json(before: &SeenBefore) -> Value {
    let (likeness, different) = match before.likeness {
        Likeness::SameBytes => ("same_bytes", Value::Null),
        Likeness::Looks { different } => ("looks", json!(different)),
    };
    let cases: Vec<String> = before
        .cases
        .iter()
        .map(|case| case.number().as_str().to_owned())
        .collect();
    json!({
        "photo": name(before), "cases": cases, "likeness": likeness, "different_of_160": different,
    })
}

/// And for people.
pub(super) fn seen_text(before: &SeenBefore) -> String {
    let cases: Vec<String> = before
        .cases
        .iter()
        .map(|case| case.number().as_str().to_owned())
        .collect();
    let cases = if cases.is_empty() {
        "another device".to_owned()
    } else {
        cases.join(", ")
    };
    match before.likeness {
        Likeness::SameBytes => format!("seen_before: the same bytes belong to {cases}"),
        Likeness::Looks { different } => format!(
            "seen_before: looks like photo {} of {cases} ({different} of 160 bits differ): compare the two",
            name(before)
        ),
    }
}

fn name(before: &SeenBefore) -> String {
    match before.photo {
        Some(digest) => digest.to_hex(),
        None => hex::encode(before.mark),
    }
}
