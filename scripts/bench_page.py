"""Makes of the benchmark report one page without outside parts: for each suite the cases as bars, ours against each rival,
on a logarithmic scale of the ratio, and the figures as a table.

Usage: bench_page.py REPORT.json PAGE.html
"""
import html
import json
import math
import pathlib
import sys

STYLE = """
:root { color-scheme: light dark; --ours: #2f7d4f; --slower: #b5532d; --grid: #8886; --soft: #888; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1080px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0 2rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid var(--grid); }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; display: block; } svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
.soft { fill: var(--soft); color: var(--soft); }
"""
ROW_HEIGHT, LABEL_WIDTH, PLOT_WIDTH, RIGHT = 20, 330, 560, 130


def number(value):
    """Three significant digits, thousands apart."""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def size(n):
    for unit, suffix in ((1_000_000, "M"), (1000, "k")):
        if n >= unit and n % unit == 0:
            return f"{n // unit}{suffix}"
    return str(n)


def label(row):
    params = ", ".join(f"{key} {value}" for key, value in row["params"].items())
    return f"{row['case']}, n = {size(row['n'])}" + (f", {params}" if params else "")


def bars(rows):
    """Ratios of ours to a rival as bars around 1, or '' when no row has a rival."""
    pairs = [(row, name, row["ours"] / value) for row in rows for name, value in row["rivals"].items()
             if value > 0 and row["ours"] > 0]
    if not pairs:
        return ""
    low = min(0.1, *(ratio for *_, ratio in pairs)) * 0.9
    high = max(2.0, *(ratio for *_, ratio in pairs)) * 1.1

    def x(ratio):
        return LABEL_WIDTH + PLOT_WIDTH * (math.log(ratio) - math.log(low)) / (math.log(high) - math.log(low))

    height = ROW_HEIGHT * len(pairs) + 40
    parts = [f'<svg viewBox="0 0 {LABEL_WIDTH + PLOT_WIDTH + RIGHT} {height}" role="img" '
             'aria-label="ratio of our cost to the rival\'s">']
    for tick in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50):
        if low <= tick <= high:
            parts.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="20" y2="{height - 18}" '
                         f'stroke="{"currentColor" if tick == 1 else "var(--grid)"}"/>'
                         f'<text x="{x(tick):.1f}" y="14" text-anchor="middle" class="soft">{tick:g}x</text>')
    for index, (row, name, ratio) in enumerate(pairs):
        top = 26 + index * ROW_HEIGHT
        left, right = sorted((x(1), x(ratio)))
        colour = "var(--ours)" if ratio <= 1 else "var(--slower)"
        parts.append(f'<text x="{LABEL_WIDTH - 8}" y="{top + 11}" text-anchor="end">{html.escape(label(row))}</text>'
                     f'<rect x="{left:.1f}" y="{top}" width="{max(right - left, 1):.1f}" height="14" rx="2" fill="{colour}">'
                     f'<title>{number(row["ours"])} against {number(row["rivals"][name])} {html.escape(row["unit"])}</title>'
                     f'</rect><text x="{max(right, x(1)) + 6:.1f}" y="{top + 11}">{ratio:.2f}x {html.escape(name)}</text>')
    return "".join(parts) + "</svg>"


def growth(rows):
    """How the cost of each case grows with n, where it was measured at three sizes or more."""
    series = {}
    for row in rows:
        if row["ours"] > 0 and row["n"] > 0:
            key = row["case"] + "".join(f", {key} {value}" for key, value in row["params"].items())
            series.setdefault((key, row["unit"]), {})[row["n"]] = row["ours"]
    series = {key: sorted(points.items()) for key, points in series.items() if len(points) >= 3}
    return "".join(growth_plot(title, unit, points) for (title, unit), points in series.items())


def growth_plot(title, unit, points):
    width, height, left, bottom = 340, 200, 56, 26
    top_value = max(value for _, value in points) * 1.15
    first, last = math.log(points[0][0]), math.log(points[-1][0])

    def at(n, value):
        return (left + (width - left - 16) * (math.log(n) - first) / (last - first),
                height - bottom - (height - bottom - 26) * value / top_value)

    places = [at(*point) for point in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="var(--ours)"/>'
        f'<text x="{x:.1f}" y="{y - 7:.1f}" text-anchor="middle">{number(value)}</text>'
        f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle" class="soft">{size(n)}</text>'
        for (x, y), (n, value) in zip(places, points))
    return (f'<svg viewBox="0 0 {width} {height}" style="width:{width}px;display:inline-block">'
            f'<text x="4" y="14">{html.escape(title)} ({html.escape(unit)})</text>'
            f'<line x1="{left - 20}" x2="{width - 8}" y1="{height - bottom}" y2="{height - bottom}" stroke="var(--grid)"/>'
            f'<polyline points="{line}" fill="none" stroke="var(--ours)" stroke-width="2"/>{marks}</svg>')


def table(rows):
    rivals = list(dict.fromkeys(name for row in rows for name in row["rivals"]))
    head = "".join(f"<th>{html.escape(name)}</th><th>ratio</th>" for name in rivals)
    lines = []
    for row in rows:
        cells = ""
        for name in rivals:
            value = row["rivals"].get(name)
            cells += "<td></td><td></td>" if value is None else (
                f"<td>{number(value)}</td><td>{row['ours'] / value:.2f}</td>" if value else "<td>0</td><td></td>")
        lines.append(f"<tr><td>{html.escape(label(row))}</td><td>{html.escape(row['unit'])}</td>"
                     f"<td>{number(row['ours'])}</td>{cells}</tr>")
    return f"<table><tr><th>case</th><th>unit</th><th>ours</th>{head}</tr>{''.join(lines)}</table>"


def page(report):
    suites = list(dict.fromkeys(row["suite"] for row in report))
    body = ""
    for suite in suites:
        rows = [row for row in report if row["suite"] == suite]
        body += f"<h2>{html.escape(suite)}</h2>{bars(rows)}{growth(rows)}{table(rows)}"
    return ('<!doctype html><html lang="en"><meta charset="utf-8"><title>Coppice: benchmarks</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>{STYLE}</style><h1>Coppice: benchmarks</h1>"
            "<p>Lower is better. A bar is our cost divided by the rival's in the same run, on a logarithmic scale; left of 1 "
            f"is faster.</p>{body}</html>\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    pathlib.Path(sys.argv[2]).write_text(page(json.loads(pathlib.Path(sys.argv[1]).read_text())))
