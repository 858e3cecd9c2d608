"""CloudEvents say all that the tables say, once each, in the order of time and of cause."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from fastgen.universes.table_files import scan_table
from tests.documents import DOCUMENTS, blocks
from tests.universes.eventful import EPOCH, Event, eats

if TYPE_CHECKING:
    from tests.universes.tables import Run

Time = dt.datetime | None
# RFC 3339, as CloudEvents wants it; of fastgen always with microseconds in UTC.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_events_keep_the_rules_of_cloudevents(events: list[Event]) -> None:
    assert len(events) > 10_000
    for event in events:
        assert list(event) == ["specversion", "id", "source", "type", "time", "datacontenttype", "data"]
        assert event["specversion"] == "1.0"
        assert re.fullmatch(r"[0-9A-Z]{6}/[a-z_0-9/]+", event["id"])
        assert event["source"] in ("/sites/sf", "/sites/chicago")
        assert event["type"].startswith("fastgen.")
        assert TIME.fullmatch(event["time"])
        dt.datetime.fromisoformat(event["time"])
        assert event["datacontenttype"] == "application/json"
        assert isinstance(event["data"], dict)
        assert event["data"]["site"] == event["source"].removeprefix("/sites/")
    assert len({(event["source"], event["id"]) for event in events}) == len(events)


def test_events_are_in_the_order_of_time(events: list[Event]) -> None:
    times = [event["time"] for event in events]
    assert times == sorted(times)


def read(run: Run, name: str) -> list[dict[str, Any]]:
    return list(
        scan_table(run.tables, name).filter(site=run.plan.site.info.name).collect().iter_rows(named=True)
    )


class Expected:
    """Every event of a site, from its tables, order by order."""

    def __init__(self, run: Run) -> None:
        self.site, self.eats, self.found = run.plan.site.info.name, eats(run), list[Event]()
        self.people = {(row["role"], row["number"]): row["person_id"] for row in read(run, "persons")}
        kitchens = {row["kitchen"]: row["kitchen_id"] for row in read(run, "kitchens")}
        stations = {row["station"]: row["station_id"] for row in read(run, "stations")}
        self.lines, self.steps = defaultdict(list), defaultdict(list)
        for line in read(run, "order_lines"):
            line["kitchen_id"] = kitchens.get(line["kitchen"])
            self.lines[line["day"], line["order_number"]].append(line)
        for step in read(run, "steps"):
            step["station_id"] = stations.get(step["station"])
            self.steps[step["day"], step["order_number"], step["line"]].append(step)
        orders = read(run, "orders")
        by_courier = defaultdict(list)
        for order in orders:
            if order["courier"] is not None:
                by_courier[order["courier"]].append(order["assigned"])
        for order in orders:
            later = [time for time in by_courier[order["courier"]] if time > (order["assigned"] or EPOCH)]
            self.add_order(order)
            self.add_customer(order)
            self.add_courier(order, min(later, default=None))
            for line in self.lines[order["day"], order["order_number"]]:
                self.add_line(order, line)

    def add(self, kind: str, time: Time, **data: Any) -> None:
        if time is not None:
            self.found.append({"type": f"fastgen.{kind}", "time": time, "data": data})

    def add_order(self, o: dict[str, Any]) -> None:
        about = {"order_id": o["order_id"], "site": self.site}
        about_customer = {"customer_id": self.people["customer", o["customer"]], "lines": o["lines"]}
        self.add("orders.created", o["created"], **about, state="submitted", **about_customer)
        courier = None if o["courier"] is None else self.people["courier", o["courier"]]

        def update(state: str, time: Time, courier: str | None, reason: str | None = None) -> None:
            self.add("orders.updated", time, **about, state=state, courier_id=courier, cancel_reason=reason)

        update("processing", o["started"], None)
        update("ready", o["ready"], None)
        update("picked_up", o["picked_up"], courier)
        update(o["state"], o["ended"], courier, o["cancel_reason"])

    def add_line(self, o: dict[str, Any], line: dict[str, Any]) -> None:
        about = {"order_id": o["order_id"], "site": self.site, "line": line["line"]}

        def update(state: str, time: Time) -> None:
            more = {"brand": line["brand"], "item": line["item"], "kitchen_id": line["kitchen_id"]}
            self.add("orders.line_updated", time, **about, state=state, **more)

        if o["state"] == "cancelled":
            update("cancelled", o["ended"])
            return
        update("assigned", o["created"])
        update("ready", line["finished"])
        if o["state"] == "delivered":
            update("delivered", o["ended"])
        for step in self.steps[line["day"], line["order_number"], line["line"]]:
            at = {key: step[key] for key in ("step", "station_id", "station_type")}
            if step["step"] > 0 and step["asked"] != step["started"]:
                update("waiting", step["asked"])
            if step["step"] == 0 or step["asked"] != step["started"]:
                update("processing", step["started"])
            self.add("orders.step_started", step["started"], **about, **at, expected_s=step["expected_s"])
            self.add("orders.step_finished", step["ended"], **about, **at, drawn_s=step["drawn_s"])

    def add_customer(self, o: dict[str, Any]) -> None:
        def update(state: str, time: Time) -> None:
            person = self.people["customer", o["customer"]]
            about = {"person_id": person, "site": self.site, "role": "customer", "order_id": o["order_id"]}
            self.add("persons.updated", time, **about, state=state)

        update("waiting", o["created"])
        if o["state"] == "delivered":
            update("eating", o["ended"])
            update("idle", o["ended"] + self.eats)
        else:
            update("idle", o["ended"])

    def add_courier(self, o: dict[str, Any], next_assigned: dt.datetime | None) -> None:
        def update(state: str, time: Time) -> None:
            person = self.people["courier", o["courier"]]
            about = {"person_id": person, "site": self.site, "role": "courier", "order_id": o["order_id"]}
            self.add("persons.updated", time, **about, state=state)

        if o["courier"] is None:
            return
        update("assigned", o["assigned"])
        if o["picked_up"] != o["courier_arrived"]:
            update("waiting", o["courier_arrived"])
        update("delivering", o["picked_up"])
        for column, state in (("ended", "returning"), ("courier_back", "idle")):
            if o[column] is not None and (next_assigned is None or next_assigned > o[column]):
                update(state, o[column])


def test_every_event_of_the_tables_is_there_once(eventful: list[Run], events: list[Event]) -> None:
    for run in eventful:
        wanted = Expected(run)
        for event in wanted.found:
            event["time"] = event["time"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        mine = [event for event in events if event["data"]["site"] == wanted.site]
        found = [{key: event[key] for key in ("type", "time", "data")} for event in mine]

        def key(event: Event) -> str:
            return json.dumps(event, sort_keys=True)

        assert sorted(map(key, found)) == sorted(map(key, wanted.found))
    states = {(event["type"], event["data"].get("state")) for event in events}
    assert len(states) == 1 + 6 + 6 + 2 + 6


# What may come after each state.
AFTER = {
    "order": {
        None: {"submitted"},
        "submitted": {"processing", "cancelled"},
        "processing": {"ready"},
        "ready": {"picked_up", "failed"},
        "picked_up": {"delivered"},
    },
    "line": {
        None: {"assigned", "cancelled"},
        "assigned": {"processing"},
        "processing": {"waiting", "ready"},
        "waiting": {"processing"},
        "ready": {"delivered"},
    },
    "step": {None: {"started"}, "started": {"finished"}},
    "customer": {None: {"waiting"}, "waiting": {"eating", "idle"}, "eating": {"idle"}, "idle": {"waiting"}},
    "courier": {
        None: {"assigned"},
        "assigned": {"waiting", "delivering"},
        "waiting": {"delivering"},
        "delivering": {"returning", "assigned"},
        "returning": {"idle", "assigned"},
        "idle": {"assigned"},
    },
}


def test_states_follow_each_other_in_the_order_of_the_stream(events: list[Event]) -> None:
    state = dict[tuple[Any, ...], str]()
    for event in events:
        data, kind = event["data"], event["type"]
        what: tuple[Any, ...]
        if "step_" in kind:
            what, now = ("step", data["order_id"], data["line"], data["step"]), kind.split("_")[1]
        elif "line_" in kind:
            what, now = ("line", data["order_id"], data["line"]), data["state"]
        elif "persons" in kind:
            what, now = (data["role"], data["person_id"]), data["state"]
        else:
            what, now = ("order", data["order_id"]), data["state"]
        assert now in AFTER[what[0]].get(state.get(what), set()), (what, state.get(what), event)
        state[what] = now


def test_the_documents_say_what_each_type_has(events: list[Event]) -> None:
    text = DOCUMENTS["docs/universe.md"]
    data = {event["type"]: list(event["data"]) for event in events}
    rows = re.findall(r"^\| `(fastgen\.[\w.]+)` \| `io\.caspers\.([\w.]+)` \| (.*) \|$", text, re.MULTILINE)
    assert {kind: re.findall(r"`(\w+)`", named) for kind, _, named in rows} == data
    assert all(kind == f"fastgen.{older}" for kind, older, _ in rows)
    (example,) = (text for text in blocks("docs/universe.md", "json") if "specversion" in text)
    assert list(json.loads(example)) == list(events[0])
