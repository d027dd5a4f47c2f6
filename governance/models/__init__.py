from governance.models.audit import AuditCheckpoint, AuditEntry, AuditFrontier, AuditPrivate, AuditPseudonym
from governance.models.ballot import Ballot
from governance.models.comment import Comment
from governance.models.community import Community
from governance.models.decision import Decision, Outcome
from governance.models.eligibility import Eligibility
from governance.models.feedback import (
    FEEDBACK_STATES,
    FeedbackAnswer,
    FeedbackNote,
    FeedbackSignature,
    FeedbackState,
)
from governance.models.invitation import Invitation
from governance.models.member import Member
from governance.models.proposal import PROPOSAL_STATES, Proposal, ProposalState
from governance.models.proposal_version import ProposalVersion
from governance.models.reminder import Reminder
from governance.models.role import Appointment, Role
from governance.models.row_change import RowChange
from governance.models.secret_ballot import BallotBox, Participation, SecretBallot
from governance.models.suspension import Suspension, SuspensionEnd
from governance.models.voting_rule import VotingRule

__all__ = [
    "FEEDBACK_STATES",
    "PROPOSAL_STATES",
    "Appointment",
    "AuditCheckpoint",
    "AuditEntry",
    "AuditFrontier",
    "AuditPrivate",
    "AuditPseudonym",
    "Ballot",
    "BallotBox",
    "Comment",
    "Community",
    "Decision",
    "Eligibility",
    "FeedbackAnswer",
    "FeedbackNote",
    "FeedbackSignature",
    "FeedbackState",
    "Invitation",
    "Member",
    "Outcome",
    "Participation",
    "Proposal",
    "ProposalState",
    "ProposalVersion",
    "Reminder",
    "Role",
    "RowChange",
    "SecretBallot",
    "Suspension",
    "SuspensionEnd",
    "VotingRule",
]
