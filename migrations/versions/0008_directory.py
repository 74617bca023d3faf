"""The districts of the country, one row each."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "district",
        sa.Column("leaid", sa.String(length=7), nullable=False),
        sa.Column("search_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name_year", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name_source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("street", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("city", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("zip", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("county_fips", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("county_name", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("locale", sa.String(length=2), nullable=True),
        sa.Column("latitude", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("longitude", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("place_year", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("place_source", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("pupils", sa.Integer(), nullable=True),
        sa.Column("pupils_year", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("pupils_source", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("children", sa.Integer(), nullable=True),
        sa.Column("children_in_poverty", sa.Integer(), nullable=True),
        sa.Column("poverty_year", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("poverty_source", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("frl_bps", sa.Integer(), nullable=True),
        sa.Column("frl_year", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("frl_source", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("spending_per_pupil_cents", sa.BigInteger(), nullable=True),
        sa.Column("spending_year", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("spending_source", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("teacher_wage_index_bps", sa.Integer(), nullable=True),
        sa.Column("teacher_wage_error_bps", sa.Integer(), nullable=True),
        sa.Column("wages_year", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("wages_source", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("state_agency_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("state_id_year", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("state_id_source", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint(
            "children_in_poverty <= children", name=op.f("ck_district_poverty_within_children")
        ),
        sa.CheckConstraint("frl_bps BETWEEN 0 AND 10000", name=op.f("ck_district_frl_is_a_share")),
        sa.CheckConstraint("length(leaid) = 7", name=op.f("ck_district_leaid_is_7_characters")),
        sa.CheckConstraint("length(state) = 2", name=op.f("ck_district_state_is_2_letters")),
        sa.CheckConstraint("pupils >= 0", name=op.f("ck_district_pupils_not_negative")),
        sa.PrimaryKeyConstraint("leaid", name=op.f("pk_district")),
    )
    with op.batch_alter_table("district", schema=None) as batch_op:
        batch_op.create_index(
            "ix_district_search_key", ["search_key", "state", "leaid"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_district_state"), ["state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("district", schema=None) as batch_op:
        batch_op.drop_index("ix_district_search_key")
        batch_op.drop_index(batch_op.f("ix_district_state"))

    op.drop_table("district")
