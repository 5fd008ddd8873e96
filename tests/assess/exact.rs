//! Deciding every disputed figure of a case, and looking whether its ranges held the outcome.

use lossbook_core::domain::MoneyRange;
use lossbook_core::domain::facts::{CaseFacts, Given, Line};
use lossbook_core::rules::Assessment;
use lossbook_tests::cases::Dice;

fn decide<T: Clone>(given: &mut Option<Given<T>>, dice: &mut Dice) {
    if let Some(some) = given {
        *given = dice.pick(some.all()).cloned().map(Given::Agreed);
    }
}

/// The same case with one of the figures of every disputed number; words stay disputed.
pub(crate) fn decided(facts: &CaseFacts, dice: &mut Dice) -> CaseFacts {
    let mut facts = facts.clone();
    for line in &mut facts.lines {
        let Line {
            quantity,
            unit_price,
            amount,
            grade,
            depreciation,
            salvage,
            ..
        } = line;
        decide(quantity, dice);
        decide(unit_price, dice);
        decide(amount, dice);
        decide(grade, dice);
        decide(depreciation, dice);
        decide(salvage, dice);
    }
    let came = facts.received.iter_mut().map(|entry| &mut entry.amount);
    let went = facts.rescue.iter_mut().map(|entry| &mut entry.amount);
    for amount in came.chain(went) {
        *amount = Given::Agreed(*dice.pick(amount.all()).unwrap());
    }
    if let Some(recovery) = &mut facts.recovery {
        decide(&mut recovery.share, dice);
    }
    facts
}

/// Every figure of the decided case that lies outside its range in the disputed one.
pub(crate) fn outside(disputed: &Assessment, decided: &Assessment) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |name: &str, range: Option<MoneyRange>, exact: Option<MoneyRange>| {
        let held = match (range, exact) {
            // What is not known excludes nothing.
            (None, _) => true,
            (Some(range), Some(exact)) => {
                exact.is_exact() && range.low <= exact.low && exact.high <= range.high
            }
            (Some(_), None) => false,
        };
        if !held {
            found.push(format!("{name}: {exact:?} outside {range:?}"));
        }
    };
    let (range, exact) = (&disputed.money, &decided.money);
    look("assessed", range.assessed, exact.assessed);
    look("excluded", Some(range.excluded), Some(exact.excluded));
    look("payable", range.payable, exact.payable);
    look("balance", range.balance, exact.balance);
    look("recovery", range.recovery, exact.recovery);
    for (wide, narrow) in disputed.lines.iter().zip(&decided.lines) {
        look(&wide.id, Some(wide.amount), Some(narrow.amount));
    }
    for (wide, narrow) in range.covers.iter().zip(&exact.covers) {
        look(&wide.cover, wide.payable, narrow.payable);
    }
    found
}
