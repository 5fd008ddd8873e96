//! A weak link over real sockets: a relay on loopback that lets bytes through at the link's pace,
//! charges handshakes as TLS 1.3 does, and resets every connection after a while. Eight times as
//! fast as EDGE, with an engine whose clock runs as much faster. Its figures are printed, and only
//! that everything arrives is asked of them.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lossbook_cli::driver::{Patience, synchronise};
use lossbook_cli::http::Client;
use lossbook_core::store::StoreError;
use lossbook_hub::{Hub, ServeConfig, serve};

use super::goodput::{add_photo, quiet_world, report};
use super::link::Profile;
use super::stage::{Stage, hub_key};
use crate::kill::chance::Chance;

const HURRY: u32 = 8;
const BYTES_PER_S: u64 = 60_000 / 8 * HURRY as u64;
const RTT: Duration = Duration::from_millis(400 / HURRY as u64);
const LIFE: Duration = Duration::from_millis(20_000 / HURRY as u64);
/// What is let through at a time.
const SLICE: usize = 512;

/// What went up through the relay, answers not counted.
#[derive(Debug, Default)]
struct Relayed {
    up: AtomicU64,
    connections: AtomicU64,
    stop: AtomicBool,
}

/// Copies one direction at the link's pace until the connection's life is over.
fn pump(mut from: TcpStream, mut to: TcpStream, (begun, counted): (Instant, Option<&AtomicU64>)) {
    let mut slice = [0; SLICE];
    let mut ready = Instant::now();
    while let Ok(read) = from.read(&mut slice) {
        if read == 0 || begun.elapsed() > LIFE {
            break;
        }
        let takes = Duration::from_micros(read as u64 * 1_000_000 / BYTES_PER_S);
        ready = ready.max(Instant::now()) + takes;
        std::thread::sleep(ready.saturating_duration_since(Instant::now()));
        if begun.elapsed() > LIFE || to.write_all(&slice[..read]).is_err() {
            break;
        }
        if let Some(counted) = counted {
            counted.fetch_add(read as u64, Ordering::Relaxed);
        }
    }
    // Whoever closes one way closes both: a reset spares nobody.
    let _both_may_be_gone = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn relay(client: TcpStream, hub: SocketAddr, relayed: &Relayed) -> std::io::Result<()> {
    relayed.connections.fetch_add(1, Ordering::Relaxed);
    // One round trip for TCP, one for TLS 1.3; then half of one for each way of every exchange.
    std::thread::sleep(RTT * 2);
    let begun = Instant::now();
    let upstream = TcpStream::connect(hub)?;
    let (client_up, upstream_down) = (client.try_clone()?, upstream.try_clone()?);
    let closing = (client.try_clone()?, upstream.try_clone()?);
    std::thread::scope(|scope| {
        scope.spawn(|| pump(client_up, upstream, (begun, Some(&relayed.up))));
        scope.spawn(|| {
            let delayed = (begun, None);
            pump(upstream_down, client, delayed);
        });
        scope.spawn(move || {
            std::thread::sleep(LIFE);
            let _gone = (
                closing.0.shutdown(Shutdown::Both),
                closing.1.shutdown(Shutdown::Both),
            );
        });
    });
    Ok(())
}

fn listen(hub: SocketAddr) -> std::io::Result<(SocketAddr, Arc<Relayed>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let addr = listener.local_addr()?;
    let relayed = Arc::new(Relayed::default());
    let shared = Arc::clone(&relayed);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if shared.stop.load(Ordering::Relaxed) {
                return;
            }
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || relay(client, hub, &shared));
        }
    });
    Ok((addr, relayed))
}

#[test]
fn photos_arrive_over_real_sockets_on_a_link_that_breaks_every_twenty_seconds() {
    let stage = Stage::new();
    let world = quiet_world(&stage, Profile::WIFI);
    let case = report(&world);
    let mut chance = Chance::of(77);
    for _ in 0..3 {
        add_photo(&world, &case, (&mut chance, 200_000));
    }
    let folder = super::stage::scratch();
    stage.set(folder.path(), &[]);
    let hub = Hub::open(&folder.path().join("hub"), &hub_key()).expect("the hub");
    let serving = serve(hub, &ServeConfig::default()).expect("it listens");
    let (addr, relayed) = listen(serving.addr).expect("a relay");
    let client = Client::new(&format!("http://{addr}"), None).expect("a client");
    let patience = Patience {
        without_progress: Duration::from_secs(60),
        hurry: HURRY,
        link: lossbook_cli::driver::UNMETERED,
    };
    let device = world.phones[0].device();
    let begun = Instant::now();
    let outcome = synchronise(device, &client, patience, &mut |_| {}).expect("everything sent");
    let took = begun.elapsed();
    assert_eq!(outcome.broken, Vec::<String>::new(), "no photo is given up");
    let rows = device.store().transact(|tx| {
        let sql = "SELECT count(*), sum(len), sum(sent) FROM blob WHERE own = 1";
        let row = tx.sql().query_row(sql, [], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
        Ok::<_, StoreError>(row)
    });
    let (blobs, bytes, sent) = rows.expect("rows");
    assert_eq!(blobs, sent, "every photo arrived");
    let bytes = u64::try_from(bytes).expect("a length");
    let could = BYTES_PER_S * u64::try_from(took.as_millis()).expect("short") / 1_000;
    let up = relayed.up.load(Ordering::Relaxed);
    println!(
        "EDGE with resets over real sockets, {HURRY} times as fast: {bytes} bytes in {:.1} s over {} connections, goodput {} per mille, sent beyond them {} per mille",
        took.as_secs_f64(),
        relayed.connections.load(Ordering::Relaxed),
        bytes * 1_000 / could,
        up.saturating_sub(bytes) * 1_000 / bytes,
    );
    relayed.stop.store(true, Ordering::Relaxed);
    serving.stop();
}
