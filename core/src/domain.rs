//! The nouns of field survey: ids, digests, money, times, places, roles, and the host's senses.
//!
//! Every other room uses these types; this room uses none of them. Values here are already
//! checked: bytes from outside become domain types at the border or not at all. The one codec
//! for canonical CBOR lives here too, because ids are digests of canonical bytes.
//!
//! Refuses: I/O of any kind, and every figure that belongs to a contract.

pub mod cbor;
mod datum;
pub mod dictionary;
mod digest;
pub mod facts;
mod fold;
mod host;
mod id;
mod money;
mod place;
mod quantity;
mod role;
mod time;

pub use datum::{Bd09, Cgcs2000, Datum, Gcj02, PositionParseError, StatedPosition, Wgs84};
pub use dictionary::dictionary;
pub use digest::{CHUNK_BYTES, ChunkedDigest, Digest, DigestParseError};
pub use fold::{fold, half_width};
pub use host::{Host, Reading};
pub use id::{CaseId, CaseNumber, DeviceId, Epoch, IdParseError, RowId, ScopeId};
pub use money::{Money, MoneyParseError, MoneyRange, half_up};
pub use place::{Place, PlaceError};
pub use quantity::{Quantity, QuantityParseError, Share, ShareParseError};
pub use role::{Role, UnknownRole};
pub use time::{CivilTime, WallMs, civil_text};
