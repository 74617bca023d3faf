"""Price schedules and members for the tests of pricing, and slow, obvious ways to check them."""

from hypothesis import strategies as st

from marketplace.pricing.rules import Band, Form, Member, Schedule


def bands(*pairs):
    return tuple(Band(starts_at, unit_cents) for starts_at, unit_cents in pairs)


def per_seat(unit_cents, **more):
    return Schedule(Form.PER_SEAT, bands((1, unit_cents)), **more)


def volume(*pairs, **more):
    return Schedule(Form.VOLUME, bands(*pairs), **more)


def graduated(*pairs, **more):
    return Schedule(Form.GRADUATED, bands(*pairs), **more)


def site(*pairs, **more):
    return Schedule(Form.SITE, bands(*pairs), **more)


def flat(total_cents, **more):
    return Schedule(Form.FLAT, total_cents=total_cents, **more)


def cost_seat_by_seat(schedule, seats):
    """The words of the contract, one seat at a time."""
    if seats == 0:
        return 0
    unit_at = (
        [
            max((b.starts_at, b.unit_cents) for b in schedule.bands if b.starts_at <= seat)[1]
            for seat in range(1, seats + 1)
        ]
        if schedule.bands
        else []
    )
    if schedule.form is Form.FLAT:
        said = schedule.total_cents
    elif schedule.form is Form.GRADUATED:
        said = sum(unit_at)
    else:
        said = seats * unit_at[-1]
    price = max(schedule.minimum_cents, schedule.platform_fee_cents + said)
    return price if schedule.cap_cents is None else min(schedule.cap_cents, price)


@st.composite
def schedules(draw, forms=(Form.FLAT, Form.PER_SEAT, Form.GRADUATED, Form.VOLUME), falling=False):
    """Small schedules of seats, so that everything can be tried one seat at a time."""
    form = draw(st.sampled_from(forms))
    fee = draw(st.integers(0, 300))
    minimum = draw(st.sampled_from([0, 0, 50, 400]))
    cap = draw(st.sampled_from([None, None, 400, 900, 2_000]))
    limits = {"platform_fee_cents": fee, "minimum_cents": minimum, "cap_cents": cap}
    if form is Form.FLAT:
        return Schedule(form, total_cents=draw(st.integers(0, 3_000)), **limits)
    count = 1 if form is Form.PER_SEAT else draw(st.integers(1, 4))
    starts = [1, *sorted(draw(st.sets(st.integers(2, 60), min_size=count - 1, max_size=count - 1)))]
    prices = draw(st.lists(st.integers(0, 60), min_size=count, max_size=count))
    if falling:
        prices.sort(reverse=True)
    return Schedule(form, bands(*zip(starts, prices)), **limits)


@st.composite
def groups(draw, most=8, limits=False):
    count = draw(st.integers(1, most))
    names = draw(st.permutations([f"01{number:05}" for number in range(count)]))
    cents = st.integers(0, 900) | st.none() if limits else st.none()
    return [
        Member(
            name,
            draw(st.integers(1, 25)),
            draw(st.integers(1, 400)),
            draw(cents),
            draw(st.integers(0, 10)) if limits else 0,
        )
        for name in names
    ]
