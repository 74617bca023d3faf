"""The school districts of the country, one row each, as federal sources describe them.

Public reference data that belongs to no organization. Every group of facts carries the year
and the source it was taken from; an empty figure is unknown, never zero.
"""

from sqlalchemy import BigInteger, CheckConstraint, Index, String
from sqlmodel import Field, SQLModel


class District(SQLModel, table=True):
    __tablename__ = "district"
    __table_args__ = (
        Index("ix_district_search_key", "search_key", "state", "leaid"),  # all a search looks at
        CheckConstraint("length(leaid) = 7", name="leaid_is_7_characters"),
        CheckConstraint("length(state) = 2", name="state_is_2_letters"),
        CheckConstraint("pupils >= 0", name="pupils_not_negative"),
        CheckConstraint("children_in_poverty <= children", name="poverty_within_children"),
        CheckConstraint("frl_bps BETWEEN 0 AND 10000", name="frl_is_a_share"),
    )

    leaid: str = Field(primary_key=True, sa_type=String(7))
    search_key: str
    state: str = Field(index=True, sa_type=String(2))

    name: str
    name_year: str
    name_source: str

    street: str | None = None
    city: str | None = None
    zip: str | None = None
    county_fips: str | None = None
    county_name: str | None = None
    locale: str | None = Field(default=None, sa_type=String(2))
    latitude: str | None = None
    longitude: str | None = None
    place_year: str | None = None
    place_source: str | None = None

    pupils: int | None = None
    pupils_year: str | None = None
    pupils_source: str | None = None

    children: int | None = None
    children_in_poverty: int | None = None
    #: Everybody who lives in its area. Areas overlap, so this is never added up.
    people: int | None = None
    poverty_year: str | None = None
    poverty_source: str | None = None

    frl_bps: int | None = None
    frl_year: str | None = None
    frl_source: str | None = None

    spending_per_pupil_cents: int | None = Field(default=None, sa_type=BigInteger)
    spending_year: str | None = None
    spending_source: str | None = None

    teacher_wage_index_bps: int | None = None
    teacher_wage_error_bps: int | None = None
    wages_year: str | None = None
    wages_source: str | None = None

    state_agency_id: str | None = None
    state_id_year: str | None = None
    state_id_source: str | None = None
