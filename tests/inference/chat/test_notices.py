"""What stands above an open conversation follows the emergency brake, without a reload."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async

from community_ai.core.clock import now
from governance.models import Member
from inference import live
from inference.models import BrakeMode
from inference.services import brake
from tests.inference.chat.conftest import in_db, signed_in
from tests.inference.chat.socket_page import Page, begun
from tests.inference.chat.test_paused import may_pause

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]
NOTICES = r'<div id="notices" hx-swap-oob="innerHTML">'


async def test_an_open_page_learns_of_the_brake_and_of_its_release(
    owner: Member, outsider: Member, chat: live.Live
) -> None:
    await in_db(may_pause, outsider)
    first = await begun(owner)
    page = await Page(await in_db(signed_in, owner), first.conversation_id).open(first)
    await page.sees(NOTICES)
    assert "paused" not in page.received
    await in_db(brake.pull, by=outsider, mode=BrakeMode.PAUSE, reason="It insults people.", now=now())
    await page.ask("Say hello.", first)
    await page.sees(NOTICES + r"\s*<div[^>]*>\s*<p><strong>The AI is paused\.")
    page.received = ""
    await database_sync_to_async(brake.take_back, thread_sensitive=False)(by=outsider, now=now())
    await page.sees(NOTICES + r"\s*</div>")
    await page.sees("The answer is finished.")
    await page.leave()
