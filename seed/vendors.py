"""Six made-up vendors and who they say they are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Vendor:
    key: str
    name: str
    city: str
    state: str
    street: str
    zip: str
    about: str

    @property
    def remit_to(self) -> str:
        return f"Accounts receivable\n{self.street}\n{self.city}, {self.state} {self.zip}"


VENDORS = (
    Vendor(
        "brightlark",
        "Brightlark Learning",
        "Columbus",
        "OH",
        "PO Box 1180",
        "43216",
        "Four former reading teachers and five engineers. We make tools for the first years of "
        "reading, and we visit every new district once by video.",
    ),
    Vendor(
        "cobblestone",
        "Cobblestone Math",
        "Pittsburgh",
        "PA",
        "PO Box 642",
        "15230",
        "We write math practice that shows the steps. Founded in 2016 by two math coaches.",
    ),
    Vendor(
        "tallgrass",
        "Tallgrass Teaching Tools",
        "Lincoln",
        "NE",
        "PO Box 8810",
        "68501",
        "Tools for the part of teaching that happens after three o’clock: planning, writing home, "
        "finding a time to meet. Eleven people.",
    ),
    Vendor(
        "quillhaven",
        "Quillhaven",
        "Ithaca",
        "NY",
        "PO Box 273",
        "14851",
        "Feedback on student writing, made with English teachers of small high schools.",
    ),
    Vendor(
        "openhand",
        "Openhand Access",
        "Madison",
        "WI",
        "PO Box 2207",
        "53701",
        "We make school usable for more children: captions, and paperwork for special education.",
    ),
    Vendor(
        "millrace",
        "Millrace School Systems",
        "Wichita",
        "KS",
        "PO Box 4415",
        "67204",
        "Software for the school office since 2009. Two of our three tools use no AI at all.",
    ),
)
