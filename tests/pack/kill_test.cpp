// Killed while restoring, making a store of a pack, or writing a pack: at every named step of the arena, around every
// system call, and at random. A store holds what it held or a whole version, a new one is there or not, a file is the
// old one or the new one; nothing is lost, and whoever comes next goes on.
#include "kills.hpp"

namespace coppice::pack_test {
namespace {

class pack_kill : public ::testing::Test {
 protected:
  /// Of the moments before and after system calls.
  static constexpr unsigned every = test::random_steps(12) == 12 ? 1 : 2;

  [[nodiscard]] static const killed_sample& sample() {
    static const killed_sample made(test::random_steps(1200) + 300);
    return made;
  }
  /// The first, the second, one in the middle and the last.
  [[nodiscard]] static std::vector<std::uint32_t> some_of(std::uint32_t times) {
    std::vector<std::uint32_t> all{1, 2, times / 2, times};
    std::erase_if(all, [&](std::uint32_t each) { return each == 0 || each > times; });
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  scene scene_{sample()};
};

class pack_kill_restore : public pack_kill, public ::testing::WithParamInterface<bool> {};

TEST_P(pack_kill_restore, at_every_step_leaves_a_whole_version) {
  const auto work = [&] { scene_.restore_and_tell(); };
  scene_.prepare_store(GetParam());
  ASSERT_FALSE(scene_.die_at({}, work));
  const std::vector<std::uint32_t> times = scene_.times();
  for (const step needed : {step::lock_taken, step::allocate_after_claim, step::allocate_large_claimed_some,
                            step::commit_nodes_written, step::commit_head_published, step::commit_block_given_up,
                            step::commit_done, step::collect_scan_done, step::collect_cycle_done}) {
    EXPECT_GT(times[static_cast<std::size_t>(needed)], 0U) << step_name(needed);
  }
  unsigned kills = 0;
  for (std::size_t at = 0; at < step_count; ++at) {
    for (const std::uint32_t occurrence : some_of(times[at])) {
      SCOPED_TRACE(std::string(step_name(static_cast<step>(at))) + ", occurrence " + std::to_string(occurrence));
      scene_.prepare_store(GetParam());
      std::optional<store> survivor;
      if (++kills % 2 == 0) survivor = store::open(scene_.path("into"));
      // With another handle open, or by another pace, a step may come less often.
      const bool died = scene_.die_at({static_cast<step>(at), occurrence}, work);
      EXPECT_TRUE(died || occurrence > 2 || survivor);
      ASSERT_NO_FATAL_FAILURE(scene_.expect_restored(survivor));
    }
    ASSERT_FALSE(HasFailure());
  }
  std::printf("%u kills\n", kills);
}

INSTANTIATE_TEST_SUITE_P(seeds, pack_kill_restore, ::testing::Bool());

TEST_F(pack_kill, at_every_step_of_making_a_store_leaves_none_or_a_whole_one) {
  const auto work = [&] { scene_.create(); };
  ASSERT_FALSE(scene_.die_at({}, work));
  const std::vector<std::uint32_t> times = scene_.times();
  for (const step needed : {step::create_after_commit, step::create_after_header, step::create_after_name}) {
    EXPECT_EQ(times[static_cast<std::size_t>(needed)], 1U) << step_name(needed);
  }
  for (std::size_t at = 0; at < step_count; ++at) {
    for (const std::uint32_t occurrence : some_of(times[at])) {
      SCOPED_TRACE(std::string(step_name(static_cast<step>(at))) + ", occurrence " + std::to_string(occurrence));
      scene_.forget_new_store();
      EXPECT_TRUE(scene_.die_at({static_cast<step>(at), occurrence}, work));
      scene_.expect_created();
    }
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(pack_kill, around_every_system_call_of_making_a_store_leaves_none_or_a_whole_one) {
  if (const std::string obstacle = crash_test::stepped_kills::obstacle(); !obstacle.empty()) GTEST_SKIP() << obstacle;
  unsigned calls = 1;
  for (bool died = true; died; calls += every) {
    SCOPED_TRACE(calls);
    scene_.forget_new_store();
    died = scene_.die_at_call(calls, [&] { scene_.create(); });
    scene_.expect_created();
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(calls, 20U);
  std::printf("%u kills\n", calls / every);
}

class pack_kill_file : public pack_kill, public ::testing::WithParamInterface<bool> {};

TEST_P(pack_kill_file, around_every_system_call_leaves_the_old_pack_or_the_new_one) {
  if (const std::string obstacle = crash_test::stepped_kills::obstacle(); !obstacle.empty()) GTEST_SKIP() << obstacle;
  unsigned calls = 1, beside = 0;
  // One process may ask for memory once more than another did, so that a call is missed.
  for (int round = 0; round < 4 && (round == 0 || (GetParam() && beside == 0)); ++round) {
    calls = 1;
    for (bool died = true; died; calls += every) {
      SCOPED_TRACE(calls);
      scene_.prepare_file(GetParam());
      died = scene_.die_at_call(calls, [&] { scene_.write_file(2); });
      beside += scene_.expect_file() ? 1U : 0U;
      ASSERT_FALSE(HasFailure());
    }
  }
  EXPECT_GT(calls, 20U);
  if (GetParam()) {
    EXPECT_GT(beside, 0U) << "after the call that gives it its second name and before the one that takes it away";
  } else {
    EXPECT_EQ(beside, 0U) << "it has a second name only if there is another file in its place";
  }
  std::printf("%u kills\n", calls / every);
}

INSTANTIATE_TEST_SUITE_P(over_another, pack_kill_file, ::testing::Bool());

TEST_F(pack_kill, at_random) { kill_at_random(sample(), std::random_device{}(), crash_test::kills_wanted(40)); }

}  // namespace
}  // namespace coppice::pack_test
