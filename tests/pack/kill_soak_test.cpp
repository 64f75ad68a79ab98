// Thousands of random kills, in batches that say how far it got. COPPICE_KILLS changes the number.
#include "kills.hpp"

namespace coppice::pack_test {
namespace {

TEST(pack_kill_soak, at_random) {
  constexpr int batch = 100;
  const int wanted = crash_test::kills_wanted(3000);
  std::random_device device;
  for (int done = 0; done < wanted; done += batch) {
    const killed_sample sample(300 + device() % 4000);
    ASSERT_NO_FATAL_FAILURE(kill_at_random(sample, device(), std::min(batch, wanted - done)));
    ASSERT_FALSE(HasFailure());
    std::printf("%d of %d kills\n", std::min(done + batch, wanted), wanted);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace coppice::pack_test
