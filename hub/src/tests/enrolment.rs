use lossbook_core::chain::{
    DeviceKey, EnrolRequest, Kind, NonceAnswer, NonceRequest, TokenAnswer, TokenRequest,
};
use lossbook_core::domain::{DeviceId, cbor};
use lossbook_core::sync::frame::Frame;

use super::{TestHost, World};
use crate::enrol::INVITE_MS;
use crate::token::{authenticate, token};

#[test]
fn an_enrolment_code_works_for_one_device_only() {
    let world = World::new();
    let invite = world.invite("扎西");
    let (first, second) = (world.fresh_phone("a", 1), world.fresh_phone("b", 2));
    let request =
        |device: &lossbook_core::app::Device| cbor::encode(&device.enrol_request(&invite).unwrap());
    let answer = world.enrol(&request(&first)).unwrap();
    assert_eq!(answer.scopes.len(), 1);
    assert_eq!(world.enrol(&request(&second)), Err("INVITE_USED"));
}

#[test]
fn the_same_request_gets_the_same_certificate_again() {
    let world = World::new();
    let invite = world.invite("扎西");
    let device = world.fresh_phone("a", 1);
    let request = cbor::encode(&device.enrol_request(&invite).unwrap());
    let first = world.enrol(&request).unwrap();
    world.host.pass(INVITE_MS * 2);
    assert_eq!(world.enrol(&request).unwrap(), first);
    device.complete_enrolment(&invite, &first).unwrap();
}

#[test]
fn codes_that_are_old_or_invented_are_refused_by_name() {
    let world = World::new();
    let device = world.fresh_phone("a", 1);
    let mut invented = world.invite("扎西");
    invented.secret = lossbook_core::chain::InviteSecret::make(TestHost::new(7).as_ref());
    let request = cbor::encode(&device.enrol_request(&invented).unwrap());
    assert_eq!(world.enrol(&request), Err("INVITE_UNKNOWN"));
    let invite = world.invite("扎西");
    world.host.pass(INVITE_MS);
    let request = cbor::encode(&device.enrol_request(&invite).unwrap());
    assert_eq!(world.enrol(&request), Err("INVITE_EXPIRED"));
}

#[test]
fn nobody_takes_over_a_device_id_or_signs_for_another_key() {
    let world = World::new();
    let known = world.phone("a", 1).identity().unwrap();
    let thief = DeviceKey::from_secret(&[9; 64]);
    let request = EnrolRequest::make(&world.invite("贼"), known.device, &thief);
    assert_eq!(world.enrol(&cbor::encode(&request)), Err("DEVICE_KNOWN"));
    let mut unsigned = EnrolRequest::make(&world.invite("贼"), known.device, &thief);
    unsigned.device = DeviceId::from_bytes([3; 16]);
    assert_eq!(world.enrol(&cbor::encode(&unsigned)), Err("BAD_SIGNATURE"));
}

#[test]
fn everybody_in_a_scope_sees_who_was_let_in() {
    let world = World::new();
    let (first, second) = (world.phone("a", 1), world.phone("b", 2));
    let newcomer = second.identity().unwrap().device;
    let frames = world.sync(&first);
    let seen = frames.iter().any(|frame| match frame {
        Frame::Run(run) => run.envelopes.iter().any(|envelope| {
            let header = envelope.parse().unwrap();
            header.kind == Kind::Acl && header.subject.as_bytes() == newcomer.as_bytes()
        }),
        _ => false,
    });
    assert!(seen);
}

/// Asks for a token the way a phone does.
fn ask(world: &World, valid_ms: u64) -> (Vec<u8>, Result<TokenAnswer, &'static str>) {
    let me = world.phone("a", 1).identity().unwrap();
    let hub = &world.hub;
    let send = |body: &[u8]| {
        token(
            hub.store(),
            hub.identity(),
            world.host.as_ref(),
            (body, valid_ms),
        )
        .map_err(|refusal| refusal.code)
    };
    let asked = cbor::encode(&NonceRequest { device: me.device });
    let nonce: NonceAnswer = cbor::decode(&send(&asked).unwrap()).unwrap();
    let proof = cbor::encode(&TokenRequest::make(me.device, *nonce.nonce, &me.key));
    let answer = send(&proof).map(|bytes| cbor::decode(&bytes).unwrap());
    (proof, answer)
}

#[test]
fn a_token_runs_out_and_its_nonce_works_once() {
    let world = World::new();
    let (proof, answer) = ask(&world, 1_000);
    let token_text = answer.unwrap().token;
    let (store, hub) = (world.hub.store(), world.hub.identity());
    let again = token(store, hub, world.host.as_ref(), (&proof, 1_000));
    assert_eq!(again.unwrap_err().code, "NONCE_EXPIRED");
    let who = |text: &str| authenticate(store, text, world.hub.now().wall);
    assert!(who(&token_text).is_ok());
    assert_eq!(who("invented").unwrap_err().code, "AUTH_EXPIRED");
    world.host.pass(1_000);
    assert_eq!(who(&token_text).unwrap_err().code, "AUTH_EXPIRED");
}

#[test]
fn a_nonce_of_another_device_or_an_old_one_gives_no_token() {
    let world = World::new();
    let (a, b) = (world.phone("x", 3), world.phone("y", 4));
    let (a, b) = (a.identity().unwrap(), b.identity().unwrap());
    let (store, hub) = (world.hub.store(), world.hub.identity());
    let send = |body: Vec<u8>| token(store, hub, world.host.as_ref(), (&body, 1_000));
    let nonce: NonceAnswer =
        cbor::decode(&send(cbor::encode(&NonceRequest { device: a.device })).unwrap()).unwrap();
    let proof = |device, key| cbor::encode(&TokenRequest::make(device, *nonce.nonce, key));
    let code = |answer: Result<Vec<u8>, crate::refusal::Refusal>| answer.unwrap_err().code;
    assert_eq!(code(send(proof(b.device, &b.key))), "NONCE_EXPIRED");
    assert_eq!(code(send(proof(a.device, &b.key))), "DEVICE_UNKNOWN");
    world.host.pass(5 * 60 * 1_000);
    assert_eq!(code(send(proof(a.device, &a.key))), "NONCE_EXPIRED");
}
