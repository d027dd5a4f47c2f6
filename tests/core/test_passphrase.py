"""A passphrase over the key: what it opens, who gets the key, and what a locked node shows."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from community_ai.core import passphrase
from community_ai.core.home import Home
from community_ai.core.key_agent import SOCKET, AgentTaken, KeyAgent, ask, wait_for_lock
from community_ai.core.key_file import Limits, encode_sealed, new_content
from community_ai.core.keystore import (
    KeyLocked,
    KeyMalformed,
    KeyStoreError,
    create_node_key,
    key_path,
    load_node_key,
    write_new_key_file,
)
from community_ai.core.locked_page import locked_page
from community_ai.core.unlocking import is_open, opening_key

WORDS = "correct horse battery staple"
CHEAP = Limits(1, 8192, bytes(16))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A node whose key a passphrase closes, with limits that cost nothing."""
    home = Home(tmp_path / "home")
    home.create()
    write_new_key_file(home, encode_sealed(new_content(), key=passphrase.opening_key(WORDS, CHEAP), limits=CHEAP))
    return home


@pytest.fixture
def agent(home: Home) -> Iterator[KeyAgent]:
    agent = KeyAgent(home)
    agent.start()
    yield agent
    agent.stop()


def test_only_the_passphrase_opens_it(home: Home) -> None:
    with pytest.raises(KeyLocked, match="node is locked"):
        load_node_key(home)
    waited: list[float] = []
    for _ in range(3):
        with pytest.raises(passphrase.PassphraseWrong, match="not the passphrase"):
            passphrase.key_for(home, "another passphrase", wait=waited.append)
    assert waited[0] == 0 < waited[1] <= 1 < waited[2] <= 2
    key = passphrase.key_for(home, WORDS, wait=waited.append)
    assert load_node_key(home, opening_key=lambda: key).version == 1
    assert not (home.run / passphrase.TRIES_FILE).exists()


def test_the_pause_grows_to_a_minute() -> None:
    assert [passphrase.pause_after(wrong) for wrong in range(5)] == [0, 1, 2, 4, 8]
    assert passphrase.pause_after(10) == 60


def test_the_limits_are_those_of_libsodium_for_moderate_and_bounded(home: Home) -> None:
    limits = passphrase.new_limits()
    assert (limits.operations, limits.memory) == (3, 256 << 20)
    assert limits.salt != passphrase.new_limits().salt
    with pytest.raises(KeyMalformed, match="more work"):
        passphrase.opening_key(WORDS, Limits(1, 5 << 30, bytes(16)))


def test_the_same_letters_are_the_same_passphrase() -> None:
    one, other = "caf\u00e9 de la plaza", "cafe\u0301 de la plaza"
    assert passphrase.opening_key(one, CHEAP) == passphrase.opening_key(other, CHEAP)


def test_setting_and_removing_keeps_every_key(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    create_node_key(home)
    before = load_node_key(home)
    with pytest.raises(passphrase.PassphraseRefused, match="12 characters"):
        passphrase.set_passphrase(home, "too short")
    key = passphrase.set_passphrase(home, WORDS)
    assert before.secret.hex().encode() not in key_path(home).read_bytes()
    with pytest.raises(passphrase.PassphraseRefused, match="already"):
        passphrase.set_passphrase(home, WORDS)
    assert load_node_key(home, opening_key=lambda: key) == before
    with pytest.raises(passphrase.PassphraseWrong):
        passphrase.remove_passphrase(home, bytes(32))
    passphrase.remove_passphrase(home, key)
    assert load_node_key(home) == before


def test_a_rotation_keeps_the_passphrase(home: Home) -> None:
    key = passphrase.key_for(home, WORDS)
    node = load_node_key(home, opening_key=lambda: key)
    node.change(lambda content: content.with_new_secret())
    assert node.version == 2
    with pytest.raises(KeyLocked):
        load_node_key(home)
    assert load_node_key(home, opening_key=lambda: passphrase.key_for(home, WORDS)) == node


def test_the_agent_gives_the_key_while_it_is_open(home: Home, agent: KeyAgent) -> None:
    assert stat.S_IMODE((home.run / SOCKET).stat().st_mode) == 0o600
    assert not is_open(home)
    assert opening_key(home) is None
    assert ask(home, {"do": "open", "key": "00" * 32}) == {"opened": False}
    assert ask(home, {"do": "open", "key": passphrase.key_for(home, WORDS).hex()}) == {"opened": True}
    assert agent.opened.is_set()
    assert is_open(home)
    key = opening_key(home)
    assert key is not None
    assert load_node_key(home, opening_key=lambda: key).version == 1
    with pytest.raises(AgentTaken):
        KeyAgent(home).start()
    assert ask(home, {"do": "lock"}) == {"locked": True}
    assert agent.locked.is_set()
    assert opening_key(home) is None
    assert ask(home, {"do": "lock"}) == {"locked": False}


@pytest.mark.parametrize("request_", [{}, {"do": "steal"}, {"do": "open"}, {"do": "open", "key": 5}])
def test_the_agent_answers_nothing_to_what_it_does_not_know(
    request_: dict[str, object], home: Home, agent: KeyAgent
) -> None:
    assert ask(home, request_) == {}
    assert ask(home, {"do": "state"}) == {"state": "locked"}


def test_without_an_agent_nobody_waits_for_an_answer(home: Home) -> None:
    assert ask(home, {"do": "key"}) is None
    assert not wait_for_lock(home)


def test_the_agent_of_a_node_without_a_passphrase_is_open_and_is_not_locked(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    create_node_key(home)
    agent = KeyAgent(home)
    agent.start()
    try:
        assert is_open(home)
        assert ask(home, {"do": "lock"}) == {"locked": False}
    finally:
        agent.stop()
    with pytest.raises(KeyStoreError, match="no passphrase"):
        passphrase.key_for(home, WORDS)


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_locked_page_speaks_the_visitors_language_without_a_database(language: str) -> None:
    page, chosen = locked_page(accept_language=f"{language};q=0.9", cookies="")
    assert chosen == language
    assert f'<html lang="{language}"' in page
    assert ('dir="rtl"' in page.partition("<head>")[0]) is (language == "ar")
    assert "manage.py unlock" in page
    assert "<script" not in page
    assert translation.get_language() == "en"


def test_the_locked_page_takes_any_header() -> None:
    assert locked_page(accept_language="\x00;;q=", cookies=f"{settings.LANGUAGE_COOKIE_NAME}=es")[1] == "es"
    assert locked_page(accept_language="xx", cookies='a="\x00; =;')[1] == "en"
