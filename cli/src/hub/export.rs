//! `lossbook hub paper | export-table | reports | map | feed`: files out of a hub, also beside the process that
//! serves it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use lossbook_core::statement::Language;
use lossbook_hub::export::{Export, Format, MapFormat, TableWish};
use lossbook_hub::paper::{Kind, Personal, Wish};
use lossbook_hub::press::Press;
use lossbook_hub::report::Due;
use lossbook_hub::sight::Sight;
use lossbook_hub::{Hub, HubKey};
use lossbook_papers::{NoPress, TypstPress};
use serde_json::json;

use super::{HubArgs, key_path};
use crate::device::Said;
use crate::failure::Failure;

/// Who stands in the audit when the command line made a file.
const OPERATOR: &str = "operator";

/// What can be written.
#[derive(Debug, Subcommand)]
pub enum FileCommand {
    /// Make a paper of a case as PDF, or say what a verification code stands for.
    Paper(PaperArgs),
    /// Write a table of the console as XLSX, CSV or JSON.
    ExportTable(TableArgs),
    /// Make every report of `report_plans` whose period has ended and whose file is not there yet.
    Reports {
        /// The folder of the reports.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Folder with fonts; else the system's that has Chinese letters.
        #[arg(long, value_name = "DIR")]
        fonts: Option<PathBuf>,
    },
    /// Write where cases and photos lie.
    Map {
        /// geojson or gpkg.
        #[arg(long, default_value = "geojson")]
        format: String,
        /// Only of this scope. May be repeated.
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// A new file.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Write the cases as a plain JSON list.
    Feed {
        /// Only of this scope. May be repeated.
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// A new file.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// `lossbook hub paper`.
#[derive(Debug, Args)]
pub struct PaperArgs {
    /// The case, by number or id.
    #[arg(required_unless_present = "check")]
    pub case: Option<String>,
    /// survey, loss, no-survey, commitment or case-file.
    #[arg(long, required_unless_present = "check")]
    pub kind: Option<String>,
    /// zh or en.
    #[arg(long, default_value = "zh")]
    pub lang: String,
    /// A new file.
    #[arg(long, value_name = "FILE", required_unless_present = "check")]
    pub out: Option<PathBuf>,
    /// Show ID numbers, phones and accounts in full, for this reason, which the audit keeps.
    #[arg(long, value_name = "REASON")]
    pub reveal: Option<String>,
    /// Folder with fonts; else the system's that has Chinese letters.
    #[arg(long, value_name = "DIR")]
    pub fonts: Option<PathBuf>,
    /// Say which paper bears this verification code, and whether the case still stands as it says.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["kind", "out"])]
    pub check: Option<String>,
}

/// `lossbook hub export-table`.
#[derive(Debug, Args)]
pub struct TableArgs {
    /// Its id; without one, the tables there are.
    pub id: Option<String>,
    /// xlsx, csv or json.
    #[arg(long, default_value = "xlsx")]
    pub format: String,
    /// zh or en.
    #[arg(long, default_value = "zh")]
    pub lang: String,
    /// Only of this scope. May be repeated.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// From this day, such as 2026-11-01.
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// Until this day, which is in it.
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
    /// Show personal columns in full, for this reason, which the audit keeps.
    #[arg(long, value_name = "REASON")]
    pub reveal: Option<String>,
    /// A new file.
    #[arg(long, value_name = "FILE", requires = "id")]
    pub out: Option<PathBuf>,
}

/// A press with the fonts of a folder, which must be good; or with the system's, if it has any.
///
/// # Errors
/// Exit 4 if the named folder has no font with Chinese letters.
pub fn press_of(fonts: Option<&Path>) -> Result<Arc<dyn Press>, Failure> {
    match (TypstPress::open(fonts), fonts) {
        (Ok(press), _) => Ok(Arc::new(press)),
        (Err(error), Some(_)) => Err(Failure::not_now("no_font", error.to_string())),
        (Err(error), None) => Ok(Arc::new(NoPress(error))),
    }
}

/// Writes a file.
///
/// # Errors
/// Each with its exit code and one line.
pub(super) fn run(args: &HubArgs, command: &FileCommand) -> Result<Said, Failure> {
    let hub = Hub::open_beside(args.folder(), &HubKey::read(&key_path(args))?)?;
    match command {
        FileCommand::Paper(paper) => match &paper.check {
            Some(code) => check(&hub, code),
            None => write_paper(hub, paper),
        },
        FileCommand::ExportTable(table) => write_table(&hub, table),
        FileCommand::Reports { out, fonts } => {
            write_reports(&hub.printing_by(press_of(fonts.as_deref())?), out)
        }
        FileCommand::Map {
            format,
            scopes,
            out,
        } => {
            let format: MapFormat = known(format)?;
            keep(&hub.export_map((OPERATOR, scopes), format)?, out)
        }
        FileCommand::Feed { scopes, out } => keep(&hub.export_feed((OPERATOR, scopes))?, out),
    }
}

fn known<T: std::str::FromStr>(text: &str) -> Result<T, Failure>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| Failure::input("bad_word", error.to_string()))
}

fn check(hub: &Hub, code: &str) -> Result<Said, Failure> {
    let value = hub.check_paper(code)?;
    Ok(Said::new(value.clone(), format!("{value:#}")))
}

fn write_paper(hub: Hub, args: &PaperArgs) -> Result<Said, Failure> {
    let wish = Wish {
        kind: known::<Kind>(args.kind.as_deref().unwrap_or_default())?,
        language: known::<Language>(&args.lang)?,
        personal: match &args.reveal {
            Some(why) => Personal::Shown(why.clone()),
            None => Personal::Masked,
        },
    };
    let (case, out) = (args.case.as_deref().unwrap_or_default(), args.out.clone());
    let out = out.unwrap_or_default();
    free(&out)?;
    let hub = hub.printing_by(press_of(args.fonts.as_deref())?);
    let paper = hub.make_paper((case, OPERATOR), &wish, &Sight::whole())?;
    save(&out, &paper.pdf)?;
    let json = json!({ "file": out, "code": paper.code, "bytes": paper.pdf.len() });
    let text = format!("{}  {}", out.display(), paper.code);
    Ok(Said::new(json, text))
}

fn write_table(hub: &Hub, args: &TableArgs) -> Result<Said, Failure> {
    let Some(id) = &args.id else {
        return Ok(listed(hub));
    };
    let as_what = (
        known::<Format>(&args.format)?,
        known::<Language>(&args.lang)?,
    );
    let out = args.out.as_deref().ok_or_else(|| {
        Failure::input(
            "no_out",
            "say where the file goes: --out FILE（请用 --out 指定文件）",
        )
    })?;
    let wish = TableWish {
        scopes: args.scopes.clone(),
        from: args.from.clone(),
        to: args.to.clone(),
        reveal: args.reveal.clone(),
    };
    free(out)?;
    keep(&hub.export_table((OPERATOR, id), &wish, as_what)?, out)
}

/// One that fails stops none of the others; what was made stays.
fn write_reports(hub: &Hub, folder: &Path) -> Result<Said, Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::not_now("file_system", error.to_string()).at(folder))?;
    let (mut made, mut first_failure) = (Vec::new(), None);
    for due in hub.reports_due()? {
        let out = folder.join(&due.file);
        if out.exists() {
            continue;
        }
        let export = hub.make_report(OPERATOR, &due).map_err(Failure::from);
        match export.and_then(|export| put(&out, &export.bytes).map(|()| export)) {
            Ok(export) => made.push((due, export)),
            Err(failure) => first_failure = first_failure.or(Some(failure)),
        }
    }
    let line = |(due, export): &(Due, Export)| {
        format!("{}  {}  {}", due.file, export.about.code, due.name)
    };
    let lines: Vec<String> = made.iter().map(line).collect();
    let rows = made.iter().map(|(due, export)| {
        json!({ "file": due.file, "name": due.name, "code": export.about.code, "cases": export.about.cases })
    });
    let said = Said::new(
        json!({ "reports": rows.collect::<Vec<_>>() }),
        lines.join("\n"),
    );
    match first_failure {
        None => Ok(said),
        Some(failure) => Err(failure),
    }
}

fn listed(hub: &Hub) -> Said {
    let tables = hub.tables();
    let lines = tables
        .iter()
        .map(|(id, zh, en)| format!("{id:<28} {zh} / {en}"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let rows = tables
        .iter()
        .map(|(id, zh, en)| json!({ "id": id, "zh": zh, "en": en }));
    Said::new(json!({ "tables": rows.collect::<Vec<_>>() }), text)
}

fn keep(export: &Export, out: &Path) -> Result<Said, Failure> {
    free(out)?;
    save(out, &export.bytes)?;
    let json = json!({ "file": out, "code": export.about.code, "bytes": export.bytes.len(), "cases": export.about.cases });
    let text = format!("{}  {}", out.display(), export.about.code);
    Ok(Said::new(json, text))
}

/// A file that is there is left alone.
fn free(out: &Path) -> Result<(), Failure> {
    if out.exists() {
        let text = "there is a file already: name a new one（文件已存在，请另取名）";
        return Err(Failure::input("file_exists", text).at(out));
    }
    Ok(())
}

/// A file that is there is a whole one: what a full disk cut off is written anew next time.
fn put(out: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let part = out.with_extension("part");
    let put = std::fs::write(&part, bytes).and_then(|()| {
        std::fs::File::open(&part)?.sync_all()?;
        std::fs::rename(&part, out)
    });
    put.map_err(|error| Failure::not_now("file_system", error.to_string()).at(out))
}

fn save(out: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    let written = std::fs::File::create_new(out).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| Failure::not_now("file_system", error.to_string()).at(out))
}
