#!/usr/bin/env python3
"""Opens a device's store with SQLCipher's own library and the device's key, and with nothing else.

Input: HOME_DIR KEY_FILE. The store is `store.db` in the home; the key file holds 32 bytes, plain or
as hex digits. Works on a copy, so that the home stays as it is. Exit code 0 when the right key opens
the store and every other one is refused.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import sqlcipher3


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    return check(Path(sys.argv[1]), Path(sys.argv[2]))


def check(home: Path, key_file: Path) -> int:
    key = read_key(key_file)
    wrong = bytes([key[0] ^ 1]) + key[1:]
    if not (home / "store.db").is_file():
        print(f"no store.db in {home}")
        return 1
    rows, problem = count_cases(home, key)
    if rows is None:
        print(f"the right key does not open the store: {problem}")
        return 1
    print(f"the right key opens the store: {rows} cases in its list")
    if rows == 0:
        print("an empty list shows nothing: give a home with cases")
        return 1
    answers = [refused(home, "a wrong key", wrong), refused(home, "no key", None)]
    return 0 if all(answers) else 1


def read_key(key_file: Path) -> bytes:
    raw = key_file.read_bytes()
    if len(raw) != 32:
        raw = bytes.fromhex(raw.decode("ascii").strip())
    if len(raw) != 32:
        raise SystemExit(f"{key_file} holds {len(raw)} bytes, expected 32")
    return raw


def refused(home: Path, name: str, key: "bytes | None") -> bool:
    rows, problem = count_cases(home, key)
    if rows is not None:
        print(f"{name} opens the store")
        return False
    print(f"{name} is refused: {problem}")
    return True


def count_cases(home: Path, key: "bytes | None") -> "tuple[int | None, str]":
    """Counts the rows of `case_row`, or says why the store cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        for part in home.glob("store.db*"):
            shutil.copy(part, folder)
        store = sqlcipher3.connect(str(Path(folder) / "store.db"))
        try:
            store.execute("PRAGMA cipher_log_level = NONE")
            if key is not None:
                store.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
                store.execute("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")
            return store.execute("SELECT count(*) FROM case_row").fetchone()[0], ""
        except sqlcipher3.DatabaseError as error:
            return None, str(error)
        finally:
            store.close()


if __name__ == "__main__":
    sys.exit(main())
