//! Two phones side by side, on a line that breaks where it likes.

use proptest::prelude::*;

use super::super::*;
use super::world::*;
use crate::domain::ScopeId;
use crate::sync::peer::{PeerError, PeerEvent, PeerSession, PeerStep, Role};

/// One end of the line.
struct End<'d> {
    session: PeerSession,
    side: PhonePeer<'d>,
    out: Vec<u8>,
    end: Option<Result<(), PeerError>>,
}

impl<'d> End<'d> {
    fn new(device: &'d Device, role: Role) -> Self {
        let (session, side) = device.meet(role).unwrap();
        let mut end = Self {
            session,
            side,
            out: Vec::new(),
            end: None,
        };
        end.step(PeerEvent::Start);
        end
    }

    fn step(&mut self, event: PeerEvent<'_>) {
        let PeerStep { send, end } = self.session.step(&mut self.side, event);
        self.out.extend(send);
        self.end = self.end.take().or(end);
    }

    /// Hands up to `most` bytes over to the other end; says how many.
    fn hand_over(&mut self, other: &mut Self, most: usize) -> usize {
        if self.out.is_empty() {
            self.step(PeerEvent::Written);
        }
        let bytes: Vec<u8> = self.out.drain(..most.min(self.out.len())).collect();
        if !bytes.is_empty() {
            other.step(PeerEvent::Bytes(&bytes));
        }
        bytes.len()
    }
}

type Ended = Option<Result<(), PeerError>>;

/// Lets two phones meet until both are done, or until so many bytes crossed.
fn meet_until(one: &Device, other: &Device, cut_after: usize, piece: usize) -> (Ended, Ended) {
    let (mut a, mut b) = (End::new(one, Role::Asks), End::new(other, Role::Answers));
    let mut crossed = 0;
    loop {
        let room = piece.min(cut_after.saturating_sub(crossed));
        let moved = a.hand_over(&mut b, room) + b.hand_over(&mut a, room);
        crossed += moved;
        if moved == 0 || crossed >= cut_after {
            break;
        }
    }
    a.side.end().unwrap();
    b.side.end().unwrap();
    (a.end, b.end)
}

fn meet_whole(one: &Device, other: &Device) {
    assert_eq!(
        meet_until(one, other, usize::MAX, 50_000),
        (Some(Ok(())), Some(Ok(())))
    );
}

fn held(device: &Device, digest: &crate::domain::Digest) -> bool {
    device.store().transact(|tx| tx.holds(digest)).unwrap()
}

/// Noise that no encoder makes small: a photo of several chunks.
fn large_photo(seed: u8) -> Vec<u8> {
    let pixels: Vec<u8> = (0..700_u32 * 500 * 3)
        .map(|i| {
            (i ^ u32::from(seed))
                .wrapping_mul(2_654_435_761)
                .to_be_bytes()[0]
        })
        .collect();
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 95)
        .encode(&pixels, 700, 500, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    assert!(bytes.len() > 300_000);
    bytes
}

#[test]
fn two_phones_that_meet_both_hold_what_either_wrote_and_photographed() {
    let world = World::new();
    let (anna, bo) = (world.phone("anna", 1), world.phone("bo", 2));
    let (of_anna, _) = case_with_line(&anna);
    let (of_bo, path) = case_with_line(&bo);
    let bytes = large_photo(1);
    let added = anna.add_photo(&of_anna, photo(&bytes)).unwrap();
    meet_whole(&anna, &bo);
    assert!(held(&bo, &added.facts.digest) && held(&bo, &added.thumbnail.unwrap()));
    anna.case(&of_bo).unwrap();
    bo.case(&of_anna).unwrap();
    anna.set_field(&of_bo, &path, "99.00").unwrap();
    meet_whole(&bo, &anna);
    assert_eq!(
        bo.case(&of_bo).unwrap().standing.heads,
        anna.case(&of_bo).unwrap().standing.heads
    );
}

#[test]
fn what_came_from_another_phone_is_handed_on_to_a_third() {
    let world = World::new();
    let (anna, bo, cai) = (
        world.phone("anna", 1),
        world.phone("bo", 2),
        world.phone("cai", 3),
    );
    let (case, _) = case_with_line(&anna);
    let bytes = large_photo(2);
    let added = anna.add_photo(&case, photo(&bytes)).unwrap();
    meet_whole(&anna, &bo);
    meet_whole(&cai, &bo);
    assert!(held(&cai, &added.facts.digest));
    cai.case(&case).unwrap();
}

#[test]
fn a_phone_of_another_village_is_given_nothing() {
    let world = World::new();
    let anna = world.phone("anna", 1);
    let far = world.phone_in(ScopeId::from_bytes([0xcc; 16]), "far", 2);
    let (case, _) = case_with_line(&anna);
    anna.add_photo(&case, photo(&jpeg(3))).unwrap();
    meet_whole(&far, &anna);
    meet_whole(&anna, &far);
    let rows = far
        .store()
        .transact(|tx| {
            let cases = tx.case_count()?;
            Ok::<_, crate::store::StoreError>((
                cases,
                tx.held_streams(&[VILLAGE])?.len(),
                tx.lacking(9)?.len(),
            ))
        })
        .unwrap();
    assert_eq!(rows, (0, 0, 0));
}

#[test]
fn strangers_and_withdrawn_phones_are_refused_by_name() {
    let world = World::new();
    let (anna, bo) = (world.phone("anna", 1), world.phone("bo", 2));
    let (case, _) = case_with_line(&anna);
    // A hub of the same name with another key.
    let stranger = World::with_seed(7).phone("eve", 3);
    let (ours, theirs) = meet_until(&stranger, &anna, usize::MAX, 9_000);
    assert_eq!(
        (ours.unwrap().unwrap_err().code(), theirs),
        ("unknown_peer", None)
    );
    let (theirs, ours) = meet_until(&anna, &stranger, usize::MAX, 9_000);
    assert_eq!(ours, None);
    assert!(matches!(theirs, Some(Err(PeerError::Unknown { name })) if name.starts_with("eve")));

    let pinned = bo.identity().unwrap().pinned.unwrap();
    let certificate = pinned.certificate.verify(&pinned.hub_key).unwrap();
    anna.store()
        .transact(|tx| tx.put_certificate(&certificate, &pinned.certificate, true))
        .unwrap();
    let (bos, annas) = meet_until(&bo, &anna, usize::MAX, 9_000);
    assert!(matches!(annas, Some(Err(PeerError::Revoked { name })) if name.starts_with("bo")));
    assert!(matches!(bos, Some(Err(PeerError::Refused { code, .. })) if code == "peer_revoked"));
    assert!(bo.case(&case).is_err());
    let (same, _) = meet_until(&anna, &anna, usize::MAX, 9_000);
    assert_eq!(same, Some(Err(PeerError::Ourselves)));
}

#[test]
fn a_phone_that_was_restored_learns_it_from_another_and_loses_nothing() {
    let world = World::new();
    let (anna, bo) = (world.phone("anna", 1), world.phone("bo", 2));
    let (case, path) = case_with_line(&anna);
    drop(anna);
    copy_folder(&world.home("anna"), &world.home("copy"));
    let open = |home: &str, seed| {
        Device::open(&world.home(home), &World::key(1), TestHost::new(seed)).unwrap()
    };
    let anna = open("anna", 11);
    anna.set_field(&case, &path, "77.00").unwrap();
    meet_whole(&anna, &bo);
    drop(anna);
    let restored = open("copy", 12);
    restored.set_field(&case, "report.place", "五十镇").unwrap();
    let before = restored.store().transact(|tx| tx.epoch()).unwrap();
    meet_whole(&restored, &bo);
    assert_ne!(restored.store().transact(|tx| tx.epoch()).unwrap(), before);
    meet_whole(&restored, &bo);
    let (a, b) = (restored.case(&case).unwrap(), bo.case(&case).unwrap());
    assert_eq!(a.standing.heads, b.standing.heads);
    let text = format!("{b:?}");
    assert!(text.contains("五十镇") && text.contains("7700"), "{text}");
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    let made = std::process::Command::new("cp")
        .arg("-r")
        .arg(from)
        .arg(to)
        .status()
        .unwrap();
    assert!(made.success());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn meetings_that_break_anywhere_add_up_to_a_whole_one(
        cuts in proptest::collection::vec(1_usize..900_000, 6), piece in 1_000_usize..70_000,
    ) {
        let world = World::new();
        let (anna, bo) = (world.phone("anna", 1), world.phone("bo", 2));
        let (case, _) = case_with_line(&anna);
        let mut photos = Vec::new();
        for seed in 0..2 {
            let bytes = large_photo(seed);
            photos.push(anna.add_photo(&case, photo(&bytes)).unwrap().facts.digest);
        }
        let (other, _) = case_with_line(&bo);
        for cut in cuts {
            meet_until(&anna, &bo, cut, piece);
        }
        meet_whole(&bo, &anna);
        prop_assert!(photos.iter().all(|digest| held(&bo, digest)));
        prop_assert_eq!(bo.case(&case).unwrap().standing.heads, anna.case(&case).unwrap().standing.heads);
        prop_assert_eq!(bo.case(&other).unwrap().standing.heads, anna.case(&other).unwrap().standing.heads);
        let left = bo.store().transact(|tx| tx.staged_count()).unwrap();
        prop_assert_eq!(left, 0, "no chunk is left behind");
    }

    #[test]
    fn whatever_a_line_does_to_the_bytes_the_session_ends_and_nothing_foreign_is_taken(
        at in 0_usize..4_000, flip in 1_u8..=255, junk in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let world = World::new();
        let (anna, bo) = (world.phone("anna", 1), world.phone("bo", 2));
        case_with_line(&anna);
        let mut a = End::new(&anna, Role::Asks);
        a.step(PeerEvent::Bytes(&junk));
        let (mut a, mut b) = (End::new(&anna, Role::Asks), End::new(&bo, Role::Answers));
        let mut crossed = 0;
        for _ in 0..400 {
            if a.out.is_empty() {
                a.step(PeerEvent::Written);
            }
            let mut bytes = std::mem::take(&mut a.out);
            if let Some(byte) = at.checked_sub(crossed).and_then(|at| bytes.get_mut(at)) {
                *byte ^= flip;
            }
            crossed += bytes.len();
            if !bytes.is_empty() {
                b.step(PeerEvent::Bytes(&bytes));
            }
            b.hand_over(&mut a, usize::MAX);
        }
        if at < crossed {
            prop_assert!(!matches!(b.end, Some(Ok(()))), "a changed byte was believed");
        }
    }
}
