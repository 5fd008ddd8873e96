//! A bad mobile link on loopback: counts bytes, cuts connections, loses the network.
//!
//! Phones talk to its address; it passes bytes on to the hub as long as its weather allows.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Never cut.
const UNLIMITED: u64 = u64::MAX;

#[derive(Debug, Default)]
struct Weather {
    /// Bytes that each connection may carry upwards before it is cut.
    per_connection: AtomicU64,
    /// Bytes that may still go upwards in all before the network is lost.
    left: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
    cuts: AtomicU64,
    connections: AtomicU64,
    ended: AtomicBool,
}

/// The link between phones and hub.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) url: String,
    addr: SocketAddr,
    weather: Arc<Weather>,
    thread: Option<JoinHandle<()>>,
}

/// What was counted so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) up: u64,
    pub(super) down: u64,
    pub(super) cuts: u64,
}

impl Link {
    /// A link to the hub at `target`, with the network down.
    pub(super) fn open(target: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let addr = listener.local_addr()?;
        let weather = Arc::new(Weather::default());
        let shared = Arc::clone(&weather);
        let thread = std::thread::spawn(move || {
            for client in listener.incoming() {
                if shared.ended.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(client) = client else { continue };
                let weather = Arc::clone(&shared);
                std::thread::spawn(move || carry(&client, target, &weather));
            }
        });
        Ok(Self {
            url: format!("http://{addr}"),
            addr,
            weather,
            thread: Some(thread),
        })
    }

    /// Nothing passes.
    pub(super) fn lose(&self) {
        self.weather.left.store(0, Ordering::Relaxed);
    }

    /// A short window: `bytes` go up, then the network is gone.
    pub(super) fn window(&self, bytes: u64) {
        self.weather
            .per_connection
            .store(UNLIMITED, Ordering::Relaxed);
        self.weather.left.store(bytes, Ordering::Relaxed);
    }

    /// Connections break after about this many bytes, again and again.
    pub(super) fn weak(&self, per_connection: u64) {
        self.weather
            .per_connection
            .store(per_connection, Ordering::Relaxed);
        self.weather.left.store(UNLIMITED, Ordering::Relaxed);
    }

    /// Everything passes.
    pub(super) fn good(&self) {
        self.window(UNLIMITED);
    }

    pub(super) fn counted(&self) -> Counted {
        Counted {
            up: self.weather.up.load(Ordering::Relaxed),
            down: self.weather.down.load(Ordering::Relaxed),
            cuts: self.weather.cuts.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.weather.ended.store(true, Ordering::Relaxed);
        // One last connection wakes the listener so that it sees the end.
        let _woken = TcpStream::connect_timeout(&self.addr, Duration::from_secs(1));
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// Carries one connection until either side ends it or the weather does.
fn carry(client: &TcpStream, target: SocketAddr, weather: &Arc<Weather>) {
    if weather.left.load(Ordering::Relaxed) == 0 {
        return;
    }
    let Ok(hub) = TcpStream::connect(target) else {
        return;
    };
    let (Ok(from_hub), Ok(to_client)) = (hub.try_clone(), client.try_clone()) else {
        return;
    };
    let shared = Arc::clone(weather);
    let back = std::thread::spawn(move || pour(from_hub, to_client, &shared));
    let number = weather.connections.fetch_add(1, Ordering::Relaxed);
    if pass_up(client, &hub, weather, number) == End::Cut {
        weather.cuts.fetch_add(1, Ordering::Relaxed);
    }
    for end in [client, &hub] {
        // Either side may be closed already.
        let _closed = end.shutdown(Shutdown::Both);
    }
    let _ended = back.join();
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Closed,
    Cut,
}

/// Passes bytes to the hub; breaks off within its allowance, at any byte.
fn pass_up(mut client: &TcpStream, mut hub: &TcpStream, weather: &Weather, number: u64) -> End {
    let mut buffer = [0; 16 * 1024];
    let base = weather.per_connection.load(Ordering::Relaxed);
    // Uneven on purpose: two thirds to four thirds, so that cuts fall on any byte.
    let mut allowance = if base == UNLIMITED {
        UNLIMITED
    } else {
        base / 3 * 2 + (number * 7_919) % (base / 3 * 2).max(1)
    };
    loop {
        let Ok(read) = client.read(&mut buffer) else {
            return End::Closed;
        };
        let left = weather.left.load(Ordering::Relaxed);
        let may = allowance.min(left).min(read as u64);
        let pass = buffer
            .get(..usize::try_from(may).unwrap_or(0))
            .unwrap_or_default();
        if hub.write_all(pass).is_err() || read == 0 {
            return End::Closed;
        }
        weather.up.fetch_add(may, Ordering::Relaxed);
        allowance = if allowance == UNLIMITED {
            UNLIMITED
        } else {
            allowance - may
        };
        if left != UNLIMITED {
            weather.left.fetch_sub(may, Ordering::Relaxed);
        }
        if may < read as u64 {
            return End::Cut;
        }
    }
}

/// Passes bytes back to the phone.
fn pour(mut from: TcpStream, mut to: TcpStream, weather: &Weather) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        let bytes = buffer.get(..read).unwrap_or_default();
        if read == 0 || to.write_all(bytes).is_err() {
            break;
        }
        weather.down.fetch_add(read as u64, Ordering::Relaxed);
    }
    let _closed = to.shutdown(Shutdown::Both);
}
