//! A bundle survives everything that happens to a stick, and says what happened to it.

use std::sync::atomic::{AtomicU64, Ordering};

use minicbor::bytes::ByteVec;
use proptest::prelude::*;

use super::block::Layout;
use super::*;
use crate::chain::{DeviceKey, Draft, Header, Kind, Run, StreamId, Subject, Tip, append, seal_tip};
use crate::domain::{Epoch, Host, Reading, Role, ScopeId};
use crate::vault::age::AGE_CHUNK_BYTES;

struct TestHost(AtomicU64);

impl Host for TestHost {
    fn now(&self) -> Reading {
        READING
    }

    fn fill_random(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let drawn = self.0.fetch_add(1, Ordering::Relaxed);
            chunk.copy_from_slice(&Digest::of(&drawn.to_le_bytes()).as_bytes()[..chunk.len()]);
        }
    }
}

const READING: Reading = Reading {
    wall: WallMs(1_750_000_000_000),
    boot_id: [1; 16],
    mono_ms: 0,
};
const HUB: DeviceId = DeviceId::from_bytes([0xaa; 16]);
const MAKER: DeviceId = DeviceId::from_bytes([1; 16]);

fn host() -> TestHost {
    TestHost(AtomicU64::new(0))
}

fn key(seed: u8) -> DeviceKey {
    DeviceKey::from_secret(&[seed; 64])
}

fn certificate(hub: &DeviceKey) -> SignedCertificate {
    let certificate = Certificate {
        device: MAKER,
        key: key(2).public(),
        recipient: key(2).recipient().into(),
        user: "扎西".into(),
        roles: vec![Role::Surveyor],
        scopes: vec![ScopeId::from_bytes([7; 16])],
        not_after: WallMs(i64::MAX),
        hub: HUB,
    };
    SignedCertificate::make(&certificate, hub)
}

fn header(hub: DeviceId) -> BundleHeader {
    BundleHeader {
        version: BUNDLE_VERSION,
        hub,
        sender: Sender::Device(certificate(&key(1))),
        set: ByteArray::from([3; 16]),
        part: 1,
        made: READING.wall,
        marks: Vec::new(),
        wants: vec![Digest::of(b"lacking")],
    }
}

fn noise(seed: u8, len: usize) -> Vec<u8> {
    (0..len.div_ceil(32))
        .flat_map(|at| *Digest::labelled("noise", &[&[seed], &at.to_le_bytes()]).as_bytes())
        .take(len)
        .collect()
}

fn run(tip: &mut Tip, seed: u8, body_bytes: usize) -> Run {
    let draft = Draft {
        kind: Kind::Audit,
        subject: Subject::none(),
        body: noise(seed, body_bytes),
        user: "扎西",
        reading: READING,
        seen: None,
    };
    let (envelope, _, next): (_, Header, Tip) = append(*tip, draft, &key(2));
    *tip = next;
    Run {
        envelopes: vec![envelope],
        seal: seal_tip(next, &key(2)),
    }
}

fn extents(seed: u8, len: usize) -> Vec<Extent> {
    let bytes = noise(seed, len);
    let mut hasher = ChunkedDigest::new();
    hasher.update(&bytes);
    let (digest, chunks, len_bytes) = hasher.finish();
    bytes
        .chunks(CHUNK_BYTES)
        .enumerate()
        .map(|(number, chunk)| Extent {
            digest,
            len_bytes,
            root: ChunkedDigest::merkle_root(&chunks),
            number: number as u64,
            path: ChunkedDigest::merkle_path(&chunks, number),
            bytes: ByteVec::from(chunk.to_vec()),
        })
        .collect()
}

/// Records of all sizes, across chunk borders.
fn payload() -> Vec<Record> {
    let stream = StreamId {
        scope: ScopeId::from_bytes([7; 16]),
        device: MAKER,
        epoch: Epoch::from_bytes([5; 8]),
    };
    let mut tip = Tip::start(stream);
    let mut records = vec![Record::Certificate(certificate(&key(1)))];
    for (seed, size) in [100, 60_000, 20, 7_000, 64_000, 300, 65_000, 1_000]
        .iter()
        .enumerate()
    {
        records.push(Record::Run(run(
            &mut tip,
            u8::try_from(seed).unwrap(),
            *size,
        )));
    }
    records.extend(extents(9, 300_000).into_iter().map(Record::Extent));
    records.push(Record::Run(run(&mut tip, 200, 10)));
    records
}

fn write(records: &[Record]) -> Vec<u8> {
    let signed = SignedHeader::make(&header(HUB), &key(2));
    let to = [key(4).to_age().recipient()];
    let mut writer = BundleWriter::new(Vec::new(), &to, signed, &host()).unwrap();
    for record in records {
        writer.put(record).unwrap();
    }
    writer.finish(&key(2), true).unwrap()
}

fn read(bytes: &[u8]) -> Result<(Vec<Record>, Outcome), BundleError> {
    let mut reader = BundleReader::open(bytes, &key(4).to_age())?;
    let mut records = Vec::new();
    loop {
        match reader.next_item()? {
            Item::Record(record) => {
                if let Record::Header(signed) = record.as_ref() {
                    signed.verify((HUB, &key(1).public()))?;
                    reader.expect_maker(key(2).public());
                }
                records.push(*record);
            }
            Item::End(outcome) => return Ok((records, outcome)),
        }
    }
}

/// Where each record of the payload lies in the plain bytes.
fn places(records: &[Record]) -> Vec<(usize, usize)> {
    let mut layout = Layout::default();
    let signed = SignedHeader::make(&header(HUB), &key(2));
    let mut at = layout.lay(&cbor::encode(&Record::Header(signed))).len();
    let mut places = Vec::new();
    for record in records {
        let len = layout.lay(&cbor::encode(record)).len();
        places.push((at, at + len));
        at += len;
    }
    places
}

#[test]
fn a_whole_bundle_gives_back_every_record_and_says_that_it_is_whole() {
    let records = payload();
    let (read, outcome) = read(&write(&records)).unwrap();
    assert_eq!(read[1..read.len() - 1], records[..]);
    assert_eq!(
        outcome,
        Outcome {
            complete: true,
            last: true,
            ..Outcome::default()
        }
    );
}

#[test]
fn every_extent_proves_itself_and_no_changed_one_does() {
    for len in [1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES - 3] {
        for extent in extents(1, len) {
            assert!(extent.is_proven());
            let mut other = extent.clone();
            other.bytes[0] ^= 1;
            assert!(!other.is_proven());
            let mut moved = extent.clone();
            moved.number += 1;
            assert!(!moved.is_proven());
            let mut longer = extent;
            longer.len_bytes = u64::MAX;
            assert!(!longer.is_proven());
        }
    }
}

#[test]
fn a_wrong_file_says_what_is_wrong_with_it() {
    let code = |bytes: &[u8]| read(bytes).map(|_| ()).unwrap_err().code();
    assert_eq!(code(b"\xff\xd8\xff\xe0 a photo"), "not_a_bundle");
    let good = write(&[]);
    let to_others = {
        let signed = SignedHeader::make(&header(HUB), &key(2));
        let to = [key(9).to_age().recipient()];
        let writer = BundleWriter::new(Vec::new(), &to, signed, &host()).unwrap();
        writer.finish(&key(2), true).unwrap()
    };
    assert_eq!(code(&to_others), "not_for_us");
    let with_content = |content: &[u8]| {
        let to = [key(4).to_age().recipient()];
        let mut writer = crate::vault::age::AgeWriter::new(Vec::new(), &to, &host()).unwrap();
        std::io::Write::write_all(&mut writer, content).unwrap();
        writer.finish().unwrap()
    };
    assert_eq!(code(&with_content(b"a letter")), "other_content");
    assert_eq!(code(&with_content(b"LBB2 of tomorrow")), "newer_bundle");
    assert!(read(&good).is_ok());
}

#[test]
fn a_header_binds_hub_maker_and_version() {
    let hub = key(1).public();
    let verify = |header: &BundleHeader, by: &DeviceKey| {
        SignedHeader::make(header, by)
            .verify((HUB, &hub))
            .map(|_| ())
            .map_err(|why| why.code())
    };
    assert_eq!(verify(&header(HUB), &key(2)), Ok(()));
    assert_eq!(verify(&header(MAKER), &key(2)), Err("other_hub"));
    assert_eq!(verify(&header(HUB), &key(3)), Err("unsigned_bundle"));
    let newer = BundleHeader {
        version: 2,
        ..header(HUB)
    };
    assert_eq!(verify(&newer, &key(2)), Err("newer_bundle"));
    let stranger = BundleHeader {
        sender: Sender::Device(certificate(&key(6))),
        ..header(HUB)
    };
    assert_eq!(verify(&stranger, &key(2)), Err("unknown_sender"));
    let as_hub = BundleHeader {
        sender: Sender::Hub,
        ..header(HUB)
    };
    assert_eq!(verify(&as_hub, &key(2)), Err("unsigned_bundle"));
    assert_eq!(verify(&as_hub, &key(1)), Ok(()));
}

#[test]
fn a_part_whose_records_were_taken_out_is_not_complete() {
    let records = payload();
    let signed = SignedHeader::make(&header(HUB), &key(2));
    let to = [key(4).to_age().recipient()];
    let mut writer = BundleWriter::new(Vec::new(), &to, signed.clone(), &host()).unwrap();
    let trailer = Trailer::make(
        &signed,
        (1 + records.len() as u64, Digest::ZERO, true),
        &key(2),
    );
    for record in &records[1..] {
        writer.put(record).unwrap();
    }
    writer.put(&Record::Trailer(trailer)).unwrap();
    // What follows is the second trailer; the first is what a thief would leave.
    let bytes = writer.finish(&key(3), true).unwrap();
    assert!(!read(&bytes).unwrap().1.complete);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_byte_costs_only_the_records_that_touch_its_chunk(at in 0_usize..2_000_000, flip in 1_u8..=255) {
        let records = payload();
        let mut bytes = write(&records);
        let at = at % bytes.len();
        bytes[at] ^= flip;
        let begin = payload_begin(&bytes);
        let Some(in_payload) = at.checked_sub(begin) else {
            let _named = read(&bytes).map(|_| ());
            return Ok(());
        };
        let chunk = in_payload / (AGE_CHUNK_BYTES + 16);
        let (read, outcome) = read(&bytes).unwrap();
        prop_assert!(!outcome.complete && outcome.damaged == 1);
        for (record, (start, end)) in records.iter().zip(places(&records)) {
            let touched = (start / AGE_CHUNK_BYTES..=(end - 1) / AGE_CHUNK_BYTES).contains(&chunk);
            prop_assert!(touched || read.contains(record), "chunk {} lost {}..{}", chunk, start, end);
        }
    }

    #[test]
    fn a_cut_bundle_gives_everything_before_the_cut(at in 0_usize..2_000_000) {
        let records = payload();
        let bytes = write(&records);
        let at = at % bytes.len();
        let begin = payload_begin(&bytes);
        let Ok((read, outcome)) = read(&bytes[..at]) else {
            prop_assert!(at < begin);
            return Ok(());
        };
        prop_assert!(outcome.cut && !outcome.complete);
        let whole = (at.saturating_sub(begin) / (AGE_CHUNK_BYTES + 16)) * AGE_CHUNK_BYTES;
        for (record, (_, end)) in records.iter().zip(places(&records)) {
            prop_assert!(end > whole || read.contains(record));
        }
    }

    #[test]
    fn no_content_however_strange_makes_the_reader_panic(content in proptest::collection::vec(any::<u8>(), 0..300), big in 0_usize..200_000) {
        let to = [key(4).to_age().recipient()];
        let mut writer = crate::vault::age::AgeWriter::new(Vec::new(), &to, &host()).unwrap();
        std::io::Write::write_all(&mut writer, MAGIC).unwrap();
        std::io::Write::write_all(&mut writer, &content).unwrap();
        std::io::Write::write_all(&mut writer, &noise(1, big)).unwrap();
        let _any = read(&writer.finish().unwrap()).map(|_| ());
    }
}

/// Where the first chunk begins: behind the header's closing line and the nonce.
fn payload_begin(bytes: &[u8]) -> usize {
    let mark = bytes
        .windows(5)
        .position(|window| window == b"\n--- ")
        .unwrap();
    let line = bytes[mark + 1..]
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap();
    mark + 1 + line + 1 + 16
}
