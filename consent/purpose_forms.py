"""The switches, one for each purpose, and what a member changed of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.purposes import Purpose, digest_of, words

ON = "on"


def was(purpose: Purpose) -> str:
    """The field that says how the switch stood when the page was made."""
    return f"was_{purpose.value}"


def read(purpose: Purpose) -> str:
    """The field that names the words which stood beside the switch."""
    return f"read_{purpose.value}"


class SwitchesForm(forms.Form):
    """Switches for `purposes`, as they stand for a member who agrees to `agreed`; off where there is no agreement.

    Only what differs from how the page showed it is a change, so that a page that was left open undoes nothing that
    was chosen elsewhere meanwhile. `place` goes before the ids of the page's elements, where several forms stand on it.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        purposes: Collection[Purpose],
        agreed: Collection[Purpose],
        language: str,
        place: str = "",
    ) -> None:
        super().__init__(data, auto_id=f"{place}id_%s")
        self.purposes = tuple(purposes)
        self.language = language
        for purpose in self.purposes:
            on, name = purpose in agreed, purpose.value
            described = f"{place}{name}-on {place}{name}-off"
            switch = forms.CheckboxInput(attrs={"role": "switch", "aria-describedby": described})
            self.fields[name] = forms.BooleanField(label=_("I agree"), required=False, initial=on, widget=switch)
            self.fields[was(purpose)] = forms.CharField(
                initial=ON if on else "", required=False, max_length=2, widget=forms.HiddenInput
            )
            self.fields[read(purpose)] = forms.CharField(
                initial=digest_of(words(purpose, language=language)),
                required=False,
                max_length=64,
                widget=forms.HiddenInput,
            )

    def given(self) -> Mapping[Purpose, str | None]:
        """What was switched on, with the digest of the words that were read. Called after `is_valid()`."""
        data = self.cleaned_data
        return {each: data[read(each)] for each in self.purposes if data[each.value] and data[was(each)] != ON}

    def withdrawn(self) -> list[Purpose]:
        """What was switched off. Called after `is_valid()`."""
        data = self.cleaned_data
        return [each for each in self.purposes if not data[each.value] and data[was(each)] == ON]

    def sent(self) -> list[tuple[str, str]]:
        """Names and values to send the same once more, after a question whether it is meant. After `is_valid()`."""
        data = self.cleaned_data
        pairs = [(name, str(data[name])) for each in self.purposes for name in (was(each), read(each))]
        return [*pairs, *((each.value, ON) for each in self.purposes if data[each.value])]


@dataclass(frozen=True)
class Card:
    """One purpose: its words, its switch, and how it stands."""

    purpose: Purpose
    words: dict[str, str]
    switch: forms.BoundField
    hidden: list[forms.BoundField]
    on: bool
    outdated: bool


def cards(form: SwitchesForm, *, agreed: Collection[Purpose], outdated: Collection[Purpose] = ()) -> Iterator[Card]:
    for purpose in form.purposes:
        yield Card(
            purpose=purpose,
            words=words(purpose, language=form.language),
            switch=form[purpose.value],
            hidden=[form[was(purpose)], form[read(purpose)]],
            on=purpose in agreed,
            outdated=purpose in outdated,
        )
