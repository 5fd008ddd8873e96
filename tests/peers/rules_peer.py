#!/usr/bin/env python3
"""Compares working days, identity checks and capitals with four Python packages.

Input: the built `lossbook` program. chinesecalendar must agree on every day from 2024 on that it knows;
python-stdnum, vininfo and cn2an on 10,000 texts each, made from a fixed seed: for the numbers half valid
by construction, half with one character changed or two swapped. A difference passes only if it is of a
kind that is listed here with the rule that decides it; each kind is printed with its count and an
example. Exit code 0 when nothing else differs.
"""

import datetime
import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import chinese_calendar
import cn2an
import stdnum.cn
from stdnum.cn import ric
from stdnum.exceptions import InvalidChecksum, InvalidComponent, ValidationError
from vininfo import Vin
from vininfo.exceptions import ValidationError as VinError

SEED = 20261122
COUNT = 10_000
DAY = "2026-11-22"
# The county of the rural housing contract: its number since 2013, which stdnum's table lacks.
HUZHU = "630223"
# Kinds of difference in capitals, each with its rule of 支付结算办法, 附件一.
OPTIONAL_YUAN = "四(三): with a 0 in the place of 元 but not of 角, 零 after 元 may be written or not; written here"
OPTIONAL_WAN = "四(三): with a 0 in the place of 万 but not of 仟, one 零 may be written or not; written here"
NEEDED = "四(一): a 0 inside the number wants its 零, and 四(三) excepts the places of 万 and 元 only; cn2an leaves it out"
VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


class Findings:
    """What differs: kinds that a rule explains, and everything else."""

    def __init__(self) -> None:
        self.explained: "Counter[str]" = Counter()
        self.example: "dict[str, str]" = {}
        self.problems: "list[str]" = []

    def explain(self, kind: str, example: str) -> None:
        self.explained[kind] += 1
        self.example.setdefault(kind, example)

    def report(self, title: str) -> bool:
        print(title)
        for kind, count in self.explained.most_common():
            print(f"  differs in {count}: {kind}; such as {self.example[kind]}")
        for problem in self.problems[:20]:
            print(f"  PROBLEM: {problem}")
        if len(self.problems) > 20:
            print(f"  and {len(self.problems) - 20} problems more")
        return not self.problems


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    program = sys.argv[1]
    checks = [compare_days, compare_ids, compare_vins, compare_capitals]
    agreed = [check(program, random.Random(SEED)) for check in checks]
    return 0 if all(agreed) else 1


def ask(program: str, kind: str, texts: "list[str]") -> "list[dict]":
    """What `lossbook check` says of each text; it exits with 1 when some are refused."""
    command = [program, "--json", "check", kind] + (["--day", DAY] if kind == "id" else [])
    done = subprocess.run(command, input="\n".join(texts).encode(), stdout=subprocess.PIPE, check=False)
    results = json.loads(done.stdout)["results"]
    if len(results) != len(texts):
        raise SystemExit(f"{len(texts)} texts of {kind}, but {len(results)} answers")
    return results


def codes(answer: dict) -> "set[str]":
    return {reason["code"] for reason in answer["reasons"]}


def spoil(text: str, alphabet: str, rng: random.Random) -> str:
    """One character changed, or two different ones swapped."""
    while True:
        signs = list(text)
        one, other = rng.sample(range(len(signs)), 2)
        if rng.random() < 0.5:
            signs[one] = rng.choice(alphabet)
        else:
            signs[one], signs[other] = signs[other], signs[one]
        if "".join(signs) != text:
            return "".join(signs)


def compare_days(program: str, _rng: random.Random) -> bool:
    found = Findings()
    holidays, workdays = chinese_calendar.constants.holidays, chinese_calendar.constants.workdays
    last = max(day.year for day in holidays)
    command = [program, "--json", "calendar", "2024-01-01", f"{last}-12-31"]
    days = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)["days"]
    for said in days:
        day = datetime.date.fromisoformat(said["day"])
        if day in holidays:
            theirs = "holiday"
        elif day in workdays:
            theirs = "make-up"
        else:
            theirs = "weekend" if day.weekday() >= 5 else "working"
        if said["provisional"]:
            found.problems.append(f"{day} is provisional here, but chinesecalendar knows its year")
        if (said["kind"], said["working"]) != (theirs, chinese_calendar.is_workday(day)):
            found.problems.append(f"{day}: {said['kind']} here, {theirs} in chinesecalendar")
    wanted = (datetime.date(last, 12, 31) - datetime.date(2024, 1, 1)).days + 1
    if len(days) != wanted:
        found.problems.append(f"{len(days)} days answered, {wanted} asked for")
    return found.report(f"calendar: {len(days)} days from 2024 to {last} against chinesecalendar")


def counties() -> "list[str]":
    """All numbers of stdnum's table, those of abolished counties too."""
    found, province = [], ""
    for line in (Path(stdnum.cn.__file__).parent / "loc.dat").read_text("utf-8").splitlines():
        number = line.split(" province=")[0].split(" county=")[0].strip()
        if line.startswith(" "):
            found.append(province + number)
        elif not line.startswith("#"):
            province = number
    return found


def a_resident(areas: "list[str]", rng: random.Random) -> str:
    """Most of them in a county that stdnum knows for their year, some in one that it does not."""
    is_known_there = rng.random() < 0.9
    while True:
        area = HUZHU if rng.random() < 0.01 else rng.choice(areas)
        born = datetime.date(1920, 1, 1) + datetime.timedelta(days=rng.randrange(38_000))
        body = f"{area}{born:%Y%m%d}{rng.randrange(1000):03}"
        text = body + ric.calc_check_digit(body + "0")
        if not is_known_there or area == HUZHU or ric.is_valid(text):
            return text


def compare_ids(program: str, rng: random.Random) -> bool:
    found = Findings()
    areas = counties()
    valid = [a_resident(areas, rng) for _ in range(COUNT // 2)]
    texts = valid + [spoil(rng.choice(valid), "0123456789X", rng) for _ in valid]
    refused = 0
    for at, (text, answer) in enumerate(zip(texts, ask(program, "id", texts))):
        refused += answer["verdict"] == "bad"
        if at < len(valid) and answer["verdict"] == "bad":
            found.problems.append(f"{text} is valid by construction: {codes(answer)}")
        try:
            ric.validate(text)
            theirs = "good"
        except (InvalidComponent, KeyError):
            # A county that its table lacks in a known province makes some versions stumble.
            theirs = "component"
        except InvalidChecksum:
            theirs = "checksum"
        except ValidationError as error:
            theirs = type(error).__name__
        judge_id(text, answer, theirs, found)
    return found.report(f"id: {len(texts)} texts against python-stdnum, {refused} refused here")


def judge_id(text: str, answer: dict, theirs: str, found: Findings) -> None:
    ours, is_bad = codes(answer), answer["verdict"] == "bad"
    said = f"{text}: {sorted(ours)} here, {theirs} in stdnum"
    if theirs == "component" and not is_bad:
        try:
            ric.get_birth_date(text)
        except InvalidComponent:
            found.problems.append(said)
            return
        if text.startswith(HUZHU):
            found.explain("stdnum's table lacks 630223, which is Huzhu county since 2013", text)
        else:
            kind = "stdnum refuses a county that it does not know for the year of birth; GB 11643 takes it from"
            found.explain(f"{kind} the place of first registration, and codes change after birth", text)
    elif theirs == "good" and "ID_FUTURE" in ours and ours <= {"ID_FUTURE", "ID_AREA"}:
        found.explain("stdnum does not compare the date of birth with today", text)
    elif theirs == "checksum" and not {"ID_CHECKSUM"} <= ours:
        found.problems.append(said)
    elif (theirs == "good") == is_bad or (theirs in {"good", "component"} and "ID_CHECKSUM" in ours):
        found.problems.append(said)


def a_vin(rng: random.Random) -> str:
    signs = [rng.choice(VIN_LETTERS) for _ in range(17)]
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9]))
    total = sum(weight * int(values.get(sign, sign)) for weight, sign in zip(weights, signs))
    signs[8] = "0123456789X"[total % 11]
    return "".join(signs)


def compare_vins(program: str, rng: random.Random) -> bool:
    found = Findings()
    valid = [a_vin(rng) for _ in range(COUNT // 2)]
    texts = valid + [spoil(rng.choice(valid), VIN_LETTERS + "IOQ", rng) for _ in valid]
    doubted = 0
    for at, (text, answer) in enumerate(zip(texts, ask(program, "vin", texts))):
        ours = codes(answer)
        doubted += bool(ours)
        if at < len(valid) and ours:
            found.problems.append(f"{text} is valid by construction: {ours}")
        try:
            vin = Vin(text)
            theirs = set() if vin.verify_checksum(check_year=False) else {"VIN_CHECK_DIGIT"}
            if theirs and not ours and not getattr(vin.assembler, "uses_sae_checkdigit", True):
                found.explain("vininfo never says yes for a maker that uses no check digit", text)
                continue
        except VinError:
            theirs = {"VIN_CHARACTER"}
        if ours != theirs:
            found.problems.append(f"{text}: {sorted(ours)} here, {sorted(theirs)} in vininfo")
    return found.report(f"vin: {len(texts)} texts against vininfo, {doubted} doubted or refused here")


def a_sum(rng: random.Random) -> str:
    """Up to sixteen digits of yuan, which is all that cn2an takes; many zeros, because zeros are the difficulty."""
    yuan = "".join(rng.choice("000000123456789") for _ in range(rng.randrange(1, 17)))
    return f"{int(yuan)}.{rng.choice(['00', f'{rng.randrange(100):02}', f'{rng.randrange(10)}0', f'0{rng.randrange(10)}'])}"


def compare_capitals(program: str, rng: random.Random) -> bool:
    found = Findings()
    texts = [a_sum(rng) for _ in range(COUNT)]
    for text, answer in zip(texts, ask(program, "amount", texts)):
        ours, theirs = answer["capital"], "人民币" + cn2an.an2cn(text, "rmb")
        if ours != theirs:
            explain_capital(text, ours, theirs, found)
    return found.report(f"amount: {len(texts)} sums against cn2an")


def explain_capital(text: str, ours: str, theirs: str, found: Findings) -> None:
    """Leaves out of our text each 零 that a listed rule speaks of; what then still differs is a problem."""
    example = f"{text}: {ours} here, {theirs} in cn2an"
    yuan, cents = text.split(".")
    kinds = set()
    if yuan[-1] == "0" and cents[0] != "0" and "元零" in ours:
        ours = ours.replace("元零", "元")
        kinds.add(OPTIONAL_YUAN)
    # Only before 仟 does cn2an leave out a 零; behind 亿 that 仟 counts yuan if no 万 are between.
    no_wan = yuan[-8:-4].strip("0") == ""
    for unit, kind in (("亿", OPTIONAL_WAN if no_wan else NEEDED), ("万", NEEDED)):
        shorter = re.sub(f"({unit})零(.仟)", r"\1\2", ours)
        if shorter != ours:
            ours = shorter
            kinds.add(kind)
    if ours != theirs or not kinds:
        found.problems.append(example)
    for kind in kinds:
        found.explain(kind, example)


if __name__ == "__main__":
    sys.exit(main())
