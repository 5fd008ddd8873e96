//! One row for each case, or for each step of a case.

use lossbook_core::store::StoreError;

use super::{Heading, fen, table, text, time, wanted};
use crate::catalogue::{Area, Ask, Entry, Make, Personal};
use crate::meta::figure::{Only, Sheet, StepTime};
use crate::meta::{DeskRow, MetaTx, RegisterPart};
use crate::register::value_of;
use crate::role::Right;
use crate::table::{Cell, Row, Table, Words};

const REPORT_COLUMNS: &[Heading] = &[
    ("received", "报案时间", "Reported at"),
    ("reporter", "报案人姓名", "Reporter"),
    ("phone", "联系方式", "Contact"),
    ("place", "事故地点", "Place"),
    ("situation", "事故情况", "What happened"),
    ("handed", "是否已传递信息", "Handed over to survey"),
];

/// R100: reports as they came in.
pub(super) const REPORTS: Entry = Entry {
    id: "report_register",
    name: ("报案登记表", "Report register"),
    area: Area::Intake,
    right: Right::ReadCases,
    sources: &["R100", "R105"],
    make: Make::Derived(reports),
};

fn reports(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let mut rows = Vec::new();
    for (sheet, desk) in tx.sheets(wanted(ask, Only::All))? {
        let phone = phone(tx, ask.personal, &sheet)?;
        rows.push(of_case(
            &desk,
            vec![
                Cell::Time(sheet.received),
                text(sheet.reporter),
                text(phone),
                text(&desk.place),
                text(sheet.situation),
                Cell::Yes(sheet.handed),
            ],
        ));
    }
    Ok(table(&REPORTS, REPORT_COLUMNS, rows))
}

/// Masked as it is kept; in full from the record itself, for whoever may see it.
fn phone(tx: &dyn MetaTx, personal: Personal, sheet: &Sheet) -> Result<String, StoreError> {
    match personal {
        Personal::Masked => Ok(sheet.phone.clone()),
        Personal::Shown => {
            let standing = tx.case_standing(sheet.case)?;
            let section = lossbook_core::record::Section::Report;
            let text = standing.and_then(|one| one.record.section(section).text("phone"));
            Ok(text.unwrap_or_default())
        }
    }
}

const ARRIVAL_COLUMNS: &[Heading] = &[
    ("received", "报案时间", "Reported at"),
    ("place", "事故地点", "Place"),
    ("due", "要求到达时间", "To arrive by"),
    ("arrived", "实际到达时间", "Arrived at"),
    ("in_time", "是否按时到达", "Arrived in time"),
    ("cause", "原因分析", "Cause"),
];

/// R120: when somebody had to be there, and was.
pub(super) const ARRIVALS: Entry = Entry {
    id: "arrivals",
    name: ("现场到达情况表", "Arrivals on the scene"),
    area: Area::Timeliness,
    right: Right::ReadCases,
    sources: &["R120"],
    make: Make::Derived(arrivals),
};

fn arrivals(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let mut rows = Vec::new();
    for (sheet, desk) in tx.sheets(wanted(ask, Only::All))? {
        let StepTime { due, done } = sheet.arrival;
        let kept = sheet.arrival.is_kept(ask.now);
        let cause = LateCauses::of(tx, &sheet)?.step("arrival");
        rows.push(of_case(
            &desk,
            vec![
                Cell::Time(sheet.received),
                text(&desk.place),
                time(due),
                time(done),
                kept.map_or(Cell::Blank, Cell::Yes),
                cause,
            ],
        ));
    }
    Ok(table(&ARRIVALS, ARRIVAL_COLUMNS, rows))
}

/// The steps of service with the word their causes are kept under.
const STEPS: [(&str, &str, &str); 5] = [
    ("response", "报案响应", "Response"),
    ("survey", "查勘", "Survey"),
    ("review", "理赔审核", "Review"),
    ("payment", "赔款支付", "Payment"),
    ("callback", "客户回访", "Callback"),
];

const TIMELINESS_COLUMNS: &[Heading] = &[
    ("step", "服务环节", "Step of service"),
    ("due", "规定时间", "Limit"),
    ("done", "实际时间", "Done at"),
    ("late", "是否超时", "Late"),
    ("cause", "超时原因", "Cause"),
];

/// R135: five steps of every case; a limit that the contract leaves blank stays blank.
pub(super) const TIMELINESS: Entry = Entry {
    id: "timeliness",
    name: ("服务时效统计表", "Timeliness of service"),
    area: Area::Timeliness,
    right: Right::ReadCases,
    sources: &["R135", "R140"],
    make: Make::Derived(timeliness),
};

fn timeliness(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let steps = STEPS.len() as u64;
    // Pages are of rows, and a case has five of them.
    let (skip, first) = (ask.skipped() / steps, ask.skipped() % steps);
    let cases = u64::from(ask.limit).saturating_add(first).div_ceil(steps);
    let mut part = wanted(ask, Only::All);
    part.skip = skip;
    part.limit = u32::try_from(cases).unwrap_or(u32::MAX);
    let mut rows = Vec::new();
    for (sheet, desk) in tx.sheets(part)? {
        let causes = LateCauses::of(tx, &sheet)?;
        for ((word, zh, en), step) in STEPS.into_iter().zip(sheet.steps) {
            let kept = step.is_kept(ask.now);
            rows.push(of_case(
                &desk,
                vec![
                    Cell::Words(Words::new(zh, en)),
                    time(step.due),
                    time(step.done),
                    kept.map_or(Cell::Blank, |kept| Cell::Yes(!kept)),
                    causes.step(word),
                ],
            ));
        }
    }
    let first = usize::try_from(first).unwrap_or(0);
    let limit = usize::try_from(ask.limit).unwrap_or(usize::MAX);
    let rows = rows.into_iter().skip(first).take(limit).collect();
    Ok(table(&TIMELINESS, TIMELINESS_COLUMNS, rows))
}

/// Causes that people wrote for the steps of one case.
struct LateCauses(Vec<(String, String)>);

impl LateCauses {
    fn of(tx: &dyn MetaTx, sheet: &Sheet) -> Result<Self, StoreError> {
        let part = RegisterPart {
            case: Some(sheet.case),
            ..RegisterPart::all("late_causes")
        };
        let rows = tx.register_rows(part)?;
        let pair = |field: &str, row| value_of(row, field).to_owned();
        Ok(Self(
            rows.iter()
                .map(|row| (pair("step", row), pair("cause", row)))
                .collect(),
        ))
    }

    /// The newest cause of a step.
    fn step(&self, word: &str) -> Cell {
        let found = self.0.iter().find(|(step, _)| step == word);
        found.map_or(Cell::Blank, |(_, cause)| text(cause))
    }
}

const REVIEW_COLUMNS: &[Heading] = &[
    ("surveyor", "查勘人员", "Surveyor"),
    ("place", "事故地点", "Place"),
    ("damage", "受损房屋情况", "Damage"),
    ("assessed", "定损金额", "Assessed"),
    ("opinion", "审核意见", "Opinion"),
];

/// R176: what the newest review said of every case.
pub(super) const REVIEWS: Entry = Entry {
    id: "reviews",
    name: ("查勘定损审核表", "Reviews of surveys"),
    area: Area::Quality,
    right: Right::ReadCases,
    sources: &["R176"],
    make: Make::Derived(reviews),
};

fn reviews(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let sheets = tx.sheets(wanted(ask, Only::Reviewed))?;
    let rows = sheets.into_iter().map(|(sheet, desk)| {
        let cells = vec![
            text(&desk.surveyor),
            text(&desk.place),
            text(sheet.damage),
            fen(sheet.assessed),
            text(sheet.opinion),
        ];
        of_case(&desk, cells)
    });
    Ok(table(&REVIEWS, REVIEW_COLUMNS, rows.collect()))
}

const ARCHIVE_COLUMNS: &[Heading] = &[
    ("name", "资料名称", "What"),
    ("archived", "归档时间", "Archived at"),
    ("kept", "保管方式", "How it is kept"),
    ("found", "查询方式", "How it is found"),
];

/// R313: closed cases, kept here; papers stand in their own register (`paper_archive`).
pub(super) const ARCHIVE: Entry = Entry {
    id: "archive",
    name: ("归档资料表（电子案卷）", "Archive, electronic files"),
    area: Area::Quality,
    right: Right::ReadCases,
    sources: &["R313"],
    make: Make::Derived(archive),
};

fn archive(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let sheets = tx.sheets(wanted(ask, Only::Closed))?;
    let rows = sheets.into_iter().map(|(sheet, desk)| {
        let year = crate::register::day_of(sheet.received);
        let year: String = year.chars().take(4).collect();
        let cells = vec![
            Cell::Words(Words::new(
                format!("理赔案卷 {}（{year}年）", desk.number),
                format!("Claim file {} ({year})", desk.number),
            )),
            time(sheet.closed),
            Cell::Words(Words::new(
                "电子：加密存储，信封签名链完整",
                "electronic: encrypted, in a signed chain",
            )),
            Cell::Words(Words::new(
                format!("按案号 {}、年份、合同类别查询", desk.number),
                format!("by number {}, year and contract", desk.number),
            )),
        ];
        of_case(&desk, cells)
    });
    Ok(table(&ARCHIVE, ARCHIVE_COLUMNS, rows.collect()))
}

const COMPLIANCE_COLUMNS: &[Heading] = &[
    ("number", "案号", "Case"),
    ("report", "报案登记表格", "Report"),
    ("survey", "查勘定损报告", "Survey report, signed"),
    ("review", "理赔审核记录", "Review"),
    ("payment", "赔款支付凭证", "Payment"),
    ("all", "是否齐全", "All there"),
];

/// R352: whether the papers of every step are there and approved.
pub(super) const COMPLIANCE: Entry = Entry {
    id: "compliance",
    name: ("流程合规检查表", "Process compliance"),
    area: Area::Quality,
    right: Right::ReadCases,
    sources: &["R352"],
    make: Make::Derived(compliance),
};

fn compliance(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let sheets = tx.sheets(wanted(ask, Only::All))?;
    let rows = sheets.into_iter().map(|(sheet, desk)| {
        let is_signed = desk.surveyed && desk.signature == "valid";
        let there = [
            sheet.lacking == 0,
            is_signed,
            sheet.decided.is_some(),
            sheet.paid_at.is_some(),
        ];
        of_case(&desk, yes_cells(&desk, &there))
    });
    Ok(table(&COMPLIANCE, COMPLIANCE_COLUMNS, rows.collect()))
}

const COMPLETENESS_COLUMNS: &[Heading] = &[
    ("number", "案号", "Case"),
    ("report", "报案记录", "Report"),
    ("survey", "查勘记录", "Survey"),
    ("claim", "理赔记录", "Claim"),
    ("callback", "回访记录", "Callback"),
    ("all", "是否完整", "Complete"),
];

/// R357: whether the records of every step are there.
pub(super) const COMPLETENESS: Entry = Entry {
    id: "completeness",
    name: ("记录完整性检查表", "Completeness of records"),
    area: Area::Quality,
    right: Right::ReadCases,
    sources: &["R357"],
    make: Make::Derived(completeness),
};

fn completeness(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let sheets = tx.sheets(wanted(ask, Only::All))?;
    let rows = sheets.into_iter().map(|(sheet, desk)| {
        let [.., callback] = sheet.steps;
        let there = [
            !sheet.situation.is_empty(),
            desk.surveyed,
            sheet.decided.is_some(),
            callback.done.is_some(),
        ];
        of_case(&desk, yes_cells(&desk, &there))
    });
    Ok(table(&COMPLETENESS, COMPLETENESS_COLUMNS, rows.collect()))
}

/// The number, each answer, and whether all are yes.
fn yes_cells(desk: &DeskRow, there: &[bool]) -> Vec<Cell> {
    let mut cells = vec![Cell::Text(desk.number.clone())];
    cells.extend(there.iter().map(|one| Cell::Yes(*one)));
    cells.push(Cell::Yes(there.iter().all(|one| *one)));
    cells
}

const fn of_case(desk: &DeskRow, cells: Vec<Cell>) -> Row {
    Row {
        cells,
        case: Some(desk.case),
    }
}
