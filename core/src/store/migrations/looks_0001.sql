-- What photos look like: 30 bytes each, made at capture from the thumbnail. Not evidence: a photo
-- without a row here is only not found by its looks.
CREATE TABLE look (digest BLOB PRIMARY KEY, bits BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- The newest index of a scope from its hub.
CREATE TABLE look_index (scope BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- Photos that looked like another when they were taken. other: first bytes of the other's digest;
-- different: differing bits, or -1 for the very same bytes in another case.
CREATE TABLE look_seen (
  digest BLOB NOT NULL,
  case_id BLOB NOT NULL,
  other BLOB NOT NULL,
  different INTEGER NOT NULL,
  PRIMARY KEY (digest, case_id, other)
) STRICT, WITHOUT ROWID;
