"""What commands answer when all is well, or when the answer is no."""
import os
import stat
import unittest

import support


class Answers(support.CommandTest):
    def test_a_string_comes_back_as_it_is(self):
        self.create()
        self.succeed("set", "store", "apple", "one \"twenty\"")
        self.assertEqual(self.succeed("get", "store", "apple").out, "one \"twenty\"\n")
        self.assertEqual(self.succeed("get", "store", "apple", "--raw").out, "one \"twenty\"")
        self.assertEqual(self.succeed("get", "store", "apple", "--json").json(),
                         {"key": "apple", "kind": "string", "value": "one \"twenty\""})

    def test_a_missing_key_is_a_no(self):
        self.create()
        for command in ("get", "delete"):
            self.fail(command, "store", "nothing", status=1)
            result = self.run_command(command, "store", "nothing", "--json")
            self.assertEqual(result.status, 1)
            self.assertEqual(result.json_error()["code"], "not_found")
            self.assertIn("nothing", result.json_error()["message"])

    def test_delete_removes(self):
        self.create()
        self.succeed("set", "store", "k", "v")
        self.succeed("delete", "store", "k")
        self.fail("get", "store", "k", status=1)

    def test_json_scalars_and_documents(self):
        self.create()
        for text, kind in (("null", "null"), ("true", "boolean"), ("12", "int64"), ("1.5", "float64"),
                           ('"s"', "string"), ('{"a":[1,{"b":null}]}', "document"), ('{"$bytes":"AP8="}', "bytes")):
            self.succeed("set", "store", "k", "--as-json", text)
            shown = self.succeed("get", "store", "k", "--json")
            self.assertIn(f'"value":{text}}}', shown.out)
            self.assertEqual(shown.json()["kind"], kind)

    def test_numbers_are_keys_of_their_own(self):
        self.create()
        self.succeed("set", "store", "7", "string")
        self.succeed("set", "store", "--int", "7", "integer")
        self.succeed("set", "store", "--double", "7.5", "fraction")
        self.succeed("set", "store", "--int", "-7", "negative")
        self.assertEqual(self.succeed("get", "store", "7").out, "string\n")
        self.assertEqual(self.succeed("get", "store", "7", "--int").out, "integer\n")
        self.assertEqual(self.succeed("get", "store", "7.0", "--double").out, "integer\n")
        self.assertEqual(self.succeed("get", "store", "-7", "--int").out, "negative\n")
        self.assertEqual(self.scan("store"), {"7": "string", 7: "integer", 7.5: "fraction", -7: "negative"})

    def test_keys_that_look_like_something_else(self):
        self.create("list")
        for key in ("get", "--", "-x", "", "[a,b]", "{}", "++", "a=b"):
            self.succeed("set", "list", "--", key, "value of " + key)
            self.assertEqual(self.succeed("get", "list", "--", key).out, f"value of {key}\n")

    def test_scan_prints_one_line_an_entry(self):
        self.create()
        self.succeed("set", "store", "plain", "text")
        self.succeed("set", "store", "tab\tand\nline", "back\\slash\x1b[2J")
        self.succeed("set", "store", "document", "--as-json", '{"a":"x\\ty"}')
        self.assertEqual(sorted(self.succeed("scan", "store").out.splitlines()),
                         ['document\t{"a":"x\\ty"}', "plain\ttext", "tab\\tand\\nline\tback\\\\slash\\x1b[2J"])

    def test_scan_selects(self):
        self.create()
        for key in ("liba", "libb", "libé", "zlib", "l"):
            self.succeed("set", "store", key, "x")
        self.succeed("set", "store", "--int", "5", "x")
        self.assertEqual(sorted(self.scan("store", "--glob", "lib*")), ["liba", "libb", "libé"])
        self.assertEqual(sorted(self.scan("store", "--glob", "lib?")), ["liba", "libb", "libé"])
        self.assertEqual(sorted(self.scan("store", "--glob", "lib[!a]")), ["libb", "libé"])
        self.assertEqual(self.scan("store", "--glob", "nothing*"), {})
        self.assertEqual(len(self.scan("store", "--limit", "2")), 2)
        self.assertEqual(len(self.scan("store", "--limit", "0")), 0)
        self.assertEqual(len(self.scan("store", "--limit", "100")), 6)
        self.assertEqual(len(self.scan("store", "--glob", "lib*", "--limit", "2")), 2)
        self.assertEqual(sorted(self.succeed("scan", "store", "--keys-only").out.splitlines()),
                         ["5", "l", "liba", "libb", "libé", "zlib"])

    def test_list_names_all_stores(self):
        self.assertEqual(self.succeed("list").out, "")
        self.assertEqual(self.succeed("list", "--json").json(), [])
        self.create("one")
        self.create("two")
        self.succeed("set", "two", "k", "v")
        rows = self.succeed("--json", "list").json()
        self.assertEqual([(row["name"], row["entries"]) for row in rows], [("one", 0), ("two", 1)])
        self.assertGreater(rows[0]["bytes"], 0)
        self.assertEqual([line.split()[:2] for line in self.succeed("list").out.splitlines()[1:]],
                         [["one", "0"], ["two", "1"]])

    def test_create_keeps_limit_and_mode(self):
        self.succeed("create", "store", "--limit", "16MiB", "--mode", "0640")
        self.assertEqual(self.succeed("stat", "store", "--json").json()["limit_bytes"], 16 << 20)
        file = os.path.join(self.environment["COPPICE_DIR"], "store")
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o640)

    def test_paths_work_like_names(self):
        path = self.path("a store")
        self.succeed("create", path, "--limit", "16MiB")
        self.succeed("set", path, "k", "v")
        self.assertEqual(self.succeed("get", "./a store", "k").out, "v\n")
        self.assertEqual(self.succeed("list").out, "")
        self.succeed("drop", path)
        self.assertFalse(os.path.exists(path))

    def test_stat_and_check_tell_all(self):
        self.create()
        self.succeed("set", "store", "k", "v")
        stats = self.succeed("stat", "store", "--json").json()
        self.assertEqual((stats["name"], stats["entries"]), ("store", 1))
        self.assertIn("entries", self.succeed("stat", "store").out)
        report = self.succeed("check", "store", "--json").json()
        self.assertTrue(report["ok"])
        self.assertEqual(report["broken"], "")
        self.assertEqual(report["entries"], 1)
        self.assertIn("every invariant holds", self.succeed("check", "store").out)

    def test_drop_removes_the_store(self):
        self.create()
        self.assertEqual(self.succeed("drop", "store", "--json").json(), {"dropped": "store"})
        self.assertEqual(self.succeed("list").out, "")
        self.assertEqual(self.fail("drop", "store", "--json").json_error()["code"], "not_found")

    def test_every_command_has_help(self):
        self.assertIn("Examples:", self.succeed("--help").out)
        self.assertRegex(self.succeed("--version").out, r"\Acoppice \d+\.\d+")
        for command in "list create import get set delete scan stat check drop pack unpack inspect verify compact diff".split():
            text = self.succeed(command, "--help").out
            self.assertIn("Examples:", text)
            self.assertIn("--json", text)
            self.assertLess(max(map(len, text.splitlines())), 130)


if __name__ == "__main__":
    unittest.main()
