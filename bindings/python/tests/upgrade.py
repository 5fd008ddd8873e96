#!/usr/bin/env python3
"""Stores of every version open through Python and read as they did; a newer one is refused, untouched.

usage: upgrade.py FIXTURES/stores
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import lossbook
from lossbook.host import SystemClock
from stage import expect


class FixtureKeys(lossbook.HostKeyStore):
    """The key files of the fixtures: every byte XORed with 0x5A."""

    def wrap(self, key: bytes) -> bytes:
        return bytes(byte ^ 0x5A for byte in key)

    def unwrap(self, wrapped: bytes) -> bytes:
        return self.wrap(wrapped)


def opened(home: Path) -> lossbook.Lossbook:
    return lossbook.Lossbook.open(str(home), lossbook.HostParts(keys=FixtureKeys(), clock=SystemClock()))


def read(book: lossbook.Lossbook) -> dict:
    row = book.cases(lossbook.CaseQuery()).rows[0]
    screen = book.case_screen(row.id)
    return {
        "number": row.number, "household": row.household, "total": row.total.text, "heads": row.heads,
        "photos": [photo.digest for photo in screen.photos],
        "signatures": [one.mark.name.lower() for one in screen.signatures],
        "events": len(book.timeline(row.id, None, 100).rows),
    }


def main(stores: Path) -> None:
    folders = sorted(folder for folder in stores.iterdir() if folder.name.startswith("v"))
    expect(bool(folders), f"{len(folders)} versions of the store")
    with tempfile.TemporaryDirectory() as place:
        for folder in folders:
            home = Path(place) / folder.name
            shutil.copytree(folder / "home", home)
            book = opened(home)
            expect(read(book) == json.loads((folder / "expected.json").read_text()), f"{folder.name} reads as it did")
            book.close_home()
        home = Path(place) / "newer"
        shutil.copytree(stores / "newer" / "home", home)
        before = (home / "store.db").read_bytes()
        try:
            opened(home)
        except lossbook.LossbookError.MadeByNewerApp as error:
            expect(error.version == 999, f"a newer store is refused: {error.zh}")
        else:
            raise SystemExit("NOT SO: a newer store was opened")
        expect((home / "store.db").read_bytes() == before, "and not touched")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
