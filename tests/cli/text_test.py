"""Text that is not ASCII, text that is no text, and bytes."""
import base64
import unittest

import support

LONE_SURROGATE = b"\xed\xa0\x80"


class Text(support.CommandTest):
    def setUp(self):
        super().setUp()
        self.create()

    def test_unicode_comes_back(self):
        self.succeed("set", "store", "ключ 🗝", "значение 🎁")
        self.assertEqual(self.succeed("get", "store", "ключ 🗝").out, "значение 🎁\n")
        self.assertEqual(self.scan("store"), {"ключ 🗝": "значение 🎁"})

    def test_text_that_is_not_utf8_is_refused(self):
        self.assertIn("--bytes", self.fail("set", "store", b"\xff\xfe", "v").err)
        self.assertIn("--as-bytes", self.fail("set", "store", "k", "-", stdin=b"\xff\xfe").err)
        self.assertEqual(self.fail("get", "store", b"\xff", "--json").json_error()["code"], "bad_text")

    def test_import_refuses_a_line_that_is_not_utf8(self):
        sentence = self.fail("import", "store", "--key", "id", stdin=b'{"id":"ok"}\n{"id":"\xff"}\n').err
        self.assertIn("line 2 of standard input", sentence)
        self.assertIn("UTF-8", sentence)
        sentence.encode("utf-8")  # what is printed is well-formed all the same
        self.assertEqual(set(self.scan("store")), {"ok"})

    def test_lone_surrogates_are_kept_and_replaced_in_json(self):
        self.succeed("set", "store", LONE_SURROGATE, b"a" + LONE_SURROGATE + b"z")
        self.assertEqual(self.succeed("get", "store", LONE_SURROGATE, "--raw").raw, b"a" + LONE_SURROGATE + b"z")
        shown = self.succeed("get", "store", LONE_SURROGATE, "--json").json()
        self.assertEqual((shown["value"], shown["replaced"]), ("a\ufffdz", True))
        self.assertIn('"replaced":true', self.succeed("scan", "store", "--json").out)

    def test_binary_keys(self):
        raw = bytes(range(256))
        encoded = base64.b64encode(raw).decode()
        self.succeed("set", "store", "--bytes", encoded, "found")
        self.assertEqual(self.succeed("get", "store", "--bytes", encoded).out, "found\n")
        self.assertEqual(self.succeed("scan", "store").out, f'{{"$bytes":"{encoded}"}}\tfound\n')
        self.assertEqual(self.scan("store", "--glob", "*"), {})
        self.succeed("delete", "store", "--bytes", encoded)
        self.assertEqual(self.scan("store"), {})

    def test_binary_values_keep_every_byte(self):
        raw = bytes(range(256)) * 3 + b"\n"
        self.succeed("set", "store", "k", "--as-bytes", "-", stdin=raw)
        self.assertEqual(self.succeed("get", "store", "k", "--raw").raw, raw)
        self.assertEqual(self.succeed("get", "store", "k").out,
                         '{"$bytes":"%s"}\n' % base64.b64encode(raw).decode())

    def test_standard_input_is_stored_to_its_last_byte(self):
        self.succeed("set", "store", "k", "-", stdin="two\nlines\n")
        self.assertEqual(self.succeed("get", "store", "k", "--raw").out, "two\nlines\n")
        self.succeed("set", "store", "empty", "-", stdin="")
        self.assertEqual(self.succeed("get", "store", "empty", "--raw").out, "")

    def test_a_large_value(self):
        raw = bytes(range(256)) * (24 << 12)  # 24 MiB
        self.succeed("set", "store", "k", "--as-bytes", "-", stdin=raw)
        self.assertEqual(self.succeed("get", "store", "k", "--raw").raw, raw)
        self.succeed("check", "store")

    def test_raw_gives_the_document_as_messagepack(self):
        self.succeed("set", "store", "k", "--as-json", '{"a":[1,true]}')
        self.assertEqual(self.succeed("get", "store", "k", "--raw").raw, b"\x81\xa1a\x92\x01\xc3")


if __name__ == "__main__":
    unittest.main()
