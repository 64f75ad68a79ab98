// Clocks, randomness, identities.
#include <ctime>
#include <fstream>
#include <set>

#include "tests/platform/support.hpp"

namespace coppice::platform::test {
namespace {

TEST(monotonic_ns, moves_forward) {
  std::uint64_t last = monotonic_ns();
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t now = monotonic_ns();
    ASSERT_GE(now, last);
    last = now;
  }
  sleep_ns(2 * ms);
  EXPECT_GE(monotonic_ns(), last + 2 * ms);
}

TEST(monotonic_ns, is_the_same_clock_in_a_child) {
  const std::uint64_t before = monotonic_ns();
  child_process child([&] { return passed(monotonic_ns() >= before && monotonic_ns() < before + patience); });
  EXPECT_EQ(child.join(), 0);
}

TEST(wall_clock_ms, is_the_time_of_day_in_milliseconds) {
  const auto seconds = static_cast<std::uint64_t>(std::time(nullptr));
  EXPECT_GE(wall_clock_ms() + 2000, seconds * 1000);
  EXPECT_LE(wall_clock_ms(), (seconds + 60) * 1000);
}

TEST(random_seed, does_not_repeat) {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 100; ++i) {
    auto seed = random_seed();
    ASSERT_TRUE(seed);
    seeds.insert(*seed);
  }
  EXPECT_EQ(seeds.size(), 100U);
}

TEST(process_id, is_the_processs_own) {
  const std::uint32_t parent = process_id();
  EXPECT_EQ(parent, static_cast<std::uint32_t>(::getpid()));
  child_process child([&] { return passed(process_id() != parent); });
  EXPECT_EQ(child.join(), 0);
}

TEST(current_boot, is_the_kernels_boot_id) {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string expected;
  if (!(file >> expected)) GTEST_SKIP() << "the kernel does not tell a boot id";
  const boot_identity boot = current_boot();
  std::string text;
  for (const std::uint8_t byte : boot.bytes) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[byte >> 4];
    text += digits[byte & 15];
    if (text.size() == 8 || text.size() == 13 || text.size() == 18 || text.size() == 23) text += '-';
  }
  EXPECT_EQ(text, expected);
}

}  // namespace
}  // namespace coppice::platform::test
