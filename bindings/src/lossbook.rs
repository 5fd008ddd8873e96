//! The object that an app holds. What it can do stands beside its subject: `cases`, `edits`,
//! `photos`, `signing`, `people`, `bundles`, `outside`, `sync`.

use std::path::Path;
use std::sync::Arc;

use crate::error::LossbookError;
use crate::home::{Home, Opening};
use crate::host::HostParts;
use crate::observer::Observer;

/// An open device home: everything that one phone knows. One object for one folder, for as long as
/// the app lives; from any thread.
///
/// Every method blocks: call it off the main thread. After [`Lossbook::close_home`] each one fails
/// with `WrongState` (`closed`). After a fault inside, each one fails with `Internal`
/// (`handle_broken`): drop the object and open the home again; nothing that was saved is lost.
#[derive(uniffi::Object)]
pub struct Lossbook {
    pub(crate) home: Arc<Home>,
}

impl std::fmt::Debug for Lossbook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lossbook").finish_non_exhaustive()
    }
}

fn opened(folder: &str, host: HostParts, opening: Opening) -> Result<Arc<Lossbook>, LossbookError> {
    let home = Home::open(Path::new(folder), host, opening)?;
    Ok(Arc::new(Lossbook { home }))
}

#[uniffi::export]
impl Lossbook {
    /// Makes a new home in a folder of the app's sandbox, with a key of its own. An interrupted
    /// start is completed.
    ///
    /// # Errors
    /// `WrongState` (`store_exists`), `Locked`, `StorageFull`.
    #[uniffi::constructor]
    pub fn create(home: &str, host: HostParts) -> Result<Arc<Self>, LossbookError> {
        opened(home, host, Opening::New)
    }

    /// Opens a home.
    ///
    /// # Errors
    /// `NotFound` (`no_store`), `Locked`, `TryLater` (`in_use`: another process has it),
    /// `MadeByNewerApp` (nothing was touched), `StorageDamaged`.
    #[uniffi::constructor]
    pub fn open(home: &str, host: HostParts) -> Result<Arc<Self>, LossbookError> {
        opened(home, host, Opening::Existing)
    }

    /// Opens the home, or makes it if there is none.
    ///
    /// # Errors
    /// As `create` and `open`.
    #[uniffi::constructor]
    pub fn open_or_create(home: &str, host: HostParts) -> Result<Arc<Self>, LossbookError> {
        opened(home, host, Opening::Either)
    }

    /// Closes the home. Running calls end first; later ones fail with `WrongState` (`closed`).
    /// Closing twice is fine. Freeing the object closes it too, but only when nobody holds it any more.
    pub fn close_home(&self) {
        self.home.close();
    }

    /// From now on this observer is told, and no other.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.home.observe(Some(observer));
    }

    /// From now on nobody is told.
    pub fn unobserve(&self) {
        self.home.observe(None);
    }
}
