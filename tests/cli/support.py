"""Runs the real binary, named by $COPPICE_CLI, with a store directory of its own for each test."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

BINARY = os.environ["COPPICE_CLI"]


class Result:
    def __init__(self, status, out, err):
        self.status = status
        self.raw = out
        self.out = out.decode("utf-8", "surrogateescape")
        self.err = err.decode("utf-8", "surrogateescape")

    def json(self):
        return json.loads(self.out)

    def json_error(self):
        """The last line on standard error, which --json makes an object."""
        return json.loads(self.err.splitlines()[-1])["error"]


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="coppice-cli-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = dict(os.environ, COPPICE_DIR=os.path.join(self.folder, "stores"), LC_ALL="C.UTF-8")
        os.mkdir(self.environment["COPPICE_DIR"], 0o700)

    def start(self, *arguments, **options):
        # SIGPIPE at its default: python ignores it, and children inherit that.
        return subprocess.Popen([BINARY, *arguments], env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, cwd=self.folder, restore_signals=True, **options)

    def run_command(self, *arguments, stdin=b""):
        process = self.start(*arguments, stdin=subprocess.PIPE)
        out, err = process.communicate(stdin.encode() if isinstance(stdin, str) else stdin, timeout=60)
        return Result(process.returncode, out, err)

    def succeed(self, *arguments, stdin=b""):
        result = self.run_command(*arguments, stdin=stdin)
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual(result.err, "")
        return result

    def fail(self, *arguments, stdin=b"", status=2):
        """An error is one sentence on standard error and nothing on standard output."""
        result = self.run_command(*arguments, stdin=stdin)
        self.assertEqual(result.status, status, result.err)
        self.assertRegex(result.err, r"\Acoppice: [^\n]+\n")
        self.assertEqual(result.out, "")
        return result

    def create(self, name="store", *options):
        self.succeed("create", name, "--limit", "64MiB", *options)
        return name

    def scan(self, name, *options):
        """Entries as {key: value}; keys that are not hashable as their JSON."""
        entries = {}
        for line in self.succeed("scan", name, "--json", *options).out.splitlines():
            entry = json.loads(line)
            key = entry["key"]
            entries[json.dumps(key) if isinstance(key, dict) else key] = entry.get("value")
        return entries

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def fill(self, name, count, text):
        """Makes a store of so many entries `key N`."""
        content = "".join(json.dumps({"id": f"key {n}", "text": f"{text} {n}"}) + "\n" for n in range(count))
        self.succeed("import", name, "--key", "id", "--limit", "64MiB", stdin=content)

    def killed_by(self, process, signal_number):
        self.assertEqual(process.returncode, -signal_number, signal.Signals(signal_number).name)
