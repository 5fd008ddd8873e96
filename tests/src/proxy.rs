//! A proxy on loopback that counts what passes it, headers included, by the path that it is for.
//!
//! It forwards bytes as they come and reads HTTP/1.1 along the way: requests one after the other,
//! bodies by their `Content-Length`. Nothing is held back, changed or shaped.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of requests and answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Requests.
    pub requests: u64,
    /// Bytes towards the hub, request lines and headers included.
    pub up: u64,
    /// Bytes from the hub, status lines and headers included.
    pub down: u64,
}

type Table = Arc<Mutex<BTreeMap<String, Counted>>>;

/// A running proxy; its threads end with the process.
#[derive(Debug)]
pub struct Proxy {
    /// What to connect to instead of the hub.
    pub url: String,
    counted: Table,
}

impl Proxy {
    /// Listens on loopback and forwards to `hub`.
    ///
    /// # Errors
    /// As the system refuses.
    pub fn start(hub: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let counted = Table::default();
        let table = Arc::clone(&counted);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(hub) {
                    // A connection that breaks is the client's to notice.
                    let _broken = forward(&client, &server, &table);
                }
            }
        });
        Ok(Self { url, counted })
    }

    /// What passed since the last time, by the path's first two words.
    pub fn take(&self) -> BTreeMap<String, Counted> {
        let mut table = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *table)
    }
}

fn forward(client: &TcpStream, server: &TcpStream, table: &Table) -> std::io::Result<()> {
    let path = Arc::new(Mutex::new(String::new()));
    for way in [Way::Up, Way::Down] {
        let (mut from, mut to) = match way {
            Way::Up => (client.try_clone()?, server.try_clone()?),
            Way::Down => (server.try_clone()?, client.try_clone()?),
        };
        let mut meter = Meter {
            way,
            table: Arc::clone(table),
            path: Arc::clone(&path),
            head: Vec::new(),
            body_left: 0,
        };
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(len) = from.read(&mut buffer) {
                let some = buffer.get(..len).unwrap_or_default();
                meter.read(some);
                if len == 0 || to.write_all(some).is_err() {
                    break;
                }
            }
            let _closed = to.shutdown(std::net::Shutdown::Write);
        });
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// Reads one way of one connection.
struct Meter {
    way: Way,
    table: Table,
    path: Arc<Mutex<String>>,
    head: Vec<u8>,
    body_left: u64,
}

impl Meter {
    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.body_left > 0 {
                self.body_left -= 1;
                self.count(0, 1);
                continue;
            }
            self.head.push(*byte);
            if self.head.ends_with(b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.head).into_owned();
                self.head.clear();
                if self.way == Way::Up {
                    let target = head.split(' ').nth(1).unwrap_or_default();
                    let path: Vec<&str> = target.split('/').take(3).collect();
                    *self.path.lock().unwrap_or_else(PoisonError::into_inner) = path.join("/");
                }
                self.body_left = content_length(&head);
                self.count(u64::from(self.way == Way::Up), head.len() as u64);
            }
        }
    }

    fn count(&self, requests: u64, bytes: u64) {
        let path = self.path.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let row = table.entry(path.clone()).or_default();
        row.requests += requests;
        match self.way {
            Way::Up => row.up += bytes,
            Way::Down => row.down += bytes,
        }
    }
}

fn content_length(head: &str) -> u64 {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}
