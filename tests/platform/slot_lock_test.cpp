// Slot locks: who excludes whom. What fork does to them is in slot_lock_fork_test.cpp.
#include "tests/platform/support.hpp"

namespace coppice::platform::test {
namespace {

/// In a child: holds the lock of slot 9, says so in word 0, and waits to be ended.
int hold_slot_nine(const std::string& path) {
  const mapped_file own = mapped_file::existing(path);
  auto outcome = try_lock_slot(own.file(), 9);
  if (!outcome || !*outcome) return 1;
  own.word(0).store(1);
  ::pause();
  return 2;
}

class slot_lock : public testing::Test {
 protected:
  /// A description of its own.
  [[nodiscard]] int open() const {
    auto file = open_file(path_.c_str());
    EXPECT_TRUE(file);
    return *file;
  }
  static bool locks(int file, std::uint32_t slot) {
    auto outcome = try_lock_slot(file, slot);
    EXPECT_TRUE(outcome);
    return outcome && *outcome;
  }
  static bool looks_locked(int file, std::uint32_t slot) {
    auto outcome = slot_is_locked(file, slot);
    EXPECT_TRUE(outcome);
    return outcome && *outcome;
  }
  scratch_directory directory_;
  std::string path_ = directory_ / "a";
  mapped_file mapped_{path_};
};

TEST_F(slot_lock, excludes_another_descriptor_of_the_same_process) {
  const int first = open();
  const int second = open();
  EXPECT_FALSE(looks_locked(second, 3));
  EXPECT_TRUE(locks(first, 3));
  EXPECT_FALSE(locks(second, 3));
  EXPECT_TRUE(looks_locked(second, 3));
  EXPECT_FALSE(looks_locked(first, 3)) << "the holder asks for somebody else";
  unlock_slot(first, 3);
  EXPECT_FALSE(looks_locked(second, 3));
  EXPECT_TRUE(locks(second, 3));
  ::close(first);
  ::close(second);
}

TEST_F(slot_lock, is_one_byte_each) {
  const int first = open();
  const int second = open();
  const std::uint32_t last = ~std::uint32_t{0};
  EXPECT_TRUE(locks(first, 0) && locks(first, 5) && locks(first, last));
  EXPECT_TRUE(locks(second, 1) && locks(second, 4) && locks(second, 6) && locks(second, last - 1));
  EXPECT_FALSE(locks(second, 0) || locks(second, 5) || locks(second, last));
  ::close(first);
  ::close(second);
}

TEST_F(slot_lock, may_be_taken_again_by_its_holder) {
  const int file = open();
  EXPECT_TRUE(locks(file, 1));
  EXPECT_TRUE(locks(file, 1));
  unlock_slot(file, 1);
  const int other = open();
  EXPECT_FALSE(looks_locked(other, 1)) << "locks do not nest";
  ::close(other);
  ::close(file);
}

TEST_F(slot_lock, goes_with_the_last_descriptor_and_not_with_another_one) {
  const int holder = open();
  const int observer = open();
  EXPECT_TRUE(locks(holder, 2));
  ::close(open());  // a POSIX lock would be lost here
  EXPECT_TRUE(looks_locked(observer, 2));
  const int duplicate = ::dup(holder);
  ::close(holder);
  EXPECT_TRUE(looks_locked(observer, 2));
  ::close(duplicate);
  EXPECT_FALSE(looks_locked(observer, 2));
  ::close(observer);
}

TEST_F(slot_lock, goes_with_unmap) {
  auto mapped = map_file(open());
  ASSERT_TRUE(mapped);
  EXPECT_TRUE(locks(mapped->file, 2));
  EXPECT_TRUE(looks_locked(mapped_.file(), 2));
  unmap(*mapped);
  EXPECT_FALSE(looks_locked(mapped_.file(), 2));
}

TEST_F(slot_lock, excludes_another_process_and_is_released_when_its_holder_is_killed) {
  child_process holder([&] { return hold_slot_nine(path_); });
  ASSERT_TRUE(await(mapped_.word(0), 1));
  EXPECT_TRUE(looks_locked(mapped_.file(), 9));
  EXPECT_FALSE(locks(mapped_.file(), 9));
  EXPECT_EQ(holder.kill(), -SIGKILL);
  EXPECT_FALSE(looks_locked(mapped_.file(), 9));
  EXPECT_TRUE(locks(mapped_.file(), 9));
}

TEST_F(slot_lock, stays_while_its_holder_is_stopped) {
  child_process holder([&] { return hold_slot_nine(path_); });
  ASSERT_TRUE(await(mapped_.word(0), 1));
  ::kill(holder.id(), SIGSTOP);
  int status = 0;
  ASSERT_EQ(::waitpid(holder.id(), &status, WUNTRACED), holder.id());
  EXPECT_TRUE(looks_locked(mapped_.file(), 9));
}

TEST_F(slot_lock, is_taken_by_exactly_one_of_many) {
  const auto contender = [&] {
    const mapped_file own = mapped_file::existing(path_);
    auto outcome = try_lock_slot(own.file(), 7);
    if (!outcome) return 2;
    if (*outcome) own.word(1).fetch_add(1);
    own.word(0).fetch_add(1);
    return passed(await(own.word(0), 3));  // none lets go before all have tried
  };
  child_process first(contender);
  child_process second(contender);
  child_process third(contender);
  EXPECT_EQ(first.join() + second.join() + third.join(), 0);
  EXPECT_EQ(mapped_.word(1).load(), 1U);
}

TEST_F(slot_lock, does_not_meet_data_or_growth) {
  const int holder = open();
  EXPECT_TRUE(locks(holder, 0));
  EXPECT_TRUE(commit(mapped_.file(), page, page));
  EXPECT_TRUE(decommit(mapped_.file(), page, page));
  mapped_.word(2).store(1);
  ::close(holder);
}

}  // namespace
}  // namespace coppice::platform::test
