//! Two people, one case, no network.

use proptest::collection::vec;
use proptest::prelude::{any, prop_assert_eq, proptest};

use super::*;
use crate::domain::{CaseId, Money, RowId, WallMs};

const LINE: RowId = RowId::from_bytes([9; 16]);

fn amount(yuan: i64) -> Value {
    Value::Money(Money::from_fen(yuan * 100))
}

fn path(name: &'static str) -> FieldPath {
    FieldPath {
        section: Section::Lines,
        row: Some(LINE),
        name,
    }
}

fn case_with_line() -> (CaseDocument, Written) {
    let first = [
        Edit::Set("report.cause".parse().unwrap(), Value::Text("hail".into())),
        Edit::Add(NewRow {
            section: Section::Lines,
            id: LINE,
            values: vec![
                ("item", Value::Text("roof tiles".into())),
                ("amount", amount(100)),
            ],
        }),
    ];
    CaseDocument::create(CaseId::from_bytes([4; 16]), [1; 16], &first, WallMs(1_000)).unwrap()
}

fn other_phone(first: &Written) -> CaseDocument {
    let mut document = CaseDocument::empty();
    document.apply(&first.bytes).unwrap();
    document.set_actor([2; 16]);
    document
}

#[test]
fn first_change_carries_all_containers_and_values() {
    let (document, written) = case_with_line();
    let record = document.read().unwrap();
    assert_eq!(written.seq, 1);
    assert_eq!(
        record.section(Section::Report).text("cause").unwrap(),
        "hail"
    );
    assert_eq!(record.total().unwrap().to_string(), "100.00");
    assert!(record.rows(Section::Notes).next().is_none());
}

#[test]
fn concurrent_amounts_are_contested_and_the_total_is_a_range() {
    let (mut a, first) = case_with_line();
    let mut b = other_phone(&first);
    let wrote_a = a
        .write(&[Edit::Set(path("amount"), amount(150))], WallMs(2_000))
        .unwrap()
        .unwrap();
    let wrote_b = b
        .write(&[Edit::Set(path("amount"), amount(90))], WallMs(2_000))
        .unwrap()
        .unwrap();
    a.apply(&wrote_b.bytes).unwrap();
    b.apply(&wrote_a.bytes).unwrap();
    let (ra, rb) = (a.read().unwrap(), b.read().unwrap());
    assert_eq!(ra, rb);
    assert_eq!(a.heads(), b.heads());
    assert_eq!(ra.contested(), vec![path("amount")]);
    assert_eq!(ra.total().unwrap().to_string(), "90.00–150.00");
    let standing = ra.field(&path("amount")).unwrap().standing();
    assert_eq!(standing.len(), 2);
    assert!(
        standing.iter().any(|s| s.change == wrote_a.hash)
            && standing.iter().any(|s| s.change == wrote_b.hash)
    );
}

#[test]
fn writing_over_contested_values_settles_them_everywhere() {
    let (mut a, first) = case_with_line();
    let mut b = other_phone(&first);
    let wrote_a = a
        .write(&[Edit::Set(path("amount"), amount(150))], WallMs(2_000))
        .unwrap()
        .unwrap();
    let wrote_b = b
        .write(&[Edit::Set(path("amount"), amount(90))], WallMs(2_000))
        .unwrap()
        .unwrap();
    a.apply(&wrote_b.bytes).unwrap();
    let settled = a
        .write(&[Edit::Set(path("amount"), amount(150))], WallMs(3_000))
        .unwrap()
        .unwrap();
    b.apply(&wrote_a.bytes).unwrap();
    b.apply(&settled.bytes).unwrap();
    assert!(b.read().unwrap().contested().is_empty());
    assert_eq!(b.read().unwrap().total().unwrap().to_string(), "150.00");
}

#[test]
fn equal_values_written_independently_corroborate() {
    let (mut a, first) = case_with_line();
    let mut b = other_phone(&first);
    a.write(&[Edit::Set(path("amount"), amount(120))], WallMs(2_000))
        .unwrap();
    let wrote_b = b
        .write(&[Edit::Set(path("amount"), amount(120))], WallMs(2_000))
        .unwrap()
        .unwrap();
    a.apply(&wrote_b.bytes).unwrap();
    let record = a.read().unwrap();
    assert!(record.contested().is_empty());
    assert!(record.field(&path("amount")).unwrap().is_corroborated());
}

#[test]
fn writing_the_same_value_again_is_no_change() {
    let (mut document, _) = case_with_line();
    assert_eq!(
        document
            .write(&[Edit::Set(path("amount"), amount(100))], WallMs(5))
            .unwrap(),
        None
    );
}

#[test]
fn an_edit_of_a_missing_row_writes_nothing() {
    let (mut document, _) = case_with_line();
    let before = document.heads();
    let missing = FieldPath {
        section: Section::Lines,
        row: Some(RowId::from_bytes([1; 16])),
        name: "amount",
    };
    let edits = [
        Edit::Set("report.cause".parse().unwrap(), Value::Text("fire".into())),
        Edit::Set(missing, amount(1)),
    ];
    assert!(matches!(
        document.write(&edits, WallMs(5)),
        Err(RecordError::NoRow { .. })
    ));
    assert_eq!(document.heads(), before);
    assert_eq!(
        document
            .read()
            .unwrap()
            .section(Section::Report)
            .text("cause")
            .unwrap(),
        "hail"
    );
}

#[test]
fn a_change_whose_past_is_missing_leaves_the_document_as_it_was() {
    let (mut a, first) = case_with_line();
    let one = a
        .write(&[Edit::Set(path("amount"), amount(1))], WallMs(2))
        .unwrap()
        .unwrap();
    let two = a
        .write(&[Edit::Set(path("amount"), amount(2))], WallMs(3))
        .unwrap()
        .unwrap();
    let mut b = other_phone(&first);
    let before = b.heads();
    assert!(b.apply(&two.bytes).is_err());
    assert_eq!(b.heads(), before);
    b.apply(&one.bytes).unwrap();
    b.apply(&two.bytes).unwrap();
    assert_eq!(b.heads(), a.heads());
}

#[test]
fn a_saved_document_and_later_changes_load_as_one() {
    let (mut a, _) = case_with_line();
    let mut bytes = a.save();
    for yuan in 0..5 {
        bytes.extend(
            a.write(&[Edit::Set(path("amount"), amount(yuan))], WallMs(yuan))
                .unwrap()
                .unwrap()
                .bytes,
        );
    }
    let mut loaded = CaseDocument::load(&bytes).unwrap();
    assert_eq!(loaded.heads(), a.heads());
    assert_eq!(loaded.read().unwrap(), a.read().unwrap());
}

#[test]
fn a_full_document_takes_no_more_of_its_own_and_stays_as_it_was() {
    let mut document = CaseDocument::create(CaseId::from_bytes([7; 16]), [1; 16], &[], WallMs(0))
        .unwrap()
        .0;
    let path: FieldPath = "report.cause".parse().unwrap();
    let write = |document: &mut CaseDocument, number: u64| {
        let value = Value::Text(number.to_string());
        document.write(&[Edit::Set(path.clone(), value)], WallMs(0))
    };
    for number in 1..OWN_CHANGES {
        write(&mut document, number).unwrap();
    }
    let heads = document.heads();
    let refused = write(&mut document, 0).unwrap_err();
    assert_eq!(
        refused,
        RecordError::Full {
            changes: OWN_CHANGES
        }
    );
    assert_eq!(document.heads(), heads);
}

proptest! {
    /// What a change replaced says the same as the document, asked what stood there before it.
    #[test]
    fn a_history_read_in_one_walk_is_the_one_that_each_change_tells(
        steps in vec((0..3_usize, 0..4_u8, 0..5_i64, any::<bool>()), 1..40)
    ) {
        let (first, written) = case_with_line();
        let mut phones = [first, other_phone(&written), other_phone(&written)];
        phones[2].set_actor([3; 16]);
        for (at, kind, number, meets) in steps {
            let text = Value::Text(format!("第 {number} 次"));
            let edit = match kind {
                0 => Edit::Set(path("amount"), amount(number)),
                1 => Edit::Set("report.cause".parse().unwrap(), text),
                2 => Edit::Set("report.course".parse().unwrap(), text),
                _ => Edit::Set(path("removed"), text),
            };
            phones[at].write(&[edit], WallMs(2_000)).unwrap();
            if meets {
                let mut other = phones[(at + 1) % 3].doc.clone();
                phones[at].doc.merge(&mut other).unwrap();
            }
        }
        for mut phone in phones {
            let changes = phone.doc.get_changes(&[]);
            let each: Vec<Deed> = changes.iter().map(|one| phone.deed(one).unwrap()).collect();
            prop_assert_eq!(phone.deeds().unwrap(), each);
        }
    }
}
