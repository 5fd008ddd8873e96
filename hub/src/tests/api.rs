use serde_json::{Value, json};

use super::http::{Got, send, served};
use super::{World, report};
use crate::admin::{Command, IntegrationOrder};
use crate::meta::{in_tx, look};

fn added(world: &World, name: &str, roles: &[&str], scopes: &[&str]) -> String {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let order = IntegrationOrder::Add {
        name: name.to_owned(),
        roles: words(roles),
        scopes: words(scopes),
    };
    let answer = world.hub.run(Command::Integration { order }).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

struct Caller<'s> {
    serving: &'s crate::Serving,
    bearer: String,
}

impl Caller<'_> {
    fn get(&self, path: &str) -> (u16, Value) {
        read(&send(
            self.serving.addr,
            &format!("GET {path}"),
            &[("Authorization", &self.bearer)],
            b"",
        ))
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let headers = [
            ("Authorization", self.bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        let body = body.to_string();
        read(&send(
            self.serving.addr,
            &format!("POST {path}"),
            &headers,
            body.as_bytes(),
        ))
    }
}

fn read(got: &Got) -> (u16, Value) {
    (got.status, serde_json::from_slice(&got.body).unwrap())
}

fn caller<'s>(serving: &'s crate::Serving, token: &str) -> Caller<'s> {
    Caller {
        serving,
        bearer: format!("Bearer {token}"),
    }
}

#[test]
fn a_program_reads_cases_page_by_page_decides_and_hears_of_it() {
    let world = World::new();
    let device = world.phone("扎西", 1);
    for _ in 0..5 {
        report(&device);
    }
    world.sync(&device);
    let token = added(&world, "core-system", &["reviewer"], &[]);
    let serving = served(&world);
    let program = caller(&serving, &token);
    let (status, first) = program.get("/api/v1/cases?limit=3");
    assert_eq!((status, first["cases"].as_array().unwrap().len()), (200, 3));
    let cursor = first["next"].as_str().unwrap();
    let (_, rest) = program.get(&format!("/api/v1/cases?limit=3&cursor={cursor}"));
    assert_eq!(rest["cases"].as_array().unwrap().len(), 2);
    assert_eq!(rest["next"], Value::Null);
    let (_, events) = program.get("/api/v1/events");
    let kinds = |page: &Value| -> Vec<String> {
        let all = page["events"].as_array().unwrap().iter();
        all.map(|one| one["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(kinds(&events), ["reported"; 5]);
    let case = first["cases"][0]["number"].as_str().unwrap();
    let (_, detail) = program.get(&format!("/api/v1/cases/{case}"));
    let new =
        json!({"action": "assign", "reason": "go", "surveyor": "扎西", "heads": detail["heads"]});
    let (status, decided) = program.post(&format!("/api/v1/cases/{case}/decisions"), &new);
    assert_eq!(
        (status, decided["decisions"][0]["user"].as_str()),
        (200, Some("api:core-system"))
    );
    let cursor = events["cursor"].as_str().unwrap();
    let (_, news) = program.get(&format!("/api/v1/events?cursor={cursor}"));
    assert_eq!(kinds(&news), ["assigned"]);
    assert_eq!(news["events"][0]["case"], *case);
    let (_, again) = program.get(&format!("/api/v1/events?cursor={cursor}"));
    assert_eq!(
        again["events"], news["events"],
        "what was not acknowledged comes again"
    );
}

#[test]
fn a_program_sees_its_scopes_does_what_its_roles_may_and_is_withdrawn() {
    let world = World::new();
    world.hub.add_scope("别村").unwrap();
    let device = world.phone("a", 1);
    let case = report(&device);
    world.sync(&device);
    let elsewhere = added(&world, "elsewhere", &["reviewer"], &["别村"]);
    let reader = added(&world, "reader", &["auditor"], &[]);
    let serving = served(&world);
    let stranger = caller(&serving, &elsewhere);
    assert_eq!(stranger.get("/api/v1/cases").1["cases"], json!([]));
    assert_eq!(stranger.get("/api/v1/events").1["events"], json!([]));
    let (status, refused) = stranger.get(&format!("/api/v1/cases/{case}"));
    assert_eq!(
        (status, refused["code"].as_str()),
        (404, Some("CASE_UNKNOWN"))
    );
    assert!(refused["zh"].is_string() && refused["en"].is_string());
    let auditor = caller(&serving, &reader);
    let new = json!({"action": "deny", "reason": "no"});
    let (status, refused) = auditor.post(&format!("/api/v1/cases/{case}/decisions"), &new);
    assert_eq!(
        (status, refused["code"].as_str()),
        (403, Some("NOT_YOUR_ROLE"))
    );
    let used = look(world.hub.store(), |tx| tx.integrations()).unwrap();
    assert!(used.iter().all(|one| one.used.0 > 0), "last use is shown");
    let audit = in_tx(world.hub.store(), |tx| tx.audit(None, 99)).unwrap();
    let calls = audit.iter().filter(|row| row.deed == "api");
    assert_eq!(calls.count(), 4, "each call is audited");
    let order = IntegrationOrder::End {
        name: "reader".to_owned(),
    };
    world.hub.run(Command::Integration { order }).unwrap();
    assert_eq!(auditor.get("/api/v1/me").0, 401);
    let stored = look(world.hub.store(), |tx| tx.integrations()).unwrap();
    assert!(stored[1].ended && !format!("{stored:?}").contains(&reader));
}

#[test]
fn bad_parameters_bodies_and_addresses_are_refused_in_one_shape() {
    let world = World::new();
    let token = added(&world, "p", &["reviewer"], &[]);
    let serving = served(&world);
    let program = caller(&serving, &token);
    for (path, wanted) in [
        ("/api/v1/cases?limit=0", 400),
        ("/api/v1/cases?limit=201", 400),
        ("/api/v1/cases?limit=1&limit=2", 400),
        ("/api/v1/cases?colour=red", 400),
        ("/api/v1/cases?cursor=x", 400),
        ("/api/v1/events?cursor=x.1", 400),
        ("/api/v1/events?cursor=0011223344556677.1", 410),
        ("/api/v1/cases/%FF", 404),
        ("/api/v1/cases/nobody/photos/00", 404),
        ("/api/v1/tables/none", 404),
        ("/api/v1/nowhere", 404),
    ] {
        let (status, refused) = program.get(path);
        assert_eq!(status, wanted, "{path}: {refused}");
        let keys: Vec<&String> = refused.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["code", "en", "zh"], "{path}");
    }
    let (status, _) = program.post("/api/v1/cases/x/decisions", &json!({"colour": "red"}));
    assert_eq!(status, 400);
    let plain = [("Authorization", program.bearer.as_str())];
    let got = send(
        serving.addr,
        "POST /api/v1/cases/x/decisions",
        &plain,
        b"{}",
    );
    assert_eq!(got.status, 415);
}

#[test]
fn the_description_names_every_address_and_needs_no_token() {
    let world = World::new();
    let serving = served(&world);
    let got = send(serving.addr, "GET /api/v1/openapi.json", &[], b"");
    let (status, described) = read(&got);
    assert_eq!(status, 200);
    assert_eq!(described["openapi"], "3.1.0");
    let paths = described["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 11);
    let token = added(&world, "p", &["reviewer"], &[]);
    let program = caller(&serving, &token);
    let (_, tables) = program.get("/api/v1/tables");
    let tables = tables["tables"].as_array().unwrap();
    assert!(!tables.is_empty());
    for table in tables {
        let (status, page) =
            program.get(&format!("/api/v1/tables/{}", table["id"].as_str().unwrap()));
        assert_eq!(status, 200, "{page}");
        assert_eq!(page["table"]["id"], table["id"]);
    }
}
