//! People of the office at the console: passwords, sign-in, sessions.
//!
//! `console` brings a name and a password and gets a secret for a cookie; the store keeps the
//! secret's digest only. A password is kept as argon2id with its own salt; trying many takes longer
//! each time, for a name that exists and for one that does not.
//!
//! Invariants: a session ends when it was not used for half an hour, after a working day, and with
//! the password or the person's end; who may do what is [`crate::role`].

use argon2::{Algorithm, Argon2, Params, Version};
use lossbook_core::domain::{Digest, Host, WallMs};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::hub::Hub;
use crate::meta::{Account, AuditRow, OfficeUser, SessionRow, in_tx, look};
use crate::refusal::Refusal;

/// A session that was not used for so long is over.
pub const IDLE_MS: i64 = 30 * 60 * 1_000;
/// A session is over after so long, used or not.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1_000;
/// Use is noted at most this often.
const NOTED_EVERY_MS: i64 = 60 * 1_000;
/// So many wrong passwords are forgiven.
const FREE_TRIES: u32 = 5;
/// The first wait after those; it doubles up to [`LONGEST_WAIT_MS`].
const FIRST_WAIT_MS: i64 = 30 * 1_000;
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1_000;
/// Shortest password that a person may choose.
const MIN_PASSWORD_CHARS: usize = 10;
const MAX_PASSWORD_BYTES: usize = 200;
/// OWASP's smaller setting: 19 MiB, two passes, about 30 ms.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;

/// An open session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose.
    pub user: OfficeUser,
    /// `zh` or `en`.
    pub language: String,
    /// What every form of this session carries, so that no other site can send one.
    pub csrf: String,
    digest: Digest,
}

impl Session {
    /// The digest under which it is kept.
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }
}

/// Gives somebody a password.
///
/// # Errors
/// `WEAK_PASSWORD`; `USER_UNKNOWN`; else as the store fails.
pub fn set_password(hub: &Hub, name: &str, password: &str) -> Result<(), Refusal> {
    if password.chars().count() < MIN_PASSWORD_CHARS || password.len() > MAX_PASSWORD_BYTES {
        let detail = "a password has 10 to 200 characters（密码须为 10 至 200 个字符）";
        return Err(Refusal::new(400, "WEAK_PASSWORD", detail));
    }
    let kept = keep(password, hub.host())?;
    let known = in_tx(hub.store(), |tx| {
        let known = tx.account(name)?.is_some();
        if known {
            tx.set_password(name, &kept)?;
        }
        Ok(known)
    })?;
    if known {
        Ok(())
    } else {
        let detail = format!("no office user is called {name:?}（没有这位用户）");
        Err(Refusal::new(404, "USER_UNKNOWN", detail))
    }
}

/// A password that nobody has chosen: easy to read out, hard to guess.
pub fn make_password(host: &dyn Host) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567892";
    let mut bytes = [0; 16];
    host.fill_random(&mut bytes);
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'x');
    let text: Vec<char> = bytes.iter().map(|byte| char::from(letter(byte))).collect();
    let parts: Vec<String> = text.chunks(4).map(|four| four.iter().collect()).collect();
    parts.join("-")
}

/// Opens a session; the answer is the secret for the cookie.
///
/// # Errors
/// `BAD_SIGN_IN` for a wrong name or password alike; `SIGN_IN_LOCKED` after too many.
pub fn sign_in(
    hub: &Hub,
    (name, password): (&str, &str),
    language: &str,
) -> Result<String, Refusal> {
    let now = hub.now().wall;
    let account = look(hub.looking(), |tx| tx.account(name))?;
    if let Some(account) = account.as_ref().filter(|one| one.locked_until > now) {
        return Err(locked(account.locked_until.0.saturating_sub(now.0)));
    }
    let given: String = password.chars().take(MAX_PASSWORD_BYTES).collect();
    let is_right = is_password(
        &given,
        account.as_ref().and_then(|one| one.password.as_deref()),
    )?;
    match account.filter(|one| is_right && !one.user.ended) {
        Some(account) => open(hub, &account.user, language),
        None => Err(wrong(hub, name, now)?),
    }
}

fn open(hub: &Hub, user: &OfficeUser, language: &str) -> Result<String, Refusal> {
    let now = hub.now().wall;
    let mut bytes = Zeroizing::new([0; 32]);
    hub.host().fill_random(bytes.as_mut_slice());
    let secret = hex::encode(bytes.as_slice());
    let row = SessionRow {
        name: user.name.clone(),
        language: language.to_owned(),
        seen: now,
        expires: WallMs(now.0.saturating_add(SESSION_MS)),
    };
    in_tx(hub.store(), |tx| {
        tx.forget_expired(now)?;
        tx.set_failed(&user.name, 0, WallMs(0))?;
        tx.put_session(&digest_of(&secret), &row)?;
        tx.put_audit(&audit(now, &user.name, "sign_in"))
    })?;
    Ok(secret)
}

/// Counts a wrong password; one answer for a wrong name and a wrong password.
fn wrong(hub: &Hub, name: &str, now: WallMs) -> Result<Refusal, Refusal> {
    in_tx(hub.store(), |tx| {
        if let Some(Account { failed, .. }) = tx.account(name)? {
            let failed = failed.saturating_add(1);
            let over = failed.saturating_sub(FREE_TRIES).min(20);
            let wait = match over {
                0 => 0,
                over => (FIRST_WAIT_MS << (over - 1)).min(LONGEST_WAIT_MS),
            };
            tx.set_failed(name, failed, WallMs(now.0.saturating_add(wait)))?;
            tx.put_audit(&audit(now, name, "sign_in_failed"))?;
        }
        Ok(())
    })?;
    let detail = "name or password is wrong（用户名或密码不正确）";
    Ok(Refusal::new(401, "BAD_SIGN_IN", detail))
}

fn locked(wait_ms: i64) -> Refusal {
    let seconds = u32::try_from(wait_ms / 1_000 + 1).unwrap_or(u32::MAX);
    let detail = format!(
        "too many wrong passwords: wait {seconds} seconds（密码错误次数过多，请等待 {seconds} 秒）"
    );
    Refusal {
        retry_after_s: Some(seconds),
        ..Refusal::new(429, "SIGN_IN_LOCKED", detail)
    }
}

fn audit(at: WallMs, user: &str, deed: &str) -> AuditRow {
    AuditRow {
        at,
        user: user.to_owned(),
        deed: deed.to_owned(),
        case: None,
        detail: String::new(),
    }
}

/// The session that a cookie's secret opens.
///
/// # Errors
/// `SIGN_IN` if it is none, or is over.
pub fn session(hub: &Hub, secret: &str) -> Result<Session, Refusal> {
    let (now, digest) = (hub.now().wall, digest_of(secret));
    let found = look(hub.looking(), |tx| tx.session(&digest))?;
    let idle = |row: &SessionRow| now.0.saturating_sub(row.seen.0);
    let good = found.filter(|(row, user)| {
        row.expires > now && idle(row) < IDLE_MS && !user.ended && user.name == row.name
    });
    let Some((row, user)) = good else {
        let detail = "sign in first（请先登录）";
        return Err(Refusal::new(401, "SIGN_IN", detail));
    };
    if idle(&row) >= NOTED_EVERY_MS {
        let seen = SessionRow {
            seen: now,
            ..row.clone()
        };
        in_tx(hub.store(), |tx| tx.put_session(&digest, &seen))?;
    }
    Ok(Session {
        csrf: csrf_of(secret),
        language: row.language,
        digest,
        user,
    })
}

/// Ends a session.
///
/// # Errors
/// As the store fails.
pub fn sign_out(hub: &Hub, session: &Session) -> Result<(), Refusal> {
    let now = hub.now().wall;
    Ok(in_tx(hub.store(), |tx| {
        tx.end_session(&session.digest)?;
        tx.put_audit(&audit(now, &session.user.name, "sign_out"))
    })?)
}

/// From now on the session speaks another language.
///
/// # Errors
/// As the store fails.
pub fn speak(hub: &Hub, session: &Session, language: &str) -> Result<(), Refusal> {
    let seen = hub.now().wall;
    Ok(in_tx(hub.store(), |tx| {
        let Some((row, _)) = tx.session(&session.digest)? else {
            return Ok(());
        };
        let row = SessionRow {
            language: language.to_owned(),
            seen,
            ..row
        };
        tx.put_session(&session.digest, &row)
    })?)
}

/// Whether a form's token is that of the session.
pub fn is_csrf(session: &Session, given: &str) -> bool {
    session.csrf.as_bytes().ct_eq(given.as_bytes()).into()
}

fn digest_of(secret: &str) -> Digest {
    Digest::labelled("lossbook/hub/session", &[secret.as_bytes()])
}

fn csrf_of(secret: &str) -> String {
    Digest::labelled("lossbook/hub/csrf", &[secret.as_bytes()]).to_hex()
}

/// How a password is kept: `argon2id$memory$passes$salt$hash`.
fn keep(password: &str, host: &dyn Host) -> Result<String, Refusal> {
    let mut salt = [0; 16];
    host.fill_random(&mut salt);
    let hash = hash((password, &salt), (MEMORY_KIB, PASSES))?;
    Ok(format!(
        "argon2id${MEMORY_KIB}${PASSES}${}${}",
        hex::encode(salt),
        hex::encode(hash.as_slice())
    ))
}

fn hash(
    (password, salt): (&str, &[u8]),
    (memory, passes): (u32, u32),
) -> Result<Zeroizing<[u8; 32]>, Refusal> {
    let failed = |error: argon2::Error| Refusal::new(500, "INTERNAL", error.to_string());
    let params = Params::new(memory, passes, 1, Some(32)).map_err(failed)?;
    let mut out = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, out.as_mut_slice())
        .map_err(failed)?;
    Ok(out)
}

/// Whether it is the password; who has none, or does not exist, costs the same time.
fn is_password(given: &str, kept: Option<&str>) -> Result<bool, Refusal> {
    let Some((memory, passes, salt, wanted)) = kept.and_then(parts) else {
        hash((given, &[0; 16]), (MEMORY_KIB, PASSES))?;
        return Ok(false);
    };
    let hash = hash((given, &salt), (memory, passes))?;
    Ok(hash.as_slice().ct_eq(&wanted).into())
}

fn parts(kept: &str) -> Option<(u32, u32, Vec<u8>, Vec<u8>)> {
    let parts: Vec<&str> = kept.split('$').collect();
    let ["argon2id", memory, passes, salt, hash] = parts.as_slice() else {
        return None;
    };
    Some((
        memory.parse().ok()?,
        passes.parse().ok()?,
        hex::decode(salt).ok()?,
        hex::decode(hash).ok()?,
    ))
}
