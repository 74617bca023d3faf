"""What the pages of incidents share: the blueprint and the words."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint

from marketplace.catalogue import queries as catalogue
from marketplace.core import db
from marketplace.oversight import rules
from marketplace.oversight.models import Incident

bp = Blueprint("oversight", __name__)
PUBLIC = "what is public of an incident is public"
DECIDES = "the operator decides over reports of every organization"


@bp.app_template_global("incident_words")
def incident_words() -> dict[str, Any]:
    return {"status": rules.STATUS_WORDS, "step": rules.STEP_WORDS}


def tools_of(incidents: Sequence[Incident]) -> dict[Any, Any]:
    return catalogue.tools_by_id(db.session(), {incident.tool_id for incident in incidents})
