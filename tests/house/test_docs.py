"""The documents say what the code does: commands, settings, links; and nothing in the repository tells on a machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.house.tree import ROOT, modules, parse, tracked_files

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TOP_LEVEL = {
    "manage.py", "pyproject.toml", "community_ai", "governance", "knowledge", "consent", "federation", "inference",
    "templates", "static", "locale", "tests", "requirements", "README.md", "Makefile", "docs", ".ci", "CONTRIBUTING.md",
    "CHANGELOG.md", "LICENSE", ".gitignore",
}  # fmt: skip
READERS = {"env_int", "env_bool", "env_list", "env_address"}
# Set by Django's own conventions, not read as a setting of the node.
NOT_SETTINGS = {"DJANGO_SETTINGS_MODULE"}
# Put together from halves, so that this file does not hold what it looks for.
FORBIDDEN = [
    "/" + "work/", "/" + "farm", "/" + "root/", "/" + "tmp/", "/opt/" + "wheels", "/opt/" + "pypi",
    "pypi." + "org", "pythonhosted" + ".org", "npmjs" + ".org", "debian" + ".org", "download.py" + "torch",
    "proxy.go" + "lang", "crates" + ".io",
]  # fmt: skip


def make_targets() -> dict[str, str]:
    """Each target of the Makefile with what `make help` says about it."""
    text = (ROOT / "Makefile").read_text("utf-8")
    return dict(re.findall(r"^([a-z-]+):[^#\n]*## (.+)$", text, flags=re.MULTILINE))


def code_in(document: Path) -> str:
    """What a document shows as code, in blocks and in lines."""
    text = document.read_text("utf-8")
    blocks = re.findall(r"```.*?\n(.*?)```", text, flags=re.DOTALL)
    lines = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return "\n".join([*blocks, *lines])


def environment_variables() -> Iterator[str]:
    """The names of environment variables that the node's code reads."""
    for _, path in modules(ROOT):
        for node in ast.walk(parse(path)):
            match node:
                case ast.Call(func=ast.Name(id=reader), args=[ast.Constant(value=str(name)), *_]) if reader in READERS:
                    yield name
                case (
                    ast.Call(
                        func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get"),
                        args=[ast.Constant(value=str(name)), *_],
                    )
                    | ast.Call(func=ast.Attribute(attr="getenv"), args=[ast.Constant(value=str(name)), *_])
                    | ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name)))
                ):
                    yield name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_a_document_exists(document: Path) -> None:
    code = re.sub(r"apt install .*", "", code_in(document))
    targets = {word for line in re.findall(r"\bmake((?: +[a-z][a-z-]*)+)", code) for word in line.split()}
    assert targets <= set(make_targets())
    commands = {word for line in re.findall(r"manage\.py ([a-z_]+)", code) for word in line.split()}
    assert commands <= set(get_commands())


def test_every_command_in_the_makefile_exists() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())


def test_the_readme_shows_the_two_commands() -> None:
    lines = code_in(ROOT / "README.md").splitlines()
    assert {"make run", "make test"} <= set(lines)
    assert " make --no-print-directory test ARGS=-q " in (ROOT / ".ci" / "run").read_text("utf-8")


def test_make_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", text, flags=re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == set(make_targets())


def test_the_settings_page_equals_the_code() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text("utf-8"), flags=re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == set(environment_variables()) - NOT_SETTINGS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_files_that_a_document_names_exist(document: Path) -> None:
    text = document.read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []
    named = re.findall(r"`((?:docs|requirements|tests|community_ai|governance|consent|inference)/[\w./-]+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))
    numbers = [name.partition("-")[0] for name in listed]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_the_top_level_holds_what_the_map_names() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked_files()} <= TOP_LEVEL


def test_no_file_names_a_machine_or_a_package_host() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {word}" for word in FORBIDDEN if word in text]
    assert found == []


def test_the_licence_is_the_whole_agpl() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.lstrip().startswith("GNU AFFERO GENERAL PUBLIC LICENSE\n")
    assert "13. Remote Network Interaction" in text
    assert text.rstrip().endswith("<https://www.gnu.org/licenses/>.")
