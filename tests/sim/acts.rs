//! What users and the office do, and what befalls phones.

use std::collections::BTreeMap;

use lossbook_core::app::{AppError, Device, NewPhoto, NewSignature, SignerClaims, Taken};
use lossbook_core::chain::ingest::take_run;
use lossbook_core::chain::{EndMode, Kind, Ledger as _, Origin, Run, Subject};
use lossbook_core::domain::{Host as _, Money, RowId, ScopeId};
use lossbook_core::record::{CaseRecord, Edit, NewRow, Section, Value, actor};
use lossbook_core::statement::{Act as Signing, Wanted};
use lossbook_core::store::{CaseQuery, StoreError, Tx};
use lossbook_core::sync::Event;
use lossbook_hub::office::{self, NewDecision};

use super::link::{Middle, Profile};
use super::phone::Death;
use super::script::{Act, Fault, index};
use super::stage::REVIEWER;
use super::world::{SignedHere, World};
use crate::kill::chance::Chance;
use crate::merge::phone::model;

/// Refusals that tell a user something, and are no failure of ours.
const FAIR: &[&str] = &[
    "contested",
    "no_lines",
    "no_total",
    "not_allowed",
    "no_signature",
    "own_signature",
    "not_contested",
    "not_standing",
    "unknown_row",
    "disk_full",
    "no_room",
    "no_reason",
];

impl World {
    /// A user does something; what is acknowledged is saved from now on.
    pub(super) fn act(&mut self, phone: usize, (act, dice): (Act, u64)) {
        if self.phones[phone].process.is_none() {
            return;
        }
        if act == Act::Sync {
            return self.feed(phone, Event::Start);
        }
        let mut chance = Chance::of(dice);
        let is_old = self.phones[phone].is_old;
        if matches!(act, Act::Nonsense | Act::Trespass) {
            self.phones[phone].hostile = true;
            let done = misbehave(&self.phones[phone], act, &mut chance);
            return match done {
                Ok(()) => self.acted(phone),
                Err(error) => assert!(error.code() == "disk_full", "act: {act:?}: {error}"),
            };
        }
        let done = do_act(self.phones[phone].device(), (act, is_old), &mut chance);
        match done {
            Ok(Done::Nothing) => {}
            Ok(Done::Saved) => self.acted(phone),
            Ok(Done::Signed(nonce, signed)) => {
                self.count("signatures");
                self.phones[phone].saved.signatures.insert(nonce);
                self.signed.insert(nonce, signed);
                self.acted(phone);
            }
            Ok(Done::TakenBack(nonce)) => {
                if let Some(signed) = self.signed.get_mut(&nonce) {
                    signed.taken_back = true;
                }
                self.acted(phone);
            }
            Err(error) => {
                let fair = FAIR.contains(&error.code());
                assert!(
                    fair,
                    "act: {act:?} at {phone} failed: {}: {error}",
                    error.code()
                );
                self.stepped("refused act", phone as u64);
                self.count("acts refused");
            }
        }
    }

    fn acted(&mut self, phone: usize) {
        self.count("acts");
        self.stepped("act", phone as u64);
        self.phones[phone].note_saved();
        self.feed(phone, Event::Local);
    }

    /// Something goes wrong at a phone, or is mended.
    pub(super) fn befall(&mut self, phone: usize, (fault, dice): (Fault, u64)) {
        let mut chance = Chance::of(dice);
        self.stepped("fault", (phone as u64) << 8 | fault as u64);
        match fault {
            Fault::Kill => {
                let death = *chance.pick(&[Death::Before, Death::After]);
                self.phones[phone].doom = Some((chance.below(12), death));
            }
            Fault::LinkDown => self.change_line(phone, |line| line.up = false),
            Fault::LinkUp => self.change_line(phone, |line| line.up = true),
            Fault::OtherNetwork => {
                let profile = *chance.pick(&Profile::ALL);
                let resets = chance.below(3) == 0;
                let profile = if resets {
                    profile.reset_after(20_000)
                } else {
                    profile
                };
                self.change_line(phone, |line| line.profile = profile);
            }
            Fault::Middlebox => {
                let middle = *chance.pick(&Middle::ALL);
                self.change_line(phone, |line| line.middle = middle);
            }
            Fault::DiskFull => self.phones[phone].fill_disk(),
            Fault::DiskFree => self.free_disk(phone),
            Fault::ClockJump => {
                let year = 365 * 24 * 3_600_000_i64;
                let years = i64::try_from(chance.below(21)).expect("small") - 10;
                self.phones[phone].host.set_skew(years * year);
            }
            Fault::KeepCopy => self.keep_copy(phone),
            Fault::Restore => self.restore(phone, chance.below(2) == 0),
            Fault::OldApp => self.phones[phone].is_old = true,
            Fault::NewApp => self.phones[phone].is_old = false,
        }
    }

    /// Another network, or none: connections break, and the app is told.
    pub(super) fn change_line(
        &mut self,
        phone: usize,
        change: impl FnOnce(&mut super::link::Line),
    ) {
        change(&mut self.phones[phone].line);
        self.break_flights(phone);
        let link = self.phones[phone].link();
        self.feed(phone, Event::Link(link));
    }

    pub(super) fn free_disk(&mut self, phone: usize) {
        let was_full = self.phones[phone].disk_full;
        self.phones[phone].free_disk();
        if was_full && self.phones[phone].process.is_some() {
            self.kill(phone);
        }
    }

    fn keep_copy(&mut self, phone: usize) {
        if self.phones[phone].process.is_some() && (self.forks || !self.phones[phone].given) {
            self.phones[phone].keep_copy();
        }
    }

    /// The phone becomes what it was when it was copied; often it has no network at first.
    fn restore(&mut self, phone: usize, offline: bool) {
        if self.phones[phone].copy.is_none() || self.phones[phone].revoked {
            return;
        }
        self.kill(phone);
        if self.phones[phone].restore() {
            self.count("restores");
            self.phones[phone].line.up &= !offline;
        }
    }

    /// The office decides about some case.
    pub(super) fn decide(&mut self, dice: u64) {
        let mut chance = Chance::of(dice);
        let hub = self.hub();
        let cases = office::cases(hub.hub.store(), None).expect("the list of cases");
        if cases.is_empty() {
            return;
        }
        let case = chance.pick(&cases).number.clone();
        let since = hub.host.now().wall;
        let user = lossbook_hub::meta::OfficeUser::reviewer(REVIEWER, since);
        let action = *chance.pick(&["assign", "return", "approve", "deny", "close", "reopen"]);
        let new = NewDecision {
            action: action.to_owned(),
            round: 1,
            reason: "checked".to_owned(),
            fields: Vec::new(),
            heads: None,
            surveyor: None,
        };
        let (store, identity) = (hub.hub.store(), hub.hub.identity());
        let decided = office::decide(store, identity, (&case, &user), (new, hub.host.as_ref()));
        match decided {
            Ok(_) => self.count("decisions"),
            Err(refusal) => assert!(refusal.status < 500, "office: {refusal}"),
        }
        self.stepped("office", 0);
        self.check_feed();
    }

    /// Somebody carries what one phone wrote to another, in a pocket.
    pub(super) fn carry(&mut self, from: usize, to: usize) {
        let running = |at: usize| self.phones[at].process.is_some();
        let village = self.phones[from].part.village;
        if !running(from) || !running(to) || village != self.phones[to].part.village {
            return;
        }
        let device = self.phones[from].device();
        let runs = match device.store().transact(own_runs) {
            Ok(runs) => runs,
            Err(StoreError::DiskFull) => return self.stepped("not carried", from as u64),
            Err(error) => panic!("carry: {error}"),
        };
        self.phones[from].given = true;
        if !self.forks {
            self.phones[from].copy = None;
            self.phones[to].copy = None;
        }
        let scopes = self.phones[to].scopes.clone();
        let store = self.phones[to].device().store();
        let taken = store.transact(|tx| hand_over(tx, &runs, &scopes));
        match taken {
            Ok(forked) => {
                self.count("carried");
                for _ in 0..forked {
                    self.count("forks reported");
                }
                self.phones[to].note_saved();
                self.stepped("carried", (from as u64) << 8 | to as u64);
            }
            Err(StoreError::DiskFull) => self.stepped("not carried", to as u64),
            Err(error) => panic!("carry: {error}"),
        }
        self.feed(to, Event::Local);
    }

    /// Head office withdraws a device.
    pub(super) fn revoke(&mut self, phone: usize) {
        if self.phones[phone].process.is_none() {
            return;
        }
        let me = self.phones[phone].device().identity().expect("an identity");
        self.phones[phone].revoked = true;
        let hub = self.hub();
        let order = (me.device.to_string(), EndMode::KeepOwn);
        let (store, identity, now) = (hub.hub.store(), hub.hub.identity(), hub.host.now());
        lossbook_hub::rights::revoke(store, identity, (&order.0, order.1), now)
            .expect("a revocation");
        self.count("revocations");
        self.stepped("revoked", phone as u64);
        self.check_feed();
    }
}

/// What came of an act.
enum Done {
    Nothing,
    Saved,
    Signed([u8; 16], SignedHere),
    TakenBack([u8; 16]),
}

fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    pairs.iter().map(own).collect()
}

fn do_act(
    device: &Device,
    (act, is_old): (Act, bool),
    chance: &mut Chance,
) -> Result<Done, AppError> {
    let query = CaseQuery {
        text: None,
        limit: 6,
        offset: 0,
    };
    let mut cases = device.cases(&query)?;
    cases.sort_by_key(|row| row.case);
    if act == Act::Report || cases.is_empty() {
        let household = format!("household {}", chance.below(1_000));
        let first = texts(&[
            ("household", household.as_str()),
            ("cause", "hail"),
            ("place", "xining"),
        ]);
        device.report_loss(None, &first)?;
        return Ok(Done::Saved);
    }
    let row = &cases[index(chance, cases.len())];
    let case = row.number.clone();
    if is_old {
        device.store().transact(|tx| {
            tx.with_document(row.case, |document| {
                document.write_as(lossbook_core::record::SCHEMA_VERSION - 1);
                Ok(())
            })
        })?;
    }
    let record = device.store().transact(|tx| {
        let read = tx.with_document(row.case, |document| document.read());
        Ok::<_, AppError>(read?)
    })?;
    match act {
        Act::Photo => add_photo(device, &case, chance),
        Act::Sign => sign(device, (&case, Signing::Signed), &record),
        Act::Refuse => sign(device, (&case, Signing::Refused), &record),
        Act::Witness | Act::TakeBack => about_signature(device, (&case, act), chance),
        Act::Settle => settle(device, (&case, &record), chance),
        Act::Report
        | Act::Edit
        | Act::Line
        | Act::Note
        | Act::Payee
        | Act::Withdraw
        | Act::Sync
        | Act::Nonsense
        | Act::Trespass => edit(device, (&case, &record, act), chance),
    }
}

fn edit(
    device: &Device,
    (case, record, act): (&str, &CaseRecord, Act),
    chance: &mut Chance,
) -> Result<Done, AppError> {
    let lines: Vec<_> = record.rows(Section::Lines).map(|(id, _)| *id).collect();
    let number = chance.below(5).to_string();
    match act {
        Act::Line => {
            let row = texts(&[
                ("item", *chance.pick(&["tiles", "beam", "window"])),
                ("amount", &number),
            ]);
            device.add_row(case, Section::Lines, &row)?;
        }
        Act::Note => {
            device.add_row(
                case,
                Section::Notes,
                &texts(&[("text", &format!("seen {number}"))]),
            )?;
        }
        Act::Payee => {
            let row = texts(&[("name", *chance.pick(&["zhang", "liu"])), ("role", "payee")]);
            device.add_row(case, Section::Parties, &row)?;
        }
        Act::Withdraw if !lines.is_empty() => {
            let row = lines[index(chance, lines.len())];
            device.withdraw(case, &format!("lines.{row}"), "twice")?;
        }
        Act::Edit if !lines.is_empty() && chance.below(2) == 0 => {
            let row = lines[index(chance, lines.len())];
            device.set_field(case, &format!("lines.{row}.amount"), &number)?;
        }
        Act::Report
        | Act::Edit
        | Act::Withdraw
        | Act::Settle
        | Act::Photo
        | Act::Sign
        | Act::Refuse
        | Act::Witness
        | Act::TakeBack
        | Act::Nonsense
        | Act::Trespass
        | Act::Sync => {
            let (path, text) = match chance.below(4) {
                0 => ("report.cause", *chance.pick(&["hail", "fire", "flood"])),
                1 => (
                    "report.course",
                    *chance.pick(&["first rain", "then hail", "wind", "rain"]),
                ),
                2 => ("report.phone", *chance.pick(&["139", "138", "137"])),
                _ => ("report.household", *chance.pick(&["wang", "li", "zhang"])),
            };
            device.set_field(case, path, text)?;
        }
    }
    Ok(Done::Saved)
}

fn add_photo(device: &Device, case: &str, chance: &mut Chance) -> Result<Done, AppError> {
    let bytes = photo(chance);
    let photo = NewPhoto {
        bytes: &bytes,
        origin: Origin::Imported,
        taken: Taken::default(),
        slot: "whole_house",
        caption: "",
    };
    device.add_photo(case, photo)?;
    Ok(Done::Saved)
}

/// A small picture that the project draws, behind some bytes of comment that nobody else has.
pub(super) fn photo(chance: &mut Chance) -> Vec<u8> {
    let len = chance.below(3_000);
    photo_of(chance, usize::try_from(len).expect("small"))
}

/// The same with so many bytes of comment.
pub(super) fn photo_of(chance: &mut Chance, len: usize) -> Vec<u8> {
    let seed = u8::try_from(chance.below(250)).expect("small");
    let pixels: Vec<u8> = (0..32 * 24 * 3)
        .map(|at: u32| u8::try_from(at % 251).expect("small") ^ seed)
        .collect();
    let mut drawn = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut drawn, 80);
    let done = encoder.encode(&pixels, 32, 24, jpeg_encoder::ColorType::Rgb);
    done.expect("a picture");
    if len > 5_000 {
        // A picture that cannot be decoded has no looks to compare, which is slow without
        // optimisation; its bytes are evidence all the same.
        drawn.truncate(drawn.len() / 2);
    }
    let (start, rest) = drawn.split_at(2);
    let mut bytes = start.to_vec();
    let mut left = len + 8;
    while left > 0 {
        let some = left.min(60_000);
        bytes.extend([0xFF, 0xFE]);
        bytes.extend(u16::try_from(some + 2).expect("short").to_be_bytes());
        let from = bytes.len();
        while bytes.len() < from + some {
            bytes.extend(chance.below(u64::MAX).to_le_bytes());
        }
        bytes.truncate(from + some);
        left -= some;
    }
    bytes.extend(rest);
    bytes
}

fn sign(
    device: &Device,
    (case, act): (&str, Signing),
    record: &CaseRecord,
) -> Result<Done, AppError> {
    let figures: Option<BTreeMap<String, String>> = model(record);
    let signed = device.sign(
        case,
        &NewSignature {
            signer: "wang",
            act,
            wanted: Wanted::default(),
            strokes: Vec::new(),
            screen: (1080, 600),
            claims: SignerClaims {
                reason: (act == Signing::Refused).then_some("too little"),
                ..SignerClaims::default()
            },
        },
    )?;
    assert!(figures.is_some(), "INV8: a contested case was signed");
    let standing = device.case(case)?.standing;
    let mut all = standing.signatures.iter();
    let newest = all.find(|one| one.signature.id == signed.signature);
    let newest = newest.expect("INV8: the signature just given");
    let nonce = *newest.signature.body.nonce;
    Ok(Done::Signed(
        nonce,
        SignedHere {
            figures,
            act,
            taken_back: false,
        },
    ))
}

fn about_signature(
    device: &Device,
    (case, act): (&str, Act),
    chance: &mut Chance,
) -> Result<Done, AppError> {
    let standing = device.case(case)?.standing;
    if standing.signatures.is_empty() {
        return Ok(Done::Nothing);
    }
    let one = &standing.signatures[index(chance, standing.signatures.len())].signature;
    let id = one.id.to_hex();
    if act == Act::Witness {
        device.witness(case, &id)?;
        return Ok(Done::Saved);
    }
    device.revoke(case, &id, "wrong sum")?;
    Ok(Done::TakenBack(*one.body.nonce))
}

fn settle(
    device: &Device,
    (case, record): (&str, &CaseRecord),
    chance: &mut Chance,
) -> Result<Done, AppError> {
    let disputes = record.disputes();
    if disputes.is_empty() {
        return Ok(Done::Nothing);
    }
    let (path, kind) = &disputes[index(chance, disputes.len())];
    let chosen = match kind {
        lossbook_core::record::Dispute::Values => {
            let field = record.field(path).expect("a field");
            let standing = field.standing();
            standing[index(chance, standing.len())].value.to_string()
        }
        lossbook_core::record::Dispute::Withdrawal => "keep".to_owned(),
        lossbook_core::record::Dispute::Payees => "payee".to_owned(),
    };
    device.settle(case, &path.to_string(), &chosen, "asked again")?;
    Ok(Done::Saved)
}

/// The body of an envelope that no gate takes.
const NONSENSE: &[u8] = b"this is no change";

/// What an honest app never does: straight into the store, past every right.
fn misbehave(phone: &super::phone::Phone, act: Act, chance: &mut Chance) -> Result<(), AppError> {
    let query = CaseQuery {
        text: None,
        limit: 6,
        offset: 0,
    };
    let device = phone.device();
    let mut cases = device.cases(&query)?;
    cases.sort_by_key(|row| row.case);
    if cases.is_empty() {
        return Ok(());
    }
    let row = &cases[index(chance, cases.len())];
    let reading = phone.host.now();
    let mut random = [0; 16];
    phone.host.fill_random(&mut random);
    let money = Edit::Add(NewRow {
        section: Section::Lines,
        id: RowId::make(phone.host.as_ref()),
        values: vec![("amount", Value::Money(Money::from_fen(99)))],
    });
    device.store().transact(|tx| {
        let me = tx.identity()?;
        let of = |body: Vec<u8>| (row.scope, Kind::Change, Subject::case(row.case), body);
        if act == Act::Nonsense {
            tx.append(&me, "nobody", reading, of(NONSENSE.to_vec()))?;
            return Ok(());
        }
        let actor = actor(me.device, tx.epoch()?, &random);
        let written = tx.with_document(row.case, |document| {
            document.set_actor(actor);
            document.write(&[money], reading.wall)
        })?;
        let written = written.expect("a change");
        let (id, header) = tx.append(&me, "nobody", reading, of(written.bytes.clone()))?;
        Ok(tx.keep_own_change(row.case, &header, id, &written)?)
    })
}

/// Everything a phone wrote, sealed.
fn own_runs(tx: &Tx<'_>) -> Result<Vec<Run>, StoreError> {
    let me = tx.identity()?;
    let mut runs = Vec::new();
    for stream in tx.own_streams(None)? {
        runs.extend(tx.cut_runs(&stream, 1, (usize::MAX, 8 * 1024), &me.key)?);
    }
    Ok(runs)
}

/// Hands runs over as a page would bring them; says how many met another past of their stream.
fn hand_over(
    tx: &Tx<'_>,
    runs: &[Run],
    scopes: &std::collections::BTreeSet<ScopeId>,
) -> Result<u64, StoreError> {
    let mut forked = 0;
    for run in runs
        .iter()
        .filter(|run| scopes.contains(&run.seal.stream.scope))
    {
        let stream = run.seal.stream;
        let held = tx.mark(stream)?;
        let differs = match held {
            Some(mark) if mark.seq >= run.seal.seq => {
                tx.header_at(stream, run.seal.seq)? != Some(run.seal.header)
            }
            Some(_) | None => false,
        };
        if take_run(run, tx)?.is_err() {
            tx.park_run(run)?;
        }
        if differs {
            assert!(
                tx.is_forked(stream)?,
                "INV7: a fork was met and not reported"
            );
            forked += 1;
        }
    }
    Ok(forked)
}
