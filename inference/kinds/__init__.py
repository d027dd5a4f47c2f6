"""What a community decides about its AI. Registered by `InferenceConfig.ready()`."""

from governance.audit.agreements import register_agreement
from governance.effects import register_kind
from inference.kinds.behaviours import BEHAVIOUR_KINDS
from inference.kinds.brakes import BRAKE_KINDS, FALLBACK_KIND
from inference.services import behaviour, brake


def register_inference_kinds() -> None:
    for kind in (*BEHAVIOUR_KINDS, FALLBACK_KIND):
        behaviour.register_effect(kind.key)
        register_kind(kind)
    for kind in BRAKE_KINDS:
        register_kind(kind)
    register_agreement([behaviour.ENTRY], behaviour.compare_with_record)
    register_agreement([brake.PULLED, brake.RELEASED], brake.compare_with_record)
