#!/usr/bin/env python3
"""The story of `lossbook demo`, told by a foreign caller: report, photos, dispute, settle, sign, sync
to a real hub process, decision comes back. A phone of the command line (Rust alone) then pulls
everything and must hold the same heads, totals and photo digests.

usage: story.py PROGRAM FOLDER        (FOLDER is empty; the photos are rendered into it)
"""

import json
import sys
from pathlib import Path

import lossbook
from lossbook import (
    CaseQuery, CaseStatus, DisputeKind, InkPoint, InkStroke, Language, Lossbook, NewPhoto, NewReport,
    NewSignature, PhotoOrigin, SignAct, SignatureMark, StatementKind, StatementWish, SyncState,
)
from stage import CONTRACT, Stage, edits, expect, fails, sha256

LIAISON, SURVEYOR, REVIEWER, FARMER = "联络员甲", "查勘员乙", "审核主管丙", "农户张三"
WISH = StatementWish(kind=StatementKind.ESTIMATE, language=Language.ZH)


def ink(shown: lossbook.StatementView) -> NewSignature:
    points = [InkPoint(x=120 + 9 * step, y=300 + (step % 7 - 3) * 14, t_ms=16 * step, pressure=500) for step in range(40)]
    return NewSignature(
        signer=FARMER, act=SignAct.SIGNED, wanted=WISH, shown_sha256=shown.text_sha256,
        strokes=[InkStroke(points=points)], width=1080, height=640,
    )


def report(book: Lossbook, photos: list[Path]) -> tuple[str, str]:
    fields = edits(
        household=FARMER, reporter=LIAISON, cause="冰雹", place="五十镇北庄村",
        occurred_at="2025-07-16 14:40", contract=CONTRACT, area="630223102",
    )
    case = book.report_loss(NewReport(fields=fields))
    kept = []
    for photo in photos:
        new = NewPhoto(path=str(photo), origin=PhotoOrigin.CAMERA, caption=photo.name)
        added = book.add_photo(case.id, new, None)
        kept.append(added.digest == sha256(photo) and added.thumbnail is not None)
    expect(all(kept), f"{len(kept)} photos saved under their SHA-256, each with a thumbnail")
    fields = edits(room="北房", item="瓦片", unit="m²", amount="800")
    return case.id, book.add_row(case.id, "lines", fields)


def price(book: Lossbook, case: str) -> None:
    book.add_row(case, "objects", edits(kind="house", label="北房三间", structure="土木", area="62.5"))
    book.add_row(case, "damage", edits(room="北房", grade="一般损坏", area="18.25"))
    book.add_row(case, "lines", edits(room="北房", item="檩条", unit="根", quantity="4", amount="640"))
    book.add_row(case, "parties", edits(name=FARMER, role="payee", id_no="632126190001010011"))


def dispute(book: Lossbook, case: str, path: str) -> None:
    screen = book.case_screen(case)
    found = [one for one in screen.disputes if one.path == path]
    values = sorted((one.value, one.user) for one in found[0].values)
    expect(found[0].kind == DisputeKind.VALUES and values == [("1250.50", SURVEYOR), ("950.00", LIAISON)],
           f"both amounts stand with their writers: {values}")
    expect(screen.total.text == "1590.00–1890.50", f"the total is a range: {screen.total.text}")
    fails("contested", "a dispute cannot be signed", lambda: book.statement(case, WISH))


def same_as_rust(stage: Stage, book: Lossbook) -> None:
    """A phone of the command line pulls everything; Python must show what Rust shows."""
    home = ["device", "--home", stage.folder / "rust"]
    stage.cli.run(*home, "init")
    stage.cli.run(*home, "enrol", stage.code("查勘员丁"))
    stage.cli.run(*home, "sync")
    rust = stage.cli.run(*home, "list")["cases"]
    ours = book.cases(CaseQuery()).rows
    print_of = lambda row: (row.number, row.total.low_fen, row.total.high_fen, row.heads)  # noqa: E731
    theirs = sorted((row["number"], row["total_fen"]["low"], row["total_fen"]["high"], row["heads_digest"]) for row in rust)
    expect(sorted(map(print_of, ours)) == theirs, f"heads and totals of {len(ours)} cases as in Rust")
    for row in ours:
        shown = stage.cli.run(*home, "show", row.number)
        digests = sorted(photo["sha256"] for photo in shown["photos"])
        expect(sorted(one.digest for one in book.case_screen(row.id).photos) == digests,
               f"{len(digests)} photo digests as in Rust")
        states = [one["state"] for one in shown["signatures"]]
        marks = [one.mark.name.lower() for one in book.case_screen(row.id).signatures]
        expect(marks == states, f"signatures as in Rust: {', '.join(marks)}")


def main(program: str, folder: Path) -> None:
    stage = Stage(program, folder)
    with stage:
        scenes = folder / "scenes"
        stage.cli.run("scene", scenes)
        photos = sorted(scenes.glob("*.jpg"))
        liaison, surveyor = stage.phone("liaison", LIAISON), stage.phone("surveyor", SURVEYOR)
        reviewer, own = stage.office_user(REVIEWER), stage.office_user(SURVEYOR)
        case, line = report(liaison, photos)
        path = f"lines.{line}.amount"
        stage.sync(liaison)
        stage.sync(surveyor)
        price(surveyor, case)
        surveyor.set_fields(case, [lossbook.FieldEdit(name=path, value="1250.50")])
        liaison.set_fields(case, [lossbook.FieldEdit(name=path, value="950")])
        for book in (liaison, surveyor, liaison):
            stage.sync(book)
        dispute(surveyor, case, path)
        stage.office(reviewer, "decide", case, "approve", code=1)
        surveyor.settle(case, path, "1250.50", "现场复测 18.25 m²，按实测面积计价")
        judged = surveyor.case_screen(case).judgement
        expect(judged is not None and judged.pack == CONTRACT, f"judged by {judged.pack} {judged.pack_version}")
        shown = surveyor.statement(case, WISH)
        signed = surveyor.sign(case, ink(shown))
        expect(signed.total.text == "1890.50" and signed.text == shown.text, "signed 1890.50, exactly as shown")
        surveyor.set_fields(case, [lossbook.FieldEdit(name=path, value="1300")])
        mark = surveyor.case_screen(case).signatures[-1]
        expect(mark.mark == SignatureMark.SUPERSEDED and mark.changed[0].path == path, "a later amount supersedes it")
        surveyor.sign(case, ink(surveyor.statement(case, WISH)))
        for book in (surveyor, liaison):
            stage.sync(book)
        stage.office(own, "decide", case, "approve", code=1)
        stage.office(reviewer, "decide", case, "approve", "--reason", "资料齐全")
        stage.sync(surveyor)
        screen = surveyor.case_screen(case)
        expect(screen.row.status == CaseStatus.APPROVED and screen.decisions[-1].user == REVIEWER,
               "the decision came back to the phone")
        expect(screen.row.state == SyncState.CONFIRMED, "everything is under the hub's receipt")
        packet = folder / "packet.cbor"
        surveyor.write_statement_packet(case, screen.signatures[-1].id, str(packet))
        expect(packet.stat().st_size > 1_000, "the signature can be handed to a stranger")
        same_as_rust(stage, surveyor)
        at_rest(folder / "surveyor")
        surveyor.close_home()
        fails("closed", "a closed home", surveyor.status)
        print(json.dumps({"case": screen.row.number, "total": screen.total.text, "heads": screen.row.heads,
                          "photos": sorted(photo.digest for photo in screen.photos)}))


def at_rest(home: Path) -> None:
    secrets = [FARMER.encode(), "北庄村".encode(), b"SQLite format 3", b"JFIF", b"632126190001010011"]
    files = [file for file in home.rglob("*") if file.is_file()]
    found = [file for file in files if any(secret in file.read_bytes() for secret in secrets)]
    expect(bool(files) and not found, f"no name, place or picture is readable in {len(files)} files")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
