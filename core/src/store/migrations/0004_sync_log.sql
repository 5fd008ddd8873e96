-- What exchanges with the hub did, for people; the newest few hundred.
CREATE TABLE sync_log (id INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT;
