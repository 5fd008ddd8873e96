//! Random histories of one case on two to eight phones, through the real gate, beside a simple
//! model: nothing that was ever written is lost, everybody reads the same, and every signature is
//! in the state that the model says.
//!
//! Each world is a case on some phones that write fields, add, withdraw and settle rows, edit text,
//! sign, are copied back to an earlier state (and go on in a new epoch), and exchange envelopes in
//! any order, more than once, or only in part. Half of the phones may write as an older app did.
//! `LOSSBOOK_MERGE_STEPS` sets how many steps (50,000); `LOSSBOOK_SEED` repeats a run.

mod ledger;
pub(crate) mod phone;

use std::collections::{BTreeMap, BTreeSet};

use lossbook_core::domain::Digest;
use lossbook_core::record::CaseRecord;
use lossbook_core::statement::{Act, BindingFields, SignatureState, signature_state};
use phone::{Phone, Written};
use serde_json::json;

use crate::kill::chance::Chance;

const STEPS: u64 = 50_000;
/// Steps of one world, after which everybody meets and all is compared.
const WORLD_STEPS: u64 = 120;

/// What the run did, for the record.
#[derive(Debug, Default)]
struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    fn add(&mut self, what: &'static str, more: u64) {
        *self.0.entry(what).or_default() += more;
    }
}

#[test]
fn merge_of_random_histories_loses_nothing_and_reads_alike_everywhere() {
    let steps: u64 = std::env::var("LOSSBOOK_MERGE_STEPS")
        .map_or(STEPS, |text| text.parse().expect("a number of steps"));
    let (mut chance, seed) = Chance::from_env();
    println!("LOSSBOOK_SEED={seed} repeats this run");
    let mut counts = Counts::default();
    let mut done = 0;
    while done < steps {
        let here = WORLD_STEPS.min(steps - done);
        World::new(&mut chance).live(here, &mut chance, &mut counts);
        done += here;
        counts.add("worlds", 1);
    }
    counts.add("steps", done);
    counts.add("seed", seed);
    println!("COUNT {}", json!(counts.0));
}

/// All phones, and the model: every value written, and every statement signed.
struct World {
    phones: Vec<Phone>,
    written: Vec<Written>,
    signed: BTreeMap<Digest, phone::Signed>,
}

impl World {
    fn new(chance: &mut Chance) -> Self {
        let count = 2 + chance.below(7);
        let mut phones: Vec<Phone> = (0..count)
            .map(|number| Phone::new(number, chance.below(4) == 0))
            .collect();
        let (first, others) = phones.split_first_mut().expect("at least two phones");
        let written = first.report();
        for other in others {
            other.take_from(first, u64::MAX, chance);
        }
        Self {
            phones,
            written,
            signed: BTreeMap::new(),
        }
    }

    fn live(mut self, steps: u64, chance: &mut Chance, counts: &mut Counts) {
        for _ in 0..steps {
            self.step(chance, counts);
        }
        self.meet(chance);
        self.compare(counts);
        self.agree(chance);
        self.compare(counts);
    }

    /// One phone settles everything and signs; all others hear of it and add remarks.
    fn agree(&mut self, chance: &mut Chance) {
        loop {
            let settled = self.phones[0].settle(chance);
            if settled.is_empty() {
                break;
            }
            self.written.extend(settled);
        }
        self.signed.extend(self.phones[0].sign());
        let remark = self.phones[0].remark();
        self.written.extend(remark);
        self.meet(chance);
    }

    fn step(&mut self, chance: &mut Chance, counts: &mut Counts) {
        let at = chance.below(self.phones.len() as u64);
        let at = usize::try_from(at).expect("a few phones");
        match chance.below(20) {
            0..=7 => {
                let edited = self.phones[at].edit(chance);
                counts.add("values written", edited.len() as u64);
                self.written.extend(edited);
            }
            8 => {
                let withdrawn = self.phones[at].withdraw(chance);
                counts.add("rows withdrawn", withdrawn.len() as u64);
                self.written.extend(withdrawn);
            }
            9 => {
                let settled = self.phones[at].settle(chance);
                counts.add("disputes settled", u64::from(!settled.is_empty()));
                self.written.extend(settled);
            }
            10 => {
                if let Some((id, signed)) = self.phones[at].sign() {
                    counts.add("signatures", 1);
                    self.signed.insert(id, signed);
                }
            }
            11 => {
                self.phones[at].keep_copy();
            }
            12 => {
                let lost = self.phones[at].restore();
                counts.add("restores", u64::from(lost.is_some()));
                if let Some(lost) = lost {
                    // What nobody else had got is gone with the old state; the model forgets it.
                    self.forget(at, &lost);
                }
            }
            _ => {
                let other = usize::try_from(chance.below(self.phones.len() as u64)).expect("few");
                if other != at {
                    let part = 1 + chance.below(6);
                    let (taker, giver) = pair(&mut self.phones, at, other);
                    let (taken, again) = taker.take_from(giver, part, chance);
                    counts.add("envelopes taken", taken);
                    counts.add("envelopes repeated", again);
                }
            }
        }
    }

    fn forget(&mut self, of: usize, lost: &BTreeSet<Digest>) {
        let elsewhere: BTreeSet<Digest> = self
            .phones
            .iter()
            .enumerate()
            .filter(|(number, _)| *number != of)
            .flat_map(|(_, phone)| phone.held())
            .collect();
        let gone = |id: &Digest| lost.contains(id) && !elsewhere.contains(id);
        self.written.retain(|one| !gone(&one.envelope));
        self.signed.retain(|id, _| !gone(id));
    }

    /// Everybody takes everything from everybody, until nothing is new.
    fn meet(&mut self, chance: &mut Chance) {
        loop {
            let mut fresh = 0;
            for taker in 0..self.phones.len() {
                for giver in (0..self.phones.len()).filter(|giver| *giver != taker) {
                    let (taker, giver) = pair(&mut self.phones, taker, giver);
                    fresh += taker.take_from(giver, u64::MAX, chance).0;
                }
            }
            if fresh == 0 {
                return;
            }
        }
    }

    fn compare(&mut self, counts: &mut Counts) {
        let (first, others) = self.phones.split_first_mut().expect("phones");
        assert_eq!(
            first.refused(),
            Vec::<String>::new(),
            "an honest envelope was refused"
        );
        let (heads, record) = (
            first.document.heads(),
            first.document.read().expect("a record"),
        );
        for other in others {
            assert_eq!(
                other.refused(),
                Vec::<String>::new(),
                "an honest envelope was refused"
            );
            assert_eq!(other.document.heads(), heads, "heads differ");
            assert_eq!(
                other.document.read().expect("a record"),
                record,
                "projections differ"
            );
            assert_eq!(other.acts(), first.acts(), "signatures differ");
        }
        let deeds = first.document.deeds().expect("a history");
        let past: BTreeMap<Digest, BTreeSet<(String, String)>> = deeds
            .iter()
            .map(|deed| {
                let writes = deed.writes.iter();
                let writes = writes.map(|one| (one.path.to_string(), one.after.to_string()));
                (deed.change, writes.collect())
            })
            .collect();
        // Where a restore destroyed the only copy of a change, what was built on it waits for ever:
        // kept whole as envelopes, outside the record.
        let parked = first.parked();
        let (parked, written): (Vec<&Written>, Vec<&Written>) = self
            .written
            .iter()
            .partition(|one| parked.contains(&one.envelope));
        counts.add("values whose past was lost", parked.len() as u64);
        for one in &written {
            let found = past
                .get(&one.change)
                .is_some_and(|writes| writes.contains(&(one.path.clone(), one.value.clone())));
            assert!(found, "lost: {one:?}");
        }
        counts.add("values found again", written.len() as u64);
        compare_signatures(self.signed.values(), &record, counts);
        counts.add("comparisons", self.phones.len() as u64);
    }
}

fn compare_signatures<'a>(
    signed: impl Iterator<Item = &'a phone::Signed>,
    record: &CaseRecord,
    counts: &mut Counts,
) {
    let now = BindingFields::of(record);
    for one in signed {
        let state = signature_state(Act::Signed, false, &one.freeze, &now);
        let expected = one.expected(record);
        assert_eq!(state.word(), expected, "{state:?}");
        counts.add(
            match state {
                SignatureState::Valid => "signatures valid",
                SignatureState::Superseded(_) => "signatures superseded",
                SignatureState::Contested(_) => "signatures contested",
                SignatureState::Revoked | SignatureState::Refused => "signatures revoked",
            },
            1,
        );
    }
}

fn pair(phones: &mut [Phone], taker: usize, giver: usize) -> (&mut Phone, &Phone) {
    if taker < giver {
        let (left, right) = phones.split_at_mut(giver);
        (&mut left[taker], &right[0])
    } else {
        let (left, right) = phones.split_at_mut(taker);
        (&mut right[0], &left[giver])
    }
}
