"""The bench: what it reads, what it counts, and one run through a store of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inference.retrieval.bench import BenchFailed, accuracy, percentile, read_squad
from tests.inference.retrieval.village import NOTES
from tests.nodes import files_below, manage


def squad(*articles: dict[str, Any]) -> str:
    return json.dumps({"data": list(articles)})


def article(title: str, *paragraphs: tuple[str, str]) -> dict[str, Any]:
    return {"title": title, "paragraphs": [{"context": text, "qas": [{"question": q}]} for text, q in paragraphs]}


@pytest.fixture
def village(tmp_path: Path) -> Path:
    bodies = dict(NOTES)
    path = tmp_path / "village.json"
    path.write_text(
        squad(
            article("Machines", (bodies["The mill"], "When was the mill built?")),
            article("People", (bodies["The choir"], "Who conducts?"), (bodies["Bees"], "Which animal took two hives?")),
        )
    )
    return path


def test_reading(village: Path) -> None:
    corpus = read_squad(village)
    assert [title for title, _text in corpus.paragraphs] == ["Machines (1)", "People (1)", "People (2)"]
    assert corpus.questions == [
        ("When was the mill built?", 0, 0), ("Who conducts?", 1, 1), ("Which animal took two hives?", 2, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "[]", "{}", '{"data": 1}', '{"data": [{}]}', '{"data": []}', '{"data": [{"paragraphs": [{}]}]}'],
)
def test_what_is_not_in_the_format(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(BenchFailed):
        read_squad(path)
    with pytest.raises(BenchFailed, match="cannot be read"):
        read_squad(tmp_path / "missing.json")


def test_counting() -> None:
    questions = [("a", 0, 0), ("b", 1, 1), ("c", 2, 2), ("d", 3, 3)]
    found = accuracy(questions, [0, 1, None, 0], [1.0, 2.0, 3.0, 4.0])
    assert (found.right_first, found.right_in_five, found.reciprocal_rank) == (0.5, 0.75, 0.625)
    assert (found.even_articles, found.odd_articles) == (0.5, 0.5)
    assert percentile(list(range(1, 101)), 0.95) == 95


def test_a_run_without_a_node(village: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = manage(home, "bench_retrieval", str(village), "--json", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["accuracy"]["questions"] == 3
    assert report["accuracy"]["right_first"] == 1.0
    assert report["accuracy"]["p95_ms"] > 0
    # Neither a node nor the throw-away store is left.
    assert not home.exists() or files_below(home) == {}
    assert list(tmp_path.glob("retrieval-bench-*")) == []


def test_another_language_must_have_the_same_paragraphs(village: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(squad(article("X", ("One paragraph.", "One question?"))))
    done = manage(tmp_path / "home", "bench_retrieval", str(village), str(other))
    assert done.returncode != 0
    assert "does not have the paragraphs" in done.stderr
