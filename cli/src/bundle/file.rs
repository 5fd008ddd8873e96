//! Files of parts: written aside, synced, renamed.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lossbook_core::app::bundle::BundleSink;

/// The parts of one bundle in a folder.
#[derive(Debug)]
pub struct PartFiles {
    file: PathBuf,
    numbered: bool,
    open: Option<Open>,
    finished: Vec<PathBuf>,
}

#[derive(Debug)]
struct Open {
    writer: io::BufWriter<File>,
    aside: PathBuf,
    target: PathBuf,
}

impl PartFiles {
    /// Parts named after `file`; with a number each if there may be several.
    pub fn new(file: &Path, numbered: bool) -> Self {
        Self {
            file: file.to_owned(),
            numbered,
            open: None,
            finished: Vec::new(),
        }
    }

    /// Parts that are whole.
    pub fn finished(&self) -> &[PathBuf] {
        &self.finished
    }

    /// Removes the part that is not; whole ones stay good.
    pub fn abandon(&mut self) {
        if let Some(open) = self.open.take() {
            // If even this fails, its name says that it is half.
            let _left = std::fs::remove_file(open.aside);
        }
    }

    fn target(&self, part: u32) -> PathBuf {
        if !self.numbered {
            return self.file.clone();
        }
        let mut name = self.file.file_stem().unwrap_or_default().to_owned();
        name.push(format!(".{part:03}"));
        if let Some(extension) = self.file.extension() {
            name.push(".");
            name.push(extension);
        }
        self.file.with_file_name(name)
    }
}

impl BundleSink for PartFiles {
    fn begin(&mut self, part: u32) -> io::Result<()> {
        let target = self.target(part);
        if target.exists() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!(
                    "{} is there already（文件已存在）: choose a new name",
                    target.display()
                ),
            ));
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".half");
        let aside = target.with_file_name(name);
        let file = File::create(&aside)?;
        self.open = Some(Open {
            writer: io::BufWriter::with_capacity(256 * 1024, file),
            aside,
            target,
        });
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let Open {
            writer,
            aside,
            target,
        } = open;
        let file = writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(aside, &target)?;
        if let Some(folder) = target
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            File::open(folder)?.sync_all()?;
        }
        self.finished.push(target);
        Ok(())
    }
}

impl Write for PartFiles {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.open {
            Some(open) => open.writer.write(bytes),
            None => Err(io::Error::other("no part is open")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.open {
            Some(open) => open.writer.flush(),
            None => Ok(()),
        }
    }
}

/// A new file that only its owner reads.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
