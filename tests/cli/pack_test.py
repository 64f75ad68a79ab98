"""Packs: writing, reading, looking into them, and what damaged ones do."""
import hashlib
import json
import os
import signal
import subprocess
import unittest

import support


class Packs(support.CommandTest):
    def fill(self, name="store", count=2000, text="value"):
        super().fill(name, count, text)

    def change(self, first, count=3):
        for n in range(first, first + count):
            self.succeed("set", "store", f"key {n}", f"changed {n}")

    def test_a_store_comes_back(self):
        self.fill()
        self.assertRegex(self.succeed("pack", "store", "a.pack").out, r"packed store@\d+: 2,000 entries, \d+ nodes, .* in a.pack\n")
        self.assertRegex(self.succeed("unpack", "a.pack", "copy").out, r"unpacked store@\d+ into copy: 2,000 entries\n")
        self.assertEqual(self.scan("copy"), self.scan("store"))
        self.succeed("check", "copy")
        self.assertEqual(os.stat(self.path("a.pack")).st_mode & 0o777, 0o600)

    def test_json_answers(self):
        self.fill(count=10)
        packed = self.succeed("pack", "store", "a.pack", "--as", "first", "--json").json()
        self.assertEqual((packed["packed"], packed["entries"], packed["file"]), ("first", 10, "a.pack"))
        self.assertEqual(packed["bytes"], os.path.getsize(self.path("a.pack")))
        self.assertEqual(self.succeed("unpack", "a.pack", "copy", "--json").json(),
                         {"unpacked": "first", "name": "copy", "entries": 10})
        self.assertEqual(self.succeed("verify", "a.pack", "--json").json(), {"file": "a.pack", "ok": True, "broken": ""})
        made = self.succeed("compact", "a.pack", "--out", "b.pack", "--json").json()
        self.assertEqual((made["file"], made["versions"]), ("b.pack", 1))

    def test_a_pack_replaces_the_content_of_a_store(self):
        self.fill()
        self.succeed("pack", "store", "a.pack", "--for-others", "--zstd")
        self.succeed("create", "other", "--limit", "64MiB")
        self.succeed("set", "other", "old", "gone")
        self.fail("unpack", "a.pack", "other")
        self.succeed("unpack", "a.pack", "other", "--replace")
        self.assertEqual(self.scan("other"), self.scan("store"))
        self.fail("unpack", "a.pack", "missing", "--replace")

    def test_incremental_packs_and_one_of_all(self):
        self.fill(count=5000)
        self.succeed("pack", "store", "0.pack", "--as", "zero")
        contents = [self.scan("store")]
        for day in (1, 2, 3):
            self.change(day * 10)
            contents.append(self.scan("store"))
            bases = [word for base in range(day) for word in ("--base", f"{base}.pack")]
            self.succeed("pack", "store", f"{day}.pack", "--as", f"day {day}", *bases)
            self.assertLess(os.path.getsize(self.path(f"{day}.pack")), os.path.getsize(self.path("0.pack")) / 10)
        # In any order.
        self.succeed("unpack", "3.pack", "third", "--base", "2.pack", "--base", "0.pack", "--base", "1.pack")
        self.assertEqual(self.scan("third"), contents[3])
        self.succeed("verify", "3.pack", "--base", "0.pack", "--base", "1.pack", "--base", "2.pack")
        self.succeed("compact", "0.pack", "1.pack", "2.pack", "3.pack", "--out", "all.pack", "--zstd", "9")
        self.succeed("verify", "all.pack")
        shown = self.succeed("inspect", "all.pack", "--json").json()
        self.assertEqual([version["name"] for version in shown["versions"]], ["zero", "day 1", "day 2", "day 3"])
        self.assertGreater(shown["sharing"], 3.5)
        self.succeed("unpack", "all.pack", "first", "--version", "day 1")
        self.assertEqual(self.scan("first"), contents[1])
        self.succeed("unpack", "all.pack", "zeroth", "--version", "0")
        self.assertEqual(self.scan("zeroth"), contents[0])

    def test_a_pack_without_its_base(self):
        self.fill()
        self.succeed("pack", "store", "a.pack")
        self.change(0)
        self.succeed("pack", "store", "b.pack", "--base", "a.pack", "--as", "later")
        digest = hashlib.blake2b(self.read("a.pack"), digest_size=32).hexdigest()
        for command in (("unpack", "b.pack", "copy"), ("verify", "b.pack"), ("compact", "b.pack", "--out", "c.pack")):
            result = self.fail(*command)
            self.assertIn(digest, result.err)
            self.assertIn("--base", result.err)
        shown = self.succeed("inspect", "b.pack", "--json").json()
        self.assertEqual(shown["base"], digest)
        self.assertEqual(shown["versions"][0]["name"], "later")
        self.assertNotIn("sharing", shown)
        self.assertIn("more is to be seen with --base", self.succeed("inspect", "b.pack").out)

    def test_inspect_tells_versions_sizes_and_the_largest_nodes(self):
        self.fill()
        self.succeed("set", "store", "large", "x" * 100_000)
        self.succeed("pack", "store", "a.pack", "--as", "only")
        out = self.succeed("inspect", "a.pack", "--largest", "2").out
        self.assertIn("1 versions, digest ", out)
        self.assertRegex(out, r"only +map +2,001  values, \d{4}-\d\d-\d\d")
        self.assertIn("97.7 KiB  value      node", out)
        self.assertIn("of only", out)
        self.assertIn("each node is used 1.0 times over", out)
        shown = self.succeed("inspect", "a.pack", "--json", "--largest", "1").json()
        self.assertEqual(len(shown["largest"]), 1)
        self.assertEqual((shown["largest"][0]["kind"], shown["largest"][0]["version"]), ("value", "only"))
        self.assertEqual(shown["bytes"], os.path.getsize(self.path("a.pack")))
        self.assertEqual(shown["versions"][0]["size"], 2001)

    def differences(self, *arguments):
        result = self.run_command("diff", *arguments)
        self.assertIn(result.status, (0, 1), result.err)
        self.assertEqual(result.status == 1, result.out != "")
        return sorted(result.out.splitlines())

    def test_differences(self):
        self.create()
        for key in ("apple", "pear"):
            self.succeed("set", "store", key, "old")
        self.succeed("pack", "store", "a.pack", "--as", "before")
        self.succeed("set", "store", "apple", "new")
        self.succeed("delete", "store", "pear")
        self.succeed("set", "store", "--int", "7", "seven")
        self.succeed("pack", "store", "b.pack", "--base", "a.pack", "--as", "after")
        self.succeed("pack", "store", "c.pack", "--for-others")
        wanted = ["+ 7\tseven", "- pear\told", "~ apple\told\tnew"]
        self.assertEqual(self.differences("a.pack", "store"), wanted)
        self.assertEqual(self.differences("a.pack", "b.pack"), wanted)
        self.assertEqual(self.differences("a.pack:before", "b.pack:after"), wanted)
        self.assertEqual(self.differences("a.pack", "c.pack"), wanted)
        self.assertEqual(self.differences("store", "c.pack"), [])
        self.assertEqual(self.differences("store", "a.pack"), ["+ pear\told", "- 7\tseven", "~ apple\tnew\told"])
        self.succeed("unpack", "a.pack", "copy")
        self.assertEqual(self.differences("copy", "store"), wanted)
        quiet = self.run_command("diff", "copy", "store", "--limit", "0")
        self.assertEqual((quiet.status, quiet.out), (1, ""))
        self.assertEqual(len(self.differences("copy", "store", "--limit", "2")), 2)
        self.succeed("compact", "a.pack", "b.pack", "--out", "all.pack")
        self.assertEqual(self.differences("all.pack:before", "all.pack:after"), wanted)
        rows = [json.loads(line) for line in self.run_command("diff", "a.pack", "store", "--json").out.splitlines()]
        self.assertEqual(sorted(row["change"] for row in rows), ["added", "changed", "removed"])
        self.assertIn({"change": "changed", "key": "apple", "before": "old", "after": "new"}, rows)
        self.fail("diff", "a.pack", "missing")
        self.fail("diff", "a.pack:other", "store")
        self.fail("diff", "b.pack", "store")

    def test_a_damaged_pack_is_a_no(self):
        self.fill()
        self.succeed("pack", "store", "a.pack")
        whole = self.read("a.pack")
        damaged = bytearray(whole)
        damaged[len(damaged) // 2] ^= 1
        self.write("damaged.pack", bytes(damaged))
        result = self.run_command("verify", "damaged.pack")
        self.assertEqual((result.status, result.err), (1, ""))
        self.assertRegex(result.out, r"\Adamaged.pack: broken: .*checksum of a section is wrong, at byte \d+")
        self.assertEqual(self.run_command("verify", "damaged.pack", "--json").json()["ok"], False)
        self.fail("unpack", "damaged.pack", "copy")
        self.assertEqual(self.succeed("list").out.count("\n"), 2)
        for size in (0, 10, 64, 100, len(whole) - 1):
            self.write("short.pack", whole[:size])
            self.assertEqual(self.run_command("verify", "short.pack").status, 1)
        self.write("text.pack", "no pack at all, but long enough to be one" * 10)
        self.assertIn("does not begin like a pack", self.run_command("verify", "text.pack").out)

    def test_files_and_versions_that_are_not_there(self):
        self.fill(count=3)
        self.succeed("pack", "store", "a.pack")
        self.assertIn("missing.pack", self.fail("inspect", "missing.pack").err)
        self.assertIn("nowhere", self.fail("pack", "store", "nowhere/a.pack").err)
        self.assertIn("`coppice inspect` lists them", self.fail("unpack", "a.pack", "copy", "--version", "other").err)
        self.fail("unpack", "a.pack", "copy", "--version", "1")
        self.fail("verify", ".")
        self.fail("pack", "store", "a.pack", "--zstd", "77")
        self.fail("pack", "missing", "b.pack")
        self.assertFalse(os.path.exists(self.path("b.pack")))

    def test_a_full_disk_leaves_the_pack_that_was_there(self):
        self.fill()
        self.succeed("pack", "store", "a.pack")
        before = self.read("a.pack")
        limited = subprocess.run(["bash", "-c", 'trap "" XFSZ; ulimit -f 20; "$0" pack store a.pack', support.BINARY],
                                 env=self.environment, cwd=self.folder, capture_output=True, timeout=60)
        self.assertEqual(limited.returncode, 2)
        self.assertIn(b"writing a file", limited.stderr)
        self.assertEqual(self.read("a.pack"), before)
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.pack", "stores"])

    def test_a_signal_leaves_nothing_behind(self):
        self.fill(count=200_000)
        process = self.start("pack", "store", "a.pack", "--zstd", "19", stdin=subprocess.DEVNULL)
        try:
            process.wait(timeout=0.3)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        if process.returncode == 0:
            self.skipTest("the pack was done before the signal")
        self.killed_by(process, signal.SIGINT)
        self.assertEqual(os.listdir(self.folder), ["stores"])


if __name__ == "__main__":
    unittest.main()
