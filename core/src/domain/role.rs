//! Who a person is. The device's certificate names its roles; `record::access` says what each may.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

/// A role of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// 村级联络员: reports and photographs, prices nothing by right.
    #[n(1)]
    Liaison,
    /// 查勘员: surveys, measures and prices.
    #[n(2)]
    Surveyor,
    /// 审计员: reads everything, writes nothing.
    #[n(3)]
    Auditor,
    /// 审核人员: decides at head office, through the hub; no device is enrolled with it.
    #[n(4)]
    Reviewer,
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is not a role of a device: use liaison, surveyor or auditor")]
pub struct UnknownRole {
    /// What was given.
    pub got: String,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Liaison, Self::Surveyor, Self::Auditor, Self::Reviewer];

    /// The word used on the command line and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Liaison => "liaison",
            Self::Surveyor => "surveyor",
            Self::Auditor => "auditor",
            Self::Reviewer => "reviewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Liaison, Self::Surveyor, Self::Auditor]
            .into_iter()
            .find(|role| role.word() == text)
            .ok_or_else(|| UnknownRole {
                got: text.to_owned(),
            })
    }
}
