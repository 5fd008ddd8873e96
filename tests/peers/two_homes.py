#!/usr/bin/env python3
"""A hub and two phones on the command line: disputes, settlements, signatures, the ledger.

usage: two_homes.py PROGRAM FOLDER [COMMAND…]     then runs COMMAND FOLDER on what it wrote there

Everything goes through `lossbook hub`, `device` and `office`, as a person would type it; each answer
is checked. Leaves case.automerge, case.json and kinds.json (with conflicts), packets/ and ink/.
"""

import json
import subprocess
import sys
from pathlib import Path


class Story:
    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        hub = [program, "--json", "hub", "--data", str(folder / "hub")]
        self.hub_command = hub
        self.server = subprocess.Popen([*hub, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.server.stdout.readline())["url"]
        self.run(hub, "scope", "village")
        self.token = folder / "token"
        self.token.write_text(self.run(hub, "user", "add", "zhao")["token"])

    def run(self, command: list, *words: str, code: int = 0) -> dict:
        done = subprocess.run([*command, *words], capture_output=True, text=True)
        if done.returncode != code:
            raise SystemExit(f"{' '.join(words)}: exit {done.returncode}, expected {code}: {done.stdout}{done.stderr}")
        out = (done.stdout.strip() or done.stderr.strip()).splitlines()
        return json.loads(out[-1]) if out and out[-1].startswith("{") else {}

    def phone(self, name: str, role: str = "surveyor") -> None:
        code = self.run(self.hub_command, "invite", "--role", role, "--scope", "village", "--user", name, "--url", self.url)
        self.device(name, "init")
        self.device(name, "enrol", code["invite"])

    def device(self, name: str, *words: str, code: int = 0) -> dict:
        command = [self.program, "--json", "device", "--home", str(self.folder / name)]
        return self.run(command, *words, code=code)

    def office(self, *words: str, code: int = 0) -> dict:
        command = [self.program, "--json", "office", "--hub", self.url, "--token-file", str(self.token)]
        return self.run(command, *words, code=code)

    def meet(self) -> None:
        for name in ("li", "zhang", "li", "zhang"):
            self.device(name, "sync")

    def case(self, name: str, case: str) -> dict:
        return self.device(name, "show", case)


def say(what: str) -> None:
    print(f"  ok: {what}")


def expect(good: bool, what: str) -> None:
    if not good:
        raise SystemExit(f"NOT SO: {what}")
    say(what)


def contested(view: dict) -> dict:
    return {one["path"]: [(v["value"], v["user"]) for v in one["values"]] for one in view["contested"] if one["binding"]}


def refused_by_office(story: Story, case: str, *codes: str) -> None:
    answer = story.office("decide", case, "approve", code=1)
    message = json.dumps(answer, ensure_ascii=False)
    expect(all(code in message for code in codes), f"office approve exits 1, naming {' and '.join(codes)}")


def disputes(story: Story, case: str, line: str) -> None:
    amount = f"lines.{line}.amount"
    story.device("li", "set", case, amount, "800")
    story.device("zhang", "set", case, amount, "950")
    story.meet()
    values = contested(story.case("li", case))[amount]
    expect(values == [("800.00", "li"), ("950.00", "zhang")], "both amounts stand, with their authors")
    keep_document(story, case)
    refused_by_office(story, case, amount, "CONTESTED")
    story.device("li", "settle", case, amount, "950", "--reason", "measured again")

    story.meet()
    other = story.device("li", "line", case, "item=beam", "room=north", "amount=120")["row"]
    story.meet()
    story.device("li", "withdraw", case, f"lines.{other}", "--reason", "entered twice")
    story.device("zhang", "set", case, f"lines.{other}.amount", "140")
    story.meet()
    removed = f"lines.{other}.removed"
    expect([v for v, _ in contested(story.case("zhang", case))[removed]] == ["withdraw", "keep"], "a line withdrawn by one and edited by another is kept and asked about")
    refused_by_office(story, case, removed, "CONTESTED")
    story.device("zhang", "settle", case, removed, "keep", "--reason", "it is another beam")

    first = story.device("li", "add", case, "parties", "name=Wang", "role=payee", "account=6222")["row"]
    second = story.device("zhang", "add", case, "parties", "name=Li", "role=payee", "account=6217")["row"]
    story.meet()
    role = f"parties.{first}.role"
    expect(set(contested(story.case("li", case))) == {role, f"parties.{second}.role"}, "two payees are contested")
    refused_by_office(story, case, role, "CONTESTED")
    story.device("li", "settle", case, role, "payee", "--reason", "holds the policy")
    story.meet()
    expect(contested(story.case("zhang", case)) == {}, "nothing is contested after three settlements")


def keep_document(story: Story, case: str) -> None:
    """The document while its amount is contested, for other readers of Automerge."""
    story.device("li", "show", case, "--automerge", str(story.folder / "case.automerge"))
    view = story.case("li", case)
    (story.folder / "case.json").write_text(json.dumps(view))
    kinds = {"lines.amount": "money", "lines.unit_price": "money", "lines.quantity": "number", "objects.area": "number", "damage.area": "number"}
    (story.folder / "kinds.json").write_text(json.dumps(kinds))


def states(story: Story, case: str, name: str = "li") -> list:
    return story.device(name, "show", case, "--signatures")["signatures"]


def signatures(story: Story, case: str, line: str) -> None:
    amount = f"lines.{line}.amount"
    ink = story.folder / "ink.json"
    ink.write_text(json.dumps([[[100 + 8 * i, 300 + (i * i) % 70, 16 * i, 500] for i in range(60)]]))
    signed = story.device("li", "sign", case, "--signer", "Wang", "--ink", str(ink), "--place", "36.8401,101.9502")
    story.device("li", "add", case, "notes", "text=rain again")
    expect(states(story, case)[-1]["state"] == "valid", "after an unsigned note the signature is valid")
    story.meet()
    approved = story.office("decide", case, "approve", "--reason", "agreed")
    expect(approved["status"] == "approved", "the settled and signed case is approved")
    story.device("zhang", "sync")
    story.device("zhang", "witness", case, signed["signature"])
    story.device("li", "set", case, amount, "990")
    changed = states(story, case)[-1]
    expect(changed["state"] == "superseded" and amount in changed["en"] and amount in changed["zh"], f"a signed amount: {changed['en']}")
    story.device("li", "set", case, amount, "950")
    photo = story.device("li", "photo", case, str(next((story.folder / "scene").glob("*.jpg"))))["photos"][0]["sha256"]
    story.device("li", "sign", case, "--signer", "Wang", "--ink", str(ink), "--lang", "en")
    rows = story.case("li", case)["record"]["photos"]
    row = next(id for id, fields in rows.items() if fields["sha256"] == photo)
    story.device("li", "withdraw", case, f"photos.{row}", "--reason", "another house")
    gone = states(story, case)[-1]
    expect(gone["state"] == "superseded" and row in gone["en"], "a photo removed: superseded, the photo named")
    story.device("li", "settle", case, amount, "950", "--reason", "x", code=2)
    story.meet()
    story.device("li", "set", case, amount, "960")
    story.device("zhang", "set", case, amount, "970")
    story.meet()
    both = states(story, case, "zhang")[-1]
    expect(both["state"] == "contested" and amount in both["zh"], f"two phones concurrently: {both['en']} / {both['zh']}")
    expect(states(story, case, "li")[0]["witnesses"] == ["zhang"], "the witness on the second phone is named")
    files = ["--ink", str(story.folder / "ink"), "--packets", str(story.folder / "packets")]
    story.device("li", "show", case, "--signatures", *files)
    pictures = sorted(file.suffix for file in (story.folder / "ink").iterdir())
    expect(pictures == [".png", ".png", ".svg", ".svg"], "the ink of both signatures as SVG and PNG")


def ledger(story: Story, case: str) -> None:
    ledgers = story.device("zhang", "history", case, "--view", "ledgers")
    reasons = [one["reason"] for one in ledgers["records"]]
    wanted = {"measured again", "it is another beam", "holds the policy", "entered twice", "another house"}
    expect(wanted <= set(reasons), "the record correction ledger names every settlement and withdrawal with its reason")
    replaced = [(one["before"], one["after"], one["user"]) for one in ledgers["data"]]
    expect((["800.00", "950.00"], "950.00", "li") in replaced, "the data correction ledger names what was replaced by what by whom")
    news = story.device("zhang", "history", case, "--view", "news")
    again = story.device("zhang", "history", case, "--view", "news")
    expect(news["changed"] != [] and again["changed"] == [], "news are new once")
    story.device("li", "set", case, "report.place", "north village")
    hub = story.device("li", "history", case, "--view", "hub")
    expect([one["path"] for one in hub["would_see"]] == ["report.place"], "what the hub would see if sent now")


def roles(story: Story, case: str, line: str) -> None:
    story.phone("chen", "liaison")
    story.device("chen", "sync")
    story.device("chen", "set", case, f"lines.{line}.amount", "1", code=1)
    story.device("chen", "add", case, "notes", "text=road is closed")
    story.phone("shen", "auditor")
    story.device("shen", "sync")
    story.device("shen", "add", case, "notes", "text=hm", code=1)
    say("a liaison touches no amount, an auditor only reads")


def main() -> None:
    program, folder = sys.argv[1], Path(sys.argv[2])
    subprocess.run([program, "scene", str(folder / "scene")], check=True, capture_output=True)
    story = Story(program, folder)
    try:
        story.phone("li")
        story.phone("zhang")
        case = story.device("li", "report", "household=Wang", "cause=hail", "place=village", "course=大风")["number"]
        line = story.device("li", "line", case, "item=tiles", "room=north", "quantity=12.5", "amount=1250.50")["row"]
        story.meet()
        disputes(story, case, line)
        signatures(story, case, line)
        ledger(story, case)
        roles(story, case, line)
    finally:
        story.server.terminate()
        story.server.wait()
    if len(sys.argv) > 3:
        sys.exit(subprocess.run([*sys.argv[3:], str(folder)]).returncode)


main()
