"""Vectors are compared in the thread that asks: another of numpy's would spin on a core that somebody needs."""

from __future__ import annotations

import subprocess
import sys

PRODUCT = """
import os, django
django.setup()
import numpy as np
from inference.retrieval import vectors
table = np.ones((20_000, 384), np.float32)
table @ table[0]
table[:500] @ table[:500].T
print(len(os.listdir("/proc/self/task")))
"""


def test_a_product_needs_no_second_thread() -> None:
    done = subprocess.run([sys.executable, "-c", PRODUCT], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "1"
