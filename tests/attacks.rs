//! Every measured attack on a case document, through the real gate into a real store.
//!
//! An enrolled but hostile device writes properly sealed runs with a hostile change and, behind it,
//! an honest note. Each must be refused within ten milliseconds and 64 MiB, the note of the same
//! batch must arrive, and the case must stay editable. The time is the processor's in gate and
//! intake for the whole run; the memory is the peak of this process above what it held before.

#[cfg(test)]
#[path = "attacks/stage.rs"]
mod stage;

#[cfg(test)]
use peak_alloc::PeakAlloc;

#[cfg(test)]
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

#[cfg(test)]
mod attack {
    use std::num::NonZeroU64;

    use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
    use automerge::transaction::Transactable;
    use automerge::{ActorId, AutoCommit, Change, ExpandedChange, ObjType, ROOT, ScalarValue};
    use lossbook_core::chain::gate::Refusal;
    use lossbook_core::domain::{Digest, Role};

    use super::stage::{Answer, Stage};

    /// A change of 127 bytes that makes 3,000,000 operations: a list and as many nulls in it.
    const OPERATION_BOMB: &str = "856f4a83db8b12b901750196ba109f7e020990c97d27b0aa73c8a129d634ded7be41183ce87e0ef18001e8100707070707070707070707070707070702020000000801050205110713083405420556057005c08db70100c08db701010001bf8db701007e0002be8db7010100c08db701c08db70101c08db70100c08db70100";

    fn map_op(obj: ObjectId, key: &str, action: OpType) -> Op {
        Op {
            action,
            obj,
            key: Key::Map(key.into()),
            pred: Vec::new().into(),
            insert: false,
        }
    }

    /// A change on top of everything the attacker holds.
    fn forged(
        stage: &mut Stage,
        actor: [u8; 16],
        seq: u64,
        start_op: u64,
        ops: Vec<Op>,
    ) -> Vec<u8> {
        let expanded = ExpandedChange {
            operations: ops,
            actor_id: ActorId::from(actor),
            hash: None,
            seq,
            start_op: NonZeroU64::new(start_op).unwrap(),
            time: 0,
            message: None,
            deps: stage.attacker_heads(),
            extra_bytes: Vec::new(),
            author: None,
        };
        Change::from(expanded).raw_bytes().to_vec()
    }

    fn refused(stage: &mut Stage, name: &str, hostile: Vec<u8>, why: &str) {
        let answer = stage.attack(name, vec![hostile]);
        assert_refused(stage, &answer, why);
    }

    fn assert_refused(stage: &Stage, answer: &Answer, why: &str) {
        let (seq, reason) = answer.quarantined.first().expect("it was not refused");
        assert!(reason.contains(why), "{seq}: {reason}");
        answer.assert_cheap();
        stage.assert_editable_and_noted();
    }

    #[test]
    fn a_small_change_of_three_million_operations() {
        let mut stage = Stage::new(Role::Surveyor);
        let bomb = hex(OPERATION_BOMB);
        refused(
            &mut stage,
            "operation bomb, 127 bytes",
            bomb,
            "too many entries",
        );
    }

    #[test]
    fn a_deflated_change() {
        let mut stage = Stage::new(Role::Surveyor);
        let mut doc = AutoCommit::new();
        doc.put(ROOT, "x", "a".repeat(40 << 20)).unwrap();
        let mut change = doc.get_last_local_change().unwrap();
        let bomb = change.bytes().to_vec();
        assert!(bomb.len() < 64 * 1024);
        refused(&mut stage, "deflate bomb", bomb, "only uncompressed");
    }

    #[test]
    fn a_counter_near_the_maximum() {
        let mut stage = Stage::new(Role::Surveyor);
        let op = map_op(ObjectId::Root, "x", OpType::Put(ScalarValue::Null));
        let bomb = forged(&mut stage, [0x66; 16], 1, u64::from(u32::MAX) - 1, vec![op]);
        refused(
            &mut stage,
            "counter near the maximum",
            bomb,
            "operation counter",
        );
    }

    #[test]
    fn a_counter_inflated_to_win_every_conflict() {
        let mut stage = Stage::new(Role::Surveyor);
        let next = stage.next_op();
        let op = map_op(ObjectId::Root, "x", OpType::Put(ScalarValue::Null));
        let bomb = forged(&mut stage, [0x66; 16], 1, next + 1_000, vec![op]);
        refused(&mut stage, "counter inflation", bomb, "operation counter");
    }

    #[test]
    fn a_number_used_twice_after_a_restore() {
        let mut stage = Stage::new(Role::Surveyor);
        let mut restored = stage.attacker.clone();
        let first = stage.write_as_attacker("report.cause", "fire");
        let again = stage.write_in(&mut restored, "report.cause", "flood");
        stage.will_stand(&first);
        let answer = stage.attack("duplicate number after a restore", vec![first, again]);
        assert_refused(&stage, &answer, "number does not follow");
        assert_eq!(answer.quarantined.len(), 1);
    }

    #[test]
    fn ten_thousand_maps_in_one_another() {
        for (depth, why) in [(10_000, "too many entries"), (1_900, "outline")] {
            let mut stage = Stage::new(Role::Surveyor);
            let (next, actor) = (stage.next_op(), [0x66; 16]);
            let nested = |level: u64| match level {
                0 => ObjectId::Root,
                level => ObjectId::Id(OpId(next + level - 1, ActorId::from(actor))),
            };
            let ops = (0..depth)
                .map(|level| map_op(nested(level), "x", OpType::Make(ObjType::Map)))
                .collect();
            let bomb = forged(&mut stage, actor, 1, next, ops);
            let answer = stage.attack(&format!("{depth} nested maps"), vec![bomb]);
            let reason = &answer.quarantined[0].1;
            assert!(
                reason.contains(why) || reason.contains("64 KiB"),
                "{reason}"
            );
            answer.assert_cheap();
            stage.assert_editable_and_noted();
        }
    }

    #[test]
    fn five_thousand_changes_without_a_past() {
        let mut stage = Stage::new(Role::Surveyor);
        let saved = stage.document_bytes();
        let orphan = |number: u32| {
            let expanded = ExpandedChange {
                operations: vec![map_op(ObjectId::Root, "x", OpType::Put(ScalarValue::Null))],
                actor_id: ActorId::from([0x66; 16]),
                hash: None,
                seq: 1,
                start_op: NonZeroU64::new(2).unwrap(),
                time: 0,
                message: None,
                deps: vec![automerge::ChangeHash(
                    *Digest::of(&number.to_le_bytes()).as_bytes(),
                )],
                extra_bytes: Vec::new(),
                author: None,
            };
            Change::from(expanded).raw_bytes().to_vec()
        };
        let mut refused = 0;
        for batch in 0..50 {
            let orphans = (0..100)
                .map(|number| orphan(batch * 100 + number))
                .collect();
            let answer = stage.attack("a hundred orphans", orphans);
            refused += answer.quarantined.len();
            answer.assert_memory();
            answer.assert_time_for(101);
        }
        assert_eq!(refused, 5_000 - 4_096);
        assert!(stage.document_bytes() < saved + 20_000);
        stage.assert_editable_and_noted();
    }

    #[test]
    fn five_thousand_ends() {
        let mut stage = Stage::new(Role::Surveyor);
        let base = stage.attacker.clone();
        let ends: Vec<Vec<u8>> = (0..5_000_u32)
            .map(|number| {
                let mut fork = base.clone();
                let mut actor = [0x77; 16];
                actor[..4].copy_from_slice(&number.to_le_bytes());
                fork.set_actor(actor);
                stage.write_in(&mut fork, "report.cause", &format!("cause {number}"))
            })
            .collect();
        let mut refused = 0;
        stage.will_stand(&ends[0]);
        for batch in ends.chunks(100) {
            let answer = stage.attack("a hundred ends", batch.to_vec());
            refused += answer.quarantined.len();
            answer.assert_memory();
            answer.assert_time_for(101);
        }
        assert_eq!(refused, 4_999);
        stage.assert_editable_and_noted();
    }

    #[test]
    fn a_change_in_the_name_of_anothers_actor() {
        let mut stage = Stage::new(Role::Surveyor);
        let (actor, seq) = stage.victims_actor();
        let next = stage.next_op();
        let op = map_op(ObjectId::Root, "x", OpType::Put(ScalarValue::Null));
        let theft = forged(&mut stage, actor, seq + 1, next, vec![op]);
        refused(&mut stage, "actor theft", theft, "another device");
    }

    #[test]
    fn two_histories_of_one_stream() {
        let mut stage = Stage::new(Role::Surveyor);
        let before = stage.tip();
        let one = stage.write_as_attacker("report.cause", "fire");
        stage.will_stand(&one);
        stage.attack("the first history", vec![one]);
        stage.set_tip(before);
        let mut other = stage.attacker.clone();
        let two = stage.write_in(&mut other, "report.cause", "flood");
        let answer = stage.attack("equivocation", vec![two]);
        assert!(
            matches!(answer.refusal, Some(Refusal::Forked { .. })),
            "{answer:?}"
        );
        answer.assert_cheap();
        stage.assert_editable();
        let after = stage.write_as_attacker("report.cause", "storm");
        let fenced = stage.attack("behind the fork", vec![after]);
        assert!(
            matches!(fenced.refusal, Some(Refusal::Forked { .. })),
            "{fenced:?}"
        );
    }

    #[test]
    fn a_liaison_who_writes_an_amount() {
        let mut stage = Stage::new(Role::Liaison);
        let path = stage.line_amount();
        let amount = stage.write_as_attacker(&path, "999999");
        refused(
            &mut stage,
            "an amount by a liaison",
            amount,
            "may not write lines.",
        );
    }

    #[test]
    fn an_auditor_who_writes_anything() {
        let mut stage = Stage::new(Role::Auditor);
        let cause = stage.write_as_attacker("report.cause", "fire");
        let answer = stage.attack("a field by an auditor", vec![cause]);
        assert_eq!(answer.quarantined.len(), 2, "{answer:?}");
        answer.assert_cheap();
        stage.assert_editable();
    }

    #[test]
    fn a_deleted_field_and_a_counter() {
        for action in [OpType::Delete, OpType::Increment(1)] {
            let mut stage = Stage::new(Role::Surveyor);
            let (object, pred) = stage.report_object();
            let next = stage.next_op();
            let mut op = map_op(object, "cause", action);
            op.pred = vec![pred].into();
            let change = forged(&mut stage, [0x66; 16], 1, next, vec![op]);
            refused(&mut stage, "a deletion or a count", change, "written whole");
        }
    }

    #[test]
    fn a_second_first_change() {
        let mut stage = Stage::new(Role::Surveyor);
        let bomb = stage.another_first_change();
        refused(
            &mut stage,
            "a second first change",
            bomb,
            "one first change",
        );
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u32> = text.chars().filter_map(|one| one.to_digit(16)).collect();
        let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).unwrap();
        digits.chunks(2).map(byte).collect()
    }
}
