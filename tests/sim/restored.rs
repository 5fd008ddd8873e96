//! A phone whose store was copied and put back: what it writes before it meets its hub again.

use std::collections::BTreeSet;

use lossbook_core::app::{NewSignature, SignerClaims};
use lossbook_core::record::Section;
use lossbook_core::statement::{Act, Wanted};
use lossbook_core::store::{CaseQuery, Store};
use lossbook_core::sync::Event;

use super::goodput::{quiet_world, report, run_until_idle};
use super::link::Profile;
use super::replica::Replica;
use super::script::{Act as ScriptAct, Script};
use super::stage::Stage;
use super::world::World;

fn sync(world: &mut World) {
    world.feed(0, Event::Start);
    let end = world.now() + 3_600_000;
    run_until_idle(world, end);
}

fn put_back(world: &mut World) {
    assert!(world.phones[0].restore(), "there is a copy");
    world.phones[0].start();
}

fn note(world: &World, case: &str, text: &str) {
    let row = vec![("text".to_owned(), text.to_owned())];
    let device = world.phones[0].device();
    device.add_row(case, Section::Notes, &row).expect("a note");
}

fn signature_words(store: &Store, case: &str) -> Vec<String> {
    let standing = store.transact(|tx| {
        let row = tx.find_case(case)?.expect("the case");
        tx.standing(row.case)
    });
    let standing = standing.expect("rows").expect("the case");
    let signatures = standing.signatures.iter();
    signatures.map(|it| it.state.word().to_owned()).collect()
}

#[test]
fn a_phone_restored_to_before_its_first_word_still_reaches_the_hub() {
    let stage = Stage::new();
    let mut world = quiet_world(&stage, Profile::WIFI);
    world.phones[0].keep_copy();
    let _case = report(&world);
    sync(&mut world);
    put_back(&mut world);
    sync(&mut world);
    let case = report(&world);
    sync(&mut world);
    let query = CaseQuery {
        text: None,
        limit: 9,
        offset: 0,
    };
    let cases = world.view().transact(|tx| tx.cases(&query));
    let numbers: BTreeSet<String> = cases
        .expect("cases")
        .into_iter()
        .map(|row| row.number)
        .collect();
    assert!(
        numbers.contains(&case),
        "what was written after the restore reaches the hub"
    );
    assert_eq!(numbers.len(), 2, "and what was written before it stays");
}

#[test]
fn a_signature_given_on_a_restored_phone_before_it_meets_its_hub_survives_the_new_epoch() {
    let stage = Stage::new();
    let mut world = quiet_world(&stage, Profile::WIFI);
    let case = report(&world);
    let line = [("item", "tiles"), ("amount", "12.50")];
    let line = line.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let device = world.phones[0].device();
    device
        .add_row(&case, Section::Lines, &line)
        .expect("a line");
    sync(&mut world);
    world.phones[0].keep_copy();
    note(&world, &case, "lost with the phone");
    sync(&mut world);
    put_back(&mut world);
    let signature = NewSignature {
        signer: "wang",
        act: Act::Signed,
        wanted: Wanted::default(),
        strokes: Vec::new(),
        screen: (1080, 600),
        claims: SignerClaims::default(),
    };
    let device = world.phones[0].device();
    device.sign(&case, &signature).expect("a signature");
    assert_eq!(signature_words(device.store(), &case), ["valid"]);
    sync(&mut world);
    let here = signature_words(world.phones[0].device().store(), &case);
    assert_eq!(here, ["valid"], "on the phone");
    assert_eq!(
        signature_words(world.view(), &case),
        ["valid"],
        "at the hub"
    );
}

#[test]
fn two_pasts_of_one_phone_are_reported_wherever_they_meet() {
    let stage = Stage::new();
    let script = Script {
        seed: 5,
        phones: vec![0, 2],
        forks: true,
        stimuli: Vec::new(),
    };
    let mut world = World::new(&stage, &script);
    world.calm = true;
    while world.next_at().is_some() && world.advance() {}
    let case = report(&world);
    sync(&mut world);
    world.feed(1, Event::Start);
    while world.next_at().is_some() && world.advance() {}
    world.phones[0].keep_copy();
    note(&world, &case, "given away by hand, then lost");
    // With a link it would hand the lost past on to the hub, and nothing would be lost.
    world.change_line(1, |line| line.up = false);
    world.carry(0, 1);
    while world.next_at().is_some() && world.advance() {}
    put_back(&mut world);
    note(&world, &case, "written after the restore");
    sync(&mut world);
    world.change_line(1, |line| line.up = true);
    world.feed(1, Event::Start);
    while world.next_at().is_some() && world.advance() {}
    let told = |at: usize| {
        let store = world.phones[at].device().store();
        let outside = store.transact(|tx| tx.quarantined()).expect("a list");
        outside.iter().any(|one| one.state == "forked")
    };
    assert!(told(1), "who was given the lost past names the fork");
}

#[test]
fn a_refusal_is_heard_also_when_the_answer_that_told_it_was_lost() {
    let stage = Stage::new();
    let script = Script {
        seed: 6,
        phones: vec![1],
        forks: false,
        stimuli: Vec::new(),
    };
    let mut world = World::new(&stage, &script);
    world.calm = true;
    while world.next_at().is_some() && world.advance() {}
    let case = report(&world);
    sync(&mut world);
    // Money that a liaison may not touch, twice, and a note on top of it.
    world.act(0, (ScriptAct::Trespass, 1));
    world.act(0, (ScriptAct::Trespass, 2));
    note(&world, &case, "built on what is refused");
    world.lose_next_answer(0);
    sync(&mut world);
    sync(&mut world);
    let read = |store: &Store| {
        let cases = Replica::read(store).cases;
        cases.into_values().flatten().collect::<Vec<_>>()
    };
    let (here, there) = (read(world.phones[0].device().store()), read(world.view()));
    assert_eq!(here, there, "phone and hub read the same");
    assert!(here[0].1.1.contains("|0|0|"), "without the money: {here:?}");
}
