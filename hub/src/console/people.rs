//! People and devices: what somebody of the office is, and phones let in by two persons.
//!
//! A phone that is enrolled reads the personal data of its scope: so one person asks for the code
//! and another confirms, and only the second sees it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use lossbook_core::domain::Digest;
use lossbook_core::store::StoreError;
use maud::{Markup, html};

use super::form::Form;
use super::frame::{self, Counts};
use super::{Next, Visit, act, page, word};
use crate::enrol::{NewInvite, check_name};
use crate::http::App;
use crate::meta::{AuditRow, InviteWish, MetaTx, OfficeUser, ScopeRow, in_tx, look};
use crate::office::check_right;
use crate::refusal::Refusal;
use crate::role::{OfficeRole, Right};

/// What was made and is shown this once.
enum Made {
    Nothing,
    Password(String, String),
    Code(String),
    Asked,
}

/// Everything on the page.
struct People {
    users: Vec<OfficeUser>,
    scopes: Vec<ScopeRow>,
    wishes: Vec<InviteWish>,
    counts: Counts,
}

impl People {
    fn read(tx: &dyn MetaTx, visit: &Visit<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            users: tx.office_users()?,
            scopes: tx.named_scopes()?,
            wishes: tx.wishes()?,
            counts: Counts::read(tx, visit)?,
        })
    }
}

/// `GET /console/people`.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    page(app, &headers, Right::Enrol, |visit| {
        shown(visit, &Made::Nothing)
    })
    .await
}

fn shown(visit: &Visit<'_>, made: &Made) -> Result<Markup, Refusal> {
    let people = look(visit.hub.store(), |tx| People::read(tx, visit))?;
    let title = visit.say("人员与设备", "People and devices");
    let body = html! {
        h1 { (title) }
        (news(visit, made))
        @if visit.session.user.has(Right::ManagePeople) {
            section { h2 { (visit.say("总部人员", "People of the office")) } (users(visit, &people)) }
            section { h2 { (visit.say("新增或变更人员", "Add or change somebody")) } (user_form(visit, &people.scopes)) }
        }
        section { h2 { (visit.say("手机注册：一人申请，另一人确认", "Enrolment: one person asks, another confirms")) } (wishes(visit, &people)) }
    };
    let here = (title, "/console/people");
    Ok(frame::page(visit, here, Some(&people.counts), &body))
}

fn news(visit: &Visit<'_>, made: &Made) -> Markup {
    match made {
        Made::Nothing => html! {},
        Made::Asked => {
            html! { p .done role="status" { (visit.say("已提交，等待另一人确认。", "Asked; another person must confirm.")) } }
        }
        Made::Password(name, password) => html! {
            p .done role="status" { (name) " · " (visit.say("密码只显示这一次：", "password, shown this once: ")) code { (password) } }
        },
        Made::Code(code) => html! {
            div .done role="status" { p { (visit.say("注册码只显示这一次：", "Enrolment code, shown this once:")) } code .code { (code) } }
        },
    }
}

fn users(visit: &Visit<'_>, people: &People) -> Markup {
    let scopes = |user: &OfficeUser| {
        let named = people
            .scopes
            .iter()
            .filter(|scope| user.scopes.contains(&scope.id));
        let names: Vec<&str> = named.map(|scope| scope.name.as_str()).collect();
        if names.is_empty() {
            visit.say("全部", "all").to_owned()
        } else {
            names.join("、")
        }
    };
    html! {
        table {
            thead { tr {
                th scope="col" { (visit.say("姓名", "Name")) }
                th scope="col" { (visit.say("角色", "Roles")) }
                th scope="col" { (visit.say("范围", "Scopes")) }
                th scope="col" .num { (visit.say("自", "Since")) }
                th scope="col" { (visit.say("状态", "State")) }
            } }
            tbody { @for user in &people.users { tr {
                td { (user.name) }
                td { (roles(visit, user)) }
                td .wide { (scopes(user)) }
                td .num { (word::time(user.since)) }
                td { @if user.ended { (visit.say("已停用", "ended")) } @else { (visit.say("在用", "active")) } }
            } } }
        }
    }
}

fn roles(visit: &Visit<'_>, user: &OfficeUser) -> String {
    let names = user.roles.iter().map(|role| word::role(visit, role.word()));
    names.collect::<Vec<_>>().join("、")
}

fn user_form(visit: &Visit<'_>, scopes: &[ScopeRow]) -> Markup {
    html! {
        form .stack method="post" action="/console/people" {
            (frame::hidden(visit))
            label { (visit.say("姓名", "Name")) input name="name" required maxlength="60"; }
            fieldset { legend { (visit.say("角色", "Roles")) }
                @for role in OfficeRole::ALL {
                    label .tick { input type="checkbox" name="role" value=(role.word()); (word::role(visit, role.word())) }
                }
            }
            fieldset { legend { (visit.say("范围（不选为全部）", "Scopes (none means all)")) }
                @for scope in scopes {
                    label .tick { input type="checkbox" name="scope" value=(scope.name); (scope.name) }
                }
            }
            div .row {
                button .primary name="do" value="save" { (visit.say("保存", "Save")) }
                button name="do" value="password" { (visit.say("保存并发新密码", "Save with a new password")) }
                button name="do" value="end" { (visit.say("停用", "End")) }
            }
        }
    }
}

fn wishes(visit: &Visit<'_>, people: &People) -> Markup {
    html! {
        @for wish in &people.wishes {
            form .row method="post" action="/console/people/enrol" {
                (frame::hidden(visit))
                input type="hidden" name="wish" value=(wish.id);
                span { (wish.user) " · " (wish.role) " · " (wish.scope) }
                span .quiet { (visit.say("申请人 ", "asked by ")) (wish.by) " " (word::time(wish.at)) }
                @if wish.by == visit.session.user.name {
                    span .quiet { (visit.say("等待另一人确认", "waits for another person")) }
                } @else {
                    button .primary { (visit.say("确认并显示注册码", "Confirm and show the code")) }
                }
            }
        }
        form .row method="post" action="/console/people/enrol" {
            (frame::hidden(visit))
            label { (visit.say("使用人", "Who")) input name="user" required maxlength="60"; }
            label { (visit.say("角色", "Role"))
                select name="role" {
                    option value="liaison" { (visit.say("村级联络员", "liaison")) }
                    option value="surveyor" { (visit.say("查勘员", "surveyor")) }
                    option value="auditor" { (visit.say("审计员", "auditor")) }
                }
            }
            label { (visit.say("范围", "Scope"))
                select name="scope" { @for scope in &people.scopes { option { (scope.name) } } }
            }
            button { (visit.say("申请注册码", "Ask for a code")) }
        }
    }
}

/// `POST /console/people`.
pub(super) async fn save(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    act(app, &headers, body, |visit, form| {
        check_right(&visit.session.user, Right::ManagePeople)?;
        let made = saved(visit, form)?;
        Ok(Next::Show(StatusCode::OK, shown(visit, &made)?))
    })
    .await
}

fn saved(visit: &Visit<'_>, form: &Form) -> Result<Made, Refusal> {
    let (hub, name) = (visit.hub, form.text("name"));
    check_name("user", name)?;
    let wish = form.text("do");
    let known = look(hub.store(), |tx| tx.account(name))?;
    let note = |detail: String| audit(visit, "people", detail);
    if let (Some(account), "end") = (&known, wish) {
        if name == visit.session.user.name {
            let detail = "不能停用自己 / nobody ends themselves";
            return Err(Refusal::new(409, "OWN_ACCOUNT", detail));
        }
        let user = OfficeUser {
            ended: true,
            ..account.user.clone()
        };
        in_tx(hub.store(), |tx| {
            tx.set_office_user(&user)?;
            tx.put_audit(&note(format!("{name}: ended")))
        })?;
        return Ok(Made::Nothing);
    }
    let (roles, scopes) = (form.all("role"), form.all("scope"));
    if roles.is_empty() {
        let detail = "至少选择一个角色 / choose a role";
        return Err(Refusal::new(400, "BAD_ROLE", detail));
    }
    if known.is_none() {
        // The token is for programs; whoever needs one is given it by the operator's command.
        let _unused_token = hub.add_user(name)?;
    }
    hub.set_roles(name, (&roles, &scopes))?;
    in_tx(hub.store(), |tx| {
        tx.put_audit(&note(format!("{name}: {}", roles.join(" "))))
    })?;
    if wish == "password" {
        return Ok(Made::Password(name.to_owned(), hub.make_password(name)?));
    }
    Ok(Made::Nothing)
}

fn audit(visit: &Visit<'_>, deed: &str, detail: String) -> AuditRow {
    AuditRow {
        at: visit.hub.now().wall,
        user: visit.session.user.name.clone(),
        deed: deed.to_owned(),
        case: None,
        detail,
    }
}

/// `POST /console/people/enrol`.
pub(super) async fn enrol(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    act(app, &headers, body, |visit, form| {
        check_right(&visit.session.user, Right::Enrol)?;
        let made = match form.text("wish") {
            "" => ask(visit, form)?,
            wish => confirm(visit, wish)?,
        };
        Ok(Next::Show(StatusCode::OK, shown(visit, &made)?))
    })
    .await
}

fn ask(visit: &Visit<'_>, form: &Form) -> Result<Made, Refusal> {
    let (role, scope, user) = (form.text("role"), form.text("scope"), form.text("user"));
    let _known: lossbook_core::domain::Role =
        role.parse()
            .map_err(|error: lossbook_core::domain::UnknownRole| {
                Refusal::new(400, "BAD_ROLE", error.to_string())
            })?;
    check_name("user", user)?;
    check_name("scope", scope)?;
    let mut random = [0; 32];
    visit.hub.host().fill_random(&mut random);
    let wish = InviteWish {
        id: Digest::of(&random),
        role: role.to_owned(),
        scope: scope.to_owned(),
        user: user.to_owned(),
        by: visit.session.user.name.clone(),
        at: visit.hub.now().wall,
    };
    in_tx(visit.hub.store(), |tx| {
        tx.put_wish(&wish)?;
        tx.put_audit(&audit(
            visit,
            "enrol_asked",
            format!("{user}: {role} {scope}"),
        ))
    })?;
    Ok(Made::Asked)
}

fn confirm(visit: &Visit<'_>, wish: &str) -> Result<Made, Refusal> {
    let unknown = || Refusal::new(404, "WISH_UNKNOWN", "没有这项申请 / nobody asked for this");
    let id: Digest = wish.parse().map_err(|_no_digest| unknown())?;
    let me = &visit.session.user.name;
    let wish = in_tx(visit.hub.store(), |tx| {
        let waits = tx
            .wishes()?
            .into_iter()
            .any(|one| one.id == id && one.by != *me);
        if waits { tx.take_wish(&id) } else { Ok(None) }
    })?;
    let Some(wish) = wish else {
        return Err(Refusal::new(
            409,
            "SECOND_PERSON",
            "须由另一人确认 / another person must confirm this",
        ));
    };
    let url = crate::admin::serving_at(visit.hub.dir()).ok_or_else(unknown)?;
    let role = wish.role.parse().map_err(|_unknown_role| unknown())?;
    let invite = visit.hub.invite(NewInvite {
        url,
        role,
        scope: wish.scope.clone(),
        user: wish.user.clone(),
    })?;
    let detail = format!("{}: {} {}, {}", wish.user, wish.role, wish.scope, wish.by);
    in_tx(visit.hub.store(), |tx| {
        tx.put_audit(&audit(visit, "enrol_confirmed", detail))
    })?;
    Ok(Made::Code(invite.to_string()))
}
