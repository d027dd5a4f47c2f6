"""What a community decides about its knowledge: labels of use, and what they hang on. Registered by `ready()`."""

from governance.effects import register_kind
from knowledge.kinds.entry_labels import ENTRY_LABELS_KIND
from knowledge.kinds.labels import LABEL_KINDS


def register_knowledge_kinds() -> None:
    for kind in (*LABEL_KINDS, ENTRY_LABELS_KIND):
        register_kind(kind)
