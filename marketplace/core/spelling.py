"""How many slips of the finger lie between two words. Plain text in, a number out."""


def distance(typed: str, start: str, most: int) -> int:
    """The fewest slips between `typed` and how `start` begins; above `most` it stops counting.

    A slip is a letter too many, missing, wrong, or swapped with its neighbour.
    """
    before: list[int] = []
    last = list(range(len(start) + 1))
    for i, letter in enumerate(typed, 1):
        row = [i]
        for j, other in enumerate(start, 1):
            cost = last[j - 1] if letter == other else 1 + min(last[j], row[-1], last[j - 1])
            if i > 1 and j > 1 and letter == start[j - 2] and typed[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
        if min(last) > most and min(before) > most:
            return most + 1
    return min(last)


def allowed(length: int) -> int:
    """How many slips a word of so many letters may have."""
    return 1 if length < 6 else 2 if length < 12 else 3


def pairs(word: str) -> list[str]:
    """Neighbouring letters, each pair once: the cheap measure of likeness."""
    return list(dict.fromkeys(word[i : i + 2] for i in range(len(word) - 1)))
