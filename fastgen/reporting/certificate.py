"""Certify a dataset: the checks of `fastgen verify`, and tests against the model of its scenario."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fastgen.dataset.verify.report import CHECKS

if TYPE_CHECKING:
    from fastgen.reporting.expected import Expected
    from fastgen.reporting.survey import Survey


@dataclass(frozen=True)
class Row:
    """One statement on a dataset, and how it was tested.

    Attributes
    ----------
    name
        Key of the statement.
    what
        What is so, if it passes, in words.
    reference
        What the dataset was compared with.
    n
        How many things were compared.
    statistic, freedom, p, q
        Of a statistical test: the statistic, its degrees of freedom, the probability of a value at least as
        large by chance, and the same with all tests counted (Benjamini and Hochberg). None for an invariant.
    verdict
        What came out, in words.
    effect_name, effect
        Size of the difference.
    passed
        Whether it holds.
    """

    name: str
    what: str
    reference: str
    n: int
    statistic: float | None
    freedom: int | None
    p: float | None
    q: float | None
    verdict: str
    effect_name: str | None
    effect: float | None
    passed: bool


@dataclass(frozen=True)
class Certificate:
    """All statements on a dataset."""

    digest: str
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether every statement holds."""
        return all(row.passed for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Make a dictionary that JSON can hold."""
        return {"passed": self.passed, "digest": self.digest, "rows": [asdict(row) for row in self.rows]}


def certify(survey: Survey, expected: Expected | None) -> Certificate:  # noqa: ARG001
    """Certify a dataset.

    Parameters
    ----------
    survey
        The dataset.
    expected
        What its model expects; None: there is no model, and invariants alone are stated.
    """
    rows = [
        Row(
            name=check.name,
            what=CHECKS[check.name][1],
            reference="rules of the model",
            n=check.checked,
            statistic=None,
            freedom=None,
            p=None,
            q=None,
            verdict="holds" if check.passed else f"{check.wrong:,} are wrong: {check.first}",
            effect_name=None,
            effect=None,
            passed=check.passed,
        )
        for check in survey.verified.checks
    ]
    return Certificate(survey.verified.digest, tuple(rows))
