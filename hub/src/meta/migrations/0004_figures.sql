-- Projections: what registers and figures need of a case. Written with what they follow from; a
-- command (hub desk) makes them anew.
CREATE TABLE hub_sheet (
  case_id   BLOB PRIMARY KEY,
  scope     BLOB NOT NULL,
  contract  TEXT NOT NULL,
  received  INTEGER NOT NULL,
  day       INTEGER NOT NULL,
  reporter  TEXT NOT NULL,
  phone     TEXT NOT NULL,
  situation TEXT NOT NULL,
  handed    INTEGER NOT NULL,
  plate     TEXT NOT NULL,
  assessed  INTEGER,
  damage    TEXT NOT NULL,
  opinion   TEXT NOT NULL,
  reviewer  TEXT NOT NULL,
  reviewed  INTEGER,
  decided   INTEGER,
  paid_at   INTEGER,
  paid      INTEGER,
  closed    INTEGER,
  lacking   INTEGER NOT NULL,
  arrive_due INTEGER, arrive_done INTEGER,
  report_due INTEGER, report_done INTEGER,
  survey_due INTEGER, survey_done INTEGER,
  review_due INTEGER, review_done INTEGER,
  pay_due    INTEGER, pay_done    INTEGER,
  call_due   INTEGER, call_done   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_sheet_received ON hub_sheet (received, case_id);
CREATE INDEX hub_sheet_plate ON hub_sheet (plate, received) WHERE plate <> '';

-- What one case adds to a figure: one row for each thing that is counted, such as each clock.
-- A row counts from `ripe` on: a limit that nobody has met yet counts once it has run out.
CREATE TABLE hub_part (
  metric   TEXT NOT NULL,
  day      INTEGER NOT NULL,
  case_id  BLOB NOT NULL,
  unit     TEXT NOT NULL,
  contract TEXT NOT NULL,
  scope    BLOB NOT NULL,
  num      INTEGER NOT NULL,
  den      INTEGER NOT NULL,
  ripe     INTEGER NOT NULL,
  PRIMARY KEY (metric, day, case_id, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_part_case ON hub_part (case_id);
CREATE INDEX hub_part_ripe ON hub_part (ripe, contract, scope, num, den) WHERE ripe > 0;
-- Their sums, so that nobody has to count a hundred thousand of them: by the hour they count from.
CREATE TABLE hub_tally (
  metric   TEXT NOT NULL,
  day      INTEGER NOT NULL,
  contract TEXT NOT NULL,
  scope    BLOB NOT NULL,
  hour     INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  num      INTEGER NOT NULL,
  den      INTEGER NOT NULL,
  PRIMARY KEY (metric, day, contract, scope, hour)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER hub_part_in AFTER INSERT ON hub_part BEGIN
  INSERT INTO hub_tally (metric, day, contract, scope, hour, n, num, den)
  VALUES (new.metric, new.day, new.contract, new.scope, new.ripe / 3600000, 1, new.num, new.den)
  ON CONFLICT (metric, day, contract, scope, hour)
  DO UPDATE SET n = n + 1, num = num + new.num, den = den + new.den;
END;
CREATE TRIGGER hub_part_out AFTER DELETE ON hub_part BEGIN
  UPDATE hub_tally SET n = n - 1, num = num - old.num, den = den - old.den
  WHERE metric = old.metric AND day = old.day AND contract = old.contract AND scope = old.scope
    AND hour = old.ripe / 3600000;
  DELETE FROM hub_tally
  WHERE metric = old.metric AND day = old.day AND contract = old.contract AND scope = old.scope
    AND hour = old.ripe / 3600000 AND n = 0;
END;
