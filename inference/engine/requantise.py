"""Writes a model file again with its weights in another representation."""

import ctypes
import os
from pathlib import Path

from llama_cpp import llama_cpp as ll

from inference.engine.llama import ModelUnusable

KINDS = {
    "Q8_0": ll.LLAMA_FTYPE_MOSTLY_Q8_0,
    "Q6_K": ll.LLAMA_FTYPE_MOSTLY_Q6_K,
    "Q4_K_M": ll.LLAMA_FTYPE_MOSTLY_Q4_K_M,
    "Q4_0": ll.LLAMA_FTYPE_MOSTLY_Q4_0,
    "BF16": ll.LLAMA_FTYPE_MOSTLY_BF16,
}
"""What `models tune` tries: representations for which llama.cpp has fast paths on common processors."""


def requantise(source: Path, target: Path, *, kind: str, threads: int) -> None:
    """Write `source` to `target` as `kind`, one of KINDS. Raises ModelUnusable."""
    params = ll.llama_model_quantize_default_params()
    params.nthread = threads
    params.ftype = KINDS[kind]
    # The community's file is usually quantised already; how much is lost on top is measured afterwards.
    params.allow_requantize = True
    code = ll.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(params))
    if code:
        raise ModelUnusable(f"llama.cpp cannot write {source.name} as {kind}.")
