"""The browser of the browser tests: finds a Chromium on this computer, or installs one.

`python -m tests.chromium` does both and says which; `make test` calls it first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The fonts have the letters of all our languages; a bare Debian has none, and pages would show boxes.
DEBIAN_PACKAGES = ("chromium", "fonts-dejavu-core")


def chromium_of_this_computer() -> Path | None:
    """The one that the variable CHROMIUM names, else the first in PATH that starts; None leaves it to Playwright."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    candidates = (Path(found) for command in COMMANDS if (found := shutil.which(command)))
    return next(filter(version, candidates), None)


def find_chromium() -> Path | None:
    """This computer's Chromium, else the one that Playwright has fetched, else None."""
    if found := chromium_of_this_computer():
        return found
    with sync_playwright() as playwright:
        fetched = Path(playwright.chromium.executable_path)
    return fetched if version(fetched) else None


def version(path: Path) -> str | None:
    """What `chromium --version` says, or None for a file that is missing or does not run."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return said.strip() or None


def install_chromium() -> None:
    """As root on Debian with apt, else with Playwright. Raises CalledProcessError."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("No Chromium found: installing Debian's ...", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *DEBIAN_PACKAGES], env=quiet, check=True
        )
    else:
        print("No Chromium found: fetching Playwright's ...", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        try:
            install_chromium()
        except subprocess.CalledProcessError as failure:
            print(f"That did not work (exit {failure.returncode}). Try: sudo apt install chromium", file=sys.stderr)
            return 1
        chromium = find_chromium()
    if chromium is None:
        print("Chromium was installed but does not start. Try: sudo apt install chromium", file=sys.stderr)
        return 1
    print(f"Browser tests use {chromium} ({version(chromium)}).", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
