-- Identity and access. Secrets that open something are kept as SHA-256 only.
CREATE TABLE hub_secret (
  only       INTEGER PRIMARY KEY CHECK (only = 1),
  feed_epoch BLOB NOT NULL,
  mac_key    BLOB NOT NULL
) STRICT;
CREATE TABLE hub_scope (
  id   BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  next INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX hub_scope_name ON hub_scope (name) WHERE name <> '';
CREATE TABLE hub_invite (
  secret  BLOB PRIMARY KEY,
  role    TEXT NOT NULL,
  scope   BLOB NOT NULL REFERENCES hub_scope (id),
  user    TEXT NOT NULL,
  expires INTEGER NOT NULL,
  device  BLOB,
  request BLOB,
  answer  BLOB
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_office_user (
  name  TEXT PRIMARY KEY,
  token BLOB NOT NULL UNIQUE,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_nonce (
  nonce   BLOB PRIMARY KEY,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_token (
  token   BLOB PRIMARY KEY,
  device  BLOB NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_page_link (
  link    BLOB PRIMARY KEY,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_page_session (
  session BLOB PRIMARY KEY,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The feed of a scope: seq has no gap, because hub_scope.next moves in the same transaction.
-- kind 1: the sealed run first..last. kind 2: the late body of envelope first (= last).
CREATE TABLE hub_feed (
  scope        BLOB NOT NULL REFERENCES hub_scope (id),
  seq          INTEGER NOT NULL,
  kind         INTEGER NOT NULL,
  stream_scope BLOB NOT NULL,
  device       BLOB NOT NULL,
  epoch        BLOB NOT NULL,
  first        INTEGER NOT NULL,
  last         INTEGER NOT NULL,
  envelope     BLOB,
  PRIMARY KEY (scope, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_feed_late ON hub_feed (stream_scope, device, epoch, first) WHERE kind = 2;
CREATE TABLE hub_receipted (
  scope  BLOB NOT NULL,
  device BLOB NOT NULL,
  epoch  BLOB NOT NULL,
  mark   INTEGER NOT NULL,
  PRIMARY KEY (scope, device, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_receipt_due (
  scope  BLOB NOT NULL,
  device BLOB NOT NULL,
  epoch  BLOB NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (scope, device, epoch, digest)
) STRICT, WITHOUT ROWID;

-- Blobs on their way in, and verified ones. Names are random: a digest never becomes a path.
CREATE TABLE hub_upload (
  name         BLOB PRIMARY KEY,
  scope        BLOB NOT NULL,
  digest       BLOB NOT NULL,
  len          INTEGER NOT NULL,
  received     INTEGER NOT NULL DEFAULT 0,
  verified     INTEGER NOT NULL DEFAULT 0,
  chunks       BLOB,
  key          BLOB NOT NULL,
  expires      INTEGER NOT NULL,
  lease_holder BLOB,
  lease_until  INTEGER NOT NULL DEFAULT 0,
  UNIQUE (scope, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_piece (
  name   BLOB NOT NULL REFERENCES hub_upload (name) ON DELETE CASCADE,
  start  INTEGER NOT NULL,
  len    INTEGER NOT NULL,
  PRIMARY KEY (name, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_blob (
  scope  BLOB NOT NULL,
  digest BLOB NOT NULL,
  len    INTEGER NOT NULL,
  name   BLOB NOT NULL,
  key    BLOB NOT NULL,
  chunks BLOB NOT NULL,
  PRIMARY KEY (scope, digest)
) STRICT, WITHOUT ROWID;

-- Every photo envelope that was taken: who may upload which bytes where, and whom to receipt.
CREATE TABLE hub_photo (
  scope      BLOB NOT NULL,
  digest     BLOB NOT NULL,
  device     BLOB NOT NULL,
  epoch      BLOB NOT NULL,
  len        INTEGER NOT NULL,
  chunk_root BLOB NOT NULL,
  media_type TEXT NOT NULL,
  PRIMARY KEY (scope, digest, device, epoch)
) STRICT, WITHOUT ROWID;
