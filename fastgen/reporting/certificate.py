"""Certify a dataset: the checks of `fastgen verify`, and tests against the model of its scenario."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from fastgen.dataset.verify.report import CHECKS
from fastgen.reporting.fit import control_false_discoveries
from fastgen.reporting.tests_of_fit import ask_all
from fastgen.reporting.untested import Untested, list_untested

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastgen.dataset.verify.report import Check
    from fastgen.reporting.expected import Expected
    from fastgen.reporting.fit import Fit
    from fastgen.reporting.survey import Survey
    from fastgen.reporting.tests_of_fit import Question

FORMAT, FORMAT_VERSION = "fastgen-certificate", 1
# A test fails if its q is below. Of all failures that tests of right datasets find, these are as many.
LEVEL = 0.001
RULES, MODEL = "rules of the model", "the scenario's model"
_FREEDOM_DIGITS = 3
_AT_WORST = "_at_worst"
# What the share of a check that holds is called elsewhere.
_KNOWN_AS = {"order_ids": "key uniqueness", "items": "referential integrity"}


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
        Of a statistical test: the statistic, distributed as chi-square with `freedom` degrees of freedom if
        the model is right (None: infinite, since the model rules out what was seen), the probability of one
        as far out by chance, and the same with all tests counted (Benjamini and Hochberg). None for an
        invariant, and where chance has nothing to decide.
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
    freedom: float | None
    p: float | None
    q: float | None
    verdict: str
    effect_name: str | None
    effect: float | None
    passed: bool

    @property
    def is_of_worst(self) -> bool:
        """Whether it is on the location that fits worst, not on all together."""
        return self.name.endswith(_AT_WORST)


@dataclass(frozen=True)
class Headline:
    """What a dataset is, in a few numbers.

    Attributes
    ----------
    scenario, seed, start, fastgen_version
        What it was made from; the date of day 0 in ISO form.
    locations, days, orders, events
        How many it has.
    delivered, cancelled, open
        How its orders end.
    revenue_usd
        Price of all lines.
    """

    scenario: str
    seed: int
    start: str
    fastgen_version: str
    locations: int
    days: int
    orders: int
    events: int
    delivered: int
    cancelled: int
    open: int
    revenue_usd: float


@dataclass(frozen=True)
class Certificate:
    """All statements on a dataset.

    Attributes
    ----------
    digest
        Dataset digest of the rows on disk; "" if they can't be read.
    headline
        What the dataset is.
    checks
        Invariants, from `fastgen verify`.
    tests
        Statistical tests against the model of the scenario.
    untested
        What can't be tested, and why.
    level
        A test fails if its q is below.
    """

    digest: str
    headline: Headline
    checks: tuple[Row, ...]
    tests: tuple[Row, ...]
    untested: tuple[Untested, ...]
    level: float = LEVEL

    @property
    def rows(self) -> tuple[Row, ...]:
        """Checks and tests."""
        return self.checks + self.tests

    @property
    def failed(self) -> tuple[Row, ...]:
        """The statements that don't hold."""
        return tuple(row for row in self.rows if not row.passed)

    @property
    def passed(self) -> bool:
        """Whether every statement holds."""
        return not self.failed

    @property
    def verdict(self) -> str:
        """What came out, in one sentence."""
        wrong = [row.name for row in self.checks if not row.passed]
        apart = [row.name for row in self.tests if not row.passed]
        if wrong:
            return f"{len(wrong)} of {len(self.checks)} checks fail: {', '.join(wrong)}."
        if apart:
            return f"{len(apart)} of {len(self.tests)} tests differ from the model: {', '.join(apart)}."
        if not self.tests:
            return f"All {len(self.checks)} checks pass; there is no model to test against."
        return f"All {len(self.checks)} checks and all {len(self.tests)} tests against the model pass."

    def to_dict(self) -> dict[str, Any]:
        """Make a dictionary that JSON can hold."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "passed": self.passed,
            "verdict": self.verdict,
            "digest": self.digest,
            "headline": asdict(self.headline),
            "checks": [asdict(row) for row in self.checks],
            "level": self.level,
            "tests": [asdict(row) for row in self.tests],
            "untested": [one._asdict() for one in self.untested],
        }


def certify(survey: Survey, expected: Expected | None) -> Certificate:
    """Certify a dataset.

    Parameters
    ----------
    survey
        The dataset.
    expected
        What its model expects; None: there is no model, and invariants alone are stated.
    """
    # Orders that aren't well formed are in no tally: tests of the others would say nothing on the whole.
    tested = expected if survey.verified.passed else None
    untested = list_untested(survey, tested)
    left_out = {name for one in untested for name in one.names}
    questions = [] if tested is None else ask_all(survey.tally, tested)
    rows = [
        row
        for question in questions
        if question.name not in left_out
        for row in _make_rows(question, survey.tally.axes.codes)
    ]
    return Certificate(
        digest=survey.verified.digest,
        headline=_make_headline(survey),
        checks=tuple(_state(check) for check in survey.verified.checks),
        tests=tuple(judge(rows)),
        untested=untested,
    )


def _make_headline(survey: Survey) -> Headline:
    axes, manifest = survey.tally.axes, survey.manifest
    orders, _, cents, delivered, cancelled = survey.tally.by_day.sum(axis=(0, 1)).tolist()
    return Headline(
        scenario=survey.scenario.name,
        seed=survey.scenario.seed,
        start=axes.start.isoformat(),
        fastgen_version=manifest.fastgen_version,
        locations=axes.n_locations,
        days=axes.n_days,
        orders=manifest.orders,
        events=manifest.rows,
        delivered=delivered,
        cancelled=cancelled,
        open=orders - delivered - cancelled,
        revenue_usd=cents / 100,
    )


def _state(check: Check) -> Row:
    """Make the row of an invariant."""
    verdict = "holds" if check.checked else "nothing to check"
    if not check.passed:
        verdict = f"{check.wrong:,} are wrong: {check.first}"
    elif check.skipped:
        verdict = f"skipped: {check.skipped}"
    return Row(
        name=check.name,
        what=CHECKS[check.name][1],
        reference=RULES,
        n=check.checked,
        statistic=None,
        freedom=None,
        p=None,
        q=None,
        verdict=verdict,
        effect_name=_KNOWN_AS.get(check.name, "share that holds"),
        effect=max(0.0, 1.0 - check.wrong / check.checked) if check.checked else None,
        passed=check.passed,
    )


def _make_rows(question: Question, codes: tuple[str, ...]) -> list[tuple[Row, Fit]]:
    """Make the rows of a test, without q: of all locations together, and of the one that fits worst."""
    rows = [(make_row(question, question.together), question.together)]
    worst = question.worst
    if worst is not None:
        location, fit = worst
        here = question._replace(
            name=f"{question.name}{_AT_WORST}", what=f"{question.what}, at every location"
        )
        rows.append((make_row(here, fit, f"{MODEL} of {codes[location]}, the worst of {fit.tries}"), fit))
    return rows


def make_row(question: Question, fit: Fit, reference: str = MODEL) -> Row:
    """Make the row of a test, as yet without q and verdict."""
    return Row(
        name=question.name,
        what=question.what,
        reference=reference,
        n=fit.n,
        statistic=fit.statistic if fit.is_possible and fit.is_decided else None,
        freedom=round(fit.freedom, _FREEDOM_DIGITS) if fit.is_possible and fit.is_decided else None,
        p=fit.p if fit.is_decided else None,
        q=None,
        verdict="not tested: too few orders, or nothing left to chance",
        effect_name=question.effect_name,
        effect=fit.effect,
        passed=True,
    )


def judge(rows: Sequence[tuple[Row, Fit]], as_expected: str = "as the model expects") -> list[Row]:
    """Complete rows by q, over all of them, and by their verdicts."""
    adjusted = iter(control_false_discoveries([row.p for row, _ in rows if row.p is not None]))
    return [_decide(row, fit, next(adjusted), as_expected) if row.p is not None else row for row, fit in rows]


def _decide(row: Row, fit: Fit, q: float, as_expected: str) -> Row:
    passed = q >= LEVEL
    verdict = as_expected
    if not fit.is_possible:
        verdict = "has what the model rules out"
    elif not passed and fit.is_too_good:
        verdict = "fits more closely than chance lets it: not independent draws"
    elif not passed:
        verdict = "differs by more than chance"
    return replace(row, q=q, verdict=verdict, passed=passed)
