// Well-formed text.
#include "apps/cli/utf8.hpp"

#include <gtest/gtest.h>

namespace coppice::cli {
namespace {

using namespace std::string_literals;

TEST(utf8, takes_every_length_at_its_limits) {
  for (const std::string& text : {""s, "\0"s, "\x7f"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s, "\xed\x9f\xbf"s,
                                  "\xee\x80\x80"s, "\xef\xbf\xbf"s, "\xf0\x90\x80\x80"s, "\xf4\x8f\xbf\xbf"s}) {
    EXPECT_TRUE(is_utf8(text));
    EXPECT_TRUE(is_wtf8(text));
    EXPECT_EQ(to_utf8(text), text);
  }
}

TEST(utf8, refuses_ill_formed_text) {
  for (const std::string& text : {"\x80"s, "\xc1\xbf"s, "\xc2"s, "\xe0\x9f\xbf"s, "\xe2\x82"s, "\xf0\x8f\xbf\xbf"s,
                                  "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s, "\xff"s, "a\xc3(z"s}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_FALSE(is_wtf8(text));
    EXPECT_TRUE(is_utf8(to_utf8(text)));
  }
}

TEST(utf8, takes_lone_surrogates_in_wtf8_only) {
  for (const std::string& text : {"\xed\xa0\x80"s, "\xed\xbf\xbf"s, "\xed\xbf\xbf\xed\xa0\x80"s,
                                  "\xed\xa0\x80-\xed\xb0\x80"s, "\xed\xa0\x80\xed\xa0\x80"s}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_TRUE(is_wtf8(text));
  }
  EXPECT_FALSE(is_wtf8("\xed\xa0\x80\xed\xb0\x80")) << "a pair has an encoding of its own";
}

TEST(utf8, replaces_a_surrogate_once_and_other_bytes_each) {
  EXPECT_EQ(to_utf8("\xed\xa0\x80"), "\ufffd");
  EXPECT_EQ(to_utf8("a\xff\xfe"), "a\ufffd\ufffd");
  EXPECT_EQ(to_utf8("\xe2\x82(\xc3\xa9"), "\ufffd\ufffd(\u00e9");
}

}  // namespace
}  // namespace coppice::cli
