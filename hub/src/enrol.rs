//! Lets devices in: invitations, and the one contact that turns an invitation into a certificate.
//!
//! `hub invite` makes one line of text for one person; the phone sends its keys with the secret in
//! it to `POST /v1/enrol`; the answer goes back, and the certificate goes into the feeds.
//!
//! Invariants: the secret is kept as its digest only, works once and for 72 hours; the same
//! request of the same device gets the same answer again, because answers get lost on bad links;
//! the certificate enters the hub's stream of every scope it opens, in the same transaction, so
//! nobody is let in unseen; a device id that is known stays with its key.
//!
//! Refuses: to trust what the phone shows of the invitation; role, scope and name come from here.

use lossbook_core::app::table;
use lossbook_core::chain::{
    AclBody, Certificate, EnrolAnswer, EnrolRequest, Invite, InviteSecret, ScopeName,
    SignedCertificate,
};
use lossbook_core::domain::{Digest, Host, Reading, Role, ScopeId, WallMs, cbor};
use lossbook_core::store::StoreError;

use crate::meta::{Identity, InviteRow, InviteUse, MetaStore, MetaTx, ScopeRow, in_tx};
use crate::refusal::Refusal;
use crate::rights;

/// How long an invitation is good for.
pub const INVITE_MS: i64 = 72 * 60 * 60 * 1_000;
/// How long a certificate is good for.
pub(crate) const CERTIFICATE_MS: i64 = 365 * 24 * 60 * 60 * 1_000;
/// Longest name of a person or a scope in bytes, as the gate has it for `user`.
const MAX_NAME_BYTES: usize = 128;

/// Who is invited, where to, and to do what.
#[derive(Debug, Clone)]
pub struct NewInvite {
    /// Where the hub listens, as the phone reaches it.
    pub url: String,
    /// The role.
    pub role: Role,
    /// Name of the scope; it is made if it is new.
    pub scope: String,
    /// Who the person is.
    pub user: String,
}

/// Makes an invitation.
///
/// # Errors
/// `BAD_NAME` for a name that is empty, too long or has control characters in it,
/// `SCOPE_UNKNOWN` for a scope that was not made; else as the store fails.
pub fn invite(
    store: &dyn MetaStore,
    hub: &Identity,
    new: NewInvite,
    host: &dyn Host,
) -> Result<Invite, Refusal> {
    let NewInvite {
        url,
        role,
        scope,
        user,
    } = new;
    check_name("scope", &scope)?;
    check_name("user", &user)?;
    let secret = InviteSecret::make(host);
    in_tx(store, |tx| {
        let Some(known) = tx.named_scopes()?.into_iter().find(|row| row.name == scope) else {
            return Ok(Err(unknown_scope(&scope)));
        };
        tx.put_invite(&InviteRow {
            secret: secret.digest(),
            role,
            scope: known.id,
            user: user.clone(),
            expires: WallMs(host.now().wall.0.saturating_add(INVITE_MS)),
            used: None,
        })?;
        Ok(Ok(()))
    })??;
    Ok(Invite {
        url,
        hub_key: hub.own.key.public().digest(),
        secret,
        role,
        scope,
        user,
    })
}

fn unknown_scope(name: &str) -> Refusal {
    Refusal::new(
        404,
        "SCOPE_UNKNOWN",
        format!("there is no scope {name:?}: make it first (hub scope {name})"),
    )
}

/// The scope of that name; a new one if there is none.
///
/// # Errors
/// As the store fails.
pub fn scope_named(tx: &dyn MetaTx, name: &str, host: &dyn Host) -> Result<ScopeId, StoreError> {
    let known = tx.named_scopes()?.into_iter().find(|row| row.name == name);
    if let Some(row) = known {
        return Ok(row.id);
    }
    let id = ScopeId::make_random(host);
    tx.add_scope(&ScopeRow {
        id,
        name: name.to_owned(),
    })?;
    // Devices that get the scope later learn its name with its tables.
    tx.put_row(id, (table::SCOPE, "name"), Some(name.as_bytes()))?;
    Ok(id)
}

/// Whether a name can stand in certificates and on screens.
///
/// # Errors
/// `BAD_NAME`.
pub fn check_name(what: &str, name: &str) -> Result<(), Refusal> {
    let fits = !name.trim().is_empty()
        && name.len() <= MAX_NAME_BYTES
        && !name.chars().any(char::is_control);
    if fits {
        Ok(())
    } else {
        Err(Refusal::new(
            400,
            "BAD_NAME",
            format!("the {what} needs a name of 1 to {MAX_NAME_BYTES} bytes in one line"),
        ))
    }
}

/// Answers `POST /v1/enrol`.
///
/// # Errors
/// `MALFORMED`, `BAD_SIGNATURE`, `INVITE_UNKNOWN`, `INVITE_USED`, `INVITE_EXPIRED`,
/// `DEVICE_KNOWN`, `DEVICE_REVOKED`; else as the store fails.
pub fn enrol(
    store: &dyn MetaStore,
    hub: &Identity,
    request: &[u8],
    now: Reading,
) -> Result<Vec<u8>, Refusal> {
    let asked = Digest::of(request);
    let request: EnrolRequest =
        cbor::decode(request).map_err(|error| Refusal::new(400, "MALFORMED", error.to_string()))?;
    if !request.is_signed() {
        return Err(Refusal::new(
            400,
            "BAD_SIGNATURE",
            "the request is not signed by the key it names",
        ));
    }
    in_tx(store, |tx| {
        let invite = match admit(tx, &request, &asked, now.wall)? {
            Ok(Admitted::Again(answer)) => return Ok(Ok(answer)),
            Ok(Admitted::First(invite)) => invite,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let answer = certify(tx, hub, &request, (&invite, now))?;
        let used = InviteUse {
            device: request.device,
            request: asked,
            answer: answer.clone(),
        };
        tx.use_invite(&invite.secret, &used)?;
        tracing::info!(device = %request.device, "enrolled");
        Ok(Ok(answer))
    })?
}

enum Admitted {
    First(InviteRow),
    Again(Vec<u8>),
}

/// Decides whether the request may have a certificate.
fn admit(
    tx: &dyn MetaTx,
    request: &EnrolRequest,
    asked: &Digest,
    now: WallMs,
) -> Result<Result<Admitted, Refusal>, StoreError> {
    let no = |status, code, detail| Ok(Err(Refusal::new(status, code, detail)));
    let Some(invite) = tx.invite(&request.secret.digest())? else {
        return no(
            404,
            "INVITE_UNKNOWN",
            "no such enrolment code at this hub: ask head office for a new one",
        );
    };
    if let Some(used) = invite.used {
        return if used.device == request.device && used.request == *asked {
            Ok(Ok(Admitted::Again(used.answer)))
        } else {
            no(
                409,
                "INVITE_USED",
                "the enrolment code was used by another device: ask head office for a new one",
            )
        };
    }
    if invite.expires <= now {
        return no(
            410,
            "INVITE_EXPIRED",
            "the enrolment code is older than 72 hours: ask head office for a new one",
        );
    }
    match tx.author(request.device)? {
        Some(author) if author.key != request.key => no(
            409,
            "DEVICE_KNOWN",
            "a device with this id is enrolled with another key",
        ),
        Some(author) if author.revoked => no(
            403,
            "DEVICE_REVOKED",
            "this device was withdrawn by head office",
        ),
        Some(_) | None => Ok(Ok(Admitted::First(invite))),
    }
}

/// Signs the certificate, puts it into the feeds and makes the answer.
fn certify(
    tx: &dyn MetaTx,
    hub: &Identity,
    request: &EnrolRequest,
    (invite, now): (&InviteRow, Reading),
) -> Result<Vec<u8>, StoreError> {
    // Each person on a device has a certificate of their own.
    let known = tx.people(request.device)?.into_iter();
    let held = known
        .filter(|(user, _)| *user == invite.user)
        .map(|(_, person)| person)
        .next();
    let (mut scopes, mut roles) =
        held.map_or_else(Default::default, |person| (person.scopes, person.roles));
    if !scopes.contains(&invite.scope) {
        scopes.push(invite.scope);
    }
    if !roles.contains(&invite.role) {
        roles.push(invite.role);
    }
    let certificate = Certificate {
        device: request.device,
        key: request.key,
        recipient: request.recipient,
        user: invite.user.clone(),
        roles,
        scopes: scopes.clone(),
        not_after: WallMs(now.wall.0.saturating_add(CERTIFICATE_MS)),
        hub: hub.device(),
    };
    let signed = SignedCertificate::make(&certificate, &hub.own.key);
    let private = ScopeId::private_of(request.device);
    tx.add_scope(&ScopeRow {
        id: private,
        name: String::new(),
    })?;
    let body = AclBody::new(signed.clone(), tx.words(request.device)? + 1);
    for scope in [private].iter().chain(&scopes) {
        rights::append(tx, hub, (*scope, request.device, &body), now)?;
    }
    let names = tx.named_scopes()?;
    let scopes = names
        .into_iter()
        .filter(|row| scopes.contains(&row.id))
        .map(|row| ScopeName {
            id: row.id,
            name: row.name,
        });
    Ok(cbor::encode(&EnrolAnswer {
        hub_key: hub.own.key.public(),
        hub: hub.device(),
        certificate: signed,
        scopes: scopes.collect(),
        hub_time: now.wall,
    }))
}
