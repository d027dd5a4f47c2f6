from inference.models.answer import ANSWER_STATES, Answer, AnswerState
from inference.models.behaviour_version import BehaviourVersion
from inference.models.conversation import Conversation
from inference.models.lookup import Citation, Lookup
from inference.models.message import Message
from inference.models.model_file import ModelFile
from inference.models.passage_vector import PassageVector

__all__ = [
    "ANSWER_STATES",
    "Answer",
    "AnswerState",
    "BehaviourVersion",
    "Citation",
    "Conversation",
    "Lookup",
    "Message",
    "ModelFile",
    "PassageVector",
]
