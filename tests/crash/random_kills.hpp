// Kills at moments that nobody chose: after a random time, or after a random number of instructions past a random step.
//
// Thread safety: one test at a time.
#pragma once

#include <gtest/gtest.h>
#include <sys/ptrace.h>

#include <random>

#include "tests/crash/verdict.hpp"

namespace crash_test {

/// How many kills: COPPICE_KILLS if it is set.
inline int kills_wanted(int otherwise) {
  const char* wanted = std::getenv("COPPICE_KILLS");
  return wanted != nullptr ? std::atoi(wanted) : otherwise;
}

// ---------------------------------------------------------------------------------------------- after a random time

/// A small store that lives through all kills. Operation i is one version; its state after n operations is known.
struct small_plan {
  static constexpr std::uint64_t keys = 150;

  static void apply(store& target, std::uint64_t i) {
    const std::uint64_t mixed = (i + 1) * 0x9e3779b97f4a7c15U;
    const std::uint64_t key = (mixed >> 40) % keys;
    if (i % 5 == 4) {
      target.transact([&](coppice::transaction& work) {
        for (std::uint64_t k = 0; k < 6; ++k) set(work, (key + k) % keys, i);
      });
    } else if (i % 11 == 10) {
      target.erase(key);
      target.set("erasures", i);  // so that it is a version in any case
    } else {
      set(target, key, i);
    }
  }

  /// Which operation set each key last, or none.
  static std::vector<std::optional<std::uint64_t>> after(std::uint64_t count) {
    std::vector<std::optional<std::uint64_t>> state(keys);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t mixed = (i + 1) * 0x9e3779b97f4a7c15U;
      const std::uint64_t key = (mixed >> 40) % keys;
      if (i % 5 == 4) {
        for (std::uint64_t k = 0; k < 6; ++k) state[(key + k) % keys] = i;
      } else if (i % 11 == 10) {
        state[key].reset();
      } else {
        state[key] = i;
      }
    }
    return state;
  }

  static bool holds(const coppice::snapshot& seen, const std::vector<std::optional<std::uint64_t>>& expected) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      const auto found = seen.get(key);
      if (found.has_value() != expected[key].has_value()) return false;
      if (found && found->as_string() != bytes_of(key, *expected[key])) return false;
    }
    return true;
  }

 private:
  static std::string bytes_of(std::uint64_t key, std::uint64_t i) {
    const std::size_t size = i % 97 == 0 ? 80'000 : i % 13 == 0 ? 6000 : 16 + (i * 7 + key) % 300;
    return content{i * keys + key, size}.bytes();
  }
  template <class Target>
  static void set(Target& target, std::uint64_t key, std::uint64_t i) {
    target.set(key, bytes_of(key, i));
  }
};

enum class victim_kind : std::uint8_t { writer, reader, collector };

/// Kills victims of all kinds, one after another, over one store that a survivor has open, and verifies after each.
class timed_kills {
 public:
  explicit timed_kills(std::uint64_t random_seed) : random_(random_seed) {
    survivor_.emplace(open_store(path_));
    shared_->told = 0;
  }

  void run(int kills) {
    for (int i = 0; i < kills; ++i) {
      SCOPED_TRACE("kill " + std::to_string(rounds_));
      const auto kind = static_cast<victim_kind>(random_() % 3);
      ASSERT_NO_FATAL_FAILURE(kill_one(kind));
      ++rounds_;
      if (rounds_ % 16 == 0) {
        ASSERT_NO_FATAL_FAILURE(account());
      }
      // Now and then the survivor is a newcomer too.
      if (rounds_ % 64 == 0) {
        survivor_.reset();
        survivor_.emplace(open_store(path_));
      }
    }
  }
  [[nodiscard]] std::uint64_t operations_done() const { return shared_->told; }

 private:
  void kill_one(victim_kind kind) {
    shared_->ready = 0;
    child_process victim([&] {
      store own = open_store(path_);
      shared_->ready = 1;
      if (kind == victim_kind::writer) write_forever(own);
      if (kind == victim_kind::reader) read_forever(own);
      for (;;) own.collect();
      return 0;
    });
    // Half of them die while opening.
    if (random_() % 2 == 0) {
      while (shared_->ready == 0) ::usleep(50);
    }
    const auto patience = std::chrono::microseconds(random_() % 2500);
    const auto until = std::chrono::steady_clock::now() + patience;
    if (kind != victim_kind::writer) {
      while (std::chrono::steady_clock::now() < until) write_one();
    } else {
      ::usleep(static_cast<useconds_t>(patience.count()));
    }
    ASSERT_EQ(victim.kill(), -SIGKILL) << "it ended by itself";
    verify();
  }

  [[noreturn]] void write_forever(store& own) {
    for (std::uint64_t i = shared_->told;; ++i) {
      small_plan::apply(own, i);
      shared_->told.store(i + 1, std::memory_order_release);
      if (i % 300 == 299) own.collect();
    }
  }

  [[noreturn]] void read_forever(store& own) {
    std::vector<coppice::snapshot> held;
    for (;;) {
      held.push_back(own.snapshot());
      if (held.size() > 3) held.push_back(held[held.size() / 2]);
      if (held.size() > 90) held.erase(held.begin(), held.begin() + 50);
      std::uint64_t met = 0;
      const coppice::snapshot& old = held[held.size() / 3];
      old.for_each([&met](const coppice::entry& each) {
        met += each.value.raw().size();
        return true;
      });
      if (met == 0 && old.version() > 100) ::_exit(9);
    }
  }

  void write_one() {
    const std::uint64_t i = shared_->told;
    small_plan::apply(*survivor_, i);
    shared_->told = i + 1;
  }

  void verify() {
    const std::uint64_t told = shared_->told.load(std::memory_order_acquire);
    const coppice::snapshot now = survivor_->snapshot();
    if (!small_plan::holds(now, small_plan::after(told))) {
      ASSERT_TRUE(small_plan::holds(now, small_plan::after(told + 1))) << "after " << told << " operations";
      shared_->told = told + 1;
    }
    const auto started = std::chrono::steady_clock::now();
    write_one();
    const double took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
    longest_wait_ms() = std::max(longest_wait_ms(), took);
  }

  void account() {
    check_report report = survivor_->check();
    ASSERT_TRUE(report.ok()) << report.broken;
    survivor_->collect();
    report = survivor_->check();
    ASSERT_TRUE(report.ok()) << report.broken << " (after a collection)";
    ASSERT_EQ(report.orphaned_bytes, 0U);
    ASSERT_EQ(report.versions, 1U);
    ASSERT_EQ(survivor_->stats().slots_used, 1U);
    ASSERT_EQ(survivor_->stats().pins, 0U);
    ASSERT_LT(survivor_->stats().committed_bytes, std::uint64_t{64} << 20) << "memory leaks";
  }

  scratch_directory directory_;
  std::string path_ = directory_ / "store";
  shared_memory shared_;
  std::optional<store> survivor_;
  std::mt19937_64 random_;
  std::uint64_t rounds_ = 0;
};

// ---------------------------------------------------------------------------------------------- after random
// instructions

/// A child comes to a random step, is then driven instruction by instruction for a random number of them, and killed.
class stepped_kills {
 public:
  explicit stepped_kills(std::uint64_t random_seed) : random_(random_seed) { count_steps(); }

  /// Why it cannot be done here, or an empty string.
  [[nodiscard]] static std::string obstacle() {
    child_process child([] {
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) return 1;
      ::raise(SIGSTOP);
      return 0;
    });
    int status = 0;
    if (::waitpid(child.id(), &status, 0) != child.id() || !WIFSTOPPED(status)) return "ptrace is forbidden";
    if (::ptrace(PTRACE_SINGLESTEP, child.id(), nullptr, nullptr) != 0) return "single steps are forbidden";
    const bool stepped =
        ::waitpid(child.id(), &status, 0) == child.id() && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
    return stepped ? "" : "single steps do not work";
  }

  void run(int kills) {
    for (int i = 0; i < kills; ++i) ASSERT_NO_FATAL_FAILURE(kill_one());
  }
  [[nodiscard]] std::uint64_t instructions() const { return instructions_; }

 private:
  void count_steps() {
    run_child({}, 0);
    for (std::size_t i = 0; i < step_count; ++i) times_[i] = shared_->occurred[i];
  }

  /// True if the child was killed at the moment and `instructions` later.
  bool run_child(moment when, std::uint64_t instructions) {
    shared_->told = 0;
    shared_->destroying = 0;
    child_process child([&] {
      at_step(*shared_, when, stop_self);
      if (when.occurrence != 0 && ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) return 1;
      run_workload(path_, *shared_);
      return 0;
    });
    if (when.occurrence == 0) return child.join() == 0;
    int status = 0;
    if (::waitpid(child.id(), &status, 0) != child.id() || !WIFSTOPPED(status)) return false;
    for (std::uint64_t i = 0; i < instructions; ++i, ++instructions_) {
      if (::ptrace(PTRACE_SINGLESTEP, child.id(), nullptr, nullptr) != 0) break;
      if (::waitpid(child.id(), &status, 0) != child.id() || !WIFSTOPPED(status)) return false;
    }
    return child.kill() == -SIGKILL;
  }

  void kill_one() {
    const auto at = static_cast<std::size_t>(random_() % step_count);
    if (times_[at] == 0) return;
    // Early occurrences are as interesting as the many late ones.
    std::uint32_t most = times_[at];
    if (random_() % 2 == 0 && most > 8) most = 8;
    const moment when{static_cast<step>(at), 1 + static_cast<std::uint32_t>(random_() % most)};
    const std::uint64_t instructions = random_() % (random_() % 4 == 0 ? 4000 : 600);
    SCOPED_TRACE(std::string(step_name(when.at)) + ", occurrence " + std::to_string(when.occurrence) + ", and " +
                 std::to_string(instructions) + " instructions");
    const bool watched = random_() % 2 == 0 && when.at != step::create_after_commit &&
                         when.at != step::create_after_header && when.at != step::create_after_name;
    std::optional<store> survivor;
    if (watched) survivor = open_store(path_);
    ASSERT_TRUE(run_child(when, instructions));
    if (shared_->destroying != 0) survivor.reset();
    if (!survivor) survivor = open_store(path_);
    const bool destroyed = shared_->destroying != 0 && survivor->version() == 1;
    if (!destroyed) {
      ASSERT_NO_FATAL_FAILURE(expect_sound(*survivor, shared_->told, directory_ / "fresh"));
    }
    survivor.reset();
    store::destroy(path_);
  }

  scratch_directory directory_;
  std::string path_ = directory_ / "store";
  shared_memory shared_;
  std::mt19937_64 random_;
  std::array<std::uint32_t, step_count> times_{};
  std::uint64_t instructions_ = 0;
};

}  // namespace crash_test
