//! What happens to a world from outside: users' acts, faults, the office. All of it follows from
//! the seed and is known beforehand, so that a failing script can be shortened.

use super::stage::PARTS;
use crate::kill::chance::Chance;

/// Something a user does at a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Report,
    Edit,
    Line,
    Note,
    Payee,
    Withdraw,
    Settle,
    Photo,
    Sign,
    Refuse,
    Witness,
    TakeBack,
    Sync,
    /// A broken app writes an envelope whose body is nothing.
    Nonsense,
    /// A hostile app writes money that its user may not touch.
    Trespass,
}

/// Something that happens to a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Kill,
    LinkDown,
    LinkUp,
    OtherNetwork,
    Middlebox,
    DiskFull,
    DiskFree,
    ClockJump,
    KeepCopy,
    Restore,
    OldApp,
    NewApp,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Act(usize, Act),
    Fault(usize, Fault),
    Office,
    HubRestart,
    Carry { from: usize, to: usize },
    Revoke(usize),
}

/// One thing that happens at its time, with dice of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stimulus {
    pub(super) at: u64,
    pub(super) what: What,
    pub(super) dice: u64,
}

/// What kind of world it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) seed: u64,
    /// Which parts of the stage play.
    pub(super) phones: Vec<usize>,
    /// Whether a phone that gave its writing away may be restored to before that: then streams
    /// fork, and what forked never agrees again.
    pub(super) forks: bool,
    pub(super) stimuli: Vec<Stimulus>,
}

const ACTS: &[(Act, u64)] = &[
    (Act::Report, 2),
    (Act::Edit, 7),
    (Act::Line, 5),
    (Act::Note, 2),
    (Act::Payee, 1),
    (Act::Withdraw, 1),
    (Act::Settle, 2),
    (Act::Photo, 3),
    (Act::Sign, 4),
    (Act::Refuse, 1),
    (Act::Witness, 1),
    (Act::TakeBack, 1),
    (Act::Sync, 4),
];

/// Faults that come together: what breaks and what mends it.
const FAULTS: &[&[Fault]] = &[
    &[Fault::Kill],
    &[Fault::LinkDown, Fault::LinkUp, Fault::LinkUp],
    &[Fault::OtherNetwork],
    &[Fault::Middlebox],
    &[Fault::DiskFull, Fault::DiskFree],
    &[Fault::ClockJump],
    &[Fault::KeepCopy, Fault::Restore, Fault::LinkUp],
    &[Fault::OldApp, Fault::NewApp],
];

/// Stimuli of one world.
const LENGTH: u64 = 50;

impl Script {
    /// The script of a seed. Each world has only some kinds of faults, so that none hides another.
    pub(super) fn of(seed: u64) -> Self {
        let mut chance = Chance::of(seed ^ 0x5EED_0F50_1D1E_5000);
        let count = 2 + chance.below(4);
        let mut phones: Vec<usize> = (0..PARTS.len()).collect();
        while phones.len() as u64 > count {
            let at = index(&mut chance, phones.len());
            phones.remove(at);
        }
        let carries = chance.below(4) == 0;
        // Carrying is rarer than this between phones of two villages.
        let forks = carries && chance.below(2) == 0;
        let hostile = !carries && chance.below(4) == 0;
        let revokes = !carries && chance.below(4) == 0;
        let mut faults: Vec<Fault> = Vec::new();
        for together in FAULTS {
            let restores = together.contains(&Fault::Restore);
            let fits = !restores || !carries || forks;
            if (chance.below(2) == 0 && fits) || (restores && forks) {
                faults.extend(*together);
            }
        }
        let pace = *chance.pick(&[2_000, 15_000, 60_000, 240_000]);
        let mut at = 0;
        let mut stimuli = Vec::new();
        let mut revoked = false;
        for _ in 0..LENGTH {
            at += chance.below(pace);
            let phone = index(&mut chance, phones.len());
            let roll = chance.below(100);
            let what = match roll {
                0..=5 if carries && phones.len() > 1 => {
                    let to = (phone + 1 + index(&mut chance, phones.len() - 1)) % phones.len();
                    What::Carry { from: phone, to }
                }
                6 => What::HubRestart,
                7..=11 => What::Office,
                12 if revokes && !revoked => {
                    revoked = true;
                    What::Revoke(phone)
                }
                13..=36 if !faults.is_empty() => What::Fault(phone, *chance.pick(&faults)),
                _ => What::Act(phone, pick_act(&mut chance)),
            };
            let dice = chance.below(u64::MAX);
            let what = match (what, dice % 12) {
                (What::Act(phone, _), 0) if hostile => What::Act(phone, Act::Nonsense),
                (What::Act(phone, _), 1) if hostile => What::Act(phone, Act::Trespass),
                (what, _) => what,
            };
            stimuli.push(Stimulus { at, what, dice });
        }
        Self {
            seed,
            phones,
            forks,
            stimuli,
        }
    }
}

/// A place in something that has so many.
pub(super) fn index(chance: &mut Chance, len: usize) -> usize {
    usize::try_from(chance.below(len as u64)).expect("small")
}

fn pick_act(chance: &mut Chance) -> Act {
    let all: u64 = ACTS.iter().map(|(_, weight)| weight).sum();
    let mut roll = chance.below(all);
    for (act, weight) in ACTS {
        if roll < *weight {
            return *act;
        }
        roll -= weight;
    }
    Act::Edit
}
