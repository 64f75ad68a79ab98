#!/usr/bin/env python3
"""Checks the Promela model of the arena's protocol with spin: every scenario must verify, every mutant must fail.

    run_model.py                 all cases, one after the other, as a table
    run_model.py CASE...         these cases
    run_model.py --list          the names of all cases
    run_model.py --trail CASE    the steps that lead to a mutant's error

A case passes if a scenario was searched exhaustively without an error, or if a mutant ended in the kind of error that
its missing rule is there to prevent. Exit status: 0 all as expected, 1 some not, 2 spin or a C compiler is missing.
"""

import argparse
import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

MODEL = pathlib.Path(__file__).resolve().parent / "arena.pml"
MAX_DEPTH = 100_000
MEMORY_MIB = 4000
ASSERTION = "assertion violated"
STUCK = "invalid end state"


@dataclasses.dataclass(frozen=True)
class Case:
    scenario: str
    mode: str = "sequential"
    mutant: str = ""
    error: str = ""

    @property
    def name(self):
        name = self.scenario + ("_membarrier" if self.mode == "membarrier" else "")
        return name + (f"_without_{self.mutant}" if self.mutant else "")


# What is taken out of the protocol -> the macro that does it.
MUTANTS = {
    ("pin", "sequential"): {
        "nodes_before_head": "A1",
        "version_in_pin": "A2",
        "reread_after_announcement": "P4",
        "light_fence": "LIGHT_FENCE",
        "fence_before_head": "FIRST_FENCE",
        "stamp_read_after_publication": "STALE_STAMP",
        "stamp": "STAMP_IGNORED",
    },
    ("pin", "membarrier"): {
        "fence_before_head": "FIRST_FENCE",
        "fence_between_head_and_pins": "SECOND_FENCE",
    },
    ("copy", "sequential"): {
        "handover": "C3",
        "handed_only_raised": "HANDED_LOWERED",
        "light_fence": "LIGHT_FENCE",
    },
    ("derive", "sequential"): {
        "handover": "BASE_NOT_HANDED",
        "handover_before_publication": "BASE_HANDED_AFTER_HEAD",
        "second_look_at_head": "HEAD_NOT_REREAD",
        "handed_read_after_head": "HANDED_READ_BEFORE_HEAD",
    },
    ("crash", "sequential"): {
        "grace_for_dead_owners_blocks": "DEAD_SWEPT_AT_ONCE",
        "taking_over_dead_owners_blocks": "DEAD_BLOCK_KEPT",
        "taking_over_dead_claims": "DEAD_CLAIM_KEPT",
    },
    ("slot", "sequential"): {
        "lock_while_acting_on_death": "DEAD_WITHOUT_LOCK",
        "child_closing_only": "CHILD_UNLOCKS",
    },
    ("lock", "sequential"): {
        "incarnation_and_breaking_at_open": "INCARNATION_AND_OPEN",
        "breaking_before_unlocking": "BROKEN_AFTER_UNLOCK",
        "take_over": "LOCK_NOT_TAKEN_OVER",
    },
    ("unsound", "sequential"): {
        "swap_of_head": "PUBLISH_BY_STORE",
        "swap_of_block": "BLOCK_CLAIMED_BY_STORE",
        "swap_of_claim": "RECORD_CLAIMED_BY_STORE",
        "second_look_at_record": "RECORD_NOT_REREAD",
    },
    ("reuse", "sequential"): {
        "scan": "SCAN",
        "version_check": "VERSION_CHECK",
        "cycle_check": "CYCLE_CHECK",
        "idle_check": "IDLE_CHECK",
        "same_cycle": "SAME_CYCLE",
        "cycle_check_in_transaction": "CYCLE_CHECK_IN_TRANSACTION",
        "awaiting_writer": "AWAITING_WRITER",
        "awaiting_after_cycle": "AWAIT_BEFORE_CYCLE",
        "keeping_taken_slots": "KEEP_TAKEN",
    },
    ("reuse", "membarrier"): {
        "fences_of_reuse": "FENCES_OF_REUSE",
    },
    ("late", "sequential"): {
        "finished_map": "UNFINISHED_MAP",
        "tag_on_marks": "MARKS_UNTAGGED",
        "respect_for_newer_tags": "NEWER_TAG_REPLACED",
        "pass_over_words": "NOT_OUTDATED",
        "pass_after_cycle": "OUTDATED_BEFORE_CYCLE",
        "swap_in_pass": "OUTDATED_BY_STORE",
        "number_in_word": "NUMBER_NOT_IN_WORD",
        "reading_cycle_in_sweep": "CYCLE_NOT_REREAD",
        "reading_cycle_after_word": "CYCLE_READ_BEFORE_WORD",
        "reading_cycle_after_death": "CYCLE_READ_BEFORE_DEATH",
        "swap_in_sweep": "SWEEP_BY_STORE",
        "swap_of_cycle": "CYCLE_BY_STORE",
    },
    ("late_twice", "sequential"): {
        "pass_over_words": "NOT_OUTDATED",
        "number_in_word": "NUMBER_NOT_IN_WORD",
    },
    ("scans", "sequential"): {
        "kept_only_raised": "KEPT_LOWERED",
        "respect_for_newer_kept": "NEWER_KEPT_IGNORED",
        "swap_at_end_of_scan": "SCAN_ENDED_BY_STORE",
    },
    ("apart", "sequential"): {
        "handover_of_published": "NOT_HANDED",
        "handed_read_before_freeing": "HANDED_NOT_REREAD",
        "marking_what_is_handed_late": "LATE_UNMARKED",
        "claim_read_after_version": "CLAIM_READ_FIRST",
        "freeing_before_end_of_scan": "SCAN_ENDED_BEFORE_FREEING",
        "source_read_after_announcement": "SOURCE_READ_FIRST",
        "source_read_after_handover": "SOURCE_READ_BEFORE_HANDOVER",
        "reading_source": "SOURCE_NOT_READ",
        "handover_of_attached": "ATTACHED_UNHANDED",
        "settlement_pinned_until_next": "UNPINNED_BEFORE",
        "stamp_read_after_publication": "STALE_STAMP",
        "light_fence": "LIGHT_FENCE",
    },
    ("grow", "sequential"): {
        "changing_while_adding": "COMMITTED_WHILE_A_HOLE",
        "changing_while_giving_back": "PUNCHED_WHILE_A_HOLE",
        "memory_before_free": "FREE_BEFORE_COMMITTED",
        "dead_changing_being_a_hole": "DEAD_CHANGING_IS_FREE",
        "taking_over_dead_changing": "DEAD_CHANGING_KEPT",
    },
}
SCENARIOS = ["pin", "copy", "derive", "crash", "slot", "lock", "unsound", "reuse"]
SCENARIOS += ["late", "late_twice", "scans", "apart", "apart_killed", "grow"]
MEMBARRIER_SCENARIOS = ["pin", "copy", "derive", "crash", "slot", "unsound", "reuse"]
MEMBARRIER_SCENARIOS += ["apart", "apart_killed"]  # the others have no fence
STUCK_MUTANTS = {"INCARNATION_AND_OPEN", "LOCK_NOT_TAKEN_OVER"}  # somebody waits for ever; others break an assertion


def all_cases():
    found = {}
    for mode, scenarios in (("sequential", SCENARIOS), ("membarrier", MEMBARRIER_SCENARIOS)):
        for scenario in scenarios:
            case = Case(scenario, mode)
            found[case.name] = (case, "")
            for mutant, macro in MUTANTS.get((scenario, mode), {}).items():
                case = Case(scenario, mode, mutant, STUCK if macro in STUCK_MUTANTS else ASSERTION)
                found[case.name] = (case, macro)
    return found


def defines(case, macro):
    flags = [f"-DSCENARIO_{case.scenario.upper()}"]
    if case.mode == "membarrier":
        flags.append("-DMEMBARRIER")
    if macro:
        flags.append(f"-DMUTANT_{macro}")
    return flags


def tool(*names):
    for name in names:
        if shutil.which(name):
            return name
    print(f"run_model.py: {' or '.join(names)} is not installed, so the model is unchecked; `make setup` installs it",
          file=sys.stderr)
    sys.exit(2)


def build(directory, flags, level):
    """Makes the verifier, or returns what went wrong."""
    generated = subprocess.run([tool("spin"), "-a", *flags, str(MODEL)], cwd=directory, capture_output=True, text=True)
    if generated.returncode != 0 or not (directory / "pan.c").exists():
        return "spin: " + generated.stdout + generated.stderr
    options = [level, "-w", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MIB}"]
    command = [tool("gcc", "cc", "clang"), *options, "-o", "pan", "pan.c"]
    compiled = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    return "" if compiled.returncode == 0 else "compiler: " + compiled.stderr


def verdict(case, output):
    """Empty when the search ended as it must, else why not."""
    errors = re.search(r"errors: (\d+)", output)
    if errors is None:
        return "no result: " + output[-500:]
    if "max search depth too small" in output:
        return "search depth too small, so not exhaustive"
    if case.error:
        if int(errors[1]) == 0:
            return "no error found, but a rule is missing"
        # spin reports an index out of range, a fault of the model, as an assertion too.
        expected = f": {case.error}" in output and "invalid array index" not in output
        return "" if expected else f"an error, but not '{case.error}'"
    if int(errors[1]) != 0:
        return "error: " + next((line for line in output.splitlines() if line.startswith("pan:")), "unknown")[:200]
    return "search not completed" if "Search not completed" in output or "out of memory" in output else ""


def run(case, macro, trail):
    """Prints a row of the table; true when the result is the expected one."""
    flags = defines(case, macro)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coppice-model-") as name:
        directory = pathlib.Path(name)
        # A mutant's search is over before a better compiler run would have paid.
        problem = build(directory, flags, "-O0" if case.error else "-O1")
        output = ""
        searching = time.monotonic()
        if not problem:
            pan = subprocess.run(["./pan", f"-m{MAX_DEPTH}"], cwd=directory, capture_output=True, text=True)
            output = pan.stdout + pan.stderr
            problem = verdict(case, output)
        seconds = time.monotonic() - searching
        if trail and (directory / "arena.pml.trail").exists():
            command = ["spin", "-t", "-p", "-g", "-k", "arena.pml.trail", *flags, str(MODEL)]
            subprocess.run(command, cwd=directory, check=False)
    states = re.search(r"(\d+) states, stored", output)
    memory = re.search(r"([\d.]+)\s+total actual memory usage", output)
    result = "FAIL" if problem else ("fails, as it must" if case.error else "verified")
    print(f"{case.name:<50} {result:<18} {states[1] if states else '-':>9} states {seconds:6.1f} s "
          f"(+{searching - begin:.1f} s build) {memory[1] if memory else '-':>8} MiB", flush=True)
    if problem:
        print(f"    {problem}", file=sys.stderr, flush=True)
    return not problem


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*")
    parser.add_argument("--list", action="store_true", help="print the names of all cases")
    parser.add_argument("--trail", action="store_true", help="print the steps that lead to an error")
    arguments = parser.parse_args()
    cases = all_cases()
    if arguments.list:
        print("\n".join(cases))
        return 0
    unknown = [name for name in arguments.case if name not in cases]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}")
    chosen = arguments.case or list(cases)
    begin = time.monotonic()
    wrong = [name for name in chosen if not run(*cases[name], arguments.trail)]
    if len(chosen) > 1:
        print(f"{len(chosen)} cases, {len(wrong)} not as expected, {time.monotonic() - begin:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
