//! `lossbook device peer`: a meeting with another phone over TCP or over standard input and output.
//!
//! A thread reads what the other side sends; this one steps the session and writes. Whatever breaks
//! the line, what was taken is in the store, and the next meeting goes on from there.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use lossbook_core::app::bundle::Imported;
use lossbook_core::app::{AppError, Device, PhonePeer};
use lossbook_core::sync::peer::{PeerError, PeerEvent, PeerProgress, PeerSession, Role};
use serde_json::json;

use super::{Announce, Said};
use crate::bundle;
use crate::failure::Failure;
use crate::words::{Both, Tongue};

/// Nothing came for so long: the other side is gone.
const QUIET: Duration = Duration::from_secs(60);
/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// How two phones reach each other.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("line").required(true))]
pub struct PeerArgs {
    /// Wait for the other phone at this address; port 0 takes any free one and says which.
    #[arg(long, value_name = "ADDR", group = "line")]
    pub listen: Option<SocketAddr>,
    /// Call the other phone at this address.
    #[arg(long, value_name = "ADDR", group = "line")]
    pub connect: Option<SocketAddr>,
    /// Speak over standard input and output; one side asks, the other answers.
    #[arg(long, value_name = "SIDE", group = "line")]
    pub stdio: Option<StdioSide>,
}

/// Which side of a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StdioSide {
    /// Speaks first in the handshake.
    Ask,
    /// Answers.
    Answer,
}

/// Meets another phone. With `announce`, the address is told before anybody comes.
pub(super) fn run(
    device: &Device,
    args: &PeerArgs,
    (progress, announce): (bool, Announce<'_>),
) -> Result<Said, Failure> {
    let no_line = |error: std::io::Error| {
        let text = format!("no connection to the other phone（无法连接对方手机）: {error}");
        Failure::not_now("no_peer", text)
    };
    if let Some(side) = args.stdio {
        let role = match side {
            StdioSide::Ask => Role::Asks,
            StdioSide::Answer => Role::Answers,
        };
        return meet(
            device,
            role,
            (std::io::stdin(), std::io::stdout()),
            progress,
        );
    }
    let (stream, role) = match (args.listen, args.connect) {
        (Some(addr), _) => {
            let listener = TcpListener::bind(addr).map_err(no_line)?;
            let at = listener.local_addr().map_err(no_line)?.to_string();
            announce(&Said::new(
                json!({ "listening": at }),
                format!("等待对方 / waiting at {at}"),
            ));
            (listener.accept().map_err(no_line)?.0, Role::Answers)
        }
        (None, Some(addr)) => (TcpStream::connect(addr).map_err(no_line)?, Role::Asks),
        (None, None) => return Err(Failure::bug("peer", "no line was named")),
    };
    stream.set_nodelay(true).map_err(no_line)?;
    let reader = stream.try_clone().map_err(no_line)?;
    let said = meet(
        device,
        role,
        (reader, stream.try_clone().map_err(no_line)?),
        progress,
    );
    // The other side reads what was written last, then the end.
    let _half_closed = stream.shutdown(std::net::Shutdown::Write);
    said
}

/// A meeting over a line: a reader and a writer.
fn meet<R: Read + Send + 'static, W: Write>(
    device: &Device,
    role: Role,
    (reader, writer): (R, W),
    progress: bool,
) -> Result<Said, Failure> {
    let (session, side) = device.meet(role)?;
    let bar = bundle::bar(progress, "peer 手机直传");
    bar.set_style(indicatif::ProgressStyle::default_spinner());
    let mut meeting = Meeting {
        session,
        side,
        writer,
        heard: read_in_thread(reader),
    };
    let ended = meeting.run(&mut |now| {
        bar.set_message(format!(
            "给出 {} 收到 {} / given {} taken {}",
            now.chunks_given, now.chunks_taken, now.runs_given, now.runs_taken
        ));
        bar.tick();
    });
    bar.finish_and_clear();
    let now = meeting.session.progress().clone();
    let imported = meeting.side.end()?;
    match ended {
        Ok(()) => Ok(said(&now, &imported)),
        Err(Broken::Refused(error)) => Err(AppError::Peer(error).into()),
        Err(Broken::Line(what)) => {
            let taken = format!(
                "{} entries and {} photos were taken in（已收到的内容已保存）",
                imported.fresh, imported.blobs
            );
            Err(Failure::not_now(
                "peer_cut",
                format!(
                    "the line to the other phone broke（连接中断）: {what}; {taken}; meet again to go on"
                ),
            ))
        }
    }
}

/// Reads in a thread, so that both sides can write at once without waiting for each other. What
/// waits is bounded by the window of the protocol.
fn read_in_thread<R: Read + Send + 'static>(mut reader: R) -> Receiver<std::io::Result<Vec<u8>>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        loop {
            let mut buffer = vec![0; PIECE];
            let read = reader.read(&mut buffer).map(|read| {
                buffer.truncate(read);
                buffer
            });
            let is_end = !matches!(&read, Ok(bytes) if !bytes.is_empty());
            if sender.send(read).is_err() || is_end {
                return;
            }
        }
    });
    receiver
}

/// What the session is told next.
enum Next {
    Start,
    Heard(Vec<u8>),
    Written,
}

enum Broken {
    Refused(PeerError),
    Line(String),
}

struct Meeting<'d, W> {
    session: PeerSession,
    side: PhonePeer<'d>,
    writer: W,
    heard: Receiver<std::io::Result<Vec<u8>>>,
}

impl<W: Write> Meeting<'_, W> {
    fn run(&mut self, watch: &mut dyn FnMut(&PeerProgress)) -> Result<(), Broken> {
        let mut next = Next::Start;
        loop {
            let event = match &next {
                Next::Start => PeerEvent::Start,
                Next::Heard(bytes) => PeerEvent::Bytes(bytes),
                Next::Written => PeerEvent::Written,
            };
            let step = self.session.step(&mut self.side, event);
            watch(self.session.progress());
            let wrote = self.write(&step.send);
            match step.end {
                Some(Ok(())) => return wrote,
                Some(Err(error)) => return Err(Broken::Refused(error)),
                None => wrote?,
            }
            // First what the other side said; then more for it; and only then wait.
            let idle = matches!(next, Next::Written) && step.send.is_empty();
            next = self.listen(idle)?.map_or(Next::Written, Next::Heard);
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let line = |error: std::io::Error| Broken::Line(error.to_string());
        self.writer.write_all(bytes).map_err(line)?;
        self.writer.flush().map_err(line)
    }

    /// What came, if anything; waits for it if there is nothing else to do.
    fn listen(&self, wait: bool) -> Result<Option<Vec<u8>>, Broken> {
        let heard = if wait {
            self.heard
                .recv_timeout(QUIET)
                .map(Some)
                .map_err(|why| match why {
                    RecvTimeoutError::Timeout => "nothing came for a minute",
                    RecvTimeoutError::Disconnected => "it was closed",
                })
        } else {
            match self.heard.try_recv() {
                Ok(heard) => Ok(Some(heard)),
                Err(TryRecvError::Empty) => Ok(None),
                Err(TryRecvError::Disconnected) => Err("it was closed"),
            }
        };
        match heard {
            Ok(None) => Ok(None),
            Ok(Some(Ok(bytes))) if bytes.is_empty() => {
                Err(Broken::Line("the other side closed it".to_owned()))
            }
            Ok(Some(Ok(bytes))) => Ok(Some(bytes)),
            Ok(Some(Err(error))) => Err(Broken::Line(error.to_string())),
            Err(why) => Err(Broken::Line(why.to_owned())),
        }
    }
}

fn said(now: &PeerProgress, imported: &Imported) -> Said {
    let (device, name) = match &now.with {
        Some((device, name)) => (device.to_string(), name.clone()),
        None => (String::new(), String::new()),
    };
    let json = json!({
        "with": name, "device": device,
        "given": {"runs": now.runs_given, "chunks": now.chunks_given},
        "taken": {"runs": now.runs_taken, "chunks": now.chunks_taken,
            "entries": imported.fresh, "known": imported.known, "photos": imported.blobs},
        "waiting_runs": imported.waiting, "waiting_chunks": imported.chunks, "bad_chunks": now.chunks_bad,
        "outside_the_record": imported.quarantined,
        "cases": imported.cases.iter().map(|case| case.number().to_string()).collect::<Vec<_>>(),
        "restored": imported.rolled_back > 0,
    });
    let text = Both::of(
        format!(
            "与 {name} 的手机直传完成：收到新记录 {} 条、照片 {} 张，给出 {} 段记录、{} 个照片分块",
            imported.fresh, imported.blobs, now.runs_given, now.chunks_given
        ),
        format!(
            "met {name}: took {} new entries and {} photos, gave {} runs and {} pieces of photos",
            imported.fresh, imported.blobs, now.runs_given, now.chunks_given
        ),
    );
    let mut said = Said::new(json, text.show(Tongue::Both));
    said.warnings = bundle::doubts(imported)
        .iter()
        .map(|doubt| doubt.show(Tongue::Both))
        .collect();
    said
}
