// Sizes and modes as text.
#include "apps/cli/size_text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace coppice::cli {
namespace {

TEST(size_text, reads_units_of_both_kinds) {
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("4096B"), 4096U);
  EXPECT_EQ(parse_size("64K"), 65536U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("64kib"), 65536U);
  EXPECT_EQ(parse_size("64kB"), 64000U);
  EXPECT_EQ(parse_size("1.5GiB"), 1610612736U);
  EXPECT_EQ(parse_size("10 MB"), 10'000'000U);
  EXPECT_EQ(parse_size("8G"), std::uint64_t{8} << 30);
  EXPECT_EQ(parse_size("1TiB"), std::uint64_t{1} << 40);
}

TEST(size_text, refuses_what_is_no_size) {
  for (const char* text :
       {"", " ", "x", "GiB", "-1", "1X", "1KK", "1iB", "1 0", "1GiBs", "nan", "inf", "0x10", "1e3", "99999999999TiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(size_text, writes_sizes_for_people) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1024), "1.0 KiB");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(size_text(std::uint64_t{8} << 30), "8.0 GiB");
  EXPECT_EQ(size_text(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(size_text, reads_octal_modes) {
  EXPECT_EQ(parse_file_mode("0600"), 0600U);
  EXPECT_EQ(parse_file_mode("640"), 0640U);
  for (const char* text : {"", "8", "rw", "1777", "0o600", "-1", "600 "}) EXPECT_FALSE(parse_file_mode(text)) << text;
}

}  // namespace
}  // namespace coppice::cli
