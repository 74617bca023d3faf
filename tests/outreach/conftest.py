"""A consortium whose members stand at different points of the way."""

from types import SimpleNamespace

import pytest
from sqlmodel import select

from marketplace.core import tenancy
from marketplace.core.mail import Letter
from marketplace.pools.rules import Rung


@pytest.fixture
def circle(make):
    """`circle.waiting` has no board vote yet; `circle.absent` has not said anything."""
    consortium = make.consortium(name="Ridge Buyers")
    names = ("Absent", "Committed", "Paperless", "Waiting")
    districts = {name.lower(): make.district(name) for name in names}
    for name, district in districts.items():
        make.member(consortium, district, instrument=name != "paperless")
    pool = make.pool(consortium, title="Reading", slug="reading")
    make.commitment(pool, districts["committed"], 100)
    make.commitment(pool, districts["waiting"], 50, rung=Rung.INTENT)
    return SimpleNamespace(
        consortium=consortium,
        org_id=consortium.org_id,
        slug=make.org_of(consortium).slug,
        pool=pool,
        lead=make.convener(consortium, name="Lee Lead"),
        readers={name: make.buyer(district) for name, district in districts.items()},
        **districts,
    )


@pytest.fixture
def letters(look):
    """Every letter that was written, by recipient."""

    def read():
        look.rollback()
        with tenancy.everyone("test asserts"):
            return {letter.recipient: letter for letter in look.exec(select(Letter))}

    return read
