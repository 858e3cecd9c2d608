"""The tables' hash goes into every manifest, so it must see every value and nothing else."""

import dataclasses
import math

import numpy as np
import pytest

from fastgen.errors import DataError
from fastgen.inputs.loading import load_inputs
from fastgen.model.dimensions import Dimensions


@pytest.fixture(scope="module")
def dims() -> Dimensions:
    return load_inputs(None, None)[1]


def test_content_hash_sees_every_column(dims: Dimensions) -> None:
    hashes = {dims.content_hash()}
    n_columns = 0
    for field in dataclasses.fields(dims):
        table = getattr(dims, field.name)
        for column, values in table._asdict().items():
            n_columns += 1
            other = _changed(column, values)
            hashes.add(_unchecked(dims, field.name, table._replace(**{column: other})).content_hash())
    assert len(hashes) == n_columns + 1


def _changed(column: str, values: object) -> object:
    if isinstance(values, tuple):
        return (f"{values[0]}'", *values[1:])
    assert isinstance(values, np.ndarray), column
    other = values.copy()
    other[0] = 17 if math.isnan(other[0]) else other[0] + 1
    return other


def _unchecked(dims: Dimensions, table: str, values: object) -> Dimensions:
    """Tables with one replaced, without the checks that the change might break."""
    other = object.__new__(Dimensions)
    for field in dataclasses.fields(dims):
        object.__setattr__(other, field.name, values if field.name == table else getattr(dims, field.name))
    return other


def test_content_hash_knows_one_zero(dims: Dimensions) -> None:
    places = dims.locations
    growth = np.where(places.growth_rate_daily == 0, -0.0, places.growth_rate_daily)
    assert (growth == 0).any()
    other = dataclasses.replace(dims, locations=places._replace(growth_rate_daily=growth))
    assert other.content_hash() == dims.content_hash()


def test_content_hash_keeps_strings_apart(dims: Dimensions) -> None:
    brands = dims.brands
    joined = (f"{brands.name[0]}{brands.name[1]}", "", *brands.name[2:])
    shifted = ("", f"{brands.name[0]}{brands.name[1]}", *brands.name[2:])
    hashes = {
        dataclasses.replace(dims, brands=brands._replace(name=name)).content_hash()
        for name in (joined, shifted)
    }
    assert len(hashes) == 2


def test_columns_of_different_lengths_are_refused(dims: Dimensions) -> None:
    with pytest.raises(DataError, match=r"^menus: expected columns of one length, got "):
        dataclasses.replace(dims, menus=dims.menus._replace(name=("one",)))
