//! Words behind the question mark, and lists that are read on with a cursor.

use std::collections::BTreeMap;

use lossbook_core::domain::{CaseId, WallMs};
use serde::Serialize;
use utoipa::ToSchema;

use crate::hub::Hub;
use crate::meta::{OfficeUser, look};
use crate::office::{self, CaseSummary, check_right, summary};
use crate::refusal::Refusal;
use crate::role::Right;
use crate::sight::Sight;

/// Entries of a page if nothing is said.
const USUAL: u32 = 50;
/// Most entries of a page.
const MOST: u32 = 200;
const MAX_TEXT_BYTES: usize = 200;
/// Cases read at a time.
const BATCH: u32 = 100;

/// The parameters of an address; each name once, and none that is unknown.
pub(super) struct Asked(BTreeMap<String, String>);

fn bad(name: &str, zh: &str, en: &str) -> Refusal {
    Refusal::new(
        400,
        "BAD_PARAMETER",
        format!("参数 {name}：{zh} / parameter {name}: {en}"),
    )
}

impl Asked {
    pub(super) fn parse(query: Option<&str>, known: &[&str]) -> Result<Self, Refusal> {
        let mut asked = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !known.contains(&name.as_ref()) {
                return Err(bad("?", "不认识的参数", "one of them is not known"));
            }
            if asked.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(bad(&name, "重复", "is given twice"));
            }
        }
        Ok(Self(asked))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn limit(&self) -> Result<u32, Refusal> {
        let Some(text) = self.text("limit") else {
            return Ok(USUAL);
        };
        let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        limit.ok_or_else(|| bad("limit", "应为 1 至 200", "is a number from 1 to 200"))
    }

    /// How many rows were read before.
    pub(super) fn rows(&self) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text("cursor") else {
            return Ok(None);
        };
        let rows: Option<u32> = text.parse().ok();
        match rows {
            Some(_) => Ok(Some(text.to_owned())),
            None => Err(bad("cursor", "无效", "is not one of ours")),
        }
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<WallMs>, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let ms = text
            .parse()
            .map_err(|_no_number: std::num::ParseIntError| {
                bad(
                    name,
                    "应为 1970 年以来的毫秒数",
                    "is a number of milliseconds since 1970",
                )
            })?;
        Ok(Some(WallMs(ms)))
    }
}

/// A page of cases.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct CasePage {
    /// Cases, in the order in which they were reported.
    cases: Vec<CaseSummary>,
    /// What the next page is asked for with; nothing at the end.
    next: Option<String>,
}

/// Cases that a program may read: all in order, or those that hold some words.
pub(super) fn cases(hub: &Hub, user: &OfficeUser, asked: &Asked) -> Result<CasePage, Refusal> {
    check_right(user, Right::ReadCases)?;
    let limit = asked.limit()?;
    if let Some(text) = asked.text("q").filter(|text| !text.is_empty()) {
        if text.len() > MAX_TEXT_BYTES {
            return Err(bad("q", "过长", "is too long"));
        }
        let mut cases = office::cases_of(hub.looking(), user, (Some(text), 0))?;
        cases.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        return Ok(CasePage { cases, next: None });
    }
    let after = match asked.text("cursor") {
        None => None,
        Some(text) => Some(
            text.parse::<CaseId>()
                .map_err(|_unknown| bad("cursor", "无效", "is not one of ours"))?,
        ),
    };
    in_order(hub, user, (after, limit))
}

fn in_order(
    hub: &Hub,
    user: &OfficeUser,
    (mut after, limit): (Option<CaseId>, u32),
) -> Result<CasePage, Refusal> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(look(hub.looking(), |tx| {
        let (sight, mut cases) = (Sight::of(tx, user)?, Vec::new());
        loop {
            let some = tx.cases_after(after, BATCH)?;
            for case in &some {
                if cases.len() == limit {
                    return Ok(CasePage {
                        cases,
                        next: after.map(|case| case.to_string()),
                    });
                }
                after = Some(*case);
                let row = tx.case_named(&case.to_string())?;
                if let Some(row) = row.filter(|row| user.sees(row.scope)) {
                    cases.push(sight.summary(summary(tx, &row)?));
                }
            }
            if some.is_empty() {
                return Ok(CasePage { cases, next: None });
            }
        }
    })?)
}
