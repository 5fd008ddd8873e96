//! People who share a phone, the scopes it works in, and what is kept outside the record.

use std::fs::File;
use std::path::Path;

use lossbook_core::app::{Device, Outside};
use lossbook_core::domain::ScopeId;
use lossbook_core::store::{EndState, EndedScope};
use serde_json::{Value, json};

use super::args::UserCommand;
use super::show::Page;
use super::{Said, sync};
use crate::failure::Failure;

/// `device user`.
pub(super) fn run(
    device: &Device,
    command: &UserCommand,
    ca: Option<&Path>,
) -> Result<Said, Failure> {
    match command {
        UserCommand::Add { code } => sync::enrol_another(device, code, ca),
        UserCommand::Switch { name } => {
            device.sign_in(name)?;
            Ok(Said::new(
                json!({"user": name}),
                format!("signed in as {name}（已登录）"),
            ))
        }
        UserCommand::List => list(device),
    }
}

fn list(device: &Device) -> Result<Said, Failure> {
    let people = device.people()?;
    let mut text = Page::default();
    for one in &people {
        let roles: Vec<&str> = one.roles.iter().map(|role| role.word()).collect();
        text.line(format!(
            "{} {}  {}  {}",
            if one.is_signed_in { "*" } else { " " },
            one.user,
            roles.join(", "),
            one.scopes.join(", ")
        ));
    }
    let json: Vec<Value> = people
        .iter()
        .map(|one| {
            json!({
                "user": one.user, "scopes": one.scopes, "signed_in": one.is_signed_in,
                "roles": one.roles.iter().map(|role| role.word()).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(Said::new(json!({"users": json}), text.0))
}

/// `device scopes`.
pub(super) fn scopes(device: &Device, export: Option<&Path>) -> Result<Said, Failure> {
    let (scopes, ended) = (device.scopes()?, device.ended_scopes()?);
    let kept = device.kept()?;
    write(device, &kept, export)?;
    let mut text = Page::default();
    for (_, name) in &scopes {
        text.line(name);
    }
    for one in &ended {
        text.line(format!(
            "{} ended（已收回）: {} entries and {} photos of this phone are kept, which the hub has not received",
            one.scope, one.unsent, one.unsent_photos
        ));
    }
    let json = json!({
        "scopes": scopes.iter().map(scope_json).collect::<Vec<_>>(),
        "ended": ended.iter().map(ended_json).collect::<Vec<_>>(),
        "withdrawn": device.is_withdrawn()?, "export": export,
    });
    Ok(Said::new(json, text.0))
}

fn scope_json((id, name): &(ScopeId, String)) -> Value {
    json!({"scope": id.to_string(), "name": name})
}

pub(super) fn ended_json(one: &EndedScope) -> Value {
    let state = match one.state {
        EndState::Due => "due",
        EndState::Kept => "kept",
        EndState::GivenBack => "given_back",
    };
    json!({
        "scope": one.scope.to_string(), "mode": one.mode.word(), "state": state,
        "unsent": one.unsent, "unsent_photos": one.unsent_photos,
    })
}

/// `device quarantine`.
pub(super) fn quarantine(device: &Device, export: Option<&Path>) -> Result<Said, Failure> {
    let outside = device.outside()?;
    write(device, &outside, export)?;
    let mut text = Page::default();
    for one in &outside.envelopes {
        text.line(format!(
            "{} {:?} by {}: {}",
            one.state, one.header.kind, one.header.user, one.why
        ));
    }
    for one in &outside.photos {
        let digest = one.digest.to_hex();
        text.line(format!(
            "photo（照片） {}: {}",
            digest.get(..12).unwrap_or(&digest),
            one.why
        ));
    }
    if outside.envelopes.is_empty() && outside.photos.is_empty() {
        text.line("nothing is kept outside the record");
    }
    if let Some(path) = export {
        text.line(format!("written to（已导出到） {}", path.display()));
    }
    let envelopes: Vec<Value> = outside.envelopes.iter().map(|one| json!({
        "envelope": one.id.to_hex(), "state": one.state, "why": one.why, "user": one.header.user, "seq": one.header.seq,
        "device": one.header.device.to_string(), "kind": format!("{:?}", one.header.kind).to_lowercase(),
    })).collect();
    let photos: Vec<Value> = outside.photos.iter().map(|one| json!({
        "sha256": one.digest.to_hex(), "case": one.case.map(|case| case.number().to_string()), "why": one.why,
        "user": one.announced.as_ref().map(|(user, _)| user), "wall_ms": one.wall.0,
    })).collect();
    Ok(Said::new(
        json!({"outside": envelopes, "photos": photos, "export": export}),
        text.0,
    ))
}

fn write(device: &Device, outside: &Outside, export: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = export else {
        return Ok(());
    };
    let failed = |error: std::io::Error| {
        let text = format!("cannot be written（无法写入）: {error}; name a new file");
        Failure::input("unwritable", text).at(path)
    };
    let mut file = File::create_new(path).map_err(failed)?;
    device.write_outside(outside, &mut file).map_err(failed)?;
    file.sync_all().map_err(failed)
}
