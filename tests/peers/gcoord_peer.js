#!/usr/bin/env node
// Converts the positions of a file with npm's gcoord and compares.
//
// Input: the file that `lossbook positions` wrote, ten numbers a line: latitude and longitude on WGS-84, GCJ-02
// and BD-09, and WGS-84 again from both. Exit code 0 when gcoord's forward conversions agree within 1e-7 degrees,
// its inverse within 3e-6 (it stops iterating there), and our own way back ends within 1e-8.

const fs = require("fs");
const gcoord = require("gcoord");

const FORWARD = 1e-7;
const INVERSE = 3e-6;
const BACK = 1e-8;

function main(file) {
  const worst = { gcj02: 0, bd09: 0, inverse: 0, back: 0, outside: 0 };
  let inside = 0;
  let outside = 0;
  for (const line of fs.readFileSync(file, "utf8").split("\n")) {
    if (!line) continue;
    const [lat, lon, gcjLat, gcjLon, bdLat, bdLon, backLat, backLon, back2Lat, back2Lon] = line.split(",").map(Number);
    const far = (a, b) => Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1]));
    const note = (name, a, b) => { worst[name] = Math.max(worst[name], far(a, b)); };
    const wgs = [lon, lat];
    if (lat < 0) {
      outside += 1;
      note("outside", [gcjLon, gcjLat], wgs);
      note("outside", gcoord.transform(wgs, gcoord.WGS84, gcoord.GCJ02), wgs);
      continue;
    }
    inside += 1;
    note("gcj02", gcoord.transform(wgs, gcoord.WGS84, gcoord.GCJ02), [gcjLon, gcjLat]);
    note("bd09", gcoord.transform(wgs, gcoord.WGS84, gcoord.BD09), [bdLon, bdLat]);
    note("inverse", gcoord.transform([gcjLon, gcjLat], gcoord.GCJ02, gcoord.WGS84), [backLon, backLat]);
    note("back", [backLon, backLat], wgs);
    note("back", [back2Lon, back2Lat], wgs);
  }
  console.log(`${inside} positions in China, ${outside} outside; greatest differences in degrees: ${JSON.stringify(worst)}`);
  const good = inside >= 100000 && outside > 0 && worst.gcj02 <= FORWARD && worst.bd09 <= FORWARD
    && worst.inverse <= INVERSE && worst.back <= BACK && worst.outside === 0;
  return good ? 0 : 1;
}

process.exit(main(process.argv[2]));
