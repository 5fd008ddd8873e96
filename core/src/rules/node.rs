//! The data tree of a pack: read from TOML with line numbers, written as canonical CBOR.
//!
//! The digest of a pack is taken over these bytes, and packs travel as them. Floats and dates of
//! TOML are refused: numbers that matter are text, so that no reader rounds them.

use std::collections::BTreeMap;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use toml::de::{DeArray, DeTable, DeValue};

use super::problem::{Code, Problem};

/// One value of the tree and the line it stands on (0 when it came as CBOR).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) line: u32,
}

/// A value of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Whole(i64),
    Truth(bool),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

/// Largest pack in bytes, as TOML or CBOR.
const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting of tables and lists.
const MAX_DEPTH: u8 = 16;

impl Value {
    /// What a person calls this type.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Whole(_) => "a whole number",
            Self::Truth(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// The tree of a TOML text; syntax errors, floats and dates become problems.
    /// `root` begins the path of what is found.
    pub(super) fn from_toml(text: &str, root: &str, problems: &mut Vec<Problem>) -> Self {
        let lines = Lines::of(text);
        if text.len() > MAX_BYTES {
            problems.push(Problem::new(
                1,
                root,
                Code::Syntax,
                "the file is larger than 1 MiB",
            ));
            return Self::empty();
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let line = error.span().map_or(1, |span| lines.at(span.start));
            problems.push(Problem::new(line, root, Code::Syntax, error.message()));
        }
        let mut tree = Tree { lines, problems };
        let value = tree.table(table.get_ref(), root, 0);
        Self { value, line: 1 }
    }

    fn empty() -> Self {
        Self {
            value: Value::Table(BTreeMap::new()),
            line: 1,
        }
    }

    /// Canonical CBOR: definite lengths, shortest numbers, keys in order of their encoded bytes.
    pub(super) fn to_cbor(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut out = Encoder::new(&mut bytes);
        // Writing to a Vec cannot fail; were it to, the empty result would match no digest.
        if self.write(&mut out).is_err() {
            return Vec::new();
        }
        bytes
    }

    fn write(
        &self,
        out: &mut Encoder<&mut Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        match &self.value {
            Value::Text(text) => out.str(text)?,
            Value::Whole(number) => out.i64(*number)?,
            Value::Truth(truth) => out.bool(*truth)?,
            Value::List(items) => {
                out.array(items.len() as u64)?;
                for item in items {
                    item.write(out)?;
                }
                out
            }
            Value::Table(map) => {
                out.map(map.len() as u64)?;
                // The length stands first in an encoded text, so shorter keys come first.
                let mut keys: Vec<(&String, &Self)> = map.iter().collect();
                keys.sort_by_key(|(key, _)| (key.len(), key.as_str()));
                for (key, node) in keys {
                    out.str(key)?;
                    node.write(out)?;
                }
                out
            }
        };
        Ok(())
    }

    /// The tree whose canonical form is exactly `bytes`.
    pub(super) fn from_cbor(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_BYTES {
            return None;
        }
        let mut input = Decoder::new(bytes);
        let node = read(&mut input, 0)?;
        (node.to_cbor() == bytes).then_some(node)
    }
}

fn read(input: &mut Decoder<'_>, depth: u8) -> Option<Node> {
    if depth > MAX_DEPTH {
        return None;
    }
    let kind = input.datatype().ok()?;
    let value = if kind == Type::String {
        Value::Text(input.str().ok()?.to_owned())
    } else if kind == Type::Bool {
        Value::Truth(input.bool().ok()?)
    } else if kind == Type::Array {
        Value::List(read_list(input, depth)?)
    } else if kind == Type::Map {
        Value::Table(read_table(input, depth)?)
    } else {
        Value::Whole(input.i64().ok()?)
    };
    Some(Node { value, line: 0 })
}

fn read_list(input: &mut Decoder<'_>, depth: u8) -> Option<Vec<Node>> {
    let length = input.array().ok()??;
    let mut items = Vec::new();
    for _ in 0..length {
        items.push(read(input, depth.saturating_add(1))?);
    }
    Some(items)
}

fn read_table(input: &mut Decoder<'_>, depth: u8) -> Option<BTreeMap<String, Node>> {
    let length = input.map().ok()??;
    let mut map = BTreeMap::new();
    for _ in 0..length {
        let key = input.str().ok()?.to_owned();
        map.insert(key, read(input, depth.saturating_add(1))?);
    }
    Some(map)
}

/// Where lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(breaks.map(|(at, _)| at).collect())
    }

    fn at(&self, offset: usize) -> u32 {
        let before = self.0.partition_point(|at| *at < offset);
        u32::try_from(before.saturating_add(1)).unwrap_or(u32::MAX)
    }
}

/// Copies what the TOML reader gives, with lines. What no pack may hold is noted and stands in as
/// its own text, so that the place is not missed as well.
struct Tree<'p> {
    lines: Lines,
    problems: &'p mut Vec<Problem>,
}

impl Tree<'_> {
    fn table(&mut self, table: &DeTable<'_>, path: &str, depth: u8) -> Value {
        let mut map = BTreeMap::new();
        for (key, value) in table.iter() {
            let line = self.lines.at(key.span().start.max(value.span().start));
            let place = if path.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{path}.{}", key.get_ref())
            };
            let value = self.value(value.get_ref(), line, &place, depth);
            map.insert(key.get_ref().to_string(), Node { value, line });
        }
        Value::Table(map)
    }

    fn list(&mut self, items: &DeArray<'_>, path: &str, depth: u8) -> Value {
        let mut list = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let line = self.lines.at(item.span().start);
            let place = format!("{path}[{index}]");
            let value = self.value(item.get_ref(), line, &place, depth);
            list.push(Node { value, line });
        }
        Value::List(list)
    }

    fn value(&mut self, value: &DeValue<'_>, line: u32, path: &str, depth: u8) -> Value {
        let deeper = depth.saturating_add(1);
        match value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Boolean(truth) => Value::Truth(*truth),
            DeValue::Integer(digits) => {
                let number = i64::from_str_radix(digits.as_str(), digits.radix());
                number.map_or_else(
                    |_too_large| {
                        let text = "the number is too large";
                        self.refuse(line, path, text, digits.as_str().to_owned())
                    },
                    Value::Whole,
                )
            }
            DeValue::Float(digits) => {
                let text = "a number with decimals: write it as text, such as \"12.50\"";
                self.refuse(line, path, text, digits.as_str().to_owned())
            }
            DeValue::Datetime(date) => {
                let text = "a date: write it as text, such as \"2025-12-22T00:00\"";
                self.refuse(line, path, text, date.to_string())
            }
            DeValue::Array(_) | DeValue::Table(_) if deeper >= MAX_DEPTH => {
                let text = "nested too deeply: at most 16 levels";
                self.refuse(line, path, text, String::new())
            }
            DeValue::Array(items) => self.list(items, path, deeper),
            DeValue::Table(table) => self.table(table, path, deeper),
        }
    }

    fn refuse(&mut self, line: u32, path: &str, what: &str, stand_in: String) -> Value {
        self.problems
            .push(Problem::new(line, path, Code::WrongType, what));
        Value::Text(stand_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Node {
        let mut problems = Vec::new();
        let node = Node::from_toml(text, "", &mut problems);
        assert_eq!(problems, [], "{text}");
        node
    }

    #[test]
    fn order_spaces_and_comments_do_not_change_the_bytes() {
        let one = tree("a = 1\nlong = { x = true, y = \"z\" } # why\n");
        let two = tree("long={y=\"z\",x=true}\n\na=1");
        assert_eq!(one.to_cbor(), two.to_cbor());
        assert_eq!(
            hex::encode(one.to_cbor()),
            "a2616101646c6f6e67a26178f56179617a"
        );
    }

    #[test]
    fn the_bytes_give_the_tree_back_and_a_second_spelling_is_refused() {
        let bytes = tree("b = [1, -7, \"x\"]\na = false").to_cbor();
        assert_eq!(Node::from_cbor(&bytes).unwrap().to_cbor(), bytes);
        let mut swapped = vec![0xa2, 0x61, b'b', 0x01, 0x61, b'a', 0x01];
        assert!(Node::from_cbor(&swapped).is_none());
        swapped.truncate(4);
        assert!(Node::from_cbor(&swapped).is_none());
    }

    #[test]
    fn floats_and_dates_are_problems_with_their_line() {
        let mut problems = Vec::new();
        Node::from_toml("a = 1\nb = 1.5\nc = 2025-01-01\n", "", &mut problems);
        let lines: Vec<u32> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 3]);
    }
}
