// The two correction ledgers of cases, drawn anew with the npm package @automerge/automerge from
// nothing but the changes that people wrote. Reads JSON from standard input: {case: [[user, change
// in base64] …]} in the order the hub took them in; writes {case: {records, data}}, each a list of
// {path, before, after, user}.
//
// A change corrects data where it puts another value in the place of one that stood before it; it
// corrects a record where it withdraws a row, or settles a dispute with a reason (R314, R315).
"use strict";
const fs = require("fs");
const Automerge = require("@automerge/automerge");

/** Where an object of the document lies: its path by section, row and name. */
class Places {
  constructor() {
    this.paths = new Map([["_root", []]]);
    this.texts = new Set();
  }

  make(op, id) {
    const parent = this.paths.get(op.obj);
    if (parent && op.key !== undefined) this.paths.set(id, [...parent, op.key]);
    if (op.action === "makeText") this.texts.add(id);
  }
}

function value(op) {
  return op.value instanceof Uint8Array ? Buffer.from(op.value).toString("hex") : String(op.value);
}

function read(doc, path) {
  const found = path.reduce((here, name) => (here === undefined || here === null ? undefined : here[name]), doc);
  return found === undefined || found === null ? undefined : String(found);
}

/** What one change wrote: by path what stood before and what stands after. */
function writes(change, hash, doc, places, values) {
  const written = new Map();
  const touched = new Map();
  change.ops.forEach((op, at) => {
    const id = `${change.startOp + at}@${change.actor}`;
    if (op.action.startsWith("make")) {
      places.make(op, id);
      return;
    }
    if (places.texts.has(op.obj)) {
      touched.set(places.paths.get(op.obj).join("."), places.paths.get(op.obj));
      return;
    }
    if (op.action !== "set") return;
    const path = [...places.paths.get(op.obj), op.key].join(".");
    values.set(id, { value: value(op), change: hash });
    // The first write of a change stands on what was there before it, a later one on the first.
    const before = (op.pred || []).map((one) => values.get(one)).filter((one) => one && one.change !== hash);
    const known = written.get(path);
    written.set(path, { before: known ? known.before : before.map((one) => one.value), after: value(op) });
  });
  if (touched.size > 0) {
    const [then, now] = [Automerge.view(doc, change.deps), Automerge.view(doc, [hash])];
    for (const [name, path] of touched) {
      const [before, after] = [read(then, path), read(now, path)];
      if (after) written.set(name, { before: before ? [before] : [], after });
    }
  }
  return written;
}

function ledgers(entries) {
  const changes = entries.map(([user, text]) => [user, new Uint8Array(Buffer.from(text, "base64"))]);
  let doc = Automerge.init();
  [doc] = Automerge.applyChanges(doc, changes.map(([, bytes]) => bytes));
  const [places, values] = [new Places(), new Map()];
  const found = { records: [], data: [] };
  // Changes name values of those they follow, so these are read first.
  const users = new Map(changes.map(([user, bytes]) => [Automerge.decodeChange(bytes).hash, user]));
  const order = Automerge.getAllChanges(doc).map((bytes) => Automerge.decodeChange(bytes));
  for (const change of order) {
    const user = users.get(change.hash);
    const written = writes(change, change.hash, doc, places, values);
    const settled = new Map();
    for (const [path, one] of written) {
      const parts = path.split(".");
      if (parts[0] === "settlements" && parts.at(-1) === "path") {
        const of = (name) => (written.get([...parts.slice(0, -1), name].join(".")) || {}).after;
        if (of("reason") !== undefined) settled.set(one.after, of("chosen"));
      }
    }
    for (const [path, one] of written) {
      if (path.startsWith("settlements.")) continue;
      const line = { path, ...one, user };
      const isWithdrawn = path.endsWith(".removed");
      if (isWithdrawn || settled.has(path)) found.records.push(line);
      if (!isWithdrawn && one.before.some((before) => before !== one.after)) found.data.push(line);
    }
    for (const [path, chosen] of settled) {
      if (!written.has(path)) found.records.push({ path, before: [], after: chosen || "", user });
    }
  }
  return found;
}

const cases = JSON.parse(fs.readFileSync(0, "utf8"));
console.log(JSON.stringify(Object.fromEntries(Object.entries(cases).map(([id, entries]) => [id, ledgers(entries)]))));
