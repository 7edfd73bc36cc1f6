// The heatmap of a sweep and what its best job is worth.
"use strict";

function sweepSection(sweep) {
  const node = section("Sweep", sweep.rows.length + " jobs, pessimistic runs. Cells with several jobs show their mean.");
  if (sweep.analysis) {
    const verdict = sweep.analysis;
    node.append(element("p", "Best job " + verdict.best_job + " of " + verdict.trials + ": deflated Sharpe ratio "
      + shortNumber(verdict.deflated_sharpe) + " (probability of any skill), probability of backtest overfitting "
      + shortNumber(verdict.probability_of_overfitting) + "."));
  }
  const names = Object.keys(sweep.rows[0].settings);
  const choices = {
    x: chooser(node, "across", names, 0), y: chooser(node, "down", names, Math.min(1, names.length - 1)),
    metric: chooser(node, "figure", data.metrics.map(metric => metric.name), 0),
  };
  const holder = element("div", undefined, "scroll");
  node.append(holder);
  const draw = () => heatmap(holder, sweep.rows, choices.x.value, choices.y.value, choices.metric.value);
  Object.values(choices).forEach(choice => choice.addEventListener("change", draw));
  draw();
}

function chooser(parent, label, names, chosen) {
  const node = element("label", label + " ");
  const select = element("select");
  for (const name of names) {
    const option = element("option", name.replaceAll("_", " "));
    option.value = name;
    select.append(option);
  }
  select.value = names[chosen];
  node.append(select);
  parent.append(node, " ");
  return select;
}

function byNumber(a, b) {
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
}

// Rows and columns are the values of two settings; a cell is the mean over its jobs with that figure.
function cellMeans(rows, x, y, metric) {
  const [across, down] = [x, y].map(name => [...new Set(rows.map(row => row.settings[name]))].sort(byNumber));
  const cells = down.map(v => across.map(h => {
    const values = rows.filter(row => row.settings[x] === h && row.settings[y] === v)
      .map(row => row.pessimistic[metric]).filter(value => value !== null);
    return values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : null;
  }));
  return { across, down, cells };
}

function heatmap(holder, rows, x, y, metric) {
  const { across, down, cells } = cellMeans(rows, x, y, metric);
  const largest = Math.max(...cells.flat().map(value => Math.abs(value ?? 0)), Number.MIN_VALUE);
  const node = element("table");
  const head = element("tr");
  head.append(element("th", y + " \\ " + x));
  across.forEach(value => head.append(element("th", value)));
  node.append(head);
  down.forEach((value, r) => {
    const line = element("tr");
    line.append(element("th", value));
    cells[r].forEach((mean, c) => {
      const cell = element("td", mean === null ? "" : shortNumber(mean), "number");
      const share = mean === null ? 0 : Math.round(70 * Math.abs(mean) / largest);
      cell.style.background = "color-mix(in srgb, " + cssColor(mean < 0 ? "sell" : "buy") + " " + share + "%, transparent)";
      cell.title = x + " " + across[c] + ", " + y + " " + value + ": " + shortNumber(mean);
      line.append(cell);
    });
    node.append(line);
  });
  holder.replaceChildren(node);
}
