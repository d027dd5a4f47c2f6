"""The locks in requirements/: they satisfy pyproject.toml, and nothing without a hash can be installed from them."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.tree import ROOT, imported_packages

LOCKS = ROOT / "requirements"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WANTED = {
    "run.txt": [],
    "test.txt": ["test", "lint"],
    "learning.txt": ["learning"],
}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def locked(lock: Path) -> dict[str, list[tuple[Requirement, int]]]:
    """Each package of a lock with its requirement (two, for two kinds of machine) and the number of its hashes."""
    text = re.sub(r"^#.*\n", "", lock.read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    found: dict[str, list[tuple[Requirement, int]]] = {}
    for line in filter(str.strip, text.splitlines()):
        requirement = Requirement(HASH.sub("", line).strip())
        found.setdefault(canonicalize_name(requirement.name), []).append((requirement, len(HASH.findall(line))))
    return found


def version_of(requirement: Requirement) -> Version:
    (pin,) = requirement.specifier
    assert pin.operator == "=="
    return Version(pin.version)


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.name)
def test_every_line_is_one_version_with_hashes_and_names_no_host(lock: Path) -> None:
    packages = locked(lock)
    assert packages
    for name, lines in packages.items():
        for requirement, hashes in lines:
            assert version_of(requirement), name
            assert hashes > 0, name
            assert requirement.url is None, name
    assert "://" not in lock.read_text("utf-8")


@pytest.mark.parametrize("name", WANTED)
def test_a_lock_satisfies_what_the_project_asks_for(name: str) -> None:
    packages = locked(LOCKS / name)
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *(line for extra in WANTED[name] for line in extras[extra])]
    for requirement in map(Requirement, wanted):
        lines = packages[canonicalize_name(requirement.name)]
        assert any(requirement.specifier.contains(version_of(line)) for line, _ in lines), requirement


@pytest.mark.parametrize("name", ["test.txt", "learning.txt"])
def test_the_locks_agree_so_that_one_environment_can_hold_them_all(name: str) -> None:
    bigger, node = locked(LOCKS / name), locked(LOCKS / "run.txt")
    assert {package: [str(line) for line, _ in lines] for package, lines in bigger.items() if package in node} == {
        package: [str(line) for line, _ in lines] for package, lines in node.items()
    }


@pytest.mark.parametrize(("code", "extras"), [("node", ["learning"]), ("tests", ["learning", "test"])])
def test_what_the_code_imports_is_asked_for_and_not_only_there_by_chance(code: str, extras: list[str]) -> None:
    """A package that another one happens to bring in may be gone with its next version."""
    optional = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *(line for extra in extras for line in optional[extra])]
    asked = {canonicalize_name(Requirement(line).name) for line in wanted}
    installed = packages_distributions()
    found = {
        package
        for package in imported_packages(tests=code == "tests")
        if package in installed and not {canonicalize_name(name) for name in installed[package]} & asked
    }
    assert found == set()


def test_every_library_has_its_reason() -> None:
    optional = PROJECT["project"]["optional-dependencies"]
    asked = [*PROJECT["project"]["dependencies"], *(line for extra in optional.values() for line in extra)]
    reasons = (ROOT / "docs" / "decisions" / "0006-third-party-libraries.md").read_text("utf-8")
    listed = {
        name.strip() for row in re.findall(r"^\| ([^|]+) \|", reasons, flags=re.MULTILINE) for name in row.split(",")
    }
    assert {Requirement(line).name for line in asked} - {name.split()[0] for name in listed if name} == set()


def test_what_the_model_package_asks_for_in_vain_is_not_locked() -> None:
    assert "llm" not in locked(LOCKS / "run.txt")


def test_learning_works_without_a_gpu() -> None:
    """The lock takes PyTorch's CPU wheels, by the same hashes as torch-cpu.txt, and no CUDA library."""
    text, cpu = ((LOCKS / name).read_text("utf-8") for name in ("learning.txt", "torch-cpu.txt"))
    (torch, _), (wheel, wheels) = (
        locked(LOCKS / "learning.txt")["torch"][0],
        locked(LOCKS / "torch-cpu.txt")["torch"][0],
    )
    assert version_of(wheel).public == version_of(torch).public
    assert wheels == len(re.findall(r"^#   torch-.*\.whl$", cpu, flags=re.MULTILINE))
    assert set(HASH.findall(cpu)) <= set(HASH.findall(text.partition("\ntorch==")[2].partition("\ntqdm==")[0]))
    assert not [name for name in locked(LOCKS / "learning.txt") if name.startswith(("nvidia-", "cuda-", "triton"))]
