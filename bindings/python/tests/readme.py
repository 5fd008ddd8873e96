#!/usr/bin/env python3
"""The samples of bindings/python/README.md, as they stand there, by an interpreter that knows nothing but the wheel.

usage: readme.py README PROGRAM FOLDER        (FOLDER is empty; run by the interpreter of the environment)
"""

import re
import subprocess
import sys
from pathlib import Path

import lossbook
from stage import Stage, edits, expect


def run(sample: Path, *words: str) -> list[str]:
    argv = [sys.executable, "-I", str(sample), *words]
    done = subprocess.run(argv, cwd=sample.parent, capture_output=True, text=True)
    expect(done.returncode == 0 and not done.stderr, f"{sample.name} ends well{done.stderr}")
    return done.stdout.strip().splitlines()


def main(readme: Path, program: str, folder: Path) -> None:
    expect(sys.prefix in lossbook.__file__, "the package is the one that the wheel installed")
    samples = []
    for number, text in enumerate(re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.S)):
        sample = folder / f"sample{number}.py"
        sample.write_text(text, encoding="utf-8")
        samples.append(sample)
    judge, read = samples
    said = run(judge)
    expect("deductible 500.00 750.50" in said, f"judged: {'; '.join(said)}")
    with Stage(program, folder / "stage") as stage:
        phone = stage.phone("surveyor", "查勘员乙")
        phone.report_loss(lossbook.NewReport(fields=edits(household="农户张三", cause="冰雹")))
        stage.sync(phone)
        invited = run(read, stage.code("审计员丁", role="auditor"))
        expect(len(invited) == 2 and invited[0] == "DONE" and "农户张三" in invited[1], f"read: {invited}")
        expect(run(read) == invited, "the second time it needs no code")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
