//! Bundles on the command line, for devices and hubs alike: files of parts, what they brought, and
//! the key that the stock `age` tool takes.
//!
//! A part is written under another name, synced and then renamed, so that a stick that is pulled
//! out early holds no half part under a good name. A file that is there is left alone.

mod file;

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use lossbook_core::app::AppError;
use lossbook_core::app::bundle::{
    BundleSink, Exported, Imported, NewBundle, Originals, Since, Watch,
};
use lossbook_core::domain::{WallMs, civil_text};
use lossbook_core::vault::age::AgeIdentity;
use serde_json::{Value, json};

use crate::device::Said;
use crate::failure::Failure;
use crate::words::{Both, Tongue};

pub use file::PartFiles;

/// What goes into a bundle.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The bundle; with --part-size, its parts get .001, .002 … before their extension.
    pub file: PathBuf,
    /// Who opens it: hub, or a device by its user's name or the beginning of its id. May be repeated.
    #[arg(long, value_name = "WHO")]
    pub to: Vec<String>,
    /// Only this case, by number or id. May be repeated.
    #[arg(long, value_name = "CASE")]
    pub case: Vec<String>,
    /// From where: start, or a time such as 2026-07-01T00:00:00+08:00; else from where the receivers
    /// are known to stand.
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Largest part, such as 100M or 4G (units of 1,000).
    #[arg(long, value_name = "SIZE")]
    pub part_size: Option<String>,
    /// Leave the photos themselves at home; their thumbnails go along.
    #[arg(long)]
    pub without_originals: bool,
}

impl ExportArgs {
    fn wish(&self) -> Result<NewBundle, Failure> {
        Ok(NewBundle {
            to: self.to.clone(),
            cases: self.case.clone(),
            since: self.since.as_deref().map_or(Ok(Since::Known), since)?,
            part_bytes: self.part_size.as_deref().map(size).transpose()?,
            originals: if self.without_originals {
                Originals::Without
            } else {
                Originals::With
            },
        })
    }
}

fn since(text: &str) -> Result<Since, Failure> {
    if text == "start" {
        return Ok(Since::Start);
    }
    let time: Result<jiff::Timestamp, _> = text.parse();
    let time = time.or(Err(Failure::input(
        "bad_time",
        format!(
            "{text:?} is neither start nor a time such as 2026-07-01T00:00:00+08:00（时间格式不对）"
        ),
    )))?;
    Ok(Since::Time(WallMs(time.as_millisecond())))
}

fn size(text: &str) -> Result<u64, Failure> {
    let (digits, unit) = match text
        .char_indices()
        .find(|(_, letter)| !letter.is_ascii_digit())
    {
        None => (text, ""),
        Some((at, _)) => text.split_at_checked(at).unwrap_or((text, "")),
    };
    let unit = match unit.to_ascii_uppercase().trim_end_matches('B') {
        "" => Some(1),
        "K" => Some(1_000),
        "M" => Some(1_000_000),
        "G" => Some(1_000_000_000),
        _ => None,
    };
    let number: Option<u64> = digits.parse().ok();
    number
        .zip(unit)
        .and_then(|(number, unit)| number.checked_mul(unit))
        .ok_or_else(|| {
            Failure::input(
                "bad_size",
                format!("{text:?} is no size such as 100M or 4G（大小格式不对）"),
            )
        })
}

/// A maker of bundles: a device or a hub.
pub type Export<'a> =
    &'a dyn Fn(&NewBundle, &mut dyn BundleSink, Watch<'_>) -> Result<Exported, AppError>;

/// Writes a bundle's files.
///
/// # Errors
/// Exit 2 for a wrong wish or a file that is there; exit 4 if it cannot be written.
pub fn export(args: &ExportArgs, progress: bool, maker: Export<'_>) -> Result<Said, Failure> {
    let wish = args.wish()?;
    let mut files = PartFiles::new(&args.file, wish.part_bytes.is_some());
    let bar = bar(progress, "export 导出");
    let done = maker(&wish, &mut files, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            files.abandon();
            return Err(Failure::from(error).at(&args.file));
        }
    };
    let names: Vec<String> = files
        .finished()
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let Exported {
        parts,
        envelopes,
        blobs,
        bytes,
    } = done;
    let json = json!({
        "files": names, "parts": parts, "entries": envelopes, "photos": blobs, "bytes": bytes,
        "to": if args.to.is_empty() { vec!["hub".to_owned()] } else { args.to.clone() },
    });
    let text = Both::of(
        format!(
            "已写入 {} 个文件：{envelopes} 条记录，{blobs} 张照片，{bytes} 字节",
            names.len()
        ),
        format!(
            "wrote {} files: {envelopes} entries, {blobs} photos, {bytes} bytes",
            names.len()
        ),
    );
    Ok(Said::new(
        json,
        format!("{}\n{}", text.show(Tongue::Both), names.join("\n")),
    ))
}

/// A taker of bundles: a device or a hub.
pub type Import<'a> =
    &'a dyn Fn(&mut dyn std::io::Read, (u64, Watch<'_>)) -> Result<Imported, AppError>;

/// Takes files in, each for itself.
///
/// # Errors
/// Exit 2 for a file that is no bundle for this one; the others are taken in all the same.
pub fn import(files: &[PathBuf], progress: bool, taker: Import<'_>) -> Result<Said, Failure> {
    let (mut taken, mut text) = (Vec::new(), Vec::new());
    let mut warnings = Vec::new();
    let mut failed: Option<Failure> = None;
    for path in files {
        match import_one(path, progress, taker) {
            Ok(imported) => {
                text.push(format!(
                    "{}: {}",
                    path.display(),
                    line(&imported).show(Tongue::Both)
                ));
                warnings.extend(
                    doubts(&imported)
                        .into_iter()
                        .map(|doubt| format!("{}: {}", path.display(), doubt.show(Tongue::Both))),
                );
                taken.push(to_json(path, &imported));
            }
            Err(failure) => {
                failed.get_or_insert(failure);
            }
        }
    }
    if let Some(mut failure) = failed {
        if !taken.is_empty() {
            let others = format!(
                "; the other {} files were taken in（其余文件已导入）",
                taken.len()
            );
            failure.message.push_str(&others);
        }
        return Err(failure);
    }
    let mut said = Said::new(json!({ "files": taken }), text.join("\n"));
    said.warnings = warnings;
    Ok(said)
}

fn import_one(path: &Path, progress: bool, taker: Import<'_>) -> Result<Imported, Failure> {
    let (file, len) = open(path)?;
    let bar = bar(progress, "import 导入");
    bar.set_length(len);
    let imported = taker(
        &mut BufReader::new(file),
        (len, &mut |done, _| bar.set_position(done)),
    );
    bar.finish_and_clear();
    imported.map_err(|error| Failure::from(error).at(path))
}

/// Opens a file for reading, with its length.
///
/// # Errors
/// Exit 2 if it cannot be read.
pub fn open(path: &Path) -> Result<(File, u64), Failure> {
    let opened = File::open(path).and_then(|file| {
        let len = file.metadata()?.len();
        Ok((file, len))
    });
    opened.map_err(|error| {
        let text = format!("cannot be read（无法读取）: {error}; check the name");
        Failure::input("unreadable", text).at(path)
    })
}

fn to_json(path: &Path, imported: &Imported) -> Value {
    let outcome = imported.outcome;
    let refused: Vec<Value> = imported
        .refused
        .iter()
        .map(
            |one| json!({"device": one.device.to_string(), "code": one.code, "detail": one.detail}),
        )
        .collect();
    json!({
        "file": path, "maker": imported.maker_name, "device": imported.maker.map(|id| id.to_string()),
        "part": imported.part, "last": outcome.last,
        "made": imported.made.map(|at| civil_text(at, "Asia/Shanghai")),
        "complete": outcome.complete, "cut": outcome.cut,
        "damaged_chunks": outcome.damaged, "lost_records": outcome.lost,
        "entries": {"new": imported.fresh, "known": imported.known, "filled": imported.filled,
            "outside_the_record": imported.quarantined},
        "waiting_runs": imported.waiting, "other_scopes": imported.other_scopes,
        "unknown_writers": imported.unknown.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "refused": refused,
        "photos": imported.blobs, "waiting_chunks": imported.chunks,
        "bad_chunks": imported.bad_chunks, "no_room": imported.no_room,
        "cases": imported.cases.iter().map(|case| case.number().to_string()).collect::<Vec<_>>(),
        "restored": imported.rolled_back > 0,
    })
}

fn line(imported: &Imported) -> Both {
    let Imported {
        fresh,
        known,
        blobs,
        maker_name,
        part,
        ..
    } = imported;
    Both::of(
        format!(
            "{maker_name} 的包，第 {part} 卷：新记录 {fresh} 条，已有 {known} 条，照片 {blobs} 张"
        ),
        format!("part {part} of {maker_name}: {fresh} new entries, {known} known, {blobs} photos"),
    )
}

/// What a person should know beside the figures: each line with its count, if there is any.
pub fn doubts(imported: &Imported) -> Vec<Both> {
    let outcome = imported.outcome;
    let counted: [(u64, &str, &str); 8] = [
        (
            u64::from(outcome.cut),
            "包不完整，断点之前的内容已导入",
            "the bundle is cut; everything before the cut was taken in",
        ),
        (
            outcome.damaged,
            "{} 个 64 KiB 数据块损坏，其余已导入；请再要一份",
            "{} chunks of 64 KiB are damaged, the rest was taken in: ask for another copy",
        ),
        (
            imported.waiting,
            "{} 段记录等待前面的部分或作者证书",
            "{} runs wait for an earlier part, or for the hub's word about their writer",
        ),
        (
            imported.other_scopes,
            "{} 段记录不属于本机可读范围，未保留",
            "{} runs of scopes that may not be read here were not kept",
        ),
        (
            imported.chunks,
            "{} 个照片分块等待其余部分",
            "{} pieces of photos wait for the rest",
        ),
        (
            imported.bad_chunks,
            "{} 个照片分块与摘要不符，未保留",
            "{} pieces of photos do not match their digest and were not kept",
        ),
        (
            imported.no_room,
            "空间不足，{} 个照片分块未保留；请腾出空间后再导入",
            "no room for {} pieces of photos: free some space and import again",
        ),
        (
            imported.rolled_back,
            "本机曾恢复到旧备份，现已开启新纪元",
            "this device was restored from an older copy; it writes in a new epoch now",
        ),
    ];
    let mut doubts: Vec<Both> = counted
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, zh, en)| {
            let fill = |text: &str| text.replace("{}", &count.to_string());
            Both::of(fill(zh), fill(en))
        })
        .collect();
    doubts.extend(named_doubts(imported));
    doubts
}

/// What is told by name rather than counted.
fn named_doubts(imported: &Imported) -> Vec<Both> {
    let mut doubts = Vec::new();
    doubts.extend(imported.unknown.iter().map(|device| {
        Both::of(
            format!("未知设备 {device}"),
            format!("the hub's word about device {device} is not here"),
        )
    }));
    doubts.extend(imported.refused.iter().map(|refused| {
        Both::of(
            format!("设备 {} 的记录被拒：{}", refused.device, refused.code),
            format!(
                "a run of device {} was refused: {}",
                refused.device, refused.detail
            ),
        )
    }));
    doubts.extend(imported.quarantined.iter().map(|why| {
        Both::of(
            format!("一条记录被隔离：{why}"),
            format!("an entry was kept outside the record: {why}"),
        )
    }));
    doubts
}

/// Writes the secret key for the stock `age` tool into a new file that only its owner reads.
///
/// # Errors
/// Exit 2 if the file is there or cannot be written.
pub fn age_identity(path: &Path, identity: &AgeIdentity) -> Result<Said, Failure> {
    let recipient = identity.recipient().to_text();
    let unwritten = |error: std::io::Error| {
        let text = format!("cannot be written（无法写入）: {error}; choose a new file name");
        Failure::input("unwritable", text).at(path)
    };
    let mut file = file::create_private(path).map_err(unwritten)?;
    let text = identity.to_text();
    writeln!(file, "# public key: {recipient}").map_err(unwritten)?;
    writeln!(file, "{}", text.as_str()).map_err(unwritten)?;
    file.sync_all().map_err(unwritten)?;
    let mut said = Said::new(
        json!({"file": path, "recipient": recipient}),
        format!("{recipient}\nage -d -i {} BUNDLE", path.display()),
    );
    said.warnings.push(
        Both::of(
            "此文件能打开发给本机的所有交换包，用毕请销毁",
            "whoever has this file opens every bundle made for this one: destroy it after use",
        )
        .show(Tongue::Both),
    );
    Ok(said)
}

/// A bar for long work, if a person looks.
pub fn bar(progress: bool, what: &'static str) -> ProgressBar {
    if !progress {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units_and_nonsense_is_refused() {
        for (text, bytes) in [
            ("5", 5),
            ("2K", 2_000),
            ("100M", 100_000_000),
            ("4GB", 4_000_000_000),
        ] {
            assert_eq!(size(text).unwrap(), bytes);
        }
        for text in ["", "M", "1.5G", "10T", "99999999999999G", "５M"] {
            assert_eq!(size(text).unwrap_err().code, "bad_size");
        }
    }
}
