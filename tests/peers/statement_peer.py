"""Verifies statement packets (docs/formats/envelope.md) without any code of the project.

usage: statement_peer.py FOLDER [HUB_KEY_HEX]; needs cbor2 and cryptography. Checks the hub's word for the device, the chain, the seal, both bodies,
the ink's binding to freeze and text, and that the frozen lines add up. Prints what was signed.
"""

import glob
import hashlib
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ACTS = {1: "signed", 2: "refused", 3: "revoked", 4: "witnessed"}


def sha256(data):
    return hashlib.sha256(data).digest()


def check(good, what):
    if not good:
        sys.exit(f"NOT VERIFIED: {what}")


def signed(key, label, message, signature, what):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, label + b"\0" + message)
    except InvalidSignature:
        check(False, what)


def fen(text):
    yuan, _, rest = text.lstrip("-").partition(".")
    return (-1 if text.startswith("-") else 1) * (int(yuan) * 100 + int((rest + "00")[:2]))


def canonical(data, what):
    value = cbor2.loads(data)
    check(cbor2.dumps(value, canonical=True) == data, f"{what} is not canonical CBOR")
    return value


def verify(data, pinned):
    packet = canonical(data, "the packet")
    hub_key, (certificate_bytes, certificate_sig) = packet[1], packet[2]
    check(pinned is None or hub_key == pinned, "another hub's key")
    signed(hub_key, b"lossbook/cert/v1", certificate_bytes, certificate_sig, "the certificate")
    certificate = canonical(certificate_bytes, "the certificate")
    envelopes, (stream, seal_seq, seal_header, _key, seal_sig) = packet[3]
    signed(certificate[2], b"lossbook/seal/v1", seal_header, seal_sig, "the seal")
    bodies, previous = {}, None
    for header_bytes, body in envelopes:
        header = canonical(header_bytes, "a header")
        check(previous in (None, header[6]), "a header does not follow the one before it")
        check([header[2], header[3], header[4]] == stream, "a header of another stream")
        check(header[3] == certificate[1], "a header of another device")
        previous = sha256(header_bytes)
        if body is not None:
            check(sha256(body) == header[9] and len(body) == header[10], "a body does not match")
            bodies[previous] = (header, body)
    check(previous == seal_header and header[5] == seal_seq, "the seal is not over the last header")
    header, body = bodies[packet[4]]
    signature = canonical(body, "the signature")
    check(header[7] == 4, "the signature's envelope is no signature")
    freeze = canonical(bodies[signature[2]][1], "the freeze")
    check(bodies[signature[2]][0][7] == 3, "the frozen statement is no freeze")
    check(freeze[1] == signature[1] == header[8], "freeze and signature are of different cases")
    check(sha256(freeze[7].encode()) == signature[3], "another text was shown than was frozen")
    amounts = [fen(value) for path, value in freeze[2] if path.startswith("lines.") and path.endswith(".amount")]
    check(freeze.get(10, 1) != 1 or sum(amounts) == freeze[3], "the lines do not add up to the total")
    photos = {bytes.fromhex(value) for path, value in freeze[2] if path.startswith("photos.") and path.endswith(".sha256")}
    check(sorted(photos) == freeze[4], "the photos named are not the photos frozen")
    points = sum(len(stroke) for stroke in signature[7])
    print(f"verified: {signature[5]} {ACTS[signature[4]]}, taken by {header[11]}, {points} points of ink; the text:")
    print("".join(f"  | {line}\n" for line in freeze[7].splitlines()), end="")


def main():
    pinned = bytes.fromhex(sys.argv[2]) if len(sys.argv) > 2 else None
    files = sorted(glob.glob(f"{sys.argv[1]}/packets/*.cbor"))
    check(files, "no packets in the folder")
    for name in files:
        data = open(name, "rb").read()
        verify(data, pinned)
        for at in range(0, len(data), 97):  # a changed byte anywhere must show
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            try:
                sys.stdout, shown = open("/dev/null", "w"), sys.stdout
                verify(changed, pinned or cbor2.loads(data)[1])
            except (SystemExit, Exception):
                continue
            finally:
                sys.stdout = shown
            check(False, f"a changed byte at {at} was not noticed")
    print(f"{len(files)} packets verified, and every tried change of a byte was noticed")


main()
