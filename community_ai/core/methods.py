"""Pages are read and forms are sent; nothing here is asked for in any other way.

Views of packages take more than they need: a form view of Django's answers PUT as it answers POST.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseNotAllowed
from django.utils.decorators import sync_and_async_middleware

METHODS = ("GET", "HEAD", "POST")


@sync_and_async_middleware
def only_pages_and_forms(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer 405 to every method but GET, HEAD and POST, before anything else is done with the request."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> Any:
            return await get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)

        return answer_async

    def answer(request: HttpRequest) -> Any:
        return get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)

    return answer
