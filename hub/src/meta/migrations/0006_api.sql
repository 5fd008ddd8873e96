-- Programs of the insurer: what they are, where, and when they last came. Tokens as digests only.
CREATE TABLE hub_integration (
  name  TEXT PRIMARY KEY,
  token BLOB NOT NULL UNIQUE,
  roles TEXT NOT NULL,
  since INTEGER NOT NULL,
  used  INTEGER NOT NULL DEFAULT 0,
  ended INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
-- Which scopes one sees; nobody here means all of them.
CREATE TABLE hub_integration_scope (
  name  TEXT NOT NULL,
  scope BLOB NOT NULL,
  PRIMARY KEY (name, scope)
) STRICT, WITHOUT ROWID;

-- What happened to cases, in the order in which it was committed here. A number is never used twice.
CREATE TABLE hub_event (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id BLOB NOT NULL,
  scope   BLOB NOT NULL,
  kind    TEXT NOT NULL,
  status  TEXT NOT NULL,
  heads   BLOB NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX hub_event_case ON hub_event (case_id, seq);
INSERT INTO hub_event (case_id, scope, kind, status, heads, at)
SELECT d.case_id, d.scope, 'reported', d.status, c.heads, d.updated
FROM hub_desk AS d JOIN case_row AS c ON c.case_id = d.case_id ORDER BY d.reported, d.case_id;
