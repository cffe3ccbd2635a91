"""Where a server is and the key to it: read from the environment, held in memory, told to nobody."""

import hashlib
import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lawful.core.errors import AbsentError, InputError
from lawful.judge.remote.settings import Access

DEFAULT_BASE_URL = "https://api.openai.com/v1"
"""Where models are asked if no address is given."""
_SHORTEST_SECRET = 8
"""Shorter keys are words such as "EMPTY", which servers without keys are given; shorter paths are such as "v1"."""


@dataclass(frozen=True)
class Address:
    """A server and the key to it. Neither is shown by `repr`."""

    base_url: str = field(repr=False)
    """Where it is, without a slash at its end."""
    key: str = field(repr=False)
    """The key; "none" where the server needs none."""

    @property
    def is_local(self) -> bool:
        """Whether it is this machine, as far as its address tells."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def is_plain(self) -> bool:
        """Whether what is sent can be read on its way."""
        return urlsplit(self.base_url).scheme == "http"

    @property
    def digest(self) -> str:
        """Tells it from other servers, and does not tell where it is (16 hex digits)."""
        return hashlib.sha256(self.base_url.encode()).hexdigest()[:16]

    def hidden_in(self, text: str) -> str:
        """A text that came from the server or from a library, without key and address."""
        if len(self.key) >= _SHORTEST_SECRET:
            text = text.replace(self.key, "[key]")
        parts = urlsplit(self.base_url)
        # A name without a dot may be a word of an answer.
        hosts = [one for one in (parts.netloc, parts.hostname or "") if "." in one or ":" in one]
        path = parts.path.strip("/")  # of a gateway it may name an account
        for secret in (self.base_url, *hosts, *([path] if len(path) >= _SHORTEST_SECRET else [])):
            text = text.replace(secret, "[server]")
        return text


def find_address(access: Access, name: str) -> Address:
    """The server of a judge.

    Args:
        access: Which environment variables hold it.
        name: The judge's name, for messages.

    Raises:
        AbsentError: No key is given for a server that needs one.
        InputError: The address or the key cannot be used. Neither is in the message.
    """
    given = os.environ.get(access.base_url_env, "").strip().rstrip("/")
    key = os.environ.get(access.api_key_env, "").strip()
    if given:
        _check_url(given, access.base_url_env)
    elif not key:
        raise AbsentError(
            f"{name} needs a key: set the environment variable {access.api_key_env}, or give --api-key-file. For a "
            f"server of your own set {access.base_url_env} or give --base-url; then a key may be left out."
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(f"the key in {access.api_key_env} holds characters that no key has")
    return Address(given or DEFAULT_BASE_URL, key or "none")


@contextmanager
def told(base_url: str | None, key: str | None) -> Iterator[None]:
    """Have a server's address and key that were given otherwise take the place of the usual variables' values."""
    given = {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": key}
    before = {name: os.environ.get(name) for name in given}
    try:
        for name, value in given.items():
            if value is not None:
                os.environ[name] = value
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _check_url(url: str, variable: str) -> None:
    wanted = f"the server's address ({variable} or --base-url) should be like https://example.org/v1"
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        raise InputError(f"{wanted}: it is no address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not has_port:
        raise InputError(f"{wanted}: it is no address of a web server")
    if parts.username is not None or parts.password is not None:
        raise InputError(f"{wanted}: it holds a user or password. A key is given by itself.")
    if parts.query or parts.fragment:
        raise InputError(f"{wanted}: it goes on after a ? or #")
