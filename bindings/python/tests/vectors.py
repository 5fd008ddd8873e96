#!/usr/bin/env python3
"""The thousand seeded cases of `cargo xtask vectors`, judged through the bindings: every answer must be
the same bytes as Rust's.

usage: vectors.py VECTORS.jsonl
"""

import json
import sys
from pathlib import Path

import lossbook


def members(line: str) -> tuple[str, str, str, str]:
    """Pack, moment, the case and the assessment as they stand in the line, byte for byte."""
    head, rest = line.split(',"case":', 1)
    decoder = json.JSONDecoder()
    _, end = decoder.raw_decode(rest)
    case, tail = rest[:end], rest[end:]
    prefix = ',"assessment":'
    assert tail.startswith(prefix) and tail.endswith("}")
    said = json.loads(head + "}")
    return said["pack"], said["at"], case, tail[len(prefix):-1]


def main(file: Path) -> None:
    count = 0
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            pack, at, case, wanted = members(line.rstrip("\n"))
            got = lossbook.assess(case, pack, at)
            if got != wanted:
                at_byte = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
                near = slice(max(at_byte - 60, 0), at_byte + 60)
                raise SystemExit(f"NOT SO: line {count + 1} is judged otherwise:\n{got[near]}\n{wanted[near]}")
            count += 1
    if count != 1_000:
        raise SystemExit(f"NOT SO: {count} lines, expected 1,000")
    print(f"  ok: {count} assessments, the same bytes as Rust's")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
