//! Draws together what the findings compare: photo envelopes, their rows in the record, hub times.
//!
//! Everything comes from one transaction; shots go to `evidence::findings`. The insured address is
//! the position of the first object that has one, else the position of the loss.

use std::collections::BTreeMap;

use super::body;
use crate::chain::{BlobRole, Header, Kind, Origin, PhotoBody, ReceiptBody};
use crate::domain::{Digest, StatedPosition, WallMs, Wgs84};
use crate::evidence::{HubBracket, Shot, ShotClaims, Source};
use crate::record::{CaseRecord, Section};
use crate::store::{CaseStanding, StoreError, Tx};

/// The originals of a case, in the order in which they came here, by the receipts held.
pub(super) fn shots(
    tx: &Tx<'_>,
    standing: &CaseStanding,
    receipts: &[(ReceiptBody, WallMs)],
) -> Result<Vec<Shot>, StoreError> {
    let slots = slots(&standing.record);
    let mut shots = Vec::new();
    for photo in tx.about_case::<PhotoBody>(standing.case, Kind::Photo)? {
        let (header, body) = (photo.header, photo.body);
        match body.role {
            BlobRole::Original => {}
            BlobRole::Thumbnail | BlobRole::Preview => continue,
        }
        let not_before = match &header.seen {
            Some(seen) => tx.wall_of(&seen.header)?,
            None => None,
        };
        shots.push(Shot {
            photo: body.digest,
            line: (header.device, header.epoch),
            seq: header.seq,
            source: source(body.origin),
            slot: slots.get(&body.digest).cloned().unwrap_or_default(),
            moment: body.moment.as_ref().map(body::moment_of),
            claims: body
                .claims
                .as_ref()
                .map_or_else(ShotClaims::default, body::shot_claims),
            hub: HubBracket {
                not_before,
                not_after: first_receipt(receipts, &header),
            },
        });
    }
    Ok(shots)
}

fn source(origin: Origin) -> Source {
    match origin {
        Origin::Camera => Source::InApp,
        Origin::Gallery => Source::Gallery,
        Origin::Imported => Source::Imported,
        Origin::Bundle => Source::Bundle,
    }
}

fn slots(record: &CaseRecord) -> BTreeMap<Digest, String> {
    record
        .rows(Section::Photos)
        .filter_map(|(_, row)| {
            let digest = row.text("sha256")?.parse().ok()?;
            Some((digest, row.text("slot")?))
        })
        .collect()
}

/// When the hub first said that it holds this envelope.
fn first_receipt(receipts: &[(ReceiptBody, WallMs)], header: &Header) -> Option<WallMs> {
    receipts
        .iter()
        .filter(|(receipt, _)| receipt.stream == header.stream() && receipt.mark >= header.seq)
        .map(|(_, at)| *at)
        .min()
}

/// Where the insured object stands.
pub(super) fn insured_place(record: &CaseRecord) -> Option<Wgs84> {
    let objects = record
        .rows(Section::Objects)
        .filter(|(_, row)| !row.is_removed())
        .filter_map(|(_, row)| row.text("position"));
    let report = record.section(Section::Report).text("position");
    objects
        .chain(report)
        .find_map(|text| text.parse::<StatedPosition>().ok()?.wgs84().ok())
}
