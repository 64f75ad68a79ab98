// A few hundred random kills; soak_test.cpp does ten thousand. COPPICE_KILLS changes the number.
#include "tests/crash/random_kills.hpp"

namespace crash_test {
namespace {

std::uint64_t new_seed() {
  const std::uint64_t made = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(made));
  return made;
}

TEST(random_kill, of_writers_readers_and_collectors_loses_nothing) {
  timed_kills kills(new_seed());
  ASSERT_NO_FATAL_FAILURE(kills.run(kills_wanted(150)));
  std::printf("%llu operations; longest wait of a write after a kill: %.1f ms\n",
              static_cast<unsigned long long>(kills.operations_done()), longest_wait_ms());
}

TEST(random_kill, between_any_two_instructions_loses_nothing) {
  if (const std::string obstacle = stepped_kills::obstacle(); !obstacle.empty()) GTEST_SKIP() << obstacle;
  stepped_kills kills(new_seed());
  ASSERT_NO_FATAL_FAILURE(kills.run(kills_wanted(150) / 4));
  std::printf("%llu single steps; longest wait of a write after a kill: %.1f ms\n",
              static_cast<unsigned long long>(kills.instructions()), longest_wait_ms());
}

}  // namespace
}  // namespace crash_test
