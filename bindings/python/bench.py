#!/usr/bin/env python3
"""What the foreign function interface costs from Python, beside the same calls made in Rust.

`cargo xtask long bench-ffi` runs it with the package on PYTHONPATH and the library built for release.
Prints one line `BENCH {…}` for each comparison.
"""

import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import lossbook
from lossbook.host import SystemClock


class FixtureKeys(lossbook.HostKeyStore):
    """The key that the Rust side wrapped: every byte XORed with 0x5A."""

    def wrap(self, key: bytes) -> bytes:
        return bytes(byte ^ 0x5A for byte in key)

    def unwrap(self, wrapped: bytes) -> bytes:
        return self.wrap(wrapped)


def median(times: int, work) -> int:
    took = []
    for _ in range(times):
        start = time.perf_counter_ns()
        work()
        took.append(time.perf_counter_ns() - start)
    return int(statistics.median(took))


def words(ns: int) -> str:
    return f"{ns / 1e6:.2f} ms" if ns >= 1_000_000 else f"{ns / 1e3:.1f} µs"


def compare(name: str, ours: int, rust: int, goal: str, note: str) -> None:
    row = {"name": f"Python: {name}", "ours": words(ours), "peer": words(rust),
           "ratio": f"{ours / rust:.3f}", "goal": goal, "note": note}
    print("BENCH " + json.dumps(row, ensure_ascii=False), flush=True)


def share(ours: int, rust: int) -> str:
    return f"{max(ours - rust, 0) / ours:.1%}"


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        argv = ["cargo", "bench", "--quiet", "-p", "lossbook-ffi", "--bench", "direct", "--", place]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        rust = json.loads(done.stdout.strip().splitlines()[-1])
        parts = lossbook.HostParts(keys=FixtureKeys(), clock=SystemClock())
        book = lossbook.Lossbook.open(rust["home"], parts)
        case, shots = rust["case"], iter(rust["photos"])
        peer = "the peer is the same method of the facade called in Rust, in another process on the same home"

        ours = median(2_001, lossbook.versions)
        compare("a call that does nothing but fill a record", ours, rust["versions_ns"], "", f"versions(), median of 2001; {peer}")
        ours = median(501, book.status)
        compare("status", ours, rust["status_ns"], "", f"median of 501; {ours - rust['status_ns']} ns of it are the interface")
        for rows, times in ((50, 201), (1_000, 41)):
            query = lossbook.CaseQuery(limit=rows)
            ours, floor = median(times, lambda: book.cases(query)), rust[f"page_{rows}_ns"]
            each = (ours - floor) / rows / 1e3
            compare(f"a page of {rows} cases", ours, floor, "", f"median of {times}; {each:.1f} µs a row are the interface")
        ours, floor = median(201, lambda: book.case_screen(case)), rust["screen_ns"]
        compare("open a case", ours, floor, "share ≤ 10 %",
                f"case_screen of 15 lines, 6 photos and what the contract says; the interface takes {share(ours, floor)} of it")

        def photograph() -> None:
            new = lossbook.NewPhoto(path=next(shots), origin=lossbook.PhotoOrigin.CAMERA)
            book.add_photo(case, new, None)

        ours, floor = median(len(rust["photos"]), photograph), rust["photo_ns"]
        size = Path(rust["photos"][0]).stat().st_size / 1e6
        compare("take in a 12 MP photo", ours, floor, "share ≤ 5 %",
                f"median of {len(rust['photos'])} JPEGs of {size:.1f} MB by path; the interface takes {share(ours, floor)} of it")


if __name__ == "__main__":
    main()
