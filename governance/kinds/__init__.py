"""What a community decides about itself: roles, voting rules, suspensions. Registered by `GovernanceConfig.ready()`."""

from governance.effects import register_kind
from governance.kinds.roles import ROLE_KINDS
from governance.kinds.rules import RULE_CHANGE_KIND
from governance.kinds.suspensions import SUSPENSION_KINDS


def register_governance_kinds() -> None:
    for kind in (*ROLE_KINDS, RULE_CHANGE_KIND, *SUSPENSION_KINDS):
        register_kind(kind)
