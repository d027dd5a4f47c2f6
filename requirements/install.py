"""Makes .venv and brings it to one of the locks beside this file. `make` calls it; it needs nothing but Python.

    python3 requirements/install.py run|test|learning|learning-gpu

A lock that is installed already costs a few milliseconds: its fingerprint lies in .venv/installed/.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "install.log"
# command or module that must be there: the Debian package that brings it
TOOLS = {"c++": "g++", "cc": "gcc", "cmake": "cmake"}
SECONDS_BETWEEN_NEWS = 10.0


class Refused(Exception):
    """The installation cannot go on; the text is a sentence for the person who typed `make`."""


def say(sentence: str) -> None:
    print(sentence, flush=True)


def apt(packages: list[str]) -> str:
    """How to get the packages on Debian."""
    return f"{'' if os.geteuid() == 0 else 'sudo '}apt install {' '.join(packages)}"


def fingerprint(lock: Path) -> str:
    """What an installation depends on: the lock, what installs it, and the Python it was made for."""
    seen = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in (HERE / "build.txt", lock):
        seen.update(path.read_bytes())
    return seen.hexdigest()


def venv_works() -> bool:
    """Whether .venv is there, whole, and has the version of the Python that runs this."""
    ask = "import pip, sys; print(sys.version_info[:2])"
    try:
        answer = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.strip() == str(sys.version_info[:2])


def make_venv() -> None:
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Refused(
            f"Python cannot make virtual environments here. Install that with: {apt(['python3-venv'])}"
        ) from None
    if (VENV / "pyvenv.cfg").exists():
        say("The .venv here is unfinished or of another Python: making it anew.")
        shutil.rmtree(VENV)
    say(f"Making a virtual environment in .venv (Python {sys.version.split()[0]}) ...")
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)


def require_tools() -> None:
    """A compiler is needed as long as llama-cpp-python is not in .venv."""
    there = VENV.glob("lib/python*/site-packages/llama_cpp/__init__.py")
    missing = [package for command, package in TOOLS.items() if not shutil.which(command)]
    if missing and not any(there):
        raise Refused(
            "The language model's engine is compiled for this computer, which needs a C++ compiler and cmake. "
            f"Install what is missing with: {apt(missing)}"
        )


class News:
    """Turns pip's many lines into a few sentences, so that a long installation is never silent."""

    def __init__(self, packages: int) -> None:
        self.packages = packages
        self.collected = 0
        self.began = self.said = time.monotonic()

    def read(self, line: str) -> None:
        if line.startswith("Collecting "):
            self.collected += 1
            self._now_and_then(f"  fetching package {self.collected} of {self.packages}: {line.split()[1]}")
        elif "Building wheel for llama" in line and "started" in line:
            cores = os.cpu_count() or 1
            say(
                "Compiling llama.cpp for this computer. That takes about 6 minutes on 2 cores"
                f" (this one has {cores}); it happens once, then pip keeps the result."
            )
            self.said = time.monotonic()
        elif step := re.search(r"\[(\d+)/(\d+)\]", line):
            self._now_and_then(f"  compiled {step[1]} of {step[2]} parts, {self._minutes()}")
        elif line.startswith("Installing collected packages"):
            say("  putting the packages in place ...")

    def _minutes(self) -> str:
        return f"{(time.monotonic() - self.began) / 60:.1f} minutes so far"

    def _now_and_then(self, sentence: str) -> None:
        if time.monotonic() - self.said >= SECONDS_BETWEEN_NEWS:
            self.said = time.monotonic()
            say(sentence)


def pip_install(lock: Path, *options: str | Path) -> None:
    """Install a lock: only what it names, only files whose hash it holds.

    Without build isolation, so that what compiles llama-cpp-python is locked too (build.txt); a wheel that was
    compiled before comes from pip's cache, which remembers the hash of its source.
    """
    news = News(packages=len(re.findall(r"^[A-Za-z0-9].*==", lock.read_text("utf-8"), flags=re.MULTILINE)))
    command = [
        PYTHON, "-m", "pip", "install", "--verbose", "--no-input", "--disable-pip-version-check", "--progress-bar=off",
        "--no-deps", "--require-hashes", "--no-build-isolation", "--requirement", lock, *options,
    ]  # fmt: skip
    # The tools of build.txt lie in .venv/bin and are found by name.
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    with LOG.open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        tail: list[str] = []
        try:
            for line in process.stdout or ():
                log.write(line)
                tail = [*tail[-24:], line]
                news.read(line.strip())
        except KeyboardInterrupt:
            process.terminate()
            raise
        if process.wait():
            raise Refused(
                "".join(tail)
                + f"\nThe packages of requirements/{lock.name} could not be installed; the lines above say "
                f"why, and {LOG.relative_to(ROOT)} says more. What was fetched so far is kept: just try again."
            )


def install(name: str) -> None:
    """Bring .venv to a lock. Raises Refused."""
    lock = HERE / f"{name}.txt"
    stamp = VENV / "installed" / name
    works = venv_works()
    if works and stamp.exists() and stamp.read_text() == fingerprint(lock):
        return
    require_tools()
    if not works:
        make_venv()
    began = time.monotonic()
    LOG.write_text("")
    say(f"Installing the packages of requirements/{name}.txt into .venv ...")
    pip_install(HERE / "build.txt")
    pip_install(lock)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(fingerprint(lock))
    say(f"The packages are installed ({time.monotonic() - began:.0f} s).")


def main() -> int:
    locks = ("run", "test", "learning", "learning-gpu")
    if len(sys.argv) != 2 or sys.argv[1] not in locks:
        print(f"Usage: python3 requirements/install.py {'|'.join(locks)}", file=sys.stderr)
        return 2
    try:
        install(sys.argv[1])
    except Refused as reason:
        print(reason, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. What was fetched so far is kept: just try again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
