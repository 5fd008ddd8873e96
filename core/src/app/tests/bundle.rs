//! Bundles as phones make and take them: holes, poison, and writers nobody vouched for yet.

use std::io::{self, Write};

use minicbor::bytes::{ByteArray, ByteVec};

use super::super::bundle::*;
use super::super::*;
use super::world::*;
use crate::chain::Run;
use crate::domain::WallMs;
use crate::store::{Bodies, HeldStream};
use crate::sync::bundle::{
    BUNDLE_VERSION, BundleHeader, BundleWriter, Record, Sender, SignedHeader,
};

#[derive(Default)]
struct Stick(Vec<u8>);

impl Write for Stick {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BundleSink for Stick {
    fn begin(&mut self, _part: u32) -> io::Result<()> {
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every own run of a phone, one envelope each.
fn runs(phone: &Device) -> Vec<Run> {
    let me = phone.identity().unwrap();
    phone
        .store()
        .transact(|tx| {
            let mut runs = Vec::new();
            for stream in tx.own_streams(None)? {
                runs.extend(tx.cut_runs(&stream, 1, (usize::MAX, 1), &me.key)?);
            }
            Ok::<_, crate::store::StoreError>(runs)
        })
        .unwrap()
}

/// A bundle of exactly these records from one phone to another.
fn bundle(from: &Device, to: &Device, records: &[Record]) -> Vec<u8> {
    let me = from.identity().unwrap();
    let header = BundleHeader {
        version: BUNDLE_VERSION,
        hub: HUB,
        sender: Sender::Device(me.pinned.unwrap().certificate),
        set: ByteArray::from([1; 16]),
        part: 1,
        made: WallMs(0),
        marks: Vec::new(),
        wants: Vec::new(),
    };
    let to = [to.age_identity().unwrap().recipient()];
    let signed = SignedHeader::make(&header, &me.key);
    let mut writer = BundleWriter::new(Vec::new(), &to, signed, TestHost::new(5).as_ref()).unwrap();
    for record in records {
        writer.put(record).unwrap();
    }
    writer.finish(&me.key, true).unwrap()
}

fn import(phone: &Device, bytes: &[u8]) -> Imported {
    phone
        .import_bundle(&mut &*bytes, (0, &mut |_, _| {}))
        .unwrap()
}

#[test]
fn a_poisoned_run_is_named_and_what_does_not_build_on_it_is_taken() {
    let world = World::new();
    let (anna, bo, cai) = (
        world.phone("anna", 1),
        world.phone("bo", 2),
        world.phone("cai", 3),
    );
    let (of_anna, _) = case_with_line(&anna);
    let (of_cai, _) = case_with_line(&cai);
    let mut poisoned = runs(&anna);
    let middle = poisoned.len() - 1;
    poisoned[middle].envelopes[0].body = Some(ByteVec::from(b"poison".to_vec()));
    let certificate = cai.identity().unwrap().pinned.unwrap().certificate;
    let mut records = vec![Record::Certificate(certificate)];
    records.extend(poisoned.into_iter().chain(runs(&cai)).map(Record::Run));
    let imported = import(&bo, &bundle(&anna, &bo, &records));
    assert_eq!(imported.refused.len(), 1);
    assert_eq!(imported.refused[0].code, "MALFORMED");
    assert!(imported.outcome.complete);
    bo.case(&of_cai).unwrap();
    bo.case(&of_anna).unwrap();
    // The good bundle mends it.
    let good: Vec<Record> = runs(&anna).into_iter().map(Record::Run).collect();
    assert!(import(&bo, &bundle(&anna, &bo, &good)).refused.is_empty());
    assert_eq!(
        bo.case(&of_anna).unwrap().standing.heads,
        anna.case(&of_anna).unwrap().standing.heads
    );
}

#[test]
fn runs_of_a_writer_without_the_hubs_word_wait_and_are_shown_until_it_comes() {
    let world = World::new();
    let (anna, bo, cai) = (
        world.phone("anna", 1),
        world.phone("bo", 2),
        world.phone("cai", 3),
    );
    let (case, _) = case_with_line(&cai);
    let records: Vec<Record> = runs(&cai).into_iter().map(Record::Run).collect();
    let imported = import(&bo, &bundle(&anna, &bo, &records));
    assert_eq!(imported.unknown, [cai.identity().unwrap().device]);
    assert_eq!(imported.waiting, records.len() as u64);
    let shown = bo.store().transact(|tx| tx.quarantined()).unwrap();
    assert_eq!(shown.len(), records.len());
    assert!(bo.case(&case).is_err());
    let certificate = cai.identity().unwrap().pinned.unwrap().certificate;
    let word = bundle(&anna, &bo, &[Record::Certificate(certificate)]);
    assert_eq!(import(&bo, &word).waiting, 0);
    bo.case(&case).unwrap();
}

#[test]
fn what_has_a_hole_is_handed_on_only_up_to_it() {
    let world = World::new();
    let (anna, bo) = (world.phone("anna", 1), world.phone("bo", 2));
    case_with_line(&anna);
    let mut holed = runs(&anna);
    assert!(holed.len() > 2);
    holed[2].envelopes[0].body = None;
    let records: Vec<Record> = holed.iter().cloned().map(Record::Run).collect();
    import(&bo, &bundle(&anna, &bo, &records));
    let key = bo.identity().unwrap().key;
    let (mark, handed_on) = bo
        .store()
        .transact(|tx| {
            let held: HeldStream = tx.held_streams(&[VILLAGE])?[0];
            let mut next = 1;
            while let Some(run) = tx.next_run(&held, next, (&Bodies::All, &key))? {
                assert!(run.envelopes.iter().all(|envelope| envelope.body.is_some()));
                next = run.seal.seq + 1;
            }
            Ok::<_, crate::store::StoreError>((tx.whole_mark(&held)?.unwrap().seq, next - 1))
        })
        .unwrap();
    assert_eq!((mark, handed_on), (2, 2));
    let whole: Vec<Record> = runs(&anna).into_iter().map(Record::Run).collect();
    assert_eq!(import(&bo, &bundle(&anna, &bo, &whole)).filled, 1);
}

#[test]
fn a_second_bundle_begins_where_the_receiver_said_it_stands() {
    let world = World::new();
    let (anna, bo) = (world.phone("anna", 1), world.phone("bo", 2));
    let (case, path) = case_with_line(&anna);
    let give = |from: &Device, to: &Device| {
        let certificate = to.identity().unwrap().pinned.unwrap();
        let known = certificate
            .certificate
            .verify(&certificate.hub_key)
            .unwrap();
        from.store()
            .transact(|tx| tx.put_certificate(&known, &certificate.certificate, false))
            .unwrap();
        let wish = NewBundle {
            to: vec![known.user],
            ..NewBundle::default()
        };
        let mut stick = Stick::default();
        let done = from
            .export_bundle(&wish, &mut stick, &mut |_, _| {})
            .unwrap();
        (done.envelopes, import(to, &stick.0))
    };
    let (all, first) = give(&anna, &bo);
    assert_eq!(
        (all, first.fresh, first.known),
        (first.fresh, first.fresh, 0)
    );
    // Without a word from Bo everything goes again; with it only what is new.
    assert_eq!(give(&anna, &bo).1.known, all);
    give(&bo, &anna);
    anna.set_field(&case, &path, "12.00").unwrap();
    let (some, second) = give(&anna, &bo);
    assert_eq!((some, second.fresh, second.known), (1, 1, 0));
}
