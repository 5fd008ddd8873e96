//! A phone's store as a finder with its key sees it: every page of database and log decrypted, used
//! or free, every row, and the folder of photos.

use std::path::{Path, PathBuf};

use aes::Aes256Dec;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use lossbook_core::domain::ScopeId;
use lossbook_core::store::rusqlite::Connection;

const PAGE: usize = 4_096;
/// Behind each page: its initialisation vector and its HMAC-SHA256.
const RESERVED: usize = 48;
const SALT: usize = 16;
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

pub(super) struct RawStore {
    pages: Vec<u8>,
    files: Vec<PathBuf>,
    home: PathBuf,
    key: [u8; 32],
}

impl RawStore {
    pub(super) fn read(home: &Path, key: &[u8; 32]) -> Self {
        let cipher = Aes256Dec::new(key.into());
        let mut pages = Vec::new();
        let database = std::fs::read(home.join("store.db")).unwrap();
        for (number, page) in database.chunks(PAGE).enumerate() {
            let salt = if number == 0 { SALT } else { 0 };
            pages.extend(decrypted(&cipher, page, salt));
        }
        let log = std::fs::read(home.join("store.db-wal")).unwrap_or_default();
        for frame in log
            .get(WAL_HEADER..)
            .unwrap_or_default()
            .chunks(FRAME_HEADER + PAGE)
        {
            let page = frame.get(FRAME_HEADER..).unwrap_or_default();
            let number = frame.get(..4).unwrap_or_default();
            let salt = if number == [0, 0, 0, 1] { SALT } else { 0 };
            pages.extend(decrypted(&cipher, page, salt));
        }
        let mut files = Vec::new();
        for folder in std::fs::read_dir(home.join("blobs")).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                files.push(file.unwrap().path());
            }
        }
        Self {
            pages,
            files,
            home: home.to_owned(),
            key: *key,
        }
    }

    pub(super) fn holds(&self, text: &[u8]) -> bool {
        self.pages.windows(text.len()).any(|part| part == text)
    }

    pub(super) fn files(&self) -> usize {
        self.files.len()
    }

    fn open(&self) -> Connection {
        let connection = Connection::open(self.home.join("store.db")).unwrap();
        let hex: String = self.key.iter().map(|byte| format!("{byte:02x}")).collect();
        connection
            .execute_batch(&format!(
                "PRAGMA key = \"x'{hex}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"
            ))
            .unwrap();
        connection
    }

    /// Every scope that any row of any table with such a column belongs to, but the device's own.
    pub(super) fn scopes_in_rows(&self) -> Vec<ScopeId> {
        let connection = self.open();
        let own: Vec<u8> = connection
            .query_row("SELECT device FROM identity", [], |row| row.get(0))
            .unwrap();
        let own = lossbook_core::domain::DeviceId::from_slice(&own).unwrap();
        let everywhere = lossbook_core::chain::EVERYWHERE;
        let mut tables = connection
            .prepare("SELECT m.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c ON c.name = 'scope' WHERE m.type = 'table'")
            .unwrap();
        let tables: Vec<String> = tables
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(tables.len() > 8, "{tables:?}");
        let mut scopes = Vec::new();
        for table in tables {
            let mut select = connection
                .prepare(&format!("SELECT DISTINCT scope FROM {table}"))
                .unwrap();
            let rows: Vec<Vec<u8>> = select
                .query_map([], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            scopes.extend(rows.iter().filter_map(|id| ScopeId::from_slice(id)));
        }
        scopes.retain(|scope| *scope != ScopeId::private_of(own) && *scope != everywhere);
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }

    pub(super) fn integrity_holds(&self) -> bool {
        let connection = self.open();
        let word = |sql: &str| -> String {
            let mut select = connection.prepare(sql).unwrap();
            let words: Vec<String> = select
                .query_map([], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            words.join(", ")
        };
        word("PRAGMA integrity_check") == "ok" && word("PRAGMA cipher_integrity_check").is_empty()
    }
}

/// AES-256-CBC as SQLCipher uses it; a page that was never written stays what it is.
fn decrypted(cipher: &Aes256Dec, page: &[u8], salt: usize) -> Vec<u8> {
    if page.len() != PAGE {
        return Vec::new();
    }
    let (body, tail) = page.split_at(PAGE - RESERVED);
    let mut before: [u8; 16] = tail[..16].try_into().unwrap();
    let mut plain = Vec::with_capacity(body.len());
    for block in body[salt..].chunks_exact(16) {
        let block: [u8; 16] = block.try_into().unwrap();
        let mut opened = block.into();
        cipher.decrypt_block(&mut opened);
        plain.extend(opened.iter().zip(before).map(|(byte, mask)| byte ^ mask));
        before = block;
    }
    plain
}
