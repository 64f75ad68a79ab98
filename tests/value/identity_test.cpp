// The identity table of docs/formats/values.md, byte by byte: which numbers and strings are the same key, and the
// golden encodings that arenas and packs hold.
#include "tests/value/support.hpp"

namespace coppice::test {
namespace {

TEST(value_kinds, have_frozen_numbers) {
  EXPECT_EQ(static_cast<int>(value_kind::null), 0);
  EXPECT_EQ(static_cast<int>(value_kind::boolean_false), 1);
  EXPECT_EQ(static_cast<int>(value_kind::boolean_true), 2);
  EXPECT_EQ(static_cast<int>(value_kind::int64), 3);
  EXPECT_EQ(static_cast<int>(value_kind::float64), 4);
  EXPECT_EQ(static_cast<int>(value_kind::string_ascii), 5);
  EXPECT_EQ(static_cast<int>(value_kind::string_wtf8), 6);
  EXPECT_EQ(static_cast<int>(value_kind::bytes), 7);
  EXPECT_EQ(static_cast<int>(value_kind::document), 8);
  EXPECT_EQ(static_cast<int>(value_kind::bigint), 9);
  EXPECT_EQ(static_cast<int>(value_kind::map), 10);
  EXPECT_EQ(static_cast<int>(value_kind::set), 11);
  EXPECT_EQ(static_cast<int>(value_kind::vector), 12);
}

struct golden {
  value_view view;
  value_kind kind;
  const char* encoded;
};

TEST(encoding, of_each_kind_is_golden) {
  static const auto raw = bytes({0x00, 0xff, 0x80});
  static const auto messagepack = bytes({0x81, 0xa1, 'a', 0x01});
  const golden table[] = {
      {value_view(), value_kind::null, ""},
      {nullptr, value_kind::null, ""},
      {false, value_kind::boolean_false, ""},
      {true, value_kind::boolean_true, ""},
      {0, value_kind::int64, "0000000000000000"},
      {1, value_kind::int64, "0100000000000000"},
      {-1, value_kind::int64, "ffffffffffffffff"},
      {0x0102030405060708, value_kind::int64, "0807060504030201"},
      {two_53 - 1, value_kind::int64, "ffffffffffff1f00"},
      {two_53, value_kind::int64, "0000000000002000"},
      {int64_min, value_kind::int64, "0000000000000080"},
      {int64_max, value_kind::int64, "ffffffffffffff7f"},
      {0.5, value_kind::float64, "000000000000e03f"},
      {-0.0, value_kind::float64, "0000000000000080"},
      {infinity, value_kind::float64, "000000000000f07f"},
      {-infinity, value_kind::float64, "000000000000f0ff"},
      {from_bits(0x7ff8000000000000), value_kind::float64, "000000000000f87f"},
      {9007199254740992.0, value_kind::float64, "0000000000004043"},
      {"", value_kind::string_ascii, ""},
      {"az\x7f", value_kind::string_ascii, "617a7f"},
      {"\xc3\xa9", value_kind::string_wtf8, "c3a9"},              // U+00E9
      {"\xf0\x9f\x8c\xb3", value_kind::string_wtf8, "f09f8cb3"},  // U+1F333
      {"a\xed\xa0\x80", value_kind::string_wtf8, "61eda080"},     // a lone U+D800
      {std::span<const std::byte>(), value_kind::bytes, ""},
      {std::span<const std::byte>(raw), value_kind::bytes, "00ff80"},
      {value_view::document(messagepack), value_kind::document, "81a16101"},
  };
  for (const golden& row : table) {
    EXPECT_EQ(row.view.kind(), row.kind) << row.encoded;
    EXPECT_EQ(hex(row.view), row.encoded) << value_kind_name(row.kind);
    EXPECT_TRUE(is_valid_encoding(row.view.kind(), row.view.raw())) << row.encoded;
  }
}

TEST(numbers, that_are_safe_integers_have_one_encoding) {
  for (const std::int64_t n :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{1} << 32, two_53 - 1, 1 - two_53}) {
    EXPECT_EQ(value_view(n), value_view(static_cast<double>(n))) << n;
    EXPECT_EQ(key(n), key(static_cast<double>(n))) << n;
    EXPECT_EQ(value_view(static_cast<double>(n)).as_double(), static_cast<double>(n));
  }
}

TEST(numbers, from_two_to_the_53rd_on_are_apart_as_int64_and_as_double) {
  EXPECT_EQ(value_view(static_cast<double>(two_53 - 1)).kind(), value_kind::int64);
  EXPECT_EQ(value_view(static_cast<double>(two_53)).kind(), value_kind::float64);
  EXPECT_EQ(value_view(static_cast<double>(1 - two_53)).kind(), value_kind::int64);
  EXPECT_EQ(value_view(static_cast<double>(-two_53)).kind(), value_kind::float64);
  EXPECT_EQ(key(two_53).kind(), value_kind::int64) << "reads as a bigint in JavaScript";
  EXPECT_EQ(key(static_cast<double>(two_53)).kind(), value_kind::float64);
  EXPECT_FALSE(key(two_53) == key(static_cast<double>(two_53)));
  EXPECT_FALSE(key(two_53) == key(two_53 + 1));
  EXPECT_EQ(key(1e300).kind(), value_kind::float64);
  EXPECT_EQ(key(-9223372036854775808.0).kind(), value_kind::float64);
}

TEST(numbers, that_are_not_integers_are_doubles) {
  for (const double x : {0.5, -0.1, 1e-300, 4503599627370495.5, infinity, -infinity}) {
    EXPECT_EQ(key(x).kind(), value_kind::float64) << x;
    EXPECT_EQ(key(x).as_double(), x);
    EXPECT_EQ(key(x), value_view(x)) << x;
  }
}

TEST(negative_zero, is_zero_as_a_key_and_itself_as_a_value) {
  EXPECT_EQ(key(-0.0), key(0));
  EXPECT_EQ(key(-0.0), key(0.0));
  EXPECT_EQ(key(-0.0).kind(), value_kind::int64);
  const value_view kept(-0.0);
  EXPECT_EQ(bits_of(kept.as_double().value()), bits_of(-0.0));
  EXPECT_FALSE(kept == value_view(0.0));
  EXPECT_EQ(kept.as_int64(), std::nullopt);
}

TEST(nan, is_one_key_and_keeps_its_bits_as_a_value) {
  for (const std::uint64_t bits : {0x7ff8000000000000ULL, 0xfff8000000000000ULL, 0x7ff8000000000001ULL,
                                   0x7ff0000000000001ULL, 0xffffffffffffffffULL}) {
    EXPECT_EQ(hex(key(from_bits(bits))), "000000000000f87f");
    EXPECT_EQ(key(from_bits(bits)).kind(), value_kind::float64);
    EXPECT_EQ(bits_of(value_view(from_bits(bits)).as_double().value()), bits);
  }
}

TEST(as_key, changes_nothing_but_numbers_and_is_idempotent) {
  const auto raw = bytes({1, 2, 3});
  const value_view views[] = {nullptr,
                              true,
                              false,
                              "a",
                              "\xc3\xa9",
                              std::span<const std::byte>(raw),
                              value_view::document(raw),
                              int64_min,
                              -0.0,
                              0.5,
                              from_bits(0xfff8000000000001)};
  for (const value_view& view : views) {
    EXPECT_EQ(key(key(view)), key(view)) << hex(view);
    if (view.kind() != value_kind::float64) {
      EXPECT_EQ(key(view), view) << hex(view);
    }
  }
}

TEST(kinds, are_never_equal_to_one_another) {
  const auto one = bytes({1, 0, 0, 0, 0, 0, 0, 0});
  const std::span<const std::byte> raw(one);
  const std::string_view text(reinterpret_cast<const char*>(one.data()), one.size());
  const value_view same_bytes[] = {1,
                                   value_view::stored(value_kind::float64, raw),
                                   text,
                                   raw,
                                   value_view::document(raw),
                                   value_view::stored(value_kind::bigint, raw)};
  for (const value_view& left : same_bytes) {
    for (const value_view& right : same_bytes) EXPECT_EQ(left == right, left.kind() == right.kind());
  }
  const value_view empty[] = {nullptr, false, true, "", std::span<const std::byte>()};
  for (const value_view& left : empty) {
    for (const value_view& right : empty) EXPECT_EQ(left == right, left.kind() == right.kind());
  }
}

TEST(strings, with_lone_surrogates_stay_distinct) {
  const value_view high("\xed\xa0\x80");         // U+D800
  const value_view low("\xed\xb0\x80");          // U+DC00
  const value_view replacement("\xef\xbf\xbd");  // U+FFFD
  const value_view pair("\xf0\x90\x80\x80");     // U+D800 U+DC00 together: U+10000
  EXPECT_FALSE(high == low);
  EXPECT_FALSE(high == replacement);
  EXPECT_FALSE(low == replacement);
  EXPECT_EQ(pair.kind(), value_kind::string_wtf8);
  EXPECT_EQ(high.as_string(), "\xed\xa0\x80");
}

TEST(strings, may_hold_zero_bytes) {
  const std::string text("a\0b", 3);
  EXPECT_EQ(value_view(text).kind(), value_kind::string_ascii);
  EXPECT_EQ(hex(text), "610062");
  EXPECT_FALSE(value_view(text) == value_view("a"));
}

TEST(documents, are_equal_when_their_bytes_are) {
  const auto one = bytes({0x01});
  const auto one_in_nine_bytes = bytes({0xd3, 0, 0, 0, 0, 0, 0, 0, 1});
  EXPECT_EQ(value_view::document(one), value_view::document(bytes({0x01})));
  EXPECT_FALSE(value_view::document(one) == value_view::document(one_in_nine_bytes));
}

TEST(is_valid_encoding, refuses_what_has_another_encoding_or_none) {
  const auto three = bytes({1, 2, 3});
  const std::span<const std::byte> none;
  for (const value_kind kind : {value_kind::null, value_kind::boolean_false, value_kind::boolean_true}) {
    EXPECT_TRUE(is_valid_encoding(kind, none));
    EXPECT_FALSE(is_valid_encoding(kind, three));
  }
  EXPECT_FALSE(is_valid_encoding(value_kind::int64, three));
  EXPECT_FALSE(is_valid_encoding(value_kind::int64, none));
  EXPECT_FALSE(is_valid_encoding(value_kind::float64, three));
  EXPECT_FALSE(is_valid_encoding(value_kind::float64, bytes({0, 0, 0, 0, 0, 0, 0xf0, 0x3f}))) << "1.0 is int64 1";
  EXPECT_FALSE(is_valid_encoding(value_kind::string_ascii, bytes({'a', 0x80})));
  EXPECT_FALSE(is_valid_encoding(value_kind::string_wtf8, bytes({'a', 'b'})));
  EXPECT_FALSE(is_valid_encoding(value_kind::string_wtf8, none));
  EXPECT_FALSE(is_valid_encoding(value_kind::document, none));
  EXPECT_FALSE(is_valid_encoding(value_kind::map, three));
  EXPECT_TRUE(is_valid_encoding(value_kind::vector, std::vector<std::byte>(40))) << "a record of 40 bytes";
  for (unsigned kind = 13; kind < 256; ++kind) EXPECT_FALSE(is_valid_encoding(static_cast<value_kind>(kind), none));
}

TEST(value_kind_name, is_a_word_for_any_byte) {
  EXPECT_STREQ(value_kind_name(value_kind::null), "null");
  EXPECT_STREQ(value_kind_name(value_kind::boolean_false), "boolean");
  EXPECT_STREQ(value_kind_name(value_kind::boolean_true), "boolean");
  EXPECT_STREQ(value_kind_name(value_kind::int64), "int64");
  EXPECT_STREQ(value_kind_name(value_kind::float64), "float64");
  EXPECT_STREQ(value_kind_name(value_kind::string_ascii), "string");
  EXPECT_STREQ(value_kind_name(value_kind::string_wtf8), "string");
  EXPECT_STREQ(value_kind_name(value_kind::bytes), "bytes");
  EXPECT_STREQ(value_kind_name(value_kind::document), "document");
  EXPECT_STREQ(value_kind_name(value_kind::bigint), "bigint");
  EXPECT_STREQ(value_kind_name(value_kind::map), "map");
  EXPECT_STREQ(value_kind_name(value_kind::set), "set");
  EXPECT_STREQ(value_kind_name(value_kind::vector), "vector");
  for (unsigned kind = 13; kind < 256; ++kind) {
    EXPECT_STREQ(value_kind_name(static_cast<value_kind>(kind)), "unknown");
  }
}

}  // namespace
}  // namespace coppice::test
