"""What labels allow together: adding one never allows more, and the order changes nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.rules_of_use import CLOSED, Credit, InvalidTerms, Rules, Season, Terms, Use, combine, rules_of

ROLES = ("admin", "elder", "teacher", "weaver")
DAYS = st.dates(date(2023, 1, 1), date(2028, 12, 31))
MONTH_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: f"{day:%m-%d}")
SEASONS = st.builds(Season, MONTH_DAYS, MONTH_DAYS)
ROLE_SETS = st.frozensets(st.sampled_from(ROLES))
TERMS = st.builds(
    Terms,
    see_roles=st.lists(st.sampled_from(ROLES), unique=True).map(tuple),
    season=st.none() | SEASONS,
    quote=st.booleans(),
    learn=st.booleans(),
    share=st.booleans(),
    credit=st.sampled_from(Credit),
)
LABELS = st.lists(TERMS.map(rules_of) | st.just(CLOSED), max_size=5)
USES = st.sampled_from(Use)


@given(LABELS, TERMS.map(rules_of), USES, ROLE_SETS, DAYS)
def test_one_label_more_never_allows_more(
    labels: list[Rules], one: Rules, use: Use, roles: frozenset[str], day: date
) -> None:
    if combine([*labels, one]).allows(use, roles=roles, day=day):
        assert combine(labels).allows(use, roles=roles, day=day)


@given(LABELS, st.randoms(use_true_random=False))
def test_the_order_and_repetition_change_nothing(labels: list[Rules], random: object) -> None:
    mixed = [*labels, *labels[:2]]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert combine(mixed) == combine(labels)


@given(LABELS, USES, ROLE_SETS, DAYS)
def test_together_they_allow_what_each_allows(labels: list[Rules], use: Use, roles: frozenset[str], day: date) -> None:
    each = all(label.allows(use, roles=roles, day=day) for label in labels)
    assert combine(labels).allows(use, roles=roles, day=day) is each


@given(TERMS, ROLE_SETS, st.sampled_from(ROLES), DAYS, USES)
def test_one_role_more_never_takes_anything_away(
    terms: Terms, roles: frozenset[str], role: str, day: date, use: Use
) -> None:
    rules = rules_of(terms)
    if rules.allows(use, roles=roles, day=day):
        assert rules.allows(use, roles=roles | {role}, day=day)


@given(TERMS, ROLE_SETS, DAYS)
def test_what_is_quoted_can_be_seen(terms: Terms, roles: frozenset[str], day: date) -> None:
    rules = rules_of(terms)
    if rules.allows(Use.QUOTE, roles=roles, day=day):
        assert rules.allows(Use.SEE, roles=roles, day=day)


@given(TERMS, ROLE_SETS, DAYS)
def test_what_is_learnt_or_shared_everyone_may_see_on_every_day(terms: Terms, roles: frozenset[str], day: date) -> None:
    rules = rules_of(terms)
    if rules.allows(Use.LEARN, roles=roles, day=day) or rules.allows(Use.SHARE, roles=roles, day=day):
        assert rules.allows(Use.SEE, roles=frozenset(), day=day)


@given(USES, ROLE_SETS, DAYS)
def test_without_a_label_all_is_allowed_and_what_nobody_vouches_for_allows_nothing(
    use: Use, roles: frozenset[str], day: date
) -> None:
    assert combine([]).allows(use, roles=roles, day=day)
    assert not CLOSED.allows(use, roles=roles, day=day)


@given(TERMS)
def test_terms_survive_the_way_through_json(terms: Terms) -> None:
    again = Terms.from_json(terms.to_json())
    assert again.to_json() == terms.to_json()
    assert rules_of(again) == rules_of(terms)


@given(st.lists(st.sampled_from(Credit), max_size=4))
def test_the_strictest_credit_counts(credits_: list[Credit]) -> None:
    order = [Credit.NAME, Credit.COMMUNITY, Credit.NONE]
    found = combine([rules_of(Terms(credit=credit)) for credit in credits_]).credit
    assert order.index(found) == max((order.index(credit) for credit in credits_), default=0)


@given(SEASONS)
def test_a_season_holds_its_own_ends_and_some_days_of_every_leap_year(season: Season) -> None:
    year = [date(2024, 1, 1) + timedelta(days=number) for number in range(366)]
    inside = [f"{day:%m-%d}" for day in year if season.holds(day)]
    assert {season.begins, season.ends} <= set(inside)
    other = Season(season.ends, season.begins)
    assert season.begins == season.ends or len(inside) + sum(map(other.holds, year)) == 368


@pytest.mark.parametrize(
    ("season", "day", "inside"),
    [
        (("11-01", "02-29"), date(2026, 12, 24), True),
        (("11-01", "02-29"), date(2026, 2, 28), True),
        (("11-01", "02-29"), date(2028, 2, 29), True),
        (("11-01", "02-29"), date(2026, 3, 1), False),
        (("11-01", "02-28"), date(2028, 2, 29), False),
        (("05-01", "05-01"), date(2026, 5, 1), True),
        (("05-01", "05-01"), date(2026, 5, 2), False),
        (("12-31", "01-01"), date(2026, 1, 2), False),
    ],
)
def test_seasons(season: tuple[str, str], day: date, inside: bool) -> None:
    assert Season(*season).holds(day) is inside


@pytest.mark.parametrize("text", ["13-01", "02-30", "2-3", "", "01-01 ", "٠١-٠١", None, 101])
def test_what_is_no_day_begins_no_season(text: object) -> None:
    with pytest.raises(InvalidTerms):
        Season(text, "01-01")  # type: ignore[arg-type]


GOOD = Terms(see_roles=("elder",), season=Season("01-01", "03-31")).to_json()


@pytest.mark.parametrize(
    "change",
    [
        {"see_roles": "elder"},
        {"see_roles": ["elder", "elder"]},
        {"see_roles": [""]},
        {"see_roles": [1]},
        {"see_roles": None},
        {"season": ["01-01"]},
        {"season": "01-01"},
        {"season": ["01-01", "02-31"]},
        {"quote": 1},
        {"learn": None},
        {"share": "yes"},
        {"credit": "everyone"},
        {"more": True},
    ],
)
def test_faulty_terms_are_refused(change: dict[str, object]) -> None:
    Terms.from_json(GOOD)
    with pytest.raises(InvalidTerms):
        Terms.from_json({**GOOD, **change})
    with pytest.raises(InvalidTerms):
        Terms.from_json({name: value for name, value in GOOD.items() if name not in change} | {"x": 1})
