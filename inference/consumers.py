"""The conversation page's socket. It checks, calls one service, and lets a follower tell the page what changed.

Close codes: 4400 too many faulty messages, 4401 signed out, 4404 not your conversation, 4408 too many pages of one
member are open and this was the oldest, 1013 the node is starting or stopping.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from community_ai.core.clock import now
from consent.access import NotFound, own
from governance import standstill
from inference import fragments, live
from inference.fragments import Shown
from inference.live.page_follower import PageFollower
from inference.live.session_watch import SIGNED_OUT, Watched, signed_in
from inference.models import Conversation
from inference.question_text import QuestionRefused
from inference.services import answers, conversations, questions

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 64 * 1024
MAX_SOCKETS_OF_MEMBER = 10
# A bucket of messages: so many at once, refilled at this rate. More is refused, and too much more closes.
MESSAGES_AT_ONCE = 20
MESSAGES_PER_SECOND = 2.0
MAX_FAULTS = 20


class Refused(Exception):
    """A message that is not acted upon; `sentence` says why."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        # Accepted before it is refused: a browser is told the code of a close, but not of a refused handshake.
        await self.accept()
        self._watched: Watched | None = None
        self._following: asyncio.Task[None] | None = None
        self._tokens, self._filled_at = float(MESSAGES_AT_ONCE), time.monotonic()
        self._faults = 0
        try:
            self._live = live.running()
        except live.NotServing:
            await self.close(1013)
            return
        self._conversation_id = _uuid(self.scope["url_route"]["kwargs"]["conversation_id"])
        self._language = _language(self.scope["query_string"])
        self._session_key = self.scope["session"].session_key or ""
        self._member_id = self.scope["user"].pk or 0
        member = await self._signed_in_member()
        if member is None:
            await self.close(SIGNED_OUT)
            return
        if self._conversation_id is None or not await self._live.database.read(_owns, member, self._conversation_id):
            await self.close(4404)
            return
        await self._make_room()
        self._watched = Watched(self._member_id, self._session_key, self._end)
        self._live.sessions.add(self._watched)
        self._follower = PageFollower(
            desk=self._live.desk,
            database=self._live.database,
            member_id=self._member_id,
            conversation_id=self._conversation_id,
            language=self._language,
            send=self._send_html,
        )
        self._following = asyncio.create_task(self._follow())

    async def disconnect(self, code: int) -> None:
        await self._stop_following()

    async def _follow(self) -> None:
        try:
            await self._follower.run()
        except Exception:
            logger.exception("An open page could not be kept up to date; it will connect again")
            await self.close(1011)

    async def _stop_following(self) -> None:
        if self._watched is not None:
            self._live.sessions.discard(self._watched)
            self._watched = None
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following

    async def _end(self, code: int) -> None:
        """Close from this side: nothing more is sent or acted upon, whether or not the browser answers the close."""
        await self._stop_following()
        await self.close(code)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._watched is None:  # closed already
            return
        try:
            self._take_token()
            message = _parse(text_data)
            member = await self._signed_in_member()
            if member is None:
                await self._end(SIGNED_OUT)
                return
            await self._act(member, message)
        except (Refused, QuestionRefused) as refusal:
            await self._refuse(refusal.sentence)
        except NotFound:
            await self._refuse(_("This is not here any more. Please reload the page."))
        except Exception:
            logger.exception("A message from a page could not be carried out")
            await self._refuse(_("Something went wrong on our side. Your text is still here: please try again."))

    async def _act(self, member: Any, message: dict[str, Any]) -> None:
        name = message.get("type")
        action = ACTIONS.get(name) if isinstance(name, str) else None
        if action is None:
            self._faults += 1
            raise Refused(_("The page sent something that this node does not know. Please reload the page."))
        if name != "watch" and await self._live.database.read(standstill.present) is not None:
            raise Refused(
                _("Nothing can be changed now: the community decides first. The page Decisions says about what.")
            )
        await action(self, member, message)

    async def _watch(self, member: Any, message: dict[str, Any]) -> None:
        self._follower.watch(Shown(_uuid(message.get("leaf")), _uuid(message.get("open"))))

    async def _ask(self, member: Any, message: dict[str, Any]) -> None:
        moment = now()
        answer = await self._live.database.write(
            questions.ask,
            member=member,
            conversation_id=self._conversation_id,
            after_id=_uuid(message.get("after")),
            text=_text(message),
            key=_uuid(message.get("key")),
            now=moment,
        )
        if answer.written_at != moment:
            # Asked before, and only sent again: nobody rang, but this page may not have it.
            self._follower.look()

    async def _ask_again(self, member: Any, message: dict[str, Any]) -> None:
        message_id = _message_id(message)
        answer = await self._live.database.write(questions.ask_again, member=member, message_id=message_id, now=now())
        self._follower.expect(answer.pk)

    async def _stop(self, member: Any, message: dict[str, Any]) -> None:
        await self._live.database.write(answers.stop, member=member, message_id=_message_id(message))

    async def _show(self, member: Any, message: dict[str, Any]) -> None:
        await self._live.database.write(conversations.show_branch, member=member, message_id=_message_id(message))

    async def _signed_in_member(self) -> Any:
        """The member, None if the session does not sign them in any more."""
        return (await self._live.database.read(signed_in, {self._session_key: self._member_id})).get(self._session_key)

    async def _make_room(self) -> None:
        """A member's newest pages are served; what is over the limit is closed, the oldest first."""
        sockets = self._live.sessions.of_member(self._member_id)
        for oldest in sockets[: max(0, len(sockets) - MAX_SOCKETS_OF_MEMBER + 1)]:
            self._live.sessions.discard(oldest)
            await oldest.close(4408)

    def _take_token(self) -> None:
        moment = time.monotonic()
        self._tokens = min(MESSAGES_AT_ONCE, self._tokens + (moment - self._filled_at) * MESSAGES_PER_SECOND)
        self._filled_at = moment
        if self._tokens < 1:
            self._faults += 1
            raise Refused(_("That was a lot at once. Please wait a few seconds and try again."))
        self._tokens -= 1

    async def _refuse(self, sentence: str | Promise) -> None:
        if self._faults > MAX_FAULTS:
            await self._end(4400)
            return
        with override(self._language):
            html = fragments.refuse(str(sentence))
        await self._send_html(html)

    async def _send_html(self, html: str) -> None:
        await self.send(text_data=html)


# What a page may send, by its "type". Each has a row in the table of who may do what (tests/access).
ACTIONS: dict[str, Callable[[ChatConsumer, Any, dict[str, Any]], Awaitable[None]]] = {
    "watch": ChatConsumer._watch,
    "ask": ChatConsumer._ask,
    "ask_again": ChatConsumer._ask_again,
    "stop": ChatConsumer._stop,
    "show": ChatConsumer._show,
}


class NoSuchSocket(AsyncWebsocketConsumer):
    """Any other path."""

    async def connect(self) -> None:
        await self.close()


def _owns(member: Any, conversation_id: UUID) -> bool:
    return own(Conversation, member=member).filter(pk=conversation_id).exists()


def _parse(text: str | None) -> dict[str, Any]:
    try:
        if text is None or len(text.encode("utf-8", "surrogatepass")) > MAX_MESSAGE_BYTES:
            raise ValueError
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise Refused(_("The page sent something that this node cannot read. Your text is still here."))
    return message


def _text(message: dict[str, Any]) -> str:
    text = message.get("text")
    if not isinstance(text, str):
        raise Refused(_("The page sent something that this node cannot read. Your text is still here."))
    return text


def _message_id(message: dict[str, Any]) -> UUID:
    message_id = _uuid(message.get("message"))
    if message_id is None:
        raise NotFound("message")
    return message_id


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) <= 36 else None
    except ValueError:
        return None


def _language(query_string: bytes) -> str:
    """The language of the page that the socket belongs to."""
    wished = parse_qs(query_string.decode("latin-1")).get("language", [""])[0]
    return wished if wished in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
