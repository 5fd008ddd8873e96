#!/usr/bin/env python3
"""Writes the store of this version down, for the builds of tomorrow to open: see fixtures/stores/README.md.

usage: make_store.py PROGRAM FOLDER FIXTURES/stores      (FOLDER is empty; needs the package sqlcipher3)
"""

import json
import shutil
import sys
from pathlib import Path

import lossbook
import sqlcipher3
from lossbook.host import HttpTransport, SystemClock
from stage import CONTRACT, Stage, edits, expect
from story import WISH, ink
from upgrade import FixtureKeys, read


def main(program: str, folder: Path, stores: Path) -> None:
    target = stores / f"v{lossbook.versions().store}"
    expect(not target.exists(), f"{target.name} is not written yet")
    home = folder / "home"
    with Stage(program, folder) as stage:
        stage.cli.run("scene", folder / "scenes")
        photo = min((folder / "scenes").glob("*.jpg"), key=lambda file: file.stat().st_size)
        book = lossbook.Lossbook.create(str(home), lossbook.HostParts(keys=FixtureKeys(), clock=SystemClock()))
        book.enrol_with(stage.code("查勘员乙"), HttpTransport())
        fields = edits(household="农户张三", cause="冰雹", contract=CONTRACT, occurred_at="2025-07-16 14:40")
        case = book.report_loss(lossbook.NewReport(fields=fields)).id
        book.add_photo(case, lossbook.NewPhoto(path=str(photo), origin=lossbook.PhotoOrigin.CAMERA), None)
        book.add_row(case, "lines", edits(room="北房", item="瓦片", amount="1250.50"))
        book.sign(case, ink(book.statement(case, WISH)))
        stage.sync(book)
        book.add_row(case, "notes", edits(text="尚未发出"))
        expected = read(book)
        book.close_home()
        del book
    target.mkdir(parents=True)
    shutil.copytree(home, target / "home")
    (target / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=2) + "\n")
    newer = stores / "newer" / "home"
    if not newer.exists():
        make_newer(home, newer)
    print(f"wrote {target}")


def make_newer(home: Path, newer: Path) -> None:
    """The same, as a build of tomorrow would have left it."""
    newer.mkdir(parents=True)
    for name in ("store.db", "key"):
        shutil.copy(home / name, newer / name)
    key = FixtureKeys().unwrap((newer / "key").read_bytes())
    database = sqlcipher3.connect(newer / "store.db")
    database.execute(f"""PRAGMA key = "x'{key.hex()}'" """)
    database.execute("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")
    changed = database.execute("UPDATE part_version SET version = 999 WHERE part = 'core'").rowcount
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    expect(changed == 1, "the newer store has a version that no build knows")
    for left in ("store.db-wal", "store.db-shm"):
        (newer / left).unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
