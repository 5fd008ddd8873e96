//! Statements over time, and a case's past for people.

use super::*;
use crate::statement::{Act, SignatureState, Wanted};

fn states(phone: &Device, case: &str) -> Vec<SignatureState> {
    let standing = phone.case(case).unwrap().standing;
    standing
        .signatures
        .into_iter()
        .map(|one| one.state)
        .collect()
}

#[test]
fn a_signature_is_revoked_with_a_reason_and_witnessed_from_another_device() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, _) = case_with_line(&a);
    let signed = a.sign(&case, &signature()).unwrap().signature.to_hex();
    assert_eq!(
        a.witness(&case, &signed).unwrap_err().code(),
        "own_signature"
    );
    hand_over(&a, &b);
    b.witness(&case, &signed).unwrap();
    hand_over(&b, &a);
    let witnessed = &a.case(&case).unwrap().standing.signatures[0];
    assert_eq!(
        (witnessed.witnesses.as_slice(), &witnessed.state),
        (["zhang".to_owned()].as_slice(), &SignatureState::Valid)
    );
    assert_eq!(
        a.revoke(&case, &signed, "").unwrap_err().code(),
        "no_reason"
    );
    a.revoke(&case, &signed, "read it again").unwrap();
    hand_over(&a, &b);
    let revoked = &b.case(&case).unwrap().standing.signatures[0];
    assert_eq!(
        (revoked.state.word(), revoked.reason.as_deref()),
        ("revoked", Some("read it again"))
    );
}

#[test]
fn two_phones_that_change_a_signed_amount_apart_make_the_signature_contested() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, path) = case_with_line(&a);
    a.sign(&case, &signature()).unwrap();
    hand_over(&a, &b);
    a.set_field(&case, &path, "800").unwrap();
    b.set_field(&case, &path, "950").unwrap();
    meet(&a, &b);
    assert_eq!(states(&a, &case), [SignatureState::Contested(vec![path])]);
    assert_eq!(states(&a, &case), states(&b, &case));
}

#[test]
fn a_photo_withdrawn_after_signing_supersedes_the_signature() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    phone.add_photo(&case, photo(&jpeg(1))).unwrap();
    phone.sign(&case, &signature()).unwrap();
    assert_eq!(states(&phone, &case), [SignatureState::Valid]);
    let record = phone.case(&case).unwrap().standing.record;
    let row = record.photos().next().unwrap().0;
    phone
        .withdraw(&case, &format!("photos.{row}"), "another house")
        .unwrap();
    let SignatureState::Superseded(changed) = &states(&phone, &case)[0] else {
        panic!("not superseded")
    };
    assert_eq!(changed[0].path, format!("photos.{row}.sha256"));
}

#[test]
fn a_refusal_keeps_its_reason() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    let mut refusal = signature();
    refusal.act = Act::Refused;
    refusal.claims.reason = Some("too little");
    phone.sign(&case, &refusal).unwrap();
    let one = phone.case(&case).unwrap().standing.signatures.remove(0);
    assert_eq!(
        (one.state, one.reason.as_deref()),
        (SignatureState::Refused, Some("too little"))
    );
}

#[test]
fn the_ledgers_name_what_was_replaced_by_what_by_whom_and_why() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, path) = case_with_line(&a);
    hand_over(&a, &b);
    a.set_field(&case, &path, "800").unwrap();
    b.set_field(&case, &path, "950").unwrap();
    meet(&a, &b);
    b.settle(&case, &path, "950", "measured again").unwrap();
    b.withdraw(&case, path.trim_end_matches(".amount"), "not insured")
        .unwrap();
    meet(&a, &b);
    let ledgers = a.ledgers(&case).unwrap();
    let said: Vec<_> = ledgers
        .data
        .iter()
        .map(|one| (one.before.join("|"), one.after.as_str(), one.user.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("1250.50".to_owned(), "800.00", "li"),
            ("1250.50".to_owned(), "950.00", "zhang"),
            ("800.00|950.00".to_owned(), "950.00", "zhang"),
        ]
    );
    let reasons: Vec<&str> = ledgers
        .records
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    assert_eq!(reasons, ["measured again", "not insured"]);
    assert_eq!(b.ledgers(&case).unwrap().data.len(), 3);
}

#[test]
fn news_are_what_changed_since_the_last_look() {
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, path) = case_with_line(&a);
    hand_over(&a, &b);
    assert!(!b.news(&case).unwrap().fields.is_empty());
    assert!(b.news(&case).unwrap().fields.is_empty());
    a.set_field(&case, &path, "800").unwrap();
    hand_over(&a, &b);
    let news = b.news(&case).unwrap();
    assert_eq!(news.fields.len(), 1);
    assert_eq!(
        (
            news.fields[0].path.to_string(),
            news.events[0].header.user.as_str()
        ),
        (path, "li")
    );
}

#[test]
fn what_the_hub_would_see_is_what_it_has_not_acknowledged() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, path) = case_with_line(&phone);
    let stream = phone.store().transact(|tx| tx.own_streams(None)).unwrap()[0];
    phone
        .store()
        .transact(|tx| tx.set_acked(stream.stream, stream.seq))
        .unwrap();
    assert!(phone.hub_view(&case).unwrap().fields.is_empty());
    phone.set_field(&case, &path, "800").unwrap();
    let view = phone.hub_view(&case).unwrap();
    assert_eq!((view.waiting, view.fields.len()), (1, 1));
    assert_eq!(view.fields[0].then[0].to_string(), "1250.50");
}

#[test]
fn a_packet_holds_the_frozen_bytes_and_the_seal_over_them() {
    let world = World::new();
    let phone = world.phone("li", 1);
    let (case, _) = case_with_line(&phone);
    let signed = phone.sign(&case, &signature()).unwrap();
    phone.set_field(&case, "report.cause", "fire").unwrap();
    let packet = phone
        .statement_packet(&case, &signed.signature.to_hex())
        .unwrap();
    let certificate = packet.certificate.verify(&packet.hub_key).unwrap();
    assert!(packet.run.seal.verify(&certificate.key));
    let ids: Vec<Digest> = packet.run.envelopes.iter().map(|one| one.id()).collect();
    assert_eq!(ids, [signed.freeze, signed.signature]);
    let text = phone.statement_text(&case, &Wanted::default()).unwrap();
    assert_ne!(text, signed.text);
}

#[test]
fn what_was_written_on_a_refused_change_is_written_anew_and_reaches_others() {
    use crate::sync::frame::{Ack, Exception};
    use crate::sync::{Effect, Event, OpId, Txn};
    let world = World::new();
    let (a, b) = (world.phone("li", 1), world.phone("zhang", 2));
    let (case, path) = case_with_line(&a);
    hand_over(&a, &b);
    a.set_field(&case, &path, "666").unwrap();
    a.set_field(&case, "report.course", "夜里大风").unwrap();
    let note = a
        .add_row(&case, Section::Notes, &report(&[("text", "rain")]))
        .unwrap();
    let stream = a.store().transact(|tx| tx.own_streams(None)).unwrap()[0];
    let refused = Exception {
        seq: stream.seq - 2,
        code: "CHANGE_INVALID".to_owned(),
        detail: "its writer may not write it".to_owned(),
    };
    let acks = Txn::Acked(vec![Ack {
        stream: stream.stream,
        mark: stream.seq,
        header: crate::sync::frame::HeaderTag::of(&stream.header),
        exceptions: vec![refused],
    }]);
    for _ in 0..2 {
        let effect = Effect::Store {
            op: OpId(1),
            txn: acks.clone(),
        };
        assert_eq!(a.perform(&effect).unwrap(), Event::Stored { op: OpId(1) });
    }
    let outside = a.store().transact(|tx| tx.quarantined()).unwrap();
    assert_eq!(outside.len(), 3);
    assert!(
        outside[0].why.contains("the hub refused it"),
        "{}",
        outside[0].why
    );
    // As the hub's gate did, the other phone's keeps the refused change out: it never gets it.
    let record = a.case(&case).unwrap().standing.record;
    assert_eq!(record.total().unwrap().to_string(), "1250.50");
    assert_eq!(
        record.section(Section::Report).text("course").as_deref(),
        Some("夜里大风")
    );
    assert!(record.rows[&Section::Notes].contains_key(&note));
    a.set_field(&case, "report.cause", "storm").unwrap();
    hand_over(&a, &b);
    assert_eq!(
        b.case(&case).unwrap().standing.record,
        a.case(&case).unwrap().standing.record
    );
    assert!(a.rebuild().unwrap().differing.is_empty());
}
