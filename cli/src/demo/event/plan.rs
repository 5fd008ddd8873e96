//! Who suffers what when, and how far head office is: drawn from a seed, before anything is done.

use super::act::{Act, Round};
use super::cast::{Contract, VILLAGES};
use super::clock::DAYS;

const HOUR_MS: i64 = 60 * 60 * 1_000;
const SEED: u64 = 0x10_55_b0_0c;

/// How far a case gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Reported,
    Assigned,
    Surveyed,
    Signed,
    Returned,
    Answered,
    Denied,
    /// So many rounds passed.
    Passed(u8),
    Paid,
    Closed,
    /// Changed after it was approved.
    Changed,
}

/// One case of the event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Story {
    pub(super) village: usize,
    pub(super) contract: Contract,
    pub(super) fate: Fate,
    /// When it was reported.
    pub(super) at: i64,
    /// A number between 0 and 999 for sizes and places.
    pub(super) dice: i64,
}

/// Everything that will happen.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) stories: Vec<Story>,
    end: i64,
}

/// Numbers that look drawn and are not (`splitmix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }
}

impl Plan {
    /// An event of so many cases that ends now.
    pub(super) fn of(cases: usize, now: i64) -> Self {
        let mut dice = Dice(SEED);
        let whole: usize = VILLAGES.iter().map(|village| village.share).sum();
        let begin = now - DAYS * 24 * HOUR_MS;
        let mut stories = Vec::new();
        let mut counts: Vec<usize> = VILLAGES
            .iter()
            .map(|village| (cases * village.share / whole).max(1))
            .collect();
        // What rounding left over goes to the first village, or comes from it.
        let given: usize = counts.iter().sum();
        if let Some(first) = counts.first_mut() {
            *first = (*first + cases).saturating_sub(given).max(1);
        }
        for (at, (village, count)) in VILLAGES.iter().zip(counts).enumerate() {
            for _ in 0..count {
                let hours = i64::try_from(dice.roll(62)).unwrap_or(0);
                let minutes = i64::try_from(dice.roll(60)).unwrap_or(0);
                let thousand = i64::try_from(dice.roll(1_000)).unwrap_or(0);
                stories.push(Story {
                    village: at,
                    contract: village.contract,
                    fate: fate(village.contract, dice.roll(100), hours),
                    at: begin + hours * HOUR_MS + minutes * HOUR_MS / 60,
                    dice: thousand,
                });
            }
        }
        Self { stories, end: now }
    }

    /// Everything that is done, with when.
    pub(super) fn acts(&self) -> Vec<(i64, Act)> {
        let mut acts = Vec::new();
        for (case, story) in self.stories.iter().enumerate() {
            let hours = |hours: i64| (story.at + hours * HOUR_MS).min(self.end - 60_000);
            acts.push((story.at, Act::Report(case)));
            let steps = steps(case, story);
            for (at, act) in steps {
                acts.push((hours(at), act));
            }
        }
        acts
    }
}

/// Most cases wait somewhere; those reported last have not been visited.
fn fate(contract: Contract, roll: u64, hours: i64) -> Fate {
    if contract == Contract::Report {
        return if roll < 60 {
            Fate::Reported
        } else {
            Fate::Assigned
        };
    }
    if hours > 54 {
        return if roll < 55 {
            Fate::Reported
        } else {
            Fate::Assigned
        };
    }
    let is_in_rounds = contract == Contract::Official;
    match roll {
        0..8 => Fate::Reported,
        8..15 => Fate::Assigned,
        15..25 => Fate::Surveyed,
        25..45 => Fate::Signed,
        // Cases of three rounds shall wait in the first.
        45..57 if is_in_rounds => Fate::Signed,
        45..52 => Fate::Returned,
        52..57 => Fate::Answered,
        57..61 => Fate::Denied,
        61..66 => Fate::Changed,
        66..72 if is_in_rounds => Fate::Passed(1),
        72..80 if is_in_rounds => Fate::Passed(2),
        66..84 => Fate::Passed(if is_in_rounds { 3 } else { 1 }),
        84..93 => Fate::Paid,
        _ => Fate::Closed,
    }
}

/// What follows the report, in hours after it.
fn steps(case: usize, story: &Story) -> Vec<(i64, Act)> {
    let rounds = if story.contract == Contract::Official {
        3
    } else {
        1
    };
    let approve = |up_to: u8| {
        (1..=up_to).map(move |round| (17 + i64::from(round), Act::Approve(Round { case, round })))
    };
    let mut all = vec![(1, Act::Assign(case))];
    if matches!(story.fate, Fate::Reported) {
        return Vec::new();
    }
    if matches!(story.fate, Fate::Assigned) {
        return all;
    }
    all.push((5, Act::Survey(case)));
    if matches!(story.fate, Fate::Surveyed) {
        return all;
    }
    all.push((7, Act::Sign(case)));
    match story.fate {
        Fate::Reported | Fate::Assigned | Fate::Surveyed | Fate::Signed => {}
        Fate::Returned => all.push((14, Act::Return(case))),
        Fate::Answered => all.extend([(14, Act::Return(case)), (22, Act::Answer(case))]),
        Fate::Denied => all.push((18, Act::Deny(case))),
        Fate::Passed(up_to) => all.extend(approve(up_to)),
        Fate::Paid => {
            all.extend(approve(rounds));
            all.push((26, Act::Pay(case)));
        }
        Fate::Closed => {
            all.extend(approve(rounds));
            all.extend([(26, Act::Pay(case)), (32, Act::Close(case))]);
        }
        Fate::Changed => {
            all.extend(approve(rounds));
            all.push((30, Act::Change(case)));
        }
    }
    all
}
