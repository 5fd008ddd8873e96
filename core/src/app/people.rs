//! Several people on one phone. Each is vouched for by the hub under their own name, with roles
//! and scopes of their own; the device, its key and its streams are the same for all.
//!
//! Whoever is signed in sees the cases of their own scopes and nothing else, and what they write
//! bears their name. What another left unsent stays where it is, out of sight, and leaves with the
//! next exchange, whoever is signed in then.
//!
//! Refuses: to find out who holds the phone. The host's lock does that before it calls
//! [`Device::sign_in`].

use super::device::{Device, enrolled};
use super::error::AppError;
use crate::chain::{EnrolRequest, Invite, Ledger};
use crate::domain::{Role, ScopeId};
use crate::store::{Identity, Pinned, Tx};

/// A person whom the hub vouched for on this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonHere {
    /// The name.
    pub user: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Where, by name.
    pub scopes: Vec<String>,
    /// Whether they are signed in.
    pub is_signed_in: bool,
}

impl Device {
    /// What to send to `POST /v1/enrol` for another person of the same hub on this device. They are
    /// signed in once [`Device::complete_enrolment`] took the answer.
    ///
    /// # Errors
    /// [`AppError::NotEnrolled`]; [`AppError::OtherHub`] for a code of another hub.
    pub fn request_for_another(&self, invite: &Invite) -> Result<EnrolRequest, AppError> {
        let me = self.identity()?;
        let pinned = enrolled(&me)?;
        if pinned.hub_key.digest() != invite.hub_key {
            return Err(AppError::OtherHub);
        }
        Ok(EnrolRequest::make(invite, me.device, &me.key))
    }

    /// Everybody the hub vouched for here.
    ///
    /// # Errors
    /// As the store fails.
    pub fn people(&self) -> Result<Vec<PersonHere>, AppError> {
        self.store.transact(|tx| {
            let me = tx.identity()?;
            let names = tx.scopes()?;
            let signed_in = me.pinned.as_ref().map(|pinned| pinned.user.as_str());
            let people = tx.people_on(me.device)?.into_iter().map(|(user, person)| {
                let named = names.iter().filter(|(id, _)| person.scopes.contains(id));
                PersonHere {
                    is_signed_in: signed_in == Some(user.as_str()),
                    roles: person.roles,
                    scopes: named.map(|(_, name)| name.clone()).collect(),
                    user,
                }
            });
            Ok(people.collect())
        })
    }

    /// From now on this person works here. Nothing of anybody else is touched.
    ///
    /// # Errors
    /// [`AppError::UnknownPerson`].
    pub fn sign_in(&self, user: &str) -> Result<(), AppError> {
        self.store.transact(|tx| {
            let me = tx.identity()?;
            let pinned = enrolled(&me)?;
            let Some(certificate) = tx.person_row(me.device, user)? else {
                let known = tx.people_on(me.device)?.into_iter().map(|(user, _)| user);
                return Err(AppError::UnknownPerson {
                    name: user.to_owned(),
                    known: known.collect::<Vec<_>>().join(", "),
                });
            };
            tx.pin(&Pinned {
                user: user.to_owned(),
                certificate,
                ..pinned.clone()
            })?;
            Ok(())
        })?;
        self.renew_session();
        Ok(())
    }
}

/// What the signed-in person may do.
pub(super) fn roles(tx: &Tx<'_>, me: &Identity) -> Result<Vec<Role>, AppError> {
    let user = &enrolled(me)?.user;
    let person = tx.person(me.device, user)?.ok_or(AppError::NotEnrolled)?;
    Ok(person.roles)
}

/// The scopes of the signed-in person; none for anybody on a device that is withdrawn.
pub(super) fn visible(tx: &Tx<'_>) -> Result<Vec<ScopeId>, AppError> {
    let me = tx.identity()?;
    let Some(pinned) = &me.pinned else {
        return Ok(Vec::new());
    };
    let readable = tx.readable()?;
    let person = tx.person(me.device, &pinned.user)?;
    let mut scopes = person.map_or_else(Vec::new, |person| person.scopes);
    scopes.retain(|scope| readable.contains(scope));
    Ok(scopes)
}

/// The scopes of the signed-in person if others here have more; nothing if all that is here is
/// theirs to see.
pub(super) fn only_visible(tx: &Tx<'_>) -> Result<Option<Vec<ScopeId>>, AppError> {
    let visible = visible(tx)?;
    let all_here = tx.scopes()?;
    let sees_all = all_here.iter().all(|(scope, _)| visible.contains(scope));
    Ok((!sees_all).then_some(visible))
}
