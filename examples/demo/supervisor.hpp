// Starts the workers, kills one of them at random every now and then, puts a new one in its place, and takes samples.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "catalogue.hpp"
#include "coppice/store.hpp"
#include "shared_counts.hpp"

namespace coppice::demo {

inline constexpr double sample_seconds = 0.25;

struct run_options {
  std::string store_name;
  double seconds = 20;
  std::size_t readers = 4;
  std::size_t writers = 3;
  double mean_seconds_between_kills = 0.1;
};

/// Over the time since the sample before, which is as long as a busy machine made it.
struct sample {
  double from_seconds = 0;
  double to_seconds = 0;
  double reads_per_second = 0;
  double writes_per_second = 0;
  std::uint64_t committed_bytes = 0;
  std::uint64_t live_bytes = 0;
};

struct kill_mark {
  double at_seconds = 0;
  bool was_writer = false;
};

struct totals {
  std::uint64_t records_read = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t whole_snapshots = 0;
  std::uint64_t transactions = 0;
  std::uint64_t records_written = 0;
  std::uint64_t rollbacks = 0;
  std::uint64_t violations = 0;
  std::vector<std::string> messages;
};

struct run_result {
  double seconds = 0;
  std::vector<sample> samples;
  std::vector<kill_mark> kills;
  totals counts;
  double longest_without_commit_seconds = 0;
};

class supervisor {
 public:
  /// `watched` is this process's own handle, for the store's size. Throws std::runtime_error without memory to share.
  supervisor(const run_options& options, const catalogue& packages, const store& watched);
  ~supervisor();
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  /// Ends with all workers killed.
  run_result run();

 private:
  struct worker {
    pid_t process = 0;
    bool is_writer = false;
    std::size_t number = 0;  // among its kind
  };

  void start(std::size_t index);
  [[noreturn]] void become_worker(const worker& role, worker_counts& counts, pid_t parent);
  void end(worker& victim);
  void kill_one();
  void restart_those_that_ended();
  void take_sample();
  [[nodiscard]] totals add_up() const;

  const run_options& options_;
  const catalogue& packages_;
  const store& watched_;
  shared_counts* shared_ = nullptr;
  std::vector<worker> workers_;
  std::mt19937_64 random_;
  double started_seconds_ = 0;
  totals last_;
  run_result result_;
};

}  // namespace coppice::demo
