"use strict";

// Draws the charts from the data in the page, sorts tables, and folds the tree of processes.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const data = JSON.parse(document.getElementById("data").textContent);
  const tip = document.getElementById("tip");
  const said = document.getElementById("said");
  const LEFT = 52, RIGHT = 8, TOP = 8, BOTTOM = 22;
  const ROWS = 15;

  // ---- words

  const three = (value) => Number(value.toPrecision(3)).toString();
  const count = (value) => Math.round(value).toLocaleString("en");

  function duration(ns) {
    for (const [size, unit] of [[1, "ns"], [1e3, "µs"], [1e6, "ms"]]) {
      if (ns < 999.5 * size) return `${three(ns / size)} ${unit}`;
    }
    const seconds = ns / 1e9;
    if (seconds < 120) return `${three(seconds)} s`;
    if (seconds < 7200) return `${three(seconds / 60)} min`;
    return seconds < 172800 ? `${three(seconds / 3600)} h` : `${three(seconds / 86400)} d`;
  }

  function short(value) {
    const units = ["", "k", "M", "G", "T"];
    let unit = 0;
    while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit += 1; }
    return three(value) + units[unit];
  }

  // ---- elements

  function element(name, attributes = {}, parent = null, text = "") {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  }

  function html(name, className, text = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  const colour = (series, place) => (series.rest ? "c8" : `c${place}`);

  // ---- scales

  // Round values up to a largest one: 1, 2 or 5 times a power of ten apart.
  function ticks(most, wanted) {
    const raw = most / Math.max(wanted, 1);
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw * 0.999);
    const found = [];
    for (let value = 0; value <= most * 1.0001; value += step) found.push(value);
    return found;
  }

  // The same of times in ns, which above a minute are apart by what clocks have.
  function timeTicks(most, wanted) {
    const minute = 60e9;
    if (most < 2 * minute) return ticks(most, wanted);
    const steps = [0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440];
    const step = steps.map((each) => each * minute).find((each) => most / each <= wanted);
    if (!step) return ticks(most / (1440 * minute), wanted).map((day) => day * 1440 * minute);
    const found = [];
    for (let value = 0; value <= most; value += step) found.push(value);
    return found;
  }

  // ---- charts

  class Chart {
    constructor(id, height) {
      this.root = document.getElementById(id);
      this.height = height;
      this.step = this.row = -1;
      this.root.addEventListener("pointermove", (event) => this.point(event));
      this.root.addEventListener("pointerleave", () => select(-1));
      this.root.addEventListener("keydown", (event) => this.press(event));
      this.root.addEventListener("blur", () => select(-1));
    }

    get innerWidth() { return Math.max(this.width - LEFT - RIGHT, 1); }
    get innerHeight() { return this.height - TOP - BOTTOM; }
    x(step) { return LEFT + (step / data.steps) * this.innerWidth; }

    draw() {
      this.width = this.root.clientWidth;
      this.root.replaceChildren();
      this.paint();
      this.over = element("svg", { class: "over", width: this.width, height: this.height, "aria-hidden": "true" }, this.root);
    }

    frame(parent) {
      const base = TOP + this.innerHeight;
      for (const time of timeTicks(data.steps * data.width, Math.floor(this.innerWidth / 90))) {
        const x = LEFT + (time / (data.steps * data.width)) * this.innerWidth;
        element("line", { class: "grid", x1: x, x2: x, y1: base, y2: base + 4 }, parent);
        const anchor = x > this.width - 30 ? "end" : x < LEFT + 5 ? "start" : "middle";
        element("text", { x, y: base + 16, "text-anchor": anchor }, parent, duration(time).replace(/^0 ns$/, "0"));
      }
    }

    level(parent, y, text) {
      element("line", { class: "grid", x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y }, parent);
      element("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, parent, text);
    }

    point(event) {
      const box = this.root.getBoundingClientRect();
      const step = Math.floor(((event.clientX - box.left - LEFT) / this.innerWidth) * data.steps);
      if (step < 0 || step >= data.steps) { select(-1); return; }
      this.row = this.rowAt(event.clientY - box.top);
      select(step, this, [event.clientX, event.clientY]);
    }

    press(event) {
      const across = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
      const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (event.key === "Escape") { select(-1); return; }
      if (across === undefined && up === undefined && event.key !== "Home" && event.key !== "End") return;
      event.preventDefault();
      let step = this.step < 0 ? 0 : this.step + (across || 0);
      if (event.key === "Home") step = 0;
      if (event.key === "End") step = data.steps - 1;
      step = Math.min(Math.max(step, 0), data.steps - 1);
      this.move(up || 0);
      const box = this.root.getBoundingClientRect();
      select(step, this, [box.left + this.x(step + 0.5), box.top + this.yOf()]);
      said.textContent = tip.textContent;
    }

    mark() {
      this.over.replaceChildren();
      if (this.step < 0) return;
      const x = this.x(this.step + 0.5);
      element("line", { class: "hair", x1: x, x2: x, y1: TOP, y2: TOP + this.innerHeight }, this.over);
    }

    rowAt() { return -1; }
    move() {}
    yOf() { return this.height / 2; }
  }

  // Calls by syscall, one upon the other.
  class Stack extends Chart {
    constructor() {
      super("stack", 260);
      this.alone = -1;
    }

    paint() {
      const shown = data.series.map((series, place) => ({ series, place })).filter(({ place }) => this.alone < 0 || place === this.alone);
      const totals = Array.from({ length: data.steps }, (_, step) => shown.reduce((sum, { series }) => sum + series.counts[step], 0));
      const most = Math.max(...totals, 1);
      const svg = element("svg", { width: this.width, height: this.height, role: "img", "aria-label": this.summary() }, this.root);
      const base = TOP + this.innerHeight;
      const y = (value) => base - (value / most) * this.innerHeight;
      const rate = 1e9 / data.width;
      for (const value of ticks(most * rate, 4)) this.level(svg, y(value / rate), short(value));
      const gap = this.innerWidth / data.steps > 4 ? 1 : 0;
      const below = new Array(data.steps).fill(0);
      for (const { series, place } of shown) {
        let path = "";
        series.counts.forEach((value, step) => {
          if (!value) return;
          const x = this.x(step), width = this.x(step + 1) - x - gap;
          path += `M${x.toFixed(2)} ${y(below[step]).toFixed(2)}h${width.toFixed(2)}V${y(below[step] + value).toFixed(2)}h${(-width).toFixed(2)}z`;
          below[step] += value;
        });
        element("path", { d: path, class: colour(series, place), "data-name": series.name }, svg);
      }
      this.frame(svg);
    }

    summary() {
      const each = data.series.map((series) => `${series.name} ${count(total(series))}`);
      return `Calls in ${data.steps} steps of ${duration(data.width)}: ${each.join(", ")}`;
    }

    say() {
      const rows = data.series.map((series, place) => ({ series, place, value: series.counts[this.step] })).filter(({ value }) => value);
      const calls = rows.reduce((sum, { value }) => sum + value, 0);
      const lines = [html("b", "", `${when(this.step)}: ${count(calls)} calls`)];
      for (const { series, place, value } of rows.sort((a, b) => b.value - a.value)) {
        const line = html("span", "row");
        line.append(html("span", `dot ${colour(series, place)}`), document.createTextNode(`${series.name} `), html("em", "", count(value)));
        lines.push(line);
      }
      return lines;
    }
  }

  // How many calls took how long.
  class Heat extends Chart {
    constructor() {
      const rows = data.heat.least.length - 1;
      super("heat", TOP + BOTTOM + Math.min(Math.max(rows * 8, 120), 340));
      this.rows = rows;
      this.counts = new Map();
      const cells = data.heat.cells;
      for (let at = 0; at < cells.length; at += 3) this.counts.set(cells[at] * this.rows + cells[at + 1], cells[at + 2]);
      this.most = Math.max(...this.counts.values(), 1);
    }

    get rowHeight() { return this.innerHeight / this.rows; }
    y(row) { return TOP + this.innerHeight - row * this.rowHeight; }
    at(step, row) { return this.counts.get(step * this.rows + row) || 0; }

    paint() {
      const scale = window.devicePixelRatio || 1;
      const canvas = document.createElement("canvas");
      canvas.width = this.width * scale;
      canvas.height = this.height * scale;
      canvas.style.height = `${this.height}px`;
      const context = canvas.getContext("2d");
      context.scale(scale, scale);
      const ramp = shades();
      for (const [key, value] of this.counts) {
        const step = Math.floor(key / this.rows), row = key % this.rows;
        const share = this.most > 1 ? Math.log(value) / Math.log(this.most) : 1;
        context.fillStyle = ramp[Math.round(share * (ramp.length - 1))];
        // Edges of whole pixels, so that no seams are seen.
        const left = Math.floor(this.x(step)), right = Math.max(Math.floor(this.x(step + 1)), left + 1);
        const top = Math.floor(this.y(row + 1)), bottom = Math.max(Math.floor(this.y(row)), top + 1);
        context.fillRect(left, top, right - left, bottom - top);
      }
      this.root.append(canvas);
      const svg = element("svg", { class: "over", width: this.width, height: this.height, role: "img", "aria-label": this.summary() }, this.root);
      this.levels(svg);
      this.frame(svg);
    }

    levels(svg) {
      const least = data.heat.least[0], most = data.heat.least[this.rows];
      for (let power = Math.ceil(Math.log10(least) - 1e-9); 10 ** power <= most; power += 1) {
        const share = Math.log(10 ** power / least) / Math.log(most / least);
        this.level(svg, TOP + this.innerHeight * (1 - share), duration(10 ** power));
      }
    }

    summary() {
      return `Calls by duration, from ${duration(data.heat.least[0])} to ${duration(data.heat.least[this.rows])}; at most ${count(this.most)} in a cell`;
    }

    mark() {
      super.mark();
      if (this.step < 0 || this.row < 0) return;
      const x = this.x(this.step);
      element("rect", { class: "cell", x, width: Math.max(this.x(this.step + 1) - x, 2), y: this.y(this.row + 1), height: this.rowHeight }, this.over);
    }

    rowAt(y) {
      const row = Math.floor((TOP + this.innerHeight - y) / this.rowHeight);
      return row >= 0 && row < this.rows ? row : -1;
    }

    move(up) {
      this.row = Math.min(Math.max(this.row < 0 ? Math.floor(this.rows / 2) : this.row + up, 0), this.rows - 1);
    }

    yOf() { return this.y(this.row + 0.5); }

    say() {
      if (this.row < 0) return [html("b", "", when(this.step))];
      const from = duration(data.heat.least[this.row]), to = duration(data.heat.least[this.row + 1]);
      return [html("b", "", when(this.step)), document.createTextNode(`${count(this.at(this.step, this.row))} calls took ${from} to ${to}`)];
    }
  }

  const total = (series) => series.counts.reduce((sum, value) => sum + value, 0);
  const when = (step) => `${duration(step * data.width)} to ${duration((step + 1) * data.width)}`;

  // Colours from few calls to many, as the style sheet has them.
  function shades() {
    const style = getComputedStyle(document.documentElement);
    const stops = [0, 1, 2].map((stop) => {
      const text = style.getPropertyValue(`--heat-${stop}`).trim();
      return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
    });
    return Array.from({ length: 64 }, (_, shade) => {
      const place = (shade / 63) * 2, first = Math.min(Math.floor(place), 1);
      const mixed = stops[first].map((from, at) => Math.round(from + (stops[first + 1][at] - from) * (place - first)));
      return `rgb(${mixed.join(",")})`;
    });
  }

  let charts = [];

  // Show what was at a step, in all charts; -1: nothing.  The tip stands beside a point of the window.
  function select(step, chart = null, point = null) {
    for (const each of charts) {
      each.step = step;
      if (each !== chart) each.row = -1;
      each.mark();
    }
    tip.hidden = step < 0;
    if (step < 0) return;
    tip.replaceChildren(...chart.say());
    const box = tip.getBoundingClientRect(), room = document.documentElement.clientWidth;
    const right = point[0] + 14;
    const left = right + box.width > room - 8 ? point[0] - 14 - box.width : right;
    tip.style.left = `${Math.max(Math.min(left, room - 8 - box.width), 8)}px`;
    tip.style.top = `${Math.max(Math.min(point[1] + 14, window.innerHeight - 8 - box.height), 8)}px`;
  }

  function legend(stack) {
    const root = document.getElementById("legend");
    data.series.forEach((series, place) => {
      const button = html("button", "");
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      button.append(html("span", `dot ${colour(series, place)}`), document.createTextNode(series.name), html("small", "", count(total(series))));
      button.addEventListener("click", () => {
        stack.alone = stack.alone === place ? -1 : place;
        root.querySelectorAll("button").forEach((each, number) => each.setAttribute("aria-pressed", String(number === stack.alone)));
        stack.draw();
      });
      root.append(button);
    });
  }

  function draw() {
    select(-1);
    for (const chart of charts) chart.draw();
  }

  if (data.steps) {
    const stack = new Stack();
    charts = [stack];
    if (document.getElementById("heat")) charts.push(new Heat());
    for (const chart of charts) chart.draw();
    legend(stack);
    let width = stack.root.clientWidth;
    new ResizeObserver(() => {
      if (stack.root.clientWidth === width) return;
      width = stack.root.clientWidth;
      draw();
    }).observe(stack.root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  }

  // ---- tables

  const valueOf = (row, place) => {
    const cell = row.cells[place];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };

  function sort(table, heading, place) {
    const button = heading.querySelector("button");
    const before = heading.getAttribute("aria-sort");
    const other = { ascending: "descending", descending: "ascending" };
    const order = before ? other[before] : button.dataset.order;
    table.querySelectorAll("thead th").forEach((each) => each.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", order);
    const rows = [...table.tBodies[0].rows];
    const hidden = rows.map((row) => row.hidden);
    rows.sort((a, b) => {
      const [x, y] = [valueOf(a, place), valueOf(b, place)];
      const way = typeof x === "number" ? x - y : x.localeCompare(y);
      return order === "ascending" ? way : -way;
    });
    rows.forEach((row, number) => { row.hidden = hidden[number]; });
    table.tBodies[0].append(...rows);
  }

  // Of a long table, the first rows, and a button for the others.
  function shorten(table) {
    const rest = [...table.tBodies[0].rows].slice(ROWS);
    if (rest.length < 3) return;
    for (const row of rest) row.hidden = true;
    const button = html("button", "all", `Show all ${rest.length + ROWS}`);
    button.type = "button";
    button.addEventListener("click", () => {
      for (const row of table.tBodies[0].rows) row.hidden = false;
      button.remove();
    });
    table.after(button);
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    shorten(table);
    [...table.tHead.rows[0].cells].forEach((heading, place) => {
      heading.querySelector("button")?.addEventListener("click", () => sort(table, heading, place));
    });
  }

  // ---- tree

  const twigs = [...document.querySelectorAll("#processes-table tbody tr")];

  // A line is shown if everything that it hangs on is open.
  function fold() {
    let closed = Infinity;
    for (const row of twigs) {
      const depth = Number(row.dataset.depth);
      if (depth <= closed) closed = Infinity;
      row.hidden = depth > closed;
      const button = row.querySelector("button.twig");
      if (!row.hidden && button?.getAttribute("aria-expanded") === "false") closed = depth;
    }
  }

  for (const button of document.querySelectorAll("button.twig")) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") === "false"));
      fold();
    });
  }
})();
