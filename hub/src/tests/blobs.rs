use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lossbook_core::chain::StreamId;
use lossbook_core::domain::{CHUNK_BYTES, ChunkedDigest, DeviceId, Digest, Epoch, ScopeId};

use super::World;
use crate::blobs::{Blobs, NewUpload, Progress};
use crate::meta::{PhotoRow, in_tx};

/// A photo whose envelope the hub knows, and whose bytes it lacks.
struct Announced {
    world: World,
    device: DeviceId,
    scope: ScopeId,
    bytes: Vec<u8>,
    digest: Digest,
    chunks: Vec<Digest>,
}

fn announced(len: usize) -> Announced {
    let world = World::new();
    let phone = world.phone("a", 1);
    let (device, scope) = (phone.identity().unwrap().device, world.village(&phone));
    let bytes: Vec<u8> = (0..len)
        .map(|at| (at * 7 + at / 300).to_le_bytes()[0])
        .collect();
    let mut hasher = ChunkedDigest::new();
    hasher.update(&bytes);
    let (digest, chunks, len_bytes) = hasher.finish();
    in_tx(world.hub.store(), |tx| {
        tx.put_photo(&PhotoRow {
            stream: StreamId {
                scope,
                device,
                epoch: Epoch::from_bytes([1; 8]),
            },
            digest,
            len_bytes,
            chunk_root: ChunkedDigest::merkle_root(&chunks),
            media_type: "image/jpeg".into(),
        })
    })
    .unwrap();
    Announced {
        world,
        device,
        scope,
        bytes,
        digest,
        chunks,
    }
}

impl Announced {
    fn blobs(&self) -> &Arc<Blobs> {
        self.world.hub.blobs()
    }

    fn wanted(&self) -> NewUpload {
        NewUpload {
            scope: self.scope,
            digest: self.digest,
            len_bytes: self.bytes.len() as u64,
        }
    }

    fn list(&self) -> Vec<u8> {
        self.chunks
            .iter()
            .flat_map(|chunk| *chunk.as_bytes())
            .collect()
    }

    async fn offset(&self) -> u64 {
        self.blobs()
            .state(self.device, self.digest)
            .await
            .unwrap()
            .offset
    }

    /// Sends bytes in frames of a network's size; the connection breaks after them.
    async fn send(
        &self,
        offset: u64,
        bytes: &[u8],
        breaks: bool,
    ) -> Result<Progress, &'static str> {
        let mut parts: Vec<Result<Bytes, &str>> = bytes
            .chunks(1_300)
            .map(|part| Ok(Bytes::copy_from_slice(part)))
            .collect();
        if breaks {
            parts.push(Err("connection reset"));
        }
        let body = stream::iter(parts);
        let what = (self.device, self.digest);
        let taken = self.blobs().receive(what, offset, body).await;
        taken.map_err(|refusal| refusal.code)
    }

    async fn download(&self, from: u64, len: u64) -> Vec<u8> {
        let blob = self.blobs().open(self.device, self.digest).await.unwrap();
        let parts = self.blobs().read(blob, from, len).collect::<Vec<_>>().await;
        parts
            .into_iter()
            .flat_map(|part| part.unwrap().to_vec())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_at_any_byte_after_every_cut() {
    for with_list in [true, false] {
        let photo = announced(3 * CHUNK_BYTES + 777);
        photo
            .blobs()
            .create(photo.device, photo.wanted())
            .await
            .unwrap();
        if with_list {
            photo
                .blobs()
                .put_chunks(photo.device, photo.digest, &photo.list())
                .await
                .unwrap();
        }
        let mut cut = 1_usize;
        loop {
            let at = photo.offset().await;
            if at == photo.bytes.len() as u64 {
                break;
            }
            let from = usize::try_from(at).unwrap();
            let to = (from + cut).min(photo.bytes.len());
            let state = photo.send(at, &photo.bytes[from..to], true).await.unwrap();
            assert_eq!(state.offset, to as u64, "every byte that arrived is kept");
            cut = cut * 5 + 3;
        }
        assert_eq!(
            photo.download(0, photo.bytes.len() as u64).await,
            photo.bytes
        );
        let (from, to) = (CHUNK_BYTES - 5, 2 * CHUNK_BYTES + 5);
        let part = photo.download(from as u64, (to - from) as u64).await;
        assert_eq!(part, &photo.bytes[from..to]);
        let staged = std::fs::read_dir(photo.world.home("hub/objects/staging"));
        assert!(
            staged.map_or(0, Iterator::count) == 0,
            "no piece stays behind"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_arrived_are_kept_though_the_phone_is_back_before_they_are_read() {
    let photo = announced(2 * CHUNK_BYTES);
    photo
        .blobs()
        .create(photo.device, photo.wanted())
        .await
        .unwrap();
    let sent = photo.bytes[..200_000].to_vec();
    let parts: Vec<Bytes> = sent.chunks(1_300).map(Bytes::copy_from_slice).collect();
    // The connection is dead but nobody knows; its last bytes are read slowly.
    let body = stream::iter(parts).then(|part| async move {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        Ok::<_, &str>(part)
    });
    let body = Box::pin(body.chain(stream::pending()));
    let (blobs, what) = (Arc::clone(photo.blobs()), (photo.device, photo.digest));
    let older = tokio::spawn(async move { blobs.receive(what, 0, body).await });
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert_eq!(photo.offset().await, 200_000);
    assert_eq!(older.await.unwrap().unwrap().offset, 200_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_chunk_costs_only_itself() {
    let photo = announced(3 * CHUNK_BYTES);
    photo
        .blobs()
        .create(photo.device, photo.wanted())
        .await
        .unwrap();
    photo
        .blobs()
        .put_chunks(photo.device, photo.digest, &photo.list())
        .await
        .unwrap();
    let mut damaged = photo.bytes.clone();
    damaged[CHUNK_BYTES + 9] ^= 1;
    let answer = photo.send(0, &damaged, false).await;
    assert_eq!(answer, Err("BLOB_HASH"));
    assert_eq!(photo.offset().await, CHUNK_BYTES as u64);
    let rest = &photo.bytes[CHUNK_BYTES..];
    let done = photo.send(CHUNK_BYTES as u64, rest, false).await.unwrap();
    assert_eq!(
        (done.offset, done.expires),
        (photo.bytes.len() as u64, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_list_bad_bytes_are_found_at_the_end() {
    let photo = announced(CHUNK_BYTES + 1);
    photo
        .blobs()
        .create(photo.device, photo.wanted())
        .await
        .unwrap();
    let mut damaged = photo.bytes.clone();
    damaged[3] ^= 1;
    assert_eq!(photo.send(0, &damaged, false).await, Err("BLOB_HASH"));
    assert_eq!(photo.offset().await, 0);
    photo.send(0, &photo.bytes, false).await.unwrap();
    assert_eq!(photo.download(0, 4).await, &photo.bytes[..4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn beginning_again_is_the_same_upload_and_a_finished_one_says_so() {
    let photo = announced(70_000);
    photo
        .blobs()
        .create(photo.device, photo.wanted())
        .await
        .unwrap();
    photo.send(0, &photo.bytes[..500], true).await.unwrap();
    let again = photo
        .blobs()
        .create(photo.device, photo.wanted())
        .await
        .unwrap();
    assert_eq!(again.offset, 500);
    assert_eq!(
        photo.send(0, &photo.bytes, false).await,
        Err("OFFSET_CONFLICT")
    );
    photo.send(500, &photo.bytes[500..], false).await.unwrap();
    let done = photo
        .blobs()
        .create(photo.device, photo.wanted())
        .await
        .unwrap();
    assert_eq!((done.offset, done.expires), (70_000, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_unannounced_and_foreign_photos_get_the_same_answer() {
    let photo = announced(10);
    let blobs = photo.blobs();
    let mut unknown = photo.wanted();
    unknown.digest = Digest::of(b"never seen");
    let mut longer = photo.wanted();
    longer.len_bytes += 1;
    let mut elsewhere = photo.wanted();
    elsewhere.scope = ScopeId::from_bytes([9; 16]);
    let mut answers = Vec::new();
    for wanted in [unknown, longer, elsewhere] {
        answers.push(blobs.create(photo.device, wanted).await.unwrap_err());
    }
    let stranger = DeviceId::from_bytes([8; 16]);
    answers.push(blobs.create(stranger, photo.wanted()).await.unwrap_err());
    answers.push(blobs.state(stranger, photo.digest).await.unwrap_err());
    answers.push(blobs.open(stranger, photo.digest).await.unwrap_err());
    assert!(answers.iter().all(|answer| answer.code == "NOT_FOUND"));
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_transfer_ends_a_dead_one_and_keeps_its_bytes() {
    let photo = announced(1_000);
    photo
        .blobs()
        .create(photo.device, photo.wanted())
        .await
        .unwrap();
    let dead = stream::iter([Ok::<_, ()>(Bytes::copy_from_slice(&photo.bytes[..400]))])
        .chain(stream::pending());
    let (blobs, what) = (Arc::clone(photo.blobs()), (photo.device, photo.digest));
    let hanging = tokio::spawn(async move { blobs.receive(what, 0, dead).await });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(photo.offset().await, 400);
    assert_eq!(hanging.await.unwrap().unwrap().offset, 400);
    photo.send(400, &photo.bytes[400..], false).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_survives_a_restart_and_leftovers_do_not() {
    let photo = announced(CHUNK_BYTES + 50);
    photo
        .blobs()
        .create(photo.device, photo.wanted())
        .await
        .unwrap();
    photo
        .send(0, &photo.bytes[..CHUNK_BYTES + 7], true)
        .await
        .unwrap();
    let leftover = photo.world.home("hub/objects/staging/aa");
    std::fs::create_dir_all(&leftover).unwrap();
    std::fs::write(leftover.join("000000000000-5"), b"x").unwrap();
    photo.blobs().sweep().await.unwrap();
    assert!(!leftover.join("000000000000-5").exists());
    assert_eq!(photo.offset().await, (CHUNK_BYTES + 7) as u64);
    photo.world.host.pass(31 * 24 * 60 * 60 * 1_000);
    photo.blobs().forget_expired().await.unwrap();
    let gone = photo.blobs().state(photo.device, photo.digest).await;
    assert_eq!(gone.unwrap_err().code, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_on_the_disk_shows_a_photo_or_its_digest() {
    let photo = announced(5_000);
    photo
        .blobs()
        .create(photo.device, photo.wanted())
        .await
        .unwrap();
    photo.send(0, &photo.bytes[..2_000], true).await.unwrap();
    let check = |photo: &Announced| {
        let mut folders = vec![photo.world.home("hub")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                assert!(!path.display().to_string().contains(&photo.digest.to_hex()));
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let held = std::fs::read(&path).unwrap();
                    let shown = held.windows(64).any(|part| part == &photo.bytes[500..564]);
                    assert!(!shown, "{}", path.display());
                }
            }
        }
    };
    check(&photo);
    photo
        .send(2_000, &photo.bytes[2_000..], false)
        .await
        .unwrap();
    check(&photo);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_photo_is_named_in_the_next_receipt() {
    let photo = announced(100);
    photo
        .blobs()
        .create(photo.device, photo.wanted())
        .await
        .unwrap();
    photo.send(0, &photo.bytes, false).await.unwrap();
    let stream = StreamId {
        scope: photo.scope,
        device: photo.device,
        epoch: Epoch::from_bytes([1; 8]),
    };
    let due = in_tx(photo.world.hub.store(), |tx| {
        tx.take_receipt_due(stream, 10)
    })
    .unwrap();
    assert_eq!(due, vec![photo.digest]);
}
