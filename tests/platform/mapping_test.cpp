// Mappings and the pages under them.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>

#include "tests/platform/support.hpp"

namespace coppice::platform::test {
namespace {

bool all_bytes_are(const std::byte* begin, std::uint64_t length, int value) {
  return std::all_of(begin, begin + length, [=](std::byte b) { return b == static_cast<std::byte>(value); });
}

std::uint64_t allocated(int file) {
  auto identity = identify(file);
  EXPECT_TRUE(identity);
  return identity->allocated_bytes;
}

TEST(map_file, sees_what_the_file_grows_by_without_a_new_mapping) {
  scratch_directory directory;
  auto file = create_unnamed_file((directory / "a").c_str(), 0600);
  ASSERT_TRUE(file);
  auto mapped = map_file(*file);
  ASSERT_TRUE(mapped);
  EXPECT_EQ(mapped->file, *file);
  const std::uint64_t far = reserved_bytes - page;
  ASSERT_TRUE(commit(*file, 0, page));
  ASSERT_TRUE(commit(*file, far, page));
  mapped->base[0] = std::byte{1};
  mapped->base[far + page - 1] = std::byte{2};
  std::byte last{};
  ASSERT_EQ(::pread(*file, &last, 1, static_cast<off_t>(far + page - 1)), 1);
  EXPECT_EQ(last, std::byte{2});
  EXPECT_EQ(allocated(*file), 2 * page);
  unmap(*mapped);
  EXPECT_EQ(mapped->file, -1);
  EXPECT_EQ(mapped->base, nullptr);
}

TEST(map_file, faults_past_the_end_of_the_file) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  child_process child([&] {
    ::signal(SIGBUS, SIG_DFL);
    return static_cast<int>(const_cast<volatile std::byte*>(mapped.base())[page]);
  });
  EXPECT_EQ(child.join(), -SIGBUS);
}

TEST(map_file, shares_bytes_between_two_mappings_of_one_process) {
  scratch_directory directory;
  const mapped_file first(directory / "a");
  const mapped_file second = mapped_file::existing(directory / "a");
  EXPECT_NE(first.base(), second.base());
  first.word(5).store(77);
  EXPECT_EQ(second.word(5).load(), 77U);
}

TEST(map_file, keeps_working_after_the_path_is_removed) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  ASSERT_TRUE(remove_file((directory / "a").c_str()));
  ASSERT_TRUE(commit(mapped.file(), page, page));
  mapped.base()[page] = std::byte{1};
}

TEST(map_file, begins_at_a_multiple_of_what_it_reserves) {
  scratch_directory directory;
  const mapped_file first(directory / "a"), second(directory / "b");
  for (const mapped_file* each : {&first, &second}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(each->base()) % reserved_bytes, 0U);
  }
}

TEST(map_file, reports_want_of_addresses_and_closes_the_descriptor) {
  scratch_directory directory;
  child_process child([&] {
    auto file = create_unnamed_file((directory / "a").c_str(), 0600);
    if (!file) return 2;
    const rlimit little{std::uint64_t{1} << 30, std::uint64_t{1} << 30};
    if (::setrlimit(RLIMIT_AS, &little) != 0) return 3;
    auto mapped = map_file(*file);
    if (mapped || mapped.why().code != errc::out_of_space || mapped.why().subject != reserved_bytes) return 4;
    return passed(::fcntl(*file, F_GETFD) == -1 && errno == EBADF);
  });
  EXPECT_EQ(child.join(), 0);
}

TEST(unmap, closes_the_file_and_frees_the_addresses) {
  scratch_directory directory;
  auto file = create_unnamed_file((directory / "a").c_str(), 0600);
  ASSERT_TRUE(file);
  auto mapped = map_file(*file);
  ASSERT_TRUE(mapped);
  std::byte* const base = mapped->base;
  unmap(*mapped);
  EXPECT_EQ(::fcntl(*file, F_GETFD), -1);
  unsigned char resident = 0;
  EXPECT_EQ(::mincore(base, page, &resident), -1);
  EXPECT_EQ(errno, ENOMEM);
}

TEST(commit, makes_zeroes_and_keeps_what_is_there) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  std::memset(mapped.base(), 0x5a, page);
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(commit(mapped.file(), 0, 8 * page));
    EXPECT_TRUE(all_bytes_are(mapped.base(), page, 0x5a));
    EXPECT_TRUE(all_bytes_are(mapped.base() + page, 7 * page, 0));
    EXPECT_EQ(allocated(mapped.file()), 8 * page);
  }
}

TEST(commit, of_a_range_inside_never_shortens_the_file) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  ASSERT_TRUE(commit(mapped.file(), 63 * page, page));
  ASSERT_TRUE(commit(mapped.file(), 8 * page, 2 * page));
  auto identity = identify(mapped.file());
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->size_bytes, 64 * page);
  EXPECT_EQ(identity->allocated_bytes, 4 * page);
}

TEST(commit, of_nothing_succeeds) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  EXPECT_TRUE(commit(mapped.file(), page, 0));
  EXPECT_TRUE(decommit(mapped.file(), page, 0));
}

TEST(commit, by_several_processes_at_once_is_harmless) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  std::memset(mapped.base(), 0x5a, page);
  const auto grow = [&] {
    for (std::uint64_t i = 1; i <= 64; ++i) {
      if (!commit(mapped.file(), 0, i * 4 * page)) return 1;
    }
    return 0;
  };
  child_process first(grow);
  child_process second(grow);
  EXPECT_EQ(first.join(), 0);
  EXPECT_EQ(second.join(), 0);
  EXPECT_TRUE(all_bytes_are(mapped.base(), page, 0x5a));
  EXPECT_EQ(allocated(mapped.file()), 256 * page);
}

TEST(commit, finishes_under_a_fast_timer) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  child_process child([&] {
    struct sigaction action{};
    action.sa_handler = [](int) {};
    if (::sigaction(SIGALRM, &action, nullptr) != 0) return 2;
    const itimerval often{{0, 500}, {0, 500}};
    if (::setitimer(ITIMER_REAL, &often, nullptr) != 0) return 3;
    return passed(commit(mapped.file(), 0, std::uint64_t{32} << 20).ok());
  });
  EXPECT_EQ(child.join(), 0);
}

TEST(commit, past_the_file_size_limit_is_an_error_and_not_a_signal) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  ASSERT_TRUE(commit(mapped.file(), 31 * page, page));
  child_process child([&] {
    const rlimit limit{16 * page, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    if (!commit(mapped.file(), 20 * page, page)) return 3;  // inside the file: no growth, hence no limit
    const auto outcome = commit(mapped.file(), 32 * page, page);
    return passed(!outcome && outcome.why().code == errc::out_of_space && outcome.why().os_error == EFBIG &&
                  outcome.why().subject == 33 * page && outcome.why().limit == 16 * page);
  });
  EXPECT_EQ(child.join(), 0);
}

TEST(decommit, gives_pages_back_and_they_read_as_zero) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  ASSERT_TRUE(commit(mapped.file(), 0, 8 * page));
  std::memset(mapped.base(), 0x5a, 8 * page);
  ASSERT_TRUE(decommit(mapped.file(), 2 * page, 4 * page));
  EXPECT_EQ(allocated(mapped.file()), 4 * page);
  auto identity = identify(mapped.file());
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->size_bytes, 8 * page);
  EXPECT_TRUE(all_bytes_are(mapped.base(), 2 * page, 0x5a));
  EXPECT_TRUE(all_bytes_are(mapped.base() + 2 * page, 4 * page, 0));
  EXPECT_TRUE(all_bytes_are(mapped.base() + 6 * page, 2 * page, 0x5a));

  ASSERT_TRUE(commit(mapped.file(), 2 * page, 4 * page));
  EXPECT_EQ(allocated(mapped.file()), 8 * page);
  EXPECT_TRUE(all_bytes_are(mapped.base() + 2 * page, 4 * page, 0));
}

TEST(decommit, at_the_end_keeps_the_length) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  ASSERT_TRUE(commit(mapped.file(), 0, 4 * page));
  ASSERT_TRUE(decommit(mapped.file(), page, 3 * page));
  auto identity = identify(mapped.file());
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->size_bytes, 4 * page);
}

TEST(map_scratch, is_zeroed_page_aligned_and_private) {
  const std::size_t length = 3 * page;
  std::byte* const scratch = map_scratch(length);
  ASSERT_NE(scratch, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(scratch) % page, 0U);
  EXPECT_TRUE(all_bytes_are(scratch, length, 0));
  child_process child([&] {
    scratch[0] = std::byte{1};
    return 0;
  });
  EXPECT_EQ(child.join(), 0);
  EXPECT_EQ(scratch[0], std::byte{0});
  unmap_scratch(scratch, length);
}

TEST(map_scratch, answers_null_when_there_is_no_room) { EXPECT_EQ(map_scratch(std::size_t{1} << 60), nullptr); }

}  // namespace
}  // namespace coppice::platform::test
