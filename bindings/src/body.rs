//! Files with plain bytes in the app's sandbox: written for one purpose, gone when dropped.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How files that carry the body of a request end, so that the left-over ones can be found.
pub(crate) const BODY_SUFFIX: &str = ".lossbody";

/// A file that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct PlainFile(PathBuf);

impl PlainFile {
    /// Writes it anew; only its owner reads it.
    pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let mut file = private(path)?;
        let written = Self(path.to_owned());
        file.write_all(bytes)?;
        Ok(written)
    }

    /// Its path, for the host.
    pub(crate) fn text(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for PlainFile {
    fn drop(&mut self) {
        // Gone already, or swept when the home is opened next.
        let _left = fs::remove_file(&self.0);
    }
}

/// A new or emptied file that only its owner reads.
pub(crate) fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes every file of a folder whose name ends so; a folder that is not there has none.
pub(crate) fn sweep(folder: &Path, suffix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().ends_with(suffix);
        if is_ours {
            // Tried again next time.
            let _left = fs::remove_file(entry.path());
        }
    }
}

/// Replaces a file by another in one step: after a power cut it is the old or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_extension("new");
    let mut file = private(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    sync_folder(path)
}

/// Makes names in a file's folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_file_is_gone_when_nobody_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one");
        let file = PlainFile::write(&path, b"plain").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"plain");
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn only_files_of_that_name_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let ours = folder.path().join(format!("7{BODY_SUFFIX}"));
        let other = folder.path().join("photo.jpg");
        for path in [&ours, &other] {
            fs::write(path, b"x").unwrap();
        }
        sweep(folder.path(), BODY_SUFFIX);
        assert!(!ours.exists() && other.exists());
    }
}
