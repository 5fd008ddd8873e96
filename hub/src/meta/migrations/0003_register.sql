-- Rows that people of the office keep. A correction is a further version; nothing is overwritten.
CREATE TABLE hub_register_row (
  register TEXT NOT NULL,
  row      INTEGER NOT NULL,
  version  INTEGER NOT NULL,
  scope    BLOB,
  case_id  BLOB,
  uniq     TEXT,
  since    INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  by       TEXT NOT NULL,
  reason   TEXT NOT NULL,
  struck   INTEGER NOT NULL,
  fields   TEXT NOT NULL,
  PRIMARY KEY (register, row, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER hub_register_kept BEFORE DELETE ON hub_register_row
BEGIN SELECT raise(ABORT, 'registers are only added to'); END;
CREATE TRIGGER hub_register_fixed BEFORE UPDATE ON hub_register_row
BEGIN SELECT raise(ABORT, 'registers are only added to'); END;
-- Which version of a row counts, with what tables are read by.
CREATE TABLE hub_register_now (
  register TEXT NOT NULL,
  row      INTEGER NOT NULL,
  version  INTEGER NOT NULL,
  scope    BLOB,
  case_id  BLOB,
  uniq     TEXT,
  since    INTEGER NOT NULL,
  struck   INTEGER NOT NULL,
  PRIMARY KEY (register, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_register_since ON hub_register_now (register, struck, since, row);
CREATE INDEX hub_register_case ON hub_register_now (case_id, register) WHERE case_id IS NOT NULL;
CREATE UNIQUE INDEX hub_register_uniq ON hub_register_now (register, uniq) WHERE uniq IS NOT NULL;
CREATE INDEX hub_desk_paid ON hub_desk (case_id) WHERE paid = 1;
CREATE TRIGGER hub_register_in AFTER INSERT ON hub_register_row BEGIN
  INSERT INTO hub_register_now (register, row, version, scope, case_id, uniq, since, struck)
  VALUES (new.register, new.row, new.version, new.scope, new.case_id,
    CASE WHEN new.struck THEN NULL ELSE new.uniq END, new.since, new.struck)
  ON CONFLICT (register, row) DO UPDATE SET version = excluded.version, scope = excluded.scope,
    case_id = excluded.case_id, uniq = excluded.uniq, since = excluded.since,
    struck = excluded.struck;
END;
