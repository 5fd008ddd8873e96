"""What a hub's store itself holds, read with SQLCipher's own library: what people kept in registers,
and the changes that people wrote in cases. No projection of the hub is read.

The store is copied first, so that the hub that serves it is not disturbed.
"""
import base64, collections, contextlib, json, pathlib, shutil, subprocess, tempfile

import cbor2
import sqlcipher3

# Keys of an envelope's header, docs/formats/envelope.md.
USER = 11


@contextlib.contextmanager
def opened(data):
    key = pathlib.Path(f"{data}.key").read_text().strip()
    with tempfile.TemporaryDirectory() as folder:
        for part in pathlib.Path(data).glob("store.db*"):
            shutil.copy(part, folder)
        store = sqlcipher3.connect(f"{folder}/store.db")
        store.execute(f"PRAGMA key = \"x'{key}'\"")
        store.execute("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")
        try:
            yield store
        finally:
            store.close()


def registers(data):
    """The rows that count, by register: the newest version of each that is not struck out."""
    kept = collections.defaultdict(list)
    with opened(data) as store:
        newest = {}
        for register, row, version, case, struck, fields in store.execute(
                "SELECT register, row, version, hex(case_id), struck, fields FROM hub_register_row"):
            if newest.get((register, row), (0,))[0] < version:
                newest[register, row] = (version, case.lower(), struck, fields)
    for (register, _), (_, case, struck, fields) in sorted(newest.items()):
        if not struck:
            kept[register].append({**json.loads(fields), "case_id": case})
    return kept


def ledgers(data):
    """The two correction ledgers of every case, drawn anew by ledger_peer.cjs."""
    changes = collections.defaultdict(list)
    with opened(data) as store:
        for case, header, body in store.execute(
                "SELECT hex(c.case_id), e.header, e.body FROM change AS c"
                " JOIN envelope AS e ON e.id = c.envelope ORDER BY c.ord"):
            user = cbor2.loads(header)[USER]
            changes[case.lower()].append([user, base64.b64encode(body).decode()])
    script = pathlib.Path(__file__).with_name("ledger_peer.cjs")
    done = subprocess.run(["node", str(script)], input=json.dumps(changes), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
