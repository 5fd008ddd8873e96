//! People of the office: an account of every role, and their decisions over the office's JSON.

use std::fmt::Write as _;

use lossbook_hub::Hub;
use lossbook_hub::admin::Command as Order;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::http::Client;
use crate::office::call;

/// Somebody who can sign in.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) password: String,
    pub(super) token: String,
}

/// Every role once, and a surveyor who reviews as well: not the own cases.
const PEOPLE: [(&str, &str, &str); 11] = [
    ("管理员 安", "admin", "管理员"),
    ("管理员 宁", "admin", "管理员"),
    ("调度 平", "dispatcher", "调度员"),
    ("查勘主管 康", "survey_supervisor", "查勘主管"),
    ("理赔专员 丙", "claims_specialist", "理赔专员"),
    ("审核主管 丁", "review_supervisor", "审核主管"),
    ("财务 戊", "finance", "财务"),
    ("审核 己", "reviewer", "审核人员"),
    ("审计 庚", "auditor", "审计员"),
    ("区域经理 辛", "regional_manager", "区域经理"),
    ("查勘员 粤一", "claims_specialist", "理赔专员"),
];

/// The manager of a region sees two villages only.
const REGION: [&str; 2] = ["示例县青石村", "示例县柳湾村"];

pub(super) fn accounts(hub: &Hub) -> Result<Vec<Account>, Failure> {
    let mut accounts = Vec::new();
    for (name, role, _) in PEOPLE {
        let scopes = if role == "regional_manager" {
            REGION.map(str::to_owned).to_vec()
        } else {
            Vec::new()
        };
        let made = hub.run(Order::AddUser {
            name: name.to_owned(),
            roles: vec![role.to_owned()],
            scopes,
            way_in: Some("console".to_owned()),
        })?;
        let text = |key: &str| {
            made.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        accounts.push(Account {
            name: name.to_owned(),
            role,
            password: text("password"),
            token: text("token"),
        });
    }
    Ok(accounts)
}

/// Name, role and password of everybody, for the one time it is shown.
pub(super) fn table(accounts: &[Account]) -> String {
    let mut text = "示例账号（只显示这一次） / sample accounts, shown this once\n".to_owned();
    for account in accounts {
        let named = PEOPLE.iter().find(|(name, ..)| *name == account.name);
        let zh = named.map_or("", |(_, _, zh)| zh);
        // Writing to a String cannot fail.
        let _infallible = writeln!(
            text,
            "  {}  {}  {} {}",
            account.password, account.name, zh, account.role
        );
    }
    text
}

/// One decision by whoever has this role; `false` if it was refused.
pub(super) fn decide(
    url: &str,
    accounts: &[Account],
    (role, case): (&str, &str),
    body: &Value,
) -> Result<bool, Failure> {
    let who = accounts.iter().find(|account| account.role == role);
    let token = who.map_or("", |account| account.token.as_str());
    let path = format!("/v1/office/cases/{case}/decide");
    match call(&Client::new(url, None)?, ("POST", &path, body), token) {
        Ok(_) => Ok(true),
        // A refusal is part of the event: somebody over their limit, somebody's own work.
        Err(failure) if failure.exit == 1 => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// The body of a decision with a reason.
pub(super) fn with_reason(action: &str, reason: &str) -> Value {
    json!({"action": action, "reason": reason})
}
