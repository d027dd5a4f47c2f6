import pytest

from community_ai.core import lifespan as module
from community_ai.core.lifespan import LifespanDriver, LifespanFailed, lifespan, register_lifespan


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(module, "_hooks", [])
    return []


async def test_hooks_start_in_order_and_stop_in_reverse(hooks: list[str]) -> None:
    def hook(word: str):
        async def run() -> None:
            hooks.append(word)

        return run

    register_lifespan(start=hook("a up"), stop=hook("a down"))
    register_lifespan(start=hook("b up"), stop=hook("b down"))
    driver = LifespanDriver(lifespan)
    await driver.startup()
    assert hooks == ["a up", "b up"]
    await driver.shutdown()
    assert hooks == ["a up", "b up", "b down", "a down"]


async def test_a_failing_hook_stops_the_start_with_its_reason(hooks: list[str]) -> None:
    async def fail() -> None:
        raise RuntimeError("the socket folder is missing")

    register_lifespan(start=fail, stop=fail)
    with pytest.raises(LifespanFailed, match="the socket folder is missing"):
        await LifespanDriver(lifespan).startup()
