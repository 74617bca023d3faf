"""One plain sentence for an entry, made from its kind and its lines alone."""

from collections.abc import Callable, Mapping, Sequence

from marketplace.core.money import dollars
from marketplace.ledger.rules import HIDDEN, THE_HIDDEN, Leg, PostingKind

Tell = Callable[["Said"], str]


class Said:
    """The lines of an entry, asked for by what they are about."""

    def __init__(self, legs: Sequence[Leg], ref: str, owners: Mapping[str, str]) -> None:
        self.legs, self.ref, self._owners = legs, ref, owners

    def of(self, word: str, side: int = 0) -> list[Leg]:
        """The lines of one kind of account; side 1 only debits, -1 only credits."""
        found = [leg for leg in self.legs if leg.account.partition(":")[0] == word]
        return [leg for leg in found if leg.cents * side >= 0] if side else found

    def cents(self, word: str, side: int = 0) -> str:
        return dollars(abs(sum(leg.cents for leg in self.of(word, side))))

    @property
    def total(self) -> str:
        return dollars(sum(leg.cents for leg in self.legs if leg.cents > 0))

    def who(self, word: str, many: str = "districts") -> str:
        """“Afton Central”, “3 districts”, or “A member district” where the name is hidden."""
        codes = {leg.account for leg in self.of(word)}
        if len(codes) != 1:
            return f"{len(codes)} {many}" if codes else f"No {many}"
        code = codes.pop()
        family, _, owner = code.partition(":")
        if owner == HIDDEN:
            plural = THE_HIDDEN.get(family, many)
            return plural[:1].upper() + plural[1:]
        return self._owners.get(code) or owner.replace("-", " ")

    @property
    def what(self) -> str:
        """What it was for, in the words of the address: “the pool “reading coach””."""
        word, _, name = self.ref.split("/")[0].partition(":")
        return f"the {word} “{name.replace('-', ' ')}”"

    @property
    def pays_together(self) -> bool:
        return len({leg.account for leg in self.of("receivable")}) != 1

    def verb(self, word: str, one: str, many: str) -> str:
        codes = {leg.account for leg in self.of(word)}
        single = len(codes) == 1 and not next(iter(codes)).endswith(HIDDEN)
        return one if single else many


def _billed(said: Said) -> str:
    share = "their shares" if said.pays_together else "its share"
    billed = f"{said.who('receivable')} {said.verb('receivable', 'was', 'were')} billed"
    return f"{billed} {said.cents('receivable')} for {share} of {said.what}."


def _true_up(said: Said) -> str:
    fitted = f"The shares of {said.what} were fitted to its rules, such as to the seats in use."
    if not said.of("payable"):
        return f"{fitted} The total stayed."
    less = sum(leg.cents for leg in said.of("payable")) > 0
    owed = f"{said.cents('payable')} {'less' if less else 'more'}"
    return f"{fitted} {said.who('payable', 'vendors')} is owed {owed}."


def _fee(said: Said) -> str:
    if said.of("receivable"):
        return f"{said.who('receivable')} was charged a fee of {said.cents('fee')}."
    if said.of("payable"):
        kept = f"A fee of {said.cents('fee')} was kept back from what is owed to"
        return f"{kept} {said.who('payable', 'vendors')}."
    return f"A fee of {said.cents('fee')} was booked for {said.what}."


def _refund(said: Said) -> str:
    word = "credit" if said.of("credit") else "receivable"
    if not said.of(word):
        return f"{said.total} that had been paid was given back."
    return f"{said.total} that {said.who(word)} had paid was given back."


def _credit(said: Said) -> str:
    if said.of("receivable"):
        owes = said.verb("receivable", "owes", "owe")
        return f"{said.who('receivable')} {owes} {said.cents('receivable')} less for {said.what}."
    return f"{said.who('credit')} was given a credit of {said.cents('credit')} for a later bill."


def _written_off(said: Said) -> str:
    owed = f" that {said.who('receivable')} owed" if said.of("receivable") else ""
    return f"{said.total}{owed} will not come. It was given up and no longer counts as owed."


_TELL: dict[PostingKind, Tell] = {
    PostingKind.SPLIT_BILLED: _billed,
    PostingKind.PAYMENT_RECEIVED: lambda said: (
        f"{said.who('receivable')} paid {said.cents('receivable')} for {said.what}."
    ),
    PostingKind.PAID_DIRECTLY: lambda said: (
        f"{said.who('receivable')} paid {said.cents('receivable')} "
        f"to {said.who('payable', 'vendors')} for {said.what}."
    ),
    PostingKind.GRANT_RECEIVED: lambda said: (
        f"{said.cents('grant')} came in for {said.who('grant', 'grants')}. "
        "It is set aside for shares of districts."
    ),
    PostingKind.GRANT_APPLIED: lambda said: (
        f"A grant, {said.who('grant', 'grants')}, paid {said.cents('grant')} "
        f"of what {said.who('receivable')} owed for {said.what}."
    ),
    PostingKind.VENDOR_PAID: lambda said: (
        f"{said.who('payable', 'vendors')} {said.verb('payable', 'was', 'were')} "
        f"paid {said.cents('payable')}."
    ),
    PostingKind.CASH_MOVED: lambda said: (
        f"{said.total} went from one account of the consortium to another."
    ),
    PostingKind.FEE: _fee,
    PostingKind.REFUND: _refund,
    PostingKind.CREDIT: _credit,
    PostingKind.CREDIT_USED: lambda said: (
        f"{said.who('credit')} used {said.cents('credit')} of its credit for {said.what}."
    ),
    PostingKind.WRITE_OFF: _written_off,
    PostingKind.TRUE_UP: _true_up,
    PostingKind.CORRECTION: lambda said: (
        f"An earlier entry about {said.what} was wrong. "
        f"This one says what is right: {said.total} in all."
    ),
    PostingKind.REVERSAL: lambda said: (
        f"An earlier entry of {said.total} is cancelled, line by line. Both stay on the books."
    ),
}


def tell(kind: PostingKind, legs: Sequence[Leg], ref: str, owners: Mapping[str, str]) -> str:
    """“Maple Valley was billed $7,961.41 for its share of the pool “reading coach”.”

    `owners` gives the name behind the code of an account; who is hidden is not named.
    """
    return _TELL[kind](Said(legs, ref, owners))
