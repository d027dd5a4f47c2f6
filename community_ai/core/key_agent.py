"""Who holds the opened key while the node runs: a socket in `run/` that gives it to this user's processes only.

The supervisor runs it (`manage.py up`), or `manage.py hold_key` under systemd. It holds what opens the key file, never
on a disk: a process that starts asks here, as with ssh-agent. Each request and each answer is one line of JSON.

    {"do": "state"}           {"state": "open" or "locked"}
    {"do": "key"}             {"key": hex, or null while locked}
    {"do": "open", "key": hex}  {"opened": whether it opens the file}
    {"do": "lock"}            {"locked": true}
    {"do": "watch"}           nothing, until it is locked: {"locked": true}
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import threading
from typing import Any

from community_ai.core.home import FOLDER_MODE, Home
from community_ai.core.key_file import Damaged, DoesNotOpen, SealedContent
from community_ai.core.keystore import KeyStoreError, read_key_file

SOCKET = "keys.sock"
MOST_BYTES = 4096
TIMEOUT_SECONDS = 5.0
_UCRED = struct.Struct("3i")


class AgentTaken(KeyStoreError):
    pass


class KeyAgent:
    """`opened` and `locked` tell the thread that waits for them."""

    def __init__(self, home: Home, key: bytes | None = None) -> None:
        self._home, self._key = home, key
        self._watching: list[socket.socket] = []
        self._lock = threading.Lock()
        self.opened, self.locked = threading.Event(), threading.Event()
        self._server: socket.socket | None = None

    def start(self) -> None:
        """Listen, in a thread of its own. Raises AgentTaken when another one answers."""
        if ask(self._home, {"do": "state"}) is not None:
            raise AgentTaken("Another process of this node holds its key already.")
        self._home.run.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        path = self._home.run / SOCKET
        path.unlink(missing_ok=True)
        server = socket.socket(socket.AF_UNIX)
        mask = os.umask(0o177)  # nobody else may connect, from the first moment on
        try:
            server.bind(str(path))
        finally:
            os.umask(mask)
        server.listen(16)
        self._server = server
        threading.Thread(target=self._listen, args=(server,), name="key agent", daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            (self._home.run / SOCKET).unlink(missing_ok=True)

    def _listen(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _address = server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        keep = False
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(TIMEOUT_SECONDS)
            if _is_own(connection):
                request = json.loads(_line(connection))
                answer = self._answer(request)
                keep = answer is None
                if answer is None:
                    connection.settimeout(None)
                    self._watching.append(connection)
                else:
                    connection.sendall(json.dumps(answer).encode() + b"\n")
        if not keep:
            connection.close()

    def _answer(self, request: dict[str, Any]) -> dict[str, Any] | None:
        match request:
            case {"do": "state"}:
                return {"state": "locked" if self._is_locked() else "open"}
            case {"do": "key"}:
                return {"key": self._key.hex() if self._key else None}
            case {"do": "open", "key": str(key)}:
                return {"opened": self._open(bytes.fromhex(key))}
            case {"do": "lock"}:
                return {"locked": self._close()}
            case {"do": "watch"}:
                return None
        return {}

    def _is_locked(self) -> bool:
        return self._key is None and isinstance(read_key_file(self._home), SealedContent)

    def _open(self, key: bytes) -> bool:
        with self._lock, contextlib.suppress(KeyStoreError, DoesNotOpen, Damaged):
            held = read_key_file(self._home)
            if isinstance(held, SealedContent):
                held.open(key)
                self._key = key
                self.opened.set()
                return True
        return False

    def _close(self) -> bool:
        """Forget the key and tell who watches; False when there is no passphrase that could open it again."""
        with self._lock:
            if self._key is None or not isinstance(read_key_file(self._home), SealedContent):
                return False
            self._key = None
            self.opened.clear()
            self.locked.set()
            watching, self._watching = self._watching, []
        for connection in watching:
            with contextlib.suppress(OSError):
                connection.sendall(b'{"locked": true}\n')
            connection.close()
        return True


def ask(home: Home, request: dict[str, Any]) -> dict[str, Any] | None:
    """The agent's answer, or None when none runs."""
    with contextlib.suppress(OSError, ValueError), _connected(home) as connection:
        connection.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(_line(connection))
        return answer if isinstance(answer, dict) else None
    return None


def wait_for_lock(home: Home) -> bool:
    """Return True once the agent was told to lock, False when it went away or there is none."""
    with contextlib.suppress(OSError), _connected(home) as connection:
        connection.sendall(b'{"do": "watch"}\n')
        connection.settimeout(None)
        return bool(_line(connection))
    return False


def _connected(home: Home) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(TIMEOUT_SECONDS)
        connection.connect(str(home.run / SOCKET))
        if not _is_own(connection):
            raise ConnectionRefusedError
    except BaseException:
        connection.close()
        raise
    return connection


def _is_own(connection: socket.socket) -> bool:
    """Whether the other end belongs to the same user (SO_PEERCRED, unix(7))."""
    _pid, uid, _gid = _UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return bool(uid == os.geteuid())


def _line(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n") and len(data) < MOST_BYTES:
        part = connection.recv(MOST_BYTES)
        if not part:
            break
        data += part
    return data
