"""Reading the database after requests, which close the scope that `look` opened."""

import pytest

from marketplace.core import tenancy


@pytest.fixture
def see(look):
    """`see(queries.member, org_id, district_id)`: as it stands now, whoever owns it."""

    def run(query, *args, **kwargs):
        look.rollback()
        with tenancy.everyone("test asserts"):
            return query(look, *args, **kwargs)

    return run
