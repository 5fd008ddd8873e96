#!/usr/bin/env python3
"""The stock age tool opens our bundles and makes one that we open; Python reads what is inside.

usage: bundle_peer.py PROGRAM FOLDER      needs age, cbor2 and cryptography

Two phones and a hub on the command line. Without any code of the project: every part decrypts with
`age`, its blocks are laid out as docs/formats/bundle.md says, header, runs and trailer are signed by
whom they name, and each chunk of the photo leads to the root that its envelope binds.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

BLOCK, CHUNK = 65_536, 262_144


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def check(good: bool, what: str) -> None:
    if not good:
        raise SystemExit(f"NOT SO: {what}")


def signed(key: bytes, label: bytes, message: bytes, signature: bytes, what: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, label + b"\0" + message)
    except InvalidSignature:
        check(False, what)


def run(*words: str) -> dict:
    done = subprocess.run(words, capture_output=True, text=True)
    check(done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}")
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if lines else {}


def records(plain: bytes) -> list:
    """The records of the blocks, each with its exact bytes; block heads must name their places."""
    stream, borders, heads = b"", [], {}
    for number, at in enumerate(range(0, len(plain), BLOCK)):
        head = plain[at : at + 4]
        if number == 0:
            check(head == b"LBB1", "the first block begins with LBB1")
        else:
            heads[number] = int.from_bytes(head, "big")
        borders.append((number, len(stream)))
        stream += plain[at + 4 : at + BLOCK]
    found, at, starts = [], 0, []
    while at < len(stream):
        length = int.from_bytes(stream[at : at + 4], "big")
        starts.append(at)
        found.append(stream[at + 4 : at + 4 + length])
        at += 4 + length
    check(at == len(stream), "the last record is whole")
    for number, border in borders[1:]:
        within = [start - border + 4 for start in starts if border <= start < border + BLOCK - 4]
        check(not within or heads[number] == within[0], f"block {number} says where its first record begins")
    return found


def leaf(chunk: bytes) -> bytes:
    return sha256(b"\0" + chunk)


def root_by_path(digest: bytes, number: int, count: int, path: list) -> bytes:
    if count == 1:
        check(path == [], "the path ends at the chunk")
        return leaf(digest)
    split = 1 << (count - 1).bit_length() - 1
    if number < split:
        return sha256(b"\1" + root_by_path(digest, number, split, path[:-1]) + path[-1])
    return sha256(b"\1" + path[-1] + root_by_path(digest, number - split, count - split, path[:-1]))


def read_part(plain: bytes, hub_key: bytes, photos: dict) -> tuple:
    raw = records(plain)
    (first, ((header_bytes, header_sig),)), *others = [cbor2.loads(one) for one in raw]
    check(first == 1, "the header comes first")
    header = cbor2.loads(header_bytes)
    check(cbor2.dumps(header, canonical=True) == header_bytes, "the header is canonical")
    certificate_bytes, certificate_sig = header[3][1][0]
    signed(hub_key, b"lossbook/cert/v1", certificate_bytes, certificate_sig, "the hub vouched for the maker")
    certificate = cbor2.loads(certificate_bytes)
    maker = certificate[2]
    writers = {certificate[1]: maker, header[2]: hub_key}
    signed(maker, b"lossbook/bundle/v1", header_bytes, header_sig, "the maker signed the header")
    envelopes, extents = 0, {}
    for number, contents in others[:-1]:
        if number == 3:
            envelopes += read_run(contents[0], writers, photos)
        elif number == 4:
            extent = contents[0]
            count = -(-extent[2] // CHUNK)
            check(root_by_path(sha256(extent[6]), extent[4], count, extent[5]) == extent[3], "the path leads to the root")
            extents[(extent[1], extent[4])] = extent
    kind, (trailer,) = others[-1]
    check(kind == 5, "the trailer comes last")
    digest = sha256(b"".join(len(one).to_bytes(8, "big") + one for one in raw[:-1]))
    check((trailer[2], trailer[3]) == (len(raw) - 1, digest), "the trailer covers every record")
    covered = sha256(header_bytes) + trailer[2].to_bytes(8, "big") + digest + bytes([trailer[4]])
    signed(maker, b"lossbook/bundle-end/v1", covered, trailer[5], "the maker signed the trailer")
    return envelopes, extents


def read_run(run_: list, writers: dict, photos: dict) -> int:
    envelopes, (stream, _seq, seal_header, _key, seal_sig) = run_
    signed(writers[stream[1]], b"lossbook/seal/v1", seal_header, seal_sig, "the run is sealed by its writer")
    check(sha256(envelopes[-1][0]) == seal_header, "the seal is over the last header")
    for header_bytes, body in envelopes:
        header = cbor2.loads(header_bytes)
        check(sha256(body) == header[9], "the body is the one its header names")
        if header[7] == 2:
            photo = cbor2.loads(body)
            photos[photo[2]] = photo
    return len(envelopes)


def main(program: str, folder: Path) -> None:
    hub = [program, "--json", "hub", "--data", str(folder / "hub")]
    server = subprocess.Popen([*hub, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        server.stdout.readline()
        run(*hub, "scope", "village")

        def device(name: str, *words: str) -> dict:
            return run(program, "--json", "device", "--home", str(folder / name), *words)

        for name in ("anna", "bo"):
            code = run(*hub, "invite", "--role", "surveyor", "--scope", "village", "--user", name)
            device(name, "init")
            device(name, "enrol", code["invite"])
        device("anna", "sync")
        case = device("anna", "report", "household=张三", "cause=hail")["number"]
        run(program, "--json", "scene", str(folder / "photos"))
        largest = sorted((folder / "photos").rglob("*.jpg"), key=lambda path: -path.stat().st_size)[:4]
        device("anna", "photo", case, *map(str, largest))
        parts = device("anna", "export", str(folder / "out.lossbundle"), "--to", "bo", "--part-size", "1100K")["files"]
        device("bo", "age-identity", str(folder / "bo.txt"))

        photos, extents, envelopes = {}, {}, 0
        hub_key = bytes.fromhex(device("anna", "status")["hub_key"])
        for part in parts:
            plain = subprocess.run(["age", "-d", "-i", str(folder / "bo.txt"), part], capture_output=True)
            check(plain.returncode == 0, f"age opens {part}: {plain.stderr}")
            count, found = read_part(plain.stdout, hub_key, photos)
            envelopes += count
            extents.update(found)
        print(f"  ok: age {age_version()} opens {len(parts)} parts with {envelopes} envelopes and {len(extents)} chunks")
        for photo in largest:
            digest = sha256(photo.read_bytes())
            chunks = [extents[(digest, number)][6] for number in range(-(-photos[digest][3] // CHUNK))]
            check(sha256(b"".join(chunks)) == digest, "the chunks are the photo")
            check(extents[(digest, 0)][3] == photos[digest][4], "their root is the one that the envelope binds")
        print(f"  ok: {len(largest)} photos are whole, chunk by chunk and as files")

        recipient = (folder / "bo.txt").read_text().splitlines()[0].split(": ")[1]
        for number, part in enumerate(parts):
            opened = subprocess.run(["age", "-d", "-i", str(folder / "bo.txt"), part], capture_output=True).stdout
            made = folder / f"made-by-age.{number}.lossbundle"
            subprocess.run(["age", "-r", recipient, "-o", str(made)], input=opened, check=True)
            said = device("bo", "import", str(made))["files"][0]
            check(said["complete"], f"a part that age encrypted is complete: {said}")
        shown = json.dumps(device("bo", "show", case))
        check(digest.hex() in shown, "Bo holds the case")
        print("  ok: what age encrypted is taken in by the other phone")
    finally:
        server.terminate()
        server.wait()


def age_version() -> str:
    return subprocess.run(["age", "--version"], capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
