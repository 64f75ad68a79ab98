// Clock, medians and interleaved rounds.
//
// Rivals are measured in turn (ours, lmdb, ours, lmdb, ...), so that a slow minute of the machine falls on both, and
// the median round counts.
//
// Thread safety: values; one thread.
#pragma once

#include <time.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace coppice::bench {

[[nodiscard]] inline std::int64_t now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// Adds up the time between start() and stop().
class stopwatch {
 public:
  void start() noexcept { started_ = now_ns(); }
  void stop() noexcept { total_ += now_ns() - started_; }
  [[nodiscard]] double ns() const noexcept { return static_cast<double>(total_); }

 private:
  std::int64_t started_ = 0;
  std::int64_t total_ = 0;
};

/// Precondition: not empty.
[[nodiscard]] inline double median_of(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// One of the things compared: `measure` runs one round and returns its cost.
struct contestant {
  std::string name;
  std::function<double()> measure;
};

/// What the rounds of one contestant gave, in order.
struct series {
  std::string name;
  std::vector<double> rounds;
  [[nodiscard]] double median() const { return median_of(rounds); }
};

[[nodiscard]] inline std::vector<series> interleave(int rounds, const std::vector<contestant>& contestants) {
  std::vector<series> all;
  for (const contestant& each : contestants) all.push_back({each.name, {}});
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < contestants.size(); ++i) all[i].rounds.push_back(contestants[i].measure());
  }
  return all;
}

}  // namespace coppice::bench
