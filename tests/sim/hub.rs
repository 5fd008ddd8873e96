//! The hub of a world: the real one with its real routes, without a socket.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::Request as HttpRequest;
use lossbook_core::domain::{Digest, Host, ScopeId};
use lossbook_core::store::Store;
use lossbook_core::sync::Request;
use lossbook_hub::meta::STEPS;
use lossbook_hub::{Hub, routes};
use tokio::runtime::Runtime;
use tower_service::Service as _;

use super::host::{Clock, SimHost};
use super::stage::{hub_key, hub_store_key};

/// An hour, as in life.
const TOKEN_VALID_MS: u64 = 60 * 60 * 1_000;

/// What the hub answered.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// About so many bytes on the wire.
    pub(super) fn len_bytes(&self) -> u64 {
        let headers = self.headers.iter();
        let head: usize = headers
            .map(|(name, value)| name.len() + value.len() + 4)
            .sum();
        (head + self.body.len() + 20) as u64
    }
}

/// How much of a request's body arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrives {
    Whole,
    /// So many bytes, then the connection breaks.
    Part(usize),
}

pub(super) struct HubNode {
    pub(super) hub: Hub,
    pub(super) host: Arc<SimHost>,
    router: Router,
    runtime: Runtime,
    dir: PathBuf,
}

impl HubNode {
    pub(super) fn open(dir: &Path, seed: u64, clock: &Clock) -> Self {
        let host = SimHost::new(seed, clock);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .thread_stack_size(8 * 1024 * 1024)
            .enable_all()
            .build()
            .expect("a runtime");
        let (hub, router) = start(dir, &host, &runtime);
        Self {
            hub,
            host,
            router,
            runtime,
            dir: dir.to_owned(),
        }
    }

    /// The process ends and starts again.
    pub(super) fn restart(self) -> Self {
        let Self {
            hub,
            host,
            router,
            runtime,
            dir,
        } = self;
        drop((hub, router));
        let (hub, router) = start(&dir, &host, &runtime);
        Self {
            hub,
            host,
            router,
            runtime,
            dir,
        }
    }

    /// Its rows, read beside it.
    pub(super) fn open_view(&self) -> Store {
        Store::open_beside(&self.dir, &hub_store_key(), &[("hub", STEPS)]).expect("the hub's rows")
    }

    /// All bytes of a verified blob.
    pub(super) fn blob(&self, scope: ScopeId, digest: Digest) -> Option<Vec<u8>> {
        self.runtime.block_on(async {
            let blobs = self.hub.blobs();
            let found = blobs.open_in(scope, digest).await.ok()?;
            let len = found.len_bytes();
            let body = Body::from_stream(blobs.read(found, 0, len));
            Some(to_bytes(body, usize::MAX).await.expect("whole").to_vec())
        })
    }

    /// Hands one request over.
    pub(super) fn ask(&mut self, request: &Request, body: &[u8], arrives: Arrives) -> Reply {
        let mut built = HttpRequest::builder()
            .method(request.method.as_str())
            .uri(&request.path);
        for (name, value) in &request.headers {
            built = built.header(name, value);
        }
        let body = match arrives {
            Arrives::Whole => Body::from(body.to_vec()),
            Arrives::Part(bytes) => {
                let part = Bytes::copy_from_slice(&body[..bytes.min(body.len())]);
                let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                Body::from_stream(futures_util::stream::iter([Ok(part), Err(broken)]))
            }
        };
        let request = built.body(body).expect("a request");
        let router = &mut self.router;
        self.runtime.block_on(async move {
            let answered = router.call(request).await;
            let (parts, body) = answered.expect("routes do not fail").into_parts();
            let body = to_bytes(body, usize::MAX).await.expect("a whole answer");
            let headers = parts.headers.iter().map(|(name, value)| {
                let value = value.to_str().unwrap_or_default().to_owned();
                (name.as_str().to_owned(), value)
            });
            Reply {
                status: parts.status.as_u16(),
                headers: headers.collect(),
                body: body.to_vec(),
            }
        })
    }
}

fn start(dir: &Path, host: &Arc<SimHost>, runtime: &Runtime) -> (Hub, Router) {
    let host = Arc::clone(host) as Arc<dyn Host>;
    let hub = Hub::open_hosted(dir, &hub_key(), host).expect("the hub opens");
    let swept = runtime.block_on(hub.blobs().sweep());
    swept.expect("leftovers are swept");
    (hub.clone(), routes(hub, TOKEN_VALID_MS))
}
