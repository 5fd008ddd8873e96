//! The phones' own sync engine against a served hub, over loopback.

use std::net::SocketAddr;

use lossbook_core::app::{Device, NewPhoto, Taken};
use lossbook_core::chain::Origin;
use lossbook_core::store::CaseQuery;
use lossbook_core::sync::{Body, Effect, Engine, Event, Report, Request, StateName};

use super::console::{person, visitor};
use super::http::send;
use super::{World, report};
use crate::office::cases;
use crate::role::OfficeRole;
use crate::{ServeConfig, serve};

/// Runs one session to its end; what went wrong on the way is returned.
fn sync(device: &Device, addr: SocketAddr) -> Vec<String> {
    let mut engine = Engine::new(device.identity().unwrap().device, 7);
    let (mut now, mut wakes_at, mut troubles) = (0, None, Vec::new());
    let mut waiting = vec![Event::Start];
    for _ in 0..1_000 {
        now += 1;
        let event = match (waiting.pop(), wakes_at) {
            (Some(event), _) => event,
            (None, Some(_)) if engine.state() == StateName::Idle => return troubles,
            (None, Some(at)) => {
                now = at;
                Event::Tick
            }
            (None, None) => return troubles,
        };
        for effect in engine.step(now, event) {
            waiting.extend(device.perform(&effect));
            match effect {
                Effect::Http(request) => waiting.push(exchange(device, addr, request)),
                Effect::Timer { at_ms } => wakes_at = Some(at_ms),
                Effect::Report(Report::Trouble { code, detail, .. }) => {
                    troubles.push(format!("{code} {detail}"));
                }
                Effect::Report(Report::BlobBroken { why, .. }) => troubles.push(why),
                _ => {}
            }
        }
    }
    panic!(
        "the session does not end: {:?} {troubles:?}",
        engine.state()
    );
}

fn exchange(device: &Device, addr: SocketAddr, request: Request) -> Event {
    let body = match request.body {
        Body::Empty => Vec::new(),
        Body::Mem(bytes) => bytes,
        Body::Blob { digest, from, len } => device.blob_range(&digest, from, len).unwrap(),
    };
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let line = format!("{} {}", request.method.as_str(), request.path);
    let got = send(addr, &line, &headers, &body);
    Event::HttpDone {
        rid: request.rid,
        status: got.status,
        headers: got.headers(),
        body: got.body,
    }
}

/// A photo of noise: it compresses badly, so it has more than one chunk.
fn jpeg() -> Vec<u8> {
    let (width, height) = (800_u16, 600_u16);
    let pixels: Vec<u8> = (0..u32::from(width) * u32::from(height) * 3)
        .map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 95)
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    bytes
}

#[test]
fn a_report_with_a_photo_reaches_the_hub_and_the_other_phone_and_is_confirmed() {
    let world = World::new();
    let serving = serve(world.hub.clone(), &ServeConfig::default()).unwrap();
    let (a, b) = (world.phone("a", 1), world.phone("b", 2));
    let case = report(&a);
    let bytes = jpeg();
    assert!(bytes.len() > 300_000);
    let photo = NewPhoto {
        bytes: &bytes,
        origin: Origin::Camera,
        taken: Taken::default(),
        slot: "",
        caption: "",
    };
    a.add_photo(&case, photo).unwrap();
    assert_eq!(sync(&a, serving.addr), Vec::<String>::new());
    assert_eq!(sync(&b, serving.addr), Vec::<String>::new());
    let listed = cases(world.hub.store(), None).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].photos_missing, Vec::<String>::new());
    let seen = b.cases(&CaseQuery::default()).unwrap();
    assert_eq!(
        seen[0].heads,
        a.cases(&CaseQuery::default()).unwrap()[0].heads
    );
    let view = a.case(&case).unwrap();
    assert!(
        view.blobs.iter().all(|blob| blob.confirmed),
        "{:?}",
        view.blobs
    );
    b.set_field(&case, "report.place", "二村").unwrap();
    assert_eq!(sync(&b, serving.addr), Vec::<String>::new());
    assert_eq!(sync(&a, serving.addr), Vec::<String>::new());
    assert_eq!(a.cases(&CaseQuery::default()).unwrap()[0].place, "二村");
}

/// A wall of large patches, in a size and a quality.
fn wall(side: u32, quality: u8) -> Vec<u8> {
    let shade = |x: u32, y: u32| {
        let patch = (x * 12 / side) * 31 + (y * 12 / side) * 17;
        patch.wrapping_mul(2_654_435_761).to_be_bytes()[0]
    };
    let rows = (0..side).flat_map(|y| (0..side).map(move |x| shade(x, y)));
    let pixels: Vec<u8> = rows.collect();
    let mut bytes = Vec::new();
    let side = u16::try_from(side).unwrap();
    jpeg_encoder::Encoder::new(&mut bytes, quality)
        .encode(&pixels, side, side, jpeg_encoder::ColorType::Luma)
        .unwrap();
    bytes
}

#[test]
fn a_photo_that_looks_like_one_of_another_case_leads_a_reviewer_there_and_back() {
    let world = World::new();
    let serving = serve(world.hub.clone(), &ServeConfig::default()).unwrap();
    let phone = world.phone("a", 1);
    let numbers = [wall(900, 92), wall(450, 40), jpeg()].map(|bytes| {
        let case = report(&phone);
        let photo = NewPhoto {
            bytes: &bytes,
            origin: Origin::Gallery,
            taken: Taken::default(),
            slot: "",
            caption: "",
        };
        phone.add_photo(&case, photo).unwrap();
        assert_eq!(sync(&phone, serving.addr), Vec::<String>::new());
        let rows = phone.cases(&CaseQuery::default()).unwrap();
        let row = rows.into_iter().find(|row| row.case.to_string() == case);
        row.unwrap().number
    });
    let password = person(&world, "赵理赔", OfficeRole::ClaimsSpecialist);
    let visitor = visitor(serving.addr, "赵理赔", &password);
    let leads = numbers.each_ref().map(|number| {
        let page = visitor.page(&format!("/console/case/{number}"));
        let others = numbers.iter().filter(|other| *other != number);
        let link = |other: &&String| page.contains(&format!("相似照片见 {other}"));
        others.filter(link).cloned().collect::<Vec<_>>()
    });
    let [first, second, _] = numbers;
    assert_eq!(leads, [vec![second], vec![first], Vec::new()]);
}
