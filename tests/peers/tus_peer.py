#!/usr/bin/env python3
"""Foreign tus clients against our hub: tuspy here, tus-js-client in tus_peer.cjs.

usage: tus_peer.py PROGRAM FOLDER

A phone reports a case with two photos of 6 MB; its link lets entries through and no photo, so the
hub knows both photos and holds neither. Each client then brings one of them with the token of that
phone, over a link that resets its connections, is stopped half way, and goes on as a new process
from what it remembered. In the end the hub's receipt covers both, byte for byte.
"""

import hashlib
import json
import random
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from urllib.request import Request, urlopen

from tusclient.client import TusClient
from tusclient.storage.filestorage import FileStorage

SIZE = 6 * 1024 * 1024
CHUNK = 1024 * 1024
CUTS = [300_000, 700_001, 900_000]


def expect(good: bool, what: str) -> None:
    if not good:
        raise SystemExit(f"NOT SO: {what}")
    print(f"  ok: {what}")


class Link:
    """A TCP relay. Cuts connections that carry uploads: all of them, or after so many bytes each."""

    def __init__(self, port: int) -> None:
        self.hub, self.photos_pass, self.budgets, self.resets = port, False, [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.hub))
            threading.Thread(target=self.up, args=(near, far), daemon=True).start()
            threading.Thread(target=self.down, args=(far, near), daemon=True).start()

    def up(self, near: socket.socket, far: socket.socket) -> None:
        budget, sent = None, 0
        try:
            while data := near.recv(64 * 1024):
                if b" /v1/tus" in data and not self.photos_pass:
                    return self.reset(near, far)
                if data.startswith(b"PATCH") and budget is None and self.budgets:
                    budget, sent = self.budgets.pop(0), 0
                far.sendall(data)
                sent += len(data)
                if budget is not None and sent > budget:
                    self.resets += 1
                    return self.reset(near, far)
            far.shutdown(socket.SHUT_WR)
        except OSError:
            self.reset(near, far)

    @staticmethod
    def down(far: socket.socket, near: socket.socket) -> None:
        try:
            while data := far.recv(64 * 1024):
                near.sendall(data)
            near.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    @staticmethod
    def reset(*sockets: socket.socket) -> None:
        for one in sockets:
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()


def run(command: list, *words: str, code: int = 0) -> dict:
    done = subprocess.run([*command, *words], capture_output=True, text=True)
    if done.returncode != code:
        raise SystemExit(f"{' '.join(words)}: exit {done.returncode}, expected {code}: {done.stdout}{done.stderr}")
    out = (done.stdout.strip() or done.stderr.strip()).splitlines()
    return json.loads(out[-1]) if out and out[-1].startswith("{") else {}


def photo(scene: Path, target: Path, seed: int) -> str:
    """The scene with comments behind its first marker until it has 6 MB; every reader skips them."""
    picture, noise = scene.read_bytes(), random.Random(seed)
    comments, left = [], SIZE - len(picture)
    while left > 0:
        size = min(left, 65_000)
        size = size if left - size == 0 or left - size >= 4 else size - 4
        comments.append(b"\xff\xfe" + struct.pack(">H", size - 2) + noise.randbytes(size - 4))
        left -= size
    whole = picture[:2] + b"".join(comments) + picture[2:]
    target.write_bytes(whole)
    return hashlib.sha256(whole).hexdigest()


def by_tuspy(link: Link, token: str, file: Path, digest: str, scope: str, store: Path) -> None:
    def uploader():
        client = TusClient(f"{link.url}/v1/tus", headers={"Authorization": f"Bearer {token}"})
        return client.uploader(
            str(file), chunk_size=CHUNK, metadata={"sha256": digest, "scope": scope},
            retries=4, retry_delay=0.2, store_url=True, url_storage=FileStorage(str(store)),
        )

    link.budgets, link.resets = list(CUTS), 0
    first = uploader()
    first.upload(stop_at=2 * CHUNK + 12_345)
    expect(link.resets == len(CUTS), f"tuspy lost its connection {len(CUTS)} times and went on")
    again = uploader()
    expect(again.offset == 2 * CHUNK + 12_345, f"a new tuspy goes on at byte {again.offset}")
    link.budgets = [400_000]
    again.upload()
    expect(again.offset == SIZE and again.get_offset() == SIZE, "tuspy says that all bytes are there")


def by_tus_js(link: Link, token: str, file: Path, digest: str, scope: str, store: Path) -> None:
    script = Path(__file__).with_name("tus_peer.cjs")
    for phase, cuts in (("begin", list(CUTS)), ("resume", [400_000])):
        link.budgets, link.resets = cuts, 0
        words = [f"{link.url}/v1/tus", token, str(file), digest, scope, str(store), phase]
        done = subprocess.run(["node", str(script), *words], capture_output=True, text=True)
        sys.stdout.write(done.stdout)
        expect(done.returncode == 0, f"tus-js-client can {phase} over {link.resets} resets {done.stderr.strip()}")


def held(url: str, token: str, digest: str) -> bool:
    with urlopen(Request(f"{url}/v1/blobs/{digest}", headers={"Authorization": f"Bearer {token}"})) as answer:
        return hashlib.sha256(answer.read()).hexdigest() == digest


def main() -> None:
    program, folder = sys.argv[1], Path(sys.argv[2])
    hub = [program, "--json", "hub", "--data", str(folder / "hub")]
    server = subprocess.Popen([*hub, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = json.loads(server.stdout.readline())["url"]
        link = Link(int(url.rsplit(":", 1)[1]))
        scope = run(hub, "scope", "village")["scope"]
        code = run(hub, "invite", "--role", "surveyor", "--scope", "village", "--user", "li", "--url", link.url)
        phone = [program, "--json", "device", "--home", str(folder / "li")]
        run(phone, "init")
        run(phone, "enrol", code["invite"])
        case = run(phone, "report", "household=马占山", "cause=冰雹")["number"]
        run([program], "scene", str(folder / "scene"))
        scene = next((folder / "scene").glob("*.jpg"))
        digests = {}
        for seed, name in enumerate(("tuspy", "tus-js")):
            file = folder / f"{name}.jpg"
            digests[name] = photo(scene, file, seed)
            expect(file.stat().st_size == SIZE, f"{file.name} has {SIZE} bytes")
            run(phone, "photo", case, str(file))
        run(phone, "sync", "--patience", "2", code=4)
        office = [program, "--json", "office", "--hub", url, "--token-file", str(folder / "token")]
        (folder / "token").write_text(run(hub, "user", "add", "zhao")["token"])
        missing = json.dumps(run(office, "show", case)["photos_missing"])
        expect(all(digest in missing for digest in digests.values()), "the hub names both photos as missing")
        link.photos_pass = True
        token = run(phone, "token")["token"]
        by_tuspy(link, token, folder / "tuspy.jpg", digests["tuspy"], scope, folder / "urls.tuspy")
        by_tus_js(link, token, folder / "tus-js.jpg", digests["tus-js"], scope, folder / "urls.tus-js")
        for name, digest in digests.items():
            expect(held(url, token, digest), f"the hub gives back what {name} brought, byte for byte")
        run(phone, "sync", "--patience", "20")
        states = {one["sha256"]: one["confirmed"] for one in run(phone, "show", case)["photos"]}
        expect(all(states[digest] for digest in digests.values()), "the hub's receipt for both reached the phone")
        missing = json.dumps(run(office, "show", case)["photos_missing"])
        expect(not any(digest in missing for digest in digests.values()), "the office misses neither")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
