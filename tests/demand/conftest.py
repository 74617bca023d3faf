"""Districts of the directory, and what they say they would buy."""

import pytest

from marketplace.core import clock
from marketplace.demand.models import Interest
from marketplace.directory.models import District


@pytest.fixture
def place(make):
    """A district that stands in the directory: Ohio, 700 pupils, unless told."""

    def made(name=None, pupils=700, state="OH"):
        district = make.district(name, state=state)
        make.save(
            District(
                leaid=district.leaid, search_key=district.leaid, state=state, name=district.name,
                name_year="2021-22", name_source="made up", pupils=pupils,
            )
        )  # fmt: skip
        return district

    return made


@pytest.fixture
def wish(make):
    """`wish(tool, district, 100)`: as the district said it."""

    def said(tool, district, seats=100, **fields):
        fields.setdefault("school_year", 2027)
        return make.save(
            Interest(
                org_id=district.id, tool_id=tool.id, leaid=district.leaid, seats=seats,
                shown_at=clock.now(), changed_at=clock.now(), **fields,
            )
        )  # fmt: skip

    return said
