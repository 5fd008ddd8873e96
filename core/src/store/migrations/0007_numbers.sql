-- A case is looked for by its number as often as by its id.
CREATE INDEX case_number ON case_row (number);
