"""Packs on the command line when something goes wrong: kills, full disks, files that are no packs."""
import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

import support

KILLS = int(os.environ.get("COPPICE_KILLS", "25"))


class PackFailures(support.CommandTest):
    def fill(self, name="store", count=3000, text="value"):
        super().fill(name, count, text)

    def stores(self):
        return sorted(os.listdir(self.environment["COPPICE_DIR"]))

    def test_kills_while_packs_are_written_leave_the_old_one_or_the_new_one(self):
        self.fill("one")
        self.fill("two", text="other value")
        self.succeed("pack", "one", "old.pack", "--as", "one")
        self.succeed("pack", "two", "new.pack", "--as", "two")
        self.succeed("compact", "old.pack", "new.pack", "--out", "both.pack")
        old, new, both = self.read("old.pack"), self.read("new.pack"), self.read("both.pack")
        killed = 0
        for number in range(KILLS):
            command = (("pack", "two", "a.pack", "--as", "two"),
                       ("compact", "old.pack", "new.pack", "--out", "a.pack"))[number % 2]
            target = new if number % 2 == 0 else both
            there = random.random() < 0.5
            if there:
                shutil.copy(self.path("old.pack"), self.path("a.pack"))
            before = old if there else b""
            process = self.start(*command, stdin=subprocess.DEVNULL)
            time.sleep(random.random() * 0.06)
            process.kill()
            process.communicate(timeout=60)
            killed += process.returncode != 0
            now = self.read("a.pack") if os.path.exists(self.path("a.pack")) else b""
            self.assertIn(now, (before, target))
            if process.returncode == 0:
                self.assertEqual(now, target)
            self.succeed(*command)
            self.assertEqual(self.read("a.pack"), target)
            self.assertEqual(sorted(os.listdir(self.folder)), ["a.pack", "both.pack", "new.pack", "old.pack", "stores"])
            os.remove(self.path("a.pack"))
        self.assertGreater(killed, 0)

    def test_kills_while_packs_are_unpacked_leave_no_store_or_a_whole_one(self):
        self.fill("one")
        self.fill("two", count=2000, text="other value")
        self.succeed("pack", "one", "a.pack")
        self.succeed("pack", "two", "b.pack", "--for-others")
        one, two = self.scan("one"), self.scan("two")
        killed = 0
        self.succeed("unpack", "a.pack", "kept")
        for number in range(KILLS):
            name, contents = ("kept", (one, two)) if number % 2 == 0 else ("new", (one,))
            options = ("--replace",) if name == "kept" else ()
            process = self.start("unpack", random.choice(("a.pack", "b.pack")) if options else "a.pack", name, *options,
                                 stdin=subprocess.DEVNULL)
            time.sleep(random.random() * 0.06)
            process.kill()
            process.communicate(timeout=60)
            killed += process.returncode != 0
            if name in self.stores():
                self.assertIn(self.scan(name), contents)
                self.succeed("check", name)
            else:
                self.assertEqual(name, "new")
                self.succeed("unpack", "a.pack", "new")
                self.assertEqual(self.scan("new"), one)
            self.assertIn(self.stores(), (["kept", "new", "one", "two"], ["kept", "one", "two"]))
            self.succeed("unpack", "a.pack", "kept", "--replace")
            self.assertEqual(self.scan("kept"), one)
            self.succeed("check", "kept")
            if "new" in self.stores():
                self.succeed("drop", "new")
        self.assertGreater(killed, 0)

    def test_a_signal_while_a_pack_is_unpacked(self):
        self.fill(count=200_000)
        self.succeed("pack", "store", "a.pack", "--for-others", "--zstd")
        self.create("kept")
        self.succeed("set", "kept", "old", "here")
        for arguments in (("new",), ("kept", "--replace")):
            process = self.start("unpack", "a.pack", *arguments, stdin=subprocess.DEVNULL)
            try:
                process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            if process.returncode == 0:
                self.skipTest("it was done before the signal")
            self.killed_by(process, signal.SIGINT)
        self.assertEqual(self.stores(), ["kept", "store"])
        self.assertEqual(self.scan("kept"), {"old": "here"})
        self.succeed("check", "kept")

    def limited(self, blocks, *arguments):
        done = subprocess.run(["bash", "-c", f'trap "" XFSZ; ulimit -f {blocks}; exec "$0" "$@"', support.BINARY, *arguments],
                              env=self.environment, cwd=self.folder, capture_output=True, timeout=60)
        return support.Result(done.returncode, done.stdout, done.stderr)

    def test_what_does_not_fit_leaves_what_was_there(self):
        self.fill()
        self.succeed("pack", "store", "a.pack")
        before = self.read("a.pack")
        for arguments in (("pack", "store", "a.pack"), ("compact", "a.pack", "--out", "a.pack")):
            result = self.limited(20, *arguments)
            self.assertEqual((result.status, result.out), (2, ""))
            self.assertRegex(result.err, r"\Acoppice: pack 'a\.pack': writing a file: File too large; [^\n]+\n\Z")
            self.assertEqual(self.read("a.pack"), before)
        result = self.limited(2000, "unpack", "a.pack", "new")
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertIn("store 'new'", result.err)
        self.assertEqual(self.stores(), ["store"])
        self.fill("large", count=100_000)
        self.succeed("pack", "large", "large.pack")
        result = self.fail("unpack", "large.pack", "new", "--limit", "4MiB", "--json")
        self.assertEqual(result.json_error()["code"], "out_of_space")
        self.assertIn("larger limit", result.json_error()["message"])
        self.create("small")
        self.succeed("set", "small", "old", "here")
        self.succeed("drop", "small")
        self.succeed("create", "small", "--limit", "4MiB")
        self.succeed("set", "small", "old", "here")
        self.fail("unpack", "large.pack", "small", "--replace")
        self.assertEqual(self.scan("small"), {"old": "here"})
        self.succeed("check", "small")
        self.assertEqual(self.stores(), ["large", "small", "store"])
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.pack", "large.pack", "stores"])

    def test_files_that_are_no_packs(self):
        self.fill(count=100)
        self.succeed("pack", "store", "a.pack")
        whole = self.read("a.pack")
        os.mkfifo(self.path("pipe"))
        self.write("empty", b"")
        self.write("newer", whole[:8] + b"\2\0" + whole[10:])
        self.write("older", whole[:8] + b"\0\0" + whole[10:])
        shutil.copy(os.path.join(self.environment["COPPICE_DIR"], "store"), self.path("a store"))
        for name, code, reason in (("empty", "corrupt", "it is empty"),
                                   ("newer", "version_mismatch", "use a newer release"),
                                   ("older", "version_mismatch", "version 0"),
                                   ("a store", "invalid_argument", "it is a store, not a pack; `coppice pack`"),
                                   (".", "not_a_store", "a pack is read from a file"),
                                   ("pipe", "not_a_store", "a pack is read from a file"),
                                   ("/dev/null", "not_a_store", "a pack is read from a file"),
                                   ("missing", "not_found", "No such file")):
            for command in (("unpack", name, "new"), ("inspect", name), ("compact", name, "--out", "b.pack"),
                            ("pack", "store", "b.pack", "--base", name)):
                result = self.fail(*command, "--json")
                self.assertEqual(result.json_error()["code"], code, command)
                self.assertIn(reason, result.json_error()["message"])
                self.assertIn(f"pack '{name}': ", result.json_error()["message"])
            self.fail("diff", name, "store")  # what does not begin like a pack may be a store's name
            # A damaged pack is a no, what is none is an error.
            self.assertEqual(self.run_command("verify", name).status, 1 if code == "corrupt" else 2)
        self.assertFalse(os.path.exists(self.path("b.pack")))
        self.assertEqual(self.stores(), ["store"])

    def test_what_decompresses_to_more_than_is_allowed_is_refused(self):
        self.fill(count=2000)
        self.succeed("pack", "store", "a.pack", "--zstd")
        for command in (("unpack", "a.pack", "new"), ("inspect", "a.pack"), ("verify", "a.pack"),
                        ("compact", "a.pack", "--out", "b.pack"), ("pack", "store", "b.pack", "--base", "a.pack"),
                        ("diff", "a.pack", "store")):
            result = self.fail(*command, "--max-decompressed", "10KiB", "--json")
            self.assertEqual(result.json_error()["code"], "unsupported", command)
            self.assertIn("more than --max-decompressed, at byte", result.json_error()["message"])
            self.assertTrue(result.json_error()["message"].endswith("raise that limit"), command)
        self.fail("inspect", "a.pack", "--max-decompressed", "much")
        self.assertEqual(self.stores(), ["store"])
        self.succeed("verify", "a.pack", "--max-decompressed", "1GiB")

    def test_what_is_no_file_is_not_replaced(self):
        self.fill(count=100)
        os.mkfifo(self.path("pipe"))
        os.symlink("/dev/null", self.path("link"))
        for name in ("pipe", "link", "."):
            error = self.fail("pack", "store", name, "--json").json_error()
            self.assertEqual(error["code"], "invalid_argument")
            self.assertIn(f"pack '{name}': it is a directory, a device or a pipe", error["message"])
        self.assertEqual(sorted(os.listdir(self.folder)), ["link", "pipe", "stores"])


if __name__ == "__main__":
    unittest.main()
