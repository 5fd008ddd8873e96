//! The rules of an exchange, each as a sentence.

use super::hub::{fault, refusal};
use super::world::{DEVICE, Net, World, Writer, stream};
use crate::chain::{BlobRole, Envelope};
use crate::sync::frame::{self, Frame};
use crate::sync::{
    Block, Effect, Event, Failure, Link, LinkClass, RequestId, StateName, StoreFailure,
};

fn quiet_world() -> World {
    let mut world = World::new(0, 0);
    world.start_and_run();
    world
}

#[test]
fn everything_arrives_and_the_receipts_are_fetched() {
    let mut world = World::new(10, 9);
    world.blob(1, 700_000, BlobRole::Original);
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived());
    assert!(world.store.pulled.len() > 9, "receipts came too");
}

#[test]
fn idle_exchange_is_one_request() {
    let mut world = World::new(3, 3);
    world.start_and_run();
    let before = world.requests.len();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert_eq!(world.requests.len(), before + 1);
}

#[test]
fn rule_2_a_cut_page_is_dropped_whole_and_asked_for_again() {
    let mut world = World::new(0, 9);
    world.net = [Net::Fine, Net::Fine, Net::AnswerCut].into();
    world.feed(Event::Start);
    assert!(world.run_until(StateName::Backoff));
    assert_eq!((world.store.txns.len(), &world.store.cursor), (0, &None));
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!(world.all_arrived());
}

#[test]
fn rule_2_a_page_without_its_end_counts_for_nothing() {
    let mut world = World::new(1, 0);
    let body = frame::pack(&[fault("CURSOR_RESET", None, None)]).unwrap();
    world.net = [Net::Fine, Net::Fine, Net::Instead((200, vec![], body))].into();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(!world.store.txns.contains(&"cursor reset"));
}

#[test]
fn rule_2_the_next_pull_waits_until_the_page_is_stored() {
    let mut world = World::new(0, 9);
    world.feed(Event::Start);
    assert!(world.run_until(StateName::Storing));
    let asked = world.requests.len();
    let stores = |effect: &Effect| matches!(effect, Effect::Store { .. });
    assert!(world.todo.iter().any(stores));
    world.todo.clear();
    world.run(10);
    world.feed(Event::Tick);
    world.feed(Event::Local);
    assert_eq!(world.requests.len(), asked);
    assert_eq!(world.engine.state(), StateName::Storing);
}

#[test]
fn rule_4_push_resumes_behind_the_mark_of_the_hub_when_its_ack_was_lost() {
    let mut world = World::new(5, 0);
    world.net = [Net::Fine, Net::Fine, Net::AnswerLost].into();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived());
    assert_eq!(world.hub.mark(world.store.own[0].id).mark, 5);
}

#[test]
fn rule_4_a_hub_that_lost_envelopes_gets_them_again() {
    let mut world = World::new(5, 0);
    world.start_and_run();
    let id = world.store.own[0].id;
    world.hub.streams.get_mut(&id).unwrap().truncate(2);
    world.store.own[0].write("one more");
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived());
}

#[test]
fn rule_5_a_hub_that_holds_more_than_we_do_means_this_store_was_restored() {
    let mut world = World::new(4, 2);
    world.start_and_run();
    let old = world.store.own[0].id;
    world.store.own[0].envelopes.truncate(2);
    world.store.acked.clear();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.store.txns.contains(&"rollback"));
    assert_ne!(world.store.own[0].id, old);
    assert!(world.all_arrived());
}

#[test]
fn rule_5_another_header_at_our_own_number_means_this_store_was_restored() {
    let mut world = World::new(3, 0);
    world.start_and_run();
    let id = world.store.own[0].id;
    let mut other = Writer::new(id);
    (0..3).for_each(|at| other.write(&format!("other {at}")));
    world.store.own[0] = other;
    world.store.acked.clear();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.store.txns.contains(&"rollback"));
    assert!(!world.store.txns.contains(&"fork"));
}

#[test]
fn rule_5_the_store_may_notice_the_rollback_itself() {
    let mut world = World::new(3, 0);
    let hub = world.hub.mark(world.store.own[0].id);
    world.feed(Event::Start);
    assert!(world.run_until(StateName::Storing));
    world.store.fail.push_back(StoreFailure::NotOurs(hub));
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!(world.store.txns.contains(&"rollback"));
}

#[test]
fn rule_6_a_forked_stream_is_reported_and_left_alone_while_others_go_on() {
    let mut world = World::new(3, 4);
    let forked = world.store.own[0].id;
    let mut second = Writer::new(stream(DEVICE, 2, 1));
    second.write("second");
    world.store.own.push(second);
    world.hub.refuse.insert(forked, "STREAM_FORKED");
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert_eq!(
        world.store.txns.iter().filter(|it| **it == "fork").count(),
        1
    );
    assert_eq!(world.hub.mark(world.store.own[1].id).mark, 1);
    assert_eq!(world.engine.progress().streams_held, 1);
}

#[test]
fn a_run_that_does_not_verify_is_reported_and_not_repeated_for_ever() {
    let mut world = World::new(3, 4);
    let id = world.store.own[0].id;
    world.hub.refuse.insert(id, "RUN_UNVERIFIED");
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert_eq!(world.troubles("RUN_UNVERIFIED"), 1);
    world.hub.refuse.clear();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived(), "the next start tries again");
}

#[test]
fn rule_10_waits_are_jittered_and_never_beyond_fifteen_minutes() {
    let mut world = World::new(1, 0);
    world.net = (0..40).map(|_| Net::Lost).collect();
    world.feed(Event::Start);
    let mut longest = 0;
    while world.advance() {
        if let Some(at) = world.timer {
            longest = longest.max(at - world.now);
        }
    }
    assert!((60_000..=900_000).contains(&longest), "{longest}");
    assert_eq!(world.engine.state(), StateName::Idle);
}

#[test]
fn rule_10_retry_after_holds_even_when_the_link_comes_back() {
    let mut world = World::new(1, 0);
    let (status, _, body) = refusal(503, "BUSY");
    let busy = (status, vec![("retry-after".into(), "120".into())], body);
    world.net = [Net::Fine, Net::Fine, Net::Instead(busy)].into();
    world.feed(Event::Start);
    assert!(world.run_until(StateName::Backoff));
    let asked = world.requests.len();
    world.feed(Event::Link(Link::Down));
    world.feed(Event::Link(Link::Up {
        class: LinkClass::Edge,
        metered: false,
    }));
    assert_eq!(world.engine.state(), StateName::Backoff);
    let at = world.now;
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!(world.now >= at + 120_000 && world.requests.len() > asked);
}

#[test]
fn rule_10_a_link_that_comes_up_is_tried_at_once() {
    let mut world = quiet_world();
    world.feed(Event::Link(Link::Down));
    world.store.own[0].write("offline");
    world.feed(Event::Local);
    assert_eq!(world.run(100), StateName::Backoff);
    let at = world.now;
    world.feed(Event::Link(Link::Up {
        class: LinkClass::Gprs,
        metered: true,
    }));
    assert_eq!(world.engine.state(), StateName::Exchange);
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!(world.now - at < 1_000 && world.all_arrived());
    assert_eq!(world.requests.last().unwrap().no_progress_ms, 60_000);
}

#[test]
fn an_old_token_is_renewed_unseen() {
    let mut world = quiet_world();
    world.hub.valid.clear();
    world.store.own[0].write("later");
    world.reports.clear();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived());
    assert_eq!(world.count("POST /v1/token"), 4);
    assert_eq!(world.troubles("TOKEN"), 0);
}

#[test]
fn a_fresh_token_that_is_refused_needs_a_person() {
    let mut world = World::new(1, 0);
    let no = Net::Instead(refusal(401, "AUTH_EXPIRED"));
    let fine = Net::Fine;
    world.net = [
        fine.clone(),
        fine.clone(),
        no.clone(),
        fine.clone(),
        fine,
        no,
    ]
    .into();
    assert_eq!(world.start_and_run(), StateName::Blocked(Block::NeedAuth));
}

#[test]
fn a_revoked_device_stops_and_writes_nothing() {
    let mut world = World::new(1, 0);
    let no = Net::Instead(refusal(403, "DEVICE_REVOKED"));
    world.net = [Net::Fine, Net::Fine, no].into();
    assert_eq!(world.start_and_run(), StateName::Blocked(Block::Revoked));
    assert!(world.store.txns.is_empty());
    world.feed(Event::Local);
    assert_eq!(world.engine.state(), StateName::Blocked(Block::Revoked));
}

#[test]
fn an_old_app_still_pushes_but_pulls_no_more() {
    let mut world = World::new(3, 5);
    let no = Net::Instead(refusal(426, "SCHEMA_TOO_OLD"));
    world.net = [Net::Fine, Net::Fine, no].into();
    assert_eq!(world.start_and_run(), StateName::Blocked(Block::Upgrade));
    assert_eq!(world.hub.mark(world.store.own[0].id).mark, 3);
    assert!(world.store.pulled.is_empty());
}

#[test]
fn a_batch_that_is_too_large_is_halved_until_it_fits() {
    let mut world = World::new(60, 0);
    let large = (0..5).map(|_| Net::Instead(refusal(413, "TOO_LARGE")));
    world.net = [Net::Fine, Net::Fine].into_iter().chain(large).collect();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived());
}

#[test]
fn an_unknown_cursor_is_dropped_and_the_feed_read_from_its_beginning() {
    let mut world = World::new(0, 5);
    world.start_and_run();
    let gone = refusal(409, "CURSOR_RESET");
    world.net.push_back(Net::Instead(gone));
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.store.txns.contains(&"cursor reset") && world.all_arrived());
}

#[test]
fn a_gap_is_filled_from_the_number_the_hub_expects() {
    let mut world = World::new(6, 0);
    let id = world.store.own[0].id;
    let page = [fault("GAP", Some(id), Some(1)), Frame::End];
    let gap = (409, vec![], frame::pack(&page).unwrap());
    world.net = [Net::Fine, Net::Fine, Net::Instead(gap)].into();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived() && world.troubles("GAP") == 1);
}

#[test]
fn a_gap_that_cannot_be_filled_puts_the_stream_aside() {
    for expected in [0, 7, u64::MAX] {
        let mut world = World::new(6, 2);
        let id = world.store.own[0].id;
        let page = [fault("GAP", Some(id), Some(expected)), Frame::End];
        let gap = (409, vec![], frame::pack(&page).unwrap());
        world.net = [Net::Fine, Net::Fine, Net::Instead(gap)].into();
        assert_eq!(world.start_and_run(), StateName::Idle);
        assert_eq!(world.engine.progress().streams_held, 1);
        assert!(!world.store.pulled.is_empty());
    }
}

#[test]
fn a_full_disk_stops_pulling_and_the_next_start_still_pushes() {
    let mut world = World::new(0, 5);
    world.store.own[0].write("before");
    world.feed(Event::Start);
    assert!(world.run_until(StateName::Storing));
    world.store.fail.push_back(StoreFailure::Full);
    assert_eq!(world.run(1_000), StateName::DiskFull);
    world.feed(Event::Start);
    assert!(world.run_until(StateName::Storing));
    assert!(world.store.pulled.is_empty(), "pushed without a pull");
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!(world.all_arrived());
}

#[test]
fn a_login_page_of_a_hotel_is_not_an_answer() {
    let mut world = World::new(2, 2);
    let html = (200, vec![], b"<html>welcome</html>".to_vec());
    world.net = [Net::Fine, Net::Fine, Net::Instead(html)].into();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived() && world.troubles("PAGE") == 1);
}

#[test]
fn an_answer_to_an_older_request_is_ignored() {
    let mut world = World::new(2, 0);
    world.feed(Event::Start);
    assert!(world.run_until(StateName::Exchange));
    let before = world.engine.progress();
    let rid = RequestId(1);
    world.feed(Event::HttpDone {
        rid,
        status: 403,
        headers: vec![],
        body: vec![1],
    });
    world.feed(Event::HttpFail {
        rid,
        why: Failure::Cut,
        sent: 9,
    });
    assert_eq!(world.engine.progress(), before);
    assert_eq!(world.run(1_000), StateName::Idle);
}

#[test]
fn what_is_committed_during_an_exchange_goes_with_the_next() {
    let mut world = World::new(2, 0);
    world.feed(Event::Start);
    assert!(world.run_until(StateName::Storing));
    world.store.own[0].write("meanwhile");
    world.feed(Event::Local);
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!(world.all_arrived());
    let own = world.store.own[0].envelopes.iter().map(Envelope::id);
    assert_eq!(own.count(), 3);
}

#[test]
fn short_runs_that_the_hub_cannot_rebuild_go_again_in_long_form() {
    let mut world = World::new(4, 0);
    world.store.short = true;
    world.hub.rebuilds = false;
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived());
    assert!(world.troubles("RUN_UNVERIFIED") > 0);
    assert_eq!(world.store.longs, vec![world.store.own[0].id]);
}

#[test]
fn a_page_that_cannot_be_rebuilt_here_is_asked_for_in_long_form_and_only_that_page() {
    let mut world = World::new(0, 20);
    world.hub.short = true;
    world.feed(Event::Start);
    assert!(world.run_until(StateName::Storing));
    world.store.fail.push_back(StoreFailure::Unexpanded);
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!(world.all_arrived());
    let forms = &world.hub.forms;
    assert_eq!(forms[..3], [None, Some(frame::Form::Long), None]);
}

#[test]
fn a_hub_without_the_dictionary_gets_pages_without_it_from_then_on() {
    let mut world = World::new(30, 0);
    world.hub.dictionary = false;
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived());
    assert_eq!(world.troubles("DICTIONARY_UNKNOWN"), 1);
    world.store.own[0].write("more");
    world.start_and_run();
    assert!(world.all_arrived());
    assert_eq!(world.troubles("DICTIONARY_UNKNOWN"), 1);
}

#[test]
fn a_new_process_goes_on_with_the_token_of_the_one_before() {
    let mut world = World::new(2, 2);
    world.start_and_run();
    world.engine = crate::sync::Engine::new(DEVICE, 6);
    world.hub.log.clear();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert_eq!(world.hub.log, ["POST /v1/sync"]);
}

#[test]
fn a_kept_token_that_is_refused_is_replaced_unseen() {
    let mut world = World::new(1, 0);
    world.store.token = Some(crate::sync::SavedToken {
        text: "of another hub".into(),
        left_ms: 3_000_000,
    });
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert!(world.all_arrived());
    assert_eq!(world.count("POST /v1/token"), 2);
}

#[test]
fn news_and_receipts_come_in_the_same_round_trip() {
    let mut world = World::new(0, 0);
    world.start_and_run();
    world.hub.page_runs = 100;
    world.store.own[0].write("mine");
    (0..4).for_each(|at| world.hub.feed.write(&format!("theirs {at}")));
    world.hub.log.clear();
    assert_eq!(world.start_and_run(), StateName::Idle);
    assert_eq!(world.hub.log, ["POST /v1/sync"]);
    assert!(world.all_arrived());
}

#[test]
fn rule_10_a_date_in_retry_after_is_measured_from_the_answers_own_date() {
    let mut world = World::new(1, 0);
    let (status, _, body) = refusal(503, "BUSY");
    let headers = vec![
        ("retry-after".into(), "Sun, 06 Nov 1994 08:51:37 GMT".into()),
        ("date".into(), "Sun, 06 Nov 1994 08:49:37 GMT".into()),
    ];
    let busy = Net::Instead((status, headers, body));
    world.net = [Net::Fine, Net::Fine, busy].into();
    world.feed(Event::Start);
    assert!(world.run_until(StateName::Backoff));
    let at = world.now;
    assert_eq!(world.run(1_000), StateName::Idle);
    assert!((at + 120_000..at + 125_000).contains(&world.now));
}

#[test]
fn rule_10_retries_that_bring_nothing_come_seldom_once_their_budget_is_spent() {
    let mut world = World::new(1, 0);
    world.net = (0..30).map(|_| Net::Lost).collect();
    world.feed(Event::Start);
    let mut waits = Vec::new();
    while world.advance() {
        if let Some(at) = world.timer {
            waits.push(at - world.now);
        }
    }
    assert!(waits[waits.len() - 10..].iter().all(|wait| *wait >= 60_000));
    assert!(world.all_arrived());
}
