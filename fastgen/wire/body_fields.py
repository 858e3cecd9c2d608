"""Name the fields of an event's body on the wire (docs/model.md, 7), by event type."""

from __future__ import annotations

# `eta_mins` is on the wire of live kitchens only.
BODY_FIELDS: dict[str, tuple[str, ...]] = {
    "order_created": ("customer_lat", "customer_lon", "customer_addr", "items"),
    "gk_started": (),
    "gk_finished": (),
    "gk_ready": (),
    "driver_arrived": (),
    "driver_picked_up": ("route_points", "eta_mins"),
    "driver_ping": ("progress_pct", "loc_lat", "loc_lon"),
    "delivered": ("delivered_lat", "delivered_lon"),
    "order_cancelled": ("reason",),
}
