-- People on devices, each with the certificate that the hub gave them. number: the hub's count of
-- its words about the device; the newest stands.
CREATE TABLE person (
  device BLOB NOT NULL,
  user TEXT NOT NULL,
  number INTEGER NOT NULL,
  certificate BLOB NOT NULL,
  PRIMARY KEY (device, user)
) STRICT, WITHOUT ROWID;
INSERT INTO person (device, user, number, certificate)
SELECT device, user, 0, certificate FROM author WHERE certificate IS NOT NULL;

-- Up to where a stream stays valid although its writer lost the right to it.
CREATE TABLE stream_end (
  scope BLOB NOT NULL,
  device BLOB NOT NULL,
  epoch BLOB NOT NULL,
  seq INTEGER NOT NULL,
  header BLOB NOT NULL,
  PRIMARY KEY (scope, device, epoch)
) STRICT, WITHOUT ROWID;

-- Scopes that this device may no longer read. mode: 1 keep own unsent work, 2 purge. state: 0 to be
-- done, 1 done and own work is kept, 2 given back: the kept work goes out first.
CREATE TABLE scope_end (scope BLOB PRIMARY KEY, mode INTEGER NOT NULL, state INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- The key of a scope wraps the keys of its files; without it they are noise.
CREATE TABLE scope_key (scope BLOB PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE file_key (
  digest BLOB NOT NULL,
  scope BLOB NOT NULL,
  wrapped BLOB NOT NULL,
  PRIMARY KEY (digest, scope)
) STRICT, WITHOUT ROWID;

-- Reference tables of a scope, as its hub has them. row: JSON, or nothing for a row that was
-- removed. born: the version in which it came, so that what came and went in between is not sent.
CREATE TABLE reference (
  scope BLOB NOT NULL,
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  born INTEGER NOT NULL,
  row BLOB,
  PRIMARY KEY (scope, name, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_version ON reference (scope, version);
CREATE TABLE reference_head (scope BLOB PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Photos that could not be brought or taken, and why.
CREATE TABLE broken_blob (digest BLOB PRIMARY KEY, why TEXT NOT NULL, wall INTEGER NOT NULL) STRICT, WITHOUT ROWID;
