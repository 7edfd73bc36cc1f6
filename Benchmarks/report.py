"""What a run of the suite came to: a table for the terminal and RESULTS.md, and a page of its own with plots."""
import html
import io
import platform
import subprocess
from pathlib import Path

from matplotlib.figure import Figure

FOLDER = Path(__file__).resolve().parent
# Percentiles that the axis of a latency curve names.
TICKS = (50, 90, 99, 99.9, 99.99)


def command(*words):
    done = subprocess.run(words, capture_output=True, text=True, cwd=FOLDER)
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else "unknown"


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def machine():
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    flags = set(Path("/proc/cpuinfo").read_text().split())
    return {
        "processor": processor(),
        "CPUs": len([p for p in Path("/sys/devices/system/cpu").glob("cpu[0-9]*")]),
        "vector instructions": ", ".join(f for f in ("avx2", "fma", "avx512f", "avx512_bf16") if f in flags),
        "hypervisor": "yes" if "hypervisor" in flags else "no",
        "frequency governor": governor.read_text().strip() if governor.exists() else "not told by this machine",
        "kernel": platform.release(),
        "Swift": command("swift", "--version"),
        "ours compiled with": "-O, -march=x86-64-v3",
        "peers compiled with": "-O3 -march=native (C also -ffast-math -fveclib=libmvec), clang of the Swift toolchain",
        "commit": command("git", "rev-parse", "--short=12", "HEAD"),
    }


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def verdict(row):
    if row["aim"] == "reported":
        return "reported"
    return "holds" if row["holds"] else "MISSED"


def cells(rows, aims):
    """Rows of the table in the order of the aims; those that were not measured say so."""
    measured = {(row["row"], row["peer_name"]): row for row in rows}
    for name, peer, aim in aims:
        row = measured.get((name, peer))
        if row is None:
            yield name, "", peer, "", "", "", aim, "not measured"
            continue
        low, high = row["spread"]
        yield (name, number(row["ours"]) + " " + row["unit"], peer, number(row["peer"]), f"{row['ratio']:.2f}",
               f"{low:.2f} to {high:.2f}", aim, verdict(row))


HEAD = ("row", "ours", "peer", "peer's", "ratio", "spread", "aim", "")


def table(rows, aims):
    lines = [HEAD, *cells(rows, aims)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown(rows, aims, machine):
    runs = sorted({row["runs"] for row in rows})
    lines = [
        "# Results", "",
        "Written by `make bench`. Each figure is the median of "
        f"{' or '.join(map(str, runs))} runs, in which both sides were measured in turn on the same CPUs; the spread is the smallest and the largest "
        "ratio of a run. A ratio with an aim of `>=` is the peer's time over ours, any other ours over the peer's.", "",
        *(f"* {key}: {value}" for key, value in machine.items()), "",
        "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD),
        *("| " + " | ".join(line) + " |" for line in cells(rows, aims)),
    ]
    return "\n".join(lines) + "\n"


def svg(figure):
    """The figure as an element of a page."""
    figure.tight_layout()
    text = io.StringIO()
    figure.savefig(text, format="svg")
    return text.getvalue()[text.getvalue().index("<svg"):]


def ratio_plot(rows):
    """How many times as fast as each peer, whatever the direction of the aim, with the spread of the runs."""
    figure = Figure(figsize=(9, 0.32 * len(rows) + 1.2))
    axes = figure.subplots()
    for place, row in enumerate(reversed(rows)):
        speeds = sorted(peer / ours for ours, peer in zip(row["ours_runs"], row["peer_runs"]))
        middle = speeds[len(speeds) // 2]
        colour = "#777777" if row["aim"] == "reported" else "#2a7f4f" if row["holds"] else "#b3412e"
        axes.barh(place, middle, color=colour, height=0.7)
        axes.plot([speeds[0], speeds[-1]], [place, place], color="black", linewidth=1)
    axes.set_yticks(range(len(rows)), [f"{row['row']}  vs  {row['peer_name']}" for row in reversed(rows)], fontsize=8)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlabel("times as fast as the peer (line: all runs; green: aim holds, red: missed, grey: no aim)", fontsize=8)
    return svg(figure)


def curves(rows):
    """Row by row the sides that tell latency by percentile: {row: {side: [[percentile, ns], ...]}}."""
    found = {}
    for row in rows:
        if row.get("percentiles"):
            found.setdefault(row["row"], {}).update(row["percentiles"])
    return found


def percentile_plot(name, sides):
    """Latency by percentile; the axis is 1 / (1 - p), so that each nine takes as much room as the one before."""
    figure = Figure(figsize=(4.4, 2.8))
    axes = figure.subplots()
    for side, points in sorted(sides.items(), key=lambda item: item[0] != "ours"):
        axes.plot([100 / (100 - p) for p, _ in points], [ns for _, ns in points], marker=".", linewidth=1.2, label=side)
    axes.set_xscale("log")
    axes.set_xticks([100 / (100 - p) for p in TICKS], [f"{p:g}" for p in TICKS], fontsize=8)
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel("percentile", fontsize=8)
    axes.set_ylabel("ns", fontsize=8)
    axes.set_title(name, fontsize=9)
    axes.legend(fontsize=8)
    return svg(figure)


STYLE = """body{font:14px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse}td,th{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:left}
.MISSED{color:#b3412e;font-weight:bold}.holds{color:#2a7f4f}svg{max-width:100%;height:auto}pre{background:#f4f4f4;padding:.4rem}"""


def page(rows, aims, machine):
    escape = html.escape
    facts = "".join(f"<tr><th>{escape(k)}</th><td>{escape(str(v))}</td></tr>" for k, v in machine.items())
    body = "".join(
        "<tr>" + "".join(f'<td class="{escape(line[-1])}">{escape(c)}</td>' for c in line) + "</tr>"
        for line in cells(rows, aims))
    drawn_curves = "".join(percentile_plot(row, sides) for row, sides in curves(rows).items())
    by_percentile = f"<h2>Latency by percentile</h2>{drawn_curves}" if drawn_curves else ""
    topologies = {row["row"]: row["topology"] for row in rows}
    drawn = "".join(f"<h3>{escape(row)}</h3><pre>{escape(text)}</pre>" for row, text in topologies.items())
    head = "".join(f"<th>{escape(h)}</th>" for h in HEAD)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Apus: benchmarks</title><style>{STYLE}</style>'
        f"<h1>Benchmarks</h1><table>{facts}</table><h2>Against the peers</h2>{ratio_plot(rows)}"
        f"{by_percentile}<h2>Rows</h2><table><tr>{head}</tr>{body}</table><h2>Who runs where</h2>{drawn}</html>")
