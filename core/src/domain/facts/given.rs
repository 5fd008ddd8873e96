//! A value as people gave it: one, or several that disagree.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{BoolDeserializer, StrDeserializer};
use serde::de::{Error, IntoDeserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One value, or all values that stand against each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given<T> {
    /// One value, or several equal ones.
    Agreed(T),
    /// Two or more different ones; in files `{ "contested": [a, b] }`.
    Contested(Vec<T>),
}

impl<T> Given<T> {
    /// All values.
    pub fn all(&self) -> &[T] {
        match self {
            Self::Agreed(one) => std::slice::from_ref(one),
            Self::Contested(many) => many,
        }
    }

    /// The value, if nobody disagrees.
    pub const fn agreed(&self) -> Option<&T> {
        match self {
            Self::Agreed(one) => Some(one),
            Self::Contested(_) => None,
        }
    }

    /// Whether somebody disagrees.
    pub const fn is_contested(&self) -> bool {
        matches!(self, Self::Contested(_))
    }
}

/// An answer to a question of the contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Yes or no.
    Yes(bool),
    /// One of the named answers.
    Choice(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes(true) => f.write_str("yes"),
            Self::Yes(false) => f.write_str("no"),
            Self::Choice(id) => f.write_str(id),
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Yes(yes) => out.serialize_bool(*yes),
            Self::Choice(id) => out.serialize_str(id),
        }
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Answer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or the id of an answer")
            }

            fn visit_bool<E: Error>(self, yes: bool) -> Result<Answer, E> {
                Ok(Answer::Yes(yes))
            }

            fn visit_str<E: Error>(self, id: &str) -> Result<Answer, E> {
                Ok(Answer::Choice(id.to_owned()))
            }
        }
        input.deserialize_any(Reader)
    }
}

impl<T: Serialize> Serialize for Given<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Agreed(one) => one.serialize(out),
            Self::Contested(many) => {
                let mut map = out.serialize_map(Some(1))?;
                map.serialize_entry("contested", many)?;
                map.end()
            }
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(GivenReader(PhantomData))
    }
}

struct GivenReader<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for GivenReader<T> {
    type Value = Given<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value in quotes, true or false, or { \"contested\": [value, value] }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Given<T>, E> {
        let value: StrDeserializer<'_, E> = text.into_deserializer();
        T::deserialize(value).map(Given::Agreed)
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<Given<T>, E> {
        let value: BoolDeserializer<E> = yes.into_deserializer();
        T::deserialize(value).map(Given::Agreed)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given<T>, A::Error> {
        let Some(key) = map.next_key::<String>()? else {
            return Err(A::Error::custom(
                "an empty object: expected { \"contested\": [value, value] }",
            ));
        };
        if key != "contested" {
            return Err(A::Error::custom(format!(
                "unknown key {key:?}: expected \"contested\""
            )));
        }
        let values: Vec<T> = map.next_value()?;
        if map.next_key::<String>()?.is_some() {
            return Err(A::Error::custom(
                "only the key \"contested\" may stand here",
            ));
        }
        if values.len() < 2 {
            return Err(A::Error::custom("a contested value has two values or more"));
        }
        Ok(Given::Contested(values))
    }
}
