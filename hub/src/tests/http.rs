use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use lossbook_core::app::Device;
use lossbook_core::chain::{NonceAnswer, NonceRequest, TokenAnswer, TokenRequest};
use lossbook_core::domain::cbor;
use lossbook_core::sync::frame::{Frame, pack, unpack};

use super::{World, faults, report};
use crate::admin::{Command, serving_at};
use crate::{HubError, ServeConfig, Serving, serve};

pub(super) struct Got {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Got {
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(':'));
        pairs
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// One request on one connection.
pub(super) fn send(addr: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Got {
    let mut stream = TcpStream::connect(addr).unwrap();
    let mut head = format!("{line} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    Got {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head,
        body: answer[end + 4..].to_vec(),
    }
}

pub(super) fn served(world: &World) -> Serving {
    serve(world.hub.clone(), &ServeConfig::default()).unwrap()
}

pub(super) fn token(addr: SocketAddr, device: &Device) -> String {
    let me = device.identity().unwrap();
    let ask = cbor::encode(&NonceRequest { device: me.device });
    let nonce: NonceAnswer = cbor::decode(&send(addr, "POST /v1/token", &[], &ask).body).unwrap();
    let proof = cbor::encode(&TokenRequest::make(me.device, *nonce.nonce, &me.key));
    let given: TokenAnswer = cbor::decode(&send(addr, "POST /v1/token", &[], &proof).body).unwrap();
    format!("Bearer {}", given.token)
}

#[test]
fn a_phone_enrols_and_syncs_over_http() {
    let world = World::new();
    let serving = served(&world);
    let device = world.fresh_phone("a", 1);
    let invite = world.invite("扎西");
    let request = cbor::encode(&device.enrol_request(&invite).unwrap());
    let got = send(serving.addr, "POST /v1/enrol", &[], &request);
    assert_eq!(got.status, 200);
    device
        .complete_enrolment(&invite, &cbor::decode(&got.body).unwrap())
        .unwrap();
    report(&device);
    let page = pack(&world.request(&device, None)).unwrap();
    let refused = send(serving.addr, "POST /v1/sync", &[], &page);
    assert_eq!(refused.status, 401);
    let bearer = token(serving.addr, &device);
    let got = send(
        serving.addr,
        "POST /v1/sync",
        &[("Authorization", &bearer)],
        &page,
    );
    assert_eq!(got.status, 200);
    let frames = unpack(&got.body).unwrap();
    assert_eq!(faults(&frames), Vec::<&str>::new());
    assert!(frames.iter().any(|frame| matches!(frame, Frame::Ack(_))));
    assert_eq!(serving_at(world.hub.dir()), Some(serving.url.clone()));
    serving.stop();
    assert_eq!(serving_at(world.hub.dir()), None);
}

#[test]
fn plain_http_beyond_this_machine_is_refused() {
    let world = World::new();
    let config = ServeConfig {
        listen: SocketAddr::from(([0, 0, 0, 0], 0)),
        ..ServeConfig::default()
    };
    let answer = serve(world.hub.clone(), &config);
    assert!(matches!(answer, Err(HubError::PlainHttp(_))));
}

#[test]
fn a_second_server_on_the_same_directory_says_so_and_a_short_command_does_not_mind() {
    let world = World::new();
    let second = crate::Hub::open(world.hub.dir(), &world.key);
    assert_eq!(second.unwrap_err().code(), "IN_USE");
    let beside = crate::Hub::open_beside(world.hub.dir(), &world.key).unwrap();
    let name = "李审核".to_owned();
    let answer = beside
        .run(Command::AddUser {
            name,
            roles: Vec::new(),
            scopes: Vec::new(),
            way_in: None,
        })
        .unwrap();
    assert_eq!(answer["token"].as_str().unwrap().len(), 64);
    assert_eq!(world.hub.status().unwrap().users, vec!["李审核"]);
}

#[test]
fn the_page_opens_once_per_link_and_shows_an_empty_state_in_both_languages() {
    let world = World::new();
    let serving = served(&world);
    let link = world.hub.make_page_link().unwrap();
    assert_eq!(send(serving.addr, "GET /", &[], b"").status, 401);
    let opened = send(serving.addr, &format!("GET {link}"), &[], b"");
    assert_eq!(opened.status, 200);
    let cookie = opened.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(
        send(serving.addr, &format!("GET {link}"), &[], b"").status,
        410
    );
    let page = |path: &str| {
        let got = send(serving.addr, path, &[("Cookie", &cookie)], b"");
        assert!(
            got.header("content-security-policy")
                .unwrap()
                .contains("default-src 'none'")
        );
        String::from_utf8(got.body).unwrap()
    };
    assert!(page("GET /").contains("还没有案件"));
    assert!(page("GET /?lang=en").contains("No cases yet"));
    let device = world.phone("a", 1);
    report(&device);
    world.sync(&device);
    assert!(page("GET /").contains("暴雨"));
}

#[test]
fn a_foreign_tus_client_is_told_what_the_hub_can_do() {
    let world = World::new();
    let serving = served(&world);
    let options = send(serving.addr, "OPTIONS /v1/tus", &[], b"");
    assert_eq!(
        (options.status, options.header("tus-version")),
        (204, Some("1.0.0"))
    );
    let old = send(
        serving.addr,
        "POST /v1/tus",
        &[("Tus-Resumable", "0.2.2")],
        b"",
    );
    assert_eq!(old.status, 412);
    let device = world.phone("a", 1);
    let bearer = token(serving.addr, &device);
    let metadata = "sha256 eA==,scope eA==";
    let headers = [
        ("Tus-Resumable", "1.0.0"),
        ("Authorization", bearer.as_str()),
        ("Upload-Length", "5"),
        ("Upload-Metadata", metadata),
    ];
    assert_eq!(
        send(serving.addr, "POST /v1/tus", &headers, b"").status,
        400
    );
    let path = format!("HEAD /v1/tus/{}", "00".repeat(32));
    assert_eq!(send(serving.addr, &path, &headers, b"").status, 404);
}
