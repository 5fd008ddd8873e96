//! One phone of a random world: it edits as the app would, and takes runs through the gate.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use lossbook_core::chain::ingest::take_run;
use lossbook_core::chain::{DeviceKey, Draft, Kind, Run, StreamId, Subject, Tip, append, seal_tip};
use lossbook_core::domain::{CaseId, DeviceId, Digest, Epoch, Host, Money, Reading, RowId, WallMs};
use lossbook_core::record::{
    CaseDocument, CaseRecord, Dispute, Edit, FieldPath, NewRow, Section, Thousandths, Value,
    Withdrawal,
};
use lossbook_core::statement::{FreezeBody, Wanted};

use super::ledger::{Held, Memory, VILLAGE};
use crate::kill::chance::Chance;

const CASE: CaseId = CaseId::from_bytes([0xca; 16]);

/// A value that somebody wrote, as the model remembers it.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) envelope: Digest,
    pub(super) change: Digest,
    pub(super) path: String,
    pub(super) value: String,
}

/// A statement that somebody signed, and what the model read when it was.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) freeze: FreezeBody,
    then: BTreeMap<String, String>,
}

impl Signed {
    /// The reference model: what stands in money's way, else what is different.
    pub(super) fn expected(&self, now: &CaseRecord) -> &'static str {
        match model(now) {
            None => "contested",
            Some(figures) if figures == self.then => "valid",
            Some(_) => "superseded",
        }
    }
}

/// All figures as plain text; nothing while something is in dispute.
pub(crate) fn model(record: &CaseRecord) -> Option<BTreeMap<String, String>> {
    let mut figures = BTreeMap::new();
    let mut payees = 0;
    let single = record
        .fields
        .iter()
        .map(|(section, row)| (*section, None, row));
    let rows = record
        .rows
        .iter()
        .flat_map(|(section, rows)| rows.iter().map(move |(id, row)| (*section, Some(*id), row)));
    for (section, id, row) in single.chain(rows) {
        match row.withdrawal {
            Withdrawal::Withdrawn => continue,
            Withdrawal::Asked if section != Section::Notes => return None,
            Withdrawal::Asked | Withdrawal::Stands => {}
        }
        for (name, field) in &row.fields {
            let path = FieldPath {
                section,
                row: id,
                name,
            };
            if *name == "removed" || !path.spec().is_some_and(|spec| spec.binding) {
                continue;
            }
            let values: BTreeSet<String> = field
                .standing()
                .iter()
                .map(|one| one.value.to_string())
                .collect();
            let mut values = values.into_iter();
            let (Some(value), None) = (values.next(), values.next()) else {
                return None;
            };
            payees += usize::from(*name == "role" && value == "payee");
            figures.insert(path.to_string(), value);
        }
    }
    (payees <= 1).then_some(figures)
}

struct Dice(AtomicU64);

impl Host for Dice {
    fn now(&self) -> Reading {
        Reading {
            wall: WallMs(0),
            boot_id: [0; 16],
            mono_ms: 0,
        }
    }

    fn fill_random(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let digest = Digest::of(&count.to_le_bytes());
            chunk.copy_from_slice(&digest.as_bytes()[..chunk.len()]);
        }
    }
}

pub(super) struct Phone {
    pub(super) document: CaseDocument,
    device: DeviceId,
    key: DeviceKey,
    dice: Dice,
    schema: u32,
    tip: Tip,
    actor: [u8; 16],
    held: Held,
    copy: Option<Held>,
}

impl Phone {
    pub(super) fn new(number: u64, is_old: bool) -> Self {
        let dice = Dice(AtomicU64::new((number + 1) << 32));
        let key = DeviceKey::make(&dice);
        let device = DeviceId::from_bytes([u8::try_from(number).expect("few"); 16]);
        let mut held = Held::new();
        held.know(device, key.public());
        let mut phone = Self {
            document: CaseDocument::empty(),
            device,
            key,
            schema: if is_old { 1 } else { 2 },
            tip: Tip::start(StreamId {
                scope: VILLAGE,
                device,
                epoch: Epoch::make_random(&dice),
            }),
            dice,
            actor: [0; 16],
            held,
            copy: None,
        };
        phone.begin_epoch();
        phone
    }

    /// A new epoch, a new actor: after the start and after every restore.
    fn begin_epoch(&mut self) {
        self.dice.fill_random(&mut self.actor);
        self.tip = Tip::start(StreamId {
            scope: VILLAGE,
            device: self.device,
            epoch: Epoch::make_random(&self.dice),
        });
        self.document.write_as(self.schema);
        self.document.set_actor(self.actor);
    }

    pub(super) fn held(&self) -> impl Iterator<Item = Digest> {
        self.held.envelopes.keys().copied()
    }

    pub(super) fn parked(&self) -> BTreeSet<Digest> {
        self.held.parked()
    }

    pub(super) fn acts(&self) -> &BTreeSet<Digest> {
        &self.held.acts
    }

    pub(super) fn refused(&self) -> Vec<String> {
        self.held.refused.clone()
    }

    pub(super) fn report(&mut self) -> Vec<Written> {
        let first = [
            Edit::Set(path("report.household"), words("wang")),
            Edit::Set(path("report.cause"), words("hail")),
        ];
        let (document, written) =
            CaseDocument::create_as(self.schema, CASE, (self.actor, WallMs(0)), &first)
                .expect("a case");
        self.document = document;
        self.begin_epoch();
        self.keep(&first, written)
    }

    fn write(&mut self, edits: &[Edit]) -> Vec<Written> {
        match self.document.write(edits, WallMs(0)).expect("an edit") {
            Some(written) => self.keep(edits, written),
            None => Vec::new(),
        }
    }

    fn keep(&mut self, edits: &[Edit], written: lossbook_core::record::Written) -> Vec<Written> {
        let (envelope, header) = self.append(Kind::Change, written.bytes.clone());
        let entry = (
            written.hash,
            written.actor.clone(),
            written.seq,
            written.max_op,
        );
        self.held.keep_change(&header, entry);
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for edit in edits {
            match edit {
                Edit::Set(path, value) => {
                    values.insert(path.to_string(), value.to_string());
                }
                Edit::Add(row) => {
                    for (name, value) in &row.values {
                        let path = FieldPath {
                            section: row.section,
                            row: Some(row.id),
                            name,
                        };
                        values.insert(path.to_string(), value.to_string());
                    }
                }
            }
        }
        values
            .into_iter()
            .map(|(path, value)| Written {
                envelope,
                change: written.hash,
                path,
                value,
            })
            .collect()
    }

    fn append(&mut self, kind: Kind, body: Vec<u8>) -> (Digest, lossbook_core::chain::Header) {
        let draft = Draft {
            kind,
            subject: Subject::case(CASE),
            body,
            user: "somebody",
            reading: self.dice.now(),
            seen: None,
        };
        let (envelope, header, tip) = append(self.tip, draft, &self.key);
        self.tip = tip;
        let id = envelope.id();
        self.held.envelopes.insert(id, envelope.clone());
        let run = Run {
            envelopes: vec![envelope],
            seal: seal_tip(tip, &self.key),
        };
        self.held.runs.entry(tip.stream).or_default().push(run);
        (id, header)
    }

    /// Some edit that an app would allow.
    pub(super) fn edit(&mut self, chance: &mut Chance) -> Vec<Written> {
        let record = self.document.read().expect("a record");
        let number = i64::try_from(chance.below(4)).expect("small");
        let edit = match chance.below(8) {
            0 => Edit::Set(
                path("report.cause"),
                one_of(chance, &["hail", "fire", "flood"]),
            ),
            1 => {
                let now = record
                    .section(Section::Report)
                    .text("course")
                    .unwrap_or_default();
                let at =
                    usize::try_from(chance.below(now.chars().count() as u64 + 1)).expect("few");
                let mut text: Vec<char> = now.chars().collect();
                text.insert(at, *chance.pick(&['雨', '风', '瓦', 'a']));
                if text.len() > 40 {
                    text.drain(..30);
                }
                Edit::Set(
                    path("report.course"),
                    words(&text.into_iter().collect::<String>()),
                )
            }
            2 => self.row(
                Section::Lines,
                vec![
                    ("item", one_of(chance, &["tiles", "beam", "window"])),
                    ("amount", Value::Money(Money::from_fen(number * 100))),
                ],
            ),
            3 if chance.below(3) == 0 => self.row(
                Section::Parties,
                vec![("name", words("zhang")), ("role", words("payee"))],
            ),
            4 => self.row(Section::Notes, vec![("text", words("seen"))]),
            _ => {
                let rows: Vec<&RowId> = record.rows(Section::Lines).map(|(id, _)| id).collect();
                if rows.is_empty() {
                    return Vec::new();
                }
                let row = Some(**chance.pick(&rows));
                let path = |name| FieldPath {
                    section: Section::Lines,
                    row,
                    name,
                };
                match chance.below(2) {
                    0 => Edit::Set(path("amount"), Value::Money(Money::from_fen(number * 100))),
                    _ => Edit::Set(path("quantity"), Value::Number(Thousandths(number * 1_000))),
                }
            }
        };
        let is_contested = matches!(&edit, Edit::Set(path, _) if record.must_be_settled(path));
        if is_contested {
            return Vec::new();
        }
        self.write(&[edit])
    }

    fn row(&self, section: Section, values: Vec<(&'static str, Value)>) -> Edit {
        Edit::Add(NewRow {
            section,
            id: RowId::make(&self.dice),
            values,
        })
    }

    /// A remark, which no signature covers.
    pub(super) fn remark(&mut self) -> Vec<Written> {
        let row = self.row(Section::Notes, vec![("text", words("seen by all"))]);
        self.write(&[row])
    }

    pub(super) fn withdraw(&mut self, chance: &mut Chance) -> Vec<Written> {
        let record = self.document.read().expect("a record");
        let section = *chance.pick(&[Section::Lines, Section::Parties, Section::Notes]);
        let standing = record
            .rows(section)
            .filter(|(_, row)| row.withdrawal == Withdrawal::Stands);
        let rows: Vec<RowId> = standing.map(|(id, _)| *id).collect();
        if rows.is_empty() {
            return Vec::new();
        }
        let row = Some(*chance.pick(&rows));
        self.write(&[Edit::Set(
            FieldPath {
                section,
                row,
                name: "removed",
            },
            words("not there"),
        )])
    }

    /// Settles a dispute as the app does.
    pub(super) fn settle(&mut self, chance: &mut Chance) -> Vec<Written> {
        let record = self.document.read().expect("a record");
        let disputes = record.disputes();
        if disputes.is_empty() {
            return Vec::new();
        }
        let (path, dispute) = chance.pick(&disputes).clone();
        let set = |text: &str| Edit::Set(path.clone(), words(text));
        let mut edits = match dispute {
            Dispute::Values => {
                let standing = record.field(&path).expect("a field").standing();
                vec![Edit::Set(path.clone(), chance.pick(standing).value.clone())]
            }
            Dispute::Withdrawal if chance.below(2) == 0 => vec![set("")],
            Dispute::Withdrawal => vec![set(""), set("not there")],
            Dispute::Payees => {
                let others = record
                    .payees()
                    .into_iter()
                    .filter(|id| Some(*id) != path.row);
                let removed = |id| FieldPath {
                    section: Section::Parties,
                    row: Some(id),
                    name: "removed",
                };
                others
                    .map(|id| Edit::Set(removed(id), words("not the payee")))
                    .collect()
            }
        };
        edits.push(self.row(
            Section::Settlements,
            vec![
                ("path", words(&path.to_string())),
                ("reason", words("looked again")),
            ],
        ));
        self.write(&edits)
    }

    pub(super) fn sign(&mut self) -> Option<(Digest, Signed)> {
        let record = self.document.read().expect("a record");
        let heads = self.document.heads();
        let freeze = FreezeBody::make(CASE, &record, heads, &Wanted::default()).ok()?;
        let then = model(&record).expect("what is frozen is not in dispute");
        let (id, _) = self.append(
            Kind::Signature,
            lossbook_core::domain::cbor::encode(&freeze),
        );
        self.held.acts.insert(id);
        Some((id, Signed { freeze, then }))
    }

    pub(super) fn keep_copy(&mut self) {
        self.held.document = self.document.clone();
        self.copy = Some(self.held.clone());
    }

    /// Goes back to the copy; says which envelopes were lost by that.
    pub(super) fn restore(&mut self) -> Option<BTreeSet<Digest>> {
        let copy = self.copy.take()?;
        let lost = self
            .held()
            .filter(|id| !copy.envelopes.contains_key(id))
            .collect();
        self.document = copy.document.clone();
        self.held = copy;
        self.begin_epoch();
        Some(lost)
    }

    /// Takes at most `part` runs that another holds, of its streams in any order, and sometimes
    /// again what is here already. Says how many were new and how many repeated.
    pub(super) fn take_from(&mut self, giver: &Self, part: u64, chance: &mut Chance) -> (u64, u64) {
        for (device, key) in giver.held.keys() {
            self.held.know(*device, *key);
        }
        let mut streams: Vec<&StreamId> = giver.held.runs.keys().collect();
        let turn = chance.below(streams.len() as u64);
        streams.rotate_left(usize::try_from(turn).expect("few"));
        let mut held = std::mem::replace(&mut self.held, Held::new());
        std::mem::swap(&mut held.document, &mut self.document);
        let memory = Memory(RefCell::new(held));
        let (mut fresh, mut again) = (0, 0);
        for stream in streams {
            let mark = memory.0.borrow().mark(*stream);
            let overlap = if part < u64::MAX {
                chance.below(2).min(mark)
            } else {
                0
            };
            let start = usize::try_from(mark - overlap).expect("few");
            for run in giver
                .held
                .runs
                .get(stream)
                .into_iter()
                .flatten()
                .skip(start)
            {
                if fresh >= part {
                    break;
                }
                match take_run(run, &memory).unwrap_or_else(|never| match never {}) {
                    Ok(taken) if taken.fresh > 0 => {
                        fresh += 1;
                        let mut held = memory.0.borrow_mut();
                        held.runs.entry(*stream).or_default().push(run.clone());
                    }
                    Ok(_) => again += 1,
                    Err(refusal) => memory.0.borrow_mut().refused.push(refusal.to_string()),
                }
            }
        }
        self.held = memory.0.into_inner();
        std::mem::swap(&mut self.held.document, &mut self.document);
        self.document.set_actor(self.actor);
        (fresh, again)
    }
}

fn path(text: &str) -> FieldPath {
    text.parse().expect("a path")
}

fn words(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn one_of(chance: &mut Chance, texts: &[&str]) -> Value {
    let text: &&str = chance.pick(texts);
    words(text)
}
