//! How the hub is doing, in numbers: requests by route, how long they take, what is held.
//!
//! Requests are counted by the route's template, never by address, so no name, number or digest of
//! anybody gets into a label; what is held is asked of the store when somebody scrapes.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::admin::Status;

/// From two milliseconds to a minute.
const SECONDS: [f64; 12] = [
    0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0, 60.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: String,
    route: String,
    status: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// A figure that the store knows: its name, what it is, and where it stands.
type Held = (&'static str, &'static str, fn(&Status) -> Option<u64>);

/// What is held, as `hub status` says it.
const HELD: [Held; 8] = [
    ("cases", "Cases", |status| Some(status.cases)),
    ("photos", "Verified photos and thumbnails", |status| {
        Some(status.blobs)
    }),
    ("photo_bytes", "Their bytes", |status| {
        Some(status.blob_bytes)
    }),
    ("uploads", "Photos on their way in", |status| {
        Some(status.uploads)
    }),
    (
        "outside",
        "Envelopes and photos outside the record",
        |status| Some(status.outside),
    ),
    ("free_bytes", "Bytes left where photos are kept", |status| {
        status.free_bytes
    }),
    ("reserve_bytes", "Bytes that photos leave free", |status| {
        Some(status.reserve_bytes)
    }),
    (
        "backup_seconds",
        "When the newest backup was made, in seconds since 1970; 0 if never",
        |status| {
            let made = status.backup_ms.unwrap_or(0);
            Some(u64::try_from(made / 1_000).unwrap_or(0))
        },
    ),
];

/// Counts and times.
pub(crate) struct Pulse {
    registry: Registry,
    requests: Family<Asked, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    running: Gauge,
    held: Vec<Gauge<u64, AtomicU64>>,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("lossbook");
        let requests = Family::default();
        let seconds: Family<Route, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS));
        let running = Gauge::default();
        registry.register("requests", "Requests answered", requests.clone());
        registry.register("request_seconds", "How long they took", seconds.clone());
        registry.register("requests_running", "Requests under way", running.clone());
        let mut held = Vec::new();
        for (name, help, _) in HELD {
            let gauge = Gauge::<u64, AtomicU64>::default();
            registry.register(name, help, gauge.clone());
            held.push(gauge);
        }
        Self {
            registry,
            requests,
            seconds,
            running,
            held,
        }
    }

    /// A request begins.
    pub(crate) fn begin(&self) {
        self.running.inc();
    }

    /// A request was answered.
    pub(crate) fn end(&self, (method, route, status): (&str, &str, u16), took: Duration) {
        self.running.dec();
        let asked = Asked {
            method: method.to_owned(),
            route: route.to_owned(),
            status: u32::from(status),
        };
        self.requests.get_or_create(&asked).inc();
        let route = Route {
            route: route.to_owned(),
        };
        self.seconds
            .get_or_create(&route)
            .observe(took.as_secs_f64());
    }

    /// Everything as text.
    pub(crate) fn text(&self, status: &Status) -> String {
        for ((_, _, of), gauge) in HELD.iter().zip(&self.held) {
            if let Some(value) = of(status) {
                gauge.set(value);
            }
        }
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics could not be written");
        }
        text
    }
}
