#!/usr/bin/env python3
"""Every figure and table total again, from the office's JSON of cases and decisions, and from what
the store itself holds of registers and changes (kpi_store.py, ledger_peer.cjs).

Nothing here reads a projection: each case is fetched with its clocks, times, decisions and money,
and the figures are counted anew by the words that stand beside them on the board. Then the hub's
own tables are fetched and compared, cell by cell. The correction ledgers are drawn anew from the
changes of every case by another Automerge; not of copies, which have no changes of their own.

usage: kpi_peer.py PROGRAM FOLDER [CASES [COPIES]]

Plays the event of the demo with CASES cases (90 if not given). With COPIES, the cases are copied
under new ids and dates until there are so many (`bulk` beside PROGRAM, built from tests), the
projections are made anew (`hub desk`), and the hub is served again.
"""
import collections, datetime, decimal, html, json, os, pathlib, re, shutil, signal, subprocess, sys, time, tomllib, urllib.parse
import urllib.request

import kpi_store

PROGRAM, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
CASES = sys.argv[3] if len(sys.argv) > 3 else "90"
COPIES = int(sys.argv[4]) if len(sys.argv) > 4 else 0
CHINA = datetime.timezone(datetime.timedelta(hours=8))
DAY_MS = 86_400_000
faults = []
compared = [0]


def expect(name, ours, hubs):
    compared[0] += 1
    if ours == hubs:
        print(f"  ok: {name}: {str(ours)[:100]}")
    else:
        faults.append(name)
        print(f"  NOT SO: {name}\n    counted here: {ours}\n    the hub says: {hubs}")


class Hub:
    """The office's JSON, as whoever has the token sees it."""

    def __init__(self, url, token):
        self.url, self.token = url, token

    def get(self, path, **query):
        query = {key: value for key, value in query.items() if value is not None}
        address = f"{self.url}/v1/office/{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def cases(self):
        """Every case with its detail."""
        seen, skip = set(), 0
        while page := self.get("cases", skip=skip)["cases"]:
            skip += len(page)
            for one in page:
                if one["id"] not in seen:
                    seen.add(one["id"])
                    yield self.get(f"cases/{one['id']}")

    def table(self, name):
        """All rows of a table, as lists of (kind, value) by column."""
        rows, after, columns = [], None, []
        while True:
            part = self.get(f"tables/{name}", after=after)
            columns = [column["id"] for column in part["table"]["columns"]]
            rows += part["table"]["rows"]
            after = part["next"]
            if after is None:
                return columns, rows


def plain(cell):
    """A cell without its kind: words in Chinese."""
    if cell == "blank":
        return None
    (kind, value), = cell.items()
    if kind == "words":
        return value["zh"]
    return tuple(value) if kind == "share" else value


def perils():
    """By contract: what each cause of loss is called, by its id and by its name."""
    packs = pathlib.Path(__file__).parents[2].glob("core/packs/*/pack.toml")
    read = [tomllib.loads(pack.read_text("utf-8")) for pack in packs]
    return {pack["id"]: {word: one["zh"] for one in pack.get("peril", []) for word in (one["id"], one["zh"])} for pack in read}


PERILS = perils()


def stamp(text):
    """An instant with its offset, in milliseconds."""
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000) if text else None


def day_of(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, CHINA).date()


class Case:
    """What a case says of itself, read anew."""

    def __init__(self, detail, now):
        self.detail, self.now = detail, now
        self.number = detail["number"]
        made = int(detail["id"].replace("-", "")[:12], 16)
        self.received = detail["times"].get("report_received_at", made)
        self.assessment = detail.get("assessment")
        self.told = {one["what"]: one["at_ms"] for one in detail["told"]}
        binding = dict(detail["binding"])
        self.contract = binding.get("report.contract", "").split("@")[0]
        self.plate = next((value for path, value in detail["binding"]
                           if path.startswith("objects.") and path.endswith(".plate")), "")
        self.rounds = None

    def clocks(self):
        """Clocks of the contract itself, those of notices too: (id, due, done)."""
        if not self.assessment:
            return
        pack = self.assessment["service_pack"]["id"]
        notices = [one["clock"] for one in self.assessment["notices"] if one.get("clock")]
        for clock in self.assessment["clocks"] + notices:
            if clock["pack"] == pack:
                done = stamp(clock.get("done"))
                yield clock["id"], stamp(clock.get("due")), self.told.get(clock["id"]) if done is None else done

    def in_time(self, ids):
        """Kept, and kept or run out, of these clocks; of all if there are none."""
        kept = ended = 0
        for name, due, done in self.clocks():
            if due is None or (ids and name not in ids):
                continue
            if done is not None or self.now > due:
                ended += 1
                kept += done is not None and done <= due
        return kept, ended

    def newest(self, *actions):
        return next((one for one in reversed(self.detail["decisions"]) if one["action"] in actions), None)

    def cause(self):
        """As the contract calls it, else as it was written."""
        written = self.detail["cause"]
        return PERILS.get(self.contract, {}).get(written, written)

    def payable(self):
        """What the contract pays, else the sum of the lines: the higher end, in fen."""
        money = self.assessment and self.assessment["money"].get("payable")
        if money:
            return round(decimal.Decimal(money.split("–")[-1]) * 100)
        return self.detail["high_fen"] or 0

    def is_surveyed(self):
        lines = any(path.startswith("lines.") for path, _ in self.detail["binding"])
        contested = any(path.startswith("lines.") for path in self.detail["contested_fields"])
        return "survey_done_at" in self.detail["times"] or lines or contested

    def passed(self):
        """Whether every round passed."""
        status = self.detail["status"]
        if status == "approved":
            return not (self.assessment and self.assessment["review"].get("next"))
        return status in ("paid", "closed") and self.newest("approve") is not None

    def decided(self):
        status = self.detail["status"]
        wanted = {"denied": ["deny"], "closed": ["approve", "deny"]}.get(status, [])
        if status in ("approved", "paid") and self.passed():
            wanted = ["approve"]
        one = self.newest(*wanted)
        return one and one["at_ms"]

    def paid_at(self):
        if self.detail["status"] in ("paid", "closed") and (one := self.newest("pay")):
            return one["at_ms"]
        return None

    def closed_at(self):
        one = self.newest("close") if self.detail["status"] == "closed" else None
        return one and one["at_ms"]


def packs_of(root):
    import tomllib
    found = {}
    for path in sorted(pathlib.Path(root, "core", "packs").glob("*/pack.toml")):
        found[path.parent.name] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def fields_of(case, packs):
    wanted = len(packs.get(case.contract, {}).get("field", []))
    if not case.assessment or not wanted:
        return 0, 0
    gone = sum(one["kind"] == "field" for one in case.assessment["missing"])
    failed = sum(one["code"] == "check_failed" for one in case.assessment["findings"])
    return max(0, wanted - gone - failed), wanted


def clock_figure(case, packs, kpi, default):
    own = next((one for one in packs.get(case.contract, {}).get("kpi", []) if one["id"] == kpi), None)
    return case.in_time(own.get("clocks", []) if own else default)


def figures(cases, packs, ratings):
    """Every figure by contract: {name: {contract: [numerator, denominator]}}."""
    sums = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))

    def add(name, case, part):
        if part and part != (0, 0):
            for key in (case.contract, "*"):
                sums[name][key][0] += part[0]
                sums[name][key][1] += part[1]

    for case in cases:
        paid_at, decided = case.paid_at(), case.decided()
        add("报案受理及时率", case, clock_figure(case, packs, "intake_timeliness", ["acceptance", "contact", "response"]))
        add("信息收集准确率", case, fields_of(case, packs))
        add("处理时限达标率", case, clock_figure(case, packs, "deadline_attainment", []))
        for rating in ratings.get(case.number, []):
            add("客户满意度", case, (int(rating in ("满意", "基本满意")), 1))
        add("现场到达及时率", case, clock_figure(case, packs, "arrival_on_time", ["arrival"]))
        add("响应及时率", case, clock_figure(case, packs, "response_timeliness", ["contact", "response", "departure"]))
        add("查勘完成率", case, (int(case.is_surveyed()), 1))
        add("核定完成率", case, (int(decided is not None), 1))
        if case.passed():
            add("支付完成率", case, (int(case.detail["status"] in ("paid", "closed")), 1))
        add("结案率", case, (int(case.closed_at() is not None), 1))
        if paid_at is not None:
            add("平均理赔金额", case, (case.payable(), 1))
            add("平均赔付时长", case, (paid_at - case.received, 1))
    return sums


def compare(hub, cases, packs):
    columns, callbacks = hub.table("claim_callbacks")
    by_id = {case.detail["id"].replace("-", ""): case for case in cases}
    ratings = collections.defaultdict(list)
    for row in callbacks:
        case = by_id[row["case"].replace("-", "")]
        ratings[case.number].append(plain(row["cells"][columns.index("satisfaction")]))
    sums = figures(cases, packs, ratings)
    titles = {pack["title"]["zh"]: name for name, pack in packs.items()}
    columns, rows = hub.table("figures")
    seen = set()
    for row in rows:
        name, contract, num, den = [plain(cell) for cell in row["cells"][:4]]
        key = "*" if contract == "全部" else titles.get(contract, contract or "")
        seen.add((name, key))
        expect(f"{name} · {contract}", sums[name][key] if name in sums and key in sums[name] else [0, 0], [num or 0, den])
    ours = {(name, key) for name in sums for key in sums[name]}
    expect("figures and contracts with a number", sorted(ours - seen), [])
    tables(hub, cases, by_id, ratings)


def tables(hub, cases, by_id, ratings):
    _, rows = hub.table("report_register")
    expect("reports in the register", len(cases), len(rows))
    expect("times of report", sorted(case.received for case in cases), sorted(plain(row["cells"][0]) for row in rows))
    arrivals(hub, cases, by_id)
    timeliness(hub, by_id)
    _, rows = hub.table("reviews")
    expect("cases with a review", sum(case.newest("approve", "return", "deny") is not None for case in cases), len(rows))
    _, rows = hub.table("archive")
    expect("closed cases in the archive", sorted(case.closed_at() for case in cases if case.closed_at()),
           sorted(plain(row["cells"][1]) for row in rows))
    paid = [case for case in cases if case.paid_at() is not None]
    total = sum(case.payable() for case in paid)
    _, rows = hub.table("claims")
    mean = total // len(paid) if paid else None
    spread = collections.Counter()
    for case in paid:
        days = max(0, (case.paid_at() - case.received) // DAY_MS)
        spread[next(name for border, name in ((1, "1天内"), (3, "1–3天"), (10, "3–10天"), (30, "10–30天"), (10**9, "30天以上")) if days < border)] += 1
    told = "；".join(f"{name} {spread[name]}件" for name in ("1天内", "1–3天", "3–10天", "10–30天", "30天以上") if spread[name])
    expect("claims: cases, total, mean, spread", [len(paid), total, mean, told or None], [plain(cell) for cell in rows[0]["cells"]])
    _, rows = hub.table("statistics")
    good = [rating in ("满意", "基本满意") for all in ratings.values() for rating in all]
    share = (sum(good), len(good)) if good else None
    expect("statistics", [len(cases), (sum(case.is_surveyed() for case in cases), len(cases)), total, share],
           [plain(row["cells"][2]) for row in rows])
    groups(hub, cases, paid)


DIMENSIONS = {"attitude": "服务态度", "speed": "理赔速度", "clauses": "保险条款清晰度", "quality": "服务质量",
              "intake": "受理", "survey": "查勘", "assessment": "定损", "claim": "理赔"}
SCALE = {"satisfied": "满意", "fairly": "基本满意", "dissatisfied": "不满意"}


def good_of(ratings):
    return sum(one in ("satisfied", "fairly") for one in ratings), len(ratings)


def kept_tables(hub, cases, packs, kept):
    """What is made of registers: satisfaction, its dimensions, coverage."""
    callbacks = kept["claim_callbacks"]
    given = collections.Counter(row["satisfaction"] for row in callbacks)
    by_id = {case.detail["id"].replace("-", ""): case for case in cases}
    # A blank of a contract is a table with its reason; only a text is a target.
    targets = {name: one.get("target") for name, pack in packs.items() for one in pack.get("kpi", []) if one["id"] == "satisfaction"}
    rated = [targets.get(by_id[row["case_id"]].contract) for row in callbacks]
    aims = {target if isinstance(target, str) else None for target in rated}
    good, all_of_them = good_of([row["satisfaction"] for row in callbacks])
    gap = None
    if len(aims) == 1 and (aim := aims.pop()):
        reached = decimal.Decimal(good * 10_000 // all_of_them) / 100
        gap = f"{reached - decimal.Decimal(aim.rstrip('%')):+.2f} 个百分点"
    ours = [[(good, all_of_them), "、".join(f"{zh} {given[word]}" for word, zh in SCALE.items()), gap]] if callbacks else []
    _, rows = hub.table("satisfaction")
    expect("satisfaction", ours, [[plain(cell) for cell in row["cells"]] for row in rows])
    ours = []
    for word, zh in DIMENSIONS.items():
        rated = good_of([row[word] for row in callbacks if row.get(word)])
        notes = [row for row in kept["satisfaction_measures"] if row["dimension"] == word]
        note = max(notes, key=lambda row: row["from"], default={})
        if rated[1] or note:
            ours.append([zh, rated if rated[1] else None, note.get("reasons"), note.get("measure")])
    _, rows = hub.table("evaluation")
    expect(f"{len(ours)} dimensions of satisfaction", ours, [[plain(cell) for cell in row["cells"]] for row in rows])
    ours = [[row["village"], int(row["expected"]), int(row["insured"]), (int(row["insured"]), int(row["expected"])),
             row.get("reasons"), row.get("measure")] for row in kept["coverage"]]
    _, rows = hub.table("coverage_analysis")
    expect(f"coverage of {len(ours)} villages", sorted(ours), sorted([plain(cell) for cell in row["cells"]] for row in rows))


def forms(text):
    """How a table may write a value of the record: as it is, as money, number, time, or masked."""
    found = {text}
    if re.fullmatch(r"-?\d+", text):
        number = int(text)
        found |= {f"{decimal.Decimal(number) / 100:,.2f}", f"{number / 1000:.3f}".rstrip("0").rstrip(".")}
        if 10**11 < number < 10**14:
            found.add(datetime.datetime.fromtimestamp(number / 1000, CHINA).strftime("%Y-%m-%d %H:%M"))
    head, tail = (3, 4) if len(text) > 8 else (1, 1)
    found.add("".join(c if at < head or at + tail >= len(text) else "*" for at, c in enumerate(text)))
    return found


def ledgers(hub, data):
    """Both correction ledgers, line by line: case, who corrected, and what stands in the place."""
    drawn = kpi_store.ledgers(data)
    for name, part in (("data_corrections", "data"), ("record_corrections", "records")):
        left = collections.defaultdict(list)
        for case, both in drawn.items():
            for line in both[part]:
                said = forms(line["after"])
                if part == "records":
                    withdrawn = line["path"].endswith(".removed")
                    said = {f"撤销：{line['after']}"} if withdrawn else {f"{one}（" for one in said}
                left[case, line["user"]].append(said)
        count, strangers = sum(map(len, left.values())), []
        _, rows = hub.table(name)
        for row in rows:
            cell, user = plain(row["cells"][1]) or "", plain(row["cells"][2])
            mine = left[row["case"].replace("-", ""), user]
            found = next((one for one in mine if cell in one or any(cell.startswith(said) and said.endswith("（") for said in one)), None)
            if found:
                mine.remove(found)
            else:
                strangers.append((row["case"], user, cell))
        expect(f"{name}: lines", count, len(rows))
        expect(f"{name}: lines that no change explains, changes without a line", ([], 0), (strangers[:3], sum(map(len, left.values()))))


def arrivals(hub, cases, by_id):
    _, rows = hub.table("arrivals")
    wrong = []
    for row in rows:
        case = by_id[row["case"].replace("-", "")]
        clock = next(((due, done) for name, due, done in case.clocks() if name == "arrival"), (None, None))
        done = clock[1] if clock[1] is not None else case.detail["times"].get("arrived_at")
        in_time = None
        if clock[0] is not None:
            in_time = done <= clock[0] if done is not None else (False if case.now > clock[0] else None)
        if [clock[0], done, in_time] != [plain(cell) for cell in row["cells"][2:5]]:
            wrong.append((case.number, clock[0], done, in_time, row["cells"]))
    expect(f"{len(rows)} rows of arrivals", [], wrong[:3])


def timeliness(hub, by_id):
    _, rows = hub.table("timeliness")
    wrong = []
    limits = {"报案响应": ["response", "contact", "acceptance"], "查勘": ["survey", "arrival", "departure"],
              "理赔审核": ["review", "decision"], "赔款支付": ["payment"], "客户回访": ["callback"]}
    for row in rows:
        case = by_id[row["case"].replace("-", "")]
        step, due, done, late = [plain(cell) for cell in row["cells"][:4]]
        first = {}
        for name, at, ended in case.clocks():
            first.setdefault(name, (at, ended))
        found = [first[name] for name in limits[step] if name in first]
        clock = next((one for one in found if one[0] is not None), found[0] if found else (None, None))
        ours_late = None
        if clock[0] is not None:
            ended = clock[1] if clock[1] is not None else done
            ours_late = ended > clock[0] if ended is not None else (True if case.now > clock[0] else None)
        if (clock[0], ours_late) != (due, late) or (clock[1] is not None and clock[1] != done):
            wrong.append((case.number, step, clock, ours_late, row["cells"]))
    expect(f"{len(rows)} rows of timeliness", [], wrong[:3])
    expect("five rows for each case", 5 * len(by_id), len(rows))


def groups(hub, cases, paid):
    areas = collections.Counter((case.detail["village"], case.cause()) for case in cases)
    _, rows = hub.table("areas")
    hubs = {(plain(row["cells"][0]) or "", plain(row["cells"][1]) or ""): plain(row["cells"][2]) for row in rows}
    expect("villages and causes", dict(sorted(areas.items())), dict(sorted(hubs.items())))
    expect("payable by village and cause", sum(case.payable() for case in cases), sum(plain(row["cells"][4]) for row in rows))
    plates = collections.Counter(case.plate for case in cases if case.plate)
    _, rows = hub.table("vehicles")
    expect("vehicles", dict(sorted(plates.items())), dict(sorted((plain(row["cells"][0]), plain(row["cells"][1])) for row in rows)))
    _, rows = hub.table("report_times")
    week = "一二三四五六日"
    times = collections.Counter()
    for case in cases:
        at = datetime.datetime.fromtimestamp(case.received / 1000, CHINA)
        hour = at.hour // 4 * 4
        times[(f"周{week[at.weekday()]}", f"{hour:02}:00–{hour + 4:02}:00")] += 1
    expect("reports by weekday and hour", dict(sorted(times.items())),
           dict(sorted(((plain(row["cells"][0]), plain(row["cells"][1])), plain(row["cells"][2])) for row in rows)))
    _, rows = hub.table("business")
    expect("paid by contract", sum(case.payable() for case in paid), sum(plain(row["cells"][5]) for row in rows))
    _, rows = hub.table("compliance")
    expect("cases in the check of papers", len(cases), len(rows))
    _, rows = hub.table("completeness")
    expect("cases in the check of records", len(cases), len(rows))


def callbacks(event):
    """Callbacks of some paid cases are kept before anything is counted, through the console's form."""
    import http.cookiejar
    account = next(one for one in event["accounts"] if one["role"] == "reviewer")
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def post(path, **fields):
        body = urllib.parse.urlencode(fields).encode()
        return opener.open(f"{event['hub']}/console{path}", body, timeout=60).read().decode()

    post("/sign-in", name=account["name"], password=account["password"])
    page = opener.open(f"{event['hub']}/console/table/claim_callbacks/new", timeout=60).read().decode()
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    token = next(one["token"] for one in event["accounts"] if one["role"] == "reviewer")
    paid = [one for one in Hub(event["hub"], token).get("cases")["cases"] if one["status"] in ("paid", "closed")]
    for turn, one in enumerate(paid[:12]):
        rating = ("satisfied", "fairly", "dissatisfied")[turn % 3]
        row = dict(customer=one["household"] or "某户",
                   phone="13900001234", paid="100.00", satisfaction=rating, attitude=rating,
                   asked=datetime.datetime.now(CHINA).strftime("%Y-%m-%dT%H:%M"), channel="phone")
        post("/table/claim_callbacks", csrf=csrf, case=one["number"], **{f"v.{name}": value for name, value in row.items()})
    page = opener.open(f"{event['hub']}/console/table/coverage/new", timeout=60).read().decode()
    villages = re.search(r'name="v.village".*?</select>', page, re.S)[0]
    villages = [html.unescape(one) for one in re.findall(r"<option>([^<]+)</option>", villages)][:3]
    for turn, village in enumerate(villages):
        row = {"village": village, "from": datetime.datetime.now(CHINA).strftime("%Y-%m-%d"),
               "expected": 100 + turn, "insured": 90 - turn, "reasons": "外出务工", "measure": "入户宣传"}
        post("/table/coverage", csrf=csrf, **{f"v.{name}": value for name, value in row.items()})
    note = {"dimension": "speed", "from": datetime.datetime.now(CHINA).strftime("%Y-%m-%d"), "reasons": "等待较久", "measure": "增派复核"}
    post("/table/satisfaction_measures", csrf=csrf, **{f"v.{name}": value for name, value in note.items()})
    return len(paid[:12])


def quiet(details):
    """An instant after which nothing runs out for two minutes, so that all tables tell the same."""
    while True:
        now = round(time.time() * 1000)
        soon = [due for detail in details for _, due, done in Case(detail, now).clocks()
                if due is not None and done is None and now < due <= now + 120_000]
        if not soon:
            return now
        time.sleep((max(soon) - now) / 1000 + 1)


def start(words):
    """Starts a hub and reads the first line of JSON it prints."""
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        if line.startswith("{"):
            return child, json.loads(line)
    raise SystemExit(f"{' '.join(words)} said nothing")


def main():
    here = pathlib.Path(__file__).resolve().parents[2]
    home = FOLDER / "event"
    child, event = start([PROGRAM, "--json", "demo", "--serve", "--cases", CASES, "--listen", "127.0.0.1:0", "--dir", str(home)])
    try:
        print(f"  {callbacks(event)} callbacks kept")
        token = next(one["token"] for one in event["accounts"] if one["role"] == "reviewer")
        url = event["hub"]
        if COPIES:
            child.send_signal(signal.SIGTERM)
            child.wait()
            data = home / "hub"
            bulk = shutil.which("bulk", path=str(pathlib.Path(PROGRAM).parent))
            subprocess.run([bulk, str(data), str(COPIES)], check=True)
            begun = time.time()
            subprocess.run([PROGRAM, "hub", "--data", str(data), "desk"], check=True)
            print(f"  projections of {COPIES} cases made anew in {time.time() - begun:.0f} s")
            child, served = start([PROGRAM, "--json", "hub", "--data", str(data), "serve", "--listen", "127.0.0.1:0"])
            url = served["url"]
        hub = Hub(url, token)
        begun = time.time()
        details = list(hub.cases())
        print(f"  {len(details)} cases read in {time.time() - begun:.0f} s")
        now = quiet(details)
        cases = [Case(detail, now) for detail in details]
        packs = packs_of(here)
        compare(hub, cases, packs)
        kept_tables(hub, cases, packs, kpi_store.registers(home / "hub"))
        if not COPIES:
            ledgers(hub, home / "hub")
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait()
    if faults:
        raise SystemExit(f"{len(faults)} differ: {', '.join(faults)}")
    print(f"every figure and total of {len(cases)} cases is the same")
    print("COUNT " + json.dumps({"cases": len(cases), "compared": compared[0], "differ": 0}))


if __name__ == "__main__":
    main()
