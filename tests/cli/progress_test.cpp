// The progress line, as text.
#include "apps/cli/progress.hpp"

#include <gtest/gtest.h>

namespace coppice::cli {
namespace {

TEST(progress, tells_share_rate_and_time_left) {
  const progress_state half{.bytes = 500, .total_bytes = 1000, .items = 2000, .seconds = 2};
  EXPECT_EQ(progress_line(half, 60), "[##########..........]  50%  2,000 items  1,000/s  0:02 left");
}

TEST(progress, never_exceeds_the_columns) {
  for (std::size_t columns = 0; columns < 200; ++columns) {
    const progress_state state{.bytes = 999, .total_bytes = 1000, .items = 123'456'789, .seconds = 0.001};
    EXPECT_LE(progress_line(state, columns).size(), columns);
  }
}

TEST(progress, drops_the_bar_when_it_is_narrow) {
  const progress_state state{.bytes = 1, .total_bytes = 2, .items = 5, .seconds = 1};
  EXPECT_EQ(progress_line(state, 30).find('['), std::string::npos);
}

TEST(progress, tells_bytes_when_the_total_is_unknown) {
  const progress_state state{.bytes = 2048, .total_bytes = {}, .items = 10, .seconds = 1};
  EXPECT_EQ(progress_line(state, 80), "10 items  10/s  2.0 KiB");
}

TEST(progress, tells_bytes_where_nothing_else_counts) {
  const progress_state half{.bytes = 3 << 20, .total_bytes = 6 << 20, .items = {}, .seconds = 2};
  EXPECT_EQ(progress_line(half, 60), "[###########...........]  50%  3.0 MiB  1.5 MiB/s  0:02 left");
  EXPECT_EQ(progress_line({.bytes = 2048, .total_bytes = {}, .items = {}, .seconds = 1}, 80), "2.0 KiB  2.0 KiB/s");
}

TEST(progress, stands_an_empty_or_growing_file) {
  EXPECT_EQ(progress_line({.bytes = 0, .total_bytes = 0, .items = 0, .seconds = 0}, 80), "0 items  0/s  0 B");
  EXPECT_NE(progress_line({.bytes = 20, .total_bytes = 10, .items = 1, .seconds = 1}, 80).find("100%"),
            std::string::npos);
  EXPECT_EQ(progress_line({.bytes = 0, .total_bytes = 10, .items = 0, .seconds = 1}, 80).find("left"),
            std::string::npos);
}

TEST(progress, writes_times_as_a_clock) {
  EXPECT_EQ(clock_text(0), "0:00");
  EXPECT_EQ(clock_text(6.2), "0:07");
  EXPECT_EQ(clock_text(754), "12:34");
  EXPECT_EQ(clock_text(3723), "1:02:03");
  EXPECT_EQ(clock_text(1e300), "100:00:00");
}

}  // namespace
}  // namespace coppice::cli
