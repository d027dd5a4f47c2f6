from knowledge.models.audio_note import AudioNote
from knowledge.models.correction import CORRECTION_STATES, Correction, CorrectionState, Matter, Verdict
from knowledge.models.entry import ENTRY_STATES, TITLE_LENGTH, Entry, EntryKind, EntryState
from knowledge.models.entry_label import EntryLabel, EntryLabelRemoval
from knowledge.models.entry_version import BODY_LENGTH, EntryVersion
from knowledge.models.import_batch import IMPORT_STATES, ImportBatch, ImportState
from knowledge.models.imported_entry import ImportedEntry
from knowledge.models.label import Label, LabelVersion
from knowledge.models.open_question import QUESTION_STATES, OpenQuestion, QuestionState
from knowledge.models.passage import Passage
from knowledge.models.set_question import SetQuestion
from knowledge.models.tag import Tag
from knowledge.models.thanks import Thanks

__all__ = [
    "BODY_LENGTH",
    "CORRECTION_STATES",
    "ENTRY_STATES",
    "IMPORT_STATES",
    "QUESTION_STATES",
    "TITLE_LENGTH",
    "AudioNote",
    "Correction",
    "CorrectionState",
    "Entry",
    "EntryKind",
    "EntryLabel",
    "EntryLabelRemoval",
    "EntryState",
    "EntryVersion",
    "ImportBatch",
    "ImportState",
    "ImportedEntry",
    "Label",
    "LabelVersion",
    "Matter",
    "OpenQuestion",
    "Passage",
    "QuestionState",
    "SetQuestion",
    "Tag",
    "Thanks",
    "Verdict",
]
