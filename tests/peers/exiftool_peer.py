#!/usr/bin/env python3
"""Compares what `lossbook inspect` says of photos with what ExifTool and hashlib say.

Input: the built `lossbook` program and folders of photos (JPEG, PNG, WebP, HEIC, TIFF), looked through with all
their sub-folders. `lossbook inspect --json` prints one object a photo, a line each.
Every fact of every photo is compared. A difference is either a mistake, and then the exit code is 1, or one of
those in DELIBERATE, each with its reason, and then it is counted and printed.
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
    ("rotation", "turn.degrees", "Rotation"),
    ("taken at", "taken_at.civil", "DateTimeOriginal"),
    ("offset", "taken_at.offset", "OffsetTimeOriginal"),
    ("gps time", "gps_time", "GPSDateTime"),
    ("latitude", "place.lat", "GPSLatitude"),
    ("longitude", "place.lon", "GPSLongitude"),
    ("altitude", "place.alt_m", "GPSAltitude"),
    ("accuracy", "place.accuracy_m", "GPSHPositioningError"),
    ("datum", "place.datum", "GPSMapDatum"),
    ("direction", "direction.degrees", "GPSImgDirection"),
    ("make", "camera.make", "Make"),
    ("model", "camera.model", "Model"),
    ("lens", "lens", "LensModel"),
    ("serial", "serial", "SerialNumber"),
    ("thumbnail at", "embedded.at", "ThumbnailOffset"),
    ("thumbnail bytes", "embedded.bytes", "ThumbnailLength"),
]
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".tif", ".tiff"}
DEGREES = 1e-6
METRES = 1e-3


POSITION = {"latitude", "longitude", "altitude", "accuracy", "datum"}
EVERYTHING = {fact for fact, *_ in FACTS}


def left_out(mine: object, _theirs: object) -> bool:
    return mine is None


def read_on(_mine: object, theirs: object) -> bool:
    return theirs is None


def any_way(_mine: object, _theirs: object) -> bool:
    return True


# facts, part of the photo's name, which side says nothing, and why that is meant so
DELIBERATE = [
    (EVERYTHING, "entries-overstated", read_on, "ExifTool gives a directory up whose count is too high; the entries that are there are read"),
    (EVERYTHING, "huge-offset", read_on, "ExifTool gives a TIFF up over one pointer to nowhere; the other values are read"),
    (EVERYTHING, "xmp-wrong-end", read_on, "ExifTool gives a broken packet up; what stands before the break is read, and the break is told"),
    (EVERYTHING, "xmp-other-space", left_out, "ExifTool goes by the prefix; XMP names are told apart by their name space"),
    (POSITION, "zero-l", left_out, "a position needs both degrees; altitude, accuracy and datum belong to a position"),
    (POSITION, "zero-seconds", left_out, "a position needs both degrees; altitude, accuracy and datum belong to a position"),
    (POSITION, "latitude-", left_out, "a position needs a hemisphere and lies on the globe, or it is a problem"),
    (POSITION, "of-l", left_out, "a position needs both degrees; altitude, accuracy and datum belong to a position"),
    ({"altitude", "accuracy", "direction"}, "zero-", left_out, "a fraction over zero is no number"),
    ({"gps time"}, "zero-time", left_out, "a fraction over zero is no number"),
    ({"gps time"}, "of-no-day", left_out, "26 o'clock is a problem and no claim"),
    ({"taken at", "offset"}, "time-", left_out, "zeros, blanks and the 41st are no time, and an offset alone is none"),
    ({"offset"}, "huge-offset-of-time", left_out, "an offset without its time says nothing"),
    ({"thumbnail at"}, ".png", any_way, "ExifTool counts from the block's beginning in a PNG; places are counted from the file's"),
    ({"thumbnail at", "thumbnail bytes"}, ".tif", left_out, "the second directory of a TIFF file is its next page"),
    ({"serial"}, "corrupted.jpg", left_out, "maker notes are not read"),
]


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    program = sys.argv[1]
    photos = [path for folder in sys.argv[2:] for path in sorted(Path(folder).rglob("*")) if path.suffix.lower() in SUFFIXES]
    if not photos:
        print(f"no photo in {sys.argv[2:]}")
        return 1
    ours = inspect(program, photos)
    peers = exiftool(photos)
    if len(ours) != len(photos) or len(peers) != len(photos):
        print(f"{len(photos)} photos, but lossbook speaks of {len(ours)} and exiftool of {len(peers)}")
        return 1
    problems, meant, carried = compare(photos, ours, peers)
    problems += [f"no photo carries {fact}: nothing was compared" for fact, *_ in FACTS[:13] if not carried[fact]]
    for reason, differences in sorted(meant.items()):
        print(f"meant, {len(differences)} times: {reason}")
    print("\n".join(problems) if problems else f"{len(photos)} photos, {sum(carried.values())} facts: all agree but those meant")
    return 1 if problems else 0


def inspect(program: str, photos: "list[Path]") -> "list[dict]":
    done = subprocess.run([program, "inspect", "--json", *photos], stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines() if line.strip()]


def exiftool(photos: "list[Path]") -> "list[dict]":
    names = [f"-{name}" for *_, name in FACTS]
    done = subprocess.run(["exiftool", "-n", "-json", *names, *photos], stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout)


def compare(photos: "list[Path]", ours: "list[dict]", peers: "list[dict]") -> "tuple[list[str], dict, dict]":
    problems, meant, carried = [], {}, dict.fromkeys((fact for fact, *_ in FACTS), 0)
    for photo, own, peer in zip(photos, ours, peers):
        digest = hashlib.sha256(photo.read_bytes()).hexdigest()
        if own.get("sha256") != digest:
            problems.append(f"{photo.name}: sha256 is {digest}, lossbook says {own.get('sha256')}")
        for fact, path, name in FACTS:
            mine, theirs = tidy(fact, at(own, path)), tidy(fact, peer.get(name))
            if fact == "offset" and theirs is None:
                theirs = offset_within(peer.get("DateTimeOriginal"))
            carried[fact] += theirs is not None
            if same(fact, mine, theirs):
                continue
            difference = f"{photo.name}: {fact}: exiftool says {theirs!r}, lossbook says {mine!r}"
            reason = reason_for(fact, photo.name, mine, theirs)
            if reason:
                meant.setdefault(reason, []).append(difference)
            else:
                problems.append(difference)
    return problems, meant, carried


def reason_for(fact: str, name: str, mine: object, theirs: object) -> "str | None":
    for facts, part, is_meant, reason in DELIBERATE:
        if fact in facts and part in name and is_meant(mine, theirs):
            return reason
    return None


def at(record: dict, path: str) -> object:
    value: object = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def offset_within(time: object) -> "str | None":
    """XMP writes the offset behind the time."""
    text = str(time or "")[19:]
    return text[-6:] if len(text) >= 6 and text[-6] in "+-" else None


def tidy(fact: str, value: object) -> object:
    """One spelling for both: no empty text, a time as its digits to the second, text as text."""
    if value is None or value == "":
        return None
    if fact in ("taken at", "gps time"):
        return "".join(sign for sign in str(value) if sign.isdigit())[:14] or None
    if fact in ("make", "model", "lens", "serial", "datum", "offset"):
        return str(value).strip() or None
    return value


def same(fact: str, mine: object, theirs: object) -> bool:
    if isinstance(mine, (int, float)) and isinstance(theirs, (int, float)):
        near = DEGREES if fact in ("latitude", "longitude") else METRES
        return abs(mine - theirs) <= near
    return mine == theirs


if __name__ == "__main__":
    sys.exit(main())
