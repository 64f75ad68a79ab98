// Values as JSON and back.
#include "apps/cli/json_value.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "apps/cli/failure.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;
using namespace std::string_literals;

std::string shown(const value_view& stored) { return json_line(to_json(stored).tree); }
value_view as_bytes_view(const std::string& raw) { return {std::as_bytes(std::span(raw))}; }
value_view as_document_view(const std::string& raw) { return value_view::document(std::as_bytes(std::span(raw))); }

std::string failure_of(const std::string& text) {
  try {
    (void)from_json(parse_json(text));
    return "";
  } catch (const command_error& why) {
    EXPECT_EQ(why.code(), "bad_json");
    return why.what();
  }
}

TEST(json_value, shows_scalars_as_they_are) {
  EXPECT_EQ(shown(nullptr), "null");
  EXPECT_EQ(shown(true), "true");
  EXPECT_EQ(shown(false), "false");
  EXPECT_EQ(shown(-12), "-12");
  EXPECT_EQ(shown(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(shown(0.1), "0.1");
  EXPECT_EQ(shown("text \"quoted\""), R"("text \"quoted\"")");
}

TEST(json_value, shows_what_json_has_no_number_for) {
  EXPECT_EQ(shown(std::numeric_limits<double>::quiet_NaN()), R"({"$number":"NaN"})");
  EXPECT_EQ(shown(-std::numeric_limits<double>::infinity()), R"({"$number":"-Infinity"})");
}

TEST(json_value, shows_bytes_as_base64) { EXPECT_EQ(shown(as_bytes_view("\0\xff"s)), R"({"$bytes":"AP8="})"); }

TEST(json_value, replaces_text_that_is_not_utf8_and_says_so) {
  const json_result lone_surrogate = to_json("a\xed\xa0\x80z");
  EXPECT_EQ(lone_surrogate.tree, "a\ufffdz");
  EXPECT_TRUE(lone_surrogate.replaced);
  EXPECT_FALSE(to_json("\u00e9").replaced);
}

TEST(json_value, shows_kinds_it_does_not_know_by_name) {
  const std::string raw = "\1\2";
  const auto stored = value_view::stored(value_kind::bigint, std::as_bytes(std::span(raw)));
  EXPECT_EQ(shown(stored), R"({"$bigint":"AQI="})");
}

TEST(json_value, shows_documents) {
  EXPECT_EQ(shown(as_document_view("\x82\xa1"
                                   "a\x93\x01\xc0\xc3\xa1"
                                   "b\xa1x")),
            R"({"a":[1,null,true],"b":"x"})");
}

TEST(json_value, shows_what_documents_hold_beyond_json) {
  EXPECT_EQ(shown(as_document_view("\xc4\x02\1\2"s)), R"({"$bytes":"AQI="})");
  EXPECT_EQ(shown(as_document_view("\xd4\x05\7"s)), R"({"$bytes":"Bw==","$type":5})");
  EXPECT_EQ(shown(as_document_view("\x91\xca\x7f\x80\0\0"s)), R"([{"$number":"Infinity"}])");
  const json_result text = to_json(as_document_view("\x81\xa1\xff\xa1\xfe"s));
  EXPECT_EQ(text.tree, (json{{"\ufffd", "\ufffd"}}));
  EXPECT_TRUE(text.replaced);
}

TEST(json_value, shows_a_broken_document_as_its_bytes) {
  for (const std::string& raw : {"\x92\x01"s, "\xc1"s, "\x01\x01"s, "\x81\x01\x02"s, "\xdd\xff\xff\xff\xff"s}) {
    EXPECT_EQ(shown(as_document_view(raw)).find("{\"$messagepack\":"), 0U);
  }
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(json_value, refuses_trees_that_are_too_deep) {
  EXPECT_EQ(failure_of(nested(max_json_depth)), "");
  EXPECT_NE(failure_of(nested(max_json_depth + 1)).find("nested deeper"), std::string::npos);
  EXPECT_NE(failure_of(std::string(2'000'000, '[')).find("nested deeper"), std::string::npos);
  EXPECT_EQ(failure_of(json_line(nested(2'000))), "") << "brackets inside a string";
  EXPECT_EQ(shown(as_document_view(std::string(2'000'000, '\x91') + '\1')).find("{\"$messagepack\":"), 0U);
}

TEST(json_value, says_where_json_is_wrong) {
  EXPECT_EQ(failure_of("{\"a\" 1}").find("not JSON at column 6: "), 0U);
  EXPECT_EQ(failure_of("").find("not JSON at column 1: "), 0U);
  EXPECT_EQ(failure_of("\"\xff\"").find("not JSON at column 2: "), 0U);
  EXPECT_EQ(failure_of("1 2").find("not JSON at column 3: "), 0U);
  EXPECT_NE(failure_of("1e999"), "");
}

TEST(json_value, stores_scalars_as_scalars) {
  EXPECT_EQ(from_json(parse_json("null")).kind(), value_kind::null);
  EXPECT_EQ(from_json(parse_json("true")).kind(), value_kind::boolean_true);
  EXPECT_EQ(from_json(parse_json("-7")).view().as_int64(), -7);
  EXPECT_EQ(from_json(parse_json("9223372036854775807")).view().as_int64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(from_json(parse_json("0.5")).view().as_double(), 0.5);
  EXPECT_EQ(from_json(parse_json("\"\\u00e9\"")).kind(), value_kind::string_wtf8);
  EXPECT_NE(failure_of("9223372036854775808").find("beyond 64 bits"), std::string::npos);
}

TEST(json_value, stores_tagged_scalars_as_what_they_stand_for) {
  const value raw = from_json(parse_json(R"({"$bytes":"AP8="})"));
  EXPECT_EQ(raw.kind(), value_kind::bytes);
  EXPECT_EQ(raw.view(), as_bytes_view("\0\xff"s));
  EXPECT_TRUE(std::isnan(from_json(parse_json(R"({"$number":"NaN"})")).view().as_double().value_or(0)));
  EXPECT_NE(failure_of(R"({"$bytes":"x"})"), "");
  EXPECT_NE(failure_of(R"({"$number":"7"})"), "");
  EXPECT_EQ(from_json(parse_json(R"({"$bytes":"AP8=","more":1})")).kind(), value_kind::document);
}

TEST(json_value, makes_equal_documents_equal_bytes) {
  const value one = from_json(parse_json(R"({"a":1, "b":[2.5, "x"]})"));
  const value other = from_json(parse_json(R"({"b":[2.5,"x"],"a":1})"));
  EXPECT_EQ(one.kind(), value_kind::document);
  EXPECT_EQ(one, other);
}

TEST(json_value, returns_what_it_was_given) {
  for (const char* text : {"null", "true", "1", "-1", "1.5", "-0.0", "\"\"", "[]", "{}", R"({"$bytes":""})",
                           R"({"$number":"Infinity"})", R"({"a":{"b":[1,2,{"c":null}]},"d":18446744073709551615})"}) {
    EXPECT_EQ(shown(from_json(parse_json(text)).view()), text);
  }
}

}  // namespace
}  // namespace coppice::cli
