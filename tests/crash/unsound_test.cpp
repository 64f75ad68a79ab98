// Unsound verdicts: a lock taken from somebody who lives. Two writers then publish from one base, and a collector
// sleeps while others run whole cycles; nothing may be lost by it.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "tests/arena/support.hpp"
#include "tests/crash/steps.hpp"

namespace crash_test {
namespace {

using namespace arena_test;  // NOLINT(google-build-using-namespace): the persistent array and its handles

using contents = std::map<std::uint32_t, std::uint64_t>;

ref root_now(const handle& h) {
  return h.arena.map().record(version_ref{h.arena.map().words().head.load()}.index()).root.load();
}

void expect_contents(const handle& h, ref root, const contents& expected) {
  for (std::uint32_t index = 0; index < cells; ++index) {
    const ref cell = cell_at(h.arena.map(), root, index);
    const auto wanted = expected.find(index);
    const std::uint64_t content = wanted == expected.end() ? 0 : wanted->second;
    ASSERT_EQ(cell == 0, content == 0) << "cell " << index;
    if (cell != 0) {
      ASSERT_TRUE(read_cell(h.arena.map(), cell, content)) << "cell " << index;
    }
  }
}

void expect_sound(handle& h, const contents& expected) {
  const check_result checked = check_now(h);
  ASSERT_EQ(checked.broken, nullptr) << checked.broken << " at " << checked.where;
  ASSERT_NO_FATAL_FAILURE(expect_contents(h, root_now(h), expected));
}

/// Random writes, some of which empty a cell.
void churn(handle& h, contents& expected, std::mt19937_64& random, int writes) {
  for (int i = 0; i < writes; ++i) {
    const auto index = static_cast<std::uint32_t>(random() % 600);
    const std::uint64_t content = random() % 6 == 0 ? 0 : random();
    ASSERT_TRUE(write(h, index, content));
    expected[index] = content;
  }
}

TEST(unsound_verdict, of_two_writers_with_one_base_one_is_refused) {
  const scratch_path path("unsound");
  handle first;
  handle second;
  ASSERT_TRUE(first.create(path.c_str()));
  ASSERT_TRUE(second.open(path.c_str()));
  contents expected;
  std::mt19937_64 random(3);
  ASSERT_NO_FATAL_FAILURE(churn(first, expected, random, 300));
  std::atomic<std::uint32_t>& lock = first.arena.map().words().writer_lock;
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(acquire(first.arena, lock, 0));
    auto pinned = first.arena.claim_pin();
    ASSERT_TRUE(pinned);
    const version_ref base = first.arena.pin_newest(**pinned);
    first.nodes.begin(false);
    bool failed = false;
    const ref cell = make_cell(first.nodes, 77);
    const ref root = set_cell(first.nodes, first.arena.map(), root_now(first), 1, cell, failed);
    ASSERT_FALSE(failed);

    lock.store(0);  // somebody thinks that the first writer is dead
    ASSERT_NO_FATAL_FAILURE(churn(second, expected, random, 1 + round % 3));

    const auto refused = publish(first.arena, first.nodes, base, root);
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.why().code, errc::busy);
    first.arena.free_pin(**pinned);
    release(first.arena, lock);
    ASSERT_NO_FATAL_FAILURE(churn(first, expected, random, 5));
    ASSERT_NO_FATAL_FAILURE(expect_sound(second, expected));
    if (round % 10 == 9) {
      ASSERT_TRUE(second.gc.collect(1'000'000'000, 4));
      ASSERT_NO_FATAL_FAILURE(expect_sound(first, expected));
    }
  }
}

/// A version held by a reader, and what it holds.
class pinned_version {
 public:
  pinned_version(handle& by, contents expected)
      : by_(by), expected_(std::move(expected)), cell_(*by.arena.claim_pin()) {
    root_ = by.arena.map().record(by.arena.pin_newest(*cell_).index()).root.load();
  }
  pinned_version(const pinned_version&) = delete;
  pinned_version& operator=(const pinned_version&) = delete;
  ~pinned_version() { by_.arena.free_pin(*cell_); }
  void expect_unchanged() const { expect_contents(by_, root_, expected_); }

 private:
  handle& by_;
  contents expected_;
  pin* cell_;
  ref root_ = 0;
};

/// What happens, in the same thread, when the sleeping collector is at the awaited step.
std::function<void()> while_asleep;
void interrupt() {
  ignore_steps();
  while_asleep();
}

class stale_collector : public testing::TestWithParam<std::tuple<step, std::uint32_t>> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sleeper_.create(path_.c_str()));
    ASSERT_TRUE(other_.open(path_.c_str()));
    ASSERT_NO_FATAL_FAILURE(churn(sleeper_, expected_, random_, 4000));
  }

  /// Collects with the first handle; the work is done when it comes to the step, after its lock was taken from it.
  void sleep_at(moment when, const std::function<void()>& work) {
    bool woken = false;
    while_asleep = [&] {
      woken = true;
      other_.arena.map().words().collector_lock.store(0);
      work();
    };
    at_step(*shared_, when, interrupt);
    const auto collected = sleeper_.gc.collect(1'000'000'000, 4);
    ignore_steps();
    ASSERT_TRUE(woken) << "it does not come to " << step_name(when.at);
    ASSERT_TRUE(collected || collected.why().code == errc::busy) << collected.why().reason;
  }

  const scratch_path path_{"stale"};
  handle sleeper_;
  handle other_;
  contents expected_;
  std::mt19937_64 random_{11};
  shared_memory shared_;
};

TEST_P(stale_collector, changes_nothing_when_it_wakes_after_whole_cycles_of_another) {
  const auto [at, occurrence] = GetParam();
  pinned_version before(other_, expected_);
  std::optional<pinned_version> between;
  std::uint64_t control_bytes = 0;
  ASSERT_NO_FATAL_FAILURE(churn(sleeper_, expected_, random_, 300));
  ASSERT_NO_FATAL_FAILURE(sleep_at({at, occurrence}, [&] {
    ASSERT_TRUE(other_.gc.collect(1'000'000'000, 4));
    ASSERT_NO_FATAL_FAILURE(churn(other_, expected_, random_, 1500));
    between.emplace(other_, expected_);
    ASSERT_NO_FATAL_FAILURE(churn(other_, expected_, random_, 1500));
    ASSERT_TRUE(other_.gc.collect(1'000'000'000, 4));
    ASSERT_NO_FATAL_FAILURE(churn(other_, expected_, random_, 700));
    control_bytes = check_now(other_).control_bytes;
  }));
  ASSERT_NO_FATAL_FAILURE(expect_sound(other_, expected_));
  EXPECT_EQ(check_now(other_).control_bytes, control_bytes) << "the reserve has grown";
  // And it stays so when memory is handed out and collected again.
  ASSERT_NO_FATAL_FAILURE(churn(sleeper_, expected_, random_, 2000));
  ASSERT_TRUE(other_.gc.collect(1'000'000'000, 4));
  ASSERT_NO_FATAL_FAILURE(churn(other_, expected_, random_, 2000));
  ASSERT_NO_FATAL_FAILURE(expect_sound(sleeper_, expected_));
  ASSERT_NO_FATAL_FAILURE(before.expect_unchanged());
  ASSERT_NO_FATAL_FAILURE(between->expect_unchanged());
}

TEST_P(stale_collector, changes_nothing_when_it_wakes_and_nobody_has_written) {
  const auto [at, occurrence] = GetParam();
  pinned_version before(other_, expected_);
  ASSERT_NO_FATAL_FAILURE(churn(sleeper_, expected_, random_, 300));
  ASSERT_NO_FATAL_FAILURE(sleep_at({at, occurrence}, [&] { ASSERT_TRUE(other_.gc.collect(1'000'000'000, 4)); }));
  ASSERT_NO_FATAL_FAILURE(expect_sound(other_, expected_));
  ASSERT_NO_FATAL_FAILURE(churn(other_, expected_, random_, 2000));
  ASSERT_TRUE(other_.gc.collect(1'000'000'000, 4));
  ASSERT_NO_FATAL_FAILURE(churn(sleeper_, expected_, random_, 2000));
  ASSERT_NO_FATAL_FAILURE(expect_sound(other_, expected_));
  ASSERT_NO_FATAL_FAILURE(before.expect_unchanged());
}

TEST_P(stale_collector, changes_nothing_when_it_wakes_in_the_middle_of_anothers_cycle) {
  const auto [at, occurrence] = GetParam();
  handle third;
  ASSERT_TRUE(third.open(path_.c_str()));
  pinned_version before(other_, expected_);
  ASSERT_NO_FATAL_FAILURE(churn(sleeper_, expected_, random_, 300));
  ASSERT_NO_FATAL_FAILURE(sleep_at({at, occurrence}, [&] {
    ASSERT_NO_FATAL_FAILURE(churn(other_, expected_, random_, 800));
    // Paced: some cycles begin, and stand wherever the allocation left them.
    for (int i = 0; i < 100; ++i) {
      third.gc.pace({});
      ASSERT_NO_FATAL_FAILURE(churn(i % 2 == 0 ? other_ : third, expected_, random_, 40));
    }
  }));
  ASSERT_NO_FATAL_FAILURE(expect_sound(other_, expected_));
  ASSERT_NO_FATAL_FAILURE(churn(third, expected_, random_, 3000));
  ASSERT_NO_FATAL_FAILURE(expect_sound(other_, expected_));
  ASSERT_TRUE(sleeper_.gc.collect(1'000'000'000, 4));
  ASSERT_NO_FATAL_FAILURE(expect_sound(other_, expected_));
  ASSERT_NO_FATAL_FAILURE(before.expect_unchanged());
}

std::string name_of(const testing::TestParamInfo<std::tuple<step, std::uint32_t>>& info) {
  return std::string(step_name(std::get<0>(info.param))) + "_" + std::to_string(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(steps, stale_collector,
                         testing::Combine(testing::Values(step::collect_cycle_started, step::collect_scan_active,
                                                          step::collect_scan_done, step::collect_records_freed,
                                                          step::collect_sweep_started, step::collect_swept_a_block,
                                                          step::collect_cycle_done),
                                          testing::Values(1U, 2U)),
                         name_of);

}  // namespace
}  // namespace crash_test
