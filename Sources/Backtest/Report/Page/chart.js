// A plot on a canvas: lines, bands, points, bars and error bars, with hover, zoom and a legend that toggles.
"use strict";

// All plots over time share one span, so that they are zoomed together.
const sharedSpan = { from: null, to: null, plots: [] };

function cssColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

// Round steps of 1, 2 or 5 times a power of ten.
function ticksBetween(low, high, wanted) {
  if (!(high > low)) return [low];
  const rough = (high - low) / wanted;
  const power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 5, 10].map(f => f * power).find(s => s >= rough);
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(k * step);
  return ticks;
}

function shortNumber(value) {
  if (value === null) return "not defined";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
  return String(Number(value.toPrecision(6)));
}

// The last place whose x is not above `x`; -1 before the first.
function placeAt(xs, x) {
  let low = 0, high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle + 1; else high = middle;
  }
  return low - 1;
}

class Plot {
  // series: [{name, color, kind: line|step|points|bars, x, y, error?, hollow?, up?}], band: [name, name]
  // xText, yText: numbers as text. shared: whether x is time. logX: whether x is on a logarithmic scale.
  constructor(parent, options) {
    this.options = options;
    this.off = new Set(options.series.filter(s => s.hidden).map(s => s.name));
    this.span = options.shared ? sharedSpan : { from: null, to: null, plots: [] };
    this.span.plots.push(this);
    this.frame = document.createElement("div");
    this.frame.className = "plot";
    this.canvas = document.createElement("canvas");
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.frame.append(this.canvas, this.tip);
    this.legend = document.createElement("div");
    this.legend.className = "legend";
    parent.append(this.legend, this.frame);
    this.buildLegend();
    this.listen();
    this.draw();
  }

  buildLegend() {
    for (const series of this.options.series) {
      const button = document.createElement("button");
      button.type = "button";
      const swatch = document.createElement("span");
      swatch.className = "swatch";
      swatch.style.background = cssColor(series.color);
      button.append(swatch, series.name);
      button.className = this.off.has(series.name) ? "off" : "";
      button.addEventListener("click", () => {
        if (!this.off.delete(series.name)) this.off.add(series.name);
        button.className = this.off.has(series.name) ? "off" : "";
        this.draw();
      });
      this.legend.append(button);
    }
  }

  listen() {
    this.canvas.addEventListener("pointermove", event => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => { this.tip.style.display = "none"; });
    this.canvas.addEventListener("pointerdown", event => { this.dragFrom = event.offsetX; });
    this.canvas.addEventListener("pointerup", event => this.zoom(event));
    this.canvas.addEventListener("dblclick", () => this.setSpan(null, null));
  }

  setSpan(from, to) {
    Object.assign(this.span, { from, to });
    for (const plot of this.span.plots) plot.draw();
  }

  shown() { return this.options.series.filter(series => !this.off.has(series.name)); }

  scaleX(x) { return this.options.logX ? Math.log10(Math.max(x, 1)) : x; }

  bounds() {
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const series of this.shown()) {
      for (const x of series.x) { left = Math.min(left, this.scaleX(x)); right = Math.max(right, this.scaleX(x)); }
    }
    if (this.span.from !== null) [left, right] = [this.span.from, this.span.to];
    for (const series of this.shown()) {
      series.y.forEach((y, i) => {
        const x = this.scaleX(series.x[i]);
        if (y === null || x < left || x > right) return;
        const error = series.error && series.error[i] !== null ? series.error[i] : 0;
        low = Math.min(low, y - error, series.kind === "bars" ? 0 : Infinity);
        high = Math.max(high, y + error, series.kind === "bars" ? 0 : -Infinity);
      });
    }
    if (!(left <= right)) [left, right] = [0, 1];
    if (!(low <= high)) [low, high] = [0, 1];
    if (left === right) [left, right] = [left - 0.5, right + 0.5];
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    const room = (high - low) * 0.06;
    // Marks and bars reach beyond their place; lines over time end at the edge.
    const side = this.options.shared || this.span.from !== null ? 0 : (right - left) * 0.06;
    return { left: left - side, right: right + side, low: low - room, high: high + room };
  }

  draw() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.frame.clientWidth, this.frame.clientHeight];
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const bounds = this.bounds();
    const area = { x: 78, y: 8, width: width - 90, height: height - 32 };
    this.toX = x => area.x + (this.scaleX(x) - bounds.left) / (bounds.right - bounds.left) * area.width;
    this.toY = y => area.y + (bounds.high - y) / (bounds.high - bounds.low) * area.height;
    this.fromX = px => bounds.left + (px - area.x) / area.width * (bounds.right - bounds.left);
    this.drawAxes(pen, bounds, area);
    pen.save();
    pen.beginPath();
    pen.rect(area.x, area.y, area.width, area.height);
    pen.clip();
    this.drawBand(pen);
    this.shown().forEach((series, place) => this.drawSeries(pen, series, place));
    pen.restore();
  }

  drawAxes(pen, bounds, area) {
    pen.font = "11px system-ui, sans-serif";
    pen.fillStyle = cssColor("faint");
    pen.textAlign = "right";
    for (const y of ticksBetween(bounds.low, bounds.high, 5)) {
      pen.strokeStyle = cssColor(y === 0 ? "faint" : "line");
      this.strokeLine(pen, area.x, this.toY(y), area.x + area.width, this.toY(y));
      pen.fillText(this.options.yText(y), area.x - 6, this.toY(y) + 4);
    }
    pen.textAlign = "center";
    const marks = this.options.xMarks || ticksBetween(bounds.left, bounds.right, 6)
      .map(x => (this.options.logX ? Math.pow(10, x) : x));
    for (const x of marks) pen.fillText(this.options.xText(x, bounds), this.toX(x), area.y + area.height + 16);
  }

  strokeLine(pen, x1, y1, x2, y2) {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
  }

  drawBand(pen) {
    if (!this.options.band) return;
    const [a, b] = this.options.band.map(name => this.shown().find(series => series.name === name));
    if (!a || !b) return;
    pen.fillStyle = cssColor("band");
    pen.beginPath();
    a.x.forEach((x, i) => pen.lineTo(this.toX(x), this.toY(a.y[i])));
    for (let i = b.x.length - 1; i >= 0; i--) pen.lineTo(this.toX(b.x[i]), this.toY(b.y[i]));
    pen.closePath();
    pen.fill();
  }

  drawSeries(pen, series, place) {
    pen.strokeStyle = pen.fillStyle = cssColor(series.color);
    pen.lineWidth = 1.4;
    const draw = { line: "drawLine", step: "drawLine", points: "drawPoints", bars: "drawBars" }[series.kind];
    this[draw](pen, series, place);
  }

  drawLine(pen, series) {
    pen.beginPath();
    let last = null;
    series.x.forEach((x, i) => {
      const y = series.y[i];
      if (y === null) { last = null; return; }
      const [px, py] = [this.toX(x), this.toY(y)];
      if (last === null) pen.moveTo(px, py);
      else if (series.kind === "step") pen.lineTo(px, last);
      pen.lineTo(px, py);
      last = py;
    });
    pen.stroke();
  }

  drawPoints(pen, series, place) {
    // Error bars of several series beside each other, not on top.
    const aside = series.error ? (place - 1) * 5 : 0;
    series.x.forEach((x, i) => {
      if (series.y[i] === null) return;
      const [px, py] = [this.toX(x) + aside, this.toY(series.y[i])];
      if (series.error && series.error[i] !== null) {
        this.strokeLine(pen, px, this.toY(series.y[i] - series.error[i]), px, this.toY(series.y[i] + series.error[i]));
      }
      pen.beginPath();
      if (series.up === undefined) pen.arc(px, py, 3, 0, 2 * Math.PI);
      else {
        const tip = series.up ? -4 : 4;
        pen.moveTo(px, py + tip);
        pen.lineTo(px - 4, py - tip);
        pen.lineTo(px + 4, py - tip);
        pen.closePath();
      }
      if (series.hollow) pen.stroke(); else pen.fill();
    });
  }

  drawBars(pen, series) {
    const width = series.width || 20;
    series.x.forEach((x, i) => {
      if (series.y[i] === null) return;
      const [left, right] = series.ends
        ? [this.toX(series.ends[i][0]), this.toX(series.ends[i][1])] : [this.toX(x) - width / 2, this.toX(x) + width / 2];
      const [a, b] = [this.toY(0), this.toY(series.y[i])];
      pen.fillRect(left, Math.min(a, b), Math.max(right - left, 1.5), Math.abs(a - b));
    });
  }

  // A drag of more than a few pixels zooms to what it passed over.
  zoom(event) {
    const from = this.dragFrom;
    this.dragFrom = undefined;
    if (from === undefined || Math.abs(event.offsetX - from) < 6) return;
    const ends = [this.fromX(from), this.fromX(event.offsetX)].sort((a, b) => a - b);
    this.setSpan(ends[0], ends[1]);
  }

  hover(event) {
    const shown = this.shown().filter(series => series.x.length > 0);
    if (shown.length === 0) return;
    const scaled = this.fromX(event.offsetX);
    const x = this.options.logX ? Math.pow(10, scaled) : scaled;
    const lines = shown.map(series => this.tipLine(series, x)).filter(line => line !== null);
    this.tip.textContent = [this.options.tipX ? this.options.tipX(x) : null].concat(lines).filter(Boolean).join("\n");
    this.tip.style.display = lines.length > 0 ? "block" : "none";
    const right = event.offsetX > this.frame.clientWidth / 2;
    this.tip.style.left = right ? "" : (event.offsetX + 14) + "px";
    this.tip.style.right = right ? (this.frame.clientWidth - event.offsetX + 14) + "px" : "";
    this.tip.style.top = "8px";
  }

  tipLine(series, x) {
    let place = placeAt(series.x, x);
    const next = place + 1;
    // Steps hold their value until the next; elsewhere the nearest one is meant.
    if (series.kind !== "step" && series.kind !== "line" && next < series.x.length
      && (place < 0 || series.x[next] - x < x - series.x[place])) place = next;
    if (place < 0 || series.y[place] === null) return null;
    const error = series.error && series.error[place] !== null ? " ± " + shortNumber(series.error[place]) : "";
    const text = series.texts ? series.texts[place] : this.options.yText(series.y[place]) + error;
    return series.name + ": " + text;
  }
}
