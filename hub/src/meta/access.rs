//! Who the hub is, who may come in, and with which secrets; secrets only as digests.

use lossbook_core::chain::StreamId;
use lossbook_core::domain::{DeviceId, Digest, Epoch, Host, Role, ScopeId, WallMs};
use lossbook_core::statement::Action;
use lossbook_core::store::{self, StoreError};
use zeroize::Zeroizing;

use crate::role::{OfficeRole, Right};

/// The hub as a writer, and what keeps its cursors honest.
pub struct Identity {
    /// Its id and keys, as every store has them.
    pub own: store::Identity,
    /// The epoch of its streams.
    pub epoch: Epoch,
    /// Changes when feeds are rebuilt; cursors of another feed epoch are reset.
    pub feed_epoch: Epoch,
    /// Authenticates cursors and nonces.
    pub mac_key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.own.device)
    }
}

impl Identity {
    /// The hub's id as a writer.
    pub const fn device(&self) -> DeviceId {
        self.own.device
    }

    /// The hub's stream of a scope.
    pub const fn stream(&self, scope: ScopeId) -> StreamId {
        StreamId {
            scope,
            device: self.own.device,
            epoch: self.epoch,
        }
    }
}

/// A scope that people named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRow {
    /// Its id.
    pub id: ScopeId,
    /// Its name; empty for a device's private scope.
    pub name: String,
}

/// What an invitation promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteRow {
    /// Digest of its secret.
    pub secret: Digest,
    /// The role to be given.
    pub role: Role,
    /// Where.
    pub scope: ScopeId,
    /// To whom.
    pub user: String,
    /// Until when it can be used.
    pub expires: WallMs,
    /// Who used it.
    pub used: Option<InviteUse>,
}

/// How an invitation was used: the same request gets the same answer again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteUse {
    /// By which device.
    pub device: DeviceId,
    /// Digest of its request.
    pub request: Digest,
    /// The answer, as sent.
    pub answer: Vec<u8>,
}

/// A person of the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeUser {
    /// The name under which decisions are signed.
    pub name: String,
    /// Since when.
    pub since: WallMs,
    /// What they are.
    pub roles: Vec<OfficeRole>,
    /// The scopes they see; all, if none is named.
    pub scopes: Vec<ScopeId>,
    /// Whether they may no longer come in.
    pub ended: bool,
}

impl OfficeUser {
    /// A reviewer of all scopes: what a person is whom nobody gave another role.
    pub fn reviewer(name: &str, since: WallMs) -> Self {
        Self {
            name: name.to_owned(),
            since,
            roles: vec![OfficeRole::Reviewer],
            scopes: Vec::new(),
            ended: false,
        }
    }

    /// Whether they see cases of a scope.
    pub fn sees(&self, scope: ScopeId) -> bool {
        self.scopes.is_empty() || self.scopes.contains(&scope)
    }

    /// Whether one of their roles has a right.
    pub fn has(&self, right: Right) -> bool {
        self.roles.iter().any(|role| role.has(right))
    }

    /// Whether one of their roles may take a decision.
    pub fn may_decide(&self, action: Action) -> bool {
        self.roles.iter().any(|role| role.may_decide(action))
    }
}

/// Rows of identity and access.
pub trait Access {
    /// Mints the hub's identity and makes its key a known writer; once in the store's life.
    ///
    /// # Errors
    /// As the store fails.
    fn make_hub(&self, host: &dyn Host) -> Result<Identity, StoreError>;
    /// The hub's own identity.
    ///
    /// # Errors
    /// As the store fails, and if there is none.
    fn hub(&self) -> Result<Identity, StoreError>;

    /// All named scopes.
    ///
    /// # Errors
    /// As the store fails.
    fn named_scopes(&self) -> Result<Vec<ScopeRow>, StoreError>;
    /// One scope, named or private.
    ///
    /// # Errors
    /// As the store fails.
    fn scope_row(&self, id: ScopeId) -> Result<Option<ScopeRow>, StoreError>;
    /// Adds a scope; one that exists stays as it is.
    ///
    /// # Errors
    /// As the store fails.
    fn add_scope(&self, scope: &ScopeRow) -> Result<(), StoreError>;

    /// Adds an invitation.
    ///
    /// # Errors
    /// As the store fails.
    fn put_invite(&self, invite: &InviteRow) -> Result<(), StoreError>;
    /// An invitation by the digest of its secret.
    ///
    /// # Errors
    /// As the store fails.
    fn invite(&self, secret: &Digest) -> Result<Option<InviteRow>, StoreError>;
    /// Marks an invitation as used.
    ///
    /// # Errors
    /// As the store fails.
    fn use_invite(&self, secret: &Digest, used: &InviteUse) -> Result<(), StoreError>;
    /// How many invitations can still be used.
    ///
    /// # Errors
    /// As the store fails.
    fn open_invites(&self, now: WallMs) -> Result<u64, StoreError>;

    /// Adds an office user, or gives one a new token.
    ///
    /// # Errors
    /// As the store fails.
    fn put_office_user(&self, user: &OfficeUser, token: &Digest) -> Result<(), StoreError>;
    /// Whose token this is.
    ///
    /// # Errors
    /// As the store fails.
    fn office_user(&self, token: &Digest) -> Result<Option<OfficeUser>, StoreError>;
    /// All office users.
    ///
    /// # Errors
    /// As the store fails.
    fn office_users(&self) -> Result<Vec<OfficeUser>, StoreError>;

    /// Remembers that a nonce was used; `false` if it was used before.
    ///
    /// # Errors
    /// As the store fails.
    fn use_nonce(&self, nonce: &Digest, expires: WallMs) -> Result<bool, StoreError>;
    /// Adds a device's token.
    ///
    /// # Errors
    /// As the store fails.
    fn put_token(
        &self,
        token: &Digest,
        device: DeviceId,
        expires: WallMs,
    ) -> Result<(), StoreError>;
    /// Whose token this is, and until when.
    ///
    /// # Errors
    /// As the store fails.
    fn token(&self, token: &Digest) -> Result<Option<(DeviceId, WallMs)>, StoreError>;
    /// Forgets nonces, tokens, links and sessions that have run out.
    ///
    /// # Errors
    /// As the store fails.
    fn forget_expired(&self, now: WallMs) -> Result<(), StoreError>;

    /// Adds a one-time link to the page.
    ///
    /// # Errors
    /// As the store fails.
    fn put_page_link(&self, link: &Digest, expires: WallMs) -> Result<(), StoreError>;
    /// Uses a link up; `false` if it is unknown, used or too old.
    ///
    /// # Errors
    /// As the store fails.
    fn use_page_link(&self, link: &Digest, now: WallMs) -> Result<bool, StoreError>;
    /// Opens a session of the page.
    ///
    /// # Errors
    /// As the store fails.
    fn put_page_session(&self, session: &Digest, expires: WallMs) -> Result<(), StoreError>;
    /// Whether a session of the page is open.
    ///
    /// # Errors
    /// As the store fails.
    fn page_session(&self, session: &Digest, now: WallMs) -> Result<bool, StoreError>;
}
