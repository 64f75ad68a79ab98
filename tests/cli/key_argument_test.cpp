// Keys as they are written on the command line.
#include "apps/cli/key_argument.hpp"

#include <gtest/gtest.h>

#include "apps/cli/failure.hpp"

namespace coppice::cli {
namespace {

std::string code_of(std::string_view text, key_type type) {
  try {
    (void)parse_key(text, type);
    return "";
  } catch (const command_error& why) {
    return why.code();
  }
}

TEST(key_argument, is_a_string_by_default) {
  EXPECT_EQ(parse_key("42", key_type::string).kind(), value_kind::string_ascii);
  EXPECT_EQ(parse_key("", key_type::string).kind(), value_kind::string_ascii);
  EXPECT_EQ(parse_key("\u00e9", key_type::string).kind(), value_kind::string_wtf8);
}

TEST(key_argument, refuses_a_string_that_is_not_text) {
  EXPECT_EQ(code_of("\xff", key_type::string), "bad_text");
  EXPECT_EQ(code_of("\xed\xa0\x80", key_type::string), "") << "a lone surrogate is WTF-8";
}

TEST(key_argument, reads_integers) {
  EXPECT_EQ(parse_key("-42", key_type::int64).view(), value_view(-42));
  for (const char* text : {"", "x", "1x", "1.0", " 1", "9223372036854775808"}) {
    EXPECT_EQ(code_of(text, key_type::int64), "usage") << text;
  }
}

TEST(key_argument, reads_numbers_into_their_one_encoding) {
  EXPECT_EQ(parse_key("2.0", key_type::float64).view(), value_view(2));
  EXPECT_EQ(parse_key("-0", key_type::float64).view(), value_view(0));
  EXPECT_EQ(parse_key("2.5", key_type::float64).view(), value_view(2.5));
  EXPECT_EQ(code_of("2,5", key_type::float64), "usage");
}

TEST(key_argument, reads_base64) {
  EXPECT_EQ(parse_key("AP8=", key_type::bytes).kind(), value_kind::bytes);
  EXPECT_EQ(parse_key("AP8=", key_type::bytes).view().raw().size(), 2U);
  EXPECT_EQ(code_of("AP8", key_type::bytes), "usage");
}

}  // namespace
}  // namespace coppice::cli
