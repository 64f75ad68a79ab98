// A full file system is an ordinary error, and what was committed before stays usable.
#include "tests/platform/support.hpp"

namespace coppice::platform::test {
namespace {

constexpr std::uint64_t disk_bytes = 256 * page;

class full_disk : public testing::Test {
 protected:
  void mount_or_skip(const char* type, const char* options) {
    const std::string why_not = directory_.mount_here(type, options);
    if (!why_not.empty()) GTEST_SKIP() << "no file system of our own: " << why_not;
  }
  [[nodiscard]] int create(const char* name) const {
    auto file = create_unnamed_file((directory_ / name).c_str(), 0600);
    EXPECT_TRUE(file);
    return file ? *file : -1;
  }
  scratch_directory directory_;
};

TEST_F(full_disk, commit_reports_out_of_space_and_works_again_after_giving_back) {
  mount_or_skip("tmpfs", "size=1048576");
  if (IsSkipped()) return;
  const int file = create("a");
  ASSERT_GE(file, 0);
  ASSERT_TRUE(commit(file, 0, disk_bytes / 2));
  const auto outcome = commit(file, disk_bytes / 2, disk_bytes);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.why().code, errc::out_of_space);
  EXPECT_EQ(outcome.why().os_error, ENOSPC);
  EXPECT_EQ(outcome.why().subject, disk_bytes / 2);
  EXPECT_EQ(outcome.why().limit, disk_bytes);

  ASSERT_TRUE(decommit(file, 0, disk_bytes / 4));
  EXPECT_TRUE(commit(file, disk_bytes / 2, disk_bytes / 4));
  ::close(file);
}

TEST_F(full_disk, committed_pages_can_be_written_even_if_never_touched_before) {
  mount_or_skip("tmpfs", "size=1048576");
  if (IsSkipped()) return;
  const int file = create("a");
  ASSERT_GE(file, 0);
  ASSERT_TRUE(commit(file, 0, disk_bytes / 2));
  // A failing commit over the same range must not take the untouched pages back.
  ASSERT_FALSE(commit(file, 0, 4 * disk_bytes));
  const int other = create("b");
  ASSERT_GE(other, 0);
  for (std::uint64_t i = 0; commit(other, i * page, page); ++i) ASSERT_LT(i, disk_bytes / page);
  auto mapped = map_file(file);
  ASSERT_TRUE(mapped);
  child_process child([&] {
    std::memset(mapped->base, 0x5a, disk_bytes / 2);
    return 0;
  });
  EXPECT_EQ(child.join(), 0) << "SIGBUS on a committed page";
  unmap(*mapped);
  ::close(other);
}

TEST_F(full_disk, creating_a_file_reports_out_of_space_when_there_are_no_inodes) {
  mount_or_skip("tmpfs", "size=1048576,nr_inodes=2");
  if (IsSkipped()) return;
  const int file = create("a");
  ASSERT_GE(file, 0);
  auto one_too_many = create_unnamed_file((directory_ / "b").c_str(), 0600);
  ASSERT_FALSE(one_too_many);
  EXPECT_EQ(one_too_many.why().code, errc::out_of_space);
  ::close(file);
}

TEST_F(full_disk, a_file_system_that_cannot_commit_says_unsupported_and_nothing_is_emulated) {
  mount_or_skip("ramfs", "");
  if (IsSkipped()) return;
  const int file = create("a");
  ASSERT_GE(file, 0);
  const auto committed = commit(file, 0, page);
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.why().code, errc::unsupported);
  const auto given_back = decommit(file, 0, page);
  ASSERT_FALSE(given_back);
  EXPECT_EQ(given_back.why().code, errc::unsupported);
  auto identity = identify(file);
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->size_bytes, 0U);
  ::close(file);
}

}  // namespace
}  // namespace coppice::platform::test
