//! `lossbook device export`, `import`, `carry` and `age-identity`.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::Args;
use lossbook_core::app::Device;
use lossbook_core::domain::civil_text;
use lossbook_core::store::CarriedRow;
use serde_json::{Value, json};

use super::Said;
use crate::bundle::{self, ExportArgs, PartFiles};
use crate::failure::Failure;
use crate::words::{Both, Tongue};

/// Bundles carried for others.
#[derive(Debug, Args)]
pub struct CarryArgs {
    /// Bundles to take on.
    pub files: Vec<PathBuf>,
    /// What is carried, and whether the hub has it.
    #[arg(long, conflicts_with_all = ["files", "give"])]
    pub list: bool,
    /// Write a carried bundle out again, for another phone or a stick.
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    pub give: Option<PathBuf>,
    /// Which one, by the beginning of its digest or its name; may be left out if there is only one.
    #[arg(long, value_name = "BUNDLE", requires = "give")]
    pub which: Option<String>,
}

pub(super) fn export(device: &Device, args: &ExportArgs, progress: bool) -> Result<Said, Failure> {
    bundle::export(args, progress, &|wish, sink, watch| {
        device.export_bundle(wish, sink, watch)
    })
}

pub(super) fn import(device: &Device, files: &[PathBuf], progress: bool) -> Result<Said, Failure> {
    bundle::import(files, progress, &|file, length| {
        device.import_bundle(file, length)
    })
}

pub(super) fn age_identity(device: &Device, file: &Path) -> Result<Said, Failure> {
    bundle::age_identity(file, &device.age_identity()?)
}

pub(super) fn carry(device: &Device, args: &CarryArgs, progress: bool) -> Result<Said, Failure> {
    if let Some(file) = &args.give {
        return give(device, (file, args.which.as_deref()), progress);
    }
    if args.list {
        return list(device);
    }
    if args.files.is_empty() {
        return Err(Failure::input(
            "no_file",
            "name the bundles to carry, or ask for --list or --give FILE（请指定文件）",
        ));
    }
    let (mut taken, mut text) = (Vec::new(), Vec::new());
    for path in &args.files {
        let (mut file, len) = bundle::open(path)?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let bar = bundle::bar(progress, "carry 代送");
        bar.set_length(len);
        let carried = device.carry(&mut file, (&name, &mut |done, _| bar.set_position(done)));
        bar.finish_and_clear();
        let carried = carried.map_err(|error| Failure::from(error).at(path))?;
        taken.push(json!({"file": path, "sha256": carried.digest.to_hex(), "bytes": carried.len_bytes, "known": carried.known}));
        let said = Both::of(
            format!("代送 {name}（{} 字节），本机无法打开", carried.len_bytes),
            format!("carrying {name} ({} bytes), unread", carried.len_bytes),
        );
        text.push(said.show(Tongue::Both));
    }
    Ok(Said::new(json!({ "carried": taken }), text.join("\n")))
}

fn row_json(row: &CarriedRow) -> Value {
    json!({
        "sha256": row.digest.to_hex(), "name": row.name, "bytes": row.len_bytes,
        "since": civil_text(row.at, "Asia/Shanghai"), "state": state(row),
    })
}

/// The honest word, as for everything else here.
const fn state(row: &CarriedRow) -> &'static str {
    match (row.sent, row.confirmed) {
        (_, true) => "confirmed",
        (true, false) => "received",
        (false, false) => "saved",
    }
}

fn list(device: &Device) -> Result<Said, Failure> {
    let rows = device.carried()?;
    let json: Vec<Value> = rows.iter().map(row_json).collect();
    let line = |row: &CarriedRow| {
        let digest: String = row.digest.to_hex().chars().take(12).collect();
        format!(
            "{digest} {:>10} {:<10} {}",
            row.len_bytes,
            state(row),
            row.name
        )
    };
    let text: Vec<String> = rows.iter().map(line).collect();
    Ok(Said::new(json!({ "carried": json }), text.join("\n")))
}

fn give(
    device: &Device,
    (file, which): (&Path, Option<&str>),
    progress: bool,
) -> Result<Said, Failure> {
    use lossbook_core::app::bundle::BundleSink as _;
    let unwritten = |error: std::io::Error| {
        Failure::not_now(
            "unwritable",
            format!("cannot be written（无法写入）: {error}"),
        )
        .at(file)
    };
    let mut files = PartFiles::new(file, false);
    files.begin(1).map_err(unwritten)?;
    let bar = bundle::bar(progress, "give 转交");
    let mut writer = BufWriter::new(&mut files);
    let given = device.give_carried(
        which,
        (&mut writer, &mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        }),
    );
    drop(writer);
    bar.finish_and_clear();
    let row = match given {
        Ok(row) => row,
        Err(error) => {
            files.abandon();
            return Err(error.into());
        }
    };
    files.close().map_err(unwritten)?;
    let text = Both::of(
        format!("已写出 {}（{} 字节）", file.display(), row.len_bytes),
        format!("wrote {} ({} bytes)", file.display(), row.len_bytes),
    );
    Ok(Said::new(
        json!({"file": file, "given": row_json(&row)}),
        text.show(Tongue::Both),
    ))
}
