// What every page is built from: elements, texts, tables and the controls.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const UNITS = 1e8;

function element(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

function section(title, note) {
  const node = element("section");
  node.append(element("h2", title));
  if (note) node.append(element("p", note, "note"));
  document.getElementById("charts").append(node);
  return node;
}

function timeText(ns, bounds) {
  const date = new Date(ns / 1e6);
  const text = date.toISOString();
  return bounds && bounds.right - bounds.left > 2 * 86400e9 ? text.slice(0, 10) : text.slice(11, 19);
}

function timeTip(ns) { return new Date(ns / 1e6).toISOString().replace("T", " ").replace("Z", " UTC"); }

function durationText(ns) {
  const units = [[1e9, "s"], [1e6, "ms"], [1e3, "us"], [1, "ns"]];
  const [size, name] = units.find(([limit]) => ns >= limit) || [1, "ns"];
  return shortNumber(Number((ns / size).toPrecision(3))) + " " + name;
}

function table(parent, header, rows) {
  const scroll = element("div", undefined, "scroll");
  const node = element("table");
  const head = element("tr");
  header.forEach(text => head.append(element("th", text)));
  node.append(head);
  for (const row of rows) {
    const line = element("tr");
    row.forEach(cell => line.append(element("td", String(cell.text ?? cell), cell.className)));
    node.append(line);
  }
  scroll.append(node);
  parent.append(scroll);
}

function figureText(value) { return { text: shortNumber(value), className: "number" }; }

function clearCharts() {
  sharedSpan.plots = [];
  document.getElementById("charts").replaceChildren();
}

// Draws the page, and again whenever zoom, theme or size change.
function useControls(build) {
  document.getElementById("reset").addEventListener("click", () => {
    Object.assign(sharedSpan, { from: null, to: null });
    build();
  });
  document.getElementById("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = getComputedStyle(root).colorScheme === "dark";
    root.setAttribute("data-theme", dark ? "light" : "dark");
    build();
  });
  window.addEventListener("resize", build);
  build();
}
