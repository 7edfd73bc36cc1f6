// Builds the report of a walk-forward from the data in the page: what the tests came to, window by window.
"use strict";

function windowText(row) { return timeTip(row.window_ns[0]) + " to " + timeTip(row.window_ns[1]).slice(11); }

function settingsText(row) { return Object.entries(row.settings).map(([name, value]) => name + "=" + value).join(", "); }

function interval(row, figure) {
  return { text: shortNumber(row.pessimistic[figure]) + " to " + shortNumber(row.optimistic[figure]), className: "number" };
}

// The equity of one test after the other, each beginning where the one before it ended.
function joinedEquity() {
  const series = { name: "out of sample", color: "pessimistic", kind: "step", x: [], y: [] };
  let carried = 0;
  for (const row of data.tests) {
    row.equity_units.forEach((units, k) => {
      series.x.push(row.window_ns[0] + k * row.sample_interval_ns);
      series.y.push((carried + units) / UNITS);
    });
    if (row.equity_units.length > 0) carried += row.equity_units[row.equity_units.length - 1];
  }
  return series;
}

// Sharpe ratios of what each window chose: in its training and in its test, where both are defined.
function sharpePairs() {
  return data.splits.map(split => [
    data.training.find(row => row.job === split.chosen), data.tests.find(row => row.window_ns[0] === split.test_ns[0]),
  ]).filter(rows => rows.every(row => row !== undefined && row.pessimistic.sharpe !== null))
    .map(rows => rows.map(row => row.pessimistic.sharpe)).sort((a, b) => a[0] - b[0]);
}

function sharpePlot() {
  const pairs = sharpePairs();
  new Plot(section("Training against test", "Annualised Sharpe ratio of what was chosen, pessimistic runs: across in its training, "
    + "up in its test. Without skill the points do not rise."), {
    series: [{
      name: "windows", color: "pessimistic", kind: "points", x: pairs.map(pair => pair[0]), y: pairs.map(pair => pair[1]),
      texts: pairs.map(([x, y]) => shortNumber(x) + " in training, " + shortNumber(y) + " in its test"),
    }],
    xText: shortNumber, yText: shortNumber,
  });
}

function windowTable() {
  const rows = data.tests.map(row => [
    windowText(row), settingsText(row), interval(row, "profit"), interval(row, "sharpe"), interval(row, "fills"),
  ]);
  table(section("Tests", "Each with what was best in the training before it."),
    ["test", "settings", "profit", "Sharpe", "fills"], rows);
}

function trainingTable() {
  const rows = data.training.map(row => [windowText(row), settingsText(row), interval(row, "profit"), interval(row, "sharpe")]);
  table(section("Training", "All jobs of all training windows."), ["training", "settings", "profit", "Sharpe"], rows);
}

function build() {
  clearCharts();
  new Plot(section("Equity out of sample", "Pessimistic queue; every test begins flat. Between tests nothing is traded."), {
    series: [joinedEquity()], shared: true, xText: timeText, yText: shortNumber, tipX: timeTip,
  });
  const total = data.out_of_sample;
  table(section("Out of sample", "Nothing here was chosen with knowledge of its time."), ["figure", "value"], [
    ["tests", figureText(total.tests)],
    ["profit", { text: total.profit.map(shortNumber).join(" to "), className: "number" }],
    ["profitable tests", figureText(total.profitable_tests)], ["Sharpe, annualised", figureText(total.sharpe)],
  ]);
  sharpePlot();
  windowTable();
  trainingTable();
}

function start() {
  document.getElementById("title").textContent = "Apus walk-forward: " + data.label;
  document.getElementById("notice").textContent = "Simulated, " + data.splits.length + " windows, " + data.tests.length + " tests. "
    + "Each figure is an interval: between the pessimistic and the optimistic position in the queue.";
  const select = document.getElementById("scope");
  const option = element("option", "all tests");
  option.value = "0";
  select.append(option);
  useControls(build);
}

start();
