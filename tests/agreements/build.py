"""Rows of agreements for tests."""

from datetime import timedelta
from hashlib import sha256

from marketplace.agreements.models import Agreement, AgreementClause, AgreementProduct, Join
from marketplace.agreements.rules import Family
from marketplace.core import clock
from marketplace.core.files import StoredFile

PDF = b"%PDF-1.7 signed by both"
DATA = ["name_student", "assessment_results"]


def paper(make, org, content=PDF):
    return make.save(
        StoredFile(
            org_id=org.id,
            name="agreement.pdf",
            media_type="application/pdf",
            size=len(content),
            fingerprint=sha256(content).hexdigest(),
            content=content,
            stored_at=clock.now(),
        )
    )


def agreement(make, district, tool, *, edition=None, by=None, **fields):
    """An agreement in force with an open standing offer, unless told otherwise."""
    today, stored = clock.now().date(), paper(make, district)
    by = by or make.buyer(district)
    fields.setdefault("offer_present", True)
    until = today + timedelta(days=700) if fields["offer_present"] else None
    fields.setdefault("offer_until", until)
    row = make.save(
        Agreement(
            org_id=district.id,
            vendor_id=tool.org_id,
            family=Family.NDPA,
            version=fields.pop("version", "2.1"),
            state=fields.pop("state", district.state),
            provider=fields.pop("provider", "A Vendor"),
            data_elements=fields.pop("data_elements", DATA),
            signed_on=fields.pop("signed_on", today - timedelta(days=100)),
            effective_on=fields.pop("effective_on", today - timedelta(days=100)),
            ends_on=fields.pop("ends_on", today + timedelta(days=900)),
            ai_addendum=fields.pop("ai_addendum", True),
            district_signer=fields.pop("district_signer", "Pat Lee, Superintendent"),
            vendor_signer=fields.pop("vendor_signer", "Sam Doe, President"),
            file_id=stored.id,
            fingerprint=stored.fingerprint,
            once_key=fields.pop("once_key", stored.id.hex),
            filed_at=clock.now(),
            filed_by=by.id,
            **fields,
        )
    )
    make.save(
        AgreementProduct(
            org_id=district.id,
            agreement_id=row.id,
            vendor_id=tool.org_id,
            tool_id=tool.id,
            edition_id=edition.id if edition else None,
        )
    )
    return row


def join(make, offer, district, tool, *, by=None, **fields):
    """A district's signed copy, sent yesterday."""
    today, stored = clock.now().date(), paper(make, district, b"%PDF-1.7 our copy")
    by = by or make.buyer(district)
    return make.save(
        Join(
            org_id=district.id,
            agreement_id=offer.id,
            vendor_id=offer.vendor_id,
            tool_id=tool.id,
            data_elements=DATA,
            checks=fields.pop("checks", []),
            signer=fields.pop("signer", "Kim Roe, Superintendent"),
            signed_on=today - timedelta(days=2),
            sent_on=today - timedelta(days=1),
            sent_to=fields.pop("sent_to", "privacy@vendor.example"),
            sent_by=by.id,
            recorded_at=clock.now(),
            file_id=stored.id,
            fingerprint=stored.fingerprint,
            ends_on=offer.ends_on,
            **fields,
        )
    )


def clause(make, agreement, district, key="ownership", *, by=None, **fields):
    """A clause that a district found in an agreement."""
    by = by or make.buyer(district)
    return make.save(
        AgreementClause(
            org_id=district.id,
            agreement_id=agreement.id,
            clause=key,
            is_there=fields.pop("is_there", True),
            locator=fields.pop("locator", "II.1"),
            looked_at=clock.now(),
            looked_by=by.id,
        )
    )
