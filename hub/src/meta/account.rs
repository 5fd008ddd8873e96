//! People of the office: what they are, their passwords and sessions, and what they did.

use lossbook_core::domain::{CaseId, Digest, WallMs};
use lossbook_core::store::StoreError;

use super::OfficeUser;

/// What sign-in looks at.
#[derive(Debug, Clone)]
pub struct Account {
    /// Who.
    pub user: OfficeUser,
    /// The password's argon2 string; nothing for people who only have a token.
    pub password: Option<String>,
    /// Wrong passwords since the last right one.
    pub failed: u32,
    /// Until when no password is tried.
    pub locked_until: WallMs,
}

/// An open session of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Whose.
    pub name: String,
    /// `zh` or `en`.
    pub language: String,
    /// When it was last used, to the minute.
    pub seen: WallMs,
    /// When it ends, used or not.
    pub expires: WallMs,
}

/// Something that somebody did or saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at: WallMs,
    /// Who.
    pub user: String,
    /// A stable word.
    pub deed: String,
    /// About which case.
    pub case: Option<CaseId>,
    /// Which field, and why; never the value.
    pub detail: String,
}

/// An invitation that waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteWish {
    /// Random name.
    pub id: Digest,
    /// The role on the phone.
    pub role: String,
    /// Name of the scope.
    pub scope: String,
    /// Who will use the phone.
    pub user: String,
    /// Who asked.
    pub by: String,
    /// When.
    pub at: WallMs,
}

/// Rows about people of the office.
pub trait Accounts {
    /// Somebody by name.
    ///
    /// # Errors
    /// As the store fails.
    fn account(&self, name: &str) -> Result<Option<Account>, StoreError>;
    /// Says what somebody is and where, and whether they may still come in.
    ///
    /// # Errors
    /// As the store fails.
    fn set_office_user(&self, user: &OfficeUser) -> Result<(), StoreError>;
    /// Gives somebody a password; every session of theirs ends.
    ///
    /// # Errors
    /// As the store fails.
    fn set_password(&self, name: &str, password: &str) -> Result<(), StoreError>;
    /// Counts wrong passwords.
    ///
    /// # Errors
    /// As the store fails.
    fn set_failed(&self, name: &str, failed: u32, until: WallMs) -> Result<(), StoreError>;
    /// Opens a session.
    ///
    /// # Errors
    /// As the store fails.
    fn put_session(&self, session: &Digest, row: &SessionRow) -> Result<(), StoreError>;
    /// A session and who has it.
    ///
    /// # Errors
    /// As the store fails.
    fn session(&self, session: &Digest) -> Result<Option<(SessionRow, OfficeUser)>, StoreError>;
    /// Ends a session.
    ///
    /// # Errors
    /// As the store fails.
    fn end_session(&self, session: &Digest) -> Result<(), StoreError>;
    /// Writes down what somebody did or saw.
    ///
    /// # Errors
    /// As the store fails.
    fn put_audit(&self, row: &AuditRow) -> Result<(), StoreError>;
    /// What people did and saw, newest first; of one case if one is named.
    ///
    /// # Errors
    /// As the store fails.
    fn audit(&self, case: Option<CaseId>, limit: u32) -> Result<Vec<AuditRow>, StoreError>;
    /// What was written down with this word in it, newest first; at most a hundred.
    ///
    /// # Errors
    /// As the store fails.
    fn audited(&self, word: &str) -> Result<Vec<AuditRow>, StoreError>;
    /// Remembers an invitation that waits for a second person.
    ///
    /// # Errors
    /// As the store fails.
    fn put_wish(&self, wish: &InviteWish) -> Result<(), StoreError>;
    /// Invitations that wait.
    ///
    /// # Errors
    /// As the store fails.
    fn wishes(&self) -> Result<Vec<InviteWish>, StoreError>;
    /// Takes one out.
    ///
    /// # Errors
    /// As the store fails.
    fn take_wish(&self, id: &Digest) -> Result<Option<InviteWish>, StoreError>;
}
