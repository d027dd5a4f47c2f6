"""Where the chart's lines run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.evaluation.chart import HEIGHT, WIDTH, chart

values = st.lists(st.none() | st.integers(0, 100), min_size=1, max_size=12)


@given(values)
def test_every_value_stands_inside_and_in_its_place(measured: list[int | None]) -> None:
    drawn = chart([f"run {number}" for number in range(len(measured))], [("with", "Right", measured)])
    (line,) = drawn.lines
    assert [spot.per_cent for spot in line.spots] == [value for value in measured if value is not None]
    assert all(drawn.left <= spot.x <= drawn.right and 0 < spot.y <= drawn.bottom for spot in line.spots)
    assert [spot.x for spot in line.spots] == sorted({spot.x for spot in line.spots})
    for one in line.spots:
        for two in line.spots:
            assert (one.y < two.y) is (one.per_cent > two.per_cent)
    assert bool(line.path) is (len(line.spots) > 1)


def test_the_grid_and_the_ends() -> None:
    drawn = chart(["first", "second", "third"], [("with", "Right", [0, 50, 100])])
    assert (drawn.width, drawn.height) == (WIDTH, HEIGHT)
    assert [rule.per_cent for rule in drawn.grid] == [0, 20, 40, 60, 80, 100]
    assert drawn.grid[0].y == drawn.lines[0].spots[0].y == drawn.bottom
    assert drawn.grid[-1].y == drawn.lines[0].spots[-1].y
    assert [label for _x, label in drawn.labels] == ["first", "third"]
    assert drawn.lines[0].path.count("L") == 2


def test_one_run_stands_in_the_middle() -> None:
    drawn = chart(["only"], [("with", "Right", [80])])
    assert drawn.lines[0].spots[0].x == (drawn.left + drawn.right) / 2
    assert drawn.labels == ((drawn.lines[0].spots[0].x, "only"),)


@pytest.mark.parametrize("series", [[101], [-1], [1, 2], []])
def test_what_is_no_share_is_refused(series: list[int]) -> None:
    with pytest.raises(ValueError, match=r"share|values"):
        chart(["only"], [("with", "Right", series)])
