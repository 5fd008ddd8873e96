//! The report of `inspect` for people: a label in English and 中文, then the value.
//!
//! Reports come from `inspect`; lines go to its writer. Decides nothing.

use std::io::{self, Write};

use super::{Camera, Report, Spot, TakenAt};

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
    optional(
        out,
        "Claimed time 自称时间",
        report.taken_at.as_ref().map(time),
    )?;
    optional(out, "GPS time 卫星时间", report.gps_time.clone())?;
    optional(
        out,
        "Claimed place 自称位置",
        report.place.as_ref().map(place),
    )?;
    optional(out, "Camera 相机", report.camera.as_ref().map(camera))
}

fn time(taken_at: &TakenAt) -> String {
    let offset = taken_at.offset.as_deref().unwrap_or("(no zone 无时区)");
    format!("{} {offset}", taken_at.civil.replace('T', " "))
}

fn place(spot: &Spot) -> String {
    let altitude = spot
        .alt_m
        .map_or_else(String::new, |metres| format!(", {metres:.1} m"));
    format!("{:.6}, {:.6}{altitude}", spot.lat, spot.lon)
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
        "{label}{:pad$}{value}",
        "",
        pad = LABEL_COLUMNS.saturating_sub(columns)
    )
}
