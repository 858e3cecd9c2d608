// The page of a watch: messages of the server become streets, orders and numbers; stands behind map.js.

const NOTHING = {n: 0, low: 0, bits: 0, data: ""};
const two = value => String(value).padStart(2, "0");
const count = value => value.toLocaleString("en");

/** Write a number of seconds with one unit. */
function span(seconds) {
  for (const [most, unit, word] of [[90, 1, "s"], [5400, 60, "min"], [172800, 3600, "h"], [Infinity, 86400, "days"]])
    if (seconds < most) return `${count(Math.round(seconds / unit))} ${word}`;
}

/** Streets that become more while drivers leave, and their frame with them. */
class GrowingStreets extends Streets {
  static M_PER_E6 = 40030173.6 / 360 / 1e6;
  static FAR_E6 = 500000;  // a point further from the kitchen than half a degree is an error
  static STEPS = 16383;

  constructor() {
    const packed = Object.fromEntries(["x", "y", "parent", "orders", "trips", "streets", "street_ends"].map(key => [key, NOTHING]));
    super({unit_m: 1, width: 1, height: 1, kitchen: [0, 0], ...packed});
    for (const key of ["x", "y", "parent", "orders", "far", "lat", "lon"]) this[key] = [];
    Object.assign(this, {home: null, frame: null, attribution: ""});
  }

  /**
   * Take what a message tells of a place.
   * @returns whether the frame has changed, so that all is elsewhere now
   */
  take(told) {
    const first = this.x.length, [lat, lon, parent] = ["lat", "lon", "parent"].map(key => unpack(told[key]));
    const orders = told.orders ? unpack(told.orders) : null;
    for (let i = 0; i < lat.length; i++) {
      this.lat.push(lat[i]);
      this.lon.push(lon[i]);
      this.parent.push(parent[i]);
      this.orders.push(orders ? orders[i] : 0);
      this.far.push(0);
    }
    if (told.picked_up) for (const point of unpack(told.picked_up)) this.orders[point]++;
    if (told.streets) [this.quietFrom, this.quietTo] = told.streets.map(unpack);
    this.home = told.kitchen ?? this.home;
    this.attribution = told.attribution;
    const isFramed = this.#frame(first);
    this.#place(isFramed ? 0 : first);
    return isFramed;
  }

  /** Widen the frame if a new point lies outside of it. */
  #frame(first) {
    const [midLat, midLon] = this.home ?? [this.lat[0], this.lon[0]];
    if (midLat === undefined) return false;
    const squeeze = Math.cos(midLat / 1e6 * Math.PI / 180), old = this.frame ?? {north: midLat, south: midLat, west: midLon, east: midLon};
    const box = {...old};
    for (let i = this.frame ? first : 0; i < this.lat.length; i++) {
      if (Math.abs(this.lat[i] - midLat) > GrowingStreets.FAR_E6 || Math.abs(this.lon[i] - midLon) * squeeze > GrowingStreets.FAR_E6) continue;
      box.north = Math.max(box.north, this.lat[i]);
      box.south = Math.min(box.south, this.lat[i]);
      box.east = Math.max(box.east, this.lon[i]);
      box.west = Math.min(box.west, this.lon[i]);
    }
    if (this.frame && Object.keys(box).every(key => box[key] === old[key])) return false;
    // With room to spare, so that the frame doesn't change for each new customer.
    const more = Math.max(2000, 0.08 * Math.max(box.north - box.south, (box.east - box.west) * squeeze));
    if (box.north > old.north || !this.frame) box.north += more;
    if (box.south < old.south || !this.frame) box.south -= more;
    if (box.east > old.east || !this.frame) box.east += more / squeeze;
    if (box.west < old.west || !this.frame) box.west -= more / squeeze;
    const wideM = (box.east - box.west) * squeeze * GrowingStreets.M_PER_E6, highM = (box.north - box.south) * GrowingStreets.M_PER_E6;
    this.frame = {...box, squeeze};
    this.unitM = Math.max(wideM, highM) / GrowingStreets.STEPS;
    Object.assign(this, {width: Math.max(1, wideM / this.unitM), height: Math.max(1, highM / this.unitM)});
    return true;
  }

  /** Put points from `first` on into the frame. */
  #place(first) {
    if (!this.frame) return;
    const {north, west, squeeze} = this.frame, steps = GrowingStreets.M_PER_E6 / this.unitM;
    const put = (lat, lon) => [Math.round((lon - west) * squeeze * steps), Math.round((north - lat) * steps)];
    for (let i = first; i < this.lat.length; i++) {
      [this.x[i], this.y[i]] = put(this.lat[i], this.lon[i]);
      const p = this.parent[i];
      this.far[i] = p < 0 ? 0 : this.far[p] + Math.hypot(this.x[i] - this.x[p], this.y[i] - this.y[p]);
    }
    if (this.home) this.kitchen = put(...this.home);
  }
}

/** A place of the stream: its streets, and the orders that are open or have just ended. */
class LivePlace {
  constructor() {
    Object.assign(this, {streets: new GrowingStreets(), movers: new Movers(), orders: new Map(), isStale: true});
  }

  /** Take an order as a message tells it; `goal` is when it is expected to end. */
  takeOrder([number, , point, created, left, ends, state]) {
    const known = this.orders.get(number), isOpen = state === 0;
    const order = known ?? {};
    Object.assign(order, {number, point, created, leaves: left ?? Infinity, isOpen, goal: ends ?? Infinity, cancelled: state === 2});
    // An expectation that changes moves a driver smoothly, see `expect`.
    if (!known || !isOpen || !(order.ends < Infinity)) order.ends = order.goal;
    this.orders.set(number, order);
  }

  dropOrder(number) { this.orders.delete(number); }

  /** Put the orders that can be drawn into the order of their creation. */
  arrange() {
    const there = [...this.orders.values()].filter(({point}) => point >= 0 && point < this.streets.x.length);
    this.movers = new Movers(there);
  }

  /** Move what is expected on to a time: a driver who hasn't arrived is still on the way. */
  expect(time, share) {
    for (const order of this.movers.orders) {
      if (!order.isOpen || !(order.goal < Infinity)) continue;
      order.ends += (order.goal - order.ends) * share;
      if (order.ends <= time) order.ends = time + 1;
    }
  }
}

/** The clock of the stream, as far as pages can tell: it runs on between two messages. */
class LiveClock {
  static BEHIND_S = 5;   // real seconds that the map is behind at most, so that orders appear one by one
  static JUMP_S = 30;    // real seconds from which on it jumps

  constructor() { Object.assign(this, {time: null, newest: null, speed: 0, heard: 0, gap: 1}); }

  /** Take the time of the newest event, and the speed of the stream. */
  take(newest, speed, now) {
    this.speed = speed;
    if (newest === null || newest === this.newest) return;
    if (this.newest !== null) this.gap += 0.3 * (Math.min(30, (now - this.heard) / 1000) - this.gap);
    Object.assign(this, {newest, heard: now});
  }

  /** Whether the stream is expected to go on just now. */
  runs(now) { return this.newest !== null && (now - this.heard) / 1000 < 2 * this.gap + 1; }

  /** Run on for some real seconds. */
  advance(now, seconds) {
    if (this.newest === null) return;
    const since = (now - this.heard) / 1000, behind = Math.min(this.gap, LiveClock.BEHIND_S);
    const goal = this.newest + this.speed * (Math.min(since, this.gap) - behind);
    if (this.time === null || Math.abs(goal - this.time) > LiveClock.JUMP_S * Math.max(1, this.speed)) {
      this.time = goal;
      return;
    }
    const next = this.time + (since < this.gap ? seconds * this.speed : 0);
    this.time = Math.max(this.time, next + (goal - next) * Math.min(1, seconds / 2));
  }
}

/** A map whose time is that of a stream. */
class LiveMap extends DayMap {
  /** @param onPlay called when the reader pauses it or lets it go on */
  constructor(canvas, onPlay) {
    super(canvas);
    Object.assign(this, {onPlay, playing: true});
  }

  play() { this.#set(true); }

  pause() { this.#set(false); }

  #set(playing) {
    this.playing = playing;
    this.onPlay?.(playing);
  }

  /** Draw the streets anew, and from the same point of view. */
  redraw() { this.setLayer(this.layer); }

  /** Show a place; one that is shown already is seen as before. */
  showPlace({streets, movers}, isSame) {
    const {zoomed, middle} = this;
    this.show(streets, movers);
    if (!isSame || zoomed === 1 || !middle) return;
    Object.assign(this, {zoomed, middle});
    this.redraw();
  }
}

class LivePage {
  static FRAME_MS = 30;      // a frame of a software-rendered map takes some milliseconds
  static FLOW_MS = 2000;     // how often streets are drawn anew
  static RATES = 60;

  constructor() {
    this.parts = Object.fromEntries([...document.querySelectorAll("[data-watch]")].map(part => [part.dataset.watch, part]));
    Object.assign(this, {places: [], chosen: -1, clock: new LiveClock(), rates: [], told: null, flowAt: 0, drawnAt: 0, saidAt: 0});
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    const {canvas, place, layer, play, theme} = this.parts;
    this.map = new LiveMap(canvas, playing => {
      play.textContent = playing ? "Pause" : "Go on";
      play.ariaPressed = playing;
    });
    place.addEventListener("change", () => this.#choose(Number(place.value)));
    layer.addEventListener("change", () => this.map.setLayer(layer.value));
    play.addEventListener("click", () => this.map.playing ? this.map.pause() : this.map.play());
    for (const button of document.querySelectorAll("[data-zoom]")) {
      const factor = Number(button.dataset.zoom);
      button.addEventListener("click", () => factor ? this.map.zoom(factor) : this.map.fit());
    }
    theme.addEventListener("click", () => this.#nextTheme());
    requestAnimationFrame(now => this.#frame(now));
    setInterval(() => this.#tellQuiet(), 1000);
    this.#connect();
  }

  #connect() {
    const source = new EventSource("messages");
    source.onmessage = ({data}) => this.#take(JSON.parse(data));
    source.onerror = () => {
      this.#tellState("lost");
      // Browsers try again by themselves, but not after an answer that is an error.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.#connect(), 2000);
    };
  }

  #take(told) {
    const now = performance.now();
    if (told.whole) Object.assign(this, {places: [], clock: new LiveClock()});
    while (this.places.length < told.counts.length) this.places.push(new LivePlace());
    told.places.forEach((place, i) => {
      const here = this.places[place.number ?? i];
      here.isFramed = here.streets.take(place) || here.isFramed;
      here.isStale = true;
    });
    for (const order of told.orders) this.places[order[1]].takeOrder(order);
    for (const number of told.gone ?? []) for (const place of this.places) place.dropOrder(number);
    this.clock.take(told.time, told.speed, now);
    Object.assign(this, {told, toldAt: now});
    this.#offerPlaces(told);
    this.#showPlace(told.whole);
    this.#tellNumbers(told);
  }

  #offerPlaces({whole, counts}) {
    const {place} = this.parts, names = counts.map(({name}) => name), shown = [...place.options].map(({text}) => text);
    if (names.length !== shown.length || names.some((name, i) => name !== shown[i]))
      place.replaceChildren(...names.map((name, i) => new Option(name, i)));
    place.closest("label").hidden = names.length < 2;
    if (!whole && this.chosen >= 0) return;
    const before = names.indexOf(this.chosenName), open = counts.map(each => each.open);
    this.chosen = before >= 0 ? before : open.indexOf(Math.max(...open));
    place.value = this.chosen;
  }

  #choose(number) {
    this.chosen = number;
    this.#showPlace(true, false);
    if (this.told) this.#say(this.told);
  }

  /** Bring the map up to date. */
  #showPlace(isNew, isSame = true) {
    const here = this.places[this.chosen];
    if (!here) return;
    here.arrange();
    this.parts.wait.hidden = here.streets.x.length > 0;
    if (!here.streets.x.length) return;
    const isSamePlace = isSame && this.chosenName === this.told.counts[this.chosen].name;
    this.chosenName = this.told.counts[this.chosen].name;
    this.parts.attribution.textContent = here.streets.attribution;
    if (isNew || this.map.streets !== here.streets) {
      here.streets.sumFlow();
      this.map.time = this.clock.time ?? this.clock.newest ?? 0;
      this.map.showPlace(here, isSamePlace);
      here.isFramed = here.isStale = false;
      return;
    }
    this.map.movers = here.movers;
    const {driving} = this.told.counts[this.chosen];
    // Where many drive at once, long trails would hide the streets; see `DayMap.show`.
    this.map.trailS = Math.max(60, Math.min(240, 15000 / Math.max(1, driving)));
    this.map.paleness = driving > 100 ? 0.45 : 1;
    if (!here.isFramed && (!here.isStale || performance.now() - this.flowAt < LivePage.FLOW_MS)) return;
    here.streets.sumFlow();
    if (here.isFramed && this.map.zoomed === 1) this.map.fit();
    else this.map.redraw();
    here.isFramed = here.isStale = false;
    this.flowAt = performance.now();
  }

  #frame(now) {
    requestAnimationFrame(next => this.#frame(next));
    const seconds = (now - this.drawnAt) / 1000, {map, clock} = this;
    // Who wants no motion gets a new picture each second; so does who watches a stream that has stopped.
    const wait = this.still.matches || !clock.runs(now) ? 1000 : LivePage.FRAME_MS;
    if (seconds * 1000 < wait) return;
    this.drawnAt = now;
    clock.advance(now, Math.min(seconds, 1));
    const here = this.places[this.chosen];
    if (!here || !map.playing || !map.seen || clock.time === null) return;
    here.expect(clock.time, Math.min(1, seconds * 2));
    map.seek(clock.time);
  }

  #tellState(state) {
    const {verdict, state: line} = this.parts, words = {
      lost: "No connection: fastgen watch has ended, or can't be reached", missing: "There is no such folder now",
      reading: "Reading the newest files", receiving: "Receiving", quiet: "Nothing new",
    };
    verdict.dataset.state = state;
    if (line.textContent !== words[state]) line.textContent = words[state];
  }

  #tellQuiet() {
    const {told} = this;
    if (!told) return;
    const quiet = told.quiet_s + (performance.now() - this.toldAt) / 1000;
    this.parts.quiet.textContent = told.n_events ? `last events ${span(quiet)} ago` : "no event yet";
  }

  #tellNumbers(told) {
    const {parts} = this, sum = key => told.counts.reduce((all, place) => all + place[key], 0);
    const put = (name, text) => { if (parts[name].textContent !== text) parts[name].textContent = text; };
    this.#tellState(told.state === "receiving" && told.quiet_s > 60 ? "quiet" : told.state);
    for (const name of ["open", "driving", "late"]) put(name, count(sum(name)));
    put("late-after", `, after ${span(told.late_after_s)}`);
    put("events_s", told.events_s < 10 ? told.events_s.toFixed(1) : count(Math.round(told.events_s)));
    put("lag", told.lag_s === null ? "unknown" : span(told.lag_s));
    put("clock", told.time === null ? "–" : LivePage.#date(told.time));
    const faults = Object.entries(told.faults);
    put("faults", count(faults.reduce((all, [, n]) => all + n, 0)));
    parts.faults.classList.toggle("is-bad", faults.some(([, n]) => n));
    for (const [key, n] of faults) {
      const cell = document.querySelector(`[data-fault=${key}]`);
      cell.textContent = count(n);
      cell.classList.toggle("is-bad", n > 0);
    }
    put("files", `${count(told.n_events)} rows in ${count(told.n_files)} files were read` +
      (told.n_skipped ? `; ${count(told.n_skipped)} older files were left out.` : "."));
    const troubles = told.troubles.join("\n");
    if (troubles !== this.troubles) parts.troubles.replaceChildren(...told.troubles.map(text => LivePage.#element("li", text)));
    this.troubles = troubles;
    this.#drawRates(told.events_s);
    this.#fillRows(told.counts);
    this.#say(told);
  }

  #drawRates(rate) {
    if (performance.now() - (this.ratedAt ?? -1000) < 900) return;
    this.ratedAt = performance.now();
    this.rates = [...this.rates, rate].slice(-LivePage.RATES);
    const most = Math.max(1e-9, ...this.rates), step = 120 / (LivePage.RATES - 1), first = LivePage.RATES - this.rates.length;
    this.parts.spark.setAttribute("points", this.rates.map((value, i) => `${((first + i) * step).toFixed(1)},${(26 - 24 * value / most).toFixed(1)}`).join(" "));
  }

  #fillRows(counts) {
    const {rows} = this.parts;
    while (rows.rows.length > counts.length) rows.lastChild.remove();
    counts.forEach((place, i) => {
      const values = ["open", "waiting", "driving", "late", "created", "delivered", "cancelled"].map(key => count(place[key]));
      values.push(place.median_s === null ? "–" : span(place.median_s));
      let row = rows.rows[i];
      if (!row) {
        row = rows.insertRow();
        row.append(LivePage.#element("th", ""), ...values.map(() => LivePage.#element("td", "")));
        row.cells[0].scope = "row";
      }
      [place.name, ...values].forEach((text, k) => { if (row.cells[k].textContent !== text) row.cells[k].textContent = text; });
      for (const [k, cell] of [...row.cells].entries()) if (k) cell.className = "n";
      row.cells[4].classList.toggle("is-bad", place.late > 0);
    });
  }

  /** Say in words what the map shows. */
  #say({counts, time}) {
    const here = counts[this.chosen];
    if (!here || time === null) return;
    const text = `${here.name}: ${count(here.open)} orders open, ${count(here.waiting)} waiting for a driver, ` +
      `${count(here.driving)} with a driver on the way, ${count(here.late)} late.`;
    if (this.parts.status.textContent !== text) this.parts.status.textContent = text;
    this.parts.canvas.setAttribute("aria-label", `Map of ${here.name}`);
  }

  #nextTheme() {
    const themes = ["system", "light", "dark"], root = document.documentElement, {theme} = this.parts;
    const next = themes[(themes.indexOf(root.dataset.theme ?? "system") + 1) % themes.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    theme.textContent = `Theme: ${next}`;
  }

  static #element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  /** Write Unix seconds as a date and a time of day, UTC. */
  static #date(seconds) {
    const date = new Date(seconds * 1000);
    return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())} ` +
      `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  }
}

document.body.page = new LivePage();
