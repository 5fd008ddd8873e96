// Loads a case document with the npm package @automerge/automerge and reads from it exactly the
// values that `device show --json` reads, conflicts included. Argument: the folder that
// two_homes.py wrote (case.automerge, case.json). No output but one line; exit 1 on a difference.
"use strict";
const fs = require("fs");
const path = require("path");
const Automerge = require("@automerge/automerge");

const folder = process.argv[2];
const ours = JSON.parse(fs.readFileSync(path.join(folder, "case.json"), "utf8"));
const doc = Automerge.load(fs.readFileSync(path.join(folder, "case.automerge")));
const kinds = JSON.parse(fs.readFileSync(path.join(folder, "kinds.json"), "utf8"));

// A value as the command line writes it.
function text(kind, value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (kind === "money") {
    const fen = Math.abs(value);
    return (value < 0 ? "-" : "") + Math.floor(fen / 100) + "." + String(fen % 100).padStart(2, "0");
  }
  if (kind === "number") return String(value / 1000);
  return String(value);
}

let values = 0;
let conflicts = 0;
const different = [];
function compare(at, object, expected) {
  for (const [name, value] of Object.entries(expected)) {
    const kind = kinds[`${at[0]}.${name}`];
    const standing = Object.values(Automerge.getConflicts(object, name) || { only: object[name] });
    const theirs = [...new Set(standing.map((one) => text(kind, one)))].sort();
    const mine = (value && value.contested ? value.contested : [value]).slice().sort();
    values += theirs.length;
    conflicts += theirs.length > 1 ? 1 : 0;
    if (JSON.stringify(theirs) !== JSON.stringify(mine)) different.push([at, name, mine, theirs]);
  }
}

for (const [section, expected] of Object.entries(ours.record)) {
  const here = doc[section];
  const rows = Object.values(expected).some((one) => one && typeof one === "object" && !one.contested);
  if (!rows) compare([section], here, expected);
  else for (const [id, row] of Object.entries(expected)) compare([section, id], here[id], row);
}
const heads = Automerge.getHeads(doc).slice().sort();
if (JSON.stringify(heads) !== JSON.stringify(ours.heads)) different.push(["heads", heads, ours.heads]);
if (different.length > 0 || conflicts === 0 || values < 8) {
  console.log(JSON.stringify({ different, values, conflicts }));
  process.exit(1);
}
console.log(`@automerge/automerge reads the same ${values} values, ${conflicts} fields with conflicts, and heads`);
