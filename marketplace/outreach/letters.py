"""The words around what a lead wrote, as each district gets them."""

from marketplace.accounts.models import Organization
from marketplace.core import web
from marketplace.pools.models import Pool


def letter(
    text: str,
    sender: str,
    organization: Organization,
    district: Organization,
    pool: Pool | None,
) -> str:
    """The letter as it arrives, but for the lines that stop it."""
    if pool:
        page = web.link_to("pools.pool", consortium=organization.slug, slug=pool.slug)
    else:
        page = web.link_to("consortia.consortium", slug=organization.slug)
    mine = web.link_to("home.district", leaid=district.leaid)
    return (
        f"To {district.name}\n\n{text}\n\n{sender}\n{organization.name}\n\n"
        f"{page}\nWhat needs your district: {mine}\n"
    )
