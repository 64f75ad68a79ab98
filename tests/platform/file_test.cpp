// Files by path: who may open what, and that a file appears under its name at once or not at all.
#include "tests/platform/support.hpp"

namespace coppice::platform::test {
namespace {

constexpr uid_t somebody = 12345;

std::string published(const scratch_directory& directory, const char* name, std::uint32_t mode = 0600) {
  const std::string path = directory / name;
  auto file = create_unnamed_file(path.c_str(), mode);
  EXPECT_TRUE(file);
  EXPECT_TRUE(publish_file(*file, path.c_str()));
  ::close(*file);
  return path;
}

errc open_error(const std::string& path) {
  auto file = open_file(path.c_str());
  if (!file) return file.why().code;
  ::close(*file);
  return errc::ok;
}

TEST(open_file, opens_a_regular_file_close_on_exec_for_reading_and_writing) {
  scratch_directory directory;
  const std::string path = published(directory, "a");
  auto file = open_file(path.c_str());
  ASSERT_TRUE(file);
  EXPECT_EQ(::fcntl(*file, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(::fcntl(*file, F_GETFL) & O_ACCMODE, O_RDWR);
  ::close(*file);
}

TEST(open_file, answers_not_found_for_a_missing_file_or_directory) {
  scratch_directory directory;
  EXPECT_EQ(open_error(directory / "missing"), errc::not_found);
  EXPECT_EQ(open_error(directory / "missing/a"), errc::not_found);
  const std::string path = published(directory, "a");
  EXPECT_EQ(open_error(path + "/b"), errc::not_found);
}

TEST(open_file, refuses_a_symlink_even_to_an_owned_file) {
  scratch_directory directory;
  const std::string path = published(directory, "a");
  const std::string link = directory / "link";
  ASSERT_EQ(::symlink(path.c_str(), link.c_str()), 0);
  auto file = open_file(link.c_str());
  ASSERT_FALSE(file);
  EXPECT_EQ(file.why().code, errc::permission);
  EXPECT_EQ(file.why().os_error, ELOOP);
}

TEST(open_file, refuses_what_is_not_a_regular_file_without_hanging) {
  scratch_directory directory;
  const std::string fifo = directory / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(open_error(fifo), errc::not_a_store);
  EXPECT_EQ(open_error(directory.path()), errc::not_a_store);
  if (::geteuid() == 0) {
    EXPECT_EQ(open_error("/dev/null"), errc::not_a_store);
  }
}

TEST(open_file, refuses_a_file_of_another_owner_even_for_root) {
  if (::geteuid() != 0) GTEST_SKIP() << "giving a file away needs root";
  scratch_directory directory;
  const std::string path = published(directory, "a");
  ASSERT_EQ(::chown(path.c_str(), somebody, static_cast<gid_t>(-1)), 0);
  auto file = open_file(path.c_str());
  ASSERT_FALSE(file);
  EXPECT_EQ(file.why().code, errc::permission);
  EXPECT_EQ(file.why().subject, somebody);
  EXPECT_EQ(file.why().limit, 0U);
}

TEST(open_file, goes_by_the_effective_user) {
  if (::geteuid() != 0) GTEST_SKIP() << "changing the user needs root";
  scratch_directory directory;
  ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
  const std::string mine = published(directory, "mine", 0666);
  const std::string theirs = published(directory, "theirs");
  ASSERT_EQ(::chown(theirs.c_str(), somebody, static_cast<gid_t>(-1)), 0);
  child_process child([&] {
    if (::seteuid(somebody) != 0) return 2;
    return passed(open_error(mine) == errc::permission && open_error(theirs) == errc::ok);
  });
  EXPECT_EQ(child.join(), 0);
}

TEST(open_file, refuses_a_file_that_the_mode_forbids) {
  if (::geteuid() != 0) GTEST_SKIP() << "changing the user needs root";
  scratch_directory directory;
  ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
  const std::string path = published(directory, "a", 0600);
  child_process child([&] { return passed(::seteuid(somebody) == 0 && open_error(path) == errc::permission); });
  EXPECT_EQ(child.join(), 0);
}

TEST(create_unnamed_file, leaves_nothing_in_the_directory_until_it_is_published) {
  scratch_directory directory;
  const std::string path = directory / "a";
  auto file = create_unnamed_file(path.c_str(), 0600);
  ASSERT_TRUE(file);
  EXPECT_EQ(::fcntl(*file, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_TRUE(directory.is_empty());
  auto nameless = identify(*file);
  ASSERT_TRUE(nameless);
  EXPECT_EQ(nameless->links, 0U);
  EXPECT_EQ(nameless->size_bytes, 0U);

  ASSERT_TRUE(publish_file(*file, path.c_str()));
  auto named = identify(path.c_str());
  ASSERT_TRUE(named);
  EXPECT_EQ(*named, *nameless);
  EXPECT_EQ(named->links, 1U);
  ::close(*file);
}

TEST(create_unnamed_file, gives_exactly_the_mode_whatever_the_umask) {
  scratch_directory directory;
  const mode_t before = ::umask(0077);
  const std::string path = published(directory, "a", 0640);
  ::umask(before);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
}

TEST(create_unnamed_file, understands_paths_relative_and_in_the_root) {
  scratch_directory directory;
  child_process child([&] {
    if (::chdir(directory.path().c_str()) != 0) return 2;
    auto file = create_unnamed_file("relative", 0600);
    return passed(file && publish_file(*file, "relative").ok() && open_error(directory / "relative") == errc::ok);
  });
  EXPECT_EQ(child.join(), 0);
  auto in_root = create_unnamed_file("/coppice-test", 0600);  // never published
  if (in_root) {
    ::close(*in_root);
  } else {
    EXPECT_NE(in_root.why().code, errc::not_found);
  }
}

TEST(create_unnamed_file, reports_a_missing_directory_and_a_path_too_long) {
  scratch_directory directory;
  auto missing = create_unnamed_file((directory / "missing/a").c_str(), 0600);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.why().code, errc::not_found);
  const std::string endless = "/" + std::string(5000, 'x') + "/a";
  auto too_long = create_unnamed_file(endless.c_str(), 0600);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.why().os_error, ENAMETOOLONG);
}

TEST(create_unnamed_file, says_unsupported_where_there_are_no_nameless_files) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gets as far as that error in /proc";
  auto file = create_unnamed_file("/proc/a", 0600);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.why().code, errc::unsupported);
}

TEST(publish_file, never_replaces) {
  scratch_directory directory;
  const std::string path = published(directory, "a");
  auto before = identify(path.c_str());
  auto file = create_unnamed_file(path.c_str(), 0600);
  ASSERT_TRUE(before && file);
  const auto outcome = publish_file(*file, path.c_str());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.why().code, errc::exists);
  auto after = identify(path.c_str());
  ASSERT_TRUE(after);
  EXPECT_EQ(*after, *before);
  ::close(*file);
}

TEST(publish_file, does_not_follow_a_symlink_that_stands_at_the_path) {
  scratch_directory directory;
  const std::string path = directory / "a";
  ASSERT_EQ(::symlink((directory / "elsewhere").c_str(), path.c_str()), 0);
  auto file = create_unnamed_file(path.c_str(), 0600);
  ASSERT_TRUE(file);
  const auto outcome = publish_file(*file, path.c_str());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.why().code, errc::exists);
  EXPECT_EQ(open_error(directory / "elsewhere"), errc::not_found);
  ::close(*file);
}

TEST(publish_file, reports_a_directory_that_is_gone) {
  scratch_directory directory;
  auto file = create_unnamed_file((directory / "a").c_str(), 0600);
  ASSERT_TRUE(file);
  const auto outcome = publish_file(*file, (directory / "gone/a").c_str());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.why().code, errc::not_found);
  ::close(*file);
}

TEST(publish_file, lets_one_of_many_racing_processes_win) {
  scratch_directory directory;
  const std::string path = directory / "a";
  const auto race = [&] {
    auto file = create_unnamed_file(path.c_str(), 0600);
    if (!file) return 2;
    const auto outcome = publish_file(*file, path.c_str());
    if (outcome) return 0;
    return outcome.why().code == errc::exists ? 1 : 2;
  };
  child_process first(race);
  child_process second(race);
  child_process third(race);
  EXPECT_EQ(first.join() + second.join() + third.join(), 2);
}

TEST(remove_file, takes_the_path_away_and_not_the_file) {
  scratch_directory directory;
  const std::string path = published(directory, "a");
  auto file = open_file(path.c_str());
  ASSERT_TRUE(file);
  ASSERT_TRUE(remove_file(path.c_str()));
  EXPECT_TRUE(directory.is_empty());
  auto left = identify(*file);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->links, 0U);
  ::close(*file);

  const auto again = remove_file(path.c_str());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.why().code, errc::not_found);
}

TEST(remove_file, reports_a_directory_that_may_not_be_written) {
  if (::geteuid() != 0) GTEST_SKIP() << "changing the user needs root";
  scratch_directory directory;
  ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
  const std::string path = published(directory, "a");
  child_process child([&] {
    if (::seteuid(somebody) != 0) return 2;
    const auto removed = remove_file(path.c_str());
    auto created = create_unnamed_file((directory / "b").c_str(), 0600);
    return passed(!removed && removed.why().code == errc::permission && !created &&
                  created.why().code == errc::permission);
  });
  EXPECT_EQ(child.join(), 0);
}

TEST(identify, notices_that_a_path_names_another_file_now) {
  scratch_directory directory;
  const std::string path = published(directory, "a");
  auto file = open_file(path.c_str());
  ASSERT_TRUE(file);
  auto by_file = identify(*file);
  auto by_path = identify(path.c_str());
  ASSERT_TRUE(by_file && by_path);
  EXPECT_EQ(*by_file, *by_path);

  const std::string other = published(directory, "b");
  ASSERT_EQ(::rename(other.c_str(), path.c_str()), 0);
  auto replaced = identify(path.c_str());
  ASSERT_TRUE(replaced);
  EXPECT_FALSE(*by_file == *replaced);
  ::close(*file);
}

TEST(identify, looks_at_a_symlink_itself_and_reports_a_missing_path) {
  scratch_directory directory;
  const std::string path = published(directory, "a");
  const std::string link = directory / "link";
  ASSERT_EQ(::symlink(path.c_str(), link.c_str()), 0);
  auto of_link = identify(link.c_str());
  auto of_file = identify(path.c_str());
  ASSERT_TRUE(of_link && of_file);
  EXPECT_FALSE(*of_link == *of_file);
  auto missing = identify((directory / "missing").c_str());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.why().code, errc::not_found);
}

TEST(identify, tells_length_and_occupied_bytes_apart) {
  scratch_directory directory;
  auto file = create_unnamed_file((directory / "a").c_str(), 0600);
  ASSERT_TRUE(file);
  ASSERT_TRUE(commit(*file, 16 * page, page));
  auto identity = identify(*file);
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->size_bytes, 17 * page);
  EXPECT_EQ(identity->allocated_bytes, page);
  ::close(*file);
}

}  // namespace
}  // namespace coppice::platform::test
