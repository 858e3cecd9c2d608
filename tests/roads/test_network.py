"""Locations without roads are named all at once, with the commands that help, ready to be pasted."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare
from fastgen.errors import DataError
from fastgen.roads.network import check_networks, find_network
from fastgen.roads.offline import builtin_codes, read_builtin
from tests.inputs.town_tables import changed, write_town

if TYPE_CHECKING:
    from pathlib import Path

BUILT_IN = "one of the built-in bellevue, chicago, sf, sv"


def refusal(codes: list[str], folder: Path | None, inputs: str = "") -> str:
    with pytest.raises(DataError) as refused:
        check_networks(codes, folder, inputs)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_users_file_outweighs_the_built_in_one(tmp_path: Path) -> None:
    assert find_network("sf", None) == (read_builtin("sf"), "the built-in network of sf")
    assert find_network("sf", tmp_path) == (read_builtin("sf"), "the built-in network of sf")
    (tmp_path / "sf.roads").write_bytes(read_builtin("sv"))
    assert find_network("sf", tmp_path) == (read_builtin("sv"), str(tmp_path / "sf.roads"))
    check_networks([*builtin_codes()], None)


def test_all_locations_without_roads_are_named_with_what_can_be_done(tmp_path: Path) -> None:
    (tmp_path / "boston.roads").touch()
    assert refusal(["sf", "austin", "boston", "reno"], tmp_path, " --dimensions my_tables") == (
        f"location austin, reno: expected a road network ({tmp_path}/austin.roads, {tmp_path}/reno.roads, or "
        f"{BUILT_IN}), got none: make one with 'fastgen roads fetch --location austin --dimensions my_tables "
        f"-o {tmp_path}', offline with 'fastgen roads import EXTRACT.osm.pbf --location austin "
        f"--dimensions my_tables -o {tmp_path}', or a synthetic one with 'fastgen roads invent "
        f"--location austin --dimensions my_tables -o {tmp_path}', the same with --location reno, and name "
        f"the folder with --roads {tmp_path}, or leave the rest out with --locations sf,boston."
    )


def test_without_a_folder_the_commands_name_one() -> None:
    message = refusal(["SF"], None)
    assert f"({BUILT_IN}), got none (built-in ones go by their very codes: sf): make one" in message
    assert message.endswith("and name the folder with --roads my_roads.")


def test_only_locations_that_can_be_left_out_are_advised_to_be() -> None:
    with pytest.raises(DataError) as refused:
        check_networks(["sf", "austin"], None, note="First do that.", can_select=False)
    assert str(refused.value).endswith("and name the folder with --roads my_roads. First do that.")


def test_a_folder_that_is_none_needs_no_note(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        check_networks(["austin"], tmp_path / "none", note="First do that.")
    assert str(refused.value).endswith("got none.")


def test_the_commands_can_be_pasted(tmp_path: Path) -> None:
    """Codes and paths with blanks and quotes in them are quoted."""
    tables = changed("locations", "location_code", 0, "new york's")
    folder = tmp_path / "my data"
    folder.mkdir()
    directory = write_town(folder, tables)
    with pytest.raises(DataError) as refused:
        prepare(BuildOptions(dimensions=directory, days=1, locations=["new york's"]))
    command = str(refused.value).partition("make one with '")[2].partition(" -o my_roads'")[0]
    words = shlex.split(command)
    assert words == ["fastgen", "roads", "fetch", "--location", "new york's", "--dimensions", str(directory)]


def test_a_missing_folder_is_said_first(tmp_path: Path) -> None:
    assert refusal(["austin"], tmp_path / "none") == (
        f"{tmp_path / 'none'}: expected a folder of .roads files, got none."
    )
