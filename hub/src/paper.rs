//! Papers of a case: survey report, loss statement, no-survey record, commitment letter, case file.
//!
//! What a paper says is read here, in one look, as the case stands: the record, what was signed, what
//! the contract says, what was decided. [`crate::press`] sets it. Times that run are judged at the
//! newest entry of the case, not at the moment of printing: so the same case gives the same paper.
//!
//! - Every paper carries the case's heads, the digest of its rule pack, and a verification code over
//!   heads, kind, language and everything that it says ([`Draft::code`]). Who made it is in the audit.
//! - ID numbers, phones and accounts are masked, unless somebody with the right wrote why not.
//! - Amounts that a contract keeps confidential are left out for whoever may not see them.
//! - A loss that was signed is stated as it was signed, with its ink (R157).
//!
//! Refuses: a paper that the case has no matter for, and to fill a blank of a contract.

mod content;
mod contract;
mod past;
mod read;
mod record;
mod words;

use std::fmt;
use std::str::FromStr;

use lossbook_core::domain::{CaseId, Digest, ScopeId};
use lossbook_core::evidence;
use lossbook_core::statement::Language;
use lossbook_core::store::StoreError;
use serde_json::{Value, json};

use crate::hub::Hub;
use crate::meta::{AuditRow, MetaTx, in_tx, look};
use crate::press::Sheet;
use crate::refusal::Refusal;
use crate::sight::Sight;

pub use content::Content;
use read::Reading;

/// The deed under which papers stand in the audit.
const DEED: &str = "paper";
/// The deed under which other files stand there.
pub(crate) const EXPORT_DEED: &str = "export";

/// Which paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 查勘报告 (R155).
    Survey,
    /// 损失清单: what was signed, or what is priced so far.
    Loss,
    /// 免查勘确认记录 (R196).
    NoSurvey,
    /// 服务承诺函 (R147).
    Commitment,
    /// 案卷: everything, with its history.
    CaseFile,
}

/// A word that names no paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{got:?} 不是文书种类 / {got:?} is no paper: use survey, loss, no-survey, commitment or case-file"
)]
pub struct UnknownKind {
    /// What was given.
    pub got: String,
}

impl Kind {
    /// All of them, in the order people read them.
    pub const ALL: [Self; 5] = [
        Self::Survey,
        Self::Loss,
        Self::NoSurvey,
        Self::Commitment,
        Self::CaseFile,
    ];

    /// The word on the command line, in file names and for templates.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Survey => "survey",
            Self::Loss => "loss",
            Self::NoSurvey => "no-survey",
            Self::Commitment => "commitment",
            Self::CaseFile => "case-file",
        }
    }

    /// Chinese and English.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Survey => ("查勘报告", "Survey report"),
            Self::Loss => ("损失清单", "Statement of loss"),
            Self::NoSurvey => ("免查勘确认记录", "No-survey record"),
            Self::Commitment => ("服务承诺函", "Letter of commitment"),
            Self::CaseFile => ("案卷", "Case file"),
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.word() == text)
            .ok_or_else(|| UnknownKind {
                got: text.to_owned(),
            })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

/// Whether ID numbers, phones and accounts are readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Personal {
    /// Their middle is hidden.
    Masked,
    /// They stand in full, for this written reason.
    Shown(String),
}

/// Which paper is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What.
    pub kind: Kind,
    /// In which language.
    pub language: Language,
    /// How much of people.
    pub personal: Personal,
}

/// A paper before it is set.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Of which case.
    pub case: CaseId,
    /// Its number.
    pub number: String,
    scope: ScopeId,
    kind: Kind,
    language: Language,
    content: Content,
    inks: Vec<(String, Vec<u8>)>,
}

/// A finished paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// A safe name for it as a file: letters of ASCII only.
    pub file: String,
    /// The PDF.
    pub pdf: Vec<u8>,
    /// Its verification code.
    pub code: String,
}

impl Draft {
    /// Twenty hexadecimal digits of the digest over heads, kind, language and everything it says.
    ///
    /// # Errors
    /// `INTERNAL` if what the paper says has no form in JSON.
    pub fn code(&self) -> Result<String, Refusal> {
        let data = to_json(&self.content)?;
        let heads = self.content.heads.join(",");
        let language = tag(self.language);
        let parts: [&[u8]; 4] = [
            heads.as_bytes(),
            self.kind.word().as_bytes(),
            language.as_bytes(),
            &data,
        ];
        Ok(code_of(&Digest::labelled("lossbook/paper", &parts)))
    }
}

/// The code of a digest for people: five groups of four.
pub(crate) fn code_of(digest: &Digest) -> String {
    let digits: Vec<char> = digest.to_hex().chars().take(20).collect();
    let groups: Vec<String> = digits.chunks(4).map(|four| four.iter().collect()).collect();
    groups.join("-")
}

/// The word of a language.
pub(crate) const fn tag(language: Language) -> &'static str {
    match language {
        Language::Zh => "zh",
        Language::En => "en",
    }
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value).map_err(|error| Refusal::new(500, "INTERNAL", error.to_string()))
}

/// What a paper of a case says; nothing if there is no such case.
///
/// # Errors
/// `NO_SUCH_PAPER` if the case has no matter for it, inside; else as the store fails.
pub(crate) fn draft(
    tx: &dyn MetaTx,
    case: CaseId,
    by: (&Wish, &Sight),
) -> Result<Option<Result<Draft, Refusal>>, StoreError> {
    let Some(reading) = Reading::of(tx, case, by)? else {
        return Ok(None);
    };
    Ok(Some(match reading.lacks() {
        Some((code, why)) => Err(Refusal::new(409, code, why)),
        None => Ok(reading.draft()),
    }))
}

impl Hub {
    /// Makes a paper of a case, and writes into the audit who did.
    ///
    /// Reads small pictures: not for async threads.
    ///
    /// # Errors
    /// `CASE_UNKNOWN`, `NO_SUCH_PAPER`, `NO_REASON`, `NO_FONT`.
    pub fn make_paper(
        &self,
        (name, by): (&str, &str),
        wish: &Wish,
        sight: &Sight,
    ) -> Result<Paper, Refusal> {
        if let Personal::Shown(why) = &wish.personal {
            check_reason(why)?;
        }
        let draft = self.draft_paper(name, (wish, sight))?;
        let paper = self.set_paper(&draft)?;
        let shown = match &wish.personal {
            Personal::Masked => "masked".to_owned(),
            Personal::Shown(why) => format!("shown: {why}"),
        };
        let detail = format!(
            "{} {} {} {shown}",
            wish.kind,
            tag(wish.language),
            paper.code
        );
        self.note_export((by, DEED), Some(draft.case), detail)?;
        Ok(paper)
    }

    fn draft_paper(&self, name: &str, by: (&Wish, &Sight)) -> Result<Draft, Refusal> {
        let made = look(self.looking(), |tx| match tx.case_named(name)? {
            Some(row) => draft(tx, row.case, by),
            None => Ok(None),
        })?;
        made.unwrap_or_else(|| {
            let detail =
                format!("没有案件 {name:?} / no case at this hub has the number or id {name:?}");
            Err(Refusal::new(404, "CASE_UNKNOWN", detail))
        })
    }

    fn set_paper(&self, draft: &Draft) -> Result<Paper, Refusal> {
        let code = draft.code()?;
        let mut pictures = draft.inks.clone();
        for (name, digest) in draft.content.thumbnails() {
            if let Some(bytes) = self.small_picture(draft.scope, digest) {
                pictures.push((name, bytes));
            }
        }
        let here: Vec<&str> = pictures.iter().map(|(name, _)| name.as_str()).collect();
        let data = to_json(&json!({
            "template": draft.kind.word(), "language": tag(draft.language),
            "title": words::say(draft.language, draft.kind.names()),
            "code": code, "pictures": here, "content": draft.content,
        }))?;
        let sheet = Sheet {
            template: draft.kind.word(),
            data,
            pictures,
        };
        Ok(Paper {
            file: format!(
                "{}-{}-{}.pdf",
                safe(&draft.number),
                draft.kind,
                tag(draft.language)
            ),
            pdf: self.press()?.set(&sheet)?,
            code,
        })
    }

    /// A thumbnail, decoded and written anew: no press meets bytes that our decoder has not read.
    fn small_picture(&self, scope: ScopeId, digest: Digest) -> Option<Vec<u8>> {
        let bytes = self.blobs().small(scope, digest)?;
        let facts = evidence::examine(&mut std::io::Cursor::new(&bytes)).ok()?;
        let picture = evidence::thumbnail(&bytes, &facts, None).ok()?;
        Some(picture.jpeg)
    }

    /// Writes down what left the hub.
    pub(crate) fn note_export(
        &self,
        (by, deed): (&str, &str),
        case: Option<CaseId>,
        detail: String,
    ) -> Result<(), Refusal> {
        let row = AuditRow {
            at: self.now().wall,
            user: by.to_owned(),
            deed: deed.to_owned(),
            case,
            detail,
        };
        Ok(in_tx(self.store(), |tx| tx.put_audit(&row))?)
    }

    /// Says of a verification code: which paper bears it, who made it when, and whether the case still
    /// stands as it says.
    ///
    /// # Errors
    /// `CODE_MALFORMED`, `CODE_UNKNOWN`.
    pub fn check_paper(&self, code: &str) -> Result<Value, Refusal> {
        let plain: String = code.chars().filter(char::is_ascii_hexdigit).collect();
        if plain.len() != 20 {
            let detail =
                "核验码为 20 位十六进制数字 / a verification code has 20 hexadecimal digits";
            return Err(Refusal::new(400, "CODE_MALFORMED", detail));
        }
        let digits: Vec<char> = plain.to_ascii_lowercase().chars().collect();
        let groups: Vec<String> = digits.chunks(4).map(|four| four.iter().collect()).collect();
        let code = groups.join("-");
        let noted = look(self.looking(), |tx| tx.audited(&code))?;
        let made = [DEED, EXPORT_DEED];
        let Some(row) = noted.iter().find(|row| made.contains(&row.deed.as_str())) else {
            return Err(unknown_code(&code));
        };
        // As it was noted: kind, language or format, code, and whether people are readable.
        let mut parts = row.detail.splitn(4, ' ');
        let kind = parts.next().unwrap_or_default();
        let language = parts.next().unwrap_or_default();
        let is_shown = parts.nth(1).is_some_and(|word| word.starts_with("shown"));
        let stands = match row.case {
            Some(case) => Some(self.stands((case, kind, language), (&code, is_shown))?),
            None => None,
        };
        Ok(json!({
            "code": code, "case": row.case.map(|case| case.number().to_string()),
            "kind": kind, "language": language, "personal": if is_shown { "shown" } else { "masked" },
            "made_by": row.user, "made_at_ms": row.at.0, "stands": stands,
        }))
    }

    /// Whether the same paper would bear the same code now, for whoever sees all amounts or the least.
    fn stands(
        &self,
        (case, kind, language): (CaseId, &str, &str),
        (code, is_shown): (&str, bool),
    ) -> Result<bool, Refusal> {
        let (Ok(kind), Ok(language)) = (kind.parse::<Kind>(), language.parse::<Language>()) else {
            return Ok(false);
        };
        let personal = if is_shown {
            Personal::Shown(String::new())
        } else {
            Personal::Masked
        };
        let wish = Wish {
            kind,
            language,
            personal,
        };
        let drafts = look(self.looking(), |tx| {
            let sights = [Sight::whole(), Sight::least(tx)?];
            let drafts = sights.iter().map(|sight| draft(tx, case, (&wish, sight)));
            drafts.collect::<Result<Vec<_>, _>>()
        })?;
        for draft in drafts.into_iter().flatten().flatten() {
            if draft.code()? == code {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// No paper that whoever asks may know of has this code.
pub(crate) fn unknown_code(code: &str) -> Refusal {
    let detail = format!(
        "本系统没有出具核验码为 {code} 的文书 / this hub made no paper with the code {code}"
    );
    Refusal::new(404, "CODE_UNKNOWN", detail)
}

/// A reason says something.
const MIN_REASON_CHARS: usize = 4;

/// Whether somebody wrote why personal data is shown.
pub(crate) fn check_reason(why: &str) -> Result<(), Refusal> {
    if why.trim().chars().count() >= MIN_REASON_CHARS {
        return Ok(());
    }
    let detail = "显示个人信息须写明理由 / a reason is needed to show personal data";
    Err(Refusal::new(400, "NO_REASON", detail))
}

/// Letters, digits and hyphens of a name; anything else becomes a hyphen.
pub(crate) fn safe(name: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    name.chars().map(plain).take(80).collect()
}
