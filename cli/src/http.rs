//! One way to a hub over HTTP, for the device's driver and the office client.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lossbook_core::sync::Failure as Trouble;
use ureq::config::AutoHeaderValue;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::failure::Failure;

/// Largest answer that is read.
const MAX_ANSWER_BYTES: u64 = 4 * 1024 * 1024;

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// A client for one hub.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
}

impl Client {
    /// A client for the hub at `url`; `ca` names the certificates that vouch for it, if no public
    /// authority does.
    ///
    /// # Errors
    /// Exit 2 for an address or certificate file that is none.
    pub fn new(url: &str, ca: Option<&Path>) -> Result<Self, Failure> {
        let base = url.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(Failure::input(
                "bad_url",
                format!("{url:?} is no address: it begins with https://"),
            ));
        }
        if base.starts_with("http://") && !is_loopback(&base) {
            return Err(Failure::input(
                "no_tls",
                format!("{base} is not this machine: use https:// there"),
            ));
        }
        // Installing twice is no news.
        let _first_wins = rustls::crypto::ring::default_provider().install_default();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // Nobody at the hub reads them, and an idle exchange is mostly headers.
            .user_agent(AutoHeaderValue::None)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .timeout_connect(Some(Duration::from_secs(20)))
            .tls_config(tls(ca)?);
        Ok(Self {
            agent: config.build().new_agent(),
            base,
        })
    }

    /// Sends one request; gives up when no byte moves for `quiet`.
    ///
    /// # Errors
    /// Why no answer came.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        (body, quiet): (Vec<u8>, Duration),
    ) -> Result<Answer, Trouble> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request
            .body(body)
            .map_err(|_unreachable_for_our_own_headers| Trouble::Cut)?;
        let configured = self
            .agent
            .configure_request(request)
            .timeout_per_read(Some(quiet))
            .timeout_per_write(Some(quiet))
            .build();
        let mut response = self
            .agent
            .run(configured)
            .map_err(|error| trouble(&error))?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_vec()
            .map_err(|error| trouble(&error))?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}

fn is_loopback(base: &str) -> bool {
    let host = base.trim_start_matches("http://");
    let host = host.split('/').next().unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost"
        || name
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

fn tls(ca: Option<&Path>) -> Result<TlsConfig, Failure> {
    let Some(path) = ca else {
        return Ok(TlsConfig::default());
    };
    let bad = |detail: String| {
        Failure::input(
            "bad_ca",
            format!("no certificates in it ({detail}): give a PEM file"),
        )
        .at(path)
    };
    let pem = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| bad(error.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(bad("nothing found".to_owned()));
    }
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(certificates)))
        .build())
}

fn trouble(error: &ureq::Error) -> Trouble {
    use ureq::Error::{ConnectionFailed, HostNotFound, Io, Rustls, Timeout, Tls};
    if let Io(io) = error {
        io_trouble(io)
    } else if matches!(error, HostNotFound) {
        Trouble::NoNetwork
    } else if matches!(error, ConnectionFailed) {
        Trouble::Refused
    } else if matches!(error, Timeout(_)) {
        Trouble::Timeout
    } else if matches!(error, Tls(_) | Rustls(_)) {
        Trouble::Tls
    } else {
        Trouble::Cut
    }
}

fn io_trouble(error: &std::io::Error) -> Trouble {
    use std::io::ErrorKind::{
        ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut, WouldBlock,
    };
    if error.kind() == ConnectionRefused {
        Trouble::Refused
    } else if matches!(error.kind(), HostUnreachable | NetworkUnreachable) {
        Trouble::NoNetwork
    } else if matches!(error.kind(), TimedOut | WouldBlock) {
        Trouble::Timeout
    } else if error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>())
    {
        Trouble::Tls
    } else {
        Trouble::Cut
    }
}
