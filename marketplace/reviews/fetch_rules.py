"""Which addresses the site may ask for a page: public ones, by https or http, on usual ports.

The name is looked up once and the answer is judged here; `fetching.py` then connects to exactly
that address, so a name that answers differently the second time gains nothing.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urljoin, urlsplit

from marketplace.core.errors import RuleBroken

PORTS = {"https": 443, "http": 80}
MOST_BYTES = 2_000_000
SECONDS = 10
WHOLE_SECONDS = 25
MOST_REDIRECTS = 4
#: Addresses inside IPv6 that carry an IPv4 address: NAT64 (RFC 6052, 8215) and 6to4, Teredo.
_CARRIERS = tuple(
    ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
#: Shared, benchmarking and reserved ranges that `is_global` of older tables calls public.
_NEVER = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "224.0.0.0/4", "240.0.0.0/4", "::/96", "100::/64", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


def is_public(address: str) -> bool:
    """Whether an address is one that anybody on the Internet could have asked too."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if any(ip in net for net in (*_CARRIERS, *_NEVER) if net.version == ip.version):
        return False
    return ip.is_global and not ip.is_multicast and "%" not in address


def check_url(url: str) -> tuple[str, str, int, str]:
    """(scheme, host, port, path with query) of an address that may be asked; else refused."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise RuleBroken("This is not a web address.", "url") from None
    if parts.scheme not in PORTS:
        raise RuleBroken("Enter an address that begins with https://.", "url")
    host = (parts.hostname or "").rstrip(".")
    if not host or parts.username is not None or parts.password is not None:
        raise RuleBroken("Enter the address of a public page, without a name or password.", "url")
    if port not in (None, PORTS[parts.scheme]):
        raise RuleBroken("Enter an address without a port number.", "url")
    if not url.strip().isprintable() or " " in url.strip() or len(url) > 1_000:
        raise RuleBroken("This is not a web address.", "url")
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        raise RuleBroken("This is not a web address.", "url") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or PORTS[parts.scheme], path


def redirected(url: str, location: str) -> str:
    """Where a redirect leads; never from https down to http."""
    target = urljoin(url, location)
    if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
        raise RuleBroken("The page leads away from https.", "url")
    return target
