use super::World;
use super::http::{send, served};
use crate::admin::Command;
use crate::{ServeConfig, serve};

#[test]
fn health_needs_no_secret_and_says_no_more_than_that_all_is_well() {
    let world = World::new();
    let serving = served(&world);
    let got = send(serving.addr, "GET /healthz", &[], b"");
    assert_eq!(got.status, 200);
    let said: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(said["status"], "ok");
    assert_eq!(said.as_object().unwrap().len(), 2);
}

#[test]
fn metrics_are_for_this_machine_or_for_whoever_brings_the_token() {
    let world = World::new();
    let config = ServeConfig {
        metrics_token: Some("0123456789abcdef".to_owned()),
        ..ServeConfig::default()
    };
    let serving = serve(world.hub.clone(), &config).unwrap();
    let status = |headers: &[(&str, &str)]| send(serving.addr, "GET /metrics", headers, b"").status;
    let passed_on = ("X-Forwarded-For", "203.0.113.9");
    assert_eq!(status(&[]), 200);
    assert_eq!(
        status(&[passed_on]),
        403,
        "a proxy on this machine is not this machine"
    );
    let token = ("Authorization", "Bearer 0123456789abcdef");
    assert_eq!(status(&[passed_on, token]), 200);
    let wrong = ("Authorization", "Bearer 0123456789abcdeX");
    assert_eq!(status(&[passed_on, wrong]), 403);
}

#[test]
fn metrics_count_by_route_and_never_by_what_stands_in_an_address() {
    let world = World::new();
    let serving = served(&world);
    send(serving.addr, "GET /v1/office/cases/PB12345678", &[], b"");
    send(serving.addr, "GET /nowhere/%E5%BC%A0%E4%B8%89", &[], b"");
    let got = send(serving.addr, "GET /metrics", &[], b"");
    let text = String::from_utf8(got.body).unwrap();
    assert!(text.contains("lossbook_cases 0"), "{text}");
    let line = r#"method="GET",route="/v1/office/cases/{name}",status="401""#;
    assert!(text.contains(line), "{text}");
    assert!(
        !text.contains("PB12345678") && !text.contains("nowhere"),
        "{text}"
    );
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn retention_lists_what_contracts_say_and_a_blank_ends_nothing() {
    let world = World::new();
    let list = world.hub.run(Command::ListRetention).unwrap();
    let kept = list["kept"].as_array().unwrap();
    let of = |class: &str| kept.iter().find(|one| one["class"] == class).unwrap();
    assert_eq!(of("calculation")["term"], "permanent");
    assert!(of("claim_file")["term"].is_null());
    assert!(of("claim_file")["blank"].is_string());
    assert!(
        kept.iter()
            .all(|one| one["reached"].as_array().unwrap().is_empty())
    );
    assert!(
        list["note_en"]
            .as_str()
            .unwrap()
            .contains("deletes nothing")
    );
}
