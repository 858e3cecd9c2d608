// The map of a report, and what its reader chooses there; stands behind map.js in the same script.

/** The choices around a map: place, days, layer, time and speed. */
class MapPanel {
  static WEEKDAYS = ["Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"];

  /**
   * @param root the element of map.html.jinja
   * @param data what `map_data.make_map` makes
   */
  constructor(root, data) {
    Object.assign(this, {root, data, known: new Map()});
    const parts = ["place", "days", "layer", "canvas", "attribution", "play", "time", "clock", "speed", "status"];
    this.parts = Object.fromEntries(parts.map(name => [name, root.querySelector(`[data-map=${name}]`)]));
    const {place, days, layer, canvas, play, time, speed} = this.parts;
    root.hidden = false;
    place.append(...data.locations.map(({name}, i) => new Option(name, i)));
    place.closest("label").hidden = data.locations.length < 2;
    this.dates = data.days.map(day => new Date(`${day}T00:00:00Z`));
    this.map = new DayMap(canvas, () => this.#tell());
    const orders = data.locations.map(({trips}) => unpack(trips).reduce((a, b) => a + b, 0));
    place.value = orders.indexOf(Math.max(...orders));
    place.addEventListener("change", () => this.#choosePlace());
    days.addEventListener("change", () => this.#chooseDays());
    layer.addEventListener("change", () => this.map.setLayer(layer.value));
    speed.addEventListener("change", () => { this.map.speed = Number(speed.value); });
    time.addEventListener("input", () => this.map.seek(Number(time.value)));
    play.addEventListener("click", () => this.#toggle());
    for (const button of root.querySelectorAll("[data-map-zoom]")) {
      const factor = Number(button.dataset.mapZoom);
      button.addEventListener("click", () => factor ? this.map.zoom(factor) : this.map.fit());
    }
    this.#choosePlace();
  }

  #choosePlace() {
    const place = this.data.locations[this.parts.place.value];
    if (!this.known.has(place.code)) this.known.set(place.code, {streets: new Streets(place), trips: MapPanel.#readTrips(place, this.data.modes)});
    Object.assign(this, {here: this.known.get(place.code)});
    this.parts.attribution.textContent = place.attribution;
    this.#offerDays();
    this.#chooseDays();
  }

  /** Read the orders of a place: those of `Movers`, with their day. */
  static #readTrips(place, modes) {
    const [n, shortest, day, created, waited, moved, cancelled, mode] =
      ["trips", "shortest", "day", "created", "waited", "moved", "cancelled", "mode"].map(key => unpack(place[key]));
    const trips = [];
    for (let point = 0; point < n.length; point++)
      for (let k = 0; k < n[point]; k++) {
        const i = trips.length, left = waited[i] >= 0, isCancelled = cancelled[i] === 1;
        const more = left && !isCancelled ? shortest[point] : 0;
        const ends = moved[i] < 0 ? Infinity : created[i] + Math.max(0, waited[i]) + moved[i] + more;
        trips.push({point, day: day[i], created: created[i], leaves: left ? created[i] + waited[i] : Infinity, ends, cancelled: isCancelled, mode: modes[mode[i]]});
      }
    return trips;
  }

  /** Offer all days, all of each weekday, and each day with its orders; keep what is chosen. */
  #offerDays() {
    const {days} = this.parts, chosen = days.value, counts = new Array(this.dates.length).fill(0);
    for (const {day} of this.here.trips) counts[day]++;
    const format = new Intl.DateTimeFormat("en", {weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC"});
    const single = this.dates.map((date, i) => new Option(`${format.format(date)} (${counts[i].toLocaleString("en")} orders)`, `day ${i}`));
    const weekdays = MapPanel.WEEKDAYS.map((name, weekday) => ({name, weekday, n: this.dates.filter(date => date.getUTCDay() === weekday).length}));
    const laid = [new Option(`all ${this.dates.length} days`, "all"), ...weekdays.filter(({n}) => n > 1).map(({name, weekday, n}) => new Option(`all ${n} ${name}`, `weekday ${weekday}`))];
    const group = (label, options) => { const made = document.createElement("optgroup"); made.label = label; made.append(...options); return made; };
    days.replaceChildren(...(single.length > 1 ? [group("laid over each other", laid)] : []), group("one day", single));
    const ofWeekday = weekdays.map(({weekday, n}) => n > 1 ? counts.reduce((sum, count, i) => sum + (this.dates[i].getUTCDay() === weekday ? count : 0), 0) : -1);
    const most = values => values.indexOf(Math.max(...values));
    days.value = chosen || (Math.max(...ofWeekday) >= 0 ? `weekday ${most(ofWeekday)}` : `day ${most(counts)}`);
  }

  #chooseDays() {
    const [kind, which] = this.parts.days.value.split(" ");
    const fits = {all: () => true, weekday: day => this.dates[day].getUTCDay() === Number(which), day: day => day === Number(which)}[kind];
    const movers = new Movers(this.here.trips.filter(({day}) => fits?.(day)), true), [first, last] = movers.span();
    const {time, play} = this.parts, map = this.map, begin = Math.floor(first / 600) * 600;
    time.min = begin;
    time.max = map.end = Math.ceil((last + DayMap.DONE_S) / 600) * 600;
    time.disabled = play.disabled = !movers.orders.length;
    map.pause();
    // The still picture is the busiest moment.
    map.time = Math.floor(movers.peak().time);
    map.show(this.here.streets, movers);
  }

  #toggle() {
    const {map} = this;
    if (map.playing) { map.pause(); return; }
    if (map.time >= map.end) map.time = Number(this.parts.time.min);
    map.play();
  }

  /** Say in words what the map shows. */
  #tell() {
    const {map} = this, {play, time, clock, status, canvas} = this.parts;
    if (play.ariaPressed !== String(map.playing)) {
      play.ariaPressed = map.playing;
      play.textContent = map.playing ? "Pause" : "Play";
    }
    // The page is laid out anew for each text that changes, so none changes more often than it must.
    const minute = Math.floor(map.time / 60), shown = `${minute} ${this.parts.place.value} ${this.parts.days.value}`;
    if (shown === this.shown) return;
    this.shown = shown;
    const two = value => String(value).padStart(2, "0"), days = Math.floor(minute / 1440);
    const now = `${two(Math.floor(minute / 60) % 24)}:${two(minute % 60)}${days ? ` (+${days} d)` : ""}`;
    clock.textContent = now;
    time.value = map.time;
    time.setAttribute("aria-valuetext", now);
    const counts = map.movers.count(map.time), say = (n, word) => `${n.toLocaleString("en")} ${word}`;
    const parts = [say(counts.open, "open"), say(counts.moving, "with a driver on the way"), say(counts.delivered, "delivered")];
    if (map.movers.orders.some(({cancelled}) => cancelled)) parts.push(say(counts.cancelled, "cancelled"));
    status.textContent = map.movers.orders.length ? `Orders at ${now}: ${parts.join(", ")}.` : "No orders on these days.";
    const [place, day] = [this.parts.place, this.parts.days].map(({selectedOptions}) => selectedOptions[0]?.text ?? "");
    canvas.setAttribute("aria-label", `Map of ${place}, ${day}`);
  }
}

for (const root of document.querySelectorAll("[data-map=panel]"))
  root.panel = new MapPanel(root, JSON.parse(document.getElementById("map-data").textContent));
