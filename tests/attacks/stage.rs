//! A victim's phone with a case, and a hostile device that the hub vouched for.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use automerge::legacy::{ObjectId, OpId};
use automerge::{AutoCommit, Change, ChangeHash, ReadDoc};
use lossbook_cli::host::Machine;
use lossbook_core::app::Device;
use lossbook_core::chain::gate::Refusal;
use lossbook_core::chain::ingest::take_run;
use lossbook_core::chain::{
    Certificate, DeviceKey, Draft, EnrolAnswer, Invite, InviteSecret, Kind, Run, ScopeName,
    SignedCertificate, StreamId, Subject, Tip, append, seal_tip,
};
use lossbook_core::domain::{CaseId, DeviceId, Digest, Epoch, Host, Role, RowId, ScopeId, WallMs};
use lossbook_core::record::{CaseDocument, Edit, NewRow, Section, Value};
use lossbook_core::store::{StoreError, StoreKey};

use crate::MEMORY;

const VILLAGE: ScopeId = ScopeId::from_bytes([0xbb; 16]);
const HUB: DeviceId = DeviceId::from_bytes([0xaa; 16]);
const ATTACKER: DeviceId = DeviceId::from_bytes([0x13; 16]);

/// Memory is counted for the whole process, so attacks come one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Processor time of this thread so far: what an attack costs, however busy the machine is. Where
/// the system does not say, the time of the clock.
fn busy() -> Duration {
    static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = spent.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanos.map_or_else(|| BEGINNING.elapsed(), Duration::from_nanos)
}

/// What became of a run.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) quarantined: Vec<(u64, String)>,
    pub(crate) refusal: Option<Refusal>,
    took: Duration,
    peak_bytes: usize,
}

impl Answer {
    pub(crate) fn assert_cheap(&self) {
        self.assert_time_for(1);
        self.assert_memory();
    }

    /// Ten milliseconds for an attack, and two for each further envelope that is kept on the way.
    pub(crate) fn assert_time_for(&self, envelopes: u64) {
        let limit = Duration::from_millis(10 + 2 * (envelopes - 1));
        assert!(self.took < limit, "it took {:?}", self.took);
    }

    pub(crate) fn assert_memory(&self) {
        assert!(self.peak_bytes < 64 << 20, "{} bytes", self.peak_bytes);
    }
}

pub(crate) struct Stage {
    victim: Device,
    case: CaseId,
    line: RowId,
    key: DeviceKey,
    tip: Tip,
    pub(crate) attacker: CaseDocument,
    notes: usize,
    standing: Option<Vec<u8>>,
    _dir: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Stage {
    pub(crate) fn new(role: Role) -> Self {
        let alone = ONE_AT_A_TIME
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let dir = tempfile::tempdir().unwrap();
        let machine = Arc::new(Machine::new());
        let hub = DeviceKey::make(machine.as_ref());
        let store_key = StoreKey::from_bytes([7; 32]);
        let victim = Device::init(&dir.path().join("victim"), &store_key, machine.clone()).unwrap();
        enrol(&victim, &hub);
        let fields = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
            pairs.iter().map(own).collect()
        };
        let case = victim
            .report_loss(None, &fields(&[("cause", "hail")]))
            .unwrap();
        let line = victim
            .add_row(
                &case.to_string(),
                Section::Lines,
                &fields(&[("item", "tiles"), ("amount", "100")]),
            )
            .unwrap();
        let key = DeviceKey::make(machine.as_ref());
        let certificate =
            SignedCertificate::make(&certificate(ATTACKER, &key, ("mallory", role)), &hub);
        let attacker = victim
            .store()
            .transact(|tx| {
                tx.put_certificate(
                    &certificate.verify(&hub.public()).unwrap(),
                    &certificate,
                    false,
                )?;
                tx.with_document(case, |document| Ok(document.save()))
            })
            .unwrap();
        let mut attacker = CaseDocument::load(&attacker).unwrap();
        attacker.set_actor([0x55; 16]);
        let stream = StreamId {
            scope: VILLAGE,
            device: ATTACKER,
            epoch: Epoch::make_random(machine.as_ref()),
        };
        Self {
            victim,
            case,
            line,
            key,
            tip: Tip::start(stream),
            attacker,
            notes: 0,
            standing: None,
            _dir: dir,
            _alone: alone,
        }
    }

    /// This change of the next attack is in order: an honest note builds on it.
    pub(crate) fn will_stand(&mut self, change: &[u8]) {
        self.standing = Some(change.to_vec());
    }

    /// Sends hostile changes and then an honest note in one sealed run.
    pub(crate) fn attack(&mut self, name: &str, hostile: Vec<Vec<u8>>) -> Answer {
        self.notes += 1;
        let count = hostile.len();
        let mut honest = CaseDocument::load(&self.document()).unwrap();
        honest.set_actor(
            *Digest::of(&self.tip.seq.to_le_bytes())
                .as_bytes()
                .first_chunk()
                .unwrap(),
        );
        if let Some(standing) = self.standing.take() {
            honest.apply(&standing).unwrap();
        }
        let note = NewRow {
            section: Section::Notes,
            id: RowId::from_bytes([u8::try_from(self.notes).unwrap(); 16]),
            values: vec![("text", Value::Text("an honest note".to_owned()))],
        };
        let note = honest
            .write(&[Edit::Add(note)], WallMs(0))
            .unwrap()
            .unwrap();
        let mut envelopes = Vec::new();
        for body in hostile.into_iter().chain([note.bytes]) {
            let draft = Draft {
                kind: Kind::Change,
                subject: Subject::case(self.case),
                body,
                user: "mallory",
                reading: Machine::new().now(),
                seen: None,
            };
            let (envelope, _, tip) = append(self.tip, draft, &self.key);
            envelopes.push(envelope);
            self.tip = tip;
        }
        let run = Run {
            envelopes,
            seal: seal_tip(self.tip, &self.key),
        };
        let answer = self.take(&run);
        println!(
            "{name}: {count} hostile changes and a note in {:?}, {} KiB at most; refused {}",
            answer.took,
            answer.peak_bytes / 1024,
            answer
                .quarantined
                .first()
                .map_or_else(|| format!("{:?}", answer.refusal), |(_, why)| why.clone()),
        );
        answer
    }

    fn take(&self, run: &Run) -> Answer {
        self.victim
            .store()
            .transact(|tx| {
                MEMORY.reset_peak_usage();
                let (before, start) = (MEMORY.current_usage(), busy());
                let taken = take_run(run, tx)?;
                let (took, peak) = (busy().saturating_sub(start), MEMORY.peak_usage());
                let (quarantined, refusal) = match taken {
                    Ok(taken) => (taken.quarantined, None),
                    Err(refusal) => (Vec::new(), Some(refusal)),
                };
                Ok::<_, StoreError>(Answer {
                    quarantined,
                    refusal,
                    took,
                    peak_bytes: peak.saturating_sub(before),
                })
            })
            .unwrap()
    }

    pub(crate) fn tip(&self) -> Tip {
        self.tip
    }

    pub(crate) fn set_tip(&mut self, tip: Tip) {
        self.tip = tip;
    }

    fn document(&self) -> Vec<u8> {
        let save = |tx: &lossbook_core::store::Tx<'_>| {
            tx.with_document(self.case, |document| Ok(document.save()))
        };
        self.victim.store().transact(save).unwrap()
    }

    pub(crate) fn document_bytes(&self) -> usize {
        self.document().len()
    }

    fn plain(&self) -> AutoCommit {
        AutoCommit::load(&self.document()).unwrap()
    }

    pub(crate) fn attacker_heads(&mut self) -> Vec<ChangeHash> {
        let heads = self.attacker.heads();
        heads
            .iter()
            .map(|head| ChangeHash(*head.as_bytes()))
            .collect()
    }

    pub(crate) fn next_op(&self) -> u64 {
        let mut doc = self.plain();
        let changes = doc.get_changes(&[]);
        changes.iter().map(Change::max_op).max().unwrap() + 1
    }

    pub(crate) fn victims_actor(&self) -> ([u8; 16], u64) {
        let last = self.plain().get_changes(&[]).pop().unwrap();
        (last.actor_id().to_bytes().try_into().unwrap(), last.seq())
    }

    /// The report section and the operation that wrote its cause.
    pub(crate) fn report_object(&self) -> (ObjectId, OpId) {
        let doc = self.plain();
        let (_, section) = doc.get(automerge::ROOT, "report").unwrap().unwrap();
        let (_, cause) = doc.get(&section, "cause").unwrap().unwrap();
        let id = |object: automerge::ObjId| match object {
            automerge::ObjId::Id(counter, actor, _) => OpId(counter, actor),
            automerge::ObjId::Root => panic!("the root"),
        };
        (ObjectId::Id(id(section)), id(cause))
    }

    pub(crate) fn another_first_change(&self) -> Vec<u8> {
        let (_, first) = CaseDocument::create(self.case, [0x31; 16], &[], WallMs(0)).unwrap();
        first.bytes
    }

    pub(crate) fn line_amount(&self) -> String {
        format!("lines.{}.amount", self.line)
    }

    pub(crate) fn write_as_attacker(&mut self, path: &str, text: &str) -> Vec<u8> {
        let mut document = self.attacker.clone();
        let bytes = self.write_in(&mut document, path, text);
        self.attacker = document;
        bytes
    }

    pub(crate) fn write_in(&self, document: &mut CaseDocument, path: &str, text: &str) -> Vec<u8> {
        let path: lossbook_core::record::FieldPath = path.parse().unwrap();
        let value = Value::parse(path.spec().unwrap().kind, text).unwrap();
        let written = document
            .write(&[Edit::Set(path, value)], WallMs(0))
            .unwrap();
        written.unwrap().bytes
    }

    pub(crate) fn assert_editable(&self) {
        let (case, path) = (self.case.to_string(), self.line_amount());
        self.victim.set_field(&case, &path, "123.45").unwrap();
        let record = self.victim.case(&case).unwrap().standing.record;
        assert_eq!(record.total().unwrap().to_string(), "123.45");
    }

    /// Every honest note that came behind an attack is there.
    pub(crate) fn assert_editable_and_noted(&self) {
        self.assert_editable();
        let record = self
            .victim
            .case(&self.case.to_string())
            .unwrap()
            .standing
            .record;
        assert_eq!(record.rows(Section::Notes).count(), self.notes);
    }
}

fn certificate(device: DeviceId, key: &DeviceKey, (user, role): (&str, Role)) -> Certificate {
    Certificate {
        device,
        key: key.public(),
        recipient: key.recipient().into(),
        user: user.to_owned(),
        roles: vec![role],
        scopes: vec![VILLAGE],
        not_after: WallMs(i64::MAX),
        hub: HUB,
    }
}

fn enrol(device: &Device, hub: &DeviceKey) {
    let invite = Invite {
        url: "http://127.0.0.1:1".to_owned(),
        hub_key: hub.public().digest(),
        secret: InviteSecret::make(&Machine::new()),
        role: Role::Surveyor,
        scope: "village".to_owned(),
        user: "li".to_owned(),
    };
    device.enrol_request(&invite).unwrap();
    let me = device.identity().unwrap();
    let certificate = certificate(me.device, &me.key, ("li", Role::Surveyor));
    let answer = EnrolAnswer {
        hub_key: hub.public(),
        hub: HUB,
        certificate: SignedCertificate::make(&certificate, hub),
        scopes: vec![ScopeName {
            id: VILLAGE,
            name: "village".to_owned(),
        }],
        hub_time: WallMs(0),
    };
    device.complete_enrolment(&invite, &answer).unwrap();
}
