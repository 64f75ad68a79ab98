#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <random>

#include "verification.hpp"
#include "worker.hpp"

namespace coppice::demo {

namespace {

constexpr int records_a_snapshot = 500;
constexpr int snapshots_between_whole_ones = 30;

void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
  counter.fetch_add(amount, std::memory_order_relaxed);
}

class reader {
 public:
  reader(const std::string& store_name, const catalogue& packages, worker_counts& counts)
      : packages_(packages), counts_(counts), source_(open(store_name)), random_(std::random_device()()) {}

  void probe() {
    const auto version = take_snapshot();
    std::uint64_t good = 0;
    for (int i = 0; i < records_a_snapshot; ++i) {
      const std::string problem = verify_one(version, random_id());
      if (problem.empty()) {
        ++good;
      } else {
        counts_.report(fmt::format("reader, version {}: {}", version.version(), problem));
      }
    }
    add(counts_.records_read, good);
  }

  /// Verifies the newest version to its last entry, and that the one of last time is still what it was.
  void verify_whole() {
    if (held_ && digest_of(*held_) != held_digest_) {
      counts_.report(fmt::format("reader: the snapshot of version {} changed while it was held", held_->version()));
    }
    held_ = take_snapshot();
    const verification seen = verify_all(*held_, packages_);
    held_digest_ = seen.digest;
    if (seen.problem.empty()) {
      add(counts_.records_read, seen.records);
      add(counts_.whole_snapshots, 1);
    } else {
      counts_.report(fmt::format("reader, version {}: {}", held_->version(), seen.problem));
    }
  }

 private:
  static store open(const std::string& name) {
    store_options options;
    options.mode = open_mode::open_existing;
    options.read_only = true;
    return store::open(name, options);
  }

  snapshot take_snapshot() {
    auto taken = source_.snapshot();
    if (taken.version() < newest_seen_) {
      counts_.report(fmt::format("reader: version {} after version {}", taken.version(), newest_seen_));
    }
    newest_seen_ = taken.version();
    add(counts_.snapshots, 1);
    return taken;
  }

  const std::string& random_id() {
    const group& its = packages_.groups[random_() % packages_.groups.size()];
    return its.ids[random_() % its.ids.size()];
  }

  const catalogue& packages_;
  worker_counts& counts_;
  store source_;
  std::mt19937_64 random_;
  std::optional<snapshot> held_;
  std::uint64_t held_digest_ = 0;
  std::uint64_t newest_seen_ = 0;
};

}  // namespace

void run_reader(const std::string& store_name, const catalogue& packages, worker_counts& counts) {
  reader self(store_name, packages, counts);
  for (;;) {
    for (int i = 0; i < snapshots_between_whole_ones; ++i) self.probe();
    self.verify_whole();
  }
}

}  // namespace coppice::demo
