"""Writes the locks beside this file from pyproject.toml: exact versions, and the hash of every file that may be used.

Run it with `make lock`; `make lock ARGS="--upgrade-package django"` takes a newer version. What comes out, each
complete in itself, so that `pip install --no-deps` is enough:

  build.txt         what installs the rest (pip, and the tools that compile llama-cpp-python), from build.in
  run.txt           a node
  test.txt          run.txt, the tests and the linters
  learning.txt      run.txt and what trains adapters; torch from the package index or from torch-cpu.txt
  learning-gpu.txt  only the CUDA libraries that torch needs on a computer with an NVIDIA GPU

`docs/decisions/0003-locks-with-hashes.md` says why it is done this way.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OLDEST_PYTHON = "3.11"
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
GPU_ONLY = re.compile(r"^(nvidia-|cuda-|triton==)")
NOTE = "# The CUDA libraries of torch, beside learning.txt. Written by `make lock`.\n"


def resolve(source: str, lock: str, *arguments: str) -> Path:
    """Let uv choose versions for `source` and write them to `lock`; what stands in the lock stays if it still fits."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_"))}
    target = HERE / lock
    command = [
        sys.executable, "-m", "uv", "pip", "compile", source, "--output-file", f"requirements/{lock}", "--quiet",
        "--universal", "--python-version", OLDEST_PYTHON, "--fork-strategy", "fewest", "--generate-hashes",
        "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make lock",
        *arguments, *sys.argv[1:],
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, env=clean, check=True)
    return target


def blocks(lock: Path) -> tuple[str, list[str]]:
    """The comment at the top of a lock, and its requirements: one string each, with the lines of its hashes."""
    head, *requirements = re.split(r"^(?=[A-Za-z0-9])", lock.read_text("utf-8"), flags=re.MULTILINE)
    return head, requirements


def split_learning(lock: Path) -> None:
    """Move the CUDA libraries to a lock of their own, and let torch be the CPU wheel too.

    The package index offers one torch, which needs the CUDA libraries; the CPU wheels have the same version, no such
    need, and lie elsewhere. torch-cpu.txt holds their hashes.
    """
    head, requirements = blocks(lock)
    for at, requirement in enumerate(requirements):
        if requirement.startswith("torch=="):
            version = requirement.split("==")[1].split()[0]
            hashes = sorted({*HASH.findall(requirement), *cpu_wheels(version)})
            requirements[at] = f"torch=={version}" + "".join(f" \\\n    --hash=sha256:{each}" for each in hashes) + "\n"
    lock.write_text(head + "".join(r for r in requirements if not GPU_ONLY.match(r)), "utf-8")
    lock.with_name("learning-gpu.txt").write_text(NOTE + "".join(filter(GPU_ONLY.match, requirements)), "utf-8")


def cpu_wheels(version: str) -> list[str]:
    """The hashes of that version's CPU wheels. Leaves with a sentence when they are not known."""
    known = (HERE / "torch-cpu.txt").read_text("utf-8")
    if f"\ntorch=={version}+cpu " not in known:
        sys.exit(f"requirements/torch-cpu.txt does not hold torch {version}: add its hashes first.")
    return HASH.findall(known)


def main() -> None:
    resolve("requirements/build.in", "build.txt")
    resolve("pyproject.toml", "run.txt")
    within = ["--constraint", "requirements/run.txt"]
    resolve("pyproject.toml", "test.txt", "--extra", "test", "--extra", "lint", *within)
    learning = resolve(
        "pyproject.toml", "learning.txt", "--extra", "learning", *within, "--constraint", "requirements/test.txt"
    )
    split_learning(learning)
    print("The locks in requirements/ fit pyproject.toml.")


if __name__ == "__main__":
    main()
