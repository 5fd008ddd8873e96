//! Connections that only look: pages of many people at once wait neither for phones nor each other.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use lossbook_core::store::{Store, StoreKey};

use crate::key::HubKey;
use crate::meta::{MetaStore, STEPS};

/// So many look at the same time; each keeps some megabytes of pages.
const CONNECTIONS: usize = 3;

/// The connections; opened when somebody looks for the first time.
#[derive(Default)]
pub(crate) struct Readers {
    from: Option<(PathBuf, StoreKey)>,
    open: OnceLock<Vec<Store>>,
    next: AtomicUsize,
}

impl Readers {
    pub(crate) fn beside(dir: &Path, key: &HubKey) -> Self {
        Self {
            from: Some((dir.to_owned(), key.to_store_key())),
            ..Self::default()
        }
    }

    /// One of them, in turn; nothing if there is none.
    pub(crate) fn any(&self) -> Option<&dyn MetaStore> {
        let open = self.open.get_or_init(|| self.connect());
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        let one = open.get(at.checked_rem(open.len())?)?;
        Some(one)
    }

    fn connect(&self) -> Vec<Store> {
        let Some((dir, key)) = &self.from else {
            return Vec::new();
        };
        let parts = [("hub", STEPS)];
        let open = (0..CONNECTIONS).map(|_| Store::open_beside(dir, key, &parts));
        open.filter_map(|opened| match opened {
            Ok(store) => Some(store),
            Err(error) => {
                tracing::warn!(%error, "a connection for pages could not be opened");
                None
            }
        })
        .collect()
    }
}
