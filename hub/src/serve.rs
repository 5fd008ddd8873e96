//! Serving a hub: a listener, a runtime of its own in a thread, a clean end.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use lossbook_core::domain::Datum;
use tokio::signal::unix::{SignalKind, signal};

use crate::admin::SERVING_FILE;
use crate::http::{App, router};
use crate::hub::{Hub, HubError};

/// Transfers under way get this long when the hub stops.
const GRACE: Duration = Duration::from_secs(5);
/// Uploads that ran out are forgotten this often.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// The gate runs Automerge over foreign bytes; it needs a known, large stack.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// A certificate and its key, as PEM files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A server of map pictures that the operator trusts.
#[derive(Debug, Clone)]
pub struct Tiles {
    /// Its address with `{z}`, `{x}` and `{y}`.
    pub url: String,
    /// On which grid its pictures lie.
    pub datum: Datum,
}

/// How to serve.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// Where; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Without it only this machine is served.
    pub tls: Option<TlsFiles>,
    /// How long a device's token is good for.
    pub token_valid_ms: u64,
    /// Where the console's map gets pictures; without it, a plain grid is drawn.
    pub tiles: Option<Tiles>,
    /// What opens `/metrics` from elsewhere; without it only this machine reads them.
    pub metrics_token: Option<String>,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            token_valid_ms: 60 * 60 * 1_000,
            tiles: None,
            metrics_token: None,
        }
    }
}

/// A hub that is being served; it stops when this is dropped.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The same as a URL.
    pub url: String,
    handle: Handle<SocketAddr>,
    thread: Option<JoinHandle<()>>,
    note: PathBuf,
}

/// The routes of a hub without a listener, for whoever brings requests from elsewhere: the
/// simulator hands them over one by one.
pub fn routes(hub: Hub, token_valid_ms: u64) -> axum::Router {
    router(Arc::new(App::new(hub, token_valid_ms, true, None)))
}

impl Serving {
    /// Ends it: no new requests, a few seconds for those under way.
    pub fn stop(mut self) {
        self.end();
    }

    /// Waits until the process is told to stop (Ctrl-C, SIGTERM), then ends it.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was logged where it happened.
            let _ended = thread.join();
        }
        self.end();
    }

    fn end(&mut self) {
        self.handle.graceful_shutdown(Some(GRACE));
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
        // Whoever reads a note that stayed behind finds nobody there, and opens the store.
        let _left_behind = std::fs::remove_file(&self.note);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
    }
}

/// Serves a hub from a thread of its own; returns when it listens.
///
/// # Errors
/// [`HubError::PlainHttp`], [`HubError::Listen`], [`HubError::Tls`].
pub fn serve(hub: Hub, config: &ServeConfig) -> Result<Serving, HubError> {
    if config.tls.is_none() && !config.listen.ip().is_loopback() {
        return Err(HubError::PlainHttp(config.listen));
    }
    let failed = |error: std::io::Error| HubError::Listen {
        addr: config.listen,
        problem: error.to_string(),
    };
    let listener = TcpListener::bind(config.listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()?;
    let tls = match &config.tls {
        None => None,
        Some(files) => Some(runtime.block_on(tls(files))?),
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{addr}");
    let note = hub.dir().join(SERVING_FILE);
    std::fs::write(&note, &url)?;
    let handle = Handle::new();
    let app = App::new(
        hub,
        config.token_valid_ms,
        tls.is_some(),
        config.tiles.clone(),
    );
    let app = Arc::new(app.with_metrics_token(config.metrics_token.clone()));
    let at_work = handle.clone();
    let thread = std::thread::Builder::new()
        .name("hub".to_owned())
        .spawn(move || runtime.block_on(run(app, listener, (tls, at_work))))?;
    tracing::info!(%addr, "hub serves");
    Ok(Serving {
        addr,
        url,
        handle,
        thread: Some(thread),
        note,
    })
}

async fn tls(files: &TlsFiles) -> Result<RustlsConfig, HubError> {
    // One provider in the whole process; if another was installed first, that one serves as well.
    let _already = rustls::crypto::ring::default_provider().install_default();
    RustlsConfig::from_pem_file(&files.certificate, &files.key)
        .await
        .map_err(|error| HubError::Tls(error.to_string()))
}

async fn run(
    app: Arc<App>,
    listener: TcpListener,
    (tls, handle): (Option<RustlsConfig>, Handle<SocketAddr>),
) {
    let blobs = Arc::clone(app.hub.blobs());
    let transfers = Arc::clone(&blobs);
    // Before the first request: afterwards a piece may lie there whose row is just being written.
    if let Err(refusal) = blobs.sweep().await {
        tracing::warn!(code = refusal.code, "leftovers could not be swept");
    }
    let sweeper = tokio::spawn(async move {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if let Err(refusal) = blobs.forget_expired().await {
                tracing::warn!(code = refusal.code, "old uploads could not be forgotten");
            }
        }
    });
    let signalled = handle.clone();
    let stopper = tokio::spawn(async move {
        if told_to_stop().await.is_ok() {
            tracing::info!("told to stop");
            signalled.graceful_shutdown(Some(GRACE));
        }
    });
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = match tls {
        None => match axum_server::from_tcp(listener) {
            Ok(server) => server.handle(handle).serve(service).await,
            Err(error) => Err(error),
        },
        Some(tls) => match axum_server::from_tcp_rustls(listener, tls) {
            Ok(server) => server.handle(handle).serve(service).await,
            Err(error) => Err(error),
        },
    };
    if let Err(error) = served {
        tracing::error!(%error, "the listener failed");
    }
    sweeper.abort();
    stopper.abort();
    // What reached this machine of a photo becomes durable; the phone goes on from there.
    transfers.end_transfers().await;
    tracing::info!("hub stopped");
}

/// Ctrl-C from a person, SIGTERM from a service manager.
async fn told_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}
