//! The facade from outside: what an app sees, also when it misuses it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod stage;
mod upgrade;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lossbook_ffi::*;
use stage::{Ears, Room, Stage, Tcp, edit, photo, report};

fn code<T: std::fmt::Debug>(done: Result<T, LossbookError>) -> String {
    match done.unwrap_err() {
        LossbookError::InvalidInput { code, .. }
        | LossbookError::NotFound { code, .. }
        | LossbookError::WrongState { code, .. }
        | LossbookError::NotAllowed { code, .. }
        | LossbookError::Locked { code, .. }
        | LossbookError::StorageFull { code, .. }
        | LossbookError::StorageDamaged { code, .. }
        | LossbookError::MadeByNewerApp { code, .. }
        | LossbookError::TryLater { code, .. }
        | LossbookError::Refused { code, .. }
        | LossbookError::Cancelled { code, .. }
        | LossbookError::Internal { code, .. } => code,
    }
}

fn ink(shown: &StatementView) -> NewSignature {
    NewSignature {
        signer: "农户张三".to_owned(),
        act: SignAct::Signed,
        wanted: WISH,
        shown_sha256: shown.text_sha256.clone(),
        strokes: vec![InkStroke {
            points: vec![InkPoint {
                x: 3,
                y: 4,
                t_ms: 0,
                pressure: 500,
            }],
        }],
        width: 1_080,
        height: 640,
        id_no: None,
        relation: None,
        reason: None,
        fix: None,
    }
}

const WISH: StatementWish = StatementWish {
    kind: StatementKind::Estimate,
    language: Language::Zh,
};

#[test]
fn a_case_is_reported_photographed_priced_signed_and_received() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let ears = Arc::new(Ears::default());
    phone.book.observe(Arc::clone(&ears) as _);
    let case = report(&phone);
    let added = phone.book.add_photo(&case.id, photo(stage.photo(7)), None);
    let added = added.unwrap();
    assert!(added.thumbnail.is_some() && !added.known);
    let again = phone.book.add_photo(&case.id, photo(stage.photo(7)), None);
    assert!(again.unwrap().known);
    let line = [
        edit("item", "瓦片"),
        edit("part", "roof"),
        edit("amount", "1250.50"),
    ];
    phone
        .book
        .add_row(&case.id, "lines", line.to_vec())
        .unwrap();
    let shown = phone.book.statement(&case.id, WISH).unwrap();
    let signed = phone.book.sign(&case.id, ink(&shown)).unwrap();
    assert_eq!(signed.total.text, "1250.50");
    let outcome = stage.sync(&phone);
    assert_eq!(outcome.end, SyncEnd::Done, "{outcome:?}");
    stage.sync(&phone);
    let screen = phone.book.case_screen(&case.number).unwrap();
    assert_eq!(screen.row.state, SyncState::Confirmed);
    assert_eq!(screen.photos[0].digest, added.digest);
    assert_eq!(screen.signatures[0].mark, SignatureMark::Valid);
    let judgement = screen.judgement.unwrap();
    assert_eq!(judgement.pack, "huzhu-rural-housing");
    let told = ears.cases.lock().unwrap();
    assert!(
        told.len() > 3 && told.iter().all(|id| *id == case.id),
        "{told:?}"
    );
}

#[test]
fn a_signature_is_refused_when_the_case_reads_otherwise_than_shown() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let case = report(&phone);
    let row = phone.book.add_row(
        &case.id,
        "lines",
        vec![edit("item", "瓦片"), edit("amount", "800")],
    );
    let shown = phone.book.statement(&case.id, WISH).unwrap();
    let path = format!("lines.{}.amount", row.unwrap());
    phone
        .book
        .set_fields(&case.id, vec![edit(&path, "900")])
        .unwrap();
    let signed = phone.book.sign(&case.id, ink(&shown));
    assert_eq!(code(signed), "statement_changed");
}

#[test]
fn a_form_is_saved_whole_or_not_at_all_and_the_error_names_the_field() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let case = report(&phone);
    let edits = vec![
        edit("report.place", "北庄村"),
        edit("report.position", "somewhere"),
    ];
    let failed = phone.book.set_fields(&case.id, edits).unwrap_err();
    assert!(
        matches!(&failed, LossbookError::InvalidInput { code, field: Some(field), .. }
            if code == "bad_position" && field == "report.position"),
        "{failed:?}"
    );
    assert_eq!(phone.book.case_screen(&case.id).unwrap().row.place, "");
}

#[test]
fn after_closing_every_call_says_so_and_the_home_opens_again() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let case = report(&phone);
    let run = phone.book.sync(stage.options()).unwrap();
    phone.book.close_home();
    phone.book.close_home();
    assert_eq!(code(phone.book.status()), "closed");
    assert_eq!(code(phone.book.case_screen(&case.id)), "closed");
    assert_eq!(code(run.next_task()), "closed");
    let again = Lossbook::open(&phone.home(), phone.parts()).unwrap();
    assert_eq!(again.cases(query()).unwrap().rows.len(), 1);
}

fn query() -> CaseQuery {
    CaseQuery {
        text: None,
        scope: None,
        after: None,
        limit: 50,
    }
}

#[test]
fn a_fault_inside_leaves_the_handle_refusing_and_what_was_saved_whole() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    report(&phone);
    let wall = phone.clock.wall_ms.swap(i64::MIN, Ordering::SeqCst);
    let panicked = catch_unwind(AssertUnwindSafe(|| phone.book.open_shutter()));
    assert!(panicked.is_err());
    phone.clock.wall_ms.store(wall, Ordering::SeqCst);
    assert_eq!(code(phone.book.status()), "handle_broken");
    phone.book.close_home();
    let again = Lossbook::open(&phone.home(), phone.parts()).unwrap();
    assert_eq!(again.cases(query()).unwrap().rows.len(), 1);
}

#[test]
fn a_locked_key_store_a_missing_home_and_a_home_in_use_are_told_apart() {
    let stage = Stage::new();
    let phone = stage.bare("surveyor");
    let nowhere = stage.dir.path().join("nowhere").display().to_string();
    assert_eq!(code(Lossbook::open(&nowhere, phone.parts())), "no_store");
    assert_eq!(code(Lossbook::open(&phone.home(), phone.parts())), "in_use");
    phone.book.close_home();
    assert_eq!(
        code(Lossbook::create(&phone.home(), phone.parts())),
        "store_exists"
    );
    phone.keys.locked.store(true, Ordering::SeqCst);
    assert_eq!(
        code(Lossbook::open(&phone.home(), phone.parts())),
        "key_locked"
    );
    phone.keys.locked.store(false, Ordering::SeqCst);
    assert!(Lossbook::open_or_create(&phone.home(), phone.parts()).is_ok());
}

#[test]
fn a_store_whose_key_file_is_gone_is_not_made_anew() {
    let stage = Stage::new();
    let phone = stage.bare("surveyor");
    phone.book.close_home();
    std::fs::remove_file(phone.home.join("key")).unwrap();
    assert_eq!(
        code(Lossbook::open(&phone.home(), phone.parts())),
        "key_lost"
    );
    assert_eq!(
        code(Lossbook::open_or_create(&phone.home(), phone.parts())),
        "key_lost"
    );
}

#[test]
fn a_clock_that_fails_or_goes_back_loses_nothing() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let case = report(&phone);
    let wall = phone.clock.wall_ms.swap(-1, Ordering::SeqCst);
    let edits = || vec![edit("report.place", "北庄村")];
    assert_eq!(
        code(phone.book.set_fields(&case.id, edits())),
        "host_failed"
    );
    phone
        .clock
        .wall_ms
        .store(wall - 86_400_000, Ordering::SeqCst);
    phone.clock.mono_ms.store(0, Ordering::SeqCst);
    phone.book.set_fields(&case.id, edits()).unwrap();
    assert_eq!(stage.sync(&phone).end, SyncEnd::Done);
}

#[test]
fn little_room_refuses_a_photo_and_not_a_report() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let case = report(&phone);
    phone.book.close_home();
    let mut parts = phone.parts();
    parts.room = Some(Arc::new(Room(1_000_000)));
    let book = Lossbook::open(&phone.home(), parts).unwrap();
    let refused = book.add_photo(&case.id, photo(stage.photo(1)), None);
    assert!(
        matches!(
            refused,
            Err(LossbookError::StorageFull {
                free_bytes: Some(1_000_000),
                ..
            })
        ),
        "{refused:?}"
    );
    book.set_fields(&case.id, vec![edit("report.place", "北庄村")])
        .unwrap();
}

#[test]
fn a_photo_that_is_stopped_leaves_the_case_as_it_was() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let case = report(&phone);
    let cancel = Cancellation::new();
    cancel.cancel();
    let stopped = phone
        .book
        .add_photo(&case.id, photo(stage.photo(1)), Some(cancel));
    assert_eq!(code(stopped), "cancelled");
    assert!(phone.book.case_screen(&case.id).unwrap().photos.is_empty());
}

#[test]
fn what_is_no_photo_or_not_there_is_refused_at_its_path() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let case = report(&phone);
    let path = stage.dir.path().join("note.txt");
    std::fs::write(&path, b"no picture at all").unwrap();
    let text = photo(path.display().to_string());
    assert_eq!(
        code(phone.book.add_photo(&case.id, text, None)),
        "not_a_photo"
    );
    let gone = photo("/nowhere/at/all.jpg".to_owned());
    assert_eq!(
        code(phone.book.add_photo(&case.id, gone, None)),
        "unreadable"
    );
}

#[test]
fn a_run_hands_photos_out_as_files_and_removes_each() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let case = report(&phone);
    phone
        .book
        .add_photo(&case.id, photo(stage.photo(3)), None)
        .unwrap();
    let tcp = Arc::new(Tcp::default());
    let outcome = phone
        .book
        .sync_with(Arc::clone(&tcp) as _, stage.options(), None)
        .unwrap();
    assert_eq!(outcome.progress.photos_sent, 2, "{outcome:?}");
    let files = tcp.files.lock().unwrap();
    assert!(files.len() >= 2 && files.iter().all(|path| !Path::new(path).exists()));
}

#[test]
fn a_transport_that_throws_ends_the_run_and_the_next_brings_everything() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let case = report(&phone);
    phone
        .book
        .add_photo(&case.id, photo(stage.photo(4)), None)
        .unwrap();
    let weak = Arc::new(Tcp::default());
    weak.cuts_photos.store(true, Ordering::SeqCst);
    let mut options = stage.options();
    options.patience_ms = 50;
    let outcome = phone.book.sync_with(weak, options, None).unwrap();
    assert_eq!(outcome.end, SyncEnd::NoWay);
    assert_eq!(outcome.problem.unwrap().code, "weak_network");
    let row = &phone.book.cases(query()).unwrap().rows[0];
    assert_eq!(row.state, SyncState::Saved);
    assert_eq!(stage.sync(&phone).end, SyncEnd::Done);
    let log = phone.book.sync_log(5).unwrap();
    assert_eq!((log[0].end, log[1].end), (SyncEnd::Done, SyncEnd::NoWay));
    stage.sync(&phone);
    assert_eq!(
        phone.book.cases(query()).unwrap().rows[0].state,
        SyncState::Confirmed
    );
}

#[test]
fn one_run_at_a_time_and_a_cancelled_one_makes_room() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let run = phone.book.sync(stage.options()).unwrap();
    assert_eq!(code(phone.book.sync(stage.options())), "sync_running");
    let SyncTask::Request { request } = run.next_task().unwrap() else {
        panic!("a request comes first");
    };
    assert_eq!(
        run.next_task().unwrap(),
        SyncTask::Request {
            request: request.clone()
        }
    );
    run.report_failure(request.id + 1_000, TransportFailure::Cut)
        .unwrap();
    run.cancel();
    let SyncTask::Done { outcome } = run.next_task().unwrap() else {
        panic!("a cancelled run is done");
    };
    assert_eq!(outcome.end, SyncEnd::Cancelled);
    run.report_failure(request.id, TransportFailure::Cut)
        .unwrap();
    assert_eq!(stage.sync(&phone).end, SyncEnd::Done);
}

/// Asks for the case that changed, then wants to hear no more.
struct Asking(std::sync::Weak<Lossbook>, std::sync::Mutex<Vec<String>>);

impl Observer for Asking {
    fn case_changed(&self, case: String) -> Result<(), HostError> {
        let book = self.0.upgrade().unwrap();
        let household = book.case_screen(&case).unwrap().row.household;
        book.unobserve();
        self.1.lock().unwrap().push(household);
        Ok(())
    }

    fn progress(&self, _progress: SyncProgress) -> Result<(), HostError> {
        Ok(())
    }

    fn attention(&self, _what: Attention) -> Result<(), HostError> {
        Ok(())
    }
}

#[test]
fn an_observer_that_throws_changes_nothing() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let ears = Arc::new(Ears::default());
    ears.throws.store(true, Ordering::SeqCst);
    phone.book.observe(Arc::clone(&ears) as _);
    let case = report(&phone);
    assert_eq!(*ears.cases.lock().unwrap(), [case.id]);
    assert!(phone.book.status().is_ok());
}

#[test]
fn an_observer_may_call_back() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let asking = Arc::new(Asking(
        Arc::downgrade(&phone.book),
        std::sync::Mutex::default(),
    ));
    phone.book.observe(Arc::clone(&asking) as _);
    report(&phone);
    report(&phone);
    assert_eq!(*asking.1.lock().unwrap(), ["农户张三"]);
}

#[test]
fn a_run_for_background_clients_hands_every_body_out_as_a_file() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    report(&phone);
    let tcp = Arc::new(Tcp::default());
    let mut options = stage.options();
    options.bodies = Some(BodyStyle::Files);
    let outcome = phone
        .book
        .sync_with(Arc::clone(&tcp) as _, options, None)
        .unwrap();
    assert_eq!(outcome.end, SyncEnd::Done);
    assert_eq!(tcp.in_memory.load(Ordering::SeqCst), 0);
    assert!(tcp.files.lock().unwrap().len() >= 4);
}

#[test]
fn many_threads_write_one_case_and_every_edit_is_there() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    let case = report(&phone);
    std::thread::scope(|threads| {
        for writer in 0..4 {
            let (book, case) = (&phone.book, &case);
            threads.spawn(move || {
                for note in 0..5 {
                    let text = format!("{writer}/{note}");
                    book.add_row(&case.id, "notes", vec![edit("text", &text)])
                        .unwrap();
                    book.case_screen(&case.id).unwrap();
                }
            });
        }
    });
    let screen = phone.book.case_screen(&case.id).unwrap();
    let notes = screen
        .sections
        .iter()
        .find(|section| section.key == "notes");
    assert_eq!(notes.unwrap().rows.len(), 20);
}

#[test]
fn a_bundle_goes_from_phone_to_phone_once_the_hub_vouched_for_both() {
    let stage = Stage::new();
    let (one, other) = (stage.phone("one"), stage.phone("other"));
    let case = report(&one);
    for phone in [&one, &other] {
        stage.sync(phone);
    }
    let path = stage
        .dir
        .path()
        .join("stick.lossbundle")
        .display()
        .to_string();
    let new = NewBundle {
        path: path.clone(),
        to: vec![other.book.status().unwrap().device],
        cases: Vec::new(),
        originals: true,
        part_bytes: None,
    };
    let receivers = one.book.receivers().unwrap();
    if !receivers.iter().any(|one| one.user == "other") {
        stage.sync(&one);
    }
    let made = one.book.export_bundle(new.clone(), None).unwrap();
    assert_eq!(made.files, [path.clone()]);
    assert_eq!(code(one.book.export_bundle(new, None)), "file_exists");
    let taken = other.book.import_bundle(&path, None).unwrap();
    assert!(taken.complete && taken.problem.is_none(), "{taken:?}");
    assert_eq!(
        other.book.case_screen(&case.id).unwrap().row.household,
        "农户张三"
    );
}

#[test]
fn a_page_of_the_list_ends_where_the_next_begins() {
    let stage = Stage::new();
    let phone = stage.phone("surveyor");
    for _ in 0..5 {
        report(&phone);
    }
    let page = |after| {
        let query = CaseQuery {
            after,
            limit: 2,
            ..query()
        };
        phone.book.cases(query).unwrap()
    };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = page(after);
        seen.extend(page.rows.into_iter().map(|row| row.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
    assert_eq!(
        code(phone.book.cases(CaseQuery {
            after: Some("x".to_owned()),
            ..query()
        })),
        "bad_page"
    );
}
