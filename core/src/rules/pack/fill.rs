//! Filling the blanks of a contract with an insurer's settings.
//!
//! Settings have the shape of the pack; entries of lists are found by their `id` (a tariff row or
//! branch by its place). Only a blank may be filled: a number of the contract stays.

use std::collections::BTreeMap;

use crate::rules::node::{Node, Value};
use crate::rules::problem::{Code, Problem};

/// Where the same thing stands in the pack and in the settings.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pack: String,
    settings: String,
}

impl Place {
    fn key(&self, key: &str) -> Self {
        let dot = if self.pack.is_empty() { "" } else { "." };
        Self {
            pack: format!("{}{dot}{key}", self.pack),
            settings: format!("{}.{key}", self.settings),
        }
    }

    fn index(&self, pack: usize, settings: usize) -> Self {
        Self {
            pack: format!("{}[{pack}]", self.pack),
            settings: format!("{}[{settings}]", self.settings),
        }
    }

    /// Names a problem with a filled number by its place in the settings, where its line is.
    pub(super) fn claim(&self, problem: &mut Problem) {
        let rest = problem.path.strip_prefix(&self.pack);
        if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('.')) {
            problem.path = format!("{}{rest}", self.settings);
        }
    }
}

/// Puts the settings into the pack; gives the places that were filled.
pub(super) fn fill(pack: &mut Node, settings: &Node, problems: &mut Vec<Problem>) -> Vec<Place> {
    let mut filling = Filling {
        problems,
        filled: Vec::new(),
    };
    let root = Place {
        pack: String::new(),
        settings: "settings".to_owned(),
    };
    filling.merge(pack, settings, &root);
    filling.filled
}

struct Filling<'p> {
    problems: &'p mut Vec<Problem>,
    filled: Vec<Place>,
}

impl Filling<'_> {
    fn refuse(&mut self, node: &Node, path: &str, code: Code, text: &str) {
        self.problems
            .push(Problem::new(node.line, path, code, text));
    }

    fn merge(&mut self, pack: &mut Node, settings: &Node, at: &Place) {
        match (&mut pack.value, &settings.value) {
            (Value::Table(old), Value::Table(new)) if new.contains_key("value") => {
                if old.remove("blank").is_some() {
                    self.number(old, new, at);
                    // A problem with the number is one of the settings now.
                    pack.line = settings.line;
                } else {
                    let text = "the contract states this number: only a blank can be filled";
                    self.refuse(settings, &at.settings, Code::BadValue, text);
                }
            }
            (Value::Table(old), Value::Table(new)) => self.tables(old, new, at),
            (Value::List(old), Value::List(new)) => self.lists(old, new, at),
            // Equal texts are the ids and names by which entries are found.
            (old, new) if same(old, new) => {}
            (_, _) => {
                let text = "settings may only hold values for blanks";
                self.refuse(settings, &at.settings, Code::BadValue, text);
            }
        }
    }

    /// Puts value and source in the place of the blank; the tests of its branch stay.
    fn number(
        &mut self,
        old: &mut BTreeMap<String, Node>,
        new: &BTreeMap<String, Node>,
        at: &Place,
    ) {
        for (key, node) in new {
            if key == "value" || key == "source" {
                old.insert(key.clone(), node.clone());
            } else {
                let text = "settings may only hold values for blanks";
                self.refuse(node, &at.key(key).settings, Code::UnknownKey, text);
            }
        }
        self.filled.push(at.clone());
    }

    fn tables(
        &mut self,
        old: &mut BTreeMap<String, Node>,
        new: &BTreeMap<String, Node>,
        at: &Place,
    ) {
        for (key, node) in new {
            let at = at.key(key);
            match old.get_mut(key) {
                Some(there) => self.merge(there, node, &at),
                None => {
                    let text = "the pack has no such place";
                    self.refuse(node, &at.settings, Code::UnknownKey, text);
                }
            }
        }
    }

    fn lists(&mut self, old: &mut [Node], new: &[Node], at: &Place) {
        for (index, node) in new.iter().enumerate() {
            let wanted = id(node);
            let there = match &wanted {
                Some(wanted) => old
                    .iter()
                    .position(|entry| id(entry).as_ref() == Some(wanted)),
                None => Some(index),
            };
            let entry = there.and_then(|there| Some((there, old.get_mut(there)?)));
            match entry {
                Some((there, entry)) => self.merge(entry, node, &at.index(there, index)),
                None => {
                    let text = "the pack has no such entry";
                    let path = at.index(index, index).settings;
                    self.refuse(node, &path, Code::UnknownId, text);
                }
            }
        }
    }
}

fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Text(old), Value::Text(new)) => old == new,
        (Value::Whole(old), Value::Whole(new)) => old == new,
        (Value::Truth(old), Value::Truth(new)) => old == new,
        (_, _) => false,
    }
}

fn id(node: &Node) -> Option<String> {
    let Value::Table(map) = &node.value else {
        return None;
    };
    match &map.get("id")?.value {
        Value::Text(id) => Some(id.clone()),
        Value::Whole(_) | Value::Truth(_) | Value::List(_) | Value::Table(_) => None,
    }
}
