//! What may be true of one case only: one household has one house (R30, 一户只保一座房屋), a house
//! belongs to one household, an account to one payee.
//!
//! Two phones can report the same house under two households without knowing of each other, so the
//! store compares these claims of all its cases after every merge and raises what clashes.
//! Refuses: to say who is right. A settlement names the cases it looked at; a new one asks again.

use std::collections::BTreeMap;

use super::read::{CaseRecord, Row, fold};
use super::schema::{FieldPath, Section};
use crate::domain::{RowId, ScopeId};

/// What is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimKind {
    /// This household has that house.
    Household,
    /// This house is that household's.
    House,
    /// This account is that person's.
    Account,
}

impl ClaimKind {
    /// The number in the store.
    pub const fn number(self) -> i64 {
        match self {
            Self::Household => 1,
            Self::House => 2,
            Self::Account => 3,
        }
    }

    /// For people: Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Household => ("一户多房", "one household, several houses"),
            Self::House => ("一房多户", "one house, several households"),
            Self::Account => ("一个账号多个收款人", "one account, several payees"),
        }
    }
}

/// A claim that must not meet another value under the same key in another case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UniqueClaim {
    /// What kind.
    pub kind: ClaimKind,
    /// What must be unique, without case and spaces.
    pub key: String,
    /// What it is tied to, as it was written.
    pub value: String,
    /// Where it says so.
    pub path: FieldPath,
}

impl UniqueClaim {
    /// The value as it is compared.
    pub fn folded(&self) -> String {
        fold(&self.value)
    }
}

impl CaseRecord {
    /// Everything that this case claims for itself alone. `scope` keeps people of one name in two
    /// villages apart where no identity number does.
    pub fn unique_claims(&self, scope: ScopeId) -> Vec<UniqueClaim> {
        let mut claims = Vec::new();
        let household = self.section(Section::Report).text("household");
        for (id, row) in standing(self, Section::Objects) {
            let Some((address, name)) = row.text("address").zip(household.clone()) else {
                continue;
            };
            let path = path(Section::Objects, *id, "address");
            claims.push(UniqueClaim {
                kind: ClaimKind::Household,
                key: self.household_key(&name, scope),
                value: address.clone(),
                path: path.clone(),
            });
            claims.push(UniqueClaim {
                kind: ClaimKind::House,
                key: fold(&address),
                value: name,
                path,
            });
        }
        for (id, row) in standing(self, Section::Parties) {
            if let Some((account, name)) = row.text("account").zip(row.text("name")) {
                claims.push(UniqueClaim {
                    kind: ClaimKind::Account,
                    key: fold(&account),
                    value: name,
                    path: path(Section::Parties, *id, "account"),
                });
            }
        }
        claims.retain(|claim| !claim.key.is_empty() && !claim.folded().is_empty());
        claims.sort();
        claims
    }

    fn household_key(&self, name: &str, scope: ScopeId) -> String {
        let named = |row: &Row| row.text("name").is_some_and(|one| fold(&one) == fold(name));
        let number = standing(self, Section::Parties)
            .filter(|(_, row)| named(row))
            .find_map(|(_, row)| row.text("id_no"));
        match number {
            Some(number) => fold(&number),
            None => format!("{}@{scope}", fold(name)),
        }
    }

    /// Cases that somebody looked at when settling that this field is right as it is.
    pub fn settled_against(&self, path: &FieldPath) -> Vec<String> {
        let wanted = path.to_string();
        let mut cases: BTreeMap<String, ()> = BTreeMap::new();
        for (_, row) in self.rows(Section::Settlements) {
            let now = self.field(path).and_then(|field| field.agreed());
            let chosen = row.text("chosen");
            let holds = row.text("path").as_deref() == Some(&wanted)
                && chosen == now.map(ToString::to_string);
            if holds {
                let against = row.text("against").unwrap_or_default();
                cases.extend(against.split_whitespace().map(|case| (case.to_owned(), ())));
            }
        }
        cases.into_keys().collect()
    }
}

fn standing(record: &CaseRecord, section: Section) -> impl Iterator<Item = (&RowId, &Row)> {
    record.rows(section).filter(|(_, row)| !row.is_removed())
}

const fn path(section: Section, row: RowId, name: &'static str) -> FieldPath {
    FieldPath {
        section,
        row: Some(row),
        name,
    }
}
