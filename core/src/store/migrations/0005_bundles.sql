-- From here on acked of a stream of others says how far the hub is known to hold it. All that was
-- held before this step came from the hub.
UPDATE stream SET acked = seq WHERE own = 0;

-- How far other devices said they hold streams whole, and which bytes they said they lack.
CREATE TABLE told_mark (
  device BLOB NOT NULL,
  scope BLOB NOT NULL,
  writer BLOB NOT NULL,
  epoch BLOB NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (device, scope, writer, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE told_want (device BLOB NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (device, digest)) STRICT, WITHOUT ROWID;

-- Proven chunks of blobs that are not whole yet, each in a file of its own.
CREATE TABLE staged (
  digest BLOB NOT NULL,
  root BLOB NOT NULL,
  number INTEGER NOT NULL,
  total INTEGER NOT NULL,
  name TEXT NOT NULL,
  key BLOB NOT NULL,
  len INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (digest, root, number)
) STRICT, WITHOUT ROWID;

-- Blobs of others whose bytes came by hand and not from the hub: they are handed on to it.
CREATE TABLE brought (digest BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Bundles carried for others, unread. The bytes are a file like any other.
CREATE TABLE carried (
  digest BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  len INTEGER NOT NULL,
  at INTEGER NOT NULL,
  envelope BLOB NOT NULL,
  sent INTEGER NOT NULL,
  confirmed INTEGER NOT NULL
) STRICT;
