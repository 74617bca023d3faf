"""A site with a few pages of its own, so that the machinery is seen from outside."""

import pytest
from sqlmodel import select

from marketplace.core import clock
from marketplace.core.mail import Letter


@pytest.fixture
def letter(make):
    """A row that belongs to nobody in particular, to read and to write."""
    return make.save(Letter(written_at=clock.now(), recipient="a@b.org", subject="One", text=""))


@pytest.fixture
def subjects(look):
    """The subjects of all letters, as they now stand."""

    def read():
        look.rollback()
        return sorted(look.exec(select(Letter.subject)).all())

    return read
