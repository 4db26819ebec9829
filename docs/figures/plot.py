"""Draws the plots of docs/benchmarks.md from the results of the two runs, and keeps those results.

    pip install matplotlib==3.11.2
    python docs/figures/plot.py RESULTS_FOLDER docs/figures docs/figures/VERSION

RESULTS_FOLDER is where benchmarks/run leaves its JSON and tables. Each plot is written twice, for
pages with a light and with a dark background. The folder VERSION gets the results, those of JMH
without paths and single samples.
"""

import json
import shutil
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter

THEMES = {
    "light": {"ink": "#24292f", "faint": "#d0d7de", "ours": "#0969da", "other": "#8c959f", "bad": "#cf222e"},
    "dark": {"ink": "#e6edf3", "faint": "#3d444d", "ours": "#58a6ff", "other": "#8b949e", "bad": "#ff7b72"},
}
TITLES = {
    "floorCount": "floor: copy and newline count",
    "stringLoop": "bare String loop",
    "LOGWEIR": "Logweir",
    "LOGWEIR_INTERVAL_0": "Logweir, interval of zero",
    "LOGWEIR_MASKED": "Logweir, 50 secrets to mask",
    "LOGWEIR_ALL": "Logweir, variables, 50 secrets and prefix",
    "PLAIN_PORT_MASKED": "plain port, 50 secrets to mask",
    "OPENTELEMETRY_MASKED": "OpenTelemetry, 50 secrets to mask",
    "LOGBACK_MASKED": "Logback, 50 secrets to mask",
    "LOGWEIR_ONE_THREAD": "Logweir on one thread",
    "PIPE": "pipe and BufferedReader",
    "PLAIN_PORT_1MS": "plain port, tick 1 ms",
    "PLAIN_PORT": "plain port, tick 50 ms",
    "ZIPKIN_16K": "zipkin-reporter, 16 KiB",
    "ZIPKIN_256K": "zipkin-reporter, 256 KiB",
    "OPENTELEMETRY": "OpenTelemetry",
    "LOGBACK": "Logback AsyncAppender",
    "LOKI4J": "loki-logback-appender",
}
MIB = 1 << 20


def number(value, _=None):
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def new_plot(colours, height):
    plt.rcParams.update(
        {
            "font.size": 11,
            "font.family": "sans-serif",
            "svg.fonttype": "none",
            "svg.hashsalt": "logweir",
            "text.color": colours["ink"],
            "axes.labelcolor": colours["ink"],
            "xtick.color": colours["ink"],
            "ytick.color": colours["ink"],
            "axes.edgecolor": colours["faint"],
        }
    )
    figure, axes = plt.subplots(figsize=(8, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes.patch.set_alpha(0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=colours["faint"], linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def memory(axes, colours, results):
    """What the jobs hold while the API is stalled, of ours and of the plain port, and the heap in use."""
    proof = next(p for p in results["proof"]["proofs"] if p["jobs"] == 100)
    limit = proof["heapBytes"] / MIB
    end = 0
    for name, title, colour in (("logweir", "Logweir", "ours"), ("plain", "plain port", "bad")):
        points = proof[name]["points"]
        seconds = [p["ms"] / 1000 for p in points]
        held = [p["heldBytes"] / MIB for p in points]
        used = [p["usedBytes"] / MIB for p in points]
        end = max(end, seconds[-1])
        axes.plot(seconds, used, color=colours[colour], linewidth=0.8, alpha=0.5)
        axes.plot(seconds, held, color=colours[colour], linewidth=2.2)
        if proof[name]["outOfMemoryError"]:
            axes.plot(seconds[-1], used[-1], "X", color=colours[colour], markersize=10)
            text, place, offset = f"{title}: OutOfMemoryError after {seconds[-1]:.1f} s", (seconds[-1], used[-1]), (10, 14)
        else:
            text, place, offset = f"{title}: all 100 jobs reported", (end * 0.3, max(held) * 0.45), (0, 0)
        axes.annotate(text, place, xytext=offset, textcoords="offset points", color=colours[colour], fontweight="bold")
    axes.axhline(limit, color=colours["ink"], linewidth=1, linestyle="--")
    axes.annotate(
        f"-Xmx, computed from the formula: {limit:,.0f} MiB",
        (end, limit),
        xytext=(0, 5),
        textcoords="offset points",
        horizontalalignment="right",
    )
    axes.set(xlabel="time, s", ylabel="held by the jobs, MiB (thin: heap in use)", xlim=(0, None), ylim=(0, limit * 1.15))
    axes.set_title(f"100 talkative jobs of maxSize {proof['maxSize'] // 1024} KiB, the API stalled", loc="left", fontsize=12)


def costs(axes, colours, results):
    """CPU of all threads for a line of 100 bytes, beside floor and peers."""
    bars = []
    for row in results["speed"]:
        name = row["benchmark"].rsplit(".", 1)[1]
        params = row.get("params", {})
        if ".PeerBenchmark." not in row["benchmark"] or params.get("line") != "100":
            continue
        if name == "peer":
            if params["chunk"] != "4096":
                continue
            name = params["peer"]
        if name in TITLES:
            bars.append((row["secondaryMetrics"]["cpu"]["score"], name))
    bars.sort(reverse=True)
    values = [value for value, _ in bars]
    places = range(len(bars))
    axes.barh(
        places,
        values,
        color=[
            colours["ours"] if name.startswith("LOGWEIR") else colours["ink"] if name == "floorCount" else colours["other"]
            for _, name in bars
        ],
        height=0.65,
    )
    floor = next(value for value, name in bars if name == "floorCount")
    for place, value in zip(places, values):
        axes.annotate(
            f"{number(value)} ns · {value / floor:,.1f} ×",
            (value, place),
            xytext=(5, 0),
            textcoords="offset points",
            verticalalignment="center",
        )
    axes.set_yticks(list(places), [TITLES[name] for _, name in bars])
    axes.set(xscale="log", xlabel="CPU of all threads, ns a line of 100 bytes (logarithmic); × floor", xlim=(5, max(values) * 50))
    axes.xaxis.set_major_formatter(FuncFormatter(number))
    axes.grid(axis="y", visible=False)
    axes.set_title("What a line costs, from write to sender", loc="left", fontsize=12)


def jobs(axes, colours, results):
    """CPU for a line against the number of jobs, beside a copy through as much memory."""
    most = 0
    for method, title, colour in (("jobs", "Logweir", "ours"), ("jobsFloor", "copy, count and copy out", "ink")):
        rows = sorted(
            (int(row["params"]["jobs"]), row["secondaryMetrics"]["cpu"]["score"])
            for row in results["speed"]
            if row["benchmark"].endswith("ScalingBenchmark." + method)
        )
        axes.plot(*zip(*rows), "o-", color=colours[colour], linewidth=1.8)
        axes.annotate(title, rows[-1], xytext=(0, 24), textcoords="offset points", horizontalalignment="right", color=colours[colour])
        for count, value in rows:
            axes.annotate(f"{number(value)} ns", (count, value), xytext=(0, 9), textcoords="offset points", horizontalalignment="center")
            most = max(most, value)
    axes.set(xscale="log", xlabel="jobs at once (logarithmic)", ylabel="CPU of all threads, ns a line", ylim=(0, most * 1.3))
    axes.margins(x=0.08)
    axes.xaxis.set_major_formatter(FuncFormatter(number))
    axes.set_title("A line of 100 bytes, the bytes shared out among jobs", loc="left", fontsize=12)


def secrets(axes, colours, results):
    """Time of the masker for a line against the number of secrets."""
    series = {}
    for row in results["speed"]:
        if ".MaskerBenchmark." in row["benchmark"] and row["params"]["hits"] == "0":
            method = row["benchmark"].rsplit(".", 1)[1]
            series.setdefault(method, []).append((int(row["params"]["secrets"]), row["primaryMetric"]["score"]))
    for method, title, colour in (
        ("replace", "String.replace, one after the other", "other"),
        ("masker", "SecretMasker", "ours"),
        ("newlineScan", "search for the line end", "ink"),
    ):
        rows = sorted(series[method])
        axes.plot([count for count, _ in rows], [value for _, value in rows], "o-", color=colours[colour], linewidth=1.8)
        axes.annotate(title, rows[-1], xytext=(-6, 9), textcoords="offset points", horizontalalignment="right", color=colours[colour])
    axes.set(xscale="log", yscale="log", xlabel="secrets (logarithmic)", ylabel="time, ns a line of 100 bytes (logarithmic)")
    axes.margins(y=0.12)
    axes.xaxis.set_major_formatter(FuncFormatter(number))
    axes.yaxis.set_major_formatter(FuncFormatter(number))
    axes.set_title("Looking for secrets in lines that have none", loc="left", fontsize=12)


KEPT = (
    "memory.md",
    "memory-worst-case.json",
    "memory-proof.json",
    "memory-idle.json",
    "speed.md",
    "speed-runs.json",
)


def figure_of(metric):
    return {"score": metric["score"], "error": metric["scoreError"], "unit": metric["scoreUnit"]}


def keep(source, target, speed):
    """Copies the results, and of JMH's what was measured of what."""
    target.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        shutil.copyfile(source / name, target / name)
    rows = [
        {
            "benchmark": row["benchmark"],
            "params": row.get("params", {}),
            "forks": row["forks"],
            "iterations": row["measurementIterations"],
            "time": figure_of(row["primaryMetric"]),
            "cpu": figure_of(row["secondaryMetrics"]["cpu"]),
            "allocated": figure_of(row["secondaryMetrics"]["gc.alloc.rate.norm"]),
        }
        for row in speed
    ]
    lines = ",\n".join("    " + json.dumps(row) for row in rows)
    runs = json.loads((source / "speed-runs.json").read_text())
    head = json.dumps({"machine": runs["machine"], "command": runs["command"]}, indent=2)[:-2]
    (target / "speed.json").write_text(f'{head},\n  "results": [\n{lines}\n  ]\n}}\n')


def main(source, target, kept):
    results = {
        "proof": json.loads((source / "memory-proof.json").read_text()),
        "speed": json.loads((source / "speed-jmh.json").read_text()),
    }
    for name, draw, height in (
        ("memory-over-time", memory, 4),
        ("cost-per-line", costs, 5.6),
        ("cost-by-jobs", jobs, 3.6),
        ("cost-by-secrets", secrets, 4),
    ):
        for theme, colours in THEMES.items():
            figure, axes = new_plot(colours, height)
            draw(axes, colours, results)
            figure.savefig(target / f"{name}-{theme}.svg", metadata={"Date": None})
            plt.close(figure)
    keep(source, kept, results["speed"])


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
