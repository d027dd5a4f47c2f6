"""What a voting rule says, as one checked value. No database."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from governance.counting import Method, Share, Terms

MIN_HOURS = 1
MAX_HOURS = 24 * 60
MAX_DENOMINATOR = 100


class InvalidRule(ValueError):
    """Terms that no community may vote under. `field` names the faulty part."""

    def __init__(self, field: str) -> None:
        super().__init__(f"not a valid voting rule: {field}")
        self.field = field


@dataclass(frozen=True)
class RuleTerms:
    """How one kind of proposal is decided.

    `hours` is the length of the vote. `propose_roles` and `vote_roles` hold keys of roles; empty means every member.
    `leavers_stay` says whether a member who leaves during the vote without having voted stays in the base of the
    quorum. Raises InvalidRule.
    """

    method: Method = Method.MAJORITY
    quorum_num: int = 1
    quorum_den: int = 2
    threshold_num: int = 2
    threshold_den: int = 3
    hours: int = 120
    secret: bool = False
    propose_roles: tuple[str, ...] = ()
    vote_roles: tuple[str, ...] = ()
    leavers_stay: bool = True

    def __post_init__(self) -> None:
        for field in ("quorum_num", "quorum_den", "threshold_num", "threshold_den", "hours"):
            if type(getattr(self, field)) is not int:
                raise InvalidRule(field)
        for field in ("secret", "leavers_stay"):
            if type(getattr(self, field)) is not bool:
                raise InvalidRule(field)
        for field in ("propose_roles", "vote_roles"):
            roles = getattr(self, field)
            if not isinstance(roles, tuple) or any(not isinstance(key, str) or not key for key in roles):
                raise InvalidRule(field)
        if not MIN_HOURS <= self.hours <= MAX_HOURS:
            raise InvalidRule("hours")
        for name in ("quorum", "threshold"):
            if not 1 <= getattr(self, f"{name}_den") <= MAX_DENOMINATOR:
                raise InvalidRule(f"{name}_den")
        try:
            Method(self.method)
        except ValueError:
            raise InvalidRule("method") from None
        try:
            Share(self.quorum_num, self.quorum_den)
        except ValueError:
            raise InvalidRule("quorum_num") from None
        try:
            self.counting()
        except ValueError:
            raise InvalidRule("threshold_num") from None

    def counting(self) -> Terms:
        """The part that the count needs."""
        return Terms(
            Method(self.method),
            quorum=Share(self.quorum_num, self.quorum_den),
            threshold=Share(self.threshold_num, self.threshold_den),
        )

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        return {
            **data,
            "method": str(Method(self.method)),
            "propose_roles": sorted(self.propose_roles),
            "vote_roles": sorted(self.vote_roles),
        }

    @classmethod
    def from_json(cls, data: Any) -> RuleTerms:
        """The terms that `data` describes. Raises InvalidRule on unknown, missing or faulty parts."""
        if not isinstance(data, dict) or set(data) != {field.name for field in fields(cls)}:
            raise InvalidRule("")
        lists = {}
        for name in ("propose_roles", "vote_roles"):
            if not isinstance(data[name], list):
                raise InvalidRule(name)
            lists[name] = tuple(data[name])
        if not isinstance(data["method"], str) or data["method"] not in set(Method):
            raise InvalidRule("method")
        return cls(**{**data, **lists, "method": Method(data["method"])})
