// Killed exactly at each named step: at its 1st, 2nd, 5th and 20th occurrence, and once more while taking over from the
// dead.
#include <gtest/gtest.h>

#include "tests/crash/verdict.hpp"

namespace crash_test {
namespace {

/// Who looks afterwards: a process that opens the store then, or one that had it open all the time.
enum class survivor_kind : std::uint8_t { opens_later, was_there };

class step_kill : public testing::TestWithParam<std::tuple<std::size_t, survivor_kind>> {
 protected:
  [[nodiscard]] static bool was_there() { return std::get<1>(GetParam()) == survivor_kind::was_there; }
  [[nodiscard]] std::string path() const { return directory_ / "store"; }

  /// Runs the workload in a child that dies at the moment. True if it did.
  bool run_child(moment when) {
    shared_->told = 0;
    shared_->destroying = 0;
    child_process child([&] {
      at_step(*shared_, when);
      run_workload(path(), *shared_);
      return 0;
    });
    const int ended = child.join();
    EXPECT_TRUE(ended == 0 || ended == -SIGKILL) << ended;
    return ended == -SIGKILL;
  }

  void verify(std::optional<store>& survivor) {
    if (shared_->destroying != 0) {
      // Either the mark had been set, and the name is free, or nothing has happened yet.
      survivor.reset();
      store opened = open_store(path());
      if (opened.version() == 1) {
        ASSERT_EQ(opened.size(), 0U);
        ASSERT_TRUE(opened.check().ok());
        opened.set("k", 1);
        return;
      }
      ASSERT_NO_FATAL_FAILURE(expect_sound(opened, shared_->told, directory_ / "fresh"));
      return;
    }
    if (!survivor) survivor = open_store(path());
    ASSERT_NO_FATAL_FAILURE(expect_sound(*survivor, shared_->told, directory_ / "fresh"));
  }

  void forget_store() const {
    if (std::filesystem::exists(path())) store::destroy(path());
  }

  scratch_directory directory_;
  shared_memory shared_;
};

/// Making the store is over when somebody has it open.
bool is_creation(step at) {
  return at == step::create_after_commit || at == step::create_after_header || at == step::create_after_name;
}

TEST_P(step_kill, leaves_the_version_before_or_after_and_nobody_waiting) {
  const step at = static_cast<step>(std::get<0>(GetParam()));
  if (was_there() && is_creation(at)) GTEST_SKIP() << "there is no store yet that could be open";
  {
    std::optional<store> watcher;
    if (was_there()) watcher = open_store(path());
    ASSERT_FALSE(run_child({}));
  }
  const std::uint32_t times = shared_->occurred[static_cast<std::size_t>(at)];
  ASSERT_GT(times, 0U) << "the workload does not come to " << step_name(at);
  for (const std::uint32_t occurrence : {1U, 2U, 5U, 20U}) {
    if (occurrence > times) break;
    SCOPED_TRACE(std::string(step_name(at)) + ", occurrence " + std::to_string(occurrence) + " of " +
                 std::to_string(times));
    forget_store();
    std::optional<store> survivor;
    if (was_there()) survivor = open_store(path());
    ASSERT_TRUE(run_child({at, occurrence}));
    ASSERT_NO_FATAL_FAILURE(verify(survivor));
  }
  std::printf("longest wait of a write after a kill: %.1f ms\n", longest_wait_ms());
}

std::string name_of(const testing::TestParamInfo<std::tuple<std::size_t, survivor_kind>>& info) {
  const bool later = std::get<1>(info.param) == survivor_kind::opens_later;
  return std::string(step_name(static_cast<step>(std::get<0>(info.param)))) + (later ? "_opened_later" : "_was_there");
}

INSTANTIATE_TEST_SUITE_P(steps, step_kill,
                         testing::Combine(testing::Range(std::size_t{0}, step_count),
                                          testing::Values(survivor_kind::opens_later, survivor_kind::was_there)),
                         name_of);

}  // namespace
}  // namespace crash_test
