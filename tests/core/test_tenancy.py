"""No scope, no rows; another's rows never."""

import pytest
from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from marketplace.accounts.models import Invitation, Organization
from marketplace.core import tenancy
from marketplace.core.files import StoredFile
from marketplace.core.tenancy import ScopeError


@pytest.fixture
def two(make):
    """Two districts with a file each."""
    ours, theirs = make.district(), make.district()
    for district in (ours, theirs):
        make.save(
            StoredFile(
                org_id=district.id,
                name=f"{district.name}.pdf",
                media_type="application/pdf",
                size=1,
                fingerprint="",
                content=b"x",
                stored_at=district.founded_at,
            )
        )
    return ours, theirs


@pytest.fixture
def reader(app):
    with Session(app.extensions["engine"]) as session:
        yield session


def test_a_query_outside_any_scope_raises(two, reader):
    with pytest.raises(ScopeError):
        reader.exec(select(StoredFile)).all()


def test_only_rows_of_the_scope_are_seen(two, reader):
    ours, _ = two

    with tenancy.scoped_to([ours.id]):
        seen = reader.exec(select(StoredFile)).all()

    assert [file.org_id for file in seen] == [ours.id]


def test_an_empty_scope_sees_nothing(two, reader):
    with tenancy.scoped_to([]):
        assert reader.exec(select(StoredFile)).all() == []


def test_columns_counts_joins_and_aliases_are_limited_too(two, reader):
    ours, _theirs = two
    other_name = aliased(StoredFile)
    joined = select(Organization.name).join(StoredFile, StoredFile.org_id == Organization.id)

    with tenancy.scoped_to([ours.id]):
        names = reader.exec(select(StoredFile.name)).all()
        count = reader.exec(select(func.count()).select_from(StoredFile)).one()
        organizations = reader.exec(joined).all()
        aliases = reader.exec(select(other_name.org_id)).all()

    assert (names, count, organizations, aliases) == (
        [f"{ours.name}.pdf"], 1, [ours.name], [ours.id],
    )  # fmt: skip


def test_an_outer_join_keeps_its_rows_and_shows_no_part_of_anothers(two, reader):
    ours, theirs = two
    here = StoredFile.org_id == Organization.id
    files = select(Organization.id, StoredFile.name).join(StoredFile, here, isouter=True)
    counted = select(func.count(Organization.id), func.count(StoredFile.id)).join(
        StoredFile, here, isouter=True
    )
    both = col(Organization.id).in_([ours.id, theirs.id])

    with tenancy.scoped_to([ours.id]):
        seen = dict(reader.exec(files.where(both)).all())
        counts = reader.exec(counted.where(both)).one()
        exchanged = files.where(both).with_only_columns(
            func.count(Organization.id), func.count(StoredFile.id)
        )
        assert reader.execute(exchanged).one() == (2, 1)

    assert seen == {ours.id: f"{ours.name}.pdf", theirs.id: None}
    assert counts == (2, 1)


def test_expressions_over_owned_columns_are_limited_too(two, reader):
    ours, _ = two
    size = func.coalesce(func.sum(StoredFile.size), 0)

    with tenancy.scoped_to([ours.id]):
        assert reader.exec(select(size)).one() == 1
        assert reader.exec(select(func.max(StoredFile.name).label("last"))).one() == (
            f"{ours.name}.pdf"
        )


def test_a_table_hidden_in_a_subquery_is_refused_not_leaked(two, reader):
    ours, _ = two
    hidden = exists().where(StoredFile.org_id == Organization.id)

    with tenancy.scoped_to([ours.id]), pytest.raises(ScopeError):
        reader.exec(select(Organization.name).where(hidden)).all()


def test_a_subquery_that_names_its_scope_is_allowed(two, reader):
    ours, _ = two
    scoped = exists().where(StoredFile.org_id == Organization.id, tenancy.in_scope(StoredFile))

    with tenancy.scoped_to([ours.id]):
        assert reader.exec(select(Organization.name).where(scoped)).all() == [ours.name]


def test_a_changed_scope_is_not_answered_from_a_cached_statement(two, reader):
    ours, theirs = two
    query = select(StoredFile.org_id)

    with tenancy.scoped_to([ours.id]):
        first = reader.exec(query).all()
    with tenancy.scoped_to([theirs.id]):
        second = reader.exec(query).all()

    assert (first, second) == ([ours.id], [theirs.id])


def test_a_row_of_another_organization_is_not_written(two, reader):
    ours, theirs = two
    row = StoredFile(
        org_id=theirs.id, name="x", media_type="x", size=1, fingerprint="", content=b"x",
        stored_at=theirs.founded_at,
    )  # fmt: skip
    reader.add(row)

    with tenancy.scoped_to([ours.id]), pytest.raises(ScopeError):
        reader.flush()


def test_everyone_sees_all(two, reader):
    with tenancy.everyone("a test"):
        assert reader.exec(select(func.count(col(StoredFile.id)))).one() == 2
        assert reader.exec(select(Invitation)).all() == []
