// After a kill: is everything there, and does everything go on?
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include "tests/crash/workload.hpp"
#include "tests/platform/support.hpp"

namespace crash_test {

using coppice::check_report;
using coppice::store;
using coppice::platform::test::child_process;
using coppice::platform::test::scratch_directory;

/// Why the store's newest version is not the model, or an empty string.
inline std::string difference(const store& seen, const model& expected) {
  const coppice::snapshot now = seen.snapshot();
  if (now.size() != expected.size()) {
    return "it has " + std::to_string(now.size()) + " entries, expected " + std::to_string(expected.size());
  }
  for (const auto& [key, made] : expected) {
    const auto found = now.get(key);
    if (!found) return "'" + key + "' is missing";
    if (found->as_string() != made.bytes()) return "'" + key + "' has another value";
  }
  return {};
}

/// Bytes of nodes of a store after these operations, when nobody was ever killed. Shape depends on content and seed
/// alone; a leaf that a transaction edited in place may have room to grow, which depends on the operations, so the same
/// ones are done.
inline std::uint64_t live_bytes_after(const std::string& scratch_path, std::uint64_t count) {
  std::uint64_t live = 0;
  {
    store fresh = open_store(scratch_path);
    for (std::uint64_t i = 0; i < count; ++i) apply(fresh, i);
    live = fresh.check().live_bytes;
  }
  store::destroy(scratch_path);
  return live;
}

/// The longest that a write waited after a kill, over the whole process. Reported, not judged: machines differ. 20 ms
/// are the patience of the lock; a write that never comes through fails with `busy`.
inline double& longest_wait_ms() {
  static double longest = 0;
  return longest;
}

/// One more operation, timed.
inline void write_next(store& survivor, std::uint64_t i) {
  const auto started = std::chrono::steady_clock::now();
  apply(survivor, i);
  const double took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
  longest_wait_ms() = std::max(longest_wait_ms(), took);
}

/// All that must hold after a kill when `told` operations were known to have returned: the content is that of `told`
/// operations or of one more, writing goes on, and two collections later nothing is left of the dead.
inline void expect_sound(store& survivor, std::uint64_t told, const std::string& scratch_path) {
  check_report report = survivor.check();
  ASSERT_TRUE(report.ok()) << report.broken;
  std::uint64_t done = told;
  if (const std::string trouble = difference(survivor, model_after(told)); !trouble.empty()) {
    done = told + 1;
    ASSERT_EQ(difference(survivor, model_after(done)), "") << "and it is not the state before either: " << trouble;
  }
  write_next(survivor, done++);
  survivor.collect();
  write_next(survivor, done++);
  survivor.collect();
  ASSERT_EQ(difference(survivor, model_after(done)), "") << "after going on";
  report = survivor.check();
  ASSERT_TRUE(report.ok()) << report.broken << " (after two collections)";
  ASSERT_EQ(report.orphaned_bytes, 0U);
  ASSERT_EQ(report.versions, 1U);
  ASSERT_EQ(report.live_bytes, live_bytes_after(scratch_path, done));
  ASSERT_EQ(survivor.stats().slots_used, 1U);
  ASSERT_EQ(survivor.stats().pins, 0U);
}

}  // namespace crash_test
