// Killed while taking over from the dead: the one that comes third finds everything right.
#include <gtest/gtest.h>

#include "tests/crash/verdict.hpp"

namespace crash_test {
namespace {

/// When each of the two that come after the first death opens the store.
enum class opening : std::uint8_t { before, after };

const char* name_of(opening when) { return when == opening::before ? "was_there" : "opens_later"; }

/// Where the first dies: with each lock, with unpublished and published work, in each phase of a collection.
constexpr moment first_deaths[] = {
    {step::lock_taken, 5},
    {step::allocate_after_claim, 3},
    {step::allocate_large_claimed_some, 4},
    {step::grow_after_metadata, 1},
    {step::grow_after_link, 1},
    {step::commit_record_filled, 4},
    {step::commit_head_published, 5},
    {step::commit_block_given_up, 2},
    {step::collect_cycle_started, 1},
    {step::collect_scan_active, 1},
    {step::collect_marked_some, 1},
    {step::collect_sweep_started, 1},
    {step::collect_swept_a_block, 3},
    {step::collect_block_changing, 1},
    {step::collect_block_decommitted, 1},
};

class takeover_kill : public testing::TestWithParam<std::tuple<step, opening, opening>> {
 protected:
  [[nodiscard]] std::string path() const { return directory_ / "store"; }

  /// The second process: goes on with the first one's work, and dies at the moment. True if it came to it.
  bool run_second(moment when, opening opens, moment first_death) {
    second_->go = 0;
    second_->ready = 0;
    second_->told = 0;
    if (opens == opening::after) run_first(first_death);
    child_process second([&] {
      std::optional<store> own;
      if (opens == opening::before) own = open_store(path());
      second_->ready = 1;
      while (second_->go == 0) ::usleep(200);
      at_step(*second_, when);
      if (!own) own = open_store(path());
      go_on(*own);
      return 0;
    });
    while (second_->ready == 0) ::usleep(200);
    if (opens == opening::before) run_first(first_death);
    second_->go = 1;
    const int ended = second.join();
    EXPECT_TRUE(ended == 0 || ended == -SIGKILL) << ended;
    return ended == -SIGKILL;
  }

  /// From the state that the first left; tells how many of its own operations returned.
  void go_on(store& own) {
    const std::uint64_t told = first_->told;
    const std::uint64_t done = difference(own, model_after(told)).empty() ? told : told + 1;
    second_->told = done;
    apply(own, done);
    second_->told = done + 1;
    own.collect();
    apply(own, done + 1);
    second_->told = done + 2;
  }

  void run_first(moment when) {
    first_->told = 0;
    child_process first([&] {
      at_step(*first_, when);
      run_workload(path(), *first_);
      return 0;
    });
    EXPECT_EQ(first.join(), -SIGKILL) << "the workload has changed: it does not come to " << step_name(when.at);
  }

  scratch_directory directory_;
  shared_memory first_;
  shared_memory second_;
};

TEST_P(takeover_kill, leaves_a_third_that_goes_on) {
  const auto [at, second_opens, third_opens] = GetParam();
  int deaths = 0;
  for (const moment first_death : first_deaths) {
    SCOPED_TRACE(std::string("the first died at ") + step_name(first_death.at));
    std::optional<store> third = open_store(path());
    if (third_opens == opening::after) third.reset();
    const bool died = run_second({at, 1}, second_opens, first_death);
    deaths += died ? 1 : 0;
    if (!third) third = open_store(path());
    const std::uint64_t told = second_->told != 0 ? second_->told.load() : first_->told.load();
    ASSERT_NO_FATAL_FAILURE(expect_sound(*third, told, directory_ / "fresh"));
    third.reset();
    store::destroy(path());
  }
  std::printf("%d deaths at %s; longest wait of a write after a kill: %.1f ms\n", deaths, step_name(at),
              longest_wait_ms());
  const bool needs_a_dead_holder = at == step::lock_owner_proved_dead || at == step::lock_taken_over;
  if (needs_a_dead_holder && second_opens == opening::after) return;  // it cleans the dead one's slot as it opens
  EXPECT_GT(deaths, 0);
}

std::string name_of_case(const testing::TestParamInfo<std::tuple<step, opening, opening>>& info) {
  return std::string(step_name(std::get<0>(info.param))) + "_second_" + name_of(std::get<1>(info.param)) + "_third_" +
         name_of(std::get<2>(info.param));
}

INSTANTIATE_TEST_SUITE_P(while_it_looks, takeover_kill,
                         testing::Combine(testing::Values(step::lock_owner_proved_dead, step::recover_after_pins,
                                                          step::recover_after_slot, step::lock_taken_over),
                                          testing::Values(opening::before, opening::after),
                                          testing::Values(opening::before, opening::after)),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(
    while_it_opens, takeover_kill,
    testing::Combine(testing::Values(step::open_after_slot_lock, step::open_after_slot_clean, step::open_after_live),
                     testing::Values(opening::after), testing::Values(opening::before, opening::after)),
    name_of_case);
INSTANTIATE_TEST_SUITE_P(while_it_collects, takeover_kill,
                         testing::Combine(testing::Values(step::collect_cycle_started, step::collect_scan_active,
                                                          step::collect_scan_done, step::collect_sweep_started,
                                                          step::collect_swept_a_block, step::collect_cycle_done),
                                          testing::Values(opening::before, opening::after),
                                          testing::Values(opening::before, opening::after)),
                         name_of_case);

}  // namespace
}  // namespace crash_test
