"""The proof that a district's data is gone, filed by the district or by the vendor."""

from datetime import date
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from marketplace.core import clock, files
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.orders import queries as orders
from marketplace.renewals import renewal_queries
from marketplace.renewals.models import DeletionCertificate


def file_certificate(
    session: Session,
    actor: Actor,
    order_id: UUID,
    *,
    deleted_on: date,
    file_name: str,
    file_bytes: bytes,
) -> DeletionCertificate:
    """Keep a certificate of deletion beside the order; the same file again changes nothing."""
    order = orders.get_order(session, order_id, lock=True)
    require(actor, "renewals.file_certificate", order)
    if deleted_on > clock.today(order.agreed["pool"]["time_zone"]):
        raise RuleBroken("This day is still to come. File it once the data is gone.", "deleted_on")
    if deleted_on < order.term_starts_on:
        raise RuleBroken("This day is before the term. Check the year.", "deleted_on")
    fingerprint = sha256(file_bytes).hexdigest()
    for earlier in renewal_queries.certificates_of(session, [order.id]):
        if files.get_file(session, earlier.file_id).fingerprint == fingerprint:
            return earlier
    stored = files.store_pdf(session, actor, order.org_id, file_name, file_bytes, "file")
    session.flush()
    certificate = DeletionCertificate(
        org_id=order.org_id,
        order_id=order.id,
        consortium_id=order.consortium_id,
        vendor_id=order.vendor_id,
        deleted_on=deleted_on,
        file_id=stored.id,
        filed_at=clock.now(),
        filed_by=actor.user_id,
    )
    session.add(certificate)
    session.flush()
    emit(session, actor, "renewals.certificate_filed", certificate, order=str(order.id))
    return certificate
