-- People of the office: what they are, where, and a password for the console.
ALTER TABLE hub_office_user ADD COLUMN roles TEXT NOT NULL DEFAULT 'reviewer';
ALTER TABLE hub_office_user ADD COLUMN password TEXT;
ALTER TABLE hub_office_user ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hub_office_user ADD COLUMN locked_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hub_office_user ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
-- Which scopes somebody sees; nobody here means all of them.
CREATE TABLE hub_office_scope (
  name  TEXT NOT NULL,
  scope BLOB NOT NULL,
  PRIMARY KEY (name, scope)
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_session (
  session  BLOB PRIMARY KEY,
  name     TEXT NOT NULL,
  language TEXT NOT NULL,
  seen     INTEGER NOT NULL,
  expires  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who did or saw what in the console. Only ever added to.
CREATE TABLE hub_audit (
  ord     INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  user    TEXT NOT NULL,
  deed    TEXT NOT NULL,
  case_id BLOB,
  detail  TEXT NOT NULL
) STRICT;
CREATE INDEX hub_audit_case ON hub_audit (case_id, ord);
CREATE TRIGGER hub_audit_kept BEFORE DELETE ON hub_audit
BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER hub_audit_fixed BEFORE UPDATE ON hub_audit
BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;

-- What somebody wrote for themselves before deciding; nobody else reads it.
CREATE TABLE hub_draft (
  case_id BLOB NOT NULL,
  user    TEXT NOT NULL,
  text    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (case_id, user)
) STRICT, WITHOUT ROWID;
-- To whom head office gave a case.
CREATE TABLE hub_assigned (
  case_id  BLOB PRIMARY KEY,
  surveyor TEXT NOT NULL,
  by       TEXT NOT NULL,
  at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- What the insured was told, and how: it ends the wait of that name.
CREATE TABLE hub_told (
  case_id BLOB NOT NULL,
  what    TEXT NOT NULL,
  channel TEXT NOT NULL,
  by      TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (case_id, what)
) STRICT, WITHOUT ROWID;
-- A photo, and the beginning of the digest of one that it looks like.
CREATE TABLE hub_alike (
  photo     BLOB NOT NULL,
  other     BLOB NOT NULL,
  different INTEGER NOT NULL,
  PRIMARY KEY (photo, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_alike_other ON hub_alike (other);
-- An invitation that a second person must confirm.
CREATE TABLE hub_invite_wish (
  id    BLOB PRIMARY KEY,
  role  TEXT NOT NULL,
  scope TEXT NOT NULL,
  user  TEXT NOT NULL,
  by    TEXT NOT NULL,
  at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Projections: what the queues read. Written with what they follow from; a command makes them anew.
CREATE TABLE hub_desk (
  case_id   BLOB PRIMARY KEY,
  scope     BLOB NOT NULL,
  number    TEXT NOT NULL,
  household TEXT NOT NULL,
  place     TEXT NOT NULL,
  cause     TEXT NOT NULL,
  contract  TEXT NOT NULL,
  status    TEXT NOT NULL,
  signature TEXT NOT NULL,
  contested INTEGER NOT NULL,
  photos    INTEGER NOT NULL,
  missing   INTEGER NOT NULL,
  low       INTEGER NOT NULL,
  high      INTEGER NOT NULL,
  reported  INTEGER NOT NULL,
  updated   INTEGER NOT NULL,
  surveyor  TEXT NOT NULL,
  round     INTEGER NOT NULL,
  role      TEXT NOT NULL,
  surveyed  INTEGER NOT NULL,
  approved  INTEGER NOT NULL,
  paid      INTEGER NOT NULL,
  lat       INTEGER,
  lon       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_desk_surveyor ON hub_desk (surveyor, updated);
CREATE INDEX hub_desk_updated ON hub_desk (updated);
CREATE INDEX hub_desk_place ON hub_desk (lat, lon, scope, status, number) WHERE lat IS NOT NULL;
-- The board, by scope: moved with the rows, so that nobody has to count a hundred thousand of them.
CREATE TABLE hub_board (
  scope       BLOB PRIMARY KEY,
  reported    INTEGER NOT NULL DEFAULT 0,
  surveyed    INTEGER NOT NULL DEFAULT 0,
  signed      INTEGER NOT NULL DEFAULT 0,
  approved    INTEGER NOT NULL DEFAULT 0,
  paid        INTEGER NOT NULL DEFAULT 0,
  outstanding INTEGER NOT NULL DEFAULT 0,
  payable     INTEGER NOT NULL DEFAULT 0,
  granted     INTEGER NOT NULL DEFAULT 0,
  south       INTEGER,
  west        INTEGER,
  north       INTEGER,
  east        INTEGER
) STRICT, WITHOUT ROWID;
CREATE TRIGGER hub_desk_in AFTER INSERT ON hub_desk BEGIN
  INSERT OR IGNORE INTO hub_board (scope) VALUES (new.scope);
  UPDATE hub_board SET reported = reported + 1, surveyed = surveyed + new.surveyed,
    signed = signed + (new.signature = 'valid'), approved = approved + new.approved,
    paid = paid + new.paid, outstanding = outstanding + new.missing,
    payable = payable + new.high, granted = granted + new.high * new.approved,
    south = min(coalesce(south, new.lat), coalesce(new.lat, south)),
    west = min(coalesce(west, new.lon), coalesce(new.lon, west)),
    north = max(coalesce(north, new.lat), coalesce(new.lat, north)),
    east = max(coalesce(east, new.lon), coalesce(new.lon, east))
  WHERE scope = new.scope;
END;
CREATE TRIGGER hub_desk_changed AFTER UPDATE ON hub_desk BEGIN
  UPDATE hub_board SET surveyed = surveyed + new.surveyed - old.surveyed,
    signed = signed + (new.signature = 'valid') - (old.signature = 'valid'),
    approved = approved + new.approved - old.approved, paid = paid + new.paid - old.paid,
    outstanding = outstanding + new.missing - old.missing,
    payable = payable + new.high - old.high,
    granted = granted + new.high * new.approved - old.high * old.approved,
    south = min(coalesce(south, new.lat), coalesce(new.lat, south)),
    west = min(coalesce(west, new.lon), coalesce(new.lon, west)),
    north = max(coalesce(north, new.lat), coalesce(new.lat, north)),
    east = max(coalesce(east, new.lon), coalesce(new.lon, east))
  WHERE scope = new.scope;
END;
-- A case waits in any number of queues; since orders a queue, note says what for.
CREATE TABLE hub_queue (
  queue   TEXT NOT NULL,
  since   INTEGER NOT NULL,
  case_id BLOB NOT NULL,
  scope   BLOB NOT NULL,
  note    TEXT NOT NULL,
  PRIMARY KEY (queue, since, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_queue_case ON hub_queue (case_id);
CREATE TABLE hub_queue_count (
  queue TEXT NOT NULL,
  scope BLOB NOT NULL,
  n     INTEGER NOT NULL,
  PRIMARY KEY (queue, scope)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER hub_queue_in AFTER INSERT ON hub_queue BEGIN
  INSERT INTO hub_queue_count (queue, scope, n) VALUES (new.queue, new.scope, 1)
  ON CONFLICT (queue, scope) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER hub_queue_out AFTER DELETE ON hub_queue BEGIN
  UPDATE hub_queue_count SET n = n - 1 WHERE queue = old.queue AND scope = old.scope;
END;
-- What runs out when: clocks and notices that nobody has met yet.
CREATE TABLE hub_due (
  kind    TEXT NOT NULL,
  due     INTEGER NOT NULL,
  case_id BLOB NOT NULL,
  id      TEXT NOT NULL,
  scope   BLOB NOT NULL,
  since   INTEGER NOT NULL,
  zh      TEXT NOT NULL,
  en      TEXT NOT NULL,
  source  TEXT NOT NULL,
  PRIMARY KEY (kind, due, case_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_due_case ON hub_due (case_id);
