"""The map in a browser can be played, moved, and used by all: keys, mouse, fingers, readers of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reporting.page.accessibility import find_faults
from tests.reporting.page.map_page import ask, drawn, settle, wait

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from fastgen.reporting.map_section import MapSection
    from tests.reporting.page.map_page import Open


def read_corner(page: Page) -> list[int]:
    """Read the colour of the ground, from a copy: browsers warn of reading the canvas itself."""
    found: list[int] = ask(
        page,
        "(c => (c.drawImage(map.canvas, -2, -2), [...c.getImageData(0, 0, 1, 1).data]))"
        "(new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true}))",
    )
    return found


def test_begins_still_at_the_busiest_moment_of_the_busiest_weekday(open_page: Open, map_file: Path) -> None:
    for motion in ("reduce", "no-preference"):
        page = open_page(map_file, reduced_motion=motion)
        assert page.input_value("[data-map=days]").startswith("weekday ")
        assert ask(page, "map.drivers.length === map.movers.peak().drivers && map.drivers.length > 1")
        settle(page)
        before = drawn(page)
        page.wait_for_timeout(300)
        assert drawn(page) == before
        assert page.get_attribute("[data-map=play]", "aria-pressed") == "false"


def test_play_moves_and_pause_stops(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file, reduced_motion="reduce")
    settle(page)
    before, status, time = drawn(page), page.inner_text("[data-map=status]"), ask(page, "map.time")
    page.click("[data-map=play]")
    assert page.inner_text("[data-map=play]") == "Pause"
    assert page.get_attribute("[data-map=play]", "aria-pressed") == "true"
    wait(page, f"map.time > {time} + 300")
    page.click("[data-map=play]")
    settle(page)
    after = drawn(page)
    assert after != before
    assert page.inner_text("[data-map=status]") != status
    assert abs(float(page.input_value("[data-map=time]")) - ask(page, "map.time")) <= 60
    page.wait_for_timeout(200)
    assert drawn(page) == after
    assert page.inner_text("[data-map=play]") == "Play"


def test_many_orders_are_drawn_in_parts_while_the_day_is_played(open_page: Open, map_file: Path) -> None:
    """All are there a few frames later, and at once where the map stands still."""
    page = open_page(map_file)
    page.select_option("[data-map=days]", "all")
    ask(page, "map.constructor.PART = 3")
    ask(page, "map.seek(map.movers.peak().time - 600)")
    settle(page)
    before = ask(page, "map.still.toDataURL()")
    assert ask(page, "map.movers.count(map.time).open") > 6
    page.click("[data-map=play]")
    wait(page, "map.painting !== null")
    wait(page, f"map.still.toDataURL() !== {before!r}")
    page.click("[data-map=play]")
    played, time = drawn(page), ask(page, "map.time")
    ask(page, f"map.seek({time} + 60)")
    assert drawn(page) != played
    ask(page, f"map.seek({time})")
    assert drawn(page) == played


def test_speed_is_seconds_of_the_day_in_a_second(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file)
    # Summed over frames here too: of a late one, a tenth of a second counts.
    played = """(async () => {
        map.seek(43200);
        map.play();
        let last = await new Promise(requestAnimationFrame), seconds = 0;
        const first = map.time;
        for (let i = 0; i < 5; i++) {
            const now = await new Promise(requestAnimationFrame);
            seconds += Math.min(0.1, (now - last) / 1000);
            last = now;
        }
        map.pause();
        return [map.time - first, seconds];
    })()"""
    for speed in (60, 1800):
        page.select_option("[data-map=speed]", str(speed))
        gone, seconds = ask(page, played)
        assert gone == pytest.approx(seconds * speed)


def test_day_ends_and_begins_again(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file)
    ask(page, "map.seek(map.end - 5)")
    page.click("[data-map=play]")
    wait(page, "!map.playing")
    assert page.inner_text("[data-map=play]") == "Play"
    assert ask(page, "map.time === map.end")
    page.click("[data-map=play]")
    assert ask(page, "map.time < map.end - 3600")


def test_stands_still_while_nobody_sees_it(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file, viewport={"width": 600, "height": 500})
    ask(page, "map.play()")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    wait(page, "!map.seen")
    frames, time = ask(page, "[map.frames, map.time]")
    page.wait_for_timeout(200)
    assert ask(page, "[map.frames, map.time]") == [frames, time]
    page.evaluate("scrollTo(0, 0)")
    wait(page, f"map.frames > {frames}")


def test_layers_differ(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file)
    pictures = set()
    for layer in ("flow", "density", "ways", "streets"):
        page.select_option("[data-map=layer]", layer)
        settle(page)
        pictures.add(drawn(page))
    assert len(pictures) == 4


def test_keyboard(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file)
    page.focus("[data-map=canvas]")
    page.keyboard.press(" ")
    assert ask(page, "map.playing")
    page.keyboard.press(" ")
    assert not ask(page, "map.playing")
    page.keyboard.press("+")
    assert ask(page, "map.zoomed") == pytest.approx(1.4)
    x, y = ask(page, "map.middle")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert ask(page, "map.middle[0]") > x
    assert ask(page, "map.middle[1]") < y
    page.keyboard.press("0")
    assert ask(page, "[map.zoomed, ...map.middle]") == [
        1,
        *ask(page, "[map.streets.width / 2, map.streets.height / 2]"),
    ]
    # Browsers' own keys stay theirs.
    page.keyboard.press("Control++")
    assert ask(page, "map.zoomed") == 1
    page.focus("[data-map=time]")
    time = ask(page, "map.time")
    page.keyboard.press("ArrowRight")
    assert 0 < ask(page, "map.time") - time <= 60
    minute = int(ask(page, "map.time")) // 60
    assert page.get_attribute("[data-map=time]", "aria-valuetext") == f"{minute // 60:02}:{minute % 60:02}"


def test_all_that_can_be_chosen_is_reached_by_tab(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file)
    reached = []
    for _ in range(11):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.dataset.map ?? document.activeElement.ariaLabel")
        )
    assert reached[:10] == [
        "place",
        "days",
        "layer",
        "canvas",
        "Zoom in",
        "Zoom out",
        "Show all",
        "play",
        "time",
        "speed",
    ]


def test_wheel_scrolls_the_page_unless_the_map_is_asked(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file, viewport={"width": 1000, "height": 500})
    page.locator("[data-map=canvas]").scroll_into_view_if_needed()
    page.hover("[data-map=canvas]")
    top = page.evaluate("scrollY")
    page.mouse.wheel(0, -60)
    wait(page, f"scrollY < {top}")
    assert ask(page, "map.zoomed") == 1
    top = page.evaluate("scrollY")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -60)
    page.keyboard.up("Control")
    wait(page, "map.zoomed > 1")
    page.click("[aria-label='Show all']")
    page.focus("[data-map=canvas]")
    page.mouse.wheel(0, -60)
    page.hover("[data-map=canvas]")
    page.mouse.wheel(0, -60)
    wait(page, "map.zoomed > 1")


def test_mouse_drags_and_zooms_about_its_place(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file)
    box = page.locator("[data-map=canvas]").bounding_box()
    assert box is not None
    left, top = ask(page, "[map.canvas.clientLeft, map.canvas.clientTop]")
    at = box["x"] + left + 300, box["y"] + top + 200
    # What stands there, in steps.
    scale = "map.view.scale / map.dense"
    at_x, at_y = (
        f"map.middle[{i}] + ({off} - map.{size} / 2) / ({scale})"
        for i, off, size in ((0, 300, "wide"), (1, 200, "high"))
    )
    where = f"[{at_x}, {at_y}]"
    before = ask(page, where)
    page.mouse.move(*at)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    wait(page, "map.zoomed > 1.1")
    settle(page)
    middle = ask(page, "map.middle")
    assert ask(page, where) == pytest.approx(before, abs=2)
    page.mouse.down()
    page.mouse.move(at[0] + 40, at[1] + 20)
    page.mouse.up()
    settle(page)
    moved = [(a - b) * ask(page, scale) for a, b in zip(middle, ask(page, "map.middle"), strict=True)]
    assert moved == pytest.approx([40, 20], abs=1)


def test_two_fingers_zoom_and_one_scrolls(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file, viewport={"width": 400, "height": 600}, has_touch=True, is_mobile=True)
    page.locator("[data-map=canvas]").scroll_into_view_if_needed()
    box = page.locator("[data-map=canvas]").bounding_box()
    assert box is not None
    x, y = box["x"] + 150, box["y"] + 150
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *points: tuple[float, float]) -> None:
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": a, "y": b, "id": i} for i, (a, b) in enumerate(points)]},
        )

    fingers("touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 9):
        fingers("touchMove", (x - 20 - 5 * step, y), (x + 20 + 5 * step, y))
    fingers("touchEnd")
    wait(page, "map.zoomed > 2")
    assert page.evaluate("visualViewport.scale") == 1
    top, middle = ask(page, "[scrollY, map.middle]")
    fingers("touchStart", (x, y))
    for step in range(1, 9):
        fingers("touchMove", (x, y - 12 * step))
    fingers("touchEnd")
    wait(page, f"scrollY > {top + 40}")
    assert ask(page, "map.middle[0]") == pytest.approx(middle[0])
    page.tap("[data-map=play]")
    assert ask(page, "map.playing")


def test_follows_the_theme(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file, color_scheme="light")
    settle(page)
    assert read_corner(page) == [255, 255, 255, 255]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    settle(page)
    assert read_corner(page) == [22, 26, 34, 255]
    page.evaluate("delete document.documentElement.dataset.theme")
    page.emulate_media(color_scheme="dark")
    settle(page)
    assert read_corner(page) == [22, 26, 34, 255]


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_sideways_scrolling(width: int, open_page: Open, map_file: Path) -> None:
    page = open_page(map_file, viewport={"width": width, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_resizing_keeps_the_whole_in_sight(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file)
    page.set_viewport_size({"width": 500, "height": 700})
    wait(page, "map.wide < 500")
    settle(page)
    assert ask(page, "map.streets.width * map.view.scale < map.canvas.width")
    assert ask(page, "map.canvas.width === Math.round(map.wide * map.dense)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(scheme: str, open_page: Open, universe_map_file: Path) -> None:
    page = open_page(universe_map_file, color_scheme=scheme)
    page.click("summary")
    assert find_faults(page) == []
    assert page.get_attribute("[data-map=canvas]", "aria-label").startswith("Map of ")


def test_nothing_is_global(open_page: Open, map_file: Path) -> None:
    page = open_page(map_file)
    names = ["Streets", "Movers", "DayMap", "MapPanel", "unpack"]
    assert page.evaluate("names => names.map(name => eval(`typeof ${name}`))", names) == ["undefined"] * len(
        names
    )


def test_readable_without_scripts(street_map: MapSection, open_page: Open, map_file: Path) -> None:
    page = open_page(map_file, java_script_enabled=False)
    assert not page.locator(".map").is_visible()
    assert page.locator("noscript p").is_visible()
    page.click("summary")
    cells = page.locator("tbody tr").first.locator("th, td").all_inner_texts()
    assert cells[0] == street_map.places[0].name
    assert f"{street_map.places[0].orders:,}" in cells
    assert page.locator("tbody tr").count() == 2


def test_report_has_the_map(weeks_file: Path, open_page: Open) -> None:
    page = open_page(weeks_file)
    assert page.locator("h2#map").is_visible()
    assert ask(page, "map.streets.quietFrom.length") > 0
    page.locator("[data-map=play]").scroll_into_view_if_needed()
    time, before = ask(page, "map.time"), drawn(page)
    page.click("[data-map=play]")
    wait(page, f"map.time > {time} + 120")
    page.click("[data-map=play]")
    settle(page)
    after = drawn(page)
    assert after != before
    page.wait_for_timeout(200)
    assert drawn(page) == after
