//! What is done: on a phone in the field, and at head office. Every act is one a person could do.

use std::time::Duration;

use lossbook_core::domain::Host as _;
use lossbook_core::record::Section;
use serde_json::{Value, json};

use super::cast::{Contract, VILLAGES};
use super::field::{Done, cause, change, phone_no, photograph, report, sign, survey};
use super::office::{decide, with_reason};
use super::plan::{Fate, Plan, Story};
use super::set::{Set, talk};
use crate::failure::Failure;

/// So many bytes pass upwards before the network is lost: words do, photos do not.
const WORDS_ONLY: u64 = 24_000;

/// An approval of one round.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    pub(super) case: usize,
    pub(super) round: u8,
}

/// One deed, about the case at a place of the plan.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Report(usize),
    Survey(usize),
    Sign(usize),
    Answer(usize),
    Change(usize),
    Assign(usize),
    Return(usize),
    Deny(usize),
    Approve(Round),
    Pay(usize),
    Close(usize),
}

impl Act {
    pub(super) const fn case(&self) -> usize {
        match self {
            Self::Report(case)
            | Self::Survey(case)
            | Self::Sign(case)
            | Self::Answer(case)
            | Self::Change(case)
            | Self::Assign(case)
            | Self::Return(case)
            | Self::Deny(case)
            | Self::Approve(Round { case, .. })
            | Self::Pay(case)
            | Self::Close(case) => *case,
        }
    }

    /// Whether it is done on a phone.
    pub(super) const fn is_field(&self) -> bool {
        matches!(
            self,
            Self::Report(_) | Self::Survey(_) | Self::Sign(_) | Self::Answer(_) | Self::Change(_)
        )
    }

    /// Does it on the phone of the case's village.
    pub(super) fn on_phone(&self, set: &mut Set, plan: &Plan) -> Done {
        let case = self.case();
        let Some(story) = plan.stories.get(case).copied() else {
            return Ok(());
        };
        let at = set.clock.now().wall.0;
        let number = if matches!(self, Self::Report(_)) {
            String::new()
        } else {
            set.number(case)?
        };
        let phone = set.phone_of(story.village)?;
        phone.is_ahead = true;
        let device = &phone.device;
        match self {
            Self::Report(_) => {
                let made = report(device, case, &story)?;
                let missing = (case + 1).saturating_sub(set.numbers.len());
                set.numbers.extend(std::iter::repeat_n(None, missing));
                if let Some(slot) = set.numbers.get_mut(case) {
                    *slot = Some(made);
                }
                Ok(())
            }
            Self::Survey(_) => survey(device, (case, &number), (&story, at)),
            Self::Sign(_) => sign(device, case, &number),
            Self::Answer(_) => {
                device.set_field(&number, "report.phone", &phone_no(case + 5_000))?;
                Ok(device.set_field(
                    &number,
                    "report.cause",
                    &cause(story.contract).replace("冰雹", "冰雹、大风"),
                )?)
            }
            Self::Change(_) => change(device, &number),
            Self::Assign(_)
            | Self::Return(_)
            | Self::Deny(_)
            | Self::Approve(_)
            | Self::Pay(_)
            | Self::Close(_) => Ok(()),
        }
    }

    /// Does it at head office; `false` if the office refused.
    pub(super) fn at_office(&self, set: &Set, plan: &Plan) -> Result<bool, Failure> {
        let case = self.case();
        let (Some(story), number) = (plan.stories.get(case), set.number(case)?) else {
            return Ok(false);
        };
        let surveyor = VILLAGES
            .get(story.village)
            .map_or("", |village| village.surveyor);
        let (role, body) = match self {
            Self::Assign(_) => (
                "dispatcher",
                json!({"action": "assign", "reason": format!("派查勘员 {surveyor}"), "surveyor": surveyor}),
            ),
            Self::Return(_) => (
                "reviewer",
                json!({"action": "return", "reason": "原因描述与照片不一致，联系电话打不通，请核实", "fields": ["report.cause", "report.phone"]}),
            ),
            Self::Deny(_) => (
                "reviewer",
                with_reason("deny", "查勘表明损坏早于保险期间，不属保险责任"),
            ),
            Self::Approve(Round { round, .. }) => {
                (approver(story.contract, *round), approval(*round))
            }
            Self::Pay(_) => ("finance", with_reason("pay", "已转账，回单号见财务系统")),
            Self::Close(_) => ("finance", with_reason("close", "赔款到账，回访满意")),
            Self::Report(_)
            | Self::Survey(_)
            | Self::Sign(_)
            | Self::Answer(_)
            | Self::Change(_) => return Ok(true),
        };
        decide(set.url(), &set.accounts, (role, &number), &body)
    }
}

fn approval(round: u8) -> Value {
    json!({"action": "approve", "round": round, "reason": "照片、清单与签字核对一致；所缺单证由村委会补送"})
}

const fn approver(contract: Contract, round: u8) -> &'static str {
    match (contract, round) {
        (Contract::Official, 1) => "claims_specialist",
        (Contract::Official, 2) => "review_supervisor",
        (Contract::Official, _) => "finance",
        (Contract::Housing | Contract::Sanitation | Contract::Aviation | Contract::Report, _) => {
            "reviewer"
        }
    }
}

/// In the first two villages two surveyors, apart, write different quantities on the same lines.
pub(super) fn disputes(set: &mut Set, plan: &Plan) -> Done {
    for phone in &mut set.phones {
        phone.is_ahead = phone.village < 2;
    }
    set.exchange()?;
    for village in 0..2 {
        let open = plan.stories.iter().enumerate().filter(|(_, story)| {
            story.village == village && matches!(story.fate, Fate::Surveyed | Fate::Signed)
        });
        for (case, story) in open.take(6) {
            let number = set.number(case)?;
            set.marked
                .entry("contested")
                .or_insert_with(|| json!(number));
            for (turn, phone) in (0_i64..).zip(
                set.phones
                    .iter_mut()
                    .filter(|phone| phone.village == village),
            ) {
                let view = phone.device.case(&number)?;
                let row = view
                    .standing
                    .record
                    .rows(Section::Lines)
                    .map(|(id, _)| id.to_string())
                    .next();
                if let Some(row) = row {
                    let quantity = (5 + story.dice % 30 + turn * 4).to_string();
                    phone
                        .device
                        .set_field(&number, &format!("lines.{row}.quantity"), &quantity)?;
                    phone.is_ahead = true;
                }
            }
        }
    }
    set.exchange()
}

/// In one village the network is gone before the photos of the last visits are through.
pub(super) fn photos_left_behind(set: &mut Set, plan: &Plan) -> Done {
    let is_open = |story: &Story| {
        let waits = matches!(story.fate, Fate::Signed | Fate::Surveyed | Fate::Returned);
        waits && story.contract == Contract::Housing && story.village >= 2
    };
    let Some(village) = plan.stories.iter().find(|story| is_open(story)) else {
        return Ok(());
    };
    let village = village.village;
    let open = plan.stories.iter().enumerate();
    let open = open.filter(|(_, story)| is_open(story) && story.village == village);
    let open: Vec<(usize, Story)> = open.map(|(case, story)| (case, *story)).take(5).collect();
    let at = set.clock.now().wall.0;
    for (case, story) in open {
        let number = set.number(case)?;
        set.marked
            .entry("photo_missing")
            .or_insert_with(|| json!(number));
        let device = &set.phone_of(village)?.device;
        photograph(device, (case, &number), (&story, 3), at)?;
        if matches!(story.fate, Fate::Signed) {
            sign(device, case, &number)?;
        }
    }
    let url = set.link.url.clone();
    set.link.window(WORDS_ONLY);
    // That it does not get through is the point.
    let _cut = talk(
        &set.phone_of(village)?.device,
        &url,
        Duration::from_millis(300),
    );
    set.link.good();
    Ok(())
}
