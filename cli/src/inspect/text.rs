//! The report of `inspect` for people: a label in English and 中文, then the value.
//!
//! Reports come from `inspect`; lines go to its writer. Decides nothing.

use std::io::{self, Write};

use super::{Camera, Heading, Report, Small, Spot, TakenAt, Turned};

/// Columns before the value.
const LABEL_COLUMNS: usize = 24;

/// Writes one report and an empty line.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    line(out, "File 文件", &report.file)?;
    if let Some(error) = &report.error {
        line(
            out,
            "Not taken 未收",
            &format!("{} ({})", error.message, error.code),
        )?;
    }
    optional(out, "SHA-256 摘要", report.sha256.clone())?;
    optional(
        out,
        "Bytes 字节",
        report.bytes.map(|bytes| bytes.to_string()),
    )?;
    if report.error.is_none() {
        photo(report, out)?;
    }
    for problem in &report.problems {
        line(
            out,
            "Problem 问题",
            &format!("{} ({})", problem.detail, problem.code),
        )?;
    }
    writeln!(out)
}

fn photo(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    optional(out, "Type 类型", report.media_type.map(str::to_owned))?;
    let size = report.width.zip(report.height);
    optional(
        out,
        "Size 尺寸",
        size.map(|(width, height)| format!("{width} × {height}")),
    )?;
    optional(
        out,
        "Orientation 方向",
        report
            .orientation
            .map(|orientation| orientation.to_string()),
    )?;
    let lines = [
        ("Box turn 容器旋转", report.turn.as_ref().map(turn)),
        ("Claimed time 自称时间", report.taken_at.as_ref().map(time)),
        (
            "Digitized 数字化时间",
            report.digitized_at.as_ref().map(time),
        ),
        ("Changed 修改时间", report.modified_at.as_ref().map(time)),
        ("GPS time 卫星时间", report.gps_time.clone()),
        ("Claimed place 自称位置", report.place.as_ref().map(place)),
        ("Direction 朝向", report.direction.as_ref().map(direction)),
        ("Camera 相机", report.camera.as_ref().map(camera)),
        ("Lens 镜头", report.lens.clone()),
        ("Serial 序列号", report.serial.clone()),
        ("Software 软件", report.software.clone()),
        (
            "Small picture 内嵌小图",
            report.embedded.as_ref().map(small),
        ),
    ];
    if let Some(ms) = report.duration_ms {
        line(
            out,
            "Plays 时长",
            &format!("{}.{:03} s", ms / 1_000, ms % 1_000),
        )?;
    }
    for (label, value) in lines {
        optional(out, label, value)?;
    }
    if !report.from_xmp.is_empty() {
        line(out, "Only in XMP 仅见于 XMP", &report.from_xmp.join(", "))?;
    }
    for trace in &report.edits {
        line(
            out,
            "Edit trace 编辑痕迹",
            &format!("{} ({})", trace.detail, trace.kind),
        )?;
    }
    Ok(())
}

fn turn(turn: &Turned) -> String {
    let mirror = turn
        .mirror
        .map_or_else(String::new, |axis| format!(", mirror {axis}"));
    format!("{}°{mirror}", turn.degrees)
}

fn direction(heading: &Heading) -> String {
    format!("{:.1}° ({})", heading.degrees, heading.north)
}

fn small(small: &Small) -> String {
    format!("{} bytes at {}", small.bytes, small.at)
}

fn time(taken_at: &TakenAt) -> String {
    let offset = taken_at.offset.as_deref().unwrap_or("(no zone 无时区)");
    format!("{} {offset}", taken_at.civil.replace('T', " "))
}

fn place(spot: &Spot) -> String {
    let altitude = spot
        .alt_m
        .map_or_else(String::new, |metres| format!(", {metres:.1} m"));
    let accuracy = spot
        .accuracy_m
        .map_or_else(String::new, |metres| format!(", ±{metres:.1} m"));
    let datum = spot.datum.as_deref().unwrap_or("(no datum 无坐标系)");
    format!(
        "{:.6}, {:.6}{altitude}{accuracy} {datum}",
        spot.lat, spot.lon
    )
}

fn camera(camera: &Camera) -> String {
    let parts: Vec<&str> = [&camera.make, &camera.model]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    parts.join(" ")
}

fn optional(out: &mut dyn Write, label: &str, value: Option<String>) -> io::Result<()> {
    line(out, label, value.as_deref().unwrap_or("–"))
}

fn line(out: &mut dyn Write, label: &str, value: &str) -> io::Result<()> {
    // A Chinese character is two columns wide.
    let columns: usize = label
        .chars()
        .map(|c| if c.is_ascii() { 1 } else { 2 })
        .sum();
    writeln!(
        out,
        "{label}{:pad$}{}",
        "",
        harmless(value),
        pad = LABEL_COLUMNS.saturating_sub(columns).max(1)
    )
}

/// Names and claims are foreign text: a control character would steer the terminal.
pub(crate) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Marks that turn the reading direction or take no room, so that a name looks like another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}
