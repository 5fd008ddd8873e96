-- Rule packs by digest: those on the shelf, and those that once were.
CREATE TABLE pack (
  digest BLOB PRIMARY KEY,
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

-- Signed shelves. state: 0 judges, 1 waits until all its packs are here.
CREATE TABLE shelf (state INTEGER PRIMARY KEY CHECK (state IN (0, 1)), bytes BLOB NOT NULL) STRICT;
