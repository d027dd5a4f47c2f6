"""Readers for environment variables that fail loudly: a setting that cannot be understood stops the node."""

from __future__ import annotations

import os
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured


def env_int(name: str, default: int, *, least: int, most: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return value


def env_bool(name: str, default: bool = False) -> bool:
    text = os.environ.get(name, "").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {text!r}.")


def env_list(name: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


def env_address(name: str, default: str) -> SplitResult:
    """An address such as https://ai.example.org, without path, query or user."""
    text = os.environ.get(name, "").strip() or default
    try:
        url = urlsplit(text)
        fine = url.scheme in {"http", "https"} and url.hostname and url.path in {"", "/"} and (url.port or 1) > 0
    except ValueError:
        fine = False
    if not fine or url.query or url.fragment or url.username:
        raise ImproperlyConfigured(f"{name} must look like https://ai.example.org, not {text!r}.")
    return url
