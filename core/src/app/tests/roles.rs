//! Every (path, action, role) through the app and, as if the app had not asked, through the gate.

use super::*;
use crate::chain::{Kind, Subject};
use crate::domain::{CaseId, RowId, WallMs};
use crate::record::access::{Bringing, Deed, any_may, may_bring};
use crate::record::{
    CaseDocument, Edit, FieldPath, FieldSpec, NewRow, Value, ValueKind, field, fields,
};
use crate::store::Tx;

const FIELD_ROLES: [Role; 3] = [Role::Liaison, Role::Surveyor, Role::Auditor];

/// A case with one row in each section, made by a surveyor who may everything.
struct Furnished {
    case: CaseId,
    rows: Vec<(Section, RowId)>,
}

fn value(spec: &FieldSpec, turn: u8) -> String {
    match spec.kind {
        ValueKind::Text | ValueKind::Prose => format!("words {turn}"),
        ValueKind::Money | ValueKind::Number | ValueKind::Time => turn.to_string(),
        ValueKind::Position => format!("36.8,101.9{turn}"),
        ValueKind::Digest => Digest::of(&[turn]).to_hex(),
    }
}

fn furnish(phone: &Device) -> Furnished {
    let case = phone.report_loss(None, &[]).unwrap();
    let sections = Section::ALL
        .into_iter()
        .filter(|section| section.has_rows());
    let row = |section| NewRow {
        section,
        id: RowId::make(phone.host.as_ref()),
        values: fields(section)
            .filter(|spec| spec.name != "removed")
            .map(|spec| (spec.name, Value::parse(spec.kind, &value(spec, 1)).unwrap()))
            .collect(),
    };
    let rows: Vec<NewRow> = sections.map(row).collect();
    let edits: Vec<Edit> = rows.iter().cloned().map(Edit::Add).collect();
    let write = |tx: &Tx<'_>| phone.write(tx, (case, VILLAGE), &edits);
    phone.store().transact(write).unwrap();
    Furnished {
        rows: rows.iter().map(|row| (row.section, row.id)).collect(),
        case,
    }
}

impl Furnished {
    fn path(&self, spec: &FieldSpec) -> FieldPath {
        let row = self
            .rows
            .iter()
            .find(|(section, _)| *section == spec.section);
        FieldPath {
            section: spec.section,
            row: row.map(|(_, row)| *row),
            name: spec.name,
        }
    }
}

/// Writes without asking, as a changed app would, and hands it to the gate of `to`.
fn force(from: &Device, to: &Device, case: CaseId, edits: &[Edit]) -> bool {
    from.store()
        .transact(|tx| {
            let me = tx.identity()?;
            let written = tx.with_document(case, |document| {
                document.set_actor(*me.device.as_bytes());
                document.write(edits, WallMs(0))
            })?;
            let written = written.expect("a change");
            let what = (
                VILLAGE,
                Kind::Change,
                Subject::case(case),
                written.bytes.clone(),
            );
            let (id, header) = tx.append(
                &me,
                &me.pinned.as_ref().expect("enrolled").user.clone(),
                from.host.now(),
                what,
            )?;
            tx.keep_own_change(case, &header, id, &written)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let before = quarantined(to);
    hand_over_anything(from, to);
    quarantined(to) == before
}

fn quarantined(phone: &Device) -> usize {
    phone.store().transact(|tx| tx.quarantined()).unwrap().len()
}

/// What the app does when asked, on a document where `path` is as the deed needs it.
fn through_app(phone: &Device, case: CaseId, path: &FieldPath, deed: Deed) -> Result<(), AppError> {
    let case = case.to_string();
    let spec = path.spec().unwrap();
    match deed {
        Deed::Write => phone.set_field(&case, &path.to_string(), &value(spec, 9)),
        Deed::Withdraw => {
            let removed = path.to_string();
            phone.withdraw(&case, removed.trim_end_matches(".removed"), "not here")
        }
        Deed::Settle => phone.settle(&case, &path.to_string(), &value(spec, 9), "because"),
    }
}

fn deeds(spec: &FieldSpec) -> Vec<Deed> {
    match (spec.name, spec.section) {
        ("removed", _) => vec![Deed::Withdraw],
        (_, Section::Settlements) => vec![Deed::Write],
        _ if spec.binding => vec![Deed::Write, Deed::Settle],
        _ => vec![Deed::Write],
    }
}

/// Edits that do the deed in a document that is not asked.
fn edits(path: &FieldPath, deed: Deed) -> Vec<Edit> {
    let spec = path.spec().unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    let set = Edit::Set(
        path.clone(),
        Value::parse(spec.kind, &value(spec, 8)).unwrap(),
    );
    let account = Edit::Add(NewRow {
        section: Section::Settlements,
        id: RowId::from_bytes([0x5e; 16]),
        values: vec![
            ("path", text(&path.to_string())),
            ("reason", text("because")),
        ],
    });
    match deed {
        Deed::Write | Deed::Withdraw => vec![set],
        Deed::Settle => vec![set, account],
    }
}

#[test]
fn every_field_action_and_role_is_judged_alike_by_app_and_gate_and_as_the_table_says() {
    println!(
        "{:<28} {:<9} liaison surveyor auditor reviewer",
        "field", "action"
    );
    let stage = stage();
    for spec in Section::ALL.into_iter().flat_map(fields) {
        for deed in deeds(spec) {
            let mut line = format!(
                "{:<28} {:<9}",
                format!("{}.{}", spec.section.key(), spec.name),
                format!("{deed:?}").to_lowercase()
            );
            for role in FIELD_ROLES {
                let expected = any_may(&[role], deed, spec);
                assert_eq!(
                    judged(&stage, role, spec, deed),
                    (expected, expected),
                    "{line} {role}"
                );
                line += if expected { " yes    " } else { " -      " };
            }
            // A reviewer has no device: the table alone speaks.
            assert!(!any_may(&[Role::Reviewer], deed, spec));
            println!("{line} -");
        }
    }
    for what in Bringing::ALL {
        let words: Vec<&str> = Role::ALL
            .into_iter()
            .map(|role| if may_bring(role, what) { "yes" } else { "-" })
            .collect();
        println!(
            "{:<28} {:<9} {}",
            format!("{what:?}").to_lowercase(),
            "bring",
            words.join("     ")
        );
    }
}

/// One world for all rows of the table: phones are dear to make.
struct Stage {
    _world: World,
    surveyors: [Device; 2],
    by_role: Vec<(Role, Device)>,
}

fn stage() -> Stage {
    let world = World::new();
    let surveyors = [world.phone("li", 1), world.phone("zhang", 2)];
    let by_role = FIELD_ROLES
        .into_iter()
        .zip(3..)
        .map(|(role, seed)| (role, world.phone_as(role, role.word(), seed)))
        .collect();
    Stage {
        _world: world,
        surveyors,
        by_role,
    }
}

/// (app says yes, gate says yes).
fn judged(stage: &Stage, role: Role, spec: &FieldSpec, deed: Deed) -> (bool, bool) {
    let [li, zhang] = &stage.surveyors;
    let (_, phone) = stage.by_role.iter().find(|(of, _)| *of == role).unwrap();
    let furnished = furnish(li);
    let path = furnished.path(spec);
    hand_over(li, zhang);
    if deed == Deed::Settle {
        let contest = |on: &Device, turn: u8| {
            on.set_field(
                &furnished.case.to_string(),
                &path.to_string(),
                &value(spec, turn),
            )
            .unwrap();
        };
        contest(li, 8);
        contest(zhang, 9);
        hand_over(zhang, li);
        hand_over(zhang, phone);
    }
    hand_over(li, phone);
    let app = match through_app(phone, furnished.case, &path, deed) {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.code(), "not_allowed", "{path}");
            false
        }
    };
    // The app wrote it if it may; for the gate a fresh case is forced.
    let forced = furnish(li);
    let path = forced.path(spec);
    if deed == Deed::Settle {
        hand_over(li, zhang);
        for (on, turn) in [(li, 7), (zhang, 9)] {
            on.set_field(
                &forced.case.to_string(),
                &path.to_string(),
                &value(spec, turn),
            )
            .unwrap();
        }
        hand_over(zhang, li);
        hand_over(zhang, phone);
    }
    hand_over(li, phone);
    (app, force(phone, li, forced.case, &edits(&path, deed)))
}

/// The table as `docs/roles.md` shows it.
fn matrix() -> String {
    let mut page = String::new();
    let mark = |may: bool| if may { "yes" } else { "–" };
    let mut row = |cells: [String; 2], may: &dyn Fn(Role) -> bool| {
        let marks: Vec<&str> = Role::ALL.into_iter().map(|role| mark(may(role))).collect();
        page += &format!("| {} | {} | {} |\n", cells[0], cells[1], marks.join(" | "));
    };
    for spec in Section::ALL.into_iter().flat_map(fields) {
        for deed in deeds(spec) {
            let word = format!("{deed:?}").to_lowercase();
            let name = format!("`{}.{}` {}", spec.section.key(), spec.name, spec.zh);
            row([name, word], &|role| any_may(&[role], deed, spec));
        }
    }
    for what in Bringing::ALL {
        let name = format!("{what:?}").to_lowercase();
        row([name, "bring".to_owned()], &|role| may_bring(role, what));
    }
    page
}

#[test]
fn the_page_of_roles_shows_the_table_as_it_is() {
    let page = include_str!("../../../../docs/roles.md");
    assert!(
        page.contains(&matrix()),
        "docs/roles.md should hold:\n{}",
        matrix()
    );
}

#[test]
fn photos_and_signatures_of_an_auditor_are_refused_by_app_and_gate() {
    let world = World::new();
    let (li, auditor) = (
        world.phone("li", 1),
        world.phone_as(Role::Auditor, "shen", 2),
    );
    let (case, _) = case_with_line(&li);
    hand_over(&li, &auditor);
    assert_eq!(
        auditor
            .add_photo(&case, photo(&jpeg(1)))
            .unwrap_err()
            .code(),
        "not_allowed"
    );
    assert_eq!(
        auditor.sign(&case, &signature()).unwrap_err().code(),
        "not_allowed"
    );
    assert_eq!(
        auditor.report_loss(None, &[]).unwrap_err().code(),
        "not_allowed"
    );
    let id = li.case(&case).unwrap().standing.case;
    let forced = |tx: &Tx<'_>| {
        let me = tx.identity()?;
        let body = crate::domain::cbor::encode(&crate::chain::PhotoBody {
            case: id,
            digest: Digest::of(b"p"),
            len_bytes: 1,
            chunk_root: Digest::ZERO,
            media_type: "image/jpeg".to_owned(),
            role: crate::chain::BlobRole::Original,
            of: None,
            origin: crate::chain::Origin::Imported,
            moment: None,
            claims: None,
            duration_ms: None,
        });
        let what = (VILLAGE, Kind::Photo, Subject::case(id), body);
        tx.append(&me, "shen", auditor.host.now(), what).map(|_| ())
    };
    auditor.store().transact(forced).unwrap();
    hand_over_anything(&auditor, &li);
    let outside = li.store().transact(|tx| tx.quarantined()).unwrap();
    assert_eq!(outside[0].why, "its writer may not bring a photo");
}

#[test]
fn a_decision_of_a_device_is_refused_with_its_whole_run() {
    let world = World::new();
    let (li, zhang) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, _) = case_with_line(&li);
    let id = li.case(&case).unwrap().standing.case;
    let decision = |tx: &Tx<'_>| {
        let me = tx.identity()?;
        let what = (VILLAGE, Kind::Decision, Subject::case(id), vec![0xa0]);
        tx.append(&me, "li", li.host.now(), what).map(|_| ())
    };
    li.store().transact(decision).unwrap();
    hand_over_anything(&li, &zhang);
    assert_eq!(zhang.cases(&CaseQuery::default()).unwrap().len(), 0);
}

/// Unknown fields of a newer schema are kept; nothing else unknown is.
#[test]
fn a_field_of_a_newer_schema_by_a_surveyor_is_kept_unread() {
    assert!(field(Section::Report, "weather").is_none());
    let (mut document, _) =
        CaseDocument::create(CaseId::from_bytes([1; 16]), [1; 16], &[], WallMs(0)).unwrap();
    let unknown = FieldPath {
        section: Section::Report,
        row: None,
        name: "weather",
    };
    let first = document.save();
    let written = document
        .write(
            &[Edit::Set(unknown, Value::Text("rain".to_owned()))],
            WallMs(0),
        )
        .unwrap()
        .unwrap();
    for (roles, kept) in [([Role::Surveyor], true), ([Role::Liaison], false)] {
        let mut other = CaseDocument::load(&first).unwrap();
        let terms = crate::record::Terms {
            case: CaseId::from_bytes([1; 16]),
            roles: &roles,
            previous: None,
        };
        let change = automerge::Change::from_bytes(written.bytes.clone()).unwrap();
        assert_eq!(other.take(change, &terms).is_ok(), kept);
    }
}
