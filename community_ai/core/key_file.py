"""What `keys/node.key` holds, as text that can be copied by hand: no disk, no clock.

Format 1 is 64 hexadecimal characters: one root secret. Format 2 holds versions of it, and the keys that stay:

    community-ai key file 2
    secret 2 <64 hex>             a root secret; the highest version wraps members' keys
    kept database 1 <64 hex>      a derived key that stays although its root is gone
    check <16 hex>                BLAKE2b of the lines above: a slip of the pen is noticed

With a passphrase the file holds the same text, encrypted:

    community-ai sealed key file 2
    argon2id 3 268435456 <32 hex> operations, bytes of memory, salt
    sealed <hex>                  nonce, XChaCha20-Poly1305 of the text; the lines above are its associated data
    check <16 hex>
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nacl.exceptions import CryptoError
from nacl.secret import Aead

KEY_BYTES = 32
SALT_BYTES = 16
MOST_VERSIONS = 2**32 - 1
HEAD, SEALED_HEAD = "community-ai key file 2", "community-ai sealed key file 2"

WRAPPING = "personal-keys"
ANCHOR = "anchor"
DATABASE = "database"
DJANGO_SECRET = "django-secret"  # noqa: S105 - the name of a purpose
# Derived from the root secret itself, and kept when it changes: what they sign or open does not change with it. Every
# other purpose is derived from the anchor, which is one of them.
DIRECT = (DATABASE, DJANGO_SECRET, "audit-checkpoint", "decision-seal", "entry-reference", "feedback-codes",
          "first-run", ANCHOR)  # fmt: skip
# How many older keys of Django stay valid, so that nobody is signed out.
OLDER_DJANGO_SECRETS = 3

_PURPOSE = re.compile(r"[!-~]{1,16}")
_SECRET = re.compile(r"secret ([1-9][0-9]{0,9}) ([0-9a-f]{64})")
_KEPT = re.compile(r"kept ([!-~]{1,16}) ([1-9][0-9]{0,9}) ([0-9a-f]{64})")
_LIMITS = re.compile(r"argon2id ([1-9][0-9]{0,2}) ([1-9][0-9]{3,10}) ([0-9a-f]{32})")


class Damaged(ValueError):
    """The text is no key file: cut, changed, or of another format."""


class DoesNotOpen(Exception):
    """The key from the passphrase is not the one that this file was sealed with."""


@dataclass(frozen=True)
class KeyContent:
    """`secrets`: root secrets by version. `kept`: purpose -> version -> derived key; the highest version counts."""

    secrets: Mapping[int, bytes] = field(repr=False)
    kept: Mapping[str, Mapping[int, bytes]] = field(default_factory=dict, repr=False)

    @property
    def version(self) -> int:
        """The version of the root secret that wraps members' keys now."""
        return max(self.secrets)

    def derive(self, purpose: str) -> bytes:
        """The 32-byte key for a purpose of 1 to 16 ASCII characters. Raises ValueError for another text."""
        if not _PURPOSE.fullmatch(purpose):
            raise ValueError(f"purpose must be 1 to {hashlib.blake2b.PERSON_SIZE} ASCII characters: {purpose!r}")
        if purpose == WRAPPING:
            return self.wrapping_key(self.version)
        if purpose in self.kept:
            return self.kept[purpose][max(self.kept[purpose])]
        return derived(self.secrets[self.version] if purpose in DIRECT else self.derive(ANCHOR), purpose)

    def all_of(self, purpose: str) -> tuple[bytes, ...]:
        """Every key of one of the DIRECT purposes that may still be needed, newest first."""
        versions = self.kept.get(purpose, {})
        return tuple(versions[version] for version in sorted(versions, reverse=True)) or (self.derive(purpose),)

    def wrapping_key(self, version: int) -> bytes:
        """The key that wraps members' keys under that version of the root. Raises KeyError."""
        return derived(self.secrets[version], WRAPPING)

    def with_new_secret(self) -> KeyContent:
        """One more root secret. The older ones stay, and every direct key that would change with them is kept."""
        kept = self._keeping(DIRECT)
        return KeyContent({**self.secrets, self.version + 1: secrets.token_bytes(KEY_BYTES)}, kept)

    def without_old_secrets(self) -> KeyContent:
        return replace(self, secrets={self.version: self.secrets[self.version]})

    def with_new(self, purpose: str) -> KeyContent:
        """One more version of a direct key; the older ones stay beside it (`all_of`)."""
        versions = self._keeping((purpose,))[purpose]
        fresh = {**versions, max(versions) + 1: secrets.token_bytes(KEY_BYTES)}
        return replace(self, kept={**self.kept, purpose: fresh})

    def with_newest(self, purpose: str, count: int) -> KeyContent:
        """Only the newest `count` versions of a kept key."""
        versions = self.kept[purpose]
        newest = sorted(versions)[-count:]
        return replace(self, kept={**self.kept, purpose: {version: versions[version] for version in newest}})

    def _keeping(self, purposes: tuple[str, ...]) -> dict[str, Mapping[int, bytes]]:
        added = {name: {self.version: self.derive(name)} for name in purposes if name not in self.kept}
        return {**self.kept, **added}


@dataclass(frozen=True)
class Limits:
    """What argon2id costs (RFC 9106): passes over the memory, and bytes of it; and the salt."""

    operations: int
    memory: int
    salt: bytes

    @property
    def line(self) -> str:
        return f"argon2id {self.operations} {self.memory} {self.salt.hex()}"


@dataclass(frozen=True)
class SealedContent:
    """A key file that a passphrase closes."""

    limits: Limits
    sealed: bytes

    def open(self, key: bytes) -> KeyContent:
        """Raises DoesNotOpen for another key, Damaged for what is inside."""
        try:
            text = Aead(key).decrypt(self.sealed, aad=_associated(self.limits))
        except (CryptoError, ValueError):
            raise DoesNotOpen from None
        content = decode(text)
        if not isinstance(content, KeyContent):
            raise Damaged
        return content


def derived(root: bytes, purpose: str) -> bytes:
    """BLAKE2b keyed with the root secret, the purpose as its personalisation (RFC 7693, section 2.5): keys for two
    purposes are independent, and none reveals the root."""
    return hashlib.blake2b(b"community-ai", digest_size=KEY_BYTES, key=root, person=purpose.encode("ascii")).digest()


def new_content() -> KeyContent:
    return KeyContent({1: secrets.token_bytes(KEY_BYTES)})


def encode(content: KeyContent) -> bytes:
    """The text of an open key file."""
    lines = [HEAD]
    lines += [f"secret {version} {secret.hex()}" for version, secret in sorted(content.secrets.items())]
    for purpose, versions in sorted(content.kept.items()):
        lines += [f"kept {purpose} {version} {key.hex()}" for version, key in sorted(versions.items())]
    return _checked(lines)


def encode_sealed(content: KeyContent, *, key: bytes, limits: Limits) -> bytes:
    """The text of a key file that opens with `key`, which argon2id made from a passphrase with these limits."""
    sealed = bytes(Aead(key).encrypt(encode(content), aad=_associated(limits)))
    return _checked([SEALED_HEAD, limits.line, f"sealed {sealed.hex()}"])


def decode(data: bytes) -> KeyContent | SealedContent:
    """Raises Damaged."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise Damaged from None
    if re.fullmatch(r"\s*[0-9a-fA-F]{64}\s*", text):
        return KeyContent({1: bytes.fromhex(text.strip())})
    # Not splitlines(): it would take a damaged line end for another kind of line end.
    *lines, check = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if check != _check(lines):
        raise Damaged
    if lines[:1] == [SEALED_HEAD] and len(lines) == 3:
        return _decode_sealed(lines)
    if lines[:1] != [HEAD]:
        raise Damaged
    return _decode_open(lines[1:])


def _decode_open(lines: list[str]) -> KeyContent:
    roots: dict[int, bytes] = {}
    kept: dict[str, dict[int, bytes]] = {}
    for line in lines:
        if match := _SECRET.fullmatch(line):
            versions, version, key = roots, match[1], match[2]
        elif match := _KEPT.fullmatch(line):
            versions, version, key = kept.setdefault(match[1], {}), match[2], match[3]
        else:
            raise Damaged
        if int(version) in versions or int(version) > MOST_VERSIONS:
            raise Damaged
        versions[int(version)] = bytes.fromhex(key)
    if not roots:
        raise Damaged
    return KeyContent(roots, kept)


def _decode_sealed(lines: list[str]) -> SealedContent:
    limits = _LIMITS.fullmatch(lines[1])
    sealed = re.fullmatch(r"sealed ((?:[0-9a-f]{2})+)", lines[2])
    if not limits or not sealed:
        raise Damaged
    return SealedContent(Limits(int(limits[1]), int(limits[2]), bytes.fromhex(limits[3])), bytes.fromhex(sealed[1]))


def _associated(limits: Limits) -> bytes:
    return f"{SEALED_HEAD}\n{limits.line}\n".encode()


def _checked(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in [*lines, _check(lines)]).encode("ascii")


def _check(lines: list[str]) -> str:
    text = "".join(f"{line}\n" for line in lines).encode("ascii")
    return f"check {hashlib.blake2b(text, digest_size=8).hexdigest()}"
