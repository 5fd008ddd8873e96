//! Cases that nobody has to visit: which they are, by which rules, and which are looked at again.
//!
//! What the contract says comes from the rules and is kept as a projection; a sample is a pure
//! function of the cases, the share and the seed, so anybody can draw it again (R199).
//!
//! Refuses: to waive a visit. The contract does, or head office with its reason (R198).

use lossbook_core::app::Judged;
use lossbook_core::domain::{CaseId, Digest, WallMs};
use lossbook_core::rules::{Criterion, Handling, Names, NoSurveyAnswer, Pack};
use lossbook_core::store::StoreError;

use crate::catalogue::{Area, Ask, Entry, Make};
use crate::meta::{DeskRow, MetaStore, MetaTx, OfficeUser, WaiverPart, WaiverRow, in_tx};
use crate::refusal::Refusal;
use crate::register::no_survey::{CHECKS, DRAWS};
use crate::register::{Proposed, Said, add_in, end_of, start_of, value_of};
use crate::role::Right;
use crate::table::{Cell, Column, Row, Table, Words};

/// The pack's setting of the share that is looked at again.
const SHARE: &str = "no_survey_sample_share";
/// A seed that somebody can read out.
const MAX_SEED_CHARS: usize = 60;

/// Tables of this desk.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        id: "no_survey_cases",
        name: ("免查勘判断", "Whether a visit is needed"),
        area: Area::Quality,
        right: Right::ReadCases,
        sources: &["R191", "R196", "R199"],
        make: Make::Derived(cases),
    },
    Entry {
        id: "no_survey_rules",
        name: ("免查勘规则", "No-survey rules"),
        area: Area::Quality,
        right: Right::ReadCases,
        sources: &["R195"],
        make: Make::Derived(rules),
    },
];

/// The word of an answer, Chinese and English.
const ANSWERS: [(&str, &str, &str); 4] = [
    ("yes", "免查勘", "No visit needed"),
    ("no", "须查勘", "A visit is needed"),
    ("suspended", "暂缓", "Suspended"),
    ("head_office", "由总部认定", "Head office decides"),
];

const fn word(answer: NoSurveyAnswer) -> &'static str {
    match answer {
        NoSurveyAnswer::Yes => "yes",
        NoSurveyAnswer::No => "no",
        NoSurveyAnswer::Suspended => "suspended",
        NoSurveyAnswer::HeadOffice => "head_office",
    }
}

/// What the contract says about a visit, if it says anything.
pub(crate) fn waiver(contract: Option<&(Judged, Handling)>, desk: &DeskRow) -> Option<WaiverRow> {
    let (judged, _) = contract?;
    let result = judged.assessment.no_survey.as_ref()?;
    let zh: Vec<&str> = result
        .basis
        .iter()
        .map(|reason| reason.zh.as_str())
        .collect();
    let en: Vec<&str> = result
        .basis
        .iter()
        .map(|reason| reason.en.as_str())
        .collect();
    Some(WaiverRow {
        case: desk.case,
        scope: desk.scope,
        contract: judged.assessment.service_pack.id.clone(),
        answer: word(result.answer).to_owned(),
        zh: zh.join("；"),
        en: en.join("; "),
        version: result.version.clone(),
        reported: desk.reported,
    })
}

fn cases(tx: &dyn MetaTx, ask: &Ask<'_>) -> Result<Table, StoreError> {
    let rows = tx.waivers(WaiverPart {
        answer: None,
        contract: None,
        scopes: ask.scopes,
        case: ask.case,
        from: ask.from,
        to: ask.to,
        skip: ask.skipped(),
        limit: ask.limit,
    })?;
    let answer = |word: &str| {
        let mut known = ANSWERS.iter();
        let found = known.find(|(known, _, _)| *known == word);
        found.map_or(Cell::Blank, |(_, zh, en)| Cell::Words(Words::new(*zh, *en)))
    };
    let basis = |row: &WaiverRow| match row.zh.is_empty() {
        true => Cell::Blank,
        false => Cell::Words(Words::new(row.zh.as_str(), row.en.as_str())),
    };
    Ok(Table {
        id: "no_survey_cases",
        title: Words::new("免查勘判断", "Whether a visit is needed"),
        sources: &["R191", "R196", "R199"],
        columns: vec![
            Column::new("reported", "报案时间", "Reported"),
            Column::new("answer", "判断结果", "Answer"),
            Column::new("basis", "判断依据", "Basis"),
            Column::new("contract", "合同", "Contract"),
            Column::new("version", "规则版本", "Version"),
        ],
        rows: rows
            .iter()
            .map(|row| Row {
                cells: vec![
                    Cell::Time(row.reported),
                    answer(&row.answer),
                    basis(row),
                    Cell::Text(row.contract.clone()),
                    Cell::Text(row.version.clone()),
                ],
                case: Some(row.case),
            })
            .collect(),
    })
}

/// The rules in force with the day from which they hold, as they are published.
fn rules(tx: &dyn MetaTx, _ask: &Ask<'_>) -> Result<Table, StoreError> {
    let packs = tx.packs()?;
    Ok(Table {
        id: "no_survey_rules",
        title: Words::new("免查勘规则", "No-survey rules"),
        sources: &["R195"],
        columns: vec![
            Column::new("contract", "合同", "Contract"),
            Column::new("version", "规则版本", "Version"),
            Column::new("effective", "生效日期", "In force from"),
            Column::new("answer", "结果", "Answer"),
            Column::new("rule", "类型", "Kind of case"),
            Column::new("source", "出处", "Source"),
        ],
        rows: packs.all().iter().flat_map(rules_of).collect(),
    })
}

fn rules_of(pack: &Pack) -> Vec<Row> {
    let Some(rules) = &pack.handling.no_survey else {
        return Vec::new();
    };
    let lists = [
        ("yes", &rules.criteria),
        ("suspended", &rules.suspend),
        ("head_office", &rules.refer),
    ];
    let all = lists
        .into_iter()
        .flat_map(|(answer, list)| list.iter().map(move |rule| (answer, rule)));
    all.map(|(answer, rule)| rule_row(pack, answer, rule))
        .collect()
}

fn rule_row(pack: &Pack, answer: &str, rule: &Criterion) -> Row {
    let Names { zh, en } = &pack.title;
    let mut known = ANSWERS.iter();
    let found = known.find(|(word, _, _)| *word == answer);
    let answer = found.map_or(Cell::Blank, |(_, zh, en)| Cell::Words(Words::new(*zh, *en)));
    Row {
        cells: vec![
            Cell::Words(Words::new(zh.as_str(), en.as_str())),
            Cell::Text(pack.version.clone()),
            Cell::Day(pack.effective.from.date().to_string()),
            answer,
            Cell::Words(Words::new(
                rule.rule.names.zh.as_str(),
                rule.rule.names.en.as_str(),
            )),
            Cell::Text(rule.rule.source.clone()),
        ],
        case: None,
    }
}

/// A case goes to the shop only if nobody has to visit it.
pub(crate) fn check_handover(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    let rows = tx.waivers(WaiverPart {
        answer: None,
        contract: None,
        scopes: &[],
        case: new.row.case,
        from: None,
        to: None,
        skip: 0,
        limit: 1,
    })?;
    let answer = rows.first().map_or("", |row| row.answer.as_str());
    match answer {
        "yes" => Ok(None),
        "head_office" if !new.value("basis").is_empty() => Ok(None),
        "head_office" => {
            let detail = "合同未列明，须写明总部认定依据（basis） / the contract does not list this kind: say why head office waives the visit (basis)";
            Ok(Some(Refusal::new(400, "FIELD_REQUIRED", detail)))
        }
        _ => {
            let detail =
                "本案须现场查勘，不能按免查勘移交 / a visit is needed: this is no no-survey case";
            Ok(Some(Refusal::new(409, "VISIT_NEEDED", detail)))
        }
    }
}

/// What somebody wants to draw.
#[derive(Debug, Clone, Default)]
pub struct NewDraw {
    /// The contract.
    pub contract: String,
    /// Reported from this day on.
    pub from: String,
    /// Reported until this day, with it.
    pub to: String,
    /// Percent; empty for the contract's own.
    pub share: String,
    /// What the order is made from.
    pub seed: String,
    /// Why this share; needed unless it is the contract's.
    pub reason: String,
}

/// Some of the cases, in an order that only the seed decides.
pub fn sample(cases: &[CaseId], (seed, percent): (&str, u64)) -> Vec<CaseId> {
    let key = |case: &CaseId| {
        Digest::labelled("lossbook/hub/sample", &[seed.as_bytes(), case.as_bytes()])
    };
    let mut ordered: Vec<(Digest, CaseId)> = cases.iter().map(|case| (key(case), *case)).collect();
    ordered.sort_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
    let all = u64::try_from(cases.len()).unwrap_or(u64::MAX);
    let wanted = all.saturating_mul(percent.min(100)).div_ceil(100);
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    ordered
        .into_iter()
        .take(wanted)
        .map(|(_, case)| case)
        .collect()
}

/// Cases of a contract that nobody had to visit, reported in a stretch of days.
fn pool(
    tx: &dyn MetaTx,
    user: &OfficeUser,
    (contract, from, to): (&str, &str, &str),
) -> Result<Vec<CaseId>, StoreError> {
    let rows = tx.waivers(WaiverPart {
        answer: Some("yes"),
        contract: Some(contract),
        scopes: &user.scopes,
        case: None,
        from: start_of(from),
        to: end_of(to),
        skip: 0,
        limit: u32::MAX,
    })?;
    Ok(rows.into_iter().map(|row| row.case).collect())
}

/// The share that the contract states, in whole percent, with its source.
fn stated_share(tx: &dyn MetaTx, contract: &str) -> Result<Option<(u64, String)>, StoreError> {
    let packs = tx.packs()?;
    let all = packs.all().iter().filter(|pack| pack.id == contract);
    let mut settings = all.flat_map(|pack| &pack.handling.settings);
    let found = settings.find(|setting| setting.rule.id == SHARE);
    Ok(found.and_then(|setting| {
        let percent = setting.value.as_ref()?.strip_suffix('%')?.parse().ok()?;
        Some((percent, setting.rule.source.clone()))
    }))
}

/// Draws a sample and writes a row for each case in it, to be looked at again.
///
/// # Errors
/// `NO_SHARE` if neither contract nor person says how many; `NO_REASON`, `BAD_SHARE`, `BAD_SEED`;
/// as [`crate::register::add`].
pub fn draw(
    store: &dyn MetaStore,
    writer: (&OfficeUser, WallMs),
    new: &NewDraw,
) -> Result<Vec<CaseId>, Refusal> {
    in_tx(store, |tx| {
        let (percent, basis) = match share_of(stated_share(tx, &new.contract)?, new) {
            Ok(share) => share,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let stretch = (new.contract.as_str(), new.from.as_str(), new.to.as_str());
        let pool = pool(tx, writer.0, stretch)?;
        let drawn = sample(&pool, (&new.seed, percent));
        let values = [
            ("contract", new.contract.clone()),
            ("from", new.from.clone()),
            ("to", new.to.clone()),
            ("share", percent.to_string()),
            ("seed", new.seed.clone()),
            ("pool", pool.len().to_string()),
            ("drawn", drawn.len().to_string()),
            ("basis", basis),
        ];
        let row = match add_in(tx, &DRAWS, writer, &said(None, values))? {
            Ok(row) => row,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let number = value_of(&row, "number");
        for case in &drawn {
            let one = said(Some(*case), [("draw", number.to_owned())]);
            if let Err(refusal) = add_in(tx, &CHECKS, writer, &one)? {
                return Ok(Err(refusal));
            }
        }
        Ok(Ok(drawn))
    })?
}

fn said(case: Option<CaseId>, values: impl IntoIterator<Item = (&'static str, String)>) -> Said {
    let values = values.into_iter();
    Said {
        case: case.map(|case| case.to_string()),
        values: values.map(|(id, text)| (id.to_owned(), text)).collect(),
        ..Said::default()
    }
}

/// The share in percent and why: the contract's, or a person's with a reason.
fn share_of(stated: Option<(u64, String)>, new: &NewDraw) -> Result<(u64, String), Refusal> {
    let seed = new.seed.trim();
    if seed.is_empty() || seed.chars().count() > MAX_SEED_CHARS {
        let detail = "须写明随机种子，不超过 60 字 / a seed of at most 60 characters is needed";
        return Err(Refusal::new(400, "BAD_SEED", detail));
    }
    let given = new.share.trim();
    if given.is_empty() {
        let none = || {
            let detail = "合同未给抽样比例，请填写比例和理由 / the contract leaves the share blank: give one with a reason";
            Refusal::new(400, "NO_SHARE", detail)
        };
        return stated.ok_or_else(none);
    }
    let percent = given.parse().ok().filter(|share| (1..=100).contains(share));
    let Some(percent) = percent else {
        let detail = "抽样比例须为 1 到 100 的整数 / the share is a whole number from 1 to 100";
        return Err(Refusal::new(400, "BAD_SHARE", detail));
    };
    if new.reason.trim().chars().count() < 2 {
        let detail = "自定比例须写明理由 / a share of your own needs a reason";
        return Err(Refusal::new(400, "NO_REASON", detail));
    }
    Ok((percent, new.reason.trim().to_owned()))
}

/// A draw says what its seed says; afterwards nothing of it changes.
pub(crate) fn check_draw(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    if new.before.is_some() {
        let detail = "抽样不可更正，只能作废 / a sample is not corrected: strike it out";
        let is_struck = new.row.struck;
        return Ok((!is_struck).then(|| Refusal::new(409, "DRAW_FIXED", detail)));
    }
    let stretch = (new.value("contract"), new.value("from"), new.value("to"));
    let pool = pool(tx, new.user, stretch)?;
    let percent: u64 = new.value("share").parse().unwrap_or(0);
    let drawn = sample(&pool, (new.value("seed"), percent));
    let is_so = |field: &str, count: usize| new.value(field) == count.to_string();
    if is_so("pool", pool.len()) && is_so("drawn", drawn.len()) {
        return Ok(None);
    }
    let detail = format!(
        "与种子抽出的结果不符：应为可抽 {}、抽中 {} / the seed draws {} of {}",
        pool.len(),
        drawn.len(),
        drawn.len(),
        pool.len()
    );
    Ok(Some(Refusal::new(409, "DRAW_DIFFERS", detail)))
}

/// Who finds something says what, when and who looked; nobody looks at their own survey again.
pub(crate) fn check_verdict(
    tx: &dyn MetaTx,
    new: &Proposed<'_>,
) -> Result<Option<Refusal>, StoreError> {
    let answers = ["inflated", "over_repair", "fraud"].map(|id| new.value(id));
    if answers.iter().all(|answer| answer.is_empty()) {
        return Ok(None);
    }
    let mut needed = vec!["inflated", "over_repair", "fraud", "checker", "checked"];
    if answers.contains(&"yes") {
        needed.push("opinion");
    }
    needed.retain(|id| new.value(id).is_empty());
    if !needed.is_empty() {
        let detail = format!(
            "抽查结果还须填写 / the finding also needs these columns: {}",
            needed.join(", ")
        );
        return Ok(Some(Refusal::new(400, "FIELD_REQUIRED", detail)));
    }
    let surveyor = match new.row.case {
        Some(case) => tx.desk_row(case)?.map(|row| row.surveyor),
        None => None,
    };
    if surveyor.is_some_and(|surveyor| surveyor == new.value("checker")) {
        let detail = "抽查人不能是本案查勘人员 / nobody checks their own case";
        return Ok(Some(Refusal::new(409, "OWN_WORK", detail)));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> Vec<CaseId> {
        (0_u8..100).map(|n| CaseId::from_bytes([n; 16])).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_cases_in_any_order() {
        let mut turned = cases();
        turned.reverse();
        assert_eq!(sample(&cases(), ("甲", 10)), sample(&turned, ("甲", 10)));
    }

    #[test]
    fn another_seed_draws_other_cases() {
        assert_ne!(sample(&cases(), ("甲", 10)), sample(&cases(), ("乙", 10)));
    }

    #[test]
    fn a_share_of_a_few_cases_is_rounded_up() {
        assert_eq!(sample(&cases(), ("甲", 10)).len(), 10);
        assert_eq!(sample(&cases()[..7], ("甲", 10)).len(), 1);
        assert_eq!(sample(&[], ("甲", 10)).len(), 0);
    }

    #[test]
    fn a_share_of_ones_own_needs_a_reason() {
        let new = NewDraw {
            seed: "甲".to_owned(),
            share: "10".to_owned(),
            ..NewDraw::default()
        };
        assert_eq!(share_of(None, &new).unwrap_err().code, "NO_REASON");
    }

    #[test]
    fn a_blank_share_stays_blank() {
        let new = NewDraw {
            seed: "甲".to_owned(),
            ..NewDraw::default()
        };
        assert_eq!(share_of(None, &new).unwrap_err().code, "NO_SHARE");
        let stated = Some((5, "set by the insurer".to_owned()));
        assert_eq!(share_of(stated, &new).unwrap().0, 5);
    }
}
