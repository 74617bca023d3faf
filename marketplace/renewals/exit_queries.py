"""What a vendor answered about leaving, as it stood when the district ordered."""

from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import VendorProfile
from marketplace.core import tenancy
from marketplace.orders.models import Order

FORMATS = {
    "csv": "CSV files",
    "oneroster": "OneRoster files",
    "json": "JSON files",
    "pdf": "PDF files",
    "api": "Through an interface",
}


def exit_answers(session: Session, order: Order) -> dict[str, Any]:
    """Formats, days until deletion and whether a certificate is sent; None where the vendor
    has not answered. The version that stood when the district ordered counts."""
    version = order.agreed["tool"].get("version")
    found = catalogue.answers_of_version(session, order.tool_id, version)
    formats = found.get("exit_formats", {}).get("value") or []
    days = found.get("exit_days", {}).get("value")
    sends = found.get("deletion_certificate", {}).get("value")
    return {
        "formats": [FORMATS.get(each, each) for each in formats],
        "days": days if isinstance(days, int) else None,
        "certificate": sends if isinstance(sends, bool) else None,
        "version": version,
    }


def vendor_contact(session: Session, vendor_id: UUID) -> VendorProfile | None:
    with tenancy.everyone("whom to ask at a vendor is known to its buyers"):
        query = select(VendorProfile).where(VendorProfile.org_id == vendor_id)
        return session.exec(query).first()
