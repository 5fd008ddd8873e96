//! The console over real HTTP: who gets in, and who sees and does what.

use std::net::SocketAddr;

use lossbook_core::app::Device;
use lossbook_core::record::Section;
use lossbook_core::statement::Action;

use super::http::{Got, send, served};
use super::{VILLAGE, World, report};
use crate::account::{IDLE_MS, SESSION_MS};
use crate::meta::{OfficeUser, in_tx};
use crate::role::{OfficeRole, Right};

/// Somebody signed in, as a browser remembers it.
pub(super) struct Visitor {
    addr: SocketAddr,
    cookie: String,
    csrf: String,
}

impl Visitor {
    pub(super) fn get(&self, path: &str) -> Got {
        send(
            self.addr,
            &format!("GET {path}"),
            &[("Cookie", &self.cookie)],
            b"",
        )
    }

    pub(super) fn page(&self, path: &str) -> String {
        String::from_utf8(self.get(path).body).unwrap()
    }

    pub(super) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend(fields);
        let headers = [
            ("Cookie", self.cookie.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        send(
            self.addr,
            &format!("POST {path}"),
            &headers,
            form(&all).as_bytes(),
        )
    }

    /// The heads that a case page carries in its forms.
    fn heads(&self, number: &str) -> Vec<String> {
        let page = self.page(&format!("/console/case/{number}"));
        let mut heads: Vec<String> = values(&page, "name=\"head\" value=\"");
        heads.sort();
        heads.dedup();
        heads
    }

    pub(super) fn decide(&self, number: &str, fields: &[(&str, &str)]) -> Got {
        let heads = self.heads(number);
        let mut all: Vec<(&str, &str)> = heads.iter().map(|head| ("head", head.as_str())).collect();
        all.extend(fields);
        self.post(&format!("/console/case/{number}/decide"), &all)
    }
}

fn values(page: &str, before: &str) -> Vec<String> {
    let parts = page.split(before).skip(1);
    parts
        .map(|part| part.split('"').next().unwrap().to_owned())
        .collect()
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        text.append_pair(name, value);
    }
    text.finish()
}

pub(super) fn text(got: &Got) -> String {
    String::from_utf8(got.body.clone()).unwrap()
}

/// An office user with one role and a password.
pub(super) fn person(world: &World, name: &str, role: OfficeRole) -> String {
    world.hub.add_user(name).unwrap();
    world
        .hub
        .set_roles(name, (&[role.word().to_owned()], &[]))
        .unwrap();
    world.hub.make_password(name).unwrap()
}

fn knock(addr: SocketAddr, name: &str, password: &str) -> Got {
    let body = form(&[("name", name), ("password", password)]);
    send(addr, "POST /console/sign-in", &[], body.as_bytes())
}

pub(super) fn visitor(addr: SocketAddr, name: &str, password: &str) -> Visitor {
    let got = knock(addr, name, password);
    assert_eq!(got.status, 303, "{}", text(&got));
    let cookie = got.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let mut visitor = Visitor {
        addr,
        cookie,
        csrf: String::new(),
    };
    let people = visitor.page("/console/people");
    visitor.csrf = values(&people, "name=\"csrf\" value=\"").remove(0);
    visitor
}

pub(super) fn case_of(world: &World, phone: &Device) -> String {
    let id = report(phone);
    world.sync(phone);
    let id = id.parse::<lossbook_core::domain::CaseId>().unwrap();
    id.number().to_string()
}

const PAGES: [(&str, Right); 21] = [
    ("/console/queue/new", Right::ReadCases),
    ("/console/queue/clocks", Right::ReadCases),
    ("/console/queue/review:finance", Right::ReadCases),
    ("/console/search?q=%E4%B8%80%E6%9D%91", Right::ReadCases),
    ("/console/map", Right::ReadCases),
    ("/console/map/cases?within=0,0,90,180", Right::ReadCases),
    ("/console/board", Right::ReadCases),
    ("/console/kpi", Right::ReadCases),
    ("/console/kpi/arrival/denominator", Right::ReadCases),
    ("/console/table/report_register", Right::ReadCases),
    ("/console/table/timeliness", Right::ReadCases),
    ("/console/tables", Right::ReadCases),
    ("/console/table/complaints", Right::ReadCases),
    ("/console/table/rectification/new", Right::Rectify),
    ("/console/no-survey", Right::ReadCases),
    ("/console/staff", Right::ReadStaff),
    ("/console/table/qualifications", Right::ReadStaff),
    ("/console/table/qualifications/new", Right::KeepStaff),
    ("/console/table/contract_closings/new", Right::CloseContract),
    ("/console/people", Right::Enrol),
    ("/console/audit", Right::ReadAudit),
];

const ACTIONS: [Action; 8] = [
    Action::Assign,
    Action::Return,
    Action::Approve,
    Action::Deny,
    Action::Pay,
    Action::Close,
    Action::Reopen,
    Action::Supplement,
];

#[test]
fn every_role_gets_its_pages_and_actions_and_no_other() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let number = case_of(&world, &phone);
    let case = format!("/console/case/{number}");
    for role in OfficeRole::ALL {
        let password = person(&world, role.word(), role);
        let visitor = visitor(serving.addr, role.word(), &password);
        for (path, right) in PAGES.iter().chain([&(case.as_str(), Right::ReadCases)]) {
            let wanted = if role.has(*right) { 200 } else { 403 };
            assert_eq!(visitor.get(path).status, wanted, "{role} {path}");
        }
        for action in ACTIONS {
            let fields = [
                ("action", action.word()),
                ("surveyor", "a"),
                ("head", &"00".repeat(32)),
            ];
            let got = visitor.post(&format!("{case}/decide"), &fields);
            let is_refused = text(&got).contains("NOT_YOUR_ROLE");
            assert_eq!(is_refused, !role.may_decide(action), "{role} {action}");
            // Whoever may is stopped by the heads, so that no decision changes the next answer.
            assert!(
                got.status == 403 || got.status == 409,
                "{role} {action} {}",
                got.status
            );
        }
        let reveal = [("path", "report.phone"), ("reason", "核对联系方式")];
        let got = visitor.post(&format!("{case}/reveal"), &reveal);
        assert_eq!(got.status == 403, !role.has(Right::Reveal), "{role} reveal");
        let told = [("what", "nothing_known"), ("channel", "电话")];
        let got = visitor.post(&format!("{case}/tell"), &told);
        assert_eq!(got.status == 403, !role.has(Right::Tell), "{role} tell");
        let draft = visitor.post(&format!("{case}/draft"), &[("draft", "x")]);
        assert_eq!(
            draft.status == 403,
            !role.has(Right::ReadCases),
            "{role} draft"
        );
        let people = [("name", "新人"), ("role", "auditor"), ("do", "save")];
        let got = visitor.post("/console/people", &people);
        assert_eq!(
            got.status == 403,
            !role.has(Right::ManagePeople),
            "{role} people"
        );
        let wish = [("user", "乙"), ("role", "liaison"), ("scope", VILLAGE)];
        let got = visitor.post("/console/people/enrol", &wish);
        assert_eq!(got.status == 403, !role.has(Right::Enrol), "{role} enrol");
    }
    let decided = crate::office::case(world.hub.store(), &number, world.hub.now().wall).unwrap();
    assert!(decided.decisions.is_empty());
}

#[test]
fn nobody_gets_a_page_without_a_session() {
    let world = World::new();
    let serving = served(&world);
    for path in [
        "/console",
        "/console/queue/new",
        "/console/case/x",
        "/console/audit",
        "/console/people",
    ] {
        let got = send(serving.addr, &format!("GET {path}"), &[], b"");
        assert_eq!(
            (got.status, got.header("location")),
            (303, Some("/console/sign-in")),
            "{path}"
        );
    }
    let photo = format!("GET /console/photo/{}/{}", "00".repeat(16), "00".repeat(32));
    assert_eq!(send(serving.addr, &photo, &[], b"").status, 401);
    assert_eq!(
        send(serving.addr, "GET /console/map/cases", &[], b"").status,
        401
    );
    let post = send(
        serving.addr,
        "POST /console/case/x/decide",
        &[],
        b"action=approve",
    );
    assert_eq!(post.status, 303);
}

#[test]
fn a_session_ends_unused_after_half_an_hour_and_used_after_a_working_day() {
    let world = World::new();
    let serving = served(&world);
    let password = person(&world, "李审核", OfficeRole::Reviewer);
    let idle = visitor(serving.addr, "李审核", &password);
    world.host.pass(IDLE_MS - 1);
    assert_eq!(idle.get("/console").status, 200);
    world.host.pass(IDLE_MS);
    assert_eq!(idle.get("/console").status, 303);
    let busy = visitor(serving.addr, "李审核", &password);
    let mut passed = 0;
    while passed + IDLE_MS / 2 < SESSION_MS {
        world.host.pass(IDLE_MS / 2);
        passed += IDLE_MS / 2;
        assert_eq!(busy.get("/console").status, 200);
    }
    world.host.pass(IDLE_MS / 2);
    assert_eq!(busy.get("/console").status, 303);
}

#[test]
fn signing_out_a_new_password_and_the_end_of_an_account_each_end_a_session() {
    let world = World::new();
    let serving = served(&world);
    let password = person(&world, "李审核", OfficeRole::Reviewer);
    let first = visitor(serving.addr, "李审核", &password);
    assert_eq!(first.post("/console/sign-out", &[]).status, 303);
    assert_eq!(first.get("/console").status, 303);
    let second = visitor(serving.addr, "李审核", &password);
    let newer = world.hub.make_password("李审核").unwrap();
    assert_eq!(second.get("/console").status, 303);
    let third = visitor(serving.addr, "李审核", &newer);
    let ended = OfficeUser {
        ended: true,
        ..OfficeUser::reviewer("李审核", world.hub.now().wall)
    };
    in_tx(world.hub.store(), |tx| tx.set_office_user(&ended)).unwrap();
    assert_eq!(third.get("/console").status, 303);
    assert_eq!(knock(serving.addr, "李审核", &newer).status, 401);
}

#[test]
fn a_form_of_another_site_or_session_changes_nothing() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let number = case_of(&world, &phone);
    let path = format!("/console/case/{number}/decide");
    let password = person(&world, "李审核", OfficeRole::Reviewer);
    let mine = visitor(serving.addr, "李审核", &password);
    let other = visitor(serving.addr, "李审核", &password);
    let heads = mine.heads(&number);
    let deny = |csrf: &str, site: &str| {
        let mut fields = vec![
            ("csrf", csrf),
            ("action", "deny"),
            ("reason", "不属保险责任"),
        ];
        fields.extend(heads.iter().map(|head| ("head", head.as_str())));
        let headers = [("Cookie", mine.cookie.as_str()), ("Sec-Fetch-Site", site)];
        send(
            serving.addr,
            &format!("POST {path}"),
            &headers,
            form(&fields).as_bytes(),
        )
    };
    for (csrf, site) in [
        ("", "same-origin"),
        (other.csrf.as_str(), "same-origin"),
        (mine.csrf.as_str(), "cross-site"),
    ] {
        let got = deny(csrf, site);
        assert_eq!(got.status, 403);
        assert!(text(&got).contains("FORM_FOREIGN"));
    }
    assert_eq!(deny(&mine.csrf, "same-origin").status, 303);
}

#[test]
fn many_wrong_passwords_are_slowed_down_and_a_wrong_name_sounds_the_same() {
    let world = World::new();
    let serving = served(&world);
    let password = person(&world, "李审核", OfficeRole::Reviewer);
    let unknown = knock(serving.addr, "无此人", "guess-guess-guess");
    for _ in 0..6 {
        let wrong = knock(serving.addr, "李审核", "guess-guess-guess");
        assert_eq!((wrong.status, text(&wrong)), (401, text(&unknown)));
    }
    let locked = knock(serving.addr, "李审核", &password);
    assert_eq!(locked.status, 429);
    assert!(locked.header("retry-after").is_some());
    world.host.pass(31_000);
    assert_eq!(knock(serving.addr, "李审核", &password).status, 303);
}

#[test]
fn what_is_personal_is_masked_until_somebody_writes_why_and_that_is_kept() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let id = report(&phone);
    phone.set_field(&id, "report.phone", "13900001234").unwrap();
    let party = [
        ("name", "赵甲"),
        ("role", "payee"),
        ("id_no", "999999197001010011"),
        ("account", "6222000012345678"),
    ];
    let party = party.map(|(name, value)| (name.to_owned(), value.to_owned()));
    phone.add_row(&id, Section::Parties, &party).unwrap();
    world.sync(&phone);
    let password = person(&world, "理赔丙", OfficeRole::ClaimsSpecialist);
    let visitor = visitor(serving.addr, "理赔丙", &password);
    let case = format!("/console/case/{id}");
    let page = visitor.page(&case);
    for secret in ["13900001234", "999999197001010011", "6222000012345678"] {
        assert!(!page.contains(secret), "{secret}");
    }
    let without = visitor.post(
        &format!("{case}/reveal"),
        &[("path", "report.phone"), ("reason", "")],
    );
    assert_eq!(without.status, 400);
    let shown = visitor.post(
        &format!("{case}/reveal"),
        &[("path", "report.phone"), ("reason", "电话核实案情")],
    );
    assert!(text(&shown).contains("13900001234"));
    let other = visitor.post(
        &format!("{case}/reveal"),
        &[("path", "report.cause"), ("reason", "电话核实案情")],
    );
    assert_eq!(other.status, 404);
    let audit = in_tx(world.hub.store(), |tx| tx.audit(None, 10)).unwrap();
    let kept: Vec<&str> = audit
        .iter()
        .filter(|row| row.deed == "reveal")
        .map(|row| row.detail.as_str())
        .collect();
    assert_eq!(kept, ["report.phone: 电话核实案情"]);
}

#[test]
fn a_refusal_reads_the_same_on_the_page_and_in_json_and_changes_nothing() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("理赔丙", 1);
    let number = case_of(&world, &phone);
    let password = person(&world, "理赔丙", OfficeRole::Reviewer);
    let token = world.hub.add_user("理赔丙").unwrap();
    let visitor = visitor(serving.addr, "理赔丙", &password);
    let json = |body: &str| {
        let bearer = format!("Bearer {token}");
        let got = send(
            serving.addr,
            &format!("POST /v1/office/cases/{number}/decide"),
            &[("Authorization", &bearer)],
            body.as_bytes(),
        );
        let value: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
        (
            got.status,
            value["code"].as_str().unwrap().to_owned(),
            value["detail"].as_str().unwrap().to_owned(),
        )
    };
    let (status, code, detail) = json(r#"{"action":"approve"}"#);
    assert_eq!((status, code.as_str()), (409, "UNSIGNED"));
    assert!(
        detail.contains("参与了本案") && detail.contains("worked on this case"),
        "{detail}"
    );
    let page = visitor.decide(&number, &[("action", "approve")]);
    assert_eq!(page.status, 409);
    assert!(text(&page).contains("UNSIGNED") && text(&page).contains("参与了本案"));
    let old = visitor.heads(&number);
    phone.set_field(&number, "report.cause", "冰雹").unwrap();
    world.sync(&phone);
    let fields: Vec<(&str, &str)> = old
        .iter()
        .map(|head| ("head", head.as_str()))
        .chain([("action", "deny"), ("reason", "不属责任")])
        .collect();
    let stale = visitor.post(&format!("/console/case/{number}/decide"), &fields);
    assert_eq!(stale.status, 409);
    assert!(text(&stale).contains("STALE"));
    let by_json = serde_json::json!({"action": "deny", "reason": "不属责任", "heads": old});
    assert_eq!(json(&by_json.to_string()).1, "STALE");
    let now = crate::office::case(world.hub.store(), &number, world.hub.now().wall).unwrap();
    assert!(now.decisions.is_empty() && now.summary.status == "open");
}

#[test]
fn a_draft_is_seen_by_its_writer_only_and_goes_with_the_decision() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let number = case_of(&world, &phone);
    let first = person(&world, "甲", OfficeRole::Reviewer);
    let second = person(&world, "乙", OfficeRole::Reviewer);
    let (first, second) = (
        visitor(serving.addr, "甲", &first),
        visitor(serving.addr, "乙", &second),
    );
    let case = format!("/console/case/{number}");
    first.post(&format!("{case}/draft"), &[("draft", "屋顶数量存疑")]);
    assert!(first.page(&case).contains("屋顶数量存疑"));
    assert!(!second.page(&case).contains("屋顶数量存疑"));
    first.decide(&number, &[("action", "deny"), ("reason", "不属保险责任")]);
    assert!(!first.page(&case).contains("屋顶数量存疑"));
}

#[test]
fn a_phone_is_let_in_by_two_persons() {
    let world = World::new();
    let serving = served(&world);
    let (first, second) = (
        person(&world, "安", OfficeRole::Admin),
        person(&world, "宁", OfficeRole::Admin),
    );
    let (first, second) = (
        visitor(serving.addr, "安", &first),
        visitor(serving.addr, "宁", &second),
    );
    let wish = [
        ("user", "联络员甲"),
        ("role", "liaison"),
        ("scope", VILLAGE),
    ];
    assert_eq!(first.post("/console/people/enrol", &wish).status, 200);
    let id = values(&second.page("/console/people"), "name=\"wish\" value=\"").remove(0);
    let alone = first.post("/console/people/enrol", &[("wish", &id)]);
    assert!(alone.status == 409 && text(&alone).contains("SECOND_PERSON"));
    let both = second.post("/console/people/enrol", &[("wish", &id)]);
    assert!(
        both.status == 200 && text(&both).contains("lossbook"),
        "{}",
        text(&both)
    );
}

#[test]
fn a_person_of_one_region_finds_nothing_of_another() {
    let world = World::new();
    let serving = served(&world);
    let phone = world.phone("a", 1);
    let number = case_of(&world, &phone);
    world.hub.add_scope("别处").unwrap();
    let password = person(&world, "区域", OfficeRole::RegionalManager);
    let role = ["regional_manager".to_owned()];
    world
        .hub
        .set_roles("区域", (&role, &["别处".to_owned()]))
        .unwrap();
    let visitor = visitor(serving.addr, "区域", &password);
    assert_eq!(visitor.get(&format!("/console/case/{number}")).status, 404);
    for path in [
        "/console",
        "/console/queue/new",
        "/console/search?q=%E4%B8%80%E6%9D%91",
        "/console/board",
    ] {
        assert!(!visitor.page(path).contains(&number), "{path}");
    }
}

#[test]
fn paths_that_lead_nowhere_say_nothing_about_the_machine() {
    let world = World::new();
    let serving = served(&world);
    let password = person(&world, "李审核", OfficeRole::Reviewer);
    let visitor = visitor(serving.addr, "李审核", &password);
    for path in [
        "/console/assets/..%2f..%2fstore.db",
        "/console/assets/../../store.db",
        "/console/case/..%2f..%2fetc%2fpasswd",
        "/console/case/%27%20OR%201%3D1--",
        "/console/queue/../../hub",
        "/console/photo/..%2f..%2fhub/store.db",
    ] {
        let got = visitor.get(path);
        assert_eq!(got.status, 404, "{path}");
        let text = text(&got);
        for leak in [world.hub.dir().to_str().unwrap(), "SQL", "panicked", ".rs:"] {
            assert!(!text.contains(leak), "{path}: {leak}");
        }
    }
    let script = visitor.page("/console/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    assert!(!script.contains("<script>alert") && script.contains("&lt;script&gt;"));
}
