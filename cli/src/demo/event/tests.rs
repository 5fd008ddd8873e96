//! What the log of a busy hub says, and what it must never say.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};

use lossbook_hub::meta::in_tx;
use lossbook_hub::{Hub, HubKey};

use super::plan::Plan;
use super::play;
use super::set::Set;
use crate::hub::LogForm;

#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Every word that somebody wrote: names, places, plates, numbers and texts of all cases.
fn written(hub: &Hub) -> BTreeSet<String> {
    let all = in_tx(hub.store(), |tx| {
        let mut all = BTreeSet::new();
        for (case, _) in tx.all_heads()? {
            let standing = tx.case_standing(case)?.unwrap();
            for (_, field) in standing.record.all_fields() {
                all.extend(field.standing().iter().map(|one| one.value.to_string()));
            }
        }
        for (device, _) in tx.all_devices()? {
            all.extend(tx.people(device)?.into_iter().map(|(name, _)| name));
        }
        all.extend(tx.named_scopes()?.into_iter().map(|scope| scope.name));
        all.extend(tx.office_users()?.into_iter().map(|user| user.name));
        Ok(all)
    });
    let is_telling = |word: &String| {
        // The log has times of its own.
        let is_date = word.starts_with("202") && word.contains('-');
        let is_chinese = word.chars().any(|one| one >= '\u{4e00}');
        is_chinese || (!is_date && word.len() >= 8 && word.chars().any(|one| one.is_ascii_digit()))
    };
    all.unwrap().into_iter().filter(is_telling).collect()
}

#[test]
fn the_log_of_a_whole_event_is_json_and_says_no_name_place_plate_or_number() {
    let pages = Pages::default();
    let to = pages.clone();
    LogForm::Json.begin(move || to.clone());
    let dir = tempfile::tempdir().unwrap();
    let mut set = Set::build(dir.path(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let plan = Plan::of(12, set.clock.present());
    play(&mut set, &plan, &mut |_| {}).unwrap();
    let data = dir.path().join("hub");
    let key = HubKey::read(&HubKey::default_path(&data)).unwrap();
    let words = written(&Hub::open_beside(&data, &key).unwrap());
    let log = String::from_utf8(pages.0.lock().unwrap().clone()).unwrap();
    assert!(log.lines().count() > 30, "it logs: {log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
    assert!(words.len() > 50, "{words:?}");
    // In JSON no letter of Chinese is escaped, so words are found as they are.
    let told: Vec<&String> = words
        .iter()
        .filter(|word| log.contains(word.as_str()))
        .collect();
    assert_eq!(told, Vec::<&String>::new());
}
