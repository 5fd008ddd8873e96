//! A believable event for the console: reports, surveys, signatures and decisions of three days,
//! every one of them through the real intake: phones in folders write, exchange with a served hub
//! over HTTP, and people of the office decide over the office's JSON.
//!
//! The clocks of phones and hub are a stage's: they begin three days ago and end at the present, so
//! that some clocks ran out and some are about to. The same seed gives the same event; names,
//! plates and texts are plainly invented.

mod act;
mod cast;
mod clock;
mod field;
mod office;
mod plan;
mod set;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;

use serde_json::{Value, json};

use crate::failure::Failure;
use plan::Plan;
use set::Set;

/// How many cases the event has if nothing is said.
pub(super) const CASES: NonZeroUsize = NonZeroUsize::new(400).expect("more than none");
/// A slot of the event: phones write, then exchange, then the office decides.
const SLOT_MS: i64 = 6 * 60 * 60 * 1_000;

/// Fills a hub, prints the accounts once, and serves it until the process is told to stop.
///
/// # Errors
/// As the step that could not be done.
pub(super) fn serve(
    dir: &Path,
    (cases, listen): (usize, SocketAddr),
    print: &mut dyn FnMut(&str),
    json: bool,
) -> Result<(), Failure> {
    let mut set = Set::build(dir, listen)?;
    let plan = Plan::of(cases, set.clock.present());
    if !json {
        print("正在演练一次灾害事件… / playing an event through the real intake…");
    }
    let counted = play(&mut set, &plan, &mut |line| {
        if !json {
            print(line)
        }
    })?;
    set.clock.arrive();
    let told = announcement(&set, &counted);
    if json {
        print(&told.to_string());
    } else {
        print(&office::table(&set.accounts));
        print(&format!("console: {}/console\nCtrl-C ends it", set.url()));
    }
    set.serve_on();
    Ok(())
}

/// What was done.
#[derive(Debug, Default)]
struct Counted {
    acts: u64,
    refused: u64,
}

/// Plays the plan slot by slot.
fn play(set: &mut Set, plan: &Plan, print: &mut dyn FnMut(&str)) -> Result<Counted, Failure> {
    let mut counted = Counted::default();
    let mut acts = plan.acts();
    acts.sort_by_key(|(at, act)| (*at, act.case()));
    let slot = |at: i64| at.div_euclid(SLOT_MS);
    let mut rest = acts.as_slice();
    while let Some((first, _)) = rest.first() {
        let this = slot(*first);
        let end = rest.partition_point(|(at, _)| slot(*at) <= this);
        let (now, later) = rest.split_at(end);
        rest = later;
        let (field, desk): (Vec<_>, Vec<_>) =
            now.iter().copied().partition(|(_, act)| act.is_field());
        for (at, act) in field {
            set.clock.set_to(at);
            act.on_phone(set, plan)?;
            counted.acts += 1;
        }
        set.exchange()?;
        for (at, act) in desk {
            set.clock.set_to(at);
            counted.refused += u64::from(!act.at_office(set, plan)?);
            counted.acts += 1;
        }
        print(&format!("  {} / {}", acts.len() - rest.len(), acts.len()));
    }
    set.exchange()?;
    act::disputes(set, plan)?;
    act::photos_left_behind(set, plan)?;
    Ok(counted)
}

fn announcement(set: &Set, counted: &Counted) -> Value {
    let accounts = set.accounts.iter();
    let accounts: Vec<Value> = accounts
        .map(|one| json!({"name": one.name, "role": one.role, "password": one.password, "token": one.token}))
        .collect();
    let phones = set
        .phones
        .iter()
        .map(|phone| json!({"home": phone.home, "user": phone.user, "scope": phone.scope}));
    json!({
        "console": format!("{}/console", set.url()), "hub": set.url(), "accounts": accounts,
        "phones": phones.collect::<Vec<_>>(), "cases": set.numbers.len(), "acts": counted.acts,
        "refused": counted.refused, "marked": set.marked,
    })
}

#[cfg(test)]
mod tests;
