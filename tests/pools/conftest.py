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


@pytest.fixture
def consortium(make):
    return make.consortium(name="Three Rivers")


@pytest.fixture
def convener(make, consortium):
    return make.convener(consortium)


@pytest.fixture
def address(make):
    """`address(pool, "/join")`: where the pool stands on the site."""

    def of(pool, page=""):
        with tenancy.everyone("tests"):
            slug = make._organization(pool.org_id).slug
        return f"/pools/{slug}/{pool.slug}{page}"

    return of
