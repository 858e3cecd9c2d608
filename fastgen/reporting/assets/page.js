// Draws the charts, fills the tables, and lets readers choose days and theme. Nothing is global.
(() => {
"use strict";
const root = document.documentElement;
root.dataset.scripts = "yes";
const {charts, figures, configs} = JSON.parse(document.getElementById("page-data").textContent);
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const views = new Map();
const NARROW_PX = 560;
const DAY_MS = 86400000;

const say = text => { document.getElementById("said").textContent = text; };
const isoDay = ms => new Date(ms).toISOString().slice(0, 10);

// Rows of figures, unpacked once, when a chart or a table first needs them.
const unpacked = new Map();
const value = (column, row) => {
  const found = column.values[row];
  return column.kind === "text" && found !== null ? column.levels[found] : found;
};
function rowsOf(key) {
  if (!unpacked.has(key)) {
    const {columns, n} = figures[key];
    const rows = Array.from({length: n}, (_, row) => {
      const made = {};
      for (const column of columns) made[column.name] = value(column, row);
      return made;
    });
    unpacked.set(key, rows);
  }
  // Vega marks the objects that it is given, so each chart gets its own.
  return unpacked.get(key).map(row => ({...row}));
}

function* partsOf(spec) {
  if (spec === null || typeof spec !== "object") return;
  yield spec;
  for (const inner of Object.values(spec)) yield* partsOf(inner);
}

const theme = () => root.dataset.theme || (systemDark.matches ? "dark" : "light");

// A chart as its place allows: one column and short labels on a phone, and no brush where fingers scroll.
function fit(spec, width) {
  const config = structuredClone(configs[theme()]);
  const narrow = width < NARROW_PX;
  if (narrow) {
    config.axisY.labelLimit = 150;
    config.legend.columns = 2;
    // Those that say how many columns they need have long labels.
    for (const part of partsOf(spec)) if (part.legend?.columns) part.legend.columns = 1;
  }
  if (spec.facet) {
    spec.columns = narrow ? 1 : 2;
    spec.spec.width = Math.floor(width / spec.columns - 58);
  }
  const parts = [...partsOf(spec)];
  if (matchMedia("(pointer: coarse)").matches)
    for (const part of parts) if (part.params) part.params = part.params.filter(one => one.name !== "days");
  spec.config = config;
  spec.datasets = {};
  for (const {data} of parts) if (data?.name) spec.datasets[data.name] ??= rowsOf(data.name);
  return spec;
}

async function draw(place) {
  const key = place.dataset.chart;
  const old = views.get(key);
  const kept = old ? keptSignals(old) : [];
  const spec = fit(structuredClone(charts[key]), place.clientWidth);
  const {view} = await vegaEmbed(place, spec, {
    actions: false, ast: true, renderer: "svg", defaultStyle: false,
    tooltip: {disableDefaultStyle: true},
    // Errors alone: a location without disturbances is no reason to warn.
    logLevel: 1,
  });
  if (old) old.finalize();
  views.set(key, view);
  // The date fields are the brush of those who don't see it.
  for (const mark of place.querySelectorAll(".days_brush, .days_brush_bg")) {
    mark.removeAttribute("role");
    mark.setAttribute("aria-hidden", "true");
  }
  for (const [name, kind] of kept) view.signal(name, kind);
  narrow(view);
  if (kept.length) await view.runAsync();
  if (key === "orders_by_day") listenToBrush(view);
}

// What a reader has picked stays picked when a chart is drawn again.
function keptSignals(view) {
  return ["shown_location", "shown_time"].flatMap(name => {
    try { return [[name, view.signal(name)]]; } catch { return []; }
  });
}

async function drawAll() {
  root.dataset.ready = "no";
  root.dataset.drawn = theme();
  for (const place of document.querySelectorAll("[data-chart]")) {
    await draw(place);
    // Lets the page scroll between two charts.
    await new Promise(done => setTimeout(done));
  }
  root.dataset.ready = "yes";
}

// One drawing after the other: a second change of the theme must not overtake the first.
let drawing = Promise.resolve();
const redraw = () => { drawing = drawing.then(drawAll); };

// The chosen days: all charts that have dates follow.
const days = {first: null, last: null};
const form = document.querySelector("form.days");
function narrow(view) {
  try {
    view.signal("first_ms", days.first);
    view.signal("last_ms", days.last === null ? null : days.last + DAY_MS - 1);
    view.runAsync();
  } catch { /* a chart without days */ }
}
function choose(first, last) {
  days.first = first;
  days.last = last;
  for (const view of views.values()) narrow(view);
  const all = rowsOf("orders_by_day");
  const inside = all.filter(row => (first === null || row.date >= first) && (last === null || row.date <= last));
  const sum = name => inside.reduce((total, row) => total + row[name], 0);
  const n = new Set(inside.map(row => row.date)).size;
  form.first.value = isoDay(first ?? all[0].date);
  form.last.value = isoDay(last ?? all[all.length - 1].date);
  form.querySelector("output").textContent = first === null && last === null ? ""
    : `${n} ${n === 1 ? "day" : "days"}: ${sum("orders").toLocaleString("en-US")} orders, $${Math.round(sum("revenue_usd")).toLocaleString("en-US")}`;
}
function listenToBrush(view) {
  let has;
  try { has = view.signal("days"); } catch { return; }
  if (!has) return;
  view.addSignalListener("days", (_, brush) => {
    if (!brush.date) return choose(null, null);
    const [a, b] = brush.date.map(Number);
    choose(Math.ceil(a / DAY_MS) * DAY_MS, Math.floor(b / DAY_MS) * DAY_MS);
  });
}
function clearBrush() {
  const view = views.get("orders_by_day");
  try { view.signal("days_x", [0, 0]).runAsync(); } catch { /* no brush on phones */ }
}
if (form && figures.orders_by_day.n) {
  form.hidden = false;
  choose(null, null);
  form.addEventListener("change", () => {
    const [first, last] = [form.first, form.last].map(input => input.valueAsNumber);
    if (first <= last) choose(first, last);
  });
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", event => { event.preventDefault(); clearBrush(); choose(null, null); });
}

// Tables and CSV.
const shownNumber = number => number.toLocaleString("en-US", {maximumFractionDigits: 3});
function shown(column, row) {
  const found = value(column, row);
  if (found === null) return "";
  if (column.kind === "date") return isoDay(found);
  if (column.kind === "time") return new Date(found).toISOString().slice(0, 16).replace("T", " ");
  return column.kind === "text" ? found : shownNumber(found);
}
function showAll(button) {
  const {columns, n} = figures[button.dataset.key];
  const body = document.createElement("tbody");
  for (let row = 0; row < n; row++) {
    const line = body.insertRow();
    for (const column of columns) {
      const cell = line.insertCell();
      cell.textContent = shown(column, row);
      if (column.kind === "count" || column.kind === "number") cell.className = "n";
    }
  }
  document.querySelector(`[data-table="${button.dataset.key}"] tbody`).replaceWith(body);
  document.querySelector(`[data-shown="${button.dataset.key}"]`).textContent = `All ${n.toLocaleString("en-US")} rows.`;
  button.remove();
}
function csv(key) {
  const {columns, n} = figures[key];
  const quote = text => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const cell = (column, row) => {
    const found = value(column, row);
    if (found === null) return "";
    if (column.kind === "date") return isoDay(found);
    return column.kind === "time" ? new Date(found).toISOString() : quote(String(found));
  };
  const lines = [columns.map(column => quote(column.name)).join(",")];
  for (let row = 0; row < n; row++) lines.push(columns.map(column => cell(column, row)).join(","));
  return lines.join("\n") + "\n";
}
function save(key) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv(key)], {type: "text/csv"}));
  link.download = `${key}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}
async function copy(button) {
  const text = button.dataset.copy ?? document.getElementById(button.dataset.copyOf).textContent;
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    // Browsers may refuse pages from disk: then the text is selected for the reader to copy.
    getSelection().selectAllChildren(document.getElementById(button.dataset.copyOf) ?? button.parentElement.querySelector("code") ?? button.closest(".card").querySelector("code"));
    say("Selected: copy it with the keyboard.");
  }
}

// The theme: the system's, or the reader's own, which is remembered where pages may remember.
const THEMES = ["system", "light", "dark"];
const themeButton = document.querySelector("[data-do=theme]");
function setTheme(chosen) {
  if (chosen === "system") delete root.dataset.theme;
  else root.dataset.theme = chosen;
  themeButton.textContent = `Theme: ${chosen}`;
  try { localStorage.setItem("fastgen-theme", chosen); } catch { /* not remembered */ }
  // The map, which is not of this script, draws in the colours of the page.
  root.dispatchEvent(new CustomEvent("themechange"));
}
let chosenTheme = "system";
try { chosenTheme = localStorage.getItem("fastgen-theme") || "system"; } catch { /* not remembered */ }
setTheme(THEMES.includes(chosenTheme) ? chosenTheme : "system");
systemDark.addEventListener("change", () => { if (!root.dataset.theme) { root.dispatchEvent(new CustomEvent("themechange")); redraw(); } });

const actions = {
  theme: () => {
    const now = root.dataset.theme || "system";
    setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
    if (root.dataset.drawn !== theme()) redraw();
  },
  all: showAll,
  csv: button => save(button.dataset.key),
  copy,
};
document.addEventListener("click", event => {
  const button = event.target.closest("[data-do]");
  if (button) actions[button.dataset.do](button);
});
for (const button of document.querySelectorAll("[data-do]")) button.hidden = false;

let width = innerWidth;
let waiting = 0;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(redraw, 200);
});
redraw();
})();
