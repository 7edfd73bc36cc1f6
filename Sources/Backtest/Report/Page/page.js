// Builds the report of a backtest from the data in the page: plots, tables and the heatmap of a sweep.
"use strict";

const runs = data.result;
const certain = data.certain;

// The runs to draw, from the pessimistic to the optimistic one: one when both are the same.
function ends() { return certain ? ["pessimistic"] : data.result.runs; }
function endName(end) { return certain ? "run" : end + " queue"; }

function timePlot(title, note, series, band) {
  new Plot(section(title, note), {
    series, band, shared: true, xText: timeText, yText: shortNumber, tipX: timeTip,
  });
}

function overTime(scope, kind, value) {
  return ends().map(end => ({
    name: endName(end), color: end, kind, x: runs[end].sample_times_ns, y: value(runs[end].scopes[scope]),
  }));
}

function drawdowns(equity) {
  let peak = 0;
  return equity.map(value => {
    peak = Math.max(peak, value);
    return (value - peak) / UNITS;
  });
}

function equityPlots(scope) {
  const asset = runs.pessimistic.scopes[scope].asset;
  const band = certain ? null : ["pessimistic", "optimistic"].map(endName);
  const samples = "Samples every " + durationText(runs.pessimistic.sample_interval_ns) + ", marked at the mid, in " + asset;
  timePlot("Equity", samples + ".", overTime(scope, "step", s => s.series.equity_units.map(u => u / UNITS)), band);
  timePlot("Drawdown", "Below the earlier maximum, between samples; the table's figure is over all events.",
    overTime(scope, "line", s => drawdowns(s.series.equity_units)), null);
}

function instrumentPlots(scope) {
  const place = runs.pessimistic.scopes[scope].instrument;
  if (place === null) return;
  const instrument = data.result.pessimistic.instruments[place];
  const price = ticks => ticks * instrument.tick;
  timePlot("Inventory", "Position in " + (instrument.kind === "spot" ? instrument.base : "contracts or base units") + ".",
    overTime(scope, "step", s => s.series.position_lots.map(lots => lots * instrument.lot)), null);
  const mids = runs.pessimistic.scopes[scope].series.mid_half_ticks.map(half => (half > 0 ? price(half / 2) : null));
  const series = [{ name: "mid", color: "mid", kind: "line", x: runs.pessimistic.sample_times_ns, y: mids }];
  for (const end of ends()) series.push(...fillSeries(end, place, price, instrument, end !== "pessimistic"));
  timePlot("Fills on the price", fillNote(), series, null);
}

function fillNote() {
  const kept = ends().map(end => {
    const run = runs[end];
    return endName(end) + ": " + run.fill_count + " fills"
      + (run.fill_stride > 1 ? ", every " + run.fill_stride + "th shown" : "");
  });
  return kept.join("; ") + ". Filled marks are maker, hollow ones taker.";
}

function fillSeries(end, place, price, instrument, hidden) {
  const fills = runs[end].fills;
  const groups = ["buy", "sell"].flatMap(side => [true, false].map(maker => ({ side, maker })));
  return groups.map(({ side, maker }) => {
    const chosen = fills.time_ns.map((_, i) => i)
      .filter(i => fills.instrument[i] === place && fills.side[i] === side && fills.maker[i] === maker);
    return {
      name: endName(end) + " " + side + (maker ? " maker" : " taker"), color: side, kind: "points", hollow: !maker,
      up: side === "buy", hidden, x: chosen.map(i => fills.time_ns[i]), y: chosen.map(i => price(fills.price_ticks[i])),
      texts: chosen.map(i => shortNumber(fills.lots[i] * instrument.lot) + " at "
        + shortNumber(price(fills.price_ticks[i]))),
    };
  });
}

function markoutPlot(scope) {
  const kinds = [["all", "mid"], ["maker", "buy"], ["taker", "sell"]];
  const series = ends().flatMap(end => kinds.map(([kind, color]) => {
    const rows = runs[end].scopes[scope].markouts.filter(row => row.kind === kind);
    return {
      name: endName(end) + " " + kind, color: end === "pessimistic" ? color : end, kind: "points",
      hidden: end !== "pessimistic", x: rows.map(row => row.horizon_s), y: rows.map(row => row.bps),
      error: rows.map(row => row.bps_error), texts: rows.map(row => shortNumber(row.bps) + " ± " + shortNumber(row.bps_error) + " bps, "
        + row.fills + " fills"),
    };
  }));
  new Plot(section("Markouts", "Mean of sign × (mid later − price) in bps; bars are one standard error, clustered by minute."), {
    series: series.map(s => ({ ...s, x: s.x.map(x => x * 10) })), logX: true, xMarks: [1, 10, 100, 600],
    xText: x => x / 10 + " s", yText: shortNumber,
  });
}

function latencyPlot(scope) {
  const kinds = [["request", "pessimistic"], ["acknowledgement", "optimistic"], ["cancel", "third"]];
  const series = kinds.map(([kind, color]) => {
    const buckets = runs.pessimistic.scopes[scope].latency[kind].buckets;
    return {
      name: kind, color, kind: "bars", x: buckets.map(b => (b[0] + b[1]) / 2), y: buckets.map(b => b[2]),
      ends: buckets.map(b => [b[0], b[1] + 1]),
    };
  });
  new Plot(section("Order latency", "Simulated, pessimistic run: decision to arrival, to the bot's knowledge, cancel to end."), {
    series, logX: true, xText: durationText, yText: shortNumber, tipX: durationText,
  });
}

function attributionPlot(scope) {
  const terms = ["spread_capture", "adverse_selection", "inventory", "fees", "funding", "profit"];
  const series = ends().map((end, k) => ({
    name: endName(end), color: end, kind: "bars", width: 22, x: terms.map((_, i) => i + k * 0.25),
    y: terms.map(term => runs[end].scopes[scope].figures[term]),
    texts: terms.map(term => term.replace("_", " ") + " " + runs[end].scopes[scope].figures[term]),
  }));
  new Plot(section("Where the profit came from", "The first five add up to the profit exactly; definitions are below."), {
    series, xMarks: terms.map((_, i) => i + 0.125), xText: x => terms[Math.round(x - 0.125)].replace("_", " "),
    yText: shortNumber,
  });
}

// How far the profit could be chance, for each end of the interval.
function bootstrapNote(scope) {
  const intervals = data.result.intervals[scope].bootstrap_95;
  const range = pair => (pair === null ? "not defined" : shortNumber(pair[0]) + " to " + shortNumber(pair[1]));
  const texts = ends().map((end, k) => endName(end) + ": profit "
    + (intervals[k] === null ? "not defined" : range(intervals[k].profit) + ", Sharpe " + range(intervals[k].sharpe)));
  return "95 % by stationary block bootstrap of the samples. " + texts.join("; ") + ".";
}

function metricTable(scope) {
  const asset = runs.pessimistic.scopes[scope].asset;
  const figures = data.result.intervals[scope].figures;
  const rows = data.metrics.map(metric => [
    metric.name.replaceAll("_", " "), ...ends().map((_, k) => figureText(figures[metric.name][k])), metric.unit.replace("asset", asset),
    { text: metric.definition, className: "faint" },
  ]);
  table(section("Figures", bootstrapNote(scope)), ["figure", ...ends().map(endName), "unit", "definition"], rows);
}

// What the risk gate refused is of the whole run, whatever scope is shown.
function refusalTable() {
  const counts = ends().map(end => new Map(runs[end].refusals.map(refusal => [refusal.reason, refusal.count])));
  const reasons = [...new Set(counts.flatMap(count => [...count.keys()]))];
  if (reasons.length === 0) return;
  table(section("Refused by the risk gate", "Orders and amendments of the whole run that never left; docs/risk.md explains each reason."),
    ["reason", ...ends().map(endName)], reasons.map(
      reason => [reason, ...counts.map(count => ({ text: count.get(reason) ?? 0, className: "number" }))]));
}

function orderTables(scope) {
  const orders = ends().map(end => runs[end].scopes[scope].orders);
  table(section("Orders"), ["", ...ends().map(endName)], Object.keys(orders[0]).map(
    key => [key.replace("_", " "), ...orders.map(counts => ({ text: counts[key], className: "number" }))]));
  refusalTable();
  const tiers = ends().flatMap(end => runs[end].scopes[scope].fee_tiers.map(
    row => [endName(end), row.tier, row.kind, row.fills, figureText(row.turnover), figureText(row.fees_paid)]));
  if (tiers.length > 0) {
    table(section("Fees by tier", "Negative fees are rebates."),
      ["run", "tier", "kind", "fills", "turnover", "fees paid"], tiers);
  }
  const liquidated = ends().filter(end => runs[end].scopes[scope].liquidation.fills > 0).map(end => {
    const totals = runs[end].scopes[scope].liquidation;
    return [endName(end), totals.fills, figureText(totals.insurance_paid)];
  });
  if (liquidated.length > 0) {
    table(section("Liquidations", "What the venue closed; what it took for its insurance fund is among the fees."),
      ["run", "fills", "to the insurance fund"], liquidated);
  }
  const unvalued = ends().flatMap(end => runs[end].scopes[scope].unvalued_fees.map(
    row => [endName(end), row.asset, figureText(row.fee)]));
  if (unvalued.length > 0) {
    table(section("Fees without a price", "Not in the profit: the run knows no price of these assets."),
      ["run", "asset", "fee"], unvalued);
  }
}

function build() {
  clearCharts();
  if (data.sweep) sweepSection(data.sweep);
  const scope = Number(document.getElementById("scope").value);
  equityPlots(scope);
  instrumentPlots(scope);
  markoutPlot(scope);
  attributionPlot(scope);
  latencyPlot(scope);
  metricTable(scope);
  orderTables(scope);
}

function start() {
  const shown = runs.pessimistic;
  document.getElementById("title").textContent = "Apus backtest: " + shown.label;
  document.getElementById("notice").textContent = "Simulated, " + timeTip(shown.start_ns) + " to " + timeTip(shown.end_ns) + ". "
    + (certain ? "One run: no interval of the queue position."
      : "Each figure is an interval: between the pessimistic and the optimistic position in the queue.");
  const select = document.getElementById("scope");
  shown.scopes.forEach((scope, place) => {
    const option = element("option", scope.kind + " " + scope.name + " (" + scope.asset + ")");
    option.value = String(place);
    select.append(option);
  });
  select.value = String(Math.max(0, shown.scopes.findIndex(scope => scope.kind === "total")));
  select.addEventListener("change", build);
  useControls(build);
}

start();
