#!/usr/bin/env python3
"""Prints the public surface of the generated module: every name with its signature, sorted.

usage: surface.py GENERATED.py           compare the output with ../surface.txt
"""

import ast
import sys
from pathlib import Path


def signature(function: ast.FunctionDef) -> str:
    given = function.args
    names = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    optional = {name.arg for name, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value}
    positional = [*given.posonlyargs, *given.args]
    optional |= {name.arg for name in positional[len(positional) - len(given.defaults):]}
    shown = []
    for name in names:
        if name.arg in ("self", "cls"):
            continue
        kind = f": {ast.unparse(name.annotation)}" if name.annotation else ""
        shown.append(f"{name.arg}{kind}{' = …' if name.arg in optional else ''}")
    answer = ast.unparse(function.returns) if function.returns else "None"
    return f"({', '.join(shown)}) -> {answer}"


def is_public(name: str) -> bool:
    return not name.startswith("_") or name == "__init__"


def members(owner: str, body: list[ast.stmt]) -> list[str]:
    lines = []
    for one in body:
        if isinstance(one, ast.FunctionDef) and is_public(one.name):
            lines.append(f"{owner}.{one.name}{signature(one)}")
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and is_public(one.target.id):
            lines.append(f"{owner}.{one.target.id}: {ast.unparse(one.annotation)}")
        elif isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name) and is_public(one.targets[0].id):
            lines.append(f"{owner}.{one.targets[0].id}")
        elif isinstance(one, ast.ClassDef) and is_public(one.name):
            lines.append(f"{owner}.{one.name}")
            lines += members(f"{owner}.{one.name}", one.body)
    return lines


def surface(text: str) -> list[str]:
    tree = ast.parse(text)
    exported: set[str] = set()
    for one in tree.body:
        if isinstance(one, ast.Assign) and getattr(one.targets[0], "id", "") == "__all__":
            exported = {item.value for item in one.value.elts}  # type: ignore[attr-defined]
    lines = []
    for one in tree.body:
        if isinstance(one, ast.FunctionDef) and one.name in exported:
            lines.append(f"{one.name}{signature(one)}")
        elif isinstance(one, ast.ClassDef) and one.name in exported:
            lines.append(one.name)
            lines += members(one.name, one.body)
    return sorted(set(lines))


if __name__ == "__main__":
    print("\n".join(surface(Path(sys.argv[1]).read_text(encoding="utf-8"))))
