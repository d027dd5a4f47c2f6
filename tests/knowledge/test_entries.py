from __future__ import annotations

from knowledge import access
from knowledge.content import Content
from knowledge.models import Entry, Passage
from knowledge.services import entries
from tests.knowledge.conftest import JUNE, add


def test_smoke(author, reader, teacher):
    e = add(author, "Llama", "An animal that carries things", tags=["Animals", "animals "], labels=["teachers"])
    assert list(access.visible(Entry, member=author, now=JUNE)) == [e]
    assert not access.visible(Entry, member=reader, now=JUNE)
    assert list(access.visible(Entry, member=teacher, now=JUNE)) == [e]
    assert access.visible(Passage, member=teacher, now=JUNE).count() == 1
    e = entries.revise(entry_id=e.pk, by=author, base=1, content=Content("Llama", "Another"), now=JUNE)
    assert access.visible(Passage, member=teacher, now=JUNE).get().text == "Another"
    entries.retire(entry_id=e.pk, by=author, now=JUNE)
    entries.restore(entry_id=e.pk, by=teacher, now=JUNE)
    entries.delete(entry_id=e.pk, by=author, now=JUNE)
    assert not Entry.objects.exists()
