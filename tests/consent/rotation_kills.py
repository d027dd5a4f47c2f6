"""Kill -9 at random moments of every rotation of keys, and look whether anything is half.

    python -m tests.consent.rotation_kills 50

makes a throw-away node with 6 members, 600 sealed texts and a waiting file, and kills the rotation of the node's key,
of members' keys, and of the database's key that many times each. After each kill everything must open with the keys as
the kill left them; then the same call must go on, and leave one version of each key.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from uuid import UUID

from tests.consent.killing import in_child, throw_away_node

MEMBERS, TEXTS = 6, 50
FILE = b"a file that waits" * 1000


def main(points: int, *, seed: int | None = None) -> int:
    """Print a table; the number of kills after which something was wrong."""
    seed = random.randrange(10**6) if seed is None else seed
    with throw_away_node("rotation-kills-"):
        return _run(points, random.Random(seed), seed)


def _run(points: int, chance: random.Random, seed: int) -> int:
    batch_id = UUID(int=1)
    assert in_child(lambda: _fill(batch_id)) == 0
    print(f"seed {seed}\n{'rotation of':<16}{'kills':>6}{'in the middle':>15}{'wrong after':>13}{'one run, ms':>13}")
    wrong = 0
    for name, rotate in (("the node's key", _node), ("members' keys", _members), ("the database's", _database)):
        began = time.monotonic()
        assert in_child(rotate) == 0
        whole = time.monotonic() - began
        middle, faults = 0, 0
        for _ in range(points):
            middle += in_child(rotate, kill_after=chance.uniform(0, whole)) == -signal.SIGKILL
            faults += any(in_child(each) for each in (lambda: _check(batch_id), rotate, lambda: _whole(batch_id)))
        print(f"{name:<16}{points:>6}{middle:>15}{faults:>13}{whole * 1000:>13.0f}", flush=True)
        wrong += faults
    return wrong


def _silent(_sentence: str) -> None:
    pass


def _node() -> None:
    from consent.services.key_rotation import rotate_node_key

    rotate_node_key(say=_silent)


def _members() -> None:
    from community_ai.core.clock import now
    from consent.services.key_rotation import rotate_personal_keys

    assert rotate_personal_keys(say=_silent, now=now(), grace_seconds=0).kept == ()


def _database() -> None:
    from community_ai.core.stopped_keys import rotate_stopped_keys
    from consent.services.personal_keys import node_key

    rotate_stopped_keys(node=node_key(), say=_silent)


def _fill(batch_id: UUID) -> None:
    from django.core.management import call_command

    from community_ai.core.clock import now
    from governance.models import Member
    from inference.models import Conversation, Message
    from knowledge.models import ImportBatch
    from knowledge.services import import_files

    call_command("migrate", interactive=False, verbosity=0)
    for number in range(MEMBERS):
        member = Member.objects.create_user(f"member-{number}")
        for text in range(TEXTS):
            row = Conversation.objects.create(
                member=member, title=f"title {number} {text}", began_at=now(), active_at=now()
            )
            Message.objects.create(
                member=member, conversation=row, role="user", text=f"text {number} {text}", written_at=now()
            )
    batch = ImportBatch.objects.create(
        id=batch_id, member=member, file_name="a.txt", sha256="0" * 64, bytes=len(FILE), brought_at=now(),
        changed_at=now(),
    )  # fmt: skip
    import_files.keep_file(batch, FILE)


def _check(batch_id: UUID) -> None:
    """Everything opens."""
    from consent.access import in_service
    from inference.models import Conversation, Message
    from knowledge.models import ImportBatch
    from knowledge.services import import_files

    expected = {f"{number} {text}" for number in range(MEMBERS) for text in range(TEXTS)}
    assert {row.title.removeprefix("title ") for row in in_service(Conversation)} == expected
    assert {row.text.removeprefix("text ") for row in in_service(Message)} == expected
    batch = in_service(ImportBatch).get(pk=batch_id)
    assert batch.file_name == "a.txt"
    assert import_files.file_of(batch) == FILE


def _whole(batch_id: UUID) -> None:
    """Everything opens, and there is one version of each key."""
    from django.conf import settings

    from consent.models import PersonalKey
    from consent.services.key_rotation import unfinished_rotations
    from consent.services.personal_keys import node_key

    _check(batch_id)
    node_key().refresh()
    assert unfinished_rotations() == []
    assert len(node_key().content.secrets) == len(node_key().database_keys()) == 1
    assert PersonalKey.objects.count() == MEMBERS
    assert not list(settings.HOME.root.glob("*.rekeyed*"))


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1]) if len(sys.argv) > 1 else 5) else 0)
