"""Installs what trains adapters. `make learning` calls it with the Python of .venv.

torch is what needs care: the package index offers one build for Linux, with gigabytes of CUDA libraries for NVIDIA
GPUs. A computer without such a GPU wants PyTorch's own CPU wheel instead: the same version, a tenth of the size. So
nothing large is fetched until it is clear which one is wanted:

  TORCH_WHEEL=file   the CPU wheel, fetched by hand
  GPU=1              the build of the package index and its CUDA libraries
  neither            a torch that is installed already, or the CPU wheel where pip looks for files (its `find-links`)
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from install import HERE, PYTHON, Refused, install, pip_install, say

CPU_LOCK = HERE / "torch-cpu.txt"


def locked_version() -> str:
    """The version of torch that the locks hold. Raises Refused."""
    found = re.search(r"^torch==(\S+)\+cpu ", CPU_LOCK.read_text("utf-8"), flags=re.MULTILINE)
    if not found:
        raise Refused(f"{CPU_LOCK.name} does not name torch.")
    return found[1]


def cpu_wheel_name() -> str:
    """The name of the CPU wheel for this Python and processor."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"torch-{locked_version()}+cpu-{python}-{python}-manylinux_2_28_{platform.machine()}.whl"


def installed_version() -> str | None:
    """What .venv has, such as 2.13.0+cpu; asked of a new process, since an installation may have changed it."""
    ask = "from importlib.metadata import version; print(version('torch'))"
    answer = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def pip_knows_cpu_wheel() -> bool:
    wanted = f"torch=={locked_version()}+cpu"
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", wanted]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def choose_torch(wheel: str, gpu: bool) -> None:
    """Install the CPU wheel unless the GPU's build is wanted or there already. Raises Refused when nothing is clear."""
    if wheel:
        file = Path(wheel).expanduser().resolve()
        if file.name != cpu_wheel_name() or not file.is_file():
            raise Refused(f"TORCH_WHEEL must be a file named {cpu_wheel_name()}, not {wheel}")
        pip_install(CPU_LOCK, "--find-links", file.parent)
    elif gpu or (installed_version() or "").split("+")[0] == locked_version():
        return
    elif pip_knows_cpu_wheel():
        pip_install(CPU_LOCK)
    else:
        raise Refused(
            f"Learning needs torch {locked_version()}. Which build?\n\n"
            "Without an NVIDIA GPU: fetch the CPU wheel (about 190 MB)\n"
            f"    {cpu_wheel_name()}\n"
            "from PyTorch's own site (its 'Start Locally' page, Linux, Pip, CPU, gives the address), then\n"
            "    make learning TORCH_WHEEL=path/to/that/file\n\n"
            "With an NVIDIA GPU (several gigabytes come from the package index):\n"
            "    make learning GPU=1"
        )


def main() -> int:
    gpu = bool(os.environ.get("GPU"))
    try:
        choose_torch(os.environ.get("TORCH_WHEEL", ""), gpu)
        install("learning")
        if gpu:
            install("learning-gpu")
    except Refused as reason:
        print(reason, file=sys.stderr)
        return 2
    say(f"Ready to learn, with torch {installed_version()}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
