"""A person with a browser that runs no JavaScript: cookies, links and forms over real HTTP, nothing else."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit


@dataclass
class Form:
    """What is sent when nothing was touched. A button that is pressed is one of the `values` of `Visitor.submit`."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def names(self) -> set[str]:
        return {name for name, _ in self.fields}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._textarea: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(a.get("action", ""), a.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None and a.get("name"):
            if tag == "input" and (a.get("type") not in {"checkbox", "radio", "submit", "button"} or "checked" in a):
                self._open.fields.append((a["name"], a.get("value", "")))
            elif tag == "textarea":
                self._textarea = a["name"]
                self._open.fields.append((self._textarea, ""))
            elif tag == "select":
                self._select = a["name"]
                self._open.fields.append((self._select, ""))
        elif self._open is not None and self._select and tag == "option":
            name, value = self._open.fields[-1]
            if "selected" in a or not value:
                self._open.fields[-1] = (name, a.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._textarea:
            name, value = self._open.fields[-1]
            self._open.fields[-1] = (name, value + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None
        elif tag == "form":
            self._open = None


@dataclass
class Page:
    """What was answered: the final address, the status and the text."""

    url: str
    status: int
    text: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def form(self, *, with_field: str) -> Form:
        """The first form that has a field of this name. Raises LookupError."""
        for form in self.forms():
            if with_field in form.names():
                return form
        raise LookupError(f"no form with {with_field!r} on {self.url} ({self.status})")

    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms


class Visitor:
    def __init__(self, base: str) -> None:
        self.base = base
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str, *, timeout: float = 30) -> Page:
        return self._open(urllib.request.Request(urljoin(self.base, path)), timeout)

    def submit(self, page: Page, form: Form, *, timeout: float = 60, **values: str) -> Page:
        """Send a form with some of its fields changed, as a browser would, redirects followed."""
        data = [(name, values.pop(name, value)) for name, value in form.fields]
        data += list(values.items())
        url = urljoin(page.url, form.action or page.url)
        encoded = urllib.parse.urlencode(data)
        if form.method == "get":
            return self._open(urllib.request.Request(f"{url.split('?')[0]}?{encoded}"), timeout)
        request = urllib.request.Request(url, data=encoded.encode(), headers={"Referer": page.url})
        return self._open(request, timeout)

    def _open(self, request: urllib.request.Request, timeout: float) -> Page:
        try:
            with self._opener.open(request, timeout=timeout) as response:
                return Page(response.geturl(), response.status, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.geturl() or request.full_url, error.code, error.read().decode(errors="replace"))
