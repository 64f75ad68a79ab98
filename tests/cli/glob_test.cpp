// Patterns over keys.
#include "apps/cli/glob.hpp"

#include <gtest/gtest.h>

#include <clocale>

namespace coppice::cli {
namespace {

bool matches(const char* pattern, std::string_view key) { return glob_pattern(pattern).matches(key); }

TEST(glob, is_anchored_at_both_ends) {
  EXPECT_TRUE(matches("lib*", "libc6"));
  EXPECT_FALSE(matches("lib*", "zlib"));
  EXPECT_FALSE(matches("lib", "libc6"));
  EXPECT_TRUE(matches("*lib", "zlib"));
}

TEST(glob, knows_question_marks_and_sets) {
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_FALSE(matches("a?c", "ac"));
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[!a-c]x", "bx"));
  EXPECT_TRUE(matches("a\\*", "a*"));
  EXPECT_FALSE(matches("a\\*", "ab"));
}

TEST(glob, lets_a_star_cross_slashes_and_leading_dots) {
  EXPECT_TRUE(matches("bash/*", "bash/5.2/amd64"));
  EXPECT_TRUE(matches("*", ".hidden"));
  EXPECT_TRUE(matches("*", ""));
}

TEST(glob, counts_characters_in_a_utf8_locale) {
  ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
  EXPECT_TRUE(matches("?", "\u00e9"));
  EXPECT_TRUE(matches("[\u00e0-\u00ef]x", "\u00e9x"));
  EXPECT_FALSE(matches("?", "\u00e9\u00e9"));
  std::setlocale(LC_CTYPE, "C");
}

TEST(glob, matches_no_key_with_a_zero_byte) { EXPECT_FALSE(matches("*", std::string_view("a\0b", 3))); }

}  // namespace
}  // namespace coppice::cli
