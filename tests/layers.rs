//! Holds `core` to its arrows: who may use whom, and what nobody there may name.
//!
//! Input: every `.rs` file below `core/src`. Output: a failed test that lists each file, line and
//! path that breaks a rule. A room may use every room of the groups before its own, and none of
//! its own group; `lib.rs` names them all and is exempt. The planted texts at the end show that
//! each rule can fail.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use lossbook_tests::source::{NamedPath, Reach, SourceFile, read_crate};

/// The rooms of `core`, group by group: arrows lead from right to left only.
const GROUPS: &[&[&str]] = &[
    &["domain"],
    &["evidence", "rules", "record", "vault"],
    &["statement", "chain"],
    &["store", "sync"],
    &["app"],
];

/// Paths that no room may name, and why.
const FORBIDDEN: &[(&[&str], &str)] = &[
    (&["std", "net"], "core has no socket"),
    (&["std", "thread"], "core starts no threads and never waits"),
    (&["SystemTime", "now"], "time comes from the host"),
    (&["Instant", "now"], "time comes from the host"),
];

/// The source of `core`; an empty list is no answer, because it would satisfy every rule.
fn core_files() -> io::Result<Vec<SourceFile>> {
    let files = read_crate(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/src"))?;
    if files.is_empty() {
        Err(io::Error::other("core/src holds no source"))
    } else {
        Ok(files)
    }
}

fn group_of(room: &str) -> Option<usize> {
    GROUPS.iter().position(|group| group.contains(&room))
}

fn problems_of(
    files: &[SourceFile],
    judge: impl Fn(&SourceFile, &NamedPath) -> Option<String>,
) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files {
        for path in file.paths() {
            if let Some(problem) = judge(file, &path) {
                problems.push(format!(
                    "{}:{}: {}: {problem}",
                    file.name,
                    path.line,
                    path.segments.join("::")
                ));
            }
        }
    }
    problems
}

fn wrong_arrow(file: &SourceFile, path: &NamedPath) -> Option<String> {
    let room = file.room()?;
    let own_group = group_of(room);
    let target = match &path.reach {
        Reach::Near => return None,
        Reach::Root => {
            return Some("names the crate root as a whole, which hides the arrow".to_owned());
        }
        Reach::Item(item) => item.as_str(),
    };
    if target == room {
        return None;
    }
    match (own_group, group_of(target)) {
        (Some(own), Some(other)) if other < own => None,
        (Some(_), Some(_)) => Some(format!("{room} may not use {target}")),
        (Some(_), None) => Some(format!("{target} is no room")),
        (None, _) => Some(format!("{room} is no room: give it its place in GROUPS")),
    }
}

fn forbidden_name(_file: &SourceFile, path: &NamedPath) -> Option<String> {
    let names = |words: &&(&[&str], &str)| {
        path.segments
            .windows(words.0.len())
            .any(|part| part == words.0)
    };
    FORBIDDEN
        .iter()
        .find(names)
        .map(|(_, why)| (*why).to_owned())
}

fn sqlite_outside_store(file: &SourceFile, path: &NamedPath) -> Option<String> {
    let names_it = path
        .segments
        .first()
        .is_some_and(|first| first == "rusqlite");
    (names_it && file.room() != Some("store")).then(|| "only store speaks to SQLite".to_owned())
}

/// Rooms without a root file that begins by saying what they own; files that belong to no room.
fn silent_rooms(files: &[SourceFile]) -> Vec<String> {
    let rooms: BTreeSet<&str> = files.iter().filter_map(SourceFile::room).collect();
    let has_doc = |room: &&str| {
        files
            .iter()
            .any(|file| file.module == [*room] && file.text.starts_with("//!"))
    };
    rooms
        .into_iter()
        .filter(|room| group_of(room).is_none() || !has_doc(room))
        .map(str::to_owned)
        .collect()
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn a_room_of_core_uses_only_rooms_of_earlier_groups() {
    assert_none(&problems_of(&core_files().expect("core/src"), wrong_arrow));
}

#[test]
fn core_names_no_socket_thread_or_clock() {
    assert_none(&problems_of(
        &core_files().expect("core/src"),
        forbidden_name,
    ));
}

#[test]
fn only_the_store_of_core_speaks_to_sqlite() {
    assert_none(&problems_of(
        &core_files().expect("core/src"),
        sqlite_outside_store,
    ));
}

#[test]
fn every_room_of_core_is_known_and_says_what_it_owns() {
    assert_none(&silent_rooms(&core_files().expect("core/src")));
}

/// The same rules on planted texts: each must be able to fail.
mod planted {
    use super::*;

    fn arrows(name: &str, text: &str) -> Vec<String> {
        problems_of(&[SourceFile::planted(name, text)], wrong_arrow)
    }

    #[track_caller]
    fn refused(name: &str, text: &str) {
        assert_eq!(arrows(name, text).len(), 1, "{text}");
    }

    #[track_caller]
    fn allowed(name: &str, text: &str) {
        assert_eq!(arrows(name, text), Vec::<String>::new(), "{text}");
    }

    #[test]
    fn an_arrow_to_an_earlier_group_is_allowed() {
        allowed(
            "store/blobs.rs",
            "use crate::domain::Digest; use crate::vault; use crate::chain::{Header, Seal};",
        );
        allowed("chain.rs", "use crate::record::Change;");
        allowed(
            "app.rs",
            "use crate::{store, sync::{Step, self}, domain::*};",
        );
    }

    #[test]
    fn an_arrow_to_a_later_group_is_refused() {
        refused("domain/id.rs", "use crate::store::Store;");
        refused("vault.rs", "fn f() -> crate::chain::Header { todo() }");
    }

    #[test]
    fn an_arrow_inside_a_group_is_refused() {
        refused("sync.rs", "use crate::store::Store;");
        refused("store/open.rs", "use crate::sync;");
        refused("statement.rs", "use crate::chain::Seal;");
        refused("evidence/exif.rs", "use crate::record::Change;");
    }

    #[test]
    fn a_path_outside_use_is_seen() {
        refused("record.rs", "fn f() { let x = crate::app::run::<u8>(); }");
        refused("record.rs", "fn f(x: &Vec<crate::app::App>) {}");
        refused(
            "record.rs",
            "impl From<u8> for Box<dyn crate::app::Trait> {}",
        );
        refused(
            "record.rs",
            "macro_rules! m { () => { $crate::app::run() } }",
        );
        refused("record.rs", "#[derive(crate::app::Thing)] struct S;");
    }

    #[test]
    fn a_member_of_a_group_is_seen() {
        refused("record.rs", "use crate::{domain::Digest, app::App};");
        refused(
            "record.rs",
            "use crate::{domain::{Digest, cbor::{self, Value as V}}, app::{self}};",
        );
        refused("record.rs", "use crate::{\n  domain as d,\n  app as a,\n};");
        refused("record.rs", "use {crate::domain, crate::app};");
    }

    #[test]
    fn an_escape_by_super_is_seen() {
        refused("record.rs", "use super::app::App;");
        refused("record/write.rs", "use super::super::app;");
        refused(
            "record/write.rs",
            "fn f() { self::super::super::app::run() }",
        );
        refused(
            "record/write.rs",
            "mod tests { fn f() { super::super::super::app::run() } }",
        );
        refused(
            "record/write/mod.rs",
            "use super::super::{app::App, domain};",
        );
    }

    #[test]
    fn super_inside_a_room_stays_there() {
        allowed("record/write.rs", "use super::app::App;");
        allowed("record.rs", "mod tests { use super::*; use super::app; }");
        allowed(
            "record.rs",
            "mod a { mod b { use super::super::app; } } mod c { use super::app; }",
        );
        allowed(
            "record.rs",
            "pub(crate) fn f() {} pub(super) fn g() {} pub(in crate::app) fn h() {}",
        );
    }

    #[test]
    fn an_inline_module_ends_with_its_brace() {
        refused(
            "record.rs",
            "mod a { fn f() { if x { y() } } } use super::app;",
        );
    }

    #[test]
    fn the_crate_root_as_a_whole_is_refused() {
        refused("record.rs", "use crate::*;");
        refused("record.rs", "use super::*;");
        refused("record.rs", "use crate as root;");
        refused("record.rs", "use crate::{self as root, domain};");
    }

    #[test]
    fn what_is_no_room_is_refused() {
        refused("record.rs", "use crate::helpers::thing;");
        refused("helpers.rs", "use crate::domain;");
        assert_eq!(
            silent_rooms(&[SourceFile::planted("helpers.rs", "//! Here.\n")]),
            ["helpers"]
        );
    }

    #[test]
    fn comments_and_strings_name_nothing() {
        allowed(
            "record.rs",
            "//! [`crate::app`]\n/* crate::app /* crate::app */ */ /// crate::app\nfn f() {}",
        );
        allowed(
            "record.rs",
            r##"const A: &str = "crate::app \" crate::app"; const B: &str = r#"crate::app " "#;"##,
        );
        refused(
            "record.rs",
            "const A: char = '\"'; use crate::app; const B: char = '\"';",
        );
        refused(
            "record.rs",
            "fn f<'a>(x: &'a str) { crate::app::run('\\'') }",
        );
    }

    #[test]
    fn the_crate_root_file_names_every_room() {
        allowed(
            "lib.rs",
            "pub mod domain; pub use crate::app::App; pub use self::store::Store;",
        );
    }

    #[test]
    fn sockets_threads_and_clocks_are_refused_everywhere() {
        let texts = [
            "use std::net::TcpStream;",
            "use std::{fmt, net::{IpAddr}};",
            "fn f() -> ::std::net::IpAddr { g() }",
            "fn f() { ::std::thread::yield_now() }",
            "fn f() { std::thread::sleep(x) }",
            "fn f() { SystemTime::now(); }",
            "fn f() { std::time::Instant::now(); }",
        ];
        for text in texts {
            let found = problems_of(&[SourceFile::planted("sync.rs", text)], forbidden_name);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
        }
        let fine =
            "use std::time::Duration; fn f(h: &dyn Host) { h.now(); let net = std::fmt::Error; }";
        assert_none(&problems_of(
            &[SourceFile::planted("sync.rs", fine)],
            forbidden_name,
        ));
    }

    #[test]
    fn sqlite_is_refused_outside_the_store() {
        for text in [
            "use rusqlite::Connection;",
            "use rusqlite as sql;",
            "fn f(c: &rusqlite::Connection) {}",
        ] {
            let judge = |name: &str| {
                problems_of(&[SourceFile::planted(name, text)], sqlite_outside_store).len()
            };
            assert_eq!(
                (judge("app.rs"), judge("store.rs"), judge("store/open.rs")),
                (1, 0, 0),
                "{text}"
            );
        }
    }

    #[test]
    fn a_room_that_says_nothing_is_refused() {
        let silent = [
            SourceFile::planted("record.rs", "use x;"),
            SourceFile::planted("record/write.rs", "//! Doc."),
        ];
        assert_eq!(silent_rooms(&silent), ["record"]);
        assert_eq!(
            silent_rooms(&[SourceFile::planted("record/mod.rs", "//! Owns.\n")]),
            Vec::<String>::new()
        );
    }
}
