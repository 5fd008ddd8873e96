//! Photos where they lie: each decrypts, and is what its digest and its chunks say.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use lossbook_core::domain::{ChunkedDigest, Digest};
use lossbook_core::store::{Finding, Problem, StoreError};
use lossbook_core::vault::{VaultError, decrypt_stream};

use super::Checked;
use crate::admin::serving_at;
use crate::blobs::{object_name, piece_name};
use crate::meta::{BlobRow, MetaTx, PieceRow, UploadRow};

/// A file that rows name.
pub(super) enum Wanted {
    /// A verified photo, and the chunk roots that its photo envelopes bind.
    Photo(Box<BlobRow>, Vec<Digest>),
    /// A piece of one that is on its way in.
    Piece(Box<UploadRow>, PieceRow),
}

/// Every file that the rows name.
pub(super) fn wanted(tx: &dyn MetaTx) -> Result<Vec<Wanted>, StoreError> {
    let mut all = Vec::new();
    for blob in tx.all_blobs()? {
        let photos = tx.photos(blob.scope, &blob.digest)?;
        let roots = photos.into_iter().map(|photo| photo.chunk_root).collect();
        all.push(Wanted::Photo(Box::new(blob), roots));
    }
    for upload in tx.uploads()? {
        for piece in tx.pieces(&upload.name, 0)? {
            all.push(Wanted::Piece(Box::new(upload.clone()), piece));
        }
    }
    Ok(all)
}

/// Reads all of them, and counts the files that nothing names.
pub(super) fn check(dir: &Path, all: &[Wanted], checked: &mut Checked) -> io::Result<()> {
    let objects = dir.join("objects");
    let mut named = HashSet::new();
    for one in all {
        let (name, problem) = match one {
            Wanted::Photo(blob, roots) => {
                let name = object_name(&blob.name);
                checked.photos += 1;
                checked.photo_bytes += blob.len_bytes;
                let problem = photo(&objects.join(&name), (blob, roots));
                let object = format!("photo {} (objects/{name})", blob.digest);
                (name, problem.map(|problem| Finding::new(object, problem)))
            }
            Wanted::Piece(upload, row) => {
                let name = piece_name(&upload.name, row);
                let problem = piece(&objects.join(&name), (upload, row));
                // A served hub puts uploads together and takes their pieces away meanwhile.
                let is_gone = problem == Some(Problem::Missing) && serving_at(dir).is_some();
                let object = format!("piece objects/{name}");
                let problem = problem.filter(|_| !is_gone);
                (name, problem.map(|problem| Finding::new(object, problem)))
            }
        };
        checked.findings.extend(problem);
        named.insert(objects.join(name));
    }
    checked.leftovers = count_others(&objects, &named)?;
    Ok(())
}

fn opened(path: &Path) -> Result<BufReader<File>, Problem> {
    match File::open(path) {
        Ok(file) => Ok(BufReader::new(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Problem::Missing),
        Err(_unreadable) => Err(Problem::Bytes),
    }
}

fn photo(path: &Path, (blob, roots): (&BlobRow, &[Digest])) -> Option<Problem> {
    let file = match opened(path) {
        Ok(file) => file,
        Err(problem) => return Some(problem),
    };
    let mut hashing = Hashing(ChunkedDigest::new());
    let read: Result<u64, VaultError> = decrypt_stream(file, &mut hashing, &blob.key);
    let (digest, chunks, len) = hashing.0.finish();
    let is_right = digest == blob.digest && chunks == blob.chunks && len == blob.len_bytes;
    if read.is_err() || !is_right {
        return Some(Problem::Bytes);
    }
    // Envelopes may claim another root for the same bytes; one must be theirs.
    let root = ChunkedDigest::merkle_root(&chunks);
    (!roots.is_empty() && !roots.contains(&root)).then_some(Problem::Row)
}

fn piece(path: &Path, (upload, row): (&UploadRow, &PieceRow)) -> Option<Problem> {
    let file = match opened(path) {
        Ok(file) => file,
        Err(problem) => return Some(problem),
    };
    match decrypt_stream(file, io::sink(), &upload.key) {
        Ok(len) if len == row.len_bytes => None,
        Ok(_) | Err(_) => Some(Problem::Bytes),
    }
}

/// Files below a folder that are not among those.
fn count_others(folder: &Path, named: &HashSet<PathBuf>) -> io::Result<u64> {
    let mut others = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            others += count_others(&path, named)?;
        } else if !named.contains(&path) {
            others += 1;
        }
    }
    Ok(others)
}

struct Hashing(ChunkedDigest);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
