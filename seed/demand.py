"""Districts say what they would buy with others; some let their name be seen."""

from marketplace.demand import rules, service
from seed.diary import Diary
from seed.roster import Place, everybody

#: Every second district wishes for one of these.
WISHES = ("phonics", "writing-feedback", "phonics", "lesson-loom")
FROM_DAY, UNTIL_DAY = -40, -2


def plan(diary: Diary) -> None:
    for number, place in enumerate(everybody()[::2]):
        day = FROM_DAY + number % (UNTIL_DAY - FROM_DAY)
        diary.later(diary.at(day, number), show_interest, place, number)


def show_interest(diary: Diary, place: Place, number: int) -> None:
    tool, _ = diary.tools[WISHES[number % len(WISHES)]]
    if place.leaid not in diary.actors or tool.status != "published":
        return
    name, email = diary.contacts[place.leaid]
    is_seen = number % 3 == 1
    service.show_interest(
        diary.session,
        diary.actors[place.leaid],
        tool.id,
        seats=max(5, place.pupils * (20 + number % 5 * 10) // 100),
        school_year=rules.school_year_of(diary.today()) + 1,
        budget_cents=place.pupils * 400 if number % 2 else None,
        to_districts=is_seen,
        to_vendor=is_seen and number % 2 == 0,
        contact_name=name if is_seen else "",
        contact_email=email if is_seen else "",
    )
