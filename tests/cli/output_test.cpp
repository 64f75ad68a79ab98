// What is printed: numbers, escapes, quotes, and a standard output that fails.
#include "apps/cli/output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "apps/cli/failure.hpp"

namespace coppice::cli {
namespace {

TEST(output, groups_digits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

TEST(output, escapes_what_would_break_a_line) {
  EXPECT_EQ(escaped("a\tb\nc\rd\\e"), "a\\tb\\nc\\rd\\\\e");
  EXPECT_EQ(escaped(std::string_view("\x1b[2J\0\x7f", 6)), "\\x1b[2J\\x00\\x7f");
  EXPECT_EQ(escaped("\u00e9"), "\u00e9");
}

TEST(output, quotes_for_a_sentence) {
  EXPECT_EQ(in_quotes("a\"b\n"), R"("a\"b\n")");
  EXPECT_LT(in_quotes(std::string(100'000, 'x')).size(), 250U);
}

TEST(output, reports_a_full_device) {
  const int device = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(device, 0);
  output_file out(device);
  out.line("text");
  EXPECT_THROW(out.flush(), command_error);
  ::close(device);
}

TEST(output, reports_a_reader_that_went_away) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  output_file out(ends[1]);
  out.line("text");
  EXPECT_THROW(out.flush(), broken_pipe);
  ::close(ends[1]);
}

}  // namespace
}  // namespace coppice::cli
