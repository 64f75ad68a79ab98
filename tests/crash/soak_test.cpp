// Ten thousand kills, in batches that say how far it got. COPPICE_KILLS changes the number.
#include "tests/crash/random_kills.hpp"

namespace crash_test {
namespace {

constexpr int batch = 250;

/// Runs `kills` of them, each batch by a process state and seed of its own.
template <class Kills>
void soak(const char* what, int wanted) {
  std::random_device device;
  for (int done = 0; done < wanted; done += batch) {
    const std::uint64_t seed_of_batch = device();
    SCOPED_TRACE("seed " + std::to_string(seed_of_batch));
    Kills kills(seed_of_batch);
    ASSERT_NO_FATAL_FAILURE(kills.run(std::min(batch, wanted - done)));
    std::printf("%s: %d of %d kills, longest wait of a write %.1f ms\n", what, std::min(done + batch, wanted), wanted,
                longest_wait_ms());
    std::fflush(stdout);
  }
}

TEST(soak, kills_after_a_random_time) { soak<timed_kills>("timed", kills_wanted(10'000) * 4 / 5); }

TEST(soak, kills_after_random_instructions) {
  if (const std::string obstacle = stepped_kills::obstacle(); !obstacle.empty()) GTEST_SKIP() << obstacle;
  soak<stepped_kills>("instructions", kills_wanted(10'000) / 5);
}

}  // namespace
}  // namespace crash_test
