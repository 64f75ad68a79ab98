"""Puts the rows of one suite into the report, in place of those that it held of that suite.

Usage: bench_merge.py --report FILE --suite NAME --rows FILE
A row: {"suite", "case", "n", "unit", "ours", "rivals": {name: value}, "params": {}}; lower is better.
"""
import argparse
import json
import pathlib
import sys

FIELDS = {"suite": str, "case": str, "n": int, "unit": str, "ours": (int, float), "rivals": dict, "params": dict}


def fault(row, suite):
    """What is wrong with a row, or None."""
    if not isinstance(row, dict):
        return "not an object"
    for field, kind in FIELDS.items():
        if not isinstance(row.get(field), kind) or isinstance(row[field], bool):
            return f"field '{field}' is missing or of another type"
    if row["suite"] != suite:
        return f"is of suite '{row['suite']}'"
    if any(not isinstance(value, (int, float)) for value in row["rivals"].values()):
        return "a rival's value is not a number"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--report", type=pathlib.Path, required=True)
    parser.add_argument("--suite", required=True)
    parser.add_argument("--rows", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    new = json.loads(arguments.rows.read_text())
    if not isinstance(new, list) or not new:
        sys.exit(f"{arguments.rows}: no rows")
    for number, row in enumerate(new):
        why = fault(row, arguments.suite)
        if why:
            sys.exit(f"{arguments.rows}: row {number} {why}: {json.dumps(row)}")
    report = json.loads(arguments.report.read_text()) if arguments.report.exists() else []
    report = [row for row in report if row["suite"] != arguments.suite] + new
    report.sort(key=lambda row: row["suite"])
    text = "[\n" + ",\n".join("  " + json.dumps(row) for row in report) + "\n]\n"
    partial = arguments.report.with_suffix(".partial")
    partial.write_text(text)
    partial.replace(arguments.report)


if __name__ == "__main__":
    main()
