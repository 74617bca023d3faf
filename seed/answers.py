"""What the made-up vendors answer to the question set, beside the name, the AI and the price."""

from datetime import date, timedelta
from typing import Any

from marketplace.catalogue.rules import AIUse
from seed.tools import Listing

HOSTING = "Plain River Cloud, hosting, United States"
MAIL = "Postbox Nine, e-mail, United States"
INTEGRATIONS = {
    "Clever": "clever",
    "ClassLink": "classlink",
    "Google": "google",
    "Microsoft": "microsoft",
    "OneRoster": "oneroster",
}
#: vendor -> the model behind its tools, and who runs it.
MODELS = {
    "brightlark": "Our own speech model, made and run by us in Ohio, United States",
    "cobblestone": "Tessel 3 by Northgate Models, run by Northgate in the United States",
    "tallgrass": "Tessel 3 by Northgate Models, run by Northgate in the United States",
    "quillhaven": "Quillet 2, our own, made from an open model, run on Plain River Cloud",
    "openhand": "Hark 5 by Listening Lab, run by us in Wisconsin, United States",
    "millrace": "A fixed formula of ours that people can read, run in Kansas, United States",
}
DECIDES = {
    AIUse.PREDICTIVE: "It chooses what is shown next. It gives no grade and places nobody.",
    AIUse.GENERATIVE: "It writes a draft. Nothing is sent, graded or filed without a person.",
}
PEOPLE = {
    AIUse.PREDICTIVE: "A teacher sees each result, can change it, and can switch the choosing off.",
    AIUse.GENERATIVE: "A person reads, changes or throws away each draft before it is used.",
}
#: What little is known about whether it works.
PROOF = {
    "reading-coach": (
        "promising",
        "Two schools, 412 students, one year, beside two like schools. Children read aloud a "
        "little better than those without it. We paid for the study.",
    ),
    "math-practice": (
        "moderate",
        "Nine schools, 1,260 students, one year. Growth was a tenth of a year above the schools "
        "without it. A university did the study; a state paid.",
    ),
    "phonics": ("rationale", "The order of lessons follows published research. No study yet."),
}


def answers_of(listing: Listing, today: date) -> dict[str, Any]:
    """As `answer_questions` takes them; some vendors leave some questions open, as real ones do."""
    found: dict[str, Any] = {
        "description": listing.description,
        "lowest_grade": listing.grades[0],
        "highest_grade": listing.grades[1],
        "subjects": list(listing.subjects),
        "languages": list(listing.languages),
        "ai_use": str(listing.ai),
        "ai_facts": list(listing.facts),
        "runs_on": listing.runs_on,
        "works_with": listing.works_with,
        **_license(listing),
        **_setup(listing),
        **_company(listing, today),
        **_terms(listing),
    }
    if listing.ai is not AIUse.NONE:
        found |= _ai(listing, today)
    if listing.key in PROOF:
        found["essa_tier"], found["study_words"] = PROOF[listing.key]
    elif listing.vendor != "millrace":
        found["essa_tier"] = "none"
    return found


def _license(listing: Listing) -> dict[str, Any]:
    if listing.key != "captions":
        return {"license_kind": "proprietary", "hosting": ["vendor"]}
    return {
        "license_kind": "open_source",
        "license_name": "AGPL-3.0",
        "source_code": "https://code.openhand.example/captions",
        "hosting": ["vendor", "district", "agency"],
        "service_lines": [
            {"what": "Hosting for up to 500 students, one year", "cents": 90_000},
            {"what": "Training, half a day online", "cents": 35_000},
            {"what": "Support by phone, one year", "cents": 60_000},
        ],
    }


def _ai(listing: Listing, today: date) -> dict[str, Any]:
    found = {
        "ai_models": [MODELS[listing.vendor]],
        "ai_decides": DECIDES[listing.ai],
        "ai_people": PEOPLE[listing.ai],
        "ai_training": "asked" if listing.vendor == "tallgrass" else "never",
        "ai_limits": listing.facts[-1],
        "ai_changed_on": (today - timedelta(days=120)).isoformat(),
    }
    if listing.ai is AIUse.GENERATIVE:
        found["ai_age_limit"] = "13 and older; students use it only inside our pages"
    if listing.vendor in ("brightlark", "openhand"):
        found["ai_bias"] = (
            "We tested it ourselves with 640 people of six speech groups, and list the error "
            "rate of each group on our web page."
        )
    return found


def _setup(listing: Listing) -> dict[str, Any]:
    works = [key for word, key in INTEGRATIONS.items() if word in listing.works_with]
    return {
        **({"integrations": works} if works else {}),
        "chromebook": "all" if "Chromebook" in listing.runs_on else "most",
        "offline": "some" if listing.key == "phonics" else "none",
        "slow_net": "tested" if listing.vendor in ("brightlark", "millrace") else "untested",
        "accessibility": "none" if listing.vendor == "millrace" else "own",
        "support_hours": "School days, 7 a.m. to 5 p.m. Central",
        "support_reply": "Within one school day",
    }


def _company(listing: Listing, today: date) -> dict[str, Any]:
    return {
        "subprocessors": [HOSTING, MAIL],
        "data_place": "United States",
        "insurance": "General liability and cyber, $2 million each",
        "insurance_until": (today + timedelta(days=700)).isoformat(),
        "viability": "A bank account of its own pays the hosting for 12 months after we close.",
        "exit_formats": ["csv", "oneroster"] if "OneRoster" in listing.works_with else ["csv"],
        "exit_days": 60,
        "deletion_certificate": True,
        "substitute": "The printed lessons, or the tool beside it on this list.",
    }


def _terms(listing: Listing) -> dict[str, Any]:
    return {
        "tiny_floor_cents": 25_000 if listing.vendor in ("brightlark", "quillhaven") else 0,
        "included": ["Set-up and rosters", "Two online trainings", "Help by e-mail"],
        "training_lines": [{"what": "Half a day of training on site", "cents": 120_000}],
        "mid_term_join": "days",
        "renewal_cap_percent": 3 if listing.vendor == "millrace" else 5,
    }
