"""Ask a public web page for its text, and nothing else of the network.

Every step is checked: the address, what its name leads to, each redirect. The connection goes
to the address that was judged. No transaction may be open meanwhile.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from flask import g, has_app_context

from marketplace.core import clock
from marketplace.core.errors import RuleBroken
from marketplace.reviews import fetch_rules

Check = Callable[[str], tuple[str, str, int, str]]
TEXT_TYPES = ("text/html", "text/plain", "application/xhtml+xml")
AGENT = "DistrictCommons-policy-watch/1.0"


@dataclass(frozen=True)
class Page:
    url: str
    media_type: str
    content: bytes


class CouldNotFetch(RuleBroken):
    """The page did not come; the message says why in a sentence."""


def fetch(
    url: str,
    *,
    is_public: Callable[[str], bool] = fetch_rules.is_public,
    check_url: Check = fetch_rules.check_url,
    look_up: Callable[[str, int], list[str]] | None = None,
) -> Page:
    """The page behind an address, following at most four redirects, each checked anew."""
    if has_app_context() and g.get("writer"):
        raise RuntimeError("no network call while a transaction is open")
    ends = clock.stopwatch() + fetch_rules.WHOLE_SECONDS
    for _ in range(fetch_rules.MOST_REDIRECTS + 1):
        scheme, host, port, path = check_url(url)
        address = _judged(host, port, is_public, look_up or addresses_of)
        answer, content = _ask(scheme, host, port, address, path, ends)
        if answer.status in (301, 302, 303, 307, 308):
            url = fetch_rules.redirected(url, answer.headers.get("Location", ""))
            continue
        if answer.status != 200:
            raise CouldNotFetch(f"The page answered with number {answer.status}.", "url")
        media_type = answer.headers.get_content_type()
        if media_type not in TEXT_TYPES:
            raise CouldNotFetch("The page is no text. Upload the document instead.", "url")
        return Page(url, media_type, content)
    raise CouldNotFetch("The page leads from one address to the next without end.", "url")


def addresses_of(host: str, port: int) -> list[str]:
    """What a name leads to now, asked once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _judged(
    host: str, port: int, is_public: Callable[[str], bool], look_up: Callable[[str, int], list[str]]
) -> str:
    try:
        addresses = look_up(host, port)
    except (OSError, UnicodeError):
        raise CouldNotFetch("No such site answers to this name.", "url") from None
    if not addresses or not all(is_public(each) for each in addresses):
        raise CouldNotFetch("This address is not on the public Internet.", "url")
    return addresses[0]


class _Judged(http.client.HTTPConnection):
    """Speaks to one address, whatever its name may lead to by now."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool) -> None:
        super().__init__(host, port, timeout=fetch_rules.SECONDS)
        self._address, self._secure = address, secure
        if secure:
            self.default_port = 443

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            trust = ssl.create_default_context()
            self.sock = trust.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """Time is up: whoever reads from it gets an end."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


def _ask(
    scheme: str, host: str, port: int, address: str, path: str, ends: float
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = _Judged(host, port, address, secure=scheme == "https")
    asked = quote(path, safe="/?&=%:@!$'()*+,;~-._")
    headers = {"User-Agent": AGENT, "Accept": ", ".join(TEXT_TYPES), "Accept-Encoding": "identity"}
    # A site that sends one byte now and then would never run into the pause of a socket.
    alarm = threading.Timer(max(0.1, ends - clock.stopwatch()), connection.cut)
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("GET", asked, headers=headers)
        answer = connection.getresponse()
        return answer, _read(answer, ends)
    except (OSError, http.client.HTTPException, ssl.SSLError) as problem:
        raise CouldNotFetch(f"The site did not answer ({type(problem).__name__}).", "url") from None
    finally:
        alarm.cancel()
        connection.close()


def _read(answer: http.client.HTTPResponse, ends: float) -> bytes:
    content = b""
    while piece := answer.read1(65_536):
        content += piece
        if len(content) > fetch_rules.MOST_BYTES:
            raise CouldNotFetch("The page is larger than 2 MB. Upload it instead.", "url")
        if clock.stopwatch() > ends:
            raise CouldNotFetch("The page took too long.", "url")
    return content
