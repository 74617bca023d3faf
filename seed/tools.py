"""The fourteen tools of the made-up vendors: what they do, what their AI does, what they cost."""

from dataclasses import dataclass, field
from typing import Any

from marketplace.catalogue.rules import AIUse

Bands = tuple[tuple[int, int], ...]


def seats(form: str, *bands: tuple[int, int], fee: int = 0, least: int = 0) -> dict[str, Any]:
    """A price by the seat: bands of (from, cents each), a platform fee, a minimum."""
    return {
        "form": form,
        "platform_fee_cents": fee,
        "minimum_cents": least,
        "cap_cents": None,
        "bands": [{"from": start, "unit_cents": cents} for start, cents in bands],
    }


def flat(total_cents: int) -> dict[str, Any]:
    return {
        "form": "flat",
        "platform_fee_cents": 0,
        "minimum_cents": 0,
        "cap_cents": None,
        "total_cents": total_cents,
    }


@dataclass(frozen=True)
class Listing:
    """One tool. `state` is how far its listing has come: draft, submitted, published, suspended."""

    key: str
    vendor: str
    name: str
    summary: str
    description: str
    grades: tuple[int, int]
    subjects: tuple[str, ...]
    ai: AIUse
    facts: tuple[str, ...]
    prices: dict[str, dict[str, Any]]
    listed: int  # days from today
    languages: tuple[str, ...] = ("English",)
    runs_on: str = "Chromebook, iPad, any current browser"
    works_with: str = "Google sign-in, Microsoft sign-in, OneRoster 1.2"
    state: str = "published"
    newer_prices: dict[str, dict[str, Any]] = field(default_factory=dict)


LISTINGS = (
    Listing(
        "reading-coach",
        "brightlark",
        "Brightlark Reading Coach",
        "Listens while a child reads aloud, helps with hard words, and tells the teacher what to "
        "practice next.",
        "A child reads a short passage aloud. The coach waits, gives a hint when the child is "
        "stuck, and marks the words that were read wrong. The teacher sees one page a week for "
        "each group: who is ready to move on and which sounds to practice. Teachers need about "
        "ten minutes a week. Each child needs a headset with a microphone.",
        (0, 5),
        ("reading", "english_learners"),
        AIUse.PREDICTIVE,
        (
            "Turns speech into text and marks words read wrong. The teacher can change any mark.",
            "Picks the next passage from a fixed library of 1,900. It does not write stories.",
            "Makes more mistakes for some accents: 9 of 100 words for English learners, 5 of 100 "
            "for others in our own test of 640 children.",
            "Recordings are kept for 30 days and are never used to train a model.",
        ),
        {
            "Whole school": seats(
                "volume",
                (1, 1600),
                (1000, 1350),
                (2500, 1125),
                (5000, 975),
                (16_000, 900),
                least=75_000,
            )
        },
        -496,
        ("English", "Spanish"),
        "Chromebook, iPad, any current browser; needs a microphone",
        "Clever, ClassLink, Google sign-in, OneRoster 1.2",
    ),
    Listing(
        "phonics",
        "brightlark",
        "Brightlark Phonics Path",
        "Short sound-and-letter practice for beginning readers, ten minutes a day.",
        "Children hear a sound, find the letters and build words. The order of lessons is the "
        "same for everyone; the number of repeats changes with the child’s answers. A printed "
        "workbook page goes with every lesson, so that a class can work without devices.",
        (-1, 2),
        ("reading",),
        AIUse.PREDICTIVE,
        (
            "Guesses from right and wrong answers how many repeats a child needs.",
            "The teacher sees why and can set the number of repeats by hand.",
            "Uses no voice, no camera and no generated text.",
        ),
        {"Classroom": seats("graduated", (1, 950), (500, 800), (2000, 650))},
        -470,
    ),
    Listing(
        "book-finder",
        "brightlark",
        "Brightlark Book Finder",
        "Suggests books of the school’s own library that fit a child’s reading level.",
        "Reads the list of a school library and suggests three books at a time. Still being "
        "tried in two libraries.",
        (1, 6),
        ("reading",),
        AIUse.PREDICTIVE,
        ("Sorts the library’s own books by level and topic. It sees no names of children.",),
        {},
        -20,
        state="draft",
    ),
    Listing(
        "math-practice",
        "cobblestone",
        "Cobblestone Practice",
        "Math problems that start where a student is, and show the steps when asked.",
        "Students solve short sets of problems. When they are stuck they can ask for the next "
        "step, and then solve it again with other numbers. Teachers choose the topic and see "
        "which step most students missed. Everything can be printed.",
        (3, 8),
        ("math",),
        AIUse.PREDICTIVE,
        (
            "Chooses the next problem from a fixed bank of 14,000 by earlier answers.",
            "Hints are written by people. No text is generated.",
            "The teacher can switch the choosing off and assign sets by hand.",
        ),
        {"Student": seats("volume", (1, 900), (1000, 750), (3000, 600))},
        -495,
        ("English", "Spanish"),
    ),
    Listing(
        "algebra",
        "cobblestone",
        "Cobblestone Algebra Steps",
        "A patient helper for Algebra 1 and 2 that asks the next question instead of giving the "
        "answer.",
        "The student types or photographs a problem. The helper asks what could come next and "
        "points at the line that went wrong. It does not give final answers unless the teacher "
        "allows it. The teacher can read every conversation of the class.",
        (7, 12),
        ("math",),
        AIUse.GENERATIVE,
        (
            "A language model of an outside company writes the questions, from our own rules.",
            "Checked by a calculator program; still wrong in about 2 of 100 steps in our test.",
            "Student work is not used to train any model. The contract with our supplier says so.",
        ),
        {"Student": seats("per_seat", (1, 1150), least=50_000)},
        -350,
    ),
    Listing(
        "lesson-loom",
        "tallgrass",
        "Lesson Loom",
        "Drafts lesson plans from a teacher’s notes and the state’s standards.",
        "A teacher writes a few lines: topic, grade, what went wrong last time. Lesson Loom "
        "drafts a plan with an opening, practice and a short check. Everything can be changed. "
        "Nothing about students is asked for. One seat is one teacher.",
        (0, 12),
        ("planning",),
        AIUse.GENERATIVE,
        (
            "A language model writes a first draft. The teacher edits it and is the author.",
            "It can be wrong about facts, so every plan opens with a reminder to check them.",
            "It never sees student names, grades or work. Pasting them in brings a warning.",
        ),
        {"Teacher": seats("graduated", (1, 7200), (50, 6000), (200, 4800))},
        -480,
        runs_on="Any current browser",
    ),
    Listing(
        "family-messages",
        "tallgrass",
        "Plainspeak Family Messages",
        "Puts a school’s messages into families’ languages, in plain words.",
        "Staff write in English. Plainspeak shows a plain-words version and a translation side "
        "by side. Families answer in their own language. Messages about health, discipline or "
        "special education ask for a human translator before they can be sent.",
        (-1, 12),
        ("office", "english_learners"),
        AIUse.GENERATIVE,
        (
            "A translation model turns messages into 22 languages. Five were checked by people: "
            "Spanish, Arabic, Somali, Vietnamese and Ukrainian.",
            "Quality is lower in the other 17, and the screen says so each time.",
            "Some kinds of message cannot be sent without a human translator.",
        ),
        {"All members of a pool": flat(1_850_000)},
        -460,
        ("English", "Spanish", "Arabic", "Somali", "Vietnamese", "Ukrainian"),
        works_with="Any student information system with a CSV export",
    ),
    Listing(
        "meeting-minder",
        "tallgrass",
        "Meeting Minder",
        "Finds a time for family meetings without twenty e-mails.",
        "Families choose from open times by text message or phone. Reminders go out the day "
        "before. Works with paper sign-up sheets too.",
        (-1, 12),
        ("office",),
        AIUse.NONE,
        ("Uses no AI. It matches calendars by fixed rules.",),
        {"Whole district": seats("site", (1, 60_000), (500, 110_000), (1500, 190_000))},
        -440,
        ("English", "Spanish"),
    ),
    Listing(
        "writing-feedback",
        "quillhaven",
        "Quillhaven Writing Feedback",
        "Comments on a student’s draft the way the teacher’s rubric asks, before it is handed in.",
        "The teacher pastes a rubric. Students get comments on structure, evidence and clarity, "
        "never a grade and never rewritten sentences. The teacher reads the comments first if "
        "they want to. A record of drafts shows how a text grew.",
        (6, 12),
        ("reading",),
        AIUse.GENERATIVE,
        (
            "A language model writes comments; it does not grade and does not rewrite.",
            "It comments more often on dialect than a teacher would. Teachers can mute a rule.",
            "Drafts are deleted 60 days after the class ends and train no model.",
        ),
        {"Student": seats("volume", (1, 1200), (800, 1000), (2000, 800), fee=150_000)},
        -490,
        newer_prices={"Student": seats("volume", (1, 1250), (800, 1050), (2000, 840), fee=150_000)},
    ),
    Listing(
        "research-helper",
        "quillhaven",
        "Quillhaven Research Helper",
        "Helps students turn a question into sources they can check.",
        "Suggests search words and shows library sources with a short summary and a link.",
        (8, 12),
        ("reading", "social_studies"),
        AIUse.GENERATIVE,
        (
            "A language model writes the summaries; each has a link to its source.",
            "About 4 of 100 summaries left out something important in our test.",
        ),
        {"Student": seats("per_seat", (1, 700))},
        -400,
        state="suspended",
    ),
    Listing(
        "captions",
        "openhand",
        "Openhand Captions",
        "Live captions for lessons and meetings, and for recorded video.",
        "A teacher wears a microphone; words appear on the class screen or on a student’s own "
        "device. A person can correct the text while it appears. Recordings are captioned over "
        "night.",
        (0, 12),
        ("special_education", "english_learners"),
        AIUse.PREDICTIVE,
        (
            "Turns speech into text. In a quiet room 95 of 100 words are right, in a noisy one 88.",
            "Not meant for students who need an interpreter or a trained captioner by their plan.",
            "Sound is not stored. Text is stored only when the teacher saves it.",
        ),
        {"All members of a pool": flat(1_260_000)},
        -430,
        ("English", "Spanish"),
        "Any current browser; needs a microphone",
    ),
    Listing(
        "iep-draft",
        "openhand",
        "Openhand IEP Drafting Aid",
        "Drafts the wording of IEP goals from what the team has already decided.",
        "Case managers choose the area, the present level and the way of measuring. The aid "
        "words a goal that can be measured and checks for missing parts. The team decides; "
        "nothing is filled in without a person. One seat is one case manager.",
        (-1, 12),
        ("special_education",),
        AIUse.GENERATIVE,
        (
            "A language model words goals from choices people made. It makes no decision about "
            "services, placement or eligibility.",
            "Names are replaced before anything is sent to the model.",
            "Every draft must be opened and edited or confirmed by a case manager.",
        ),
        {"Case manager": seats("graduated", (1, 14_500), (25, 12_000), (100, 9_500))},
        -455,
        runs_on="Any current browser",
        works_with="CSV; two common special-education record systems",
    ),
    Listing(
        "attendance",
        "millrace",
        "Millrace Attendance Watch",
        "Shows early which students miss more and more school, so that somebody calls.",
        "Reads attendance each night and lists students whose absences have grown. A counselor "
        "decides whom to call and notes what helped.",
        (0, 12),
        ("office", "wellbeing"),
        AIUse.PREDICTIVE,
        (
            "Counts absences and compares with earlier weeks. It uses no grades, no discipline "
            "records, no address and no family data.",
            "It is no label: students leave the list when they come to school again.",
        ),
        {"Whole district": seats("site", (1, 90_000), (400, 150_000), (1200, 240_000))},
        -415,
        works_with="Most student information systems, nightly CSV",
    ),
    Listing(
        "bus-router",
        "millrace",
        "Millrace Bus Router",
        "Plans bus routes and tells families when a bus is late.",
        "Plans routes from stops and times. The driver’s phone shows where the bus is; families "
        "see one stop only, their own.",
        (-1, 12),
        ("office",),
        AIUse.NONE,
        ("Uses no AI. Routes come from a fixed calculation that people can read.",),
        {"Whole district": seats("site", (1, 120_000), (600, 210_000), (1800, 360_000))},
        -9,
        state="submitted",
    ),
)
