// The asymmetric fence: it works, and fork keeps the registration.
#include <linux/membarrier.h>
#include <sys/syscall.h>

#include "tests/platform/support.hpp"

namespace coppice::platform::test {
namespace {

constexpr int get_registrations = 1 << 9;  // MEMBARRIER_CMD_GET_REGISTRATIONS, since Linux 6.3

TEST(heavy_fence, runs_once_registered_and_registering_again_is_harmless) {
  if (!register_for_heavy_fence()) GTEST_SKIP() << "no membarrier(2) global expedited here";
  EXPECT_TRUE(register_for_heavy_fence());
  for (int i = 0; i < 100; ++i) heavy_fence();
}

TEST(heavy_fence, registration_is_inherited_by_fork) {
  if (!register_for_heavy_fence()) GTEST_SKIP() << "no membarrier(2) global expedited here";
  if (::syscall(SYS_membarrier, get_registrations, 0U, 0) < 0) GTEST_SKIP() << "the kernel does not tell registrations";
  child_process child([] {
    const long registered = ::syscall(SYS_membarrier, get_registrations, 0U, 0);
    if ((registered & MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) == 0) return 1;
    if (!register_for_heavy_fence()) return 2;
    heavy_fence();
    return 0;
  });
  EXPECT_EQ(child.join(), 0);
}

/// Store buffering between two processes. With a barrier on both sides, at least one of them sees the other's store.
class store_buffering {
 public:
  explicit store_buffering(const mapped_file& mapped) : mapped_(mapped) {}

  /// One side's rounds; `Fence` stands between its store and its load. Sides are 0 and 1.
  template <class Fence>
  void play(std::uint32_t side, std::uint32_t rounds, Fence fence) {
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      meet(2 * round - 1);
      flag(side).store(round, std::memory_order_relaxed);
      fence();
      seen(side).store(flag(1 - side).load(std::memory_order_relaxed), std::memory_order_relaxed);
      meet(2 * round);
      if (side == 0 && seen(0).load() < round && seen(1).load() < round) violations().fetch_add(1);
    }
  }
  [[nodiscard]] std::atomic<std::uint32_t>& violations() const { return mapped_.word(5 * line); }

 private:
  static constexpr std::size_t line = 16;  // words of a cache line
  [[nodiscard]] std::atomic<std::uint32_t>& flag(std::uint32_t side) const { return mapped_.word((1 + side) * line); }
  [[nodiscard]] std::atomic<std::uint32_t>& seen(std::uint32_t side) const { return mapped_.word((3 + side) * line); }
  void meet(std::uint32_t number) {
    mapped_.word(0).fetch_add(1);
    for (std::uint32_t spins = 0; mapped_.word(0).load() < 2 * number; ++spins) {
      if (spins > 1000) ::sched_yield();
      spin_pause();
    }
  }
  const mapped_file& mapped_;
};

TEST(heavy_fence, pairs_with_a_light_fence_in_another_process) {
  if (!register_for_heavy_fence()) GTEST_SKIP() << "no membarrier(2) global expedited here";
  constexpr std::uint32_t rounds = 20'000;
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  store_buffering game(mapped);
  child_process reader([&] {
    game.play(1, rounds, [] { light_fence(); });
    return 0;
  });
  game.play(0, rounds, [] { heavy_fence(); });
  EXPECT_EQ(reader.join(), 0);
  EXPECT_EQ(game.violations().load(), 0U);
}

}  // namespace
}  // namespace coppice::platform::test
