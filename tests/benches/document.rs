//! The case document beside bare Automerge: made, opened, merged, let in through the gate.

use automerge::hydrate::Value as Plain;
use automerge::{AutoCommit, Change, ReadDoc as _};
use lossbook_core::chain::gate::scan;
use lossbook_core::domain::{CaseId, Digest, Money, Role, RowId, WallMs};
use lossbook_core::record::{
    CaseDocument, Edit, FieldPath, NewRow, OWN_CHANGES, Section, Terms, Thousandths, Value, unstow,
};

use crate::Failed;
use crate::row::{Row, Timings, number};

const ROUNDS: usize = 101;
const CASE: CaseId = CaseId::from_bytes([7; 16]);

pub(crate) fn run() -> Result<(), Failed> {
    creating()?;
    opening()?;
    opening_full()?;
    merging()?;
    gate()?;
    size()?;
    resident()
}

fn text(words: impl Into<String>) -> Value {
    Value::Text(words.into())
}

fn row_id(section: Section, number: u8) -> RowId {
    let mut id = [number; 16];
    id.iter_mut()
        .zip(section.key().bytes())
        .for_each(|(to, from)| *to = from);
    RowId::from_bytes(id)
}

fn photo(number: u8) -> Vec<(&'static str, Value)> {
    vec![
        ("sha256", Value::Digest(Digest::of(&[number]))),
        ("slot", text("whole_house")),
        ("caption", text(format!("第 {number} 张"))),
    ]
}

fn line(number: u8) -> Vec<(&'static str, Value)> {
    let fen = i64::from(number) * 10_050;
    vec![
        ("item", text("瓦片")),
        ("room", text(format!("北房 {number}"))),
        ("unit", text("m²")),
        ("quantity", Value::Number(Thousandths(12_500))),
        ("unit_price", Value::Money(Money::from_fen(8_000))),
        ("amount", Value::Money(Money::from_fen(fen))),
    ]
}

/// The case of the design: a report, parties, objects, 20 photos, 15 lines, notes.
fn edits() -> Vec<Edit> {
    let mut edits: Vec<Edit> = [
        "household",
        "reporter",
        "phone",
        "policy_no",
        "cause",
        "occurred_at",
        "place",
    ]
    .into_iter()
    .map(|name| {
        Edit::Set(
            FieldPath {
                section: Section::Report,
                row: None,
                name,
            },
            text(format!("{name} 五十镇")),
        )
    })
    .collect();
    let mut rows =
        |section: Section, count: u8, values: &dyn Fn(u8) -> Vec<(&'static str, Value)>| {
            edits.extend((0..count).map(|number| {
                Edit::Add(NewRow {
                    section,
                    id: row_id(section, number),
                    values: values(number),
                })
            }));
        };
    rows(Section::Parties, 10, &|number| {
        let names = ["name", "role", "id_no", "phone", "account"];
        names
            .map(|name| (name, text(format!("{name} {number}"))))
            .to_vec()
    });
    rows(Section::Objects, 4, &|number| {
        let names = ["kind", "label", "address", "structure"];
        names
            .map(|name| (name, text(format!("{name} {number}"))))
            .to_vec()
    });
    rows(Section::Photos, 20, &photo);
    rows(Section::Lines, 15, &line);
    edits
}

fn made() -> Result<CaseDocument, Failed> {
    Ok(CaseDocument::create(CASE, [1; 16], &edits(), WallMs(0))?.0)
}

fn amount(line: u8, fen: i64) -> Edit {
    let row = Some(row_id(Section::Lines, line % 15));
    let path = FieldPath {
        section: Section::Lines,
        row,
        name: "amount",
    };
    Edit::Set(path, Value::Money(Money::from_fen(fen)))
}

fn ratio_row(name: &str, (ours, peer): (&Timings, &Timings), goal: &str, note: &str) {
    Row {
        name,
        ours: format!("{:.0} µs", ours.median() * 1_000.0),
        peer: format!("{:.0} µs", peer.median() * 1_000.0),
        ratio: ours.median() / peer.median(),
        goal,
        note: format!("median of {}; {note}", ours.count()),
    }
    .print();
}

fn creating() -> Result<(), Failed> {
    let edits = edits();
    let plain = AutoCommit::load(&made()?.save())?.document().hydrate(None);
    let Plain::Map(root) = plain else {
        return Err("a case is a map".into());
    };
    let (mut ours, mut peer) = <(Timings, Timings)>::default();
    for _ in 0..ROUNDS {
        ours.time(|| CaseDocument::create(CASE, [1; 16], &edits, WallMs(0)).map(|_| ()))?;
        peer.time(|| -> Result<(), Failed> {
            let mut doc = AutoCommit::new();
            automerge::transaction::Transactable::init_root_from_hydrate(&mut doc, &root)?;
            doc.get_last_local_change().ok_or("no change")?;
            Ok(())
        })?;
    }
    ratio_row(
        "create a case, beside Automerge's hydrate path",
        (&ours, &peer),
        "≤ 1.2",
        "49 rows, 230 fields in one change; ours also turns edits into the tree",
    );
    Ok(())
}

fn opening() -> Result<(), Failed> {
    let mut document = made()?;
    let saved = document.save();
    let mut pending = saved.clone();
    for edit in 0..500_i64 {
        let line = u8::try_from(edit % 15)?;
        let written = document.write(&[amount(line, 7_000_000 + edit)], WallMs(edit))?;
        pending.extend(written.ok_or("a change")?.bytes);
    }
    for (name, bytes) in [
        ("open a case to readable fields, beside a bare load", &saved),
        (
            "the same with 500 pending changes, beside one load of all",
            &pending,
        ),
    ] {
        let (mut ours, mut peer) = <(Timings, Timings)>::default();
        for _ in 0..ROUNDS {
            // Both keep the document open: freeing it is not part of opening it.
            ours.time(|| -> Result<_, Failed> {
                let document = CaseDocument::load(bytes)?;
                let record = document.read()?;
                Ok((document, record))
            })?;
            peer.time(|| AutoCommit::load(bytes))?;
        }
        ratio_row(
            name,
            (&ours, &peer),
            "≤ 1.3",
            "ours reads every field with all its values and the change behind each",
        );
    }
    beside_a_walk(&saved)
}

/// How much of opening is Automerge's own walk over a document that it has loaded.
fn beside_a_walk(saved: &[u8]) -> Result<(), Failed> {
    let (mut walk, mut bare) = <(Timings, Timings)>::default();
    for _ in 0..ROUNDS {
        walk.time(|| -> Result<_, Failed> {
            let doc = AutoCommit::load(saved)?;
            let items = doc.iter_at(automerge::ROOT, None).count();
            Ok((doc, items))
        })?;
        bare.time(|| AutoCommit::load(saved))?;
    }
    ratio_row(
        "Automerge's own walk over the same case, beside its bare load",
        (&walk, &bare),
        "none",
        "load and every item of its iterator, nothing read from them: the floor of any reader",
    );
    Ok(())
}

/// The most that a case can cost: at the number of changes where devices stop writing.
fn opening_full() -> Result<(), Failed> {
    let mut document = made()?;
    for edit in 1..i64::try_from(OWN_CHANGES)? {
        let line = u8::try_from(edit % 15)?;
        document.write(&[amount(line, 9_000_000 + edit)], WallMs(edit))?;
    }
    let stowed = document.stow()?;
    let bytes = unstow(stowed.clone())?;
    let (mut ours, mut peer) = <(Timings, Timings)>::default();
    for _ in 0..7 {
        ours.time(|| -> Result<_, Failed> {
            let document = CaseDocument::load(&unstow(stowed.clone())?)?;
            let record = document.read()?;
            Ok((document, record))
        })?;
        peer.time(|| AutoCommit::load(&bytes))?;
    }
    let name = format!("open a full case of {OWN_CHANGES} changes, beside a bare load");
    let note = format!("{} kB in the store", stowed.len() / 1_000);
    ratio_row(&name, (&ours, &peer), "≤ 1.3", &note);
    Ok(())
}

/// Changes as they are sent.
type Changes = Vec<Vec<u8>>;

/// A saved case, and changes that two replicas wrote apart.
fn apart() -> Result<(Vec<u8>, [Changes; 2]), Failed> {
    let saved = made()?.save();
    let side = |actor: u8| -> Result<Changes, Failed> {
        let mut document = CaseDocument::load(&saved)?;
        document.set_actor([actor; 16]);
        (0..100_i64)
            .map(|edit| {
                let line = u8::try_from(edit % 15)?;
                let fen = 8_000_000 + edit * 100 + i64::from(actor);
                let written = document.write(&[amount(line, fen)], WallMs(edit))?;
                Ok(written.ok_or("a change")?.bytes)
            })
            .collect()
    };
    let sides = [side(2)?, side(3)?];
    Ok((saved, sides))
}

fn merging() -> Result<(), Failed> {
    let (saved, [mine, theirs]) = apart()?;
    let with = |changes: &[Vec<u8>]| [saved.clone(), changes.concat()].concat();
    let (left, right) = (with(&mine), with(&theirs));
    let (mut ours, mut peer) = <(Timings, Timings)>::default();
    for _ in 0..ROUNDS {
        let mut document = CaseDocument::load(&left)?;
        ours.time(|| theirs.iter().try_for_each(|change| document.apply(change)))?;
        let (mut a, mut b) = (AutoCommit::load(&left)?, AutoCommit::load(&right)?);
        peer.time(|| a.merge(&mut b))?;
    }
    ratio_row(
        "merge two replicas with 100 edits each, beside a bare merge",
        (&ours, &peer),
        "≤ 1.5",
        "ours takes the other's 100 changes from their bytes one at a time, as the gate demands",
    );
    Ok(())
}

fn gate() -> Result<(), Failed> {
    let (saved, [_, theirs]) = apart()?;
    let (mut through, mut bare) = <(Timings, Timings)>::default();
    for _ in 0..ROUNDS {
        let mut document = CaseDocument::load(&saved)?;
        let mut previous = None;
        through.time(|| -> Result<(), Failed> {
            for bytes in &theirs {
                scan(bytes)?;
                let change = Change::from_bytes(bytes.clone())?;
                let hash = Digest::from_bytes(change.hash().0);
                let terms = Terms {
                    case: CASE,
                    roles: &[Role::Surveyor],
                    previous,
                };
                document.take(change, &terms)?;
                previous = Some(hash);
            }
            Ok(())
        })?;
        let mut doc = AutoCommit::load(&saved)?;
        bare.time(|| -> Result<(), Failed> {
            for bytes in &theirs {
                doc.apply_changes([Change::from_bytes(bytes.clone())?])?;
            }
            Ok(())
        })?;
    }
    let each = |timings: &Timings| timings.median() * 1_000.0 / 100.0;
    let beyond = each(&through) - each(&bare);
    Row {
        name: "the gate's checks of one honest change, beyond applying it",
        ours: format!("{beyond:.1} µs"),
        peer: "25 µs".to_owned(),
        ratio: beyond / 25.0,
        goal: "≤ 1",
        note: format!(
            "checks 5 to 11 without the store's look-ups, of 100 changes by turns: {:.1} µs each with them, {:.1} µs bare",
            each(&through),
            each(&bare)
        ),
    }
    .print();
    Ok(())
}

fn size() -> Result<(), Failed> {
    let (mut document, first) = CaseDocument::create(CASE, [1; 16], &edits(), WallMs(0))?;
    let mut log = first.bytes.len();
    for edit in 0..30_i64 {
        let written = document.write(&[amount(u8::try_from(edit % 15)?, edit)], WallMs(edit))?;
        log += written.map_or(0, |change| change.bytes.len());
    }
    let stowed = document.stow()?;
    let peer = document.save();
    Row {
        name: "bytes of a case document on disk, beside Automerge's own save",
        ours: format!("{} B", stowed.len()),
        peer: format!("{} B", peer.len()),
        ratio: number(u64::try_from(stowed.len())?) / number(u64::try_from(peer.len())?),
        goal: "≤ 0.75",
        note: format!(
            "with 30 edits of history; packed by zstd with a dictionary of made-up cases, {:.2} ms; \
             the envelope log, which is evidence and stays, holds the same changes in {log} B of \
             bodies",
            packing(&mut document)?
        ),
    }
    .print();
    Ok(())
}

fn packing(document: &mut CaseDocument) -> Result<f64, Failed> {
    let mut packing = Timings::default();
    for _ in 0..ROUNDS {
        packing.time(|| document.stow())?;
    }
    Ok(packing.median())
}

/// What an opened case takes, read to its fields, while it stays open.
fn resident() -> Result<(), Failed> {
    let saved = made()?.save();
    let (mut open, mut read) = (None, None);
    let document = allocation_counter::measure(|| open = CaseDocument::load(&saved).ok());
    let record = allocation_counter::measure(|| read = open.as_ref().and_then(|it| it.read().ok()));
    read.ok_or("the case is not readable")?;
    let [document, record] = [document, record].map(|it| it.bytes_current.unsigned_abs());
    let each = number(document) / 1_000.0;
    Row {
        name: "memory of an opened case",
        ours: format!("{each:.0} kB"),
        peer: "80 kB".to_owned(),
        ratio: each / 80.0,
        goal: "≤ 1",
        note: format!(
            "bytes that stay allocated for the document and its history, of which a process keeps \
             the last 8 it used; the record read from it takes another {:.0} kB until its screen \
             is drawn; the peer is the goal",
            number(record) / 1_000.0
        ),
    }
    .print();
    Ok(())
}
