"""An incident of a tool, and the two operators who decide over it."""

from types import SimpleNamespace

import pytest

from marketplace.accounts.rules import Role
from marketplace.core import tenancy
from marketplace.core.uploads import CheckedFile
from marketplace.oversight import service

PROOF = CheckedFile("proof.pdf", "application/pdf", b"%PDF-1.7 proof")


def across(use_case):
    """The operator's desk runs a use case across organizations; so does this."""

    def run(session, actor, *args, **kwargs):
        with tenancy.everyone("the operator decides over reports of every organization"):
            result = use_case(session, actor, *args, **kwargs)
            session.flush()
            return result

    return run


@pytest.fixture
def desk(make, act):
    """`desk.reported(tool)`, `desk.confirmed(tool)`; `desk.ann` and `desk.bo` are operators."""
    site = make.organization("operator")
    desk = SimpleNamespace(
        ann=make.person(site, Role.OPERATOR), bo=make.person(site, Role.OPERATOR)
    )

    def reported(tool, by=None, **fields):
        fields = {"words": "A list of pupils was on the web.", "once_key": "once"} | fields
        return act(by or make.buyer(make.district()), service.report_incident, tool.id, **fields)

    def proposed(tool, exposes=True, **fields):
        incident = reported(tool, **fields)
        act(
            desk.ann,
            across(service.propose_confirmation),
            incident.id,
            public_words="Names of pupils were open on the web for two days.",
            evidence_words="A screenshot, and the vendor’s log.",
            exposes_students=exposes,
            file=PROOF,
        )
        return incident

    def confirmed(tool, **fields):
        incident = proposed(tool, **fields)
        return act(desk.bo, across(service.confirm_incident), incident.id)

    desk.reported, desk.proposed, desk.confirmed = reported, proposed, confirmed
    return desk
