"""A stage for the Python tests: a real hub process, an office client, phones behind the facade."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import lossbook
from lossbook.host import HttpTransport, desk

SCOPE = "五十镇 Wushi"
CONTRACT = "huzhu-rural-housing"


def expect(good: bool, what: str) -> None:
    if not good:
        raise SystemExit(f"NOT SO: {what}")
    print(f"  ok: {what}")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Program:
    """The command line, whose answers are JSON."""

    def __init__(self, program: str) -> None:
        self.program = program

    def run(self, *words: str | Path, code: int = 0) -> dict:
        argv = [self.program, "--json", *map(str, words)]
        done = subprocess.run(argv, capture_output=True, text=True)
        if done.returncode != code:
            said = done.stdout + done.stderr
            raise SystemExit(f"{' '.join(argv)}: exit {done.returncode}, expected {code}: {said}")
        lines = done.stdout.strip().splitlines()
        return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}


class Stage:
    """A hub in a process of its own, ended by its own id."""

    def __init__(self, program: str, folder: Path) -> None:
        self.cli, self.folder = Program(program), folder
        self.data = folder / "hub"
        argv = [program, "--json", "hub", "--data", str(self.data), "serve", "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.cli.run("hub", "--data", self.data, "scope", SCOPE)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def code(self, user: str, role: str = "surveyor") -> str:
        words = ["invite", "--role", role, "--scope", SCOPE, "--user", user]
        return self.cli.run("hub", "--data", self.data, *words)["invite"]

    def office_user(self, name: str) -> Path:
        made = self.cli.run("hub", "--data", self.data, "user", "add", name)
        file = self.folder / f"{name}.token"
        file.write_text(made["token"])
        return file

    def office(self, token: Path, *words: str, code: int = 0) -> dict:
        return self.cli.run("office", "--hub", self.url, "--token-file", token, *words, code=code)

    def phone(self, name: str, user: str) -> lossbook.Lossbook:
        book = lossbook.Lossbook.create(str(self.folder / name), desk(self.folder / f"{name}.pad"))
        status = book.enrol_with(self.code(user), HttpTransport())
        expect(status.user == user, f"{user} is enrolled")
        return book

    def options(self) -> lossbook.SyncOptions:
        return lossbook.SyncOptions(
            body_dir=str(self.folder / "bodies"),
            patience_ms=20_000,
        )

    def sync(self, book: lossbook.Lossbook) -> lossbook.SyncOutcome:
        outcome = book.sync_with(HttpTransport(), self.options(), None)
        if outcome.end != lossbook.SyncEnd.DONE:
            sys.exit(f"the exchange did not end well: {outcome}")
        return outcome


def edits(**fields: str) -> list[lossbook.FieldEdit]:
    return [lossbook.FieldEdit(name=name, value=value) for name, value in fields.items()]


def fails(code: str, what: str, act) -> None:
    """The act fails with that code, in both languages."""
    try:
        act()
    except lossbook.LossbookError as error:
        good = error.code == code and bool(error.zh) and bool(error.en)
        expect(good, f"{what}: {error.code} / {error.zh}")
        return
    raise SystemExit(f"NOT SO: {what} was let through")
