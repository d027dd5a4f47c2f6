from inference.models.answer import ANSWER_STATES, Answer, AnswerState
from inference.models.behaviour_version import BehaviourVersion
from inference.models.conversation import Conversation
from inference.models.message import Message

__all__ = ["ANSWER_STATES", "Answer", "AnswerState", "BehaviourVersion", "Conversation", "Message"]
