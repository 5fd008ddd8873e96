//! Stops a long work from another thread: a photo being taken in, a bundle, an exchange.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::LossbookError;

/// Stops one long work. Hand it to the method and call [`Cancellation::cancel`] from anywhere; the
/// work ends with [`LossbookError::Cancelled`] and leaves nothing half-done. What was already saved
/// by then stays saved.
#[derive(Debug, Default, uniffi::Object)]
pub struct Cancellation(AtomicBool);

#[uniffi::export]
impl Cancellation {
    /// For one work.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Stops it as soon as it looks.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was stopped.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A work that may be stopped, or not.
pub(crate) type Stop<'s> = Option<&'s Cancellation>;

/// Fails if it was stopped.
pub(crate) fn go_on(stop: Stop<'_>) -> Result<(), LossbookError> {
    match stop {
        Some(stop) if stop.is_cancelled() => Err(LossbookError::cancelled()),
        Some(_) | None => Ok(()),
    }
}

/// What was done, unless it failed because it was stopped.
pub(crate) fn unless_stopped<T>(
    stop: Stop<'_>,
    done: Result<T, LossbookError>,
) -> Result<T, LossbookError> {
    done.or_else(|error| go_on(stop).and(Err(error)))
}

/// A file whose reading ends when the work is stopped.
#[derive(Debug)]
pub(crate) struct Stoppable<'s, R> {
    pub(crate) inner: R,
    pub(crate) stop: Stop<'s>,
}

impl<R: Read> Read for Stoppable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_some_and(Cancellation::is_cancelled) {
            return Err(io::Error::other("stopped"));
        }
        self.inner.read(buffer)
    }
}

impl<R: Seek> Seek for Stoppable<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
