"""A host for a desk: the machine's clocks, a key in a file, HTTP by the standard library.

A phone has better: its own key store, its own client. Every method is called on the calling thread.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

from . import lossbook_ffi as ffi

MAX_ANSWER = 4 * 1024 * 1024


class FileKeys(ffi.HostKeyStore):
    """Wraps store keys with a key kept in a file that only its owner reads.

    Whoever has the file and the home has everything: keep them on different disks.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def _pad(self) -> bytes:
        if not self.path.exists():
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(32))
                file.flush()
                os.fsync(file.fileno())
        return self.path.read_bytes()

    def wrap(self, key: bytes) -> bytes:
        # One key, one pad, used once: the file holds random bytes that nothing else is wrapped with.
        return bytes(a ^ b for a, b in zip(key, self._pad(), strict=True))

    def unwrap(self, wrapped: bytes) -> bytes:
        return self.wrap(wrapped)


class SystemClock(ffi.HostClock):
    """The clocks of this machine."""

    def __init__(self) -> None:
        try:
            self.boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            self.boot = f"process {os.getpid()}"
        self.clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def read(self) -> ffi.ClockReading:
        return ffi.ClockReading(
            wall_ms=time.time_ns() // 1_000_000,
            mono_ms=time.clock_gettime_ns(self.clock) // 1_000_000,
            boot=self.boot,
        )


class DiskRoom(ffi.HostRoom):
    """Room on the disk of a folder."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def free_bytes(self) -> int | None:
        folder = self.folder
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return shutil.disk_usage(folder).free


class HttpTransport(ffi.HostTransport):
    """HTTP by the standard library; one connection for each request."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.context = context

    def send(self, request: ffi.HubRequest) -> ffi.HubAnswer:
        at = urlsplit(request.url)
        quiet = max(request.quiet_ms / 1000, 1.0)
        try:
            if at.scheme == "https":
                line: http.client.HTTPConnection = http.client.HTTPSConnection(
                    at.hostname or "", at.port, timeout=quiet, context=self.context
                )
            else:
                line = http.client.HTTPConnection(at.hostname or "", at.port, timeout=quiet)
            try:
                return self._exchange(line, request, at.path + (f"?{at.query}" if at.query else ""))
            finally:
                line.close()
        except ssl.SSLError as error:
            raise ffi.TransportError.Tls() from error
        except ConnectionRefusedError as error:
            raise ffi.TransportError.Refused() from error
        except (socket.gaierror, OSError) as error:
            if isinstance(error, TimeoutError):
                raise ffi.TransportError.Timeout() from error
            if isinstance(error, socket.gaierror):
                raise ffi.TransportError.NoNetwork() from error
            raise ffi.TransportError.Cut() from error
        except http.client.HTTPException as error:
            raise ffi.TransportError.Cut() from error

    @staticmethod
    def _exchange(
        line: http.client.HTTPConnection, request: ffi.HubRequest, path: str
    ) -> ffi.HubAnswer:
        line.putrequest(request.method, path, skip_accept_encoding=True)
        for header in request.headers:
            line.putheader(header.name, header.value)
        body = request.body
        if isinstance(body, ffi.HubBody.FILE):
            line.putheader("Content-Length", str(body.len_bytes))
            line.endheaders()
            with open(body.path, "rb") as file:
                line.send(file)
        elif isinstance(body, ffi.HubBody.BYTES):
            line.putheader("Content-Length", str(len(body.bytes)))
            line.endheaders(body.bytes)
        else:
            if request.method in ("POST", "PUT", "PATCH"):
                line.putheader("Content-Length", "0")
            line.endheaders()
        answer = line.getresponse()
        return ffi.HubAnswer(
            status=answer.status,
            headers=[ffi.HubHeader(name=name, value=value) for name, value in answer.getheaders()],
            body=answer.read(MAX_ANSWER),
        )


def desk(key_file: str | os.PathLike[str], **more: object) -> ffi.HostParts:
    """The parts of a desk: its clocks and a key in a file; more by name (``location=…``)."""
    parts: dict[str, object] = {"keys": FileKeys(key_file), "clock": SystemClock()}
    parts.update(more)
    return ffi.HostParts(**parts)  # type: ignore[arg-type]
