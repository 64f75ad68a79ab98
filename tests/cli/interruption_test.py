"""Broken pipes and signals."""
import json
import os
import re
import signal
import subprocess
import time
import unittest

import support


class Interruption(support.CommandTest):
    def fill(self, count=20_000):
        content = "".join(json.dumps({"id": n, "text": "x" * 100}) + "\n" for n in range(count))
        self.succeed("import", "store", "--key", "id", stdin=content)

    def feed(self, process, first, count):
        process.stdin.write("".join(json.dumps({"id": first + n}) + "\n" for n in range(count)).encode())
        process.stdin.flush()

    def wait_for_entries(self, count):
        for _ in range(400):
            result = self.run_command("stat", "store", "--json")
            if result.status == 0 and result.json()["entries"] >= count:
                return
            time.sleep(0.02)
        raise AssertionError(f"no {count} entries in time")

    def test_a_reader_that_leaves_ends_a_scan_quietly(self):
        self.fill()
        process = self.start("scan", "store", stdin=subprocess.DEVNULL)
        self.assertTrue(process.stdout.readline())
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()
        self.assertEqual(process.wait(timeout=30), 0)

    def test_in_a_shell_pipeline(self):
        self.fill()
        shell = subprocess.run(["bash", "-c", 'set -o pipefail; "$0" scan store --json | head -1', support.BINARY],
                               env=self.environment, capture_output=True, timeout=60)
        self.assertEqual((shell.returncode, shell.stderr), (0, b""))
        self.assertIn("value", json.loads(shell.stdout))

    def test_a_signal_in_the_middle_of_an_import_keeps_what_was_committed(self):
        for number, signal_number in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)):
            process = self.start("import", "store", "--key", "id", stdin=subprocess.PIPE)
            self.feed(process, number * 10_000, 2500)
            self.wait_for_entries(number * 2000 + 2000)
            process.send_signal(signal_number)
            err = process.stderr.read().decode()
            process.wait(timeout=30)
            self.killed_by(process, signal_number)
            self.assertIn("coppice: interrupted; 2,000 documents were imported", err)
            process.stdin.close()
            process.stdout.close()
            process.stderr.close()
            self.assertEqual(self.succeed("stat", "store", "--json").json()["entries"], number * 2000 + 2000)
        self.succeed("check", "store")

    def test_a_signal_while_an_import_is_busy(self):
        path = self.write("in.ndjson", "".join(f'{{"id":{n},"text":"{"x" * 200}"}}\n' for n in range(300_000)))
        process = self.start("import", "store", path, "--key", "id", "--json", stdin=subprocess.DEVNULL)
        self.wait_for_entries(1000)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        if process.returncode == 0:
            self.skipTest("the import was done before the signal")
        self.killed_by(process, signal.SIGINT)
        self.assertEqual(out, b"")
        error = json.loads(err.splitlines()[-1])["error"]
        self.assertEqual(error["code"], "interrupted")
        told = int(re.search(r"([\d,]+) documents", error["message"]).group(1).replace(",", ""))
        self.assertEqual(self.succeed("stat", "store", "--json").json()["entries"], told)

    def test_a_kill_in_the_middle_of_an_import_leaves_whole_batches(self):
        process = self.start("import", "store", "--key", "id", stdin=subprocess.PIPE)
        self.feed(process, 0, 3300)
        self.wait_for_entries(3000)
        process.kill()
        process.communicate()
        self.assertEqual(self.succeed("stat", "store", "--json").json()["entries"], 3000)
        self.succeed("check", "store")
        self.succeed("set", "store", "next", "writer proceeds")

    def test_a_signal_while_a_value_is_read(self):
        self.create()
        process = self.start("set", "store", "k", "-", stdin=subprocess.PIPE)
        process.stdin.write(b"half a va")
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        self.killed_by(process, signal.SIGINT)
        process.stdin.close()
        process.stdout.close()
        process.stderr.close()
        self.fail("get", "store", "k", status=1)

    def test_a_scan_sees_one_version_while_others_write(self):
        self.fill(20_000)
        process = self.start("scan", "store", "--json", stdin=subprocess.DEVNULL)
        first = process.stdout.readline()  # the snapshot is taken, and the pipe is full
        for key in range(0, 20_000, 2000):
            self.succeed("delete", "store", "--int", str(key))
        rest = process.stdout.readlines()
        process.communicate(timeout=60)
        self.assertEqual(len({json.loads(line)["key"] for line in [first, *rest]}), 20_000)

    def test_an_ignored_signal_stays_ignored(self):
        self.create()
        process = self.start("import", "store", "--key", "id", stdin=subprocess.PIPE,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.feed(process, 0, 1000)
        self.wait_for_entries(1000)
        os.kill(process.pid, signal.SIGHUP)
        out, err = process.communicate(timeout=30)
        self.assertEqual((process.returncode, err), (0, b""))


if __name__ == "__main__":
    unittest.main()
