//! `lossbook hub backup|restore|restore-test|check`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use lossbook_core::vault::age::AgeIdentity;
use lossbook_hub::backup::{self, BackupError, Opener};
use lossbook_hub::check::Checked;
use lossbook_hub::{HubKey, SystemHost, check as checks};
use serde_json::{Value, json};

use super::{HubArgs, key_path};
use crate::device::Said;
use crate::failure::Failure;

/// What keeps a hub safe.
#[derive(Debug, Subcommand)]
pub enum Care {
    /// Back the hub up while it serves: into a folder that later backups share, or a new .tar file.
    Backup {
        /// Where to.
        #[arg(long, value_name = "DIR|FILE.tar")]
        to: PathBuf,
        /// An age receiver (age1…) who can open it without the hub's key file. May be repeated.
        #[arg(long = "receiver", value_name = "AGE1")]
        receivers: Vec<String>,
    },
    /// Make a hub of a backup, in an empty folder (--data).
    Restore(FromArgs),
    /// Restore a backup into a temporary folder, look through it, and write the report.
    RestoreTest {
        /// What to test.
        #[command(flatten)]
        from: FromArgs,
        /// Write the report to this new file (Markdown, Chinese and English).
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Look through everything the hub holds, and name what is not what was written.
    Check,
}

/// Runs one of them.
pub(super) fn run(args: &HubArgs, care: &Care) -> Result<Said, Failure> {
    match care {
        Care::Backup { to, receivers } => make(args, to, receivers),
        Care::Restore(from) => restore(args, from),
        Care::RestoreTest { from, report } => test(args, from, report.as_deref()),
        Care::Check => check(args),
    }
}

/// Which backup, and what opens it.
#[derive(Debug, Args)]
pub struct FromArgs {
    /// A folder of backups, or one .tar file.
    #[arg(long, value_name = "DIR|FILE.tar")]
    pub from: PathBuf,
    /// Which of the folder: the beginning of its name, such as 20261122; the newest if not given.
    #[arg(long, value_name = "NAME")]
    pub at: Option<String>,
    /// The identity file of an age receiver, instead of the hub's key file.
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
}

/// `lossbook hub backup`.
fn make(args: &HubArgs, to: &Path, receivers: &[String]) -> Result<Said, Failure> {
    let key = HubKey::read(&key_path(args))?;
    let made = backup::backup((args.folder(), &key), to, receivers, &SystemHost::new())?;
    let manifest = &made.manifest;
    let json = json!({
        "name": made.name, "cases": manifest.cases, "photos": manifest.photos,
        "files": manifest.files.len() + 1, "bytes": manifest.len_bytes(),
        "written": made.written, "written_bytes": made.written_bytes, "reused": made.reused,
        "state": manifest.state.to_hex(), "made_ms": manifest.made.0, "absent": manifest.absent,
    });
    let mut text = format!(
        "备份完成 / backed up {} ({})\n案件 / cases {}，照片 / photos {}，新写入 / written {} ({} bytes)，已有 / reused {}",
        made.name,
        manifest.made_text(),
        manifest.cases,
        manifest.photos,
        made.written,
        made.written_bytes,
        made.reused,
    );
    if receivers.is_empty() {
        text.push_str("\n恢复时需要机构密钥文件，请另行异地保存 / to restore it the hub's key file is needed: keep a copy of it elsewhere");
    }
    let mut said = Said::new(json, text);
    said.warnings.extend(manifest.absent.iter().map(|name| {
        format!(
            "{name} is not there: it is not in the backup（文件缺失，未能备份）; run `hub check`"
        )
    }));
    Ok(said)
}

fn opener(args: &HubArgs, from: &FromArgs) -> Result<Opener, Failure> {
    let Some(path) = &from.identity else {
        return Ok(Opener::Key(HubKey::read(&key_path(args))?));
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::input("identity_file", error.to_string()).at(path))?;
    let identity = AgeIdentity::parse(&text).ok_or_else(|| {
        let text = "holds no age identity（不是有效的 age 私钥文件）: its line begins with AGE-SECRET-KEY-1";
        Failure::input("identity_file", text).at(path)
    })?;
    Ok(Opener::Identity(identity))
}

/// `lossbook hub restore`.
fn restore(args: &HubArgs, from: &FromArgs) -> Result<Said, Failure> {
    let opener = opener(args, from)?;
    let source = (from.from.as_path(), from.at.as_deref());
    let to = (args.folder(), key_path(args));
    let manifest = backup::restore(source, (to.0, &to.1), opener, &SystemHost::new())?;
    let json = json!({
        "cases": manifest.cases, "photos": manifest.photos, "made_ms": manifest.made.0,
        "state": manifest.state.to_hex(), "absent": manifest.absent,
    });
    let text = format!(
        "已恢复到备份时刻 / restored to {}\n案件 / cases {}，照片 / photos {}\n请先核对，再启动服务 / check it, then serve it: lossbook hub --data {} check",
        manifest.made_text(),
        manifest.cases,
        manifest.photos,
        args.folder().display(),
    );
    Ok(Said::new(json, text))
}

/// `lossbook hub restore-test`.
fn test(args: &HubArgs, from: &FromArgs, report: Option<&Path>) -> Result<Said, Failure> {
    let host = SystemHost::new();
    let source = (from.from.as_path(), from.at.as_deref());
    let key = match opener(args, from)? {
        Opener::Key(key) => key,
        Opener::Identity(identity) => backup::key_for(source, identity)?,
    };
    let work = std::env::temp_dir();
    let drill = backup::drill(source, &key, &work, &host)?;
    let text = drill.report();
    if let Some(path) = report {
        let write = || std::fs::File::create_new(path)?.write_all(text.as_bytes());
        write().map_err(|error: std::io::Error| {
            Failure::input("report_file", error.to_string()).at(path)
        })?;
    }
    if drill.passed() {
        let mut json = serde_json::to_value(&drill)
            .map_err(|error| Failure::bug("report", error.to_string()))?;
        if let Value::Object(map) = &mut json {
            map.insert("passed".to_owned(), Value::Bool(true));
        }
        return Ok(Said::new(json, text));
    }
    let bad = drill.steps.iter().filter(|step| !step.passed);
    let bad: Vec<&str> = bad.map(|step| step.result.as_str()).collect();
    let text = format!(
        "the restore test failed（恢复测试未通过）: {}",
        bad.join("; ")
    );
    Err(Failure::no("restore_test_failed", text))
}

/// `lossbook hub check`.
fn check(args: &HubArgs) -> Result<Said, Failure> {
    let key = HubKey::read(&key_path(args))?;
    let checked = checks::check(args.folder(), &key)?;
    if checked.is_good() {
        let json = json!({
            "ok": true, "envelopes": checked.envelopes, "cases": checked.cases,
            "photos": checked.photos, "photo_bytes": checked.photo_bytes,
            "leftovers": checked.leftovers,
        });
        let text = format!(
            "全部完好 / all is well: {} envelopes, {} cases, {} photos ({} bytes)",
            checked.envelopes, checked.cases, checked.photos, checked.photo_bytes
        );
        return Ok(Said::new(json, text));
    }
    let Checked { findings, .. } = checked;
    let lines: Vec<String> = findings
        .iter()
        .map(|one| {
            let (zh, en) = one.problem.names();
            format!("{}: {zh} / {en}", one.object)
        })
        .collect();
    Err(Failure::no(
        "check_failed",
        format!("{} found（发现问题）: {}", lines.len(), lines.join("; ")),
    ))
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let code = error.code().to_lowercase();
        match error {
            BackupError::Hub(error) => Self::from(error),
            BackupError::File { .. } => Self::not_now(&code, error.to_string()),
            BackupError::Damaged { .. } => Self::no(&code, error.to_string()),
            BackupError::NotEmpty(_)
            | BackupError::NoBackup(_)
            | BackupError::OtherHub(_)
            | BackupError::NoKey
            | BackupError::BadReceiver(_) => Self::input(&code, error.to_string()),
        }
    }
}
