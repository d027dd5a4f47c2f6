"""A PostgreSQL server for one run of the tests, on a spare loopback port, in a temporary folder.

    python -m tests.postgres COMMAND ...

runs the command with DATABASE_URL set, stops the server whatever happened, and ends with the command's exit code.

`make test-postgres` runs every test there. Most of them say nothing that they did not say on SQLCipher, so `.ci/run`
takes those that carry the marker `database`: see `may_differ`.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

import psycopg

# Files whose tests ask the database, but only what others ask it too: pages, sockets, browsers, the model.
SAME_EVERYWHERE = (
    "tests/access/*",
    "tests/browser/*",
    "tests/consent/*_pages.py",
    "tests/consent/test_pages.py",
    "tests/consent/backups/test_timer.py",
    "tests/consent/backups/test_exports_refused.py",
    "tests/governance/*hostile*",
    "tests/governance/*_page*",
    "tests/governance/decisions/test_home.py",
    "tests/governance/test_languages.py",
    "tests/governance/test_limits.py",
    "tests/governance/test_second_factors.py",
    "tests/inference/*_pages.py",
    "tests/inference/chat/test_desk.py",
    "tests/inference/chat/test_knowledge.py",
    "tests/inference/chat/test_notices.py",
    "tests/inference/chat/test_paused.py",
    "tests/inference/chat/test_socket*.py",
    "tests/inference/chat/test_teaching.py",
    "tests/inference/engine/*",
    "tests/inference/evaluation/*",
    "tests/inference/injection/*",
    "tests/knowledge/demo/*",
    "tests/knowledge/*_pages*",
)
# ... and those of their pages that are asked on both, as a sample.
SAMPLE = ("tests/knowledge/test_pages.py",)

DEBIAN_PACKAGE = "postgresql"
SECONDS_TO_START = 60


class NoServer(Exception):
    """PostgreSQL cannot be started here; the text is a sentence for the person who typed the command."""


def may_differ(file: str, uses: Collection[str]) -> bool:
    """Whether a test may pass on one database and fail on another.

    `file` is its path from the top of the repository, `uses` the names of its fixtures and markers. A test of services,
    models, constraints, triggers, races, searches, jobs or the record does, without being told.
    """
    if not {"django_db", "db", "transactional_db", "django_db_setup"}.intersection(uses):
        return False
    return file in SAMPLE or not any(fnmatch(file, pattern) for pattern in SAME_EVERYWHERE)


def find_programs() -> Path | None:
    """The folder with `initdb` and `postgres`: the newest of Debian's, else where PATH has them."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def install_programs() -> None:
    """As root on Debian with apt; raises NoServer with the words to type elsewhere."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoServer(f"There is no PostgreSQL server here. Install it with: sudo apt install {DEBIAN_PACKAGE}")
    print("No PostgreSQL found: installing Debian's ...", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", DEBIAN_PACKAGE], env=quiet, check=True
        )
    except subprocess.CalledProcessError as failure:
        raise NoServer(f"apt-get could not install {DEBIAN_PACKAGE} (exit {failure.returncode}).") from None


def server_user() -> str:
    """PostgreSQL refuses to run as root: then the user that Debian's package made runs it."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoServer("PostgreSQL does not run as root, and there is no user `postgres`. Run this as another user.")


def spare_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server() -> Iterator[str]:
    """Start a server and give its DATABASE_URL; stop it and remove its folder at the end. Raises NoServer."""
    if find_programs() is None:
        install_programs()
    programs = find_programs()
    if programs is None:
        raise NoServer("PostgreSQL was installed, but its programs are not under /usr/lib/postgresql.")
    user, port, password = server_user(), spare_port(), secrets.token_hex(16)
    folder = Path(tempfile.mkdtemp(prefix="community-ai-postgres-"))
    try:
        (folder / "password").write_text(password)
        for path in (folder, folder / "password"):
            shutil.chown(path, user)
        as_user = ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]
        as_user = as_user if os.geteuid() == 0 else ["setpriv"]
        made = subprocess.run(
            [*as_user, programs / "initdb", "-D", folder / "data", "-U", "tests", "-E", "UTF8", "--locale=C.UTF-8",
             "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise NoServer(f"initdb failed:\n{made.stdout}{made.stderr}")
        settings = {
            "listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": str(folder),
            # Nothing here outlives the run.
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
        }  # fmt: skip
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            # --pdeathsig: should this process be killed outright, the server stops too.
            process = subprocess.Popen(
                [*as_user, "--pdeathsig=INT", programs / "postgres", "-D", folder / "data", *options],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            url = f"postgres://tests:{password}@127.0.0.1:{port}/postgres"
            wait_for(url, process, folder / "log")
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: open connections are closed
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers. Raises NoServer with its log when it does not."""
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                print(f"PostgreSQL {connection.info.server_version // 10000} answers.", flush=True)
                return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise NoServer(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with server() as url:
            return subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": url}, check=False).returncode
    except NoServer as reason:
        print(reason, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
