#!/usr/bin/env python3
"""Reads our Swift without a compiler: its syntax, and that it names what the generated Swift has.

usage: swift_names.py GENERATED.swift FOLDER…

No syntax error in any .swift file of the folders; every record of the generated module is made with
labels that its initializer has; every method that is called on a generated object or on a FieldDevice
exists with these labels; every case with values that is matched has so many. Types are not checked: that takes a
compiler (`cargo xtask test` runs one where there is one).
"""

import re
import sys
from pathlib import Path

import tree_sitter_swift
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_swift.language()))
# What LossbookKit calls the objects of the generated module, and what everybody calls ours.
OBJECTS = {"$0", "core", "run", "cancellation"}
DEVICES = {"device", "self.device", "file.device"}


def text(node: Node) -> str:
    return node.text.decode()


def of_type(node: Node, *types: str) -> list[Node]:
    return [child for child in node.children if child.type in types]


def every(node: Node, kind: str):
    if node.type == kind:
        yield node
    for child in node.children:
        yield from every(child, kind)


class Generated:
    """Initializers, methods and enum cases of the generated module."""

    def __init__(self, file: Path) -> None:
        self.inits: dict[str, list] = {}
        self.methods: dict[str, list] = {}
        self.cases: dict[str, set[int]] = {}
        root = PARSER.parse(file.read_bytes()).root_node
        for kind in ("class_declaration", "protocol_declaration"):
            for declared in every(root, kind):
                self.read(declared)
        for function in of_type(root, "function_declaration"):
            self.methods.setdefault(self.name(function), []).append(self.parameters(function))

    def read(self, declared: Node) -> None:
        if of_type(declared, "extension"):
            return
        names = of_type(declared, "type_identifier", "user_type")
        for body in of_type(declared, "class_body", "enum_class_body", "protocol_body"):
            for member in body.children:
                if member.type == "init_declaration" and names:
                    self.inits.setdefault(text(names[0]), []).append(self.parameters(member))
                elif member.type in ("function_declaration", "protocol_function_declaration"):
                    self.methods.setdefault(self.name(member), []).append(self.parameters(member))
                elif member.type == "enum_entry":
                    bare = re.sub(r"/\*.*?\*/", "", text(member), flags=re.S)
                    written = re.match(r"(?:indirect\s+)?case\s+`?(\w+)`?", bare)
                    values = len(re.findall(r"`?\w+`?\s*:", bare))
                    self.cases.setdefault(written.group(1), set()).add(values)

    @staticmethod
    def name(function: Node) -> str:
        return text(of_type(function, "simple_identifier")[0]).strip("`")

    @staticmethod
    def parameters(function: Node) -> list[tuple[str, bool]]:
        """Labels in order, and whether each has a default."""
        found = []
        for at, child in enumerate(function.children):
            if child.type == "parameter":
                label = re.match(r"`?(\w+)`?", text(child)).group(1)
                after = function.children[at + 1 : at + 2]
                found.append(("" if label == "_" else label, bool(after) and after[0].type == "="))
        return found


def fits(parameters: list[tuple[str, bool]], labels: list[str]) -> bool:
    left = list(labels)
    for label, has_default in parameters:
        if left and left[0] == label:
            left.pop(0)
        elif not has_default:
            return False
    return not left


def labels_of(call: Node) -> list[str]:
    found = []
    for suffix in of_type(call, "call_suffix"):
        for arguments in of_type(suffix, "value_arguments"):
            for argument in of_type(arguments, "value_argument"):
                label = of_type(argument, "value_argument_label")
                found.append(text(label[0]) if label else "")
    return found


class Added:
    """What our extensions add: initializers to generated records, and the methods of FieldDevice."""

    def __init__(self, files: list[Path]) -> None:
        self.inits: dict[str, list] = {}
        self.methods: dict[str, list] = {}
        for file in files:
            for declared in every(PARSER.parse(file.read_bytes()).root_node, "class_declaration"):
                name = text(of_type(declared, "user_type", "type_identifier")[0])
                for body in of_type(declared, "class_body"):
                    if of_type(declared, "extension"):
                        inits = of_type(body, "init_declaration")
                        self.inits.setdefault(name, []).extend(map(Generated.parameters, inits))
                    if name == "FieldDevice":
                        for function in of_type(body, "function_declaration"):
                            found = self.methods.setdefault(Generated.name(function), [])
                            found.append(Generated.parameters(function))


class Ours:
    """One of our files, with what is wrong in it."""

    def __init__(self, file: Path, added: Added) -> None:
        self.file, self.added, self.wrong, self.checked = file, added, [], 0
        self.root = PARSER.parse(file.read_bytes()).root_node

    def say(self, node: Node, what: str) -> None:
        self.wrong.append(f"{self.file}:{node.start_point[0] + 1}: {what}")

    def check(self, generated: Generated) -> None:
        for node in every(self.root, "ERROR"):
            self.say(node, f"a syntax error at {text(node)[:60]!r}")
        for call in every(self.root, "call_expression"):
            self.check_call(call, generated)
        for pattern in every(self.root, "switch_pattern"):
            self.check_pattern(pattern, generated)

    def check_call(self, call: Node, generated: Generated) -> None:
        callee, labels = call.children[0], labels_of(call)
        name = text(callee)
        if callee.type == "simple_identifier" and name in generated.inits:
            known = generated.inits[name] + self.added.inits.get(name, [])
            self.compare(call, name, labels, known)
        elif callee.type == "navigation_expression":
            base, _, name = name.rpartition(".")
            if base.strip() in OBJECTS and "LossbookKit" in self.file.parts:
                self.compare(call, name, labels, generated.methods.get(name, []))
            elif base.strip() in DEVICES:
                self.compare(call, name, labels, self.added.methods.get(name, []))

    def compare(self, call: Node, name: str, labels: list[str], known: list) -> None:
        self.checked += 1
        if not any(fits(parameters, labels) for parameters in known):
            had = " or ".join(str([label for label, _ in one]) for one in known) or "nothing of that name"
            self.say(call, f"{name}{labels}, and there is {had}")

    def check_pattern(self, pattern: Node, generated: Generated) -> None:
        written = re.fullmatch(r"\.([A-Z]\w*)\((.*)\)", text(pattern))
        if written and written.group(1) in generated.cases:
            self.checked += 1
            values = len(written.group(2).split(","))
            if values not in generated.cases[written.group(1)]:
                self.say(pattern, f".{written.group(1)} has {generated.cases[written.group(1)]} values, not {values}")


def main() -> None:
    generated = Generated(Path(sys.argv[1]))
    files = [file for folder in sys.argv[2:] for file in sorted(Path(folder).rglob("*.swift"))]
    files = [file for file in files if ".build" not in file.parts and "LossbookFFI" not in file.parts]
    added, wrong, checked = Added(files), [], 0
    for file in files:
        ours = Ours(file, added)
        ours.check(generated)
        wrong += ours.wrong
        checked += ours.checked
    if not generated.inits or checked == 0:
        raise SystemExit("nothing was compared: is that the generated Swift?")
    for line in wrong:
        print(line)
    if wrong:
        raise SystemExit(f"{len(wrong)} places are wrong")
    print(f"{len(files)} files have no syntax error, and {checked} places name what the generated Swift has")


if __name__ == "__main__":
    main()
