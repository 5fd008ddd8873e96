//! Receipts: the hub's signed word for what it holds of a device's streams.

use lossbook_core::chain::{Kind, ReceiptBody, Subject};
use lossbook_core::domain::{ScopeId, cbor};
use lossbook_core::store::StoreError;

use super::Caller;
use crate::meta::{Identity, MetaTx, OwnDraft};

/// Most digests in one receipt; the rest follow in the next.
const MAX_BLOBS: u32 = 1_000;

/// Writes a receipt for each stream of the caller whose mark moved, or of which a blob was
/// verified, since the last one.
pub(super) fn issue(tx: &dyn MetaTx, hub: &Identity, caller: Caller) -> Result<(), StoreError> {
    for (stream, mark) in tx.streams_of(caller.device)? {
        let blobs = tx.take_receipt_due(stream, MAX_BLOBS)?;
        if blobs.is_empty() && tx.receipted(stream)? >= mark.seq {
            continue;
        }
        let body = ReceiptBody {
            stream,
            mark: mark.seq,
            header: mark.header,
            blobs,
            device: caller.device,
        };
        let draft = OwnDraft {
            scope: ScopeId::private_of(caller.device),
            kind: Kind::Receipt,
            subject: Subject::device(caller.device),
            body: cbor::encode(&body),
            user: "hub".to_owned(),
            reading: caller.now,
        };
        tx.append_own(hub, draft)?;
        tx.put_receipted(stream, mark.seq)?;
    }
    Ok(())
}
