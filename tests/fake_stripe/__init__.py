"""A stand-in for Stripe on this machine: a real HTTP server with a memory, driven by the real SDK.

It knows the calls that the site makes and a few around them, keeps what it is told, moves bank
payments through their days by a clock of its own, and posts signed events with everything that
can go wrong on the way. What it does not know it refuses, as Stripe does. The shapes of its
objects are those of Stripe's published examples (`shapes.json`, from stripe/openapi, MIT).
"""

from tests.fake_stripe.server import KEY, SECRET, FakeStripe
from tests.fake_stripe.state import Refused, State

__all__ = ["KEY", "SECRET", "FakeStripe", "Refused", "State"]
