//! What a signature and a decision still cover after later edits.

use super::*;
use crate::domain::{CaseId, Money, RowId, WallMs};
use crate::record::{CaseDocument, Edit, FieldPath, NewRow, Section, Value};

const CASE: CaseId = CaseId::from_bytes([5; 16]);
const LINE: RowId = RowId::from_bytes([9; 16]);

fn amount(yuan: i64) -> Edit {
    let path = FieldPath {
        section: Section::Lines,
        row: Some(LINE),
        name: "amount",
    };
    Edit::Set(path, Value::Money(Money::from_fen(yuan * 100)))
}

fn note() -> Edit {
    Edit::Add(NewRow {
        section: Section::Notes,
        id: RowId::from_bytes([8; 16]),
        values: vec![("text", Value::Text("rain".into()))],
    })
}

fn case() -> CaseDocument {
    let line = NewRow {
        section: Section::Lines,
        id: LINE,
        values: vec![
            ("item", Value::Text("瓦片".into())),
            ("amount", Value::Money(Money::from_fen(125_050))),
        ],
    };
    CaseDocument::create(CASE, [1; 16], &[Edit::Add(line)], WallMs(0))
        .unwrap()
        .0
}

fn freeze(document: &mut CaseDocument) -> FreezeBody {
    let heads = document.heads();
    FreezeBody::make(CASE, &document.read().unwrap(), heads, &Wanted::default()).unwrap()
}

fn now(document: &CaseDocument) -> BindingFields {
    BindingFields::of(&document.read().unwrap())
}

#[test]
fn the_text_shown_names_the_line_and_the_total() {
    let text = freeze(&mut case()).text;
    assert!(
        text.contains("瓦片: 1250.50 元") && text.contains("合计: 1250.50 元"),
        "{text}"
    );
}

#[test]
fn a_signature_is_valid_until_a_signed_field_changes_and_then_names_it() {
    let mut document = case();
    let frozen = freeze(&mut document);
    assert_eq!(
        signature_state(Act::Signed, false, &frozen, &now(&document)),
        SignatureState::Valid
    );
    document.write(&[note()], WallMs(1)).unwrap();
    assert_eq!(
        signature_state(Act::Signed, false, &frozen, &now(&document)),
        SignatureState::Valid
    );
    document.write(&[amount(2000)], WallMs(2)).unwrap();
    let SignatureState::Superseded(fields) =
        signature_state(Act::Signed, false, &frozen, &now(&document))
    else {
        panic!("not superseded");
    };
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].path, format!("lines.{LINE}.amount"));
    assert_eq!(
        (fields[0].then.as_deref(), fields[0].now.as_deref()),
        (Some("1250.50"), Some("2000.00"))
    );
}

#[test]
fn a_contested_case_cannot_be_frozen() {
    let mut a = case();
    let mut b = CaseDocument::load(&a.save()).unwrap();
    b.set_actor([2; 16]);
    a.set_actor([3; 16]);
    a.write(&[amount(1)], WallMs(1)).unwrap();
    let theirs = b.write(&[amount(2)], WallMs(1)).unwrap().unwrap();
    a.apply(&theirs.bytes).unwrap();
    let heads = a.heads();
    let refused = FreezeBody::make(CASE, &a.read().unwrap(), heads, &Wanted::default());
    assert_eq!(
        refused,
        Err(FreezeError::Contested(vec![format!("lines.{LINE}.amount")]))
    );
}

#[test]
fn a_late_note_leaves_an_approval_and_a_late_amount_reopens_it() {
    let mut document = case();
    let decision = DecisionBody {
        case: CASE,
        action: Action::Approve,
        round: 1,
        heads: document.heads(),
        basis: now(&document).to_texts(),
        signature: None,
        reason: String::new(),
        fields: Vec::new(),
    };
    document.write(&[note()], WallMs(1)).unwrap();
    assert_eq!(
        case_status([&decision].into_iter(), &now(&document)),
        CaseStatus::Approved
    );
    document.write(&[amount(9)], WallMs(2)).unwrap();
    assert!(
        matches!(case_status([&decision].into_iter(), &now(&document)), CaseStatus::Reopened(fields) if fields.len() == 1)
    );
}

#[test]
fn approval_names_every_obstacle_at_once() {
    let document = case();
    let binding = now(&document);
    let missing = [crate::domain::Digest::of(b"p")];
    let authors = ["li".to_owned()];
    let inputs = ApprovalInputs {
        now: &binding,
        clashes: &[],
        signatures: &[],
        missing_photos: &missing,
        authors: &authors,
        reviewer: "li",
        round: 2,
        approvals: &[],
    };
    let codes: Vec<_> = approval_obstacles(&inputs)
        .iter()
        .map(ReasonToRefuse::code)
        .collect();
    assert_eq!(
        codes,
        ["UNSIGNED", "PHOTOS_MISSING", "OWN_WORK", "ROUND_MISSING"]
    );
}

#[test]
fn a_supplement_lets_the_decision_stand_on_what_came_late() {
    let mut document = case();
    let decision = |document: &mut CaseDocument, action| DecisionBody {
        case: CASE,
        action,
        round: 1,
        heads: document.heads(),
        basis: now(document).to_texts(),
        signature: None,
        reason: String::new(),
        fields: Vec::new(),
    };
    let paid = decision(&mut document, Action::Pay);
    document.write(&[amount(9)], WallMs(2)).unwrap();
    let status = |all: &[DecisionBody], document: &CaseDocument| {
        case_status(all.iter(), &now(document)).word()
    };
    assert_eq!(status(std::slice::from_ref(&paid), &document), "reopened");
    let supplement = decision(&mut document, Action::Supplement);
    let both = [paid, supplement];
    assert_eq!(status(&both, &document), "paid");
    document.write(&[amount(10)], WallMs(3)).unwrap();
    assert_eq!(status(&both, &document), "reopened");
}

#[test]
fn three_rounds_need_three_people_in_order() {
    let document = case();
    let binding = now(&document);
    let codes = |round, reviewer, approvals: &[(u8, String)]| {
        let inputs = ApprovalInputs {
            now: &binding,
            clashes: &[],
            signatures: &[SignatureState::Valid],
            missing_photos: &[],
            authors: &[],
            reviewer,
            round,
            approvals,
        };
        let against = approval_obstacles(&inputs);
        against.iter().map(ReasonToRefuse::code).collect::<Vec<_>>()
    };
    let wang = [(1, "wang".to_owned())];
    assert_eq!(codes(1, "wang", &[]), Vec::<&str>::new());
    assert_eq!(codes(2, "zhao", &wang), Vec::<&str>::new());
    assert_eq!(codes(2, "wang", &wang), ["SAME_REVIEWER"]);
    assert_eq!(codes(3, "zhao", &wang), ["ROUND_MISSING"]);
}

#[test]
fn a_survey_report_outlives_a_changed_price_and_not_a_changed_house() {
    let mut document = case();
    let wanted = Wanted {
        kind: StatementKind::SurveyReport,
        ..Wanted::default()
    };
    let heads = document.heads();
    let record = document.read().unwrap();
    let report = FreezeBody::make(CASE, &record, heads, &wanted).unwrap();
    let state =
        |document: &CaseDocument| signature_state(Act::Signed, false, &report, &now(document));
    document.write(&[amount(9)], WallMs(2)).unwrap();
    assert_eq!(state(&document), SignatureState::Valid);
    let house = NewRow {
        section: Section::Objects,
        id: RowId::from_bytes([7; 16]),
        values: vec![("label", Value::Text("北房".into()))],
    };
    document.write(&[Edit::Add(house)], WallMs(3)).unwrap();
    let state = state(&document);
    assert!(
        state.sentence(Language::Zh).contains("标的名称"),
        "{state:?}"
    );
    assert!(
        state.sentence(Language::En).contains("is 北房"),
        "{state:?}"
    );
}
