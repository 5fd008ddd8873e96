#!/usr/bin/env python3
"""Schemathesis against the API of a filled hub.

usage: api_peer.py PROGRAM FOLDER [SECONDS]     LOSSBOOK_API_SECONDS says it too

A believable event fills a hub through its real intake. An integration with every role that reads
or decides gets a token, and Schemathesis makes requests from the description that the hub itself
gives: half of the time with names of its own making, half with a case, a photo and a table that are
there. No answer may have a status of 500 or more, nor one, a type or a shape that the description
does not have; without a token nothing is answered. Before that, by hand: pages, events, a decision.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ROLES = ["reviewer", "auditor", "claims_specialist", "review_supervisor", "finance", "dispatcher"]
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,ignored_auth"
)


def expect(good: bool, what: str) -> None:
    if not good:
        raise SystemExit(f"NOT SO: {what}")
    print(f"  ok: {what}", flush=True)


class Hub:
    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.data = program, folder / "event" / "hub"
        command = [program, "--json", "demo", "--serve", "--cases", "40"]
        command += ["--listen", "127.0.0.1:0", "--dir", str(folder / "event")]
        self.served = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.event = json.loads(self.served.stdout.readline())
        self.url, self.token = self.event["hub"], ""

    def order(self, *words: str) -> dict:
        command = [self.program, "--json", "hub", "--data", str(self.data), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def get(self, path: str, body: dict | None = None, token: str | None = None) -> tuple[int, dict]:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        data = None
        if body is not None:
            headers["Content-Type"], data = "application/json", json.dumps(body).encode()
        try:
            with urlopen(Request(self.url + path, data, headers)) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)


def by_hand(hub: Hub) -> tuple[str, str]:
    """What a program of the insurer does; says a case and a photo that are there."""
    seen, cursor = [], ""
    while True:
        status, page = hub.get(f"/api/v1/cases?limit=7{cursor}")
        expect(status == 200, f"a page of {len(page['cases'])} cases")
        seen += [case["id"] for case in page["cases"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    expect(len(seen) == len(set(seen)) == hub.event["cases"], "pages hold every case once")
    events, cursor = [], ""
    while True:
        _, page = hub.get(f"/api/v1/events?limit=50{cursor}")
        events += page["events"]
        cursor = f"&cursor={page['cursor']}"
        if not page["more"]:
            break
    order = [event["seq"] for event in events]
    expect(order == sorted(order), "events come in order")
    reported = [event["case_id"] for event in events if event["kind"] == "reported"]
    expect(sorted(reported) == sorted(seen), "every case was reported once in the feed")
    newest = {event["case_id"]: event["status"] for event in events}
    with_photo = ""
    for case in seen:
        _, detail = hub.get(f"/api/v1/cases/{case}")
        expect_same = newest[case] == detail["status"]
        if not expect_same:
            expect(False, f"the feed ends with the status of {case}: {newest[case]} {detail['status']}")
        _, photos = hub.get(f"/api/v1/cases/{case}/photos")
        here = [photo["sha256"] for photo in photos["photos"] if photo["here"]]
        if here and not with_photo:
            with_photo, photo = case, here[0]
    print("  ok: the feed ends with the status that each case has", flush=True)
    status, _ = hub.get(f"/api/v1/cases/{seen[0]}/notices", {"what": "result", "channel": "call"})
    expect(status == 200, "a notice is noted")
    decided = {"action": "deny", "reason": "not insured", "heads": ["00" * 32]}
    status, refused = hub.get(f"/api/v1/cases/{seen[0]}/decisions", decided)
    expect(status == 409 and set(refused) == {"code", "zh", "en"}, f"stale heads decide nothing: {refused['code']}")
    status, _ = hub.get("/api/v1/me", token="lbk_wrong")
    expect(status == 401, "a wrong token is refused")
    return with_photo, photo


def attack(hub: Hub, folder: Path, seconds: int, real: dict) -> int:
    """Lets Schemathesis go; says how many requests it made."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "schemathesis.cli"]
    config = folder / "schemathesis.toml"
    lines = [f"\"path.{name}\" = {json.dumps(value)}" for name, value in real.items()]
    config.write_text("[parameters]\n" + "\n".join(lines) + "\n" if lines else "")
    command += ["--config-file", str(config)] if lines else []
    command += ["run", f"{hub.url}/api/v1/openapi.json", "--max-time", str(seconds)]
    command += ["-H", f"Authorization: Bearer {hub.token}", "--checks", CHECKS, "--continue-on-failure"]
    command += ["--report", "json", "--report-json-path", str(report), "--warnings", "off"]
    command += ["--output-sanitize", "true", "--request-timeout", "30"]
    done = subprocess.run(command, cwd=folder)
    expect(done.returncode == 0, f"Schemathesis found nothing in {seconds} seconds")
    return requests_of(json.loads(report.read_text()))


def requests_of(report: dict) -> int:
    """The number of test cases, wherever the report keeps it."""
    found = []

    def look(value: object, name: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                look(inner, key)
        elif isinstance(value, int) and name in {"total_cases", "cases", "generated", "test_cases"}:
            found.append(value)

    look(report, "")
    return max(found, default=0)


def main() -> None:
    program, folder = sys.argv[1], Path(sys.argv[2])
    wished = sys.argv[3] if len(sys.argv) > 3 else os.environ.get("LOSSBOOK_API_SECONDS", "60")
    seconds = int(wished)
    hub = Hub(program, folder)
    try:
        words = [word for role in ROLES for word in ("--role", role)]
        hub.token = hub.order("integration", "add", "core-system", *words)["token"]
        case, photo = by_hand(hub)
        asked = attack(hub, folder, seconds // 2, {})
        real = {"case": case, "sha256": photo, "table": "payments"}
        asked += attack(hub, folder, seconds - seconds // 2, real)
        used = hub.order("integration", "list")["integrations"][0]["used_ms"]
        expect(used is not None, "the operator sees when it came last")
        hub.order("integration", "end", "core-system")
        status, _ = hub.get("/api/v1/me")
        expect(status == 401, "a withdrawn token is refused")
        expect(hub.served.poll() is None, "the hub serves on")
        print("COUNT " + json.dumps({"requests": asked, "seconds": seconds, "answers of 500 or more": 0, "undocumented answers": 0}))
    finally:
        hub.served.terminate()
        hub.served.wait()


main()
