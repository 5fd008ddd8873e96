#!/usr/bin/env python3
"""Papers, tables and maps of the demo's event, read by other programs.

usage: papers_peer.py PROGRAM FOLDER [PICTURES]     PICTURES is where pages of every paper go as PNG

The event comes through the real intake. Every paper is made in both languages on the command line,
read back by pdftotext, drawn by pdftoppm and made a second time: the same bytes. Tables are opened
by openpyxl (and by LibreOffice where there is one), the map by ogrinfo. The console gives the same
paper byte for byte, and personal data in full only to whom has the right and wrote why.
"""

import csv
import hashlib
import http.cookiejar
import io
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import openpyxl

KINDS = ["survey", "loss", "no-survey", "commitment", "case-file"]
LARGEST = 150_000
CASES = "60"


def expect(good: bool, what: str) -> None:
    if not good:
        raise SystemExit(f"NOT SO: {what}")
    print(f"  ok: {what}", flush=True)


def plain(text: str) -> str:
    """Text without spaces: a line may be broken anywhere in Chinese."""
    return re.sub(r"\s+", "", text)


class Hub:
    def __init__(self, program: str, data: Path) -> None:
        self.program, self.data = program, data

    def run(self, *words: str, code: int = 0) -> dict:
        done = subprocess.run([self.program, "--json", "hub", "--data", str(self.data), *words], capture_output=True, text=True)
        if done.returncode != code:
            raise SystemExit(f"NOT SO: {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}

    def twice(self, out: Path, *words: str) -> dict:
        """Makes a file two times; it must be the same bytes."""
        again = out.with_name("again-" + out.name)
        said = self.run(*words, "--out", str(out))
        second = self.run(*words, "--out", str(again))
        if out.read_bytes() != again.read_bytes() or said["code"] != second["code"]:
            raise SystemExit(f"NOT SO: {out.name} made twice differs")
        again.unlink()
        return said


def text_of(pdf: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout


def draw(pdf: Path, to: Path) -> None:
    """The first page as a picture of at most 150 KB, drawn coarser until it is."""
    for dots in ["80", "66", "54", "44"]:
        subprocess.run(["pdftoppm", "-png", "-singlefile", "-r", dots, str(pdf), str(to.with_suffix(""))], check=True)
        if to.stat().st_size < LARGEST:
            return
    raise SystemExit(f"NOT SO: {to.name} is larger than {LARGEST} bytes however it is drawn")


def candidates(cases: list, kind: str) -> list:
    """Cases in the order in which a kind of paper is most worth looking at."""
    def rank(case: dict) -> tuple:
        signed = case["signature"] == "valid"
        decided = case["status"] in ("approved", "paid", "closed")
        vehicle = "vehicles" in case["contract"]
        return (kind == "no-survey" and not vehicle, not signed, not decided, not case["photos"], case["number"])
    return sorted(cases, key=rank)


def papers(hub: Hub, folder: Path, cases: list, pictures: Path) -> dict:
    made = {}
    for kind in KINDS:
        for case in candidates(cases, kind):
            number = case["number"]
            out = folder / f"{kind}-zh.pdf"
            done = subprocess.run([hub.program, "--json", "hub", "--data", str(hub.data), "paper", number, "--kind", kind, "--out", str(out)], capture_output=True, text=True)
            if done.returncode == 0:
                out.unlink()
                break
            if "no_such_paper" not in done.stdout:
                raise SystemExit(f"NOT SO: {kind} of {number}: {done.stdout}{done.stderr}")
        else:
            raise SystemExit(f"NOT SO: no case of the event has a {kind}")
        for lang in ["zh", "en"]:
            check_paper(hub, (folder, pictures), case, (kind, lang))
        made[kind] = case
    return made


def check_paper(hub: Hub, where: tuple, case: dict, what: tuple) -> None:
    (folder, pictures), (kind, lang) = where, what
    out = folder / f"{kind}-{lang}.pdf"
    said = hub.twice(out, "paper", case["number"], "--kind", kind, "--lang", lang)
    text = plain(text_of(out))
    for word in [case["number"], case["household"], case["place"], said["code"]]:
        if plain(word) not in text:
            raise SystemExit(f"NOT SO: {out.name} says {word!r}")
    if kind in ("loss", "survey", "case-file") and case["payable_high_fen"] > 0:
        yuan = f"{case['payable_high_fen'] / 100:,.2f}"
        if yuan not in text:
            raise SystemExit(f"NOT SO: {out.name} says {yuan}")
    if re.search(r"\d{17}[\dX]", text.replace(said["code"], "")) and kind != "case-file":
        found = re.search(r"(?<![0-9a-f])\d{17}[\dX](?![0-9a-f])", text)
        if found:
            raise SystemExit(f"NOT SO: {out.name} hides ID numbers: {found.group()}")
    checked = hub.run("paper", "--check", said["code"])
    if not (checked["stands"] and checked["kind"] == kind and checked["case"] == case["number"]):
        raise SystemExit(f"NOT SO: the code of {out.name} is known: {checked}")
    draw(out, pictures / f"{kind}-{lang}.png")
    pages = subprocess.run(["pdfinfo", str(out)], check=True, capture_output=True, text=True).stdout
    count = re.search(r"Pages:\s+(\d+)", pages).group(1)
    print(f"  ok: {kind} {lang} of {case['number']}: {count} pages, {out.stat().st_size} bytes, the same twice, code {said['code']}", flush=True)


def tables(hub: Hub, folder: Path) -> dict:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    ids = [one["id"] for one in hub.run("export-table")["tables"]]
    expect(len(ids) > 0, f"{len(ids)} tables can be exported")
    for name in ids:
        rows = None
        for lang in ["zh", "en"]:
            book = folder / f"{name}-{lang}.xlsx"
            said = hub.twice(book, "export-table", name, "--lang", lang)
            loaded = openpyxl.load_workbook(book)
            first, about = loaded.worksheets
            values = list(first.values)
            told = {row[0]: row[1] for row in about.values}
            good = first.freeze_panes == "A2" and about.title == "说明 About" and said["code"] in told.values()
            if not good:
                raise SystemExit(f"NOT SO: {book.name}: {first.freeze_panes} {about.title} {told}")
            comma = folder / f"{name}-{lang}.csv"
            hub.twice(comma, "export-table", name, "--lang", lang, "--format", "csv")
            listed = list(csv.reader(io.StringIO(comma.read_text("utf-8-sig"))))
            if len(listed) != len(values) or listed[0] != [str(one) for one in values[0]]:
                raise SystemExit(f"NOT SO: {comma.name} has the rows and headings of the workbook")
            rows = len(values) - 1
        whole = folder / f"{name}.json"
        hub.twice(whole, "export-table", name, "--format", "json")
        table = json.loads(whole.read_text())["table"]
        if len(table["rows"]) != rows:
            raise SystemExit(f"NOT SO: {whole.name} has {len(table['rows'])} rows, the workbook {rows}")
        print(f"  ok: table {name}: {rows} rows in XLSX, CSV and JSON, the same twice", flush=True)
    if office:
        books = [str(folder / f"{name}-zh.xlsx") for name in ids]
        subprocess.run([office, "--headless", "--convert-to", "csv", "--outdir", str(folder / "office"), *books], check=True, capture_output=True)
        done = len(list((folder / "office").glob("*.csv")))
        expect(done == len(books), f"LibreOffice opens {done} workbooks")
    return {"tables": len(ids), "opened_by_libreoffice": len(ids) if office else 0}


def layers(path: Path) -> dict:
    told = subprocess.run(["ogrinfo", "-al", "-so", str(path)], check=True, capture_output=True, text=True)
    if "ERROR" in told.stderr or "Warning" in told.stderr:
        raise SystemExit(f"NOT SO: ogrinfo is content with {path.name}: {told.stderr}")
    names = re.findall(r"^Layer name: (.+)$", told.stdout, re.M)
    counts = [int(one) for one in re.findall(r"^Feature Count: (\d+)$", told.stdout, re.M)]
    if "WGS 84" not in told.stdout:
        raise SystemExit(f"NOT SO: ogrinfo says WGS 84 of {path.name}")
    return dict(zip(names, counts))


def map_files(hub: Hub, folder: Path, cases: list) -> None:
    located = sum(1 for case in cases if case["position"])
    text, package = folder / "map.geojson", folder / "map.gpkg"
    hub.twice(text, "map", "--format", "geojson")
    hub.twice(package, "map", "--format", "gpkg")
    whole = json.loads(text.read_text())
    drawn = [one["properties"]["layer"] for one in whole["features"]]
    expect(drawn.count("case") == located and whole["unlocated"] == len(cases) - located, f"{located} of {len(cases)} cases have a place")
    expect(layers(text) == {"lossbook": len(drawn)}, f"ogrinfo reads {len(drawn)} features of the GeoJSON")
    found = layers(package)
    wanted = {"cases": located, "photos": drawn.count("photo")}
    expect({name: found.get(name) for name in wanted} == wanted, f"ogrinfo reads the layers of the GeoPackage: {found}")
    with sqlite3.connect(package) as sql:
        marks = [sql.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version", "integrity_check")]
    expect(marks == [0x47504B47, 10300, "ok"], "the GeoPackage says that it is one, and SQLite finds it whole")


class Visitor:
    def __init__(self, url: str, account: dict) -> None:
        self.url, jar = url, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.csrf = ""
        self.post("/console/sign-in", name=account["name"], password=account["password"])
        self.csrf = re.search(r'name="csrf" value="([^"]+)"', self.opener.open(f"{url}/console/check").read().decode()).group(1)

    def post(self, path: str, **fields: str) -> tuple:
        data = urllib.parse.urlencode({"csrf": self.csrf, **fields}).encode()
        try:
            got = self.opener.open(self.url + path, data)
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()
        return got.status, got.headers, got.read()


def composed(hub: Hub, event: dict, folder: Path) -> None:
    """A report that somebody composes in the console comes once, as workbook and as pages."""
    account = {one["role"]: one for one in event["accounts"]}
    reviewer = Visitor(event["hub"], account["reviewer"])
    plan = {"name": "示例周报", "tables": "report_register figures areas", "every": "week", "from": "2020-01-01", "format": "both", "language": "zh"}
    status, _, _ = reviewer.post("/console/table/report_plans", **{f"v.{name}": value for name, value in plan.items()})
    expect(status == 200, "a report is composed in the console")
    made = hub.run("reports", "--out", str(folder))["reports"]
    expect([one["file"].rsplit(".", 1)[1] for one in made] == ["pdf", "xlsx"], f"it comes by itself: {[one['file'] for one in made]}")
    pdf, book = (folder / one["file"] for one in made)
    sheets = openpyxl.load_workbook(book).worksheets
    expect([sheet.title for sheet in sheets] == ["报案登记表", "绩效指标表", "高风险区域分析表", "说明 About"], f"its workbook has {len(sheets)} sheets")
    text = plain(text_of(pdf))
    rows = [row for row in sheets[0].values][1:]
    expect(all(plain(str(row[3])) in text for row in rows) and plain("示例周报") in text and made[0]["code"] in text, f"its pages hold the same {len(rows)} reports and the code")
    expect(not re.search(r"(?<![0-9a-f])1\d{10}(?![0-9a-f])", text), "and no phone number in full")
    checked = hub.run("paper", "--check", made[0]["code"])
    expect(checked["kind"] == "report-1", "its code is known")
    expect(hub.run("reports", "--out", str(folder))["reports"] == [], "and it comes once")


def console(event: dict, folder: Path, made: dict) -> None:
    account = {one["role"]: one for one in event["accounts"]}
    reviewer = Visitor(event["hub"], account["reviewer"])
    for kind, case in made.items():
        status, headers, body = reviewer.post(f"/console/case/{case['number']}/paper", kind=kind, language="zh", personal="masked")
        own = (folder / f"{kind}-zh.pdf").read_bytes()
        named = headers.get("content-disposition", "")
        if status != 200 or body != own or not re.fullmatch(r'attachment; filename="[A-Za-z0-9.-]+\.pdf"', named):
            raise SystemExit(f"NOT SO: the console gives {kind}: {status} {named} {hashlib.sha256(body).hexdigest()}")
    expect(True, "the console gives every paper, the same bytes as the command line, under a safe name")
    path = f"/console/case/{made['survey']['number']}/paper"
    status, _, body = reviewer.post(path, kind="survey", language="zh", personal="shown", reason="")
    expect(status == 400 and b"NO_REASON" in body, "personal data in full takes a reason")
    status, _, body = reviewer.post(path, kind="survey", language="zh", personal="shown", reason="法院调取本案材料")
    expect(status == 200 and body.startswith(b"%PDF") and body != (folder / "survey-zh.pdf").read_bytes(), "with a reason it is given")
    manager = Visitor(event["hub"], account["regional_manager"])
    status, _, body = manager.post(path, kind="survey", language="zh", personal="shown", reason="想看一看")
    expect(status in (403, 404) and not body.startswith(b"%PDF"), "and not to whom has no right to it")
    for name, path, mark in [("geojson", "/console/map/export", b"{"), ("gpkg", "/console/map/export", b"SQLite format 3"), ("json", "/console/cases/export", b"{")]:
        status, headers, body = reviewer.post(path, format=name)
        expect(status == 200 and body.startswith(mark) and "attachment" in headers["content-disposition"], f"the console gives the {name}")


def main() -> None:
    program, folder = sys.argv[1], Path(sys.argv[2])
    pictures = Path(sys.argv[3]) if len(sys.argv) > 3 else folder / "screens"
    pictures.mkdir(parents=True, exist_ok=True)
    serving = subprocess.Popen(
        [program, "--json", "demo", "--serve", "--cases", CASES, "--listen", "127.0.0.1:0", "--dir", str(folder / "event")],
        stdout=subprocess.PIPE, text=True)
    try:
        event = json.loads(next(line for line in serving.stdout if line.startswith("{")))
        hub, files = Hub(program, folder / "event" / "hub"), folder / "files"
        files.mkdir()
        feed = files / "cases.json"
        hub.twice(feed, "feed")
        cases = json.loads(feed.read_text())["cases"]
        expect(len(cases) == event["cases"], f"the list holds all {len(cases)} cases")
        made = papers(hub, files, cases, pictures)
        map_files(hub, files, cases)
        console(event, files, made)
        composed(hub, event, folder / "reports")
        counted = {"papers": len(KINDS) * 2, "cases": len(cases), **tables(hub, files)}
        print(f"COUNT {json.dumps(counted)}")
    finally:
        serving.terminate()
        serving.wait(timeout=30)


if __name__ == "__main__":
    main()
