"""Errors: exit status 2, one sentence, a code with --json."""
import os
import subprocess
import unittest

import support


class Errors(support.CommandTest):
    def code(self, *arguments, stdin=b""):
        return self.fail(*arguments, "--json", stdin=stdin).json_error()["code"]

    def test_an_unknown_store(self):
        for arguments in (("get", "nothing", "k"), ("set", "nothing", "k", "v"), ("delete", "nothing", "k"),
                          ("scan", "nothing"), ("stat", "nothing"), ("check", "nothing"), ("drop", "nothing")):
            self.assertEqual(self.code(*arguments), "not_found", arguments)
            self.assertIn("nothing", self.fail(*arguments).err)
        self.assertEqual(os.listdir(self.environment["COPPICE_DIR"]), [])

    def test_a_store_that_exists(self):
        self.create()
        self.assertEqual(self.code("create", "store"), "exists")

    def test_a_bad_name(self):
        for name in ("", ".hidden", "a b", "é", "x" * 129, "a\nb"):
            self.assertEqual(self.code("create", name), "invalid_name", name)
            self.assertEqual(self.code("get", name, "k"), "invalid_name", name)

    def test_a_file_that_is_no_store(self):
        self.write("text", "not a store\n" * 1000)
        self.assertEqual(self.code("stat", self.path("text")), "not_a_store")
        self.write("empty", "")
        self.assertEqual(self.code("stat", self.path("empty")), "not_a_store")

    def test_list_goes_on_past_a_file_that_is_no_store(self):
        self.create("good")
        self.write("stores/bad", "not a store\n" * 1000)
        result = self.run_command("list", "--json")
        self.assertEqual([row["name"] for row in result.json()], ["good"])
        self.assertEqual(result.status, 2)
        self.assertEqual(result.json_error()["code"], "not_a_store")

    def test_bad_usage(self):
        self.create()
        for arguments in ((), ("frob",), ("get",), ("get", "store"), ("get", "store", "k", "more"),
                          ("get", "store", "x", "--int"), ("get", "store", "1.5", "--int"),
                          ("get", "store", "x", "--double"), ("get", "store", "###", "--bytes"),
                          ("get", "store", "1", "--int", "--double"), ("set", "store", "k"),
                          ("set", "store", "k", "v", "--as-json", "--as-bytes"), ("create", "new", "--limit", "5X"),
                          ("create", "new", "--mode", "9"), ("scan", "store", "--limit", "-1"),
                          ("scan", "store", "--limit", "many"), ("import", "store"), ("list", "--frob")):
            self.assertEqual(self.code(*arguments), "usage", arguments)
            self.assertNotIn("new", os.listdir(self.environment["COPPICE_DIR"]))

    def test_a_limit_outside_its_domain(self):
        self.assertEqual(self.code("create", "small", "--limit", "4KiB"), "invalid_argument")
        self.assertEqual(self.code("create", "large", "--limit", "1TiB"), "invalid_argument")

    def test_bad_json_on_the_command_line(self):
        self.create()
        for text in ("{", "", "01", "[1,]", "nul", '{"$bytes":"x"}', "9223372036854775808"):
            self.assertEqual(self.code("set", "store", "k", "--as-json", text), "bad_json", text)

    def test_a_key_that_is_too_long(self):
        self.create()
        self.succeed("set", "store", "k" * 65536, "v")
        self.assertEqual(self.succeed("get", "store", "k" * 65536).out, "v\n")
        self.assertEqual(self.code("set", "store", "k" * 65537, "v"), "key_too_long")

    def test_a_store_that_is_full_still_answers(self):
        self.succeed("create", "store", "--limit", "8MiB")
        self.succeed("set", "store", "before", "kept")
        self.assertEqual(self.code("set", "store", "huge", "--as-bytes", "-", stdin=bytes(32 << 20)), "out_of_space")
        self.assertEqual(self.succeed("get", "store", "before").out, "kept\n")
        self.succeed("check", "store")

    def test_standard_output_that_cannot_be_written(self):
        self.create()
        self.succeed("set", "store", "k", "v")
        with open("/dev/full", "wb") as full:
            process = subprocess.run([support.BINARY, "scan", "store"], env=self.environment, stdout=full,
                                     stderr=subprocess.PIPE)
        self.assertEqual(process.returncode, 2)
        self.assertIn(b"coppice: cannot write to standard output: No space left", process.stderr)

    def test_a_file_that_cannot_be_read(self):
        self.assertEqual(self.code("import", "store", self.path("missing"), "--key", "id"), "input")
        self.assertEqual(self.code("import", "store", self.folder, "--key", "id"), "input")


if __name__ == "__main__":
    unittest.main()
