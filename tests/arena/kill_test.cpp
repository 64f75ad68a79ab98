// A writer killed at a random moment: what it had committed stays, what it had not is gone, and the next writer goes
// on.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "tests/arena/support.hpp"

namespace arena_test {
namespace {

/// What the i-th write does: deterministic, so that the state after any number of writes is known.
struct planned_write {
  std::uint32_t index;
  std::uint64_t content;
};
planned_write plan(std::uint64_t i) {
  const std::uint64_t mixed = i * 0x9e3779b97f4a7c15U;
  return {static_cast<std::uint32_t>((mixed >> 40) % 512), (mixed >> 20) % 9 == 0 ? 0 : i + 1};
}

struct progress {
  std::atomic<std::uint64_t> committed;
};

/// Never returns: writes from `from` on until it is killed.
[[noreturn]] void write_until_killed(const char* path, std::uint64_t from, progress& shared) {
  handle h;
  if (!h.open(path)) std::_Exit(3);
  for (std::uint64_t i = from;; ++i) {
    const planned_write next = plan(i);
    if (!write(h, next.index, next.content)) std::_Exit(4);
    shared.committed.store(i + 1, std::memory_order_release);
    if (i % 500 == 499 && !h.gc.collect(1'000'000'000, 4)) std::_Exit(5);
  }
}

bool holds_state_after(handle& h, std::uint64_t writes) {
  std::vector<std::uint64_t> expected(512, 0);
  for (std::uint64_t i = 0; i < writes; ++i) expected[plan(i).index] = plan(i).content;
  const ref root = h.arena.map().record(version_ref{h.arena.map().words().head.load()}.index()).root.load();
  for (std::uint32_t cell = 0; cell < expected.size(); ++cell) {
    const ref found = cell_at(h.arena.map(), root, cell);
    if ((found == 0) != (expected[cell] == 0)) return false;
    if (found != 0 && !read_cell(h.arena.map(), found, expected[cell])) return false;
  }
  return true;
}

TEST(arena_kill, a_killed_writer_loses_nothing_and_blocks_nobody) {
  const scratch_path path("kill");
  handle h;
  ASSERT_TRUE(h.create(path.c_str()));
  auto* shared = static_cast<progress*>(
      ::mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(shared, MAP_FAILED);
  const char* wanted = std::getenv("COPPICE_KILLS");
  const int kills = wanted != nullptr ? std::atoi(wanted) : 200;
  std::mt19937_64 random(std::random_device{}());
  std::uint64_t done = 0;
  for (int round = 0; round < kills; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(path.c_str(), done, *shared);
    ::usleep(static_cast<useconds_t>(random() % 4000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
    const std::uint64_t told = shared->committed.load(std::memory_order_acquire);
    if (!holds_state_after(h, told)) {
      ASSERT_TRUE(holds_state_after(h, told + 1)) << "round " << round << " after " << told << " writes";
      done = told + 1;
    } else {
      done = told;
    }
    const auto began = std::chrono::steady_clock::now();
    const planned_write next = plan(done);
    const auto written = write(h, next.index, next.content);
    const auto took = std::chrono::steady_clock::now() - began;
    ASSERT_TRUE(written) << written.why().reason;
    shared->committed.store(++done);
    RecordProperty("longest_wait_us",
                   static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    const check_result checked = check_now(h);
    ASSERT_EQ(checked.broken, nullptr) << checked.broken << " at " << checked.where << " in round " << round;
    if (round % 10 == 0) {
      ASSERT_TRUE(h.gc.collect(1'000'000'000, 4));
      const check_result after = check_now(h);
      ASSERT_EQ(after.broken, nullptr) << after.broken;
      ASSERT_EQ(after.orphaned_bytes, 0U) << "round " << round;
    }
  }
  ::munmap(shared, sizeof(progress));
}

}  // namespace
}  // namespace arena_test
