// What the cases of the store suite share: the settings of the run, the two filled stores that they read and update,
// and the list of cases.
//
// A fixture holds both stores with the same n entries, put in the same order. Cases that only read ask for it `clean`
// (all values in generation 0, checksums known); cases that update it take it as it is. It is filled on first use,
// 1,000 puts a transaction, and filled anew when a reading case comes after an updating one.
//
// Thread safety: one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lmdb_side.hpp"
#include "measure.hpp"
#include "report.hpp"
#include "scratch_directory.hpp"
#include "store_side.hpp"
#include "workload.hpp"

namespace coppice::bench {

struct settings {
  bool quick = false;
  bool run_ours = true;
  bool run_lmdb = true;
};

/// A count as long as the measured loop deserves, shorter in a quick run.
[[nodiscard]] constexpr std::size_t sized(const settings& run, std::size_t full, std::size_t quick) noexcept {
  return run.quick ? quick : full;
}

inline void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("wrong result: ") + what);
}

class fixture {
 public:
  fixture(const settings& run, const scratch_directory& scratch, std::size_t entries, std::size_t value_bytes)
      : run_(run), directory_(scratch.path()), work_(entries, value_bytes) {}
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;
  ~fixture() { discard(); }

  [[nodiscard]] const settings& run() const noexcept { return run_; }
  [[nodiscard]] const workload& work() const noexcept { return work_; }
  [[nodiscard]] std::size_t entries() const noexcept { return work_.entries(); }
  [[nodiscard]] int rounds() const noexcept { return run_.quick || entries() > 2'000'000 ? 3 : 5; }

  /// Both stores filled, every value in generation 0.
  void clean() {
    if (filled_ && !updated_) return;
    discard();
    if (run_.run_ours) fill(ours_, ours_file());
    if (run_.run_lmdb) fill(lmdb_, lmdb_file());
    filled_ = true;
    updated_ = false;
  }
  /// Both stores filled, about to be updated.
  void for_updates() {
    if (!filled_) clean();
    updated_ = true;
  }
  /// Closes and removes both stores; the next case fills them anew.
  void discard() {
    close();
    if (filled_ && run_.run_ours) store_side::destroy(ours_file());
    if (filled_ && run_.run_lmdb) lmdb_side::destroy(lmdb_file());
    filled_ = false;
  }
  /// The first of `count` generations that no value has had yet.
  [[nodiscard]] std::uint64_t take_generations(std::uint64_t count) noexcept {
    const std::uint64_t first = next_generation_;
    next_generation_ += count;
    return first;
  }

  /// Precondition: filled, and that side is run.
  [[nodiscard]] store_side& ours() { return ours_.value(); }
  [[nodiscard]] lmdb_side& lmdb() { return lmdb_.value(); }
  template <class Side>
  [[nodiscard]] Side& side() {
    return slot<Side>().value();
  }
  template <class Side>
  [[nodiscard]] bool runs() const noexcept {
    return std::is_same_v<Side, store_side> ? run_.run_ours : run_.run_lmdb;
  }
  template <class Side>
  [[nodiscard]] std::filesystem::path file() const {
    return std::is_same_v<Side, store_side> ? ours_file() : lmdb_file();
  }
  /// A file beside the filled store, for cases that make their own.
  template <class Side>
  [[nodiscard]] std::filesystem::path spare_file() const {
    return directory_ / (std::string("spare-") + Side::name);
  }

  /// Closes both handles; the files stay. Forked children open them anew.
  void close() {
    ours_.reset();
    lmdb_.reset();
  }
  void reopen() {
    if (run_.run_ours) ours_.emplace(ours_file());
    if (run_.run_lmdb) lmdb_.emplace(lmdb_file());
  }
  template <class Side, class... Options>
  void reopen_side(Options... options) {
    slot<Side>().reset();
    slot<Side>().emplace(file<Side>(), options...);
  }

  /// The checksum over all values of one side.
  template <class Side>
  [[nodiscard]] std::uint64_t total() {
    std::uint64_t sum = 0;
    side<Side>().iterate([&](bytes_view value) { sum += checksum_of(value); });
    return sum;
  }
  /// Both sides were given the same updates and must hold the same.
  void require_same() {
    if (run_.run_ours) require(ours().size() == entries(), "our store lost or gained entries");
    if (run_.run_lmdb) require(lmdb().size() == entries(), "lmdb lost or gained entries");
    if (run_.run_ours && run_.run_lmdb) require(total<store_side>() == total<lmdb_side>(), "the two sides differ");
  }

 private:
  [[nodiscard]] std::filesystem::path ours_file() const { return directory_ / "filled-ours"; }
  [[nodiscard]] std::filesystem::path lmdb_file() const { return directory_ / "filled-lmdb"; }

  template <class Side>
  [[nodiscard]] std::optional<Side>& slot() noexcept {
    if constexpr (std::is_same_v<Side, store_side>) {
      return ours_;
    } else {
      return lmdb_;
    }
  }

  template <class Side>
  void fill(std::optional<Side>& side, const std::filesystem::path& path) {
    side.emplace(path);
    value_buffer values(work_);
    for (std::size_t i = 0; i < entries(); ++i) side->put(work_.key(i), values.make(i, 0));
    require(side->size() == entries(), "the filled store has another size");
  }

  settings run_;
  std::filesystem::path directory_;
  workload work_;
  std::optional<store_side> ours_;
  std::optional<lmdb_side> lmdb_;
  bool filled_ = false;
  bool updated_ = false;
  std::uint64_t next_generation_ = 1;
};

// Each case measures one fixture and adds its rows; it throws when a result is wrong.
void run_put_single(fixture& fix, report& out);
void run_put_batch(fixture& fix, report& out);
void run_get_snapshot(fixture& fix, report& out);
void run_get_latest(fixture& fix, report& out);
void run_iterate(fixture& fix, report& out);
void run_open(fixture& fix, report& out);
void run_readers(fixture& fix, report& out);
void run_bytes_per_entry(fixture& fix, report& out);
void run_update_single(fixture& fix, report& out);
void run_writer_pause(fixture& fix, report& out);
void run_version_bytes(fixture& fix, report& out);
void run_writers(fixture& fix, report& out);

/// Variant words that every row of a fixture carries.
[[nodiscard]] inline nlohmann::json variant(const fixture& fix) { return {{"value_bytes", fix.work().value_bytes()}}; }

/// The series of that name, or null when it did not run.
[[nodiscard]] inline const series* find_series(const std::vector<series>& all, const std::string& name) {
  for (const series& each : all) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

/// One row for each of our forms (the names of their series), all against the same rounds of the rival.
inline void add_forms(const fixture& fix, report& out, const std::string& case_name, const std::string& unit,
                      const std::vector<series>& all, const std::vector<std::pair<std::string, target>>& forms) {
  const series* lmdb = find_series(all, lmdb_side::name);
  for (std::size_t i = 0; i < forms.size(); ++i) {
    const series* ours = find_series(all, forms[i].first);
    if (ours == nullptr && i > 0) continue;  // only the rival ran: one row is enough
    nlohmann::json params = variant(fix);
    params["form"] = forms[i].first;
    out.add(case_name, fix.entries(), unit, ours, {lmdb}, forms[i].second, params);
  }
}

}  // namespace coppice::bench
