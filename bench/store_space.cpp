// Cases that count bytes: bytes_per_entry and version_bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "store_suite.hpp"
#include "store_updates.hpp"

namespace coppice::bench {
namespace {

double per_entry(const fixture& fix, std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(fix.entries());
}

series one_figure(const char* name, double value) { return {name, {value}}; }

// Reads what a snapshot of ours says of entry `entry`.
std::uint64_t checksum_in(const snapshot& seen, const workload& work, std::size_t turn) {
  const std::optional<value_view> found = seen.get(work.lookup_key(turn));
  require(found.has_value(), "a kept version lost a key");
  return checksum_of(found->raw());
}

// Bytes that become reachable with each of `versions` kept snapshots, one put apart.
double measure_our_versions(fixture& fix, std::size_t versions, nlohmann::json& details) {
  const workload& work = fix.work();
  store& handle = fix.ours().handle();
  value_buffer values(work);
  const std::uint64_t generation = fix.take_generations(1);
  handle.collect();
  const store_stats before = handle.stats();
  std::vector<snapshot> kept;
  kept.push_back(handle.snapshot());  // the version that the first put replaces is kept too
  for (std::size_t turn = 0; turn < versions; ++turn) {
    fix.ours().put(work.lookup_key(turn), values.make(work.lookup_entry(turn), generation));
    kept.push_back(handle.snapshot());
  }
  const store_stats filled = handle.stats();
  if (filled.collections == before.collections) {
    details["allocated_per_version"] =
        static_cast<double>(filled.allocated_since - before.allocated_since) / static_cast<double>(versions);
  }
  handle.collect();
  const std::uint64_t after = handle.stats().live_bytes;
  for (std::size_t turn = 0; turn < versions; ++turn) {
    const std::uint64_t expected = checksum_of(values.make(work.lookup_entry(turn), generation));
    require(checksum_in(kept[turn + 1], work, turn) == expected, "a kept version does not show its own put");
    require(checksum_in(kept[turn], work, turn) != expected, "a kept version shows a later put");
  }
  return static_cast<double>(after - before.live_bytes) / static_cast<double>(versions);
}

// LMDB keeps a version by a read transaction that stays open; its file grows by the pages that cannot be reused.
double measure_lmdb_versions(fixture& fix, std::size_t versions) {
  const workload& work = fix.work();
  fix.reopen_side<lmdb_side>(static_cast<unsigned>(versions) + 10);
  value_buffer values(work);
  const std::uint64_t generation = fix.take_generations(1);
  const std::uint64_t before = fix.lmdb().file_bytes();
  std::vector<MDB_txn*> kept{fix.lmdb().begin_read()};
  for (std::size_t turn = 0; turn < versions; ++turn) {
    fix.lmdb().put(work.lookup_key(turn), values.make(work.lookup_entry(turn), generation));
    kept.push_back(fix.lmdb().begin_read());
  }
  const std::uint64_t after = fix.lmdb().file_bytes();
  for (MDB_txn* txn : kept) lmdb_side::end_read(txn);
  fix.reopen_side<lmdb_side>();
  return static_cast<double>(after - before) / static_cast<double>(versions);
}

}  // namespace

void run_bytes_per_entry(fixture& fix, report& out) {
  fix.clean();
  fix.for_updates();
  const std::size_t updates = std::clamp(fix.entries(), std::size_t{300'000}, sized(fix.run(), 3'000'000, 300'000));
  const std::uint64_t first_generation = fix.take_generations(generations_of(fix, updates));
  nlohmann::json details;
  details["updates"] = updates;
  series ours = one_figure(store_side::name, 0);
  series lmdb = one_figure(lmdb_side::name, 0);

  if (fix.run().run_ours) {
    store& handle = fix.ours().handle();
    handle.collect();
    const std::uint64_t live = handle.stats().live_bytes;
    std::uint64_t peak = handle.stats().committed_bytes;
    const std::uint64_t collections = handle.stats().collections;
    const std::size_t every = updates / 100;
    update_values(fix, fix.ours(), first_generation, updates, [&](std::size_t k, auto&& put) {
      put();
      if (k % every == 0) peak = std::max(peak, handle.stats().committed_bytes);
    });
    ours = one_figure(store_side::name, per_entry(fix, live));
    details["file_bytes_per_entry"] = per_entry(fix, peak);
    details["file_x_live"] = static_cast<double>(peak) / static_cast<double>(live);
    details["collections"] = handle.stats().collections - collections;
  }
  if (fix.run().run_lmdb) {
    lmdb = one_figure(lmdb_side::name, per_entry(fix, fix.lmdb().tree_bytes()));
    update_values(fix, fix.lmdb(), first_generation, updates, [](std::size_t, auto&& put) { put(); });
    details["lmdb_file_bytes_per_entry"] = per_entry(fix, fix.lmdb().file_bytes());
  }
  fix.require_same();
  out.add("bytes_per_entry", fix.entries(), "bytes", fix.run().run_ours ? &ours : nullptr,
          {fix.run().run_lmdb ? &lmdb : nullptr}, {target::kind::ratio, 0.7}, variant(fix), details);
  if (!fix.run().run_ours) return;
  // The second half of the target as a row of its own: the largest file seen under steady updates over the live bytes.
  const series file = one_figure(store_side::name, details["file_x_live"].get<double>());
  out.add("file_x_live", fix.entries(), "ratio", &file, {}, {target::kind::absolute, 2.5}, variant(fix));
}

void run_version_bytes(fixture& fix, report& out) {
  fix.for_updates();
  constexpr std::size_t wanted = 1'000;
  const std::size_t versions = std::min(wanted, fix.entries());
  nlohmann::json details;
  details["versions"] = versions;
  series ours = one_figure(store_side::name, 0);
  series lmdb = one_figure(lmdb_side::name, 0);
  if (fix.run().run_ours) ours = one_figure(store_side::name, measure_our_versions(fix, versions, details));
  if (fix.run().run_lmdb) lmdb = one_figure(lmdb_side::name, measure_lmdb_versions(fix, versions));
  out.add("version_bytes", fix.entries(), "bytes", fix.run().run_ours ? &ours : nullptr,
          {fix.run().run_lmdb ? &lmdb : nullptr}, {target::kind::absolute, 1.75 * 1024}, variant(fix), details);
}

}  // namespace coppice::bench
