//! Filling the blanks of a contract with an insurer's settings.
//!
//! Settings have the shape of the pack; entries of lists are found by their `id` (a tariff row or
//! branch by its place). Only a blank may be filled: a number of the contract stays.

use std::collections::BTreeMap;

use crate::rules::node::{Node, Value};
use crate::rules::problem::{Code, Problem};

pub(super) fn fill(pack: &mut Node, settings: &Node, problems: &mut Vec<Problem>) {
    merge(pack, settings, "settings", problems);
}

fn merge(pack: &mut Node, settings: &Node, path: &str, problems: &mut Vec<Problem>) {
    match (&mut pack.value, &settings.value) {
        (Value::Table(old), Value::Table(new)) if new.contains_key("value") => {
            if old.contains_key("blank") {
                old.clone_from(new);
            } else {
                let text = "the contract states this number: only a blank can be filled";
                problems.push(Problem::new(settings.line, path, Code::BadValue, text));
            }
        }
        (Value::Table(old), Value::Table(new)) => tables(old, new, path, problems),
        (Value::List(old), Value::List(new)) => lists(old, new, path, problems),
        // Equal texts are the ids and names by which entries are found.
        (old, new) if same(old, new) => {}
        (_, _) => {
            let text = "settings may only hold values for blanks";
            problems.push(Problem::new(settings.line, path, Code::BadValue, text));
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

fn tables(
    old: &mut BTreeMap<String, Node>,
    new: &BTreeMap<String, Node>,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    for (key, node) in new {
        let path = format!("{path}.{key}");
        match old.get_mut(key) {
            Some(there) => merge(there, node, &path, problems),
            None => {
                let text = "the pack has no such place";
                problems.push(Problem::new(node.line, &path, Code::UnknownKey, text));
            }
        }
    }
}

fn lists(old: &mut [Node], new: &[Node], path: &str, problems: &mut Vec<Problem>) {
    for (index, node) in new.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let wanted = id(node);
        let there = match &wanted {
            Some(wanted) => old
                .iter_mut()
                .find(|entry| id(entry).as_ref() == Some(wanted)),
            None => old.get_mut(index),
        };
        match there {
            Some(there) => merge(there, node, &path, problems),
            None => {
                let text = "the pack has no entry of that id";
                problems.push(Problem::new(node.line, &path, Code::UnknownId, text));
            }
        }
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
