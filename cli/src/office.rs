//! `lossbook office`: a reviewer's client for the hub's JSON.
#![expect(
    clippy::indexing_slicing,
    reason = "a missing key of a JSON value reads as null"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::device::Said;
use crate::failure::Failure;
use crate::http::Client;

/// `lossbook office`.
#[derive(Debug, Args)]
pub struct OfficeArgs {
    /// The hub's address.
    #[arg(long)]
    pub hub: String,
    /// File with the token that `hub user add` printed.
    #[arg(long, value_name = "FILE")]
    pub token_file: PathBuf,
    /// PEM file of the authority that vouches for the hub's certificate.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What a reviewer does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List cases.
    Cases {
        /// Words to find.
        #[arg(long)]
        find: Option<String>,
    },
    /// Show one case.
    Show {
        /// Case number or id.
        case: String,
    },
    /// Decide a case.
    Decide {
        /// Case number or id.
        case: String,
        /// approve, return, deny, pay, close, reopen or assign.
        action: String,
        /// Which review round.
        #[arg(long, default_value_t = 1)]
        round: u8,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
        /// With return: a field to mend; may be repeated.
        #[arg(long = "field", value_name = "PATH")]
        fields: Vec<String>,
        /// A head of the case as it was looked at (show names them); may be repeated. If the case
        /// changed since, nothing is decided.
        #[arg(long = "head", value_name = "SHA256")]
        heads: Vec<String>,
    },
}

/// Runs one office command.
///
/// # Errors
/// Exit 1 when the hub says no with reasons, 2 for bad input, 4 without a way to the hub.
pub fn run(args: &OfficeArgs) -> Result<Said, Failure> {
    let token = std::fs::read_to_string(&args.token_file).map_err(|error| {
        Failure::input("no_token", format!("cannot be read ({error})")).at(&args.token_file)
    })?;
    let client = Client::new(&args.hub, args.ca.as_deref())?;
    let (method, path, body) = match &args.command {
        Command::Cases { find: None } => ("GET", "/v1/office/cases".to_owned(), Value::Null),
        Command::Cases { find: Some(text) } => (
            "GET",
            format!("/v1/office/cases?q={}", escape(text)),
            Value::Null,
        ),
        Command::Show { case } => (
            "GET",
            format!("/v1/office/cases/{}", escape(case)),
            Value::Null,
        ),
        Command::Decide {
            case,
            action,
            round,
            reason,
            fields,
            heads,
        } => {
            let heads = (!heads.is_empty()).then_some(heads);
            (
                "POST",
                format!("/v1/office/cases/{}/decide", escape(case)),
                json!({"action": action, "round": round, "reason": reason, "fields": fields, "heads": heads}),
            )
        }
    };
    let value = call(&client, (method, &path, &body), token.trim())?;
    let text = match &args.command {
        Command::Cases { .. } => case_lines(&value),
        Command::Show { .. } => format!("{value:#}"),
        Command::Decide { case, action, .. } => format!(
            "{action}: {case} is now {}",
            value["status"].as_str().unwrap_or("?")
        ),
    };
    Ok(Said::new(value, text))
}

fn case_lines(value: &Value) -> String {
    let cases = value["cases"].as_array().cloned().unwrap_or_default();
    if cases.is_empty() {
        return "no cases".to_owned();
    }
    let line = |case: &Value| {
        let text = |name: &str| case[name].as_str().unwrap_or("").to_owned();
        format!(
            "{}  {}  {}  {}/{}",
            text("number"),
            text("household"),
            text("cause"),
            text("status"),
            text("signature")
        )
    };
    cases.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// One call with a bearer token; the hub's refusal becomes one line.
///
/// # Errors
/// As [`run`].
pub fn call(
    client: &Client,
    (method, path, body): (&str, &str, &Value),
    token: &str,
) -> Result<Value, Failure> {
    let mut headers = vec![("Authorization".to_owned(), format!("Bearer {token}"))];
    let bytes = if body.is_null() {
        Vec::new()
    } else {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        body.to_string().into_bytes()
    };
    let answer = client
        .send(method, path, &headers, (bytes, Duration::from_secs(30)))
        .map_err(|why| {
            Failure::not_now(
                "no_network",
                format!("no answer from the hub ({why:?}): check that it runs"),
            )
        })?;
    let value: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    if (200..300).contains(&answer.status) {
        return Ok(value);
    }
    let code = value["code"].as_str().unwrap_or("REFUSED").to_owned();
    let message = value["detail"].as_str().map_or_else(
        || format!("the hub answered {}", answer.status),
        ToOwned::to_owned,
    );
    Err(match answer.status {
        409 | 422 => Failure::no(&code, format!("{code}: {message}")),
        400 | 404 => Failure::input(&code, format!("{code}: {message}")),
        _ => Failure::not_now(&code, format!("{code}: {message}")),
    })
}

/// Percent-encodes what a path or query may not hold.
fn escape(text: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
