// Slot locks and fork: parent and child share the description that owns the lock.
#include "tests/platform/support.hpp"

namespace coppice::platform::test {
namespace {

constexpr std::uint32_t held_slot = 4;
enum : std::size_t { step = 0 };

class slot_lock_fork : public testing::Test {
 protected:
  bool looks_locked() {
    auto outcome = slot_is_locked(observer_.file(), held_slot);
    EXPECT_TRUE(outcome);
    return outcome && *outcome;
  }
  scratch_directory directory_;
  std::string path_ = directory_ / "a";
  mapped_file observer_{path_};

  /// A process that maps the file, locks the slot, forks a child that does `child_body`, and waits to be killed.
  template <class Body>
  int hold_and_fork(Body child_body) const {
    auto file = open_file(path_.c_str());
    if (!file) return 2;
    auto mapped = map_file(*file);
    if (!mapped) return 3;
    auto outcome = try_lock_slot(mapped->file, held_slot);
    if (!outcome || !*outcome) return 4;
    const pid_t child = ::fork();
    if (child < 0) return 5;
    if (child == 0) ::_exit(child_body(*mapped));
    ::pause();
    return 6;
  }
};

TEST_F(slot_lock_fork, a_child_that_closes_its_copy_releases_nothing) {
  auto file = open_file(path_.c_str());
  ASSERT_TRUE(file);
  auto locked = try_lock_slot(*file, held_slot);
  ASSERT_TRUE(locked && *locked);
  child_process child([&] {
    close_inherited(*file);
    return 0;
  });
  EXPECT_EQ(child.join(), 0);
  EXPECT_TRUE(looks_locked());
  ::close(*file);
  EXPECT_FALSE(looks_locked());
}

TEST_F(slot_lock_fork, a_child_must_open_anew_to_be_somebody_else) {
  auto file = open_file(path_.c_str());
  ASSERT_TRUE(file);
  auto locked = try_lock_slot(*file, held_slot);
  ASSERT_TRUE(locked && *locked);
  child_process child([&] {
    auto through_inherited = try_lock_slot(*file, held_slot);
    close_inherited(*file);
    const mapped_file own = mapped_file::existing(path_);
    auto through_own = try_lock_slot(own.file(), held_slot);
    return passed(through_inherited && *through_inherited && through_own && !*through_own);
  });
  EXPECT_EQ(child.join(), 0);
  ::close(*file);
}

TEST_F(slot_lock_fork, a_child_that_keeps_its_copy_keeps_a_dead_parents_lock) {
  child_process parent([&] {
    return hold_and_fork([](region& inherited) {
      auto* word = reinterpret_cast<std::atomic<std::uint32_t>*>(inherited.base);
      word->store(1);
      if (!await(*word, 2)) return 1;
      close_inherited(inherited.file);
      return passed(await(*word, 3));
    });
  });
  ASSERT_TRUE(await(observer_.word(step), 1));
  parent.kill();
  EXPECT_TRUE(looks_locked());
  observer_.word(step).store(2);
  EXPECT_TRUE(await_free(observer_.file(), held_slot));
  observer_.word(step).store(3);
}

TEST_F(slot_lock_fork, a_child_that_has_only_the_mapping_does_not_keep_a_dead_parents_lock) {
  child_process parent([&] {
    return hold_and_fork([](region& inherited) {
      close_inherited(inherited.file);
      auto* word = reinterpret_cast<std::atomic<std::uint32_t>*>(inherited.base);
      word->store(1);
      if (!await(*word, 2)) return 1;
      word->store(3);  // the mapping is still there and good
      return 0;
    });
  });
  ASSERT_TRUE(await(observer_.word(step), 1));
  EXPECT_TRUE(looks_locked());
  parent.kill();
  EXPECT_TRUE(await_free(observer_.file(), held_slot));
  observer_.word(step).store(2);
  EXPECT_TRUE(await(observer_.word(step), 3));
}

TEST_F(slot_lock_fork, exec_closes_the_descriptor) {
  child_process parent([&] {
    return hold_and_fork([](region& inherited) {
      reinterpret_cast<std::atomic<std::uint32_t>*>(inherited.base)->store(process_id());
      ::execl("/bin/sleep", "sleep", "60", static_cast<char*>(nullptr));
      return 1;
    });
  });
  const std::uint64_t deadline = monotonic_ns() + patience;
  while (observer_.word(step).load() == 0 && monotonic_ns() < deadline) sleep_ns(ms / 5);
  const auto sleeping_program = static_cast<pid_t>(observer_.word(step).load());
  ASSERT_NE(sleeping_program, 0);
  parent.kill();
  EXPECT_TRUE(await_free(observer_.file(), held_slot));
  EXPECT_EQ(::kill(sleeping_program, SIGKILL), 0) << "it is gone: the lock may have gone with it";
}

}  // namespace
}  // namespace coppice::platform::test
