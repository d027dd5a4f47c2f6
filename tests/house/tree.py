"""Reads the checkout as text: its modules as syntax trees, its tracked files, its import arrows."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# From the bottom of the house to the top. What is in `community_ai` beside `core` puts the house together: it stands
# above all rooms, and nothing imports it.
ROOMS = ("community_ai.core", "governance", "consent", "knowledge", "inference", "federation", "community_ai")
# Inside an app, the parts whose order is fixed; other modules (pure cores, forms, the engine) stand beside them.
STOREYS = {
    "models": 0,
    "services": 1,
    **dict.fromkeys(
        ("views", "consumers", "jobs", "management", "urls", "routing", "admin", "templatetags", "middleware"), 2
    ),
}


@dataclass(frozen=True)
class Arrow:
    """One import: `source`, a module, uses `target`, a module or a name in one."""

    source: str
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.target}"


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def modules(root: Path) -> Iterator[tuple[str, Path]]:
    """Dotted name and file of every module of the house below `root`."""
    for package in dict.fromkeys(room.partition(".")[0] for room in ROOMS):
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def arrows(root: Path) -> Iterator[Arrow]:
    """Every import of every module, those inside functions too, and those that name a module in a string."""
    for name, path in modules(root):
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for node in ast.walk(parse(path)):
            for target in _targets(node, package):
                yield Arrow(name, target, getattr(node, "lineno", 0))


def _targets(node: ast.AST, package: str) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            parts = package.split(".")
            base = parts[: len(parts) - level + 1] if level else []
            origin = ".".join([*base, *([module] if module else [])])
            yield from (f"{origin}.{alias.name}" for alias in names)
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(text)), *_]):
            if called in {"import_module", "import_string", "__import__", "get_model"}:
                yield text


def room_of(module: str) -> int | None:
    """The storey of the house that a module belongs to; None for what is not ours."""
    found = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return ROOMS.index(max(found, key=len)) if found else None


def storey_of(module: str) -> int | None:
    """The storey inside its app, None where the order says nothing."""
    parts = module.split(".")
    return STOREYS.get(parts[1].partition("_")[0]) if len(parts) > 1 else None


def upward(root: Path) -> list[Arrow]:
    """The arrows that point up, between rooms or inside one."""
    wrong = []
    for arrow in arrows(root):
        here, there = room_of(arrow.source), room_of(arrow.target)
        if here is None or there is None:
            continue
        if there > here or (here == there and _climbs(arrow)):
            wrong.append(arrow)
    return wrong


def _climbs(arrow: Arrow) -> bool:
    """Whether an arrow inside one room points from a storey to one above it."""
    source, target = storey_of(arrow.source), storey_of(arrow.target)
    return source is not None and target is not None and target > source


def imported_packages(*, tests: bool) -> set[str]:
    """The top-level names that the house imports, or that its tests do; standard library and our own among them."""
    paths = (ROOT / "tests").rglob("*.py") if tests else (path for _, path in modules(ROOT))
    nodes = (node for path in paths for node in ast.walk(parse(path)))
    return {target.partition(".")[0] for node in nodes for target in _targets(node, "")}


def tracked_files() -> list[Path]:
    """The files that git knows, and those that it would take (new and not ignored)."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [path for name in sorted(set(listed.split("\0"))) if name and (path := ROOT / name).is_file()]
