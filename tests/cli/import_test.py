"""coppice import."""
import json
import os
import pty
import subprocess
import unittest

import support


def lines(*trees):
    return "".join(json.dumps(tree) + "\n" for tree in trees)


class Import(support.CommandTest):
    def stop(self, content, *options):
        """Imports what must fail; returns the sentence."""
        return self.fail("import", "store", "-", "--key", "id", *options, stdin=content).err

    def test_from_a_file_and_from_standard_input(self):
        content = lines({"id": "a", "n": 1}, {"id": "b", "list": [1, None, "x"]})
        result = self.succeed("import", "store", self.write("in.ndjson", content), "--key", "id")
        self.assertIn("imported 2 documents into store", result.out)
        self.assertEqual(self.scan("store"), {"a": {"id": "a", "n": 1}, "b": {"id": "b", "list": [1, None, "x"]}})
        for name, arguments in (("dash", ["-"]), ("nothing", [])):
            self.succeed("import", name, *arguments, "--key", "id", stdin=content)
            self.assertEqual(self.scan(name), self.scan("store"))

    def test_counts_as_json(self):
        result = self.succeed("import", "store", "--key", "id", "--json", stdin=lines({"id": 1}, {"id": 2}, {"id": 1}))
        answer = result.json()
        self.assertEqual((answer["imported"], answer["skipped"], answer["entries"]), (3, 0, 2))

    def test_keys_may_be_numbers_and_nested(self):
        self.succeed("import", "store", "--key", "at.id", stdin=lines({"at": {"id": 7}}, {"at": {"id": 0.5}},
                                                                      {"at": {"id": "7"}}, {"at.id": "flat"}))
        self.assertEqual(set(self.scan("store")), {7, 0.5, "7", "flat"})

    def test_a_later_line_wins(self):
        self.succeed("import", "store", "--key", "id", stdin=lines(*({"id": "a", "n": n} for n in range(2500))))
        self.assertEqual(self.scan("store"), {"a": {"id": "a", "n": 2499}})

    def test_empty_input_and_blank_lines(self):
        self.assertIn("imported 0 documents", self.succeed("import", "store", "--key", "id", stdin="").out)
        self.assertEqual(self.scan("store"), {})
        self.succeed("import", "store", "--key", "id", stdin='\n  \n\r\n{"id":1}\r\n\n{"id":2}')
        self.assertEqual(set(self.scan("store")), {1, 2})

    def test_many_batches(self):
        self.succeed("import", "store", "--key", "id", stdin=lines(*({"id": n, "text": "x" * 100} for n in range(5432))))
        self.assertEqual(len(self.scan("store")), 5432)
        self.succeed("check", "store")

    def test_large_documents(self):
        trees = [{"id": n, "text": chr(97 + n) * 3_000_000} for n in range(5)]
        self.succeed("import", "store", "--key", "id", "--limit", "256MiB", stdin=lines(*trees))
        self.assertEqual(self.succeed("get", "store", "3", "--int").out, json.dumps(trees[3], separators=(",", ":")) + "\n")

    def test_a_bad_line_stops_after_the_lines_before_it(self):
        good = [{"id": n} for n in range(1500)]
        sentence = self.stop(lines(*good) + '{"id": 9999,}\n' + lines({"id": "after"}))
        self.assertIn("line 1501 of standard input: not JSON at column 13", sentence)
        self.assertIn("1,500 documents were imported", sentence)
        self.assertEqual(set(self.scan("store")), set(range(1500)))

    def test_each_kind_of_bad_line_is_named(self):
        for line, words in (('{"other":1}', 'no field "id"'), ("[1]", "not a JSON object"), ("7", "not a JSON object"),
                            ('{"id":null}', "neither a string nor a number"), ('{"id":[1]}', "neither a string"),
                            ('{"id":true}', "neither a string"), ('{"id":1', "not JSON at column"), ("{}x", "column 3"),
                            ("\0", "column 1"), ("[" * 100_000, "nested deeper than 512"),
                            ('{"id":"%s"}' % ("k" * 70_000), "the key has 70,000 bytes"),
                            ('{"id":18446744073709551615}', "beyond 64 bits"), ('{"id":1e400}', "number overflow")):
            sentence = self.stop('{"id":"good"}\n' + line + "\n")
            self.assertIn("line 2 of standard input: ", sentence)
            self.assertIn(words, sentence)

    def test_skip_bad_goes_on(self):
        result = self.run_command("import", "store", "--key", "id", "--skip-bad",
                                  stdin='{"id":1}\nbad\n{"id":2}\n{"no":3}\n{"id":4}\n')
        self.assertEqual(result.status, 0)
        self.assertIn("coppice: line 2 of standard input: not JSON", result.err)
        self.assertIn('coppice: line 4 of standard input: no field "id"', result.err)
        self.assertIn("imported 3 documents", result.out)
        self.assertIn("skipped 2 bad lines", result.out)
        self.assertEqual(set(self.scan("store")), {1, 2, 4})

    def test_skip_bad_reports_only_the_first_ones(self):
        result = self.run_command("import", "store", "--key", "id", "--skip-bad", "--json", stdin="bad\n" * 500)
        self.assertEqual(result.json()["skipped"], 500)
        self.assertEqual(len(result.err.splitlines()), 20)
        self.assertIn("only counted", result.err.splitlines()[-1])

    def test_a_full_store_keeps_what_was_imported(self):
        content = lines(*({"id": n, "text": os.urandom(2000).hex()} for n in range(6000)))
        result = self.fail("import", "store", "--key", "id", "--limit", "8MiB", "--json", stdin=content)
        self.assertEqual(result.json_error()["code"], "out_of_space")
        kept = len(self.scan("store"))
        self.assertGreater(kept, 0)
        self.assertIn(f"; {kept:,} documents were imported", result.err)
        self.succeed("check", "store")

    def test_one_field_as_the_value(self):
        self.succeed("import", "store", "--key", "name", "--value", "price",
                     stdin=lines({"name": "apple", "price": 120}, {"name": "pear", "price": {"each": 9}}))
        self.assertEqual(self.scan("store"), {"apple": 120, "pear": {"each": 9}})
        sentence = self.fail("import", "store", "--key", "name", "--value", "price", stdin='{"name":"x"}\n').err
        self.assertIn('line 1 of standard input: no field "price"', sentence)

    def test_a_scan_can_be_imported_again(self):
        self.create()
        for value in ("null", "true", "-5", "2.5", '"text"', '{"a":[1]}', '{"$bytes":"AP8="}', '{"$number":"NaN"}'):
            self.succeed("set", "store", "key of " + value, "--as-json", value)
        self.succeed("set", "store", "--bytes", "AP8=", "binary key")
        self.succeed("set", "store", "--int", "3", "integer key")
        saved = self.succeed("scan", "store", "--json").out
        self.succeed("import", "again", "--key", "key", "--value", "value", stdin=saved)
        self.assertEqual(sorted(self.succeed("scan", "again", "--json").out.splitlines()), sorted(saved.splitlines()))

    def test_the_progress_bar_is_only_for_terminals(self):
        path = self.write("in.ndjson", lines(*({"id": n, "text": "x" * 400} for n in range(150_000))))
        ours, theirs = pty.openpty()
        with open("/dev/null", "wb") as nowhere:
            process = subprocess.Popen([support.BINARY, "import", "store", path, "--key", "id"], env=self.environment,
                                       stdout=nowhere, stderr=theirs)
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:
            pass  # the terminal's other side is closed
        os.close(ours)
        self.assertEqual(process.wait(), 0)
        if shown:  # a fast machine may be done before the first draw
            self.assertRegex(shown, rb"\d+%  [\d,]+ items  [\d,]+/s")
            self.assertTrue(shown.endswith(b"\r\x1b[K"), shown[-40:])


if __name__ == "__main__":
    unittest.main()
