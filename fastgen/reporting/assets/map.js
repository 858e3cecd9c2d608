// Streets, orders that move along them, and a canvas that shows both: no library, no tiles, no network.
// Pages place this text in a function, so that its classes are no globals.

/** Read whole numbers that `reporting/packing.py` has packed. */
function unpack({n, low, bits, data}) {
  const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
  const values = new Int32Array(n).fill(low), span = 2 ** bits;
  // Products, not shifts: a number may begin late in a byte, and JavaScript shifts no more than 32 bits.
  for (let i = 0, at = 0, rest = 0, known = 0; bits && i < n; i++) {
    for (; known < bits; known += 8) rest += bytes[at++] * 2 ** known;
    values[i] += rest % span;
    rest = Math.floor(rest / span);
    known -= bits;
  }
  return values;
}

/** The streets of a place, in steps of `unitM` metres from its north-west corner. */
class Streets {
  /** @param place a location of `map_data.make_map` */
  constructor(place) {
    this.unitM = place.unit_m;
    this.width = Math.max(1, place.width);
    this.height = Math.max(1, place.height);
    this.kitchen = place.kitchen;
    for (const key of ["x", "y", "parent", "orders"]) this[key] = unpack(place[key]);
    const n = this.x.length;
    unpack(place.trips).forEach((trips, point) => { this.orders[point] += trips; });
    // Steps from the kitchen along the way; a parent has a lower number than its children.
    this.far = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const p = this.parent[i];
      if (p >= 0) this.far[i] = this.far[p] + Math.hypot(this.x[i] - this.x[p], this.y[i] - this.y[p]);
    }
    const counts = unpack(place.streets);
    this.quietTo = unpack(place.street_ends);
    this.quietFrom = new Int32Array(this.quietTo.length);
    for (let i = 0, at = 0; i < n; i++) for (let k = 0; k < counts[i]; k++) this.quietFrom[at++] = i;
    this.sumFlow();
  }

  /** Count the orders that go over each street of a way: `flow`, ascending, of `flowFrom` to `flowTo`. */
  sumFlow() {
    const n = this.x.length, through = Float64Array.from(this.orders), first = new Map(), streets = new Map();
    const spot = i => this.x[i] * 65536 + this.y[i];
    for (let i = n - 1; i >= 0; i--) first.set(spot(i), i);
    for (let i = n - 1; i >= 0; i--) {
      const p = this.parent[i];
      if (p < 0) continue;
      through[p] += through[i];
      // Two ways may use a street in both directions, or meet at a crossing that is two points.
      const a = first.get(spot(i)), b = first.get(spot(p)), key = Math.min(a, b) * n + Math.max(a, b);
      streets.set(key, (streets.get(key) ?? 0) + through[i]);
    }
    const sorted = [...streets].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
    this.flowFrom = Int32Array.from(sorted, ([key]) => Math.floor(key / n));
    this.flowTo = Int32Array.from(sorted, ([key]) => key % n);
    this.flow = Float64Array.from(sorted, ([, orders]) => orders);
  }

  /** Find the end of the street on which a way to `end` is after `far` steps. */
  streetAt(end, far) {
    let i = end;
    while (this.parent[i] >= 0 && this.far[this.parent[i]] >= far) i = this.parent[i];
    return i;
  }

  /** Find where on the street that leads to `end` a way is after `far` steps: [x, y]. */
  positionOn(end, far) {
    const p = this.parent[end];
    if (p < 0) return [this.x[end], this.y[end]];
    const share = Math.min(1, Math.max(0, (far - this.far[p]) / Math.max(1e-9, this.far[end] - this.far[p])));
    return [this.x[p] + (this.x[end] - this.x[p]) * share, this.y[p] + (this.y[end] - this.y[p]) * share];
  }
}

/**
 * Orders over time, in seconds: {point, created, leaves, ends, cancelled, mode}. A driver is on the way from
 * `leaves` to `ends`; Infinity: not so, or not known. `mode` is "foot", "bicycle" or "car", if it is known.
 */
class Movers {
  /** @param areOver whether all that happens to the orders is known; else they may be changed as they go on */
  constructor(orders = [], areOver = false) {
    this.orders = orders.sort((a, b) => a.created - b.created || a.point - b.point);
    this.longest = areOver ? orders.reduce((most, {created, ends}) => Math.max(most, ends - created), 0) : Infinity;
  }

  /** Add an order that is the latest. */
  add(order) { this.orders.push(order); }

  /** Find the orders that may be open at a time, or have ended in the seconds before it: first, and behind the last. */
  near(time, before) {
    const behind = latest => {
      let low = 0, high = this.orders.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.orders[middle].created <= latest) low = middle + 1; else high = middle;
      }
      return low;
    };
    return [this.longest < Infinity ? behind(time - this.longest - before - 1) : 0, behind(time)];
  }

  /** Whether a driver is on the way to its customer. */
  static moves(order, time) { return order.leaves <= time && time < order.ends && order.ends < Infinity; }

  /** Count the orders at a time: open (`moving` among them), delivered, cancelled. */
  count(time) {
    const counts = {open: 0, moving: 0, delivered: 0, cancelled: 0};
    for (const order of this.orders) {
      if (order.created > time) break;
      if (time >= order.ends) counts[order.cancelled ? "cancelled" : "delivered"]++;
      else counts.open++;
      if (Movers.moves(order, time)) counts.moving++;
    }
    return counts;
  }

  /** First and last second at which anything happens. */
  span() {
    let last = 0;
    for (const {created, ends} of this.orders) last = Math.max(last, ends < Infinity ? ends : created);
    return this.orders.length ? [this.orders[0].created, last] : [0, 86400];
  }

  /** Find when most drivers are on the way, and how many. */
  peak() {
    const changes = [];
    for (const {leaves, ends} of this.orders) if (leaves < ends && ends < Infinity) changes.push([leaves, 1], [ends, -1]);
    changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    let now = 0, best = {drivers: 0, time: this.span()[0]};
    for (const [time, by] of changes) {
      now += by;
      if (now > best.drivers) best = {drivers: now, time};
    }
    return best;
  }
}

/** A canvas that shows streets and movers at a time; it can be played, moved and zoomed. */
class DayMap {
  static FADES = [4, 2];   // pieces of a trail, each paler than the one before; and of those of a crowd
  static DONE_S = 600;     // how long a finished order stays
  static PART = 250;       // marks of orders that a frame draws while the day is played
  static CROWD = 100;      // drivers at once from which on marks are small and pale

  /** @param onDraw called with this map after each drawing */
  constructor(canvas, onDraw = () => {}) {
    // An opaque canvas is shown without blending.
    Object.assign(this, {canvas, onDraw, context: canvas.getContext("2d", {alpha: false})});
    // Streets; streets and orders, as they are shown, and as they are being drawn.
    for (const name of ["base", "still", "spare"]) this[name] = document.createElement("canvas");
    Object.assign(this, {streets: null, movers: new Movers(), layer: "flow", time: 0, end: 86400, speed: 300});
    Object.assign(this, {playing: false, seen: true, frames: 0, drivers: [], zoomed: 1, trailS: 240, fades: DayMap.FADES[0]});
    new ResizeObserver(() => this.resize()).observe(canvas);
    // A map that nobody sees stands still.
    new IntersectionObserver(([entry]) => { this.seen = entry.isIntersecting; }).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.restyle());
    new MutationObserver(() => this.restyle()).observe(document.documentElement, {attributeFilter: ["data-theme"]});
    this.#listenToPointers();
    this.#listenToKeys();
    this.resize();
  }

  /** Show other streets, and movers on them. */
  show(streets, movers) {
    const moved = streets !== this.streets;
    Object.assign(this, {streets, movers});
    // Where many drive at once, long trails and strong marks would hide the streets, and take long to draw.
    const {drivers} = movers.peak();
    this.trailS = Math.max(60, Math.min(240, 15000 / Math.max(1, drivers)));
    this.isCrowded = drivers > DayMap.CROWD;
    this.paleness = this.isCrowded ? 0.45 : 1;
    this.fades = DayMap.FADES[Number(this.isCrowded)];
    this.marks = this.painting = null;
    if (moved) this.fit();
    this.draw();
  }

  seek(time) { this.time = time; this.draw(); }

  play() {
    if (this.playing) return;
    this.playing = true;
    this.last = performance.now();
    requestAnimationFrame(now => this.#tick(now));
    this.onDraw(this);
  }

  pause() {
    this.playing = false;
    this.draw();
  }

  #tick(now) {
    if (!this.playing) return;
    // After a pause of the browser's the day goes on where it was.
    if (this.seen) this.time += Math.min(0.1, (now - this.last) / 1000) * this.speed;
    this.last = now;
    if (this.time >= this.end) { this.time = this.end; this.playing = false; }
    if (this.seen) this.draw();
    requestAnimationFrame(next => this.#tick(next));
  }

  resize() {
    const {clientWidth: wide, clientHeight: high} = this.canvas, dense = Math.min(2, devicePixelRatio || 1);
    if (wide === this.wide && high === this.high && dense === this.dense) return;
    Object.assign(this, {wide, high, dense});
    for (const canvas of [this.canvas, this.base, this.still, this.spare]) {
      canvas.width = Math.round(this.wide * dense);
      canvas.height = Math.round(this.high * dense);
    }
    this.restyle();
    if (this.streets) this.zoomed === 1 ? this.fit() : this.#redraw();
  }

  /** Read the colours anew. */
  restyle() {
    const style = getComputedStyle(this.canvas);
    this.colours = {};
    for (const key of ["ground", "street", "flow", "driver", "open", "done", "kitchen", "text"])
      this.colours[key] = style.getPropertyValue(`--map-${key}`).trim();
    this.marks = null;
    if (this.streets) this.#redraw();
  }

  setLayer(layer) { this.layer = layer; this.#redraw(); }

  /** Device pixels of a step where all is seen. */
  #whole() { return Math.min(this.canvas.width / this.streets.width, this.canvas.height / this.streets.height) * 0.95; }

  fit() {
    this.zoomed = 1;
    this.middle = [this.streets.width / 2, this.streets.height / 2];
    this.#redraw();
  }

  /** Zoom by a factor; the place under a point of the canvas, in CSS pixels, stays there. */
  zoom(factor, [atX, atY] = [this.wide / 2, this.high / 2]) {
    const most = Math.max(2, this.dense / this.streets.unitM / this.#whole()); // a pixel is a metre
    const zoomed = Math.min(most, Math.max(1, this.zoomed * factor));
    const whole = this.#whole() / this.dense, by = 1 / (whole * this.zoomed) - 1 / (whole * zoomed);
    this.zoomed = zoomed;
    if (zoomed === 1) this.fit();
    else this.#moveSteps((atX - this.wide / 2) * by, (atY - this.high / 2) * by);
  }

  /** Move what is seen by CSS pixels. */
  pan(dx, dy) {
    const scale = this.#whole() * this.zoomed / this.dense;
    this.#moveSteps(dx / scale, dy / scale);
  }

  #moveSteps(dx, dy) {
    const within = (value, most) => Math.min(most, Math.max(0, value));
    this.middle = [within(this.middle[0] + dx, this.streets.width), within(this.middle[1] + dy, this.streets.height)];
    this.#redraw();
  }

  /** Draw the streets with the next frame, however often they are moved before it. */
  #redraw() {
    this.stale = true;
    if (!this.waiting) this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.draw(); });
  }

  #listenToPointers() {
    const canvas = this.canvas, points = new Map();
    canvas.addEventListener("pointerdown", event => {
      canvas.setPointerCapture(event.pointerId);
      points.set(event.pointerId, [event.offsetX, event.offsetY]);
    });
    canvas.addEventListener("pointermove", event => {
      const old = points.get(event.pointerId), now = [event.offsetX, event.offsetY];
      if (!old) return;
      const other = [...points].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const apart = ([x, y]) => Math.max(1, Math.hypot(x - other[0], y - other[1]));
        this.zoom(apart(now) / apart(old), other);
      }
      const share = other ? 0.5 : 1; // of two fingers that move together, each moves it half the way
      this.pan((old[0] - now[0]) * share, (old[1] - now[1]) * share);
      points.set(event.pointerId, now);
    });
    for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, event => points.delete(event.pointerId));
    // One finger scrolls the page past the map (touch-action), two are the map's.
    canvas.addEventListener("touchstart", event => { if (event.touches.length > 1) event.preventDefault(); }, {passive: false});
    canvas.addEventListener("wheel", event => {
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, [event.offsetX, event.offsetY]);
    }, {passive: false});
  }

  #listenToKeys() {
    const actions = {
      " ": () => this.playing ? this.pause() : this.play(),
      "+": () => this.zoom(1.4), "=": () => this.zoom(1.4), "-": () => this.zoom(1 / 1.4), "0": () => this.fit(),
      ArrowLeft: () => this.pan(-60, 0), ArrowRight: () => this.pan(60, 0),
      ArrowUp: () => this.pan(0, -60), ArrowDown: () => this.pan(0, 60),
    };
    this.canvas.addEventListener("keydown", event => {
      const action = actions[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      action();
    });
  }

  /** Draw the streets if they have changed, the orders over them, and all that moves. */
  draw() {
    if (!this.streets || !this.wide || !this.high) return;
    const {context, movers, time} = this;
    // Streets may have grown since they were drawn.
    if (this.stale || this.px.length !== this.streets.x.length) this.#placePoints();
    if (this.stale) this.#drawStreets();
    this.marks ??= this.#makeMarks();
    this.#drawOrders(this.playing && !this.stale);
    this.stale = false;
    context.globalAlpha = 1;
    context.drawImage(this.still, 0, 0);
    const drivers = [], trails = Array.from({length: this.fades}, () => new Path2D());
    const [first, behind] = movers.near(time, 0);
    for (let i = first; i < behind; i++) if (Movers.moves(movers.orders[i], time)) drivers.push(this.#drive(movers.orders[i], trails));
    Object.assign(context, {strokeStyle: this.colours.driver, lineCap: "butt", lineJoin: "bevel"});
    trails.forEach((trail, age) => {
      context.globalAlpha = 0.8 - 0.72 * age / this.fades;
      context.lineWidth = (3.4 - 2.4 * age / this.fades) * this.dense;
      context.stroke(trail);
    });
    context.globalAlpha = 1;
    for (const {x, y, order} of drivers) this.#mark(context, order.mode || "driver", this.#x(x), this.#y(y));
    this.#mark(context, "kitchen", this.#x(this.streets.kitchen[0]), this.#y(this.streets.kitchen[1]));
    this.drivers = drivers;
    this.frames++;
    this.onDraw(this);
  }

  /** Find where the points are on the canvas. */
  #placePoints() {
    const {streets, canvas, middle} = this, scale = this.#whole() * this.zoomed;
    this.view = {scale, left: canvas.width / 2 - middle[0] * scale, top: canvas.height / 2 - middle[1] * scale};
    this.px = Float32Array.from(streets.x, x => this.#x(x));
    this.py = Float32Array.from(streets.y, y => this.#y(y));
  }

  /**
   * Draw the orders over the streets. While the day is played, a frame draws a part of them on a spare canvas, which
   * is shown when all are there: thousands of marks would take longer than a frame has.
   */
  #drawOrders(inParts) {
    if (!inParts || !this.painting) this.painting = this.#paintOrders(this.time);
    let {done} = this.painting.next();
    while (!done && !inParts) ({done} = this.painting.next());
    if (!done) return;
    this.painting = null;
    [this.still, this.spare] = [this.spare, this.still];
  }

  *#paintOrders(time) {
    const c = this.spare.getContext("2d"), {movers, px, py, paleness} = this;
    c.globalAlpha = 1;
    c.drawImage(this.base, 0, 0);
    const [first, behind] = movers.near(time, DayMap.DONE_S);
    for (let i = first, n = 0; i < behind; i++) {
      const {point, ends, cancelled} = movers.orders[i], age = time - ends;
      if (age >= DayMap.DONE_S) continue;
      c.globalAlpha = age < 0 ? paleness : paleness * (1 - age / DayMap.DONE_S);
      this.#mark(c, age < 0 ? "open" : cancelled ? "cancelled" : "done", px[point], py[point]);
      if (++n % DayMap.PART === 0) yield;
    }
  }

  #x(x) { return x * this.view.scale + this.view.left; }
  #y(y) { return y * this.view.scale + this.view.top; }

  #mark(context, name, x, y) {
    const mark = this.marks[name];
    context.drawImage(mark, Math.round(x - mark.width / 2), Math.round(y - mark.height / 2));
  }

  /** Find where the driver of an order is, and add what lies behind to the trails. */
  #drive(order, trails) {
    const {streets, px, py} = this, whole = streets.far[order.point], drive = order.ends - order.leaves;
    const far = whole * (this.time - order.leaves) / drive, piece = whole * this.trailS / drive / this.fades;
    let end = streets.streetAt(order.point, far), age = 0;
    const street = end, [x, y] = streets.positionOn(end, far);
    trails[0].moveTo(this.#x(x), this.#y(y));
    while (streets.parent[end] >= 0) {
      const p = streets.parent[end], next = far - piece * (age + 1);
      if (streets.far[p] > next) {
        trails[age].lineTo(px[p], py[p]);
        end = p;
        continue;
      }
      const [sx, sy] = streets.positionOn(end, next), cut = [this.#x(sx), this.#y(sy)];
      trails[age].lineTo(...cut);
      if (++age === this.fades) break;
      trails[age].moveTo(...cut);
    }
    return {order, x, y, street};
  }

  /** Draw the marks once: copies of a picture are cheaper than circles. */
  #makeMarks() {
    const draw = (size, paint, scale = this.dense * (this.isCrowded ? 0.75 : 1)) => {
      const canvas = document.createElement("canvas"), c = canvas.getContext("2d");
      canvas.width = canvas.height = Math.ceil(size * scale);
      c.scale(scale, scale);
      c.translate(size / 2, size / 2);
      c.beginPath();
      paint(c);
      return canvas;
    };
    const {ground, driver, open, done, kitchen} = this.colours;
    const fill = (c, colour) => { c.fillStyle = colour; c.fill(); };
    const stroke = (c, colour, width) => { c.strokeStyle = colour; c.lineWidth = width; c.stroke(); };
    const disc = c => { c.arc(0, 0, 4.6, 0, 7); fill(c, driver); stroke(c, ground, 1.5); };
    return {
      open: draw(9, c => { c.arc(0, 0, 3, 0, 7); stroke(c, open, 1.5); }),
      done: draw(8, c => { c.arc(0, 0, 2.8, 0, 7); fill(c, done); }),
      cancelled: draw(11, c => { c.moveTo(-4, -4); c.lineTo(4, 4); c.moveTo(-4, 4); c.lineTo(4, -4); stroke(c, open, 2); }),
      driver: draw(13, disc),
      car: draw(13, disc),
      bicycle: draw(13, c => { c.rect(-4, -4, 8, 8); fill(c, driver); stroke(c, ground, 1.5); }),
      foot: draw(15, c => { c.moveTo(0, -6); c.lineTo(5.5, 4.5); c.lineTo(-5.5, 4.5); c.closePath(); fill(c, driver); stroke(c, ground, 1.5); }),
      kitchen: draw(20, c => {
        c.moveTo(0, -8); c.lineTo(8, 0); c.lineTo(0, 8); c.lineTo(-8, 0); c.closePath();
        fill(c, kitchen); stroke(c, ground, 2);
      }, this.dense),
    };
  }

  #drawStreets() {
    const c = this.base.getContext("2d"), {streets, colours, px, py} = this, wide = this.base.width, high = this.base.height;
    Object.assign(c, {globalAlpha: 1, fillStyle: colours.ground, lineCap: "round", lineJoin: "round"});
    c.fillRect(0, 0, wide, high);
    if (this.layer === "density") this.#drawDensity(c);
    c.beginPath();
    const line = (a, b) => {
      const ax = px[a], ay = py[a], bx = px[b], by = py[b];
      if (Math.max(ax, bx) < 0 || Math.min(ax, bx) > wide || Math.max(ay, by) < 0 || Math.min(ay, by) > high) return;
      c.moveTo(ax, ay);
      c.lineTo(bx, by);
    };
    streets.quietFrom.forEach((from, i) => line(from, streets.quietTo[i]));
    streets.flowFrom.forEach((from, i) => line(from, streets.flowTo[i]));
    Object.assign(c, {strokeStyle: colours.street, lineWidth: Math.min(3, 0.55 + 0.15 * this.zoomed) * this.dense});
    c.stroke();
    if (this.layer === "flow") this.#drawFlow(c, line);
    if (this.layer === "ways") this.#drawWays(c);
    this.#drawScale(c);
  }

  /** Draw streets by their orders, in eight widths. */
  #drawFlow(c, line) {
    const {flow, flowFrom, flowTo} = this.streets, levels = 8, top = Math.log1p(flow.at(-1) ?? 0);
    c.strokeStyle = this.colours.flow;
    for (let level = 1, i = 0; level <= levels && top; level++) {
      c.beginPath();
      for (; i < flow.length && Math.log1p(flow[i]) / top <= level / levels; i++) if (flow[i]) line(flowFrom[i], flowTo[i]);
      c.lineWidth = (0.4 + level * level / 13) * this.dense;
      c.globalAlpha = 0.12 + 0.68 * level / levels;
      c.stroke();
    }
  }

  /** Colour the ground by the orders that go there, in cells that the canvas blends into each other. */
  #drawDensity(c) {
    const {x, y, orders, width, height} = this.streets, side = 72, cell = Math.max(width, height) / (side - 4);
    const sums = new Float64Array(side * side);
    for (let i = 0; i < x.length; i++) sums[Math.floor(y[i] / cell + 2) * side + Math.floor(x[i] / cell + 2)] += orders[i];
    const blurred = sums.map((_, at) => {
      let sum = 0;
      for (const [by, weight] of [[0, 4], [1, 2], [-1, 2], [side, 2], [-side, 2]]) sum += (sums[at + by] ?? 0) * weight;
      return sum / 12;
    });
    const most = Math.sqrt(blurred.reduce((a, b) => Math.max(a, b), 0)) || 1;
    const small = document.createElement("canvas"), s = small.getContext("2d");
    small.width = small.height = side;
    s.fillStyle = this.colours.flow;
    blurred.forEach((value, at) => {
      s.globalAlpha = 0.9 * Math.sqrt(value) / most;
      if (value) s.fillRect(at % side, Math.floor(at / side), 1, 1);
    });
    c.globalAlpha = 1;
    c.drawImage(small, this.#x(-2 * cell), this.#y(-2 * cell), side * cell * this.view.scale, side * cell * this.view.scale);
  }

  /** Draw the ways to some customers, spread evenly over those who order. */
  #drawWays(c) {
    const {streets} = this, ends = [];
    streets.orders.forEach((orders, point) => { if (orders && streets.parent[point] >= 0) ends.push(point); });
    const n = Math.min(60, ends.length);
    Object.assign(c, {strokeStyle: this.colours.flow, lineWidth: 1.8 * this.dense, globalAlpha: 0.45});
    for (let k = 0; k < n; k++) {
      c.beginPath();
      for (let i = ends[Math.floor((k + 0.5) * ends.length / n)]; i >= 0; i = streets.parent[i]) c.lineTo(this.px[i], this.py[i]);
      c.stroke();
    }
  }

  /** Draw a bar of a round length. */
  #drawScale(c) {
    const pixelsPerM = this.view.scale / this.streets.unitM, room = 120 * this.dense / pixelsPerM;
    const power = 10 ** Math.floor(Math.log10(room)), metres = [5, 2, 1].find(times => times * power <= room) * power;
    const left = 12 * this.dense, bottom = this.base.height - 12 * this.dense;
    Object.assign(c, {fillStyle: this.colours.text, font: `${12 * this.dense}px system-ui, sans-serif`, globalAlpha: 1});
    c.fillRect(left, bottom, metres * pixelsPerM, 2 * this.dense);
    c.fillText(metres < 1000 ? `${metres} m` : `${metres / 1000} km`, left, bottom - 5 * this.dense);
  }
}
