-- What a parked change waits for, so that an arrival wakes only those it concerns.
CREATE TABLE waiting (dep BLOB NOT NULL, envelope BLOB NOT NULL, PRIMARY KEY (dep, envelope)) STRICT, WITHOUT ROWID;
CREATE INDEX waiting_envelope ON waiting (envelope);
INSERT INTO waiting (dep, envelope)
WITH RECURSIVE dep (envelope, hex, rest) AS (
  SELECT id, substr(why, 11, 64), substr(why, 77) FROM envelope WHERE state = 1 AND why LIKE 'waits for %'
  UNION ALL
  SELECT envelope, substr(rest, 1, 64), substr(rest, 67) FROM dep WHERE length(rest) >= 64
)
SELECT unhex(hex), envelope FROM dep WHERE unhex(hex) IS NOT NULL;
CREATE INDEX actor_device ON actor (device, epoch);

-- A projection: what each case claims for itself alone (one household one house, one account one payee).
CREATE TABLE unique_claim (
  case_id BLOB NOT NULL,
  kind INTEGER NOT NULL,
  key TEXT NOT NULL,
  folded TEXT NOT NULL,
  value TEXT NOT NULL
) STRICT;
CREATE INDEX unique_claim_key ON unique_claim (kind, key);
CREATE INDEX unique_claim_case ON unique_claim (case_id);

-- The heads of a case when its user last looked at it.
CREATE TABLE looked (case_id BLOB PRIMARY KEY, heads BLOB NOT NULL) STRICT, WITHOUT ROWID;
