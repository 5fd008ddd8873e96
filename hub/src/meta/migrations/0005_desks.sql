-- A projection: what the contract says about a visit to a case (hub desk makes it anew).
CREATE TABLE hub_waiver (
  case_id  BLOB PRIMARY KEY,
  scope    BLOB NOT NULL,
  contract TEXT NOT NULL,
  answer   TEXT NOT NULL,
  zh       TEXT NOT NULL,
  en       TEXT NOT NULL,
  version  TEXT NOT NULL,
  reported INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_waiver_reported ON hub_waiver (reported, case_id);
CREATE INDEX hub_desk_contract ON hub_desk (contract, scope, status);
CREATE INDEX hub_assigned_surveyor ON hub_assigned (surveyor);
