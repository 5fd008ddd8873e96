//! The log beside a store (`store.db-wal`), looked through frame by frame without the key.
//!
//! SQLite takes a log up to the first frame whose checksum fails and treats what follows as never
//! written. That is right for the end of a log that a power cut tore off; in the middle it would
//! drop what was saved, and say nothing. So a log is looked through before anything opens it.
//!
//! A frame is damaged if the index of the log (`store.db-shm`) counts it as committed. Without an
//! index of this log, it is if a later frame is whole and ends a transaction, for that was written
//! when all before it was synced.
//!
//! Refuses: to change anything, and to judge the end of a log that nothing speaks for.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use super::Store;
use super::error::StoreError;

/// Sizes of the file format, <https://www.sqlite.org/walformat.html>.
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// What every store of ours has; said by the header, unless that is what is damaged.
const PAGE: usize = 4096;
const LARGEST_PAGE: usize = 65_536;
/// The last bit of the magic number says in which order checksums read their words.
const MAGIC_BIG_ENDIAN: u32 = 0x377f_0683;
/// A frame that is just being written is whole when it is read once more.
const PAUSE: Duration = Duration::from_millis(100);

/// Two running sums, as the format has them.
type Sums = (u32, u32);

impl Store {
    /// What of the log of the store in `home` is not what was written: `store.db-wal frame 3`.
    /// Nothing if there is no log. Whoever writes in the store goes on; `wait` lets time pass.
    ///
    /// # Errors
    /// If the log could not be read.
    pub fn damaged_log(home: &Path, wait: impl Fn(Duration)) -> Result<Vec<String>, StoreError> {
        let mut found = look(home)?;
        if !found.is_empty() {
            wait(PAUSE);
            let again = look(home)?;
            found.retain(|one| again.contains(one));
        }
        Ok(found)
    }
}

fn look(home: &Path) -> Result<Vec<String>, StoreError> {
    let name = "store.db-wal";
    let file = match File::open(home.join(name)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut log = BufReader::new(file);
    let Some(header) = filled(&mut log, HEADER)? else {
        return Ok(Vec::new());
    };
    let header = Header::parse(&header);
    let committed = committed(home, &header);
    let seen = frames(&mut log, &header)?;
    let is_used = seen.last_commit > 0 || committed.is_some_and(|frames| frames > 0);
    let mut found = Vec::new();
    if !header.is_whole && is_used {
        found.push(format!("{name} header"));
    }
    // Behind what is committed lie frames of transactions that were given up: they prove nothing.
    let last = committed.unwrap_or(seen.last_commit);
    let is_damaged = |frame: &&u64| **frame <= last;
    let damaged = seen.broken.iter().filter(is_damaged);
    found.extend(damaged.map(|frame| format!("{name} frame {frame}")));
    if seen.count < last {
        found.push(format!("{name} frame {}", seen.count + 1));
    }
    Ok(found)
}

/// How checksums read their words.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// The beginning of a log.
struct Header {
    is_whole: bool,
    order: Order,
    page: usize,
    salts: Vec<u8>,
    sums: Sums,
}

impl Header {
    fn parse(bytes: &[u8]) -> Self {
        let order = if word(bytes, 0) == MAGIC_BIG_ENDIAN {
            Order::Big
        } else {
            Order::Little
        };
        let sums = (word(bytes, 24), word(bytes, 28));
        let counted = summed((0, 0), bytes.get(..24).unwrap_or_default(), order);
        let is_whole = counted == sums;
        let said = usize::try_from(word(bytes, 8)).unwrap_or(PAGE);
        let is_size = said.is_power_of_two() && (512..=LARGEST_PAGE).contains(&said);
        Self {
            is_whole,
            order,
            page: if is_whole && is_size { said } else { PAGE },
            salts: bytes.get(16..24).unwrap_or_default().to_vec(),
            sums,
        }
    }
}

/// What was seen of the frames, numbered from 1.
#[derive(Default)]
struct Seen {
    count: u64,
    last_commit: u64,
    broken: Vec<u64>,
}

fn frames(log: &mut impl Read, header: &Header) -> Result<Seen, StoreError> {
    let mut seen = Seen::default();
    let mut before = header.sums;
    let mut salts = header.salts.clone();
    while let Some(frame) = filled(log, FRAME_HEADER + header.page)? {
        seen.count += 1;
        let (head, page) = frame.split_at_checked(FRAME_HEADER).unwrap_or_default();
        let own = head.get(8..16).unwrap_or_default();
        if !header.is_whole && seen.count == 1 {
            // The header may have lost its salts; every frame repeats them.
            own.clone_into(&mut salts);
        }
        let start = head.get(..8).unwrap_or_default();
        let sums = summed(before, start, header.order);
        let sums = summed(sums, page, header.order);
        before = (word(head, 16), word(head, 20));
        let is_whole = own == salts && sums == before;
        let is_end = word(head, 4) != 0;
        match (is_whole, is_end) {
            (true, true) => seen.last_commit = seen.count,
            (true, false) => {}
            (false, _) => seen.broken.push(seen.count),
        }
    }
    Ok(seen)
}

/// How many frames the index counts as committed; nothing if it speaks of another log or of none.
fn committed(home: &Path, header: &Header) -> Option<u64> {
    let index = fs::read(home.join("store.db-shm")).unwrap_or_default();
    let (first, second) = (index.get(..48), index.get(48..96));
    let same = first.filter(|first| Some(*first) == second);
    let of_this = same.filter(|first| first.get(32..40) == Some(header.salts.as_slice()));
    let count = of_this?.get(16..20)?.try_into().ok()?;
    Some(u64::from(u32::from_ne_bytes(count)))
}

/// So many bytes; nothing at the end, or where it was torn off.
fn filled(from: &mut impl Read, len: usize) -> Result<Option<Vec<u8>>, StoreError> {
    let mut bytes = vec![0; len];
    match from.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Four bytes as the format writes its own numbers.
fn word(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at.saturating_add(4));
    let four = four.and_then(|four| four.try_into().ok());
    four.map_or(0, u32::from_be_bytes)
}

fn summed((mut first, mut second): Sums, bytes: &[u8], order: Order) -> Sums {
    let read = |four: &[u8]| {
        let four = four.try_into().unwrap_or_default();
        match order {
            Order::Big => u32::from_be_bytes(four),
            Order::Little => u32::from_le_bytes(four),
        }
    };
    for pair in bytes.chunks_exact(8) {
        let (left, right) = pair.split_at_checked(4).unwrap_or_default();
        first = first.wrapping_add(read(left)).wrapping_add(second);
        second = second.wrapping_add(read(right)).wrapping_add(first);
    }
    (first, second)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a damaged file is made by hand")]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// A folder with a log of some committed rows, as a killed process leaves it.
    fn killed() -> tempfile::TempDir {
        let (writing, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let sql = Connection::open(writing.path().join("store.db")).unwrap();
        sql.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
             CREATE TABLE t (a TEXT);",
        )
        .unwrap();
        for row in 0..6 {
            sql.execute("INSERT INTO t VALUES (?1)", [row]).unwrap();
        }
        for name in ["store.db", "store.db-wal", "store.db-shm"] {
            fs::copy(writing.path().join(name), left.path().join(name)).unwrap();
        }
        left
    }

    fn found(home: &Path) -> Vec<String> {
        Store::damaged_log(home, |_| ()).unwrap()
    }

    #[test]
    fn a_log_as_it_was_written_is_good_also_without_its_last_bytes_or_its_index() {
        let home = killed();
        assert_eq!(found(home.path()), Vec::<String>::new());
        fs::remove_file(home.path().join("store.db-shm")).unwrap();
        let log = home.path().join("store.db-wal");
        let bytes = fs::read(&log).unwrap();
        fs::write(&log, &bytes[..bytes.len() - 100]).unwrap();
        assert_eq!(found(home.path()), Vec::<String>::new());
    }

    #[test]
    fn one_flipped_bit_anywhere_in_a_log_is_found() {
        let home = killed();
        let log = home.path().join("store.db-wal");
        let good = fs::read(&log).unwrap();
        let whole = HEADER + (good.len() - HEADER) / (FRAME_HEADER + PAGE) * (FRAME_HEADER + PAGE);
        assert_eq!(good.len(), whole);
        for at in (0..good.len()).step_by(61).chain(0..HEADER) {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            fs::write(&log, bad).unwrap();
            let frame = match at.checked_sub(HEADER) {
                None => "store.db-wal header".to_owned(),
                Some(into) => format!("store.db-wal frame {}", into / (FRAME_HEADER + PAGE) + 1),
            };
            assert!(found(home.path()).contains(&frame), "byte {at}: {frame}");
        }
    }

    #[test]
    fn without_the_index_a_bit_before_the_last_transaction_is_found() {
        let home = killed();
        fs::remove_file(home.path().join("store.db-shm")).unwrap();
        let log = home.path().join("store.db-wal");
        let mut bytes = fs::read(&log).unwrap();
        bytes[HEADER + FRAME_HEADER + 7] ^= 1;
        fs::write(&log, bytes).unwrap();
        assert_eq!(found(home.path()), ["store.db-wal frame 1"]);
    }

    #[test]
    fn committed_frames_that_were_cut_off_are_missed() {
        let home = killed();
        let log = home.path().join("store.db-wal");
        let bytes = fs::read(&log).unwrap();
        fs::write(&log, &bytes[..HEADER + 2 * (FRAME_HEADER + PAGE)]).unwrap();
        assert_eq!(found(home.path()), ["store.db-wal frame 3"]);
    }

    #[test]
    fn a_store_without_a_log_has_none_that_is_damaged() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(found(home.path()), Vec::<String>::new());
    }
}
