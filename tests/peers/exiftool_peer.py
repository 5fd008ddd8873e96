#!/usr/bin/env python3
"""Compares what `lossbook inspect` says of photos with what ExifTool and hashlib say.

Input: the built `lossbook` program and a folder of JPEG photos.
`lossbook inspect --json` prints one object a photo, a line each. Exit code 0 when every fact agrees on
every photo, and each fact was carried by at least one of them.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

# fact, where `inspect` says it, what ExifTool calls it
FACTS = [
    ("width", "width", "ImageWidth"),
    ("height", "height", "ImageHeight"),
    ("orientation", "orientation", "Orientation"),
    ("taken at", "taken_at.civil", "DateTimeOriginal"),
    ("latitude", "place.lat", "GPSLatitude"),
    ("longitude", "place.lon", "GPSLongitude"),
    ("make", "camera.make", "Make"),
    ("model", "camera.model", "Model"),
]
DEGREES = 1e-6


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    program, folder = sys.argv[1], Path(sys.argv[2])
    photos = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg"})
    if not photos:
        print(f"no photo in {folder}")
        return 1
    ours = inspect(program, photos)
    peers = exiftool(photos)
    if len(ours) != len(photos) or len(peers) != len(photos):
        print(f"{len(photos)} photos, but lossbook speaks of {len(ours)} and exiftool of {len(peers)}")
        return 1
    problems, carried = compare(photos, ours, peers)
    problems += [f"no photo carries {fact}: nothing was compared" for fact, *_ in FACTS if not carried[fact]]
    print("\n".join(problems) if problems else f"{len(photos)} photos, {sum(carried.values())} facts: all agree")
    return 1 if problems else 0


def inspect(program: str, photos: "list[Path]") -> "list[dict]":
    done = subprocess.run([program, "inspect", "--json", *photos], stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines() if line.strip()]


def exiftool(photos: "list[Path]") -> "list[dict]":
    names = [f"-{name}" for *_, name in FACTS]
    done = subprocess.run(["exiftool", "-n", "-json", *names, *photos], stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout)


def compare(photos: "list[Path]", ours: "list[dict]", peers: "list[dict]") -> "tuple[list[str], dict]":
    problems, carried = [], dict.fromkeys((fact for fact, *_ in FACTS), 0)
    for photo, own, peer in zip(photos, ours, peers):
        digest = hashlib.sha256(photo.read_bytes()).hexdigest()
        if own.get("sha256") != digest:
            problems.append(f"{photo.name}: sha256 is {digest}, lossbook says {own.get('sha256')}")
        for fact, path, name in FACTS:
            mine, theirs = tidy(fact, at(own, path)), tidy(fact, peer.get(name))
            carried[fact] += theirs is not None
            if not same(mine, theirs):
                problems.append(f"{photo.name}: {fact}: exiftool says {theirs}, lossbook says {mine}")
    return problems, carried


def at(record: dict, path: str) -> object:
    value: object = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def tidy(fact: str, value: object) -> object:
    """One spelling for both: no empty text, a civil time as its digits to the second, text as text."""
    if value is None or value == "":
        return None
    if fact == "taken at":
        return "".join(sign for sign in str(value) if sign.isdigit())[:14]
    if fact in ("make", "model"):
        return str(value).strip()
    return value


def same(mine: object, theirs: object) -> bool:
    if isinstance(mine, (int, float)) and isinstance(theirs, (int, float)):
        return abs(mine - theirs) <= (DEGREES if isinstance(theirs, float) or isinstance(mine, float) else 0)
    return mine == theirs


if __name__ == "__main__":
    sys.exit(main())
