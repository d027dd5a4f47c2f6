from inference.models.answer import ANSWER_STATES, Answer, AnswerState
from inference.models.behaviour_version import BehaviourVersion
from inference.models.brake import Brake, BrakeMode, BrakeRelease
from inference.models.conversation import Conversation
from inference.models.evaluation import EvaluationOutcome, EvaluationRun
from inference.models.lookup import Citation, Lookup
from inference.models.memory import Remembered
from inference.models.message import Message
from inference.models.model_file import ModelFile
from inference.models.passage_vector import PassageVector
from inference.models.sample import SampleAnswer, SampleQuestion

__all__ = [
    "ANSWER_STATES",
    "Answer",
    "AnswerState",
    "BehaviourVersion",
    "Brake",
    "BrakeMode",
    "BrakeRelease",
    "Citation",
    "Conversation",
    "EvaluationOutcome",
    "EvaluationRun",
    "Lookup",
    "Message",
    "ModelFile",
    "PassageVector",
    "Remembered",
    "SampleAnswer",
    "SampleQuestion",
]
