// Waiting on a word of a shared mapping, across processes and mappings.
#include "tests/platform/support.hpp"

namespace coppice::platform::test {
namespace {

enum : std::size_t { gate = 0, sleepers = 1 };

/// Body of a child: maps the file anew, sleeps on the gate while it is 0, and answers 0 if it was woken by its change.
int sleep_at_gate(const std::string& path) {
  const mapped_file mapped = mapped_file::existing(path);
  mapped.word(sleepers).fetch_add(1);
  while (mapped.word(gate).load() == 0) {
    if (wait(mapped.word(gate), 0, patience) == wake_reason::timed_out) return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

/// From now on SIGUSR1 interrupts and does no more.
bool handle_signals() {
  struct sigaction action{};
  action.sa_handler = [](int) {};
  return ::sigaction(SIGUSR1, &action, nullptr) == 0;
}

/// Wakes until `count` sleepers have been woken; a child announces itself shortly before it sleeps.
std::uint32_t wake_until(const std::atomic<std::uint32_t>& word, std::uint32_t count, std::uint32_t at_once) {
  std::uint32_t woken = 0;
  const std::uint64_t deadline = monotonic_ns() + patience;
  while (woken < count && monotonic_ns() < deadline) {
    woken += wake(word, at_once);
    sleep_ns(ms / 5);
  }
  return woken;
}

TEST(wait, returns_at_once_when_the_value_differs) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  mapped.word(gate).store(1);
  EXPECT_EQ(wait(mapped.word(gate), 0, patience), wake_reason::value_differs);
}

TEST(wait, times_out_not_before_its_time) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  const std::uint64_t before = monotonic_ns();
  EXPECT_EQ(wait(mapped.word(gate), 0, 20 * ms), wake_reason::timed_out);
  EXPECT_GE(monotonic_ns() - before, 20 * ms);
  EXPECT_EQ(wait(mapped.word(gate), 0, 0), wake_reason::timed_out);
}

TEST(wait, is_woken_by_a_process_that_maps_the_file_at_another_address) {
  scratch_directory directory;
  const std::string path = directory / "a";
  const mapped_file mapped(path);
  child_process child([&] { return sleep_at_gate(path); });
  ASSERT_TRUE(await(mapped.word(sleepers), 1));
  sleep_ns(5 * ms);
  mapped.word(gate).store(1);
  wake(mapped.word(gate), 1);  // it may have seen the store before it slept
  EXPECT_EQ(child.join(), 0);
}

TEST(wait, accepts_a_timeout_longer_than_any_clock) {
  scratch_directory directory;
  const std::string path = directory / "a";
  const mapped_file mapped(path);
  child_process child([&] {
    mapped.word(sleepers).store(1);
    while (mapped.word(gate).load() == 0) {
      if (wait(mapped.word(gate), 0, ~std::uint64_t{0}) == wake_reason::timed_out) return 1;
    }
    return 0;
  });
  ASSERT_TRUE(await(mapped.word(sleepers), 1));
  sleep_ns(5 * ms);
  mapped.word(gate).store(1);
  wake(mapped.word(gate), 1);
  EXPECT_EQ(child.join(), 0);
}

TEST(wait, reports_a_signal_as_woken) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  child_process child([&] {
    if (!handle_signals()) return 2;
    mapped.word(sleepers).store(1);
    return passed(wait(mapped.word(gate), 0, patience) == wake_reason::woken);
  });
  ASSERT_TRUE(await(mapped.word(sleepers), 1));
  sleep_ns(20 * ms);
  ::kill(child.id(), SIGUSR1);
  EXPECT_EQ(child.join(), 0);
}

TEST(wake, wakes_no_more_than_asked_and_tells_how_many) {
  scratch_directory directory;
  const std::string path = directory / "a";
  const mapped_file mapped(path);
  // Both sleep until a wake: the gate stays 0, so a spurious wake sleeps again.
  const auto sleeper = [&] {
    const mapped_file own = mapped_file::existing(path);
    own.word(sleepers).fetch_add(1);
    return passed(wait(own.word(gate), 0, patience) == wake_reason::woken);
  };
  child_process first(sleeper);
  child_process second(sleeper);
  ASSERT_TRUE(await(mapped.word(sleepers), 2));
  sleep_ns(20 * ms);
  EXPECT_EQ(wake(mapped.word(gate), 0), 0U);
  EXPECT_EQ(wake_until(mapped.word(gate), 1, 1), 1U);
  EXPECT_EQ(wake_until(mapped.word(gate), 1, ~std::uint32_t{0}), 1U);
  EXPECT_EQ(first.join(), 0);
  EXPECT_EQ(second.join(), 0);
  EXPECT_EQ(wake(mapped.word(gate), 8), 0U);
}

TEST(wake, reaches_sleepers_of_its_own_word_only) {
  scratch_directory directory;
  const std::string path = directory / "a";
  const mapped_file mapped(path);
  child_process child([&] { return sleep_at_gate(path); });
  ASSERT_TRUE(await(mapped.word(sleepers), 1));
  sleep_ns(20 * ms);
  EXPECT_EQ(wake(mapped.word(2), 8), 0U);
  mapped.word(gate).store(1);
  wake(mapped.word(gate), 8);
  EXPECT_EQ(child.join(), 0);
}

TEST(sleep_ns, sleeps_its_time_even_when_signals_arrive) {
  scratch_directory directory;
  const mapped_file mapped(directory / "a");
  child_process child([&] {
    if (!handle_signals()) return 2;
    mapped.word(sleepers).store(1);
    const std::uint64_t before = monotonic_ns();
    sleep_ns(60 * ms);
    return passed(monotonic_ns() - before >= 60 * ms);
  });
  ASSERT_TRUE(await(mapped.word(sleepers), 1));
  for (int i = 0; i < 5; ++i) {
    sleep_ns(5 * ms);
    ::kill(child.id(), SIGUSR1);
  }
  EXPECT_EQ(child.join(), 0);
}

}  // namespace
}  // namespace coppice::platform::test
