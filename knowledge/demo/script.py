"""The script of a demonstration community, read from its files. No database.

A folder holds `community.toml` (members and decisions), any number of other TOML files with entries, and
`questions.jsonl`. Days count from the founding, which is on day 0; nothing happens on or after the day `days`, which is
today. Whatever does not fit together raises BadScript with the place.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consent.purposes import Purpose
from knowledge.content import Content, Example
from knowledge.models import EntryKind

NAMES = ("language", "coop", "mutual-aid")
_FOLDER = Path(__file__).parent


class BadScript(ValueError):
    """The files of a demonstration do not fit together; the text says where."""


@dataclass(frozen=True)
class Person:
    """A member. `agrees` is what they switch on when they join."""

    username: str
    name: str
    joined: int
    language: str
    agrees: Sequence[Purpose]


@dataclass(frozen=True)
class Remark:
    by: str
    text: str


@dataclass(frozen=True)
class Motion:
    """A proposal and its vote. `form` is what its author typed into the page's form; `votes` is who chose what.

    One that is `open` is still being voted on today; `outcome` is what the others must come to.
    """

    day: int
    by: str
    kind: str
    title: str
    reason: str
    form: Mapping[str, Any]
    votes: Mapping[str, str]
    remarks: Sequence[Remark]
    outcome: str
    open: bool


@dataclass(frozen=True)
class Rewording:
    day: int
    by: str
    body: str
    note: str


@dataclass(frozen=True)
class Piece:
    """An entry. `key` names it inside the script only; `related` are keys of others, `thanks` who thanked for it."""

    key: str
    kind: EntryKind
    language: str
    content: Content
    day: int
    by: str
    themes: Sequence[str]
    labels: Sequence[str]
    related: Sequence[str]
    thanks: Sequence[str]
    rewordings: Sequence[Rewording]


@dataclass(frozen=True)
class Asked:
    """A question of the set; without accepted answers it is one to which there is no note."""

    question: str
    language: str
    answers: Sequence[str]
    wrong: Sequence[str]
    entry: str


@dataclass(frozen=True)
class Script:
    """The whole: the first of `people` founds, and `teacher` writes the question set."""

    name: str
    language: str
    days: int
    teacher: str
    people: Sequence[Person]
    motions: Sequence[Motion]
    pieces: Sequence[Piece]
    asked: Sequence[Asked]


def read(name: str, *, folder: Path = _FOLDER) -> Script:
    """The script of the demonstration `name`. Raises BadScript."""
    place = folder / name
    community = _toml(place / "community.toml")
    days, language = community["days"], community["language"]
    people = [
        Person(
            row["username"],
            row["name"],
            row.get("joined", 0),
            row.get("language", ""),
            tuple(map(Purpose, row.get("agrees", community.get("agrees", ())))),
        )
        for row in community["member"]
    ]
    files = sorted(path for path in place.glob("*.toml") if path.name != "community.toml")
    script = Script(
        name=community["name"],
        language=language,
        days=days,
        teacher=community["teacher"],
        people=people,
        motions=[_motion(row, people) for row in community["decision"]],
        pieces=[piece for path in files for piece in _pieces(path)],
        asked=list(_asked(place / "questions.jsonl", language)),
    )
    _check(script)
    return script


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadScript(f"{path.name}: {error}") from error


def _motion(row: Mapping[str, Any], people: Sequence[Person]) -> Motion:
    """Who is not named voted yes, unless `yes` names all who did."""
    votes = {name: choice for choice in ("no", "abstain", "absent") for name in row.get(choice, ())}
    for name in row.get("yes", [person.username for person in people if person.joined < row["day"]]):
        votes.setdefault(name, "yes")
    return Motion(
        day=row["day"],
        by=row["by"],
        kind=row["kind"],
        title=row["title"],
        reason=row["reason"],
        form=row.get("form", {}),
        votes={name: choice for name, choice in votes.items() if choice != "absent"},
        remarks=[Remark(each["by"], each["text"]) for each in row.get("comment", ())],
        outcome=row.get("outcome", "carried_out"),
        open=row.get("open", False),
    )


def _pieces(path: Path) -> Iterable[Piece]:
    file = _toml(path)
    for row in file["entry"]:
        row = {**file.get("defaults", {}), **row}
        yield Piece(
            key=row["key"],
            kind=EntryKind(row["kind"]),
            language=row["language"],
            content=Content(
                title=row["title"],
                body=row["body"].strip("\n"),
                pronunciation=row.get("pronunciation", ""),
                examples=tuple(Example(*pair) for pair in row.get("examples", ())),
                source=row.get("source", ""),
            ),
            day=row["day"],
            by=row["by"],
            themes=row.get("themes", ()),
            labels=row.get("labels", ()),
            related=row.get("related", ()),
            thanks=row.get("thanks", ()),
            rewordings=[
                Rewording(each["day"], each["by"], each["body"].strip("\n"), each["note"])
                for each in row.get("revision", ())
            ],
        )


def _asked(path: Path, language: str) -> Iterable[Asked]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadScript(f"{path.name}, line {number}: {error}") from error
        if bool(row.get("answers")) is bool(row.get("unanswerable")):
            raise BadScript(f"{path.name}, line {number}: a question has answers or is unanswerable")
        yield Asked(
            row["question"],
            row.get("language", language),
            tuple(row.get("answers", ())),
            tuple(row.get("wrong", ())),
            row.get("entry", ""),
        )


def _check(script: Script) -> None:
    joined = {person.username: person.joined for person in script.people}
    days = {piece.key: piece.day for piece in script.pieces}
    if len(days) != len(script.pieces):
        raise BadScript("two entries have the same key")
    for piece in script.pieces:
        _check_acts(piece.key, [(piece.by, piece.day), *((each.by, each.day) for each in piece.rewordings)], joined)
        _check_acts(piece.key, [(name, script.days - 1) for name in piece.thanks], joined)
        if piece.by in piece.thanks or len(set(piece.thanks)) != len(piece.thanks):
            raise BadScript(f"{piece.key}: somebody thanks twice, or for their own entry")
        if unknown := [key for key in piece.related if key not in days or key == piece.key]:
            raise BadScript(f"{piece.key} is related to {unknown}")
        if piece.day >= script.days:
            raise BadScript(f"{piece.key} is of a day to come")
    for motion in script.motions:
        voters = [(name, motion.day) for name in motion.votes]
        _check_acts(motion.title, [(motion.by, motion.day), *voters], joined)
        _check_acts(motion.title, [(each.by, motion.day) for each in motion.remarks], joined)
    if missing := {each.entry for each in script.asked} - days.keys() - {""}:
        raise BadScript(f"questions are about {missing}")
    _check_acts("teacher", [(script.teacher, 0)], dict.fromkeys(joined, -1))


def _check_acts(what: str, acts: Iterable[tuple[str, int]], joined: Mapping[str, int]) -> None:
    for name, day in acts:
        if name not in joined or joined[name] >= day:
            raise BadScript(f"{what}: {name} was not there on day {day}")
