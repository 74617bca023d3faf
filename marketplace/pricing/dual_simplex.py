"""A small exact linear programme whose constraints arrive one by one, in whole numbers only.

The lexicographic dual simplex method (Lemke, 1954; Gomory's form of it) on a table of integers
over one common denominator, divided without remainder at each step (Bareiss, 1968). There is
no rounding, so "no solution" is a proof; ties are broken by the order of the objectives, so
it always ends, at the one solution that is best in that order.
"""

from collections.abc import Mapping, Sequence
from math import gcd
from typing import Any


class NoSolution(Exception):
    """No values of the variables satisfy every constraint."""


class Programme:
    """Variables 0, 1, …, all >= 0; make objective 0 least, then objective 1, and so on.

    Objectives must not be negative anywhere, and in order they must settle every variable.
    """

    def __init__(self, variables: int, objectives: Sequence[Mapping[int, int]]) -> None:
        import numpy as np  # noqa: PLC0415 - heavy, and few requests need it

        self._np = np
        self.variables = variables
        self.denominator = 1
        identity = [self._row(0, {variable: 1}) for variable in range(variables)]
        self.objectives = len(objectives)
        rows = [self._row(0, objective) for objective in objectives] + identity
        self.table = np.array(rows, dtype=object)

    def _row(self, constant: int, terms: Mapping[int, int]) -> list[int]:
        row = [constant] + [0] * self.variables
        for variable, factor in terms.items():
            row[variable + 1] = factor
        return row

    def require(self, constant: int, terms: Mapping[int, int]) -> None:
        """Add the constraint constant + sum of factor * variable >= 0."""
        shared = gcd(constant, *terms.values()) or 1
        row = self._np.zeros(self.variables + 1, dtype=object)
        row[0] = constant // shared * self.denominator
        for variable, factor in terms.items():
            row = row + self.table[self.objectives + variable] * (factor // shared)
        self.table = self._np.vstack((self.table, row))

    def solve(self) -> tuple[list[int], int]:
        """The values of the variables as numerators, and their common denominator."""
        while True:
            constants = self.table[self.objectives :, 0]
            row = self.objectives + min(range(len(constants)), key=lambda at: constants[at])
            if self.table[row, 0] >= 0:
                values = self.table[self.objectives : self.objectives + self.variables, 0]
                return list(values), self.denominator
            self._exchange(row, self._column_for(row))

    def _column_for(self, row: int) -> int:
        """The column that mends the row at the least cost, objective by objective."""
        rising = [at for at in range(1, self.variables + 1) if self.table[row, at] > 0]
        if not rising:
            raise NoSolution
        best = rising[0]
        for column in rising[1:]:
            if self._is_cheaper(column, best, row):
                best = column
        return best

    def _is_cheaper(self, column: int, other: int, row: int) -> bool:
        table = self.table
        for rank in range(self.objectives + self.variables):
            mine = table[rank, column] * table[row, other]
            theirs = table[rank, other] * table[row, column]
            if mine != theirs:
                return bool(mine < theirs)
        return False

    def _exchange(self, row: int, column: int) -> None:
        pivot: Any = self.table[row, column]
        leaving = self.table[:, column].copy()
        table = self.table * pivot - self._np.outer(leaving, self.table[row])
        table //= self.denominator
        table[:, column] = leaving
        self.table, self.denominator = table, pivot
