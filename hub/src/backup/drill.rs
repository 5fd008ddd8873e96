//! The restore test (R309): a backup is restored, looked through and served, and a report says what
//! was done, what was verified, and what came of it.
//!
//! Two scenarios, as the tender's table has them: data were lost (are they complete, accurate,
//! consistent?) and the system failed (is it available, are its data?). A backup of which one byte
//! was changed does not pass, and the report names the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use lossbook_core::domain::{Digest, Host, WallMs};
use serde::Serialize;

use super::manifest::text_of;
use super::restore::{Opener, Source, restore};
use super::{BackupError, at, state_of};
use crate::check::check;
use crate::hub::Hub;
use crate::key::HubKey;
use crate::meta::look;
use crate::serve::{ServeConfig, serve};
use crate::table::Words;

/// Findings that a report lists; there may be many more of the same kind.
const MOST_NAMED: usize = 20;
/// A hub on this machine answers within this time.
const ANSWER: Duration = Duration::from_secs(10);

/// One step of the test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// 测试场景.
    pub scenario: Words,
    /// 测试步骤.
    pub step: Words,
    /// 验证内容.
    pub verifies: Words,
    /// Whether it holds.
    pub passed: bool,
    /// What was found; names every object that is wrong, up to twenty.
    pub result: String,
    /// How long it took.
    pub took_ms: u64,
}

/// A restore test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drill {
    /// Which backup.
    pub backup: String,
    /// When it began.
    pub began_ms: i64,
    /// When it ended.
    pub ended_ms: i64,
    /// Its steps, in order; after one that failed, those that need it were not run.
    pub steps: Vec<Step>,
}

impl Drill {
    /// Whether every step passed.
    pub fn passed(&self) -> bool {
        self.steps.len() == WHAT.len() && self.steps.iter().all(|step| step.passed)
    }

    /// The report, in Chinese and English.
    pub fn report(&self) -> String {
        let (zh, en) = if self.passed() {
            ("通过", "passed")
        } else {
            ("未通过", "FAILED")
        };
        let mut text = format!(
            "# 数据恢复测试报告 / Restore test report\n\n\
             | | |\n|---|---|\n\
             | 依据 / Required by | R309（测试场景、测试步骤、验证内容） |\n\
             | 备份 / Backup | `{}` |\n| 开始 / Began | {} |\n| 结束 / Ended | {} |\n\
             | 结论 / Result | **{zh} / {en}** |\n\n\
             | 测试场景 / Scenario | 测试步骤 / Step | 验证内容 / Verifies | 结果 / Result | 用时 / Took |\n\
             |---|---|---|---|---|\n",
            self.backup,
            text_of(WallMs(self.began_ms)),
            text_of(WallMs(self.ended_ms)),
        );
        for step in &self.steps {
            let (zh, en) = if step.passed {
                ("合格", "good")
            } else {
                ("不合格", "BAD")
            };
            // Writing to a String cannot fail.
            let _infallible = writeln!(
                text,
                "| {} / {} | {} / {} | {} / {} | {zh} / {en}: {} | {} ms |",
                step.scenario.zh,
                step.scenario.en,
                step.step.zh,
                step.step.en,
                step.verifies.zh,
                step.verifies.en,
                step.result.replace('|', "/").replace('\n', "; "),
                step.took_ms,
            );
        }
        if self.steps.len() < WHAT.len() {
            text.push_str("\n其余步骤因上述问题未执行。 / The steps that follow were not run.\n");
        }
        text
    }
}

type Pair = (&'static str, &'static str);
const LOST: Pair = ("数据丢失", "data loss");
const FAILED: Pair = ("系统故障", "system failure");

/// Scenario, step, what it verifies.
const WHAT: [(Pair, Pair, Pair); 6] = [
    (
        LOST,
        (
            "核对备份内每个文件的签名与 SHA-256",
            "hold every file of the backup against the signed manifest",
        ),
        ("完整性", "completeness"),
    ),
    (
        LOST,
        ("恢复到空文件夹", "restore into an empty folder"),
        ("完整性", "completeness"),
    ),
    (
        LOST,
        (
            "逐项核对链、封签、案件、列表与照片",
            "look through chains, seals, cases, lists and photos",
        ),
        ("准确性", "accuracy"),
    ),
    (
        LOST,
        (
            "与备份时刻的状态比对",
            "compare with the moment of the backup",
        ),
        ("一致性", "consistency"),
    ),
    (
        FAILED,
        (
            "以恢复的数据启动服务并访问",
            "serve the restored hub and ask it",
        ),
        ("系统可用性", "the system is available"),
    ),
    (
        FAILED,
        ("打开每一个案件", "open every case"),
        ("数据可用性", "the data are available"),
    ),
];

type Outcome = Result<String, String>;

/// A test under way.
struct Course<'a> {
    steps: Vec<Step>,
    host: &'a dyn Host,
}

impl Course<'_> {
    /// Does the next step; whether it passed.
    fn go(&mut self, work: impl FnOnce() -> Outcome) -> bool {
        let began = Instant::now();
        let outcome = work();
        let passed = outcome.is_ok();
        let Some((scenario, step, verifies)) = WHAT.get(self.steps.len()) else {
            return false;
        };
        let words = |pair: &Pair| Words::new(pair.0, pair.1);
        self.steps.push(Step {
            scenario: words(scenario),
            step: words(step),
            verifies: words(verifies),
            passed,
            result: outcome.unwrap_or_else(|why| why),
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        passed
    }

    fn end(self, (backup, began): (String, WallMs)) -> Drill {
        Drill {
            backup,
            began_ms: began.0,
            ended_ms: self.host.now().wall.0,
            steps: self.steps,
        }
    }
}

/// Tests a backup below `work`, and leaves nothing there.
///
/// # Errors
/// [`BackupError`] if the test could not be made at all; a bad backup is no error.
pub fn drill(
    (from, name): (&Path, Option<&str>),
    key: &HubKey,
    work: &Path,
    host: &dyn Host,
) -> Result<Drill, BackupError> {
    let began = host.now().wall;
    let work = tempfile::Builder::new()
        .prefix(".restore-test-")
        .tempdir_in(work)
        .map_err(at(work))?;
    let mut course = Course {
        steps: Vec::new(),
        host,
    };
    let backup = from.display().to_string();
    let dir = work.path().join("hub");
    let mut chosen = (backup.clone(), began);
    let is_good = course.go(|| files((from, work.path())));
    let mut restored = None;
    let put_back = is_good
        && course.go(|| {
            let opener = Opener::Key(HubKey::from_text(&key.to_text()).ok_or("key")?);
            let (source, key_file) = ((from, name), work.path().join("hub.key"));
            let manifest = restore(source, (&dir, &key_file), opener, host);
            let manifest = manifest.map_err(|error| error.to_string())?;
            let said = format!(
                "{} files, {} bytes",
                manifest.files.len(),
                manifest.len_bytes()
            );
            chosen.0 = format!("{backup} ({})", manifest.made_text());
            restored = Some(manifest);
            Ok(said)
        });
    let (Some(manifest), true) = (restored, put_back) else {
        return Ok(course.end(chosen));
    };
    let is_right = course.go(|| looked_through(&dir, key));
    if !is_right {
        return Ok(course.end(chosen));
    }
    let hub = Hub::open(&dir, key)?;
    let is_same = course.go(|| same(&hub, (manifest.state, manifest.cases)));
    let is_up = is_same && course.go(|| answers(&hub));
    if is_up {
        course.go(|| opens_every_case(&hub));
    }
    Ok(course.end(chosen))
}

/// Every manifest in the place, and every file that one of them names.
fn files((from, work): (&Path, &Path)) -> Outcome {
    let damaged = |error: BackupError| error.to_string();
    let source = Source::open(from, work).map_err(damaged)?;
    let mut bad = Vec::new();
    if !source.is_whole(from).map_err(damaged)? {
        bad.push(from.display().to_string());
    }
    let mut files = BTreeMap::new();
    let mut manifests = 0;
    for (name, manifest) in source.manifests().map_err(damaged)? {
        manifests += 1;
        match manifest {
            None => bad.push(name),
            Some(manifest) => {
                for kept in manifest.all_files() {
                    files.insert(kept.name.clone(), kept.clone());
                }
            }
        }
    }
    if manifests == 0 {
        bad.push(BackupError::NoBackup(from.to_owned()).to_string());
    }
    let wrong = files.values().filter(|kept| !source.is_good(kept));
    bad.extend(wrong.map(|kept| kept.name.clone()));
    if bad.is_empty() {
        Ok(format!("{manifests} backups, {} files", files.len()))
    } else {
        Err(named(bad.into_iter()))
    }
}

fn named(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(MOST_NAMED);
    let mut text = all.take(MOST_NAMED).collect::<Vec<_>>().join("; ");
    if more > 0 {
        let _infallible = write!(text, "; +{more}");
    }
    text
}

fn looked_through(dir: &Path, key: &HubKey) -> Outcome {
    let checked = check(dir, key).map_err(|error| error.to_string())?;
    if !checked.is_good() {
        let findings = checked.findings.into_iter();
        return Err(named(findings.map(|one| {
            let (zh, en) = one.problem.names();
            format!("{}: {zh} / {en}", one.object)
        })));
    }
    let said = format!(
        "{} envelopes, {} cases, {} photos",
        checked.envelopes, checked.cases, checked.photos
    );
    Ok(said)
}

fn same(hub: &Hub, (state, cases): (Digest, u64)) -> Outcome {
    let found = look(hub.store(), |tx| Ok((state_of(tx)?, tx.count_cases()?)));
    let found = found.map_err(|error| error.to_string())?;
    if found == (state, cases) {
        Ok(format!("state {state}, {cases} cases"))
    } else {
        Err(format!("state {} instead of {state}", found.0))
    }
}

/// Serves it on this machine and asks whether it is well.
fn answers(hub: &Hub) -> Outcome {
    let serving = serve(hub.clone(), &ServeConfig::default()).map_err(|error| error.to_string())?;
    let status = ask(serving.addr).map_err(|error| error.to_string());
    serving.stop();
    match status? {
        line if line.contains(" 200 ") => Ok("GET /healthz: 200".to_owned()),
        line => Err(format!("GET /healthz: {line}")),
    }
}

fn ask(addr: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&addr, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn opens_every_case(hub: &Hub) -> Outcome {
    let failed = |error: lossbook_core::store::StoreError| error.to_string();
    let cases = look(hub.store(), |tx| tx.all_heads()).map_err(failed)?;
    for (case, _) in &cases {
        let standing = look(hub.store(), |tx| tx.case_standing(*case)).map_err(failed)?;
        if standing.is_none() {
            return Err(format!("case {}", case.number()));
        }
    }
    Ok(format!("{} cases", cases.len()))
}
