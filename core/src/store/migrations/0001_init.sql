-- Who this device is, and which hub it trusts. One row.
CREATE TABLE identity (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  device BLOB NOT NULL,
  secret BLOB NOT NULL,
  pinned BLOB
) STRICT;

-- Small facts about the exchange: cursor, token, newest hub header. Nothing that a rebuild needs.
CREATE TABLE memo (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- Scopes this store may hold.
CREATE TABLE scope (id BLOB PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Writers the hub vouched for, and the hub.
CREATE TABLE author (
  device BLOB PRIMARY KEY,
  key BLOB NOT NULL,
  scopes BLOB NOT NULL,
  user TEXT NOT NULL,
  revoked INTEGER NOT NULL,
  is_hub INTEGER NOT NULL,
  certificate BLOB
) STRICT, WITHOUT ROWID;

-- seq/header: newest envelope held. sealed: newest that a seal covers. acked, received: what the
-- hub acknowledged, and what its signed receipt covers (own streams only).
CREATE TABLE stream (
  id INTEGER PRIMARY KEY,
  scope BLOB NOT NULL,
  device BLOB NOT NULL,
  epoch BLOB NOT NULL,
  own INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  header BLOB NOT NULL,
  sealed INTEGER NOT NULL,
  acked INTEGER NOT NULL,
  confirmed INTEGER NOT NULL,
  forked INTEGER NOT NULL,
  UNIQUE (scope, device, epoch)
) STRICT;

-- state: 0 applied, 1 parked, 2 quarantined, 3 bare (header only).
CREATE TABLE envelope (
  ord INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream (id),
  seq INTEGER NOT NULL,
  id BLOB NOT NULL,
  kind INTEGER NOT NULL,
  subject BLOB NOT NULL,
  wall INTEGER NOT NULL,
  header BLOB NOT NULL,
  body BLOB,
  state INTEGER NOT NULL,
  why TEXT,
  UNIQUE (stream, seq)
) STRICT;
CREATE UNIQUE INDEX envelope_id ON envelope (id);
CREATE INDEX envelope_subject ON envelope (subject, kind, wall);
CREATE INDEX envelope_waiting ON envelope (state) WHERE state > 0;

CREATE TABLE seal (
  stream INTEGER NOT NULL REFERENCES stream (id),
  seq INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;

-- Another envelope that claims a place already taken.
CREATE TABLE fork (
  id BLOB PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream (id),
  seq INTEGER NOT NULL,
  envelope BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Runs of devices whose certificate has not come yet.
CREATE TABLE parked_run (device BLOB NOT NULL, digest BLOB NOT NULL, run BLOB NOT NULL, PRIMARY KEY (device, digest)) STRICT, WITHOUT ROWID;

-- Applied changes, in the order they were applied. ord also numbers what a snapshot covers.
CREATE TABLE change (
  ord INTEGER PRIMARY KEY,
  hash BLOB NOT NULL,
  case_id BLOB NOT NULL,
  actor BLOB NOT NULL,
  seq INTEGER NOT NULL,
  max_op INTEGER NOT NULL,
  envelope BLOB NOT NULL,
  UNIQUE (hash, case_id)
) STRICT;
CREATE INDEX change_actor ON change (case_id, actor, seq);
CREATE INDEX change_case ON change (case_id, ord);

CREATE TABLE actor (actor BLOB PRIMARY KEY, device BLOB NOT NULL, epoch BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- The case document: a snapshot, and the changes after snapshot_ord.
CREATE TABLE document (
  case_id BLOB PRIMARY KEY,
  scope BLOB NOT NULL,
  snapshot BLOB,
  snapshot_ord INTEGER NOT NULL
) STRICT;

-- Photos and thumbnails: known from a photo envelope, held if file is set.
CREATE TABLE blob (
  digest BLOB NOT NULL,
  scope BLOB NOT NULL,
  case_id BLOB NOT NULL,
  envelope BLOB NOT NULL,
  len INTEGER NOT NULL,
  chunk_root BLOB NOT NULL,
  media_type TEXT NOT NULL,
  role INTEGER NOT NULL,
  of_digest BLOB,
  origin INTEGER NOT NULL,
  own INTEGER NOT NULL,
  sent INTEGER NOT NULL,
  confirmed INTEGER NOT NULL,
  PRIMARY KEY (digest, case_id)
) STRICT;
CREATE INDEX blob_case ON blob (case_id);

-- Bytes held here. One file per digest, whoever needs it.
CREATE TABLE file (
  digest BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  key BLOB NOT NULL,
  len INTEGER NOT NULL,
  chunks BLOB NOT NULL
) STRICT;

-- Projections. Nobody writes them but store::project; rebuild makes them anew.
CREATE TABLE case_row (
  case_id BLOB PRIMARY KEY,
  row_id INTEGER NOT NULL UNIQUE,
  scope BLOB NOT NULL,
  number TEXT NOT NULL,
  household TEXT NOT NULL,
  place TEXT NOT NULL,
  cause TEXT NOT NULL,
  low INTEGER NOT NULL,
  high INTEGER NOT NULL,
  contested INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  photos INTEGER NOT NULL,
  status TEXT NOT NULL,
  signature TEXT NOT NULL,
  updated INTEGER NOT NULL,
  heads BLOB NOT NULL,
  words BLOB NOT NULL
) STRICT;
CREATE INDEX case_updated ON case_row (updated DESC, case_id);
CREATE VIRTUAL TABLE case_text USING fts5 (words, content = '', contentless_delete = 1);
INSERT INTO case_text (case_text, rank) VALUES ('secure-delete', 1);
