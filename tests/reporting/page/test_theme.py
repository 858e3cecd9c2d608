"""Readers with any kind of colour vision tell the lines of a chart apart, in both themes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from fastgen.reporting.theme import DARK, LIGHT, Theme

Colours = NDArray[np.float64]
# What colour-blind readers see, in linear light, by Machado, Oliveira and Fernandes (2009), severity 1.
SIGHT = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# From linear sRGB to XYZ, by its white (D65).
XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]
WHITE = [0.95047, 1.0, 1.08883]


def light_of(colour: str) -> Colours:
    shares = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear: Colours = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return linear


def lab_of(colour: str, sight: str) -> Colours:
    seen = np.clip(np.array(SIGHT[sight]) @ light_of(colour), 0, 1)
    ratio = np.array(XYZ) @ seen / WHITE
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    dark, light = sorted(float(np.array(XYZ[1]) @ light_of(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_colours_are_apart(theme: Theme, sight: str) -> None:
    """Four lines by 22 or more in CIELAB, eight and the model's by 17."""
    for colours, least in ((theme.series[:4], 22.0), ((*theme.series, theme.model), 17.0)):
        distances = {
            pair: float(np.linalg.norm(lab_of(pair[0], sight) - lab_of(pair[1], sight)))
            for pair in itertools.combinations(colours, 2)
        }
        assert {pair: d for pair, d in distances.items() if d < least} == {}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_is_enough(theme: Theme) -> None:
    """By WCAG: 4.5 for text, 3 for what charts draw."""
    for ground in (theme.ground, theme.card):
        for text in (theme.text, theme.quiet, theme.accent, theme.good, theme.bad):
            assert contrast(text, ground) >= 4.5, (text, ground)
    for colour in (*theme.series, theme.model, theme.ramp[2]):
        assert contrast(colour, theme.card) >= 3.0, colour


def test_distances_are_those_of_the_literature() -> None:
    """Sharma's and Lindbloom's values of red, and what a protanope sees of it."""
    assert lab_of("#ff0000", "usual") == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert lab_of("#ff0000", "protanopia")[0] < 45
