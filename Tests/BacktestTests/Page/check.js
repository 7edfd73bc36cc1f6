// Runs a report's scripts against a stand-in for a browser and uses the page as a reader would: hovers, zooms, toggles,
// changes scope, theme and size. A pen that is given anything but a finite number fails. Prints what it saw as JSON.
"use strict";
const fs = require("fs");
const vm = require("vm");

const html = fs.readFileSync(process.argv[2], "utf8");
const seen = { strokes: 0, fills: 0, texts: [], titles: [], tips: [] };

function pen() {
  const check = (...numbers) => {
    for (const number of numbers) if (!Number.isFinite(number)) throw new Error("the pen was given " + number);
  };
  const calls = {
    beginPath() {}, closePath() {}, save() {}, restore() {}, clip() {},
    stroke() { seen.strokes++; }, fill() { seen.fills++; },
    scale: check, rect: check, moveTo: check, lineTo: check,
    arc: check, fillRect: (...numbers) => { check(...numbers); seen.fills++; },
    fillText(text, x, y) {
      check(x, y);
      if (/NaN|undefined|Infinity/.test(text)) throw new Error("the label " + text);
    },
  };
  return calls;
}

class Node {
  constructor(tag) {
    this.tag = tag;
    this.children = [];
    this.listeners = {};
    this.style = {};
    this.attributes = {};
    this.text = "";
    this.clientWidth = 800;
    this.clientHeight = 240;
  }
  append(...nodes) { this.children.push(...nodes.filter(node => typeof node !== "string")); }
  replaceChildren(...nodes) { this.children = nodes; }
  addEventListener(name, action) { (this.listeners[name] ??= []).push(action); }
  setAttribute(name, value) { this.attributes[name] = value; }
  fire(name, event) { (this.listeners[name] || []).forEach(action => action(event)); }
  getContext() { return pen(); }
  get textContent() { return this.text; }
  set textContent(text) {
    this.text = String(text);
    if (/NaN|undefined|Infinity/.test(this.text)) throw new Error("the text " + this.text);
    if (this.tag === "h2") seen.titles.push(this.text);
    if (this.className === "tip") seen.tips.push(this.text);
  }
  all(tag) { return this.children.flatMap(child => (child.tag === tag ? [child] : []).concat(child.all(tag))); }
}

const byId = {};
for (const [, tag, id] of html.matchAll(/<(\w+)[^>]*\sid="([^"]+)"/g)) byId[id] = new Node(tag);
const scripts = [...html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
byId.data.text = scripts.find(([, attributes]) => attributes.includes('id="data"'))[2];
const root = new Node("html");
const window = new Node("window");
const context = vm.createContext({
  window, console,
  document: { documentElement: root, getElementById: id => byId[id], createElement: tag => new Node(tag) },
  getComputedStyle: () => ({ getPropertyValue: () => " #123456 ", colorScheme: "light" }),
});
for (const [, attributes, text] of scripts) if (!attributes.includes("json")) vm.runInContext(text, context);

function use() {
  for (const canvas of byId.charts.all("canvas")) {
    for (const x of [80, 300, 500, 780]) canvas.fire("pointermove", { offsetX: x });
    canvas.fire("pointerdown", { offsetX: 200 });
    canvas.fire("pointerup", { offsetX: 420 });
    canvas.fire("pointermove", { offsetX: 300 });
    canvas.fire("dblclick", {});
    canvas.fire("pointerleave", {});
  }
  for (const legend of byId.charts.all("button")) { legend.fire("click", {}); legend.fire("click", {}); }
  for (const select of byId.charts.all("select")) {
    for (const option of select.children) { select.value = option.value; select.fire("change", {}); }
  }
}

const scopes = byId.scope.children.map(option => option.value);
for (const scope of scopes) {
  byId.scope.value = scope;
  byId.scope.fire("change", {});
  use();
}
byId.theme.fire("click", {});
byId.reset.fire("click", {});
window.fire("resize", {});
process.stdout.write(JSON.stringify({
  scopes: scopes.length, strokes: seen.strokes, fills: seen.fills, titles: [...new Set(seen.titles)],
  tips: seen.tips.filter(tip => tip !== "").length, theme: root.attributes["data-theme"],
  title: byId.title.text, notice: byId.notice.text,
  cells: byId.charts.all("td").filter(cell => cell.title !== undefined).map(cell => cell.title),
  data: JSON.parse(byId.data.text),
}));
