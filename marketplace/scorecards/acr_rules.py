"""Accessibility conformance reports (OpenACR): checked by schema and by catalog, then counted.

The schema knows the shape only; whether a criterion, a component or a level exists is asked of
the catalog. A missing catalog, an odd date and a blank level are said but not held against the
report: blank and absent criteria count as unknown, which is what the district needs to hear.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from marketplace.core.errors import RuleBroken

LEVEL_A, LEVEL_AA = "success_criteria_level_a", "success_criteria_level_aa"
ASSUMED = "2.4-edition-wcag-2.1-508-en"
#: What WCAG 2.1 asks at A and AA: 50 criteria of this catalog.
COUNTED_IN = ASSUMED
LEVELS = ("supports", "partially-supports", "does-not-support", "not-applicable", "not-evaluated")
#: How old a report may be to answer EQ-01 with a or b (rubric, openacr_mapping).
FRESH_DAYS = 548
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Catalogs:
    chapters: Mapping[str, Mapping[str, Any]]
    terms: tuple[str, ...]
    components: tuple[str, ...]
    schema: Mapping[str, Any]

    def wcag21(self) -> dict[str, str]:
        """The 50 criteria of WCAG 2.1 A and AA, by number, with their names."""
        chapters = self.chapters[COUNTED_IN]
        both = {**chapters[LEVEL_A], **chapters[LEVEL_AA]}
        return dict(sorted(both.items(), key=lambda kv: [int(n) for n in kv[0].split(".")]))


@dataclass(frozen=True)
class Report:
    """What a report says about WCAG 2.1 A and AA for one component."""

    title: str
    product: str
    report_date: str | None
    #: The report's day, where its date could be read.
    dated: date | None
    catalog: str | None
    #: level by number of the criterion; "" where it is blank.
    levels: Mapping[str, str]
    missing: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    def count(self, level: str) -> int:
        return sum(said == level for said in self.levels.values())

    @property
    def applicable(self) -> int:
        return len(self.levels) - self.count("not-applicable")

    @property
    def unknown(self) -> int:
        return len(self.missing) + self.count("not-evaluated")

    @property
    def unmet(self) -> list[str]:
        return [number for number, level in self.levels.items() if level == "does-not-support"]

    def document(self) -> dict[str, Any]:
        """What `marketplace acr check --json` prints."""
        return {
            "title": self.title,
            "report_date": self.report_date,
            "catalog": self.catalog,
            "wcag21aa": {
                **{level.replace("-", "_"): self.count(level) for level in LEVELS},
                "missing": list(self.missing),
            },
            "problems": list(self.problems),
            "applicable": self.applicable,
            "unmet": self.unmet,
            "notes": list(self.notes),
        }


def read_report(document: Any, catalogs: Catalogs, component: str = "web") -> Report:
    """Raises `RuleBroken` when the document is no report at all; other faults are `problems`."""
    if not isinstance(document, Mapping) or not isinstance(document.get("title"), str):
        raise RuleBroken("This is no accessibility report: it has no title.")
    plain = _dates_as_text(document)
    problems = list(dict.fromkeys(_by_schema(plain, catalogs.schema, catalogs.schema, "")))
    notes: list[str] = []
    catalog = plain.get("catalog")
    known = catalog if catalog in catalogs.chapters else ASSUMED
    if not catalog:
        notes.append(f"No catalog is named; checked against {ASSUMED}.")
    elif catalog != known:
        notes.append(f"The catalog “{catalog}” is not kept here; checked against {ASSUMED}.")
    if not problems:
        problems += _by_catalog(plain.get("chapters") or {}, catalogs, known)
    said = plain.get("report_date")
    dated = day_of(said)
    if dated is None:
        notes.append("It has no date." if not said else f"Its date “{said}” cannot be read.")
    elif str(said) != dated.isoformat():
        notes.append(f"Its date “{said}” is read as {dated.isoformat()}.")
    found = {} if problems else _levels(plain, component)
    levels = {number: found.get(number, "") for number in catalogs.wcag21()}
    if blank := sum(found.get(number) == "" for number in levels):
        notes.append(f"{blank} of the criteria have a blank level; they count as unknown.")
    product = plain.get("product")
    return Report(
        title=document["title"],
        product=product.get("name", "") if isinstance(product, Mapping) else "",
        report_date=None if said is None else str(said),
        dated=dated,
        catalog=catalog,
        levels=levels,
        missing=tuple(number for number, level in levels.items() if not level),
        problems=tuple(problems),
        notes=tuple(notes),
    )


def day_of(said: Any) -> date | None:
    """2021-08-31, 8/31/2021 and “August 31, 2021” are days; “June 2020” is none."""
    text = str(said or "").strip()
    if iso := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2}).*", text):
        return _day(iso[1], iso[2], iso[3])
    if us := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        return _day(us[3], us[1], us[2])
    if words := re.fullmatch(r"([A-Za-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})", text):
        months = (
            "jan",
            "feb",
            "mar",
            "apr",
            "may",
            "jun",
            "jul",
            "aug",
            "sep",
            "oct",
            "nov",
            "dec",
        )
        if words[1].lower() in months:
            return _day(words[3], months.index(words[1].lower()) + 1, words[2])
    return None


def _day(year: Any, month: Any, day: Any) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _dates_as_text(value: Any) -> Any:
    """YAML reads 2021-08-31 as a date where the schema asks for text."""
    if isinstance(value, Mapping):
        return {str(key): _dates_as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_dates_as_text(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


# -- by the schema: the parts of JSON Schema (draft 7) that OpenACR uses ----------------------

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
}


def _by_schema(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> Iterator[str]:
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rsplit("/", 1)[-1]]
    name = at or "report"
    wanted = schema.get("type")
    if wanted and not _fits(value, wanted):
        yield f"{name}: it must be {'an' if wanted[0] in 'aoi' else 'a'} {wanted}."
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{name}: “{value}” is none of {', '.join(schema['enum'])}."
    if isinstance(value, Mapping):
        for key in schema.get("required", ()):
            if key not in value:
                yield f"{name}: “{key}” is missing."
        for key, inner in schema.get("properties", {}).items():
            if key in value:
                yield from _by_schema(value[key], inner, root, f"{at}.{key}" if at else key)
    if isinstance(value, list) and "items" in schema:
        for place, one in enumerate(value):
            yield from _by_schema(one, schema["items"], root, f"{name}[{place}]")


def _fits(value: Any, wanted: str) -> bool:
    """In Python, true is also a number."""
    return isinstance(value, _TYPES[wanted]) and (wanted == "boolean" or type(value) is not bool)


# -- by the catalog ---------------------------------------------------------------------------


def _by_catalog(chapters: Mapping[str, Any], catalogs: Catalogs, catalog: str) -> list[str]:
    known = catalogs.chapters[catalog]
    problems = []
    for chapter, said in chapters.items():
        if chapter not in known:
            problems.append(f"{chapter}: the catalog {catalog} has no such chapter.")
            continue
        components = catalogs.components if isinstance(known[chapter], Mapping) else ("none",)
        for criterion in (said or {}).get("criteria") or ():
            number = criterion["num"]
            if number not in known[chapter]:
                problems.append(f"{chapter}: there is no criterion {number} in {catalog}.")
                continue
            for part in criterion.get("components") or ():
                level = (part.get("adherence") or {}).get("level", "")
                if part["name"] not in components:
                    problems.append(f"{number}: “{part['name']}” is not a component of it.")
                if level and level not in catalogs.terms:
                    problems.append(f"{number}: “{level}” is not a level.")
    return problems


def _levels(document: Mapping[str, Any], component: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for chapter in (LEVEL_A, LEVEL_AA):
        said = (document.get("chapters") or {}).get(chapter) or {}
        if said.get("disabled"):
            continue
        for criterion in said.get("criteria") or ():
            for part in criterion.get("components") or ():
                if part["name"] == component:
                    level = (part.get("adherence") or {}).get("level", "")
                    found[criterion["num"]] = level
    return found


# -- what it answers --------------------------------------------------------------------------


def answer_to_eq01(report: Report, today: date) -> tuple[str, str]:
    """The answer the rubric derives from a report, and why (rubric, openacr_mapping)."""
    if report.problems:
        return "c", "The report has faults, so not all of it can be counted."
    if not report.applicable:
        return "c", "The report finds no criterion applicable."
    partial = Fraction(report.count("partially-supports"), report.applicable)
    unknown = Fraction(report.unknown, report.applicable)
    unmet = len(report.unmet)
    age = (today - report.dated).days if report.dated else None
    if age is None or age > FRESH_DAYS:
        when = "has no date" if age is None else "is older than 18 months"
        return "c", f"The report {when}."
    if unmet == 0 and partial <= Fraction(1, 10) and unknown == 0:
        return "a", "All A and AA criteria evaluated, none unmet, at most 10 % partly met."
    if unmet <= 2 and partial <= Fraction(1, 4) and unknown <= Fraction(1, 10):
        return "b", "At most 2 unmet, at most 25 % partly met, at most 10 % not evaluated."
    return "c", (
        f"{unmet} unmet, {report.count('partially-supports')} partly met and {report.unknown} "
        f"unknown of {report.applicable} that apply."
    )


#: 28 CFR 35.200 as amended by 91 FR 20902 (interim final rule of April 20, 2026).
LARGE_PLACE = 50_000
ADA_LARGE, ADA_SMALL = date(2027, 4, 26), date(2028, 4, 26)
ADA_CITATION = "28 CFR 35.200; 91 FR 20902"


def ada_date(population: int | None, *, is_special_district: bool = False) -> date | None:
    """By when a district's web content and apps must meet WCAG 2.1 AA.

    `population` is the number of people who live in the district's area, not of its pupils.
    An independent school district is not a special district government. None: not known.
    """
    if is_special_district:
        return ADA_SMALL
    if population is None:
        return None
    return ADA_LARGE if population >= LARGE_PLACE else ADA_SMALL
