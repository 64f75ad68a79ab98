// See publish.hpp.
#include "src/arena/publish.hpp"

#include "src/arena/records.hpp"
#include "src/arena/steps.hpp"

namespace coppice::arena {

result<std::uint64_t> publish(session& self, allocator& nodes, version_ref base, ref root) noexcept {
  const mapping& map = self.map();
  COPPICE_STEP(commit_nodes_written);
  if (!map.lives(self.self())) {
    nodes.roll_back();
    return failure{errc::closed, 0, "the slot of this process was given to another", self.self().slot, 0};
  }
  const result<std::uint32_t> index = claim_record(self);
  if (!index) {
    nodes.roll_back();
    return index.why();
  }
  version_record& record = map.record(*index);
  const std::uint64_t version = next_version(map.record(base.index()).version.load(std::memory_order_relaxed));
  record.root.store(root, std::memory_order_relaxed);
  record.committed_ms = platform::wall_clock_ms();
  // Release: a collector that sees the version sees the root.
  record.version.store(version, std::memory_order_release);
  COPPICE_STEP(commit_record_filled);
  // Whoever supersedes a version hands it over first: the one who published it may have died before others could see it
  // so.
  self.hand_over(base);
  COPPICE_STEP(commit_handed_over);
  const version_ref made = version_ref::make(*index, version);
  std::uint64_t expected = base.bits;
  // Release: nodes and record are visible to whoever reads HEAD (A1). A swap, so that a second writer is refused (A7).
  if (!map.words().head.compare_exchange_strong(expected, made.bits, std::memory_order_seq_cst)) {
    record.version.store(0, std::memory_order_release);
    record.claim.store(0, std::memory_order_release);
    nodes.roll_back();
    return failure{errc::busy, 0, "another writer published at the same time", version, 0};
  }
  COPPICE_STEP(commit_head_published);
  // Orders the publication before settle() reads CYCLE (A5).
  map.light_fence();
  nodes.settle(version);
  record.claim.store(0, std::memory_order_release);
  COPPICE_STEP(commit_done);
  return version;
}

result<version_ref> publish_apart(session& self, ref root, pin& cell) noexcept {
  const mapping& map = self.map();
  assert(map.words().last_apart.load(std::memory_order_relaxed) != 0);
  const result<std::uint32_t> index = claim_record(self);
  if (!index) return index.why();
  version_record& record = map.record(*index);
  const std::uint64_t version = map.words().last_apart.fetch_add(1, std::memory_order_seq_cst) + 1;
  const version_ref made = version_ref::make(*index, version);
  record.root.store(root, std::memory_order_relaxed);
  record.committed_ms = platform::wall_clock_ms();
  // Release: a collector that sees the version sees the root.
  record.version.store(version, std::memory_order_release);
  COPPICE_STEP(commit_record_filled);
  // The claim keeps the record until the pin does: a scan that finds no claim finds the pin, or the handing over.
  self.copy_pin(cell, made);
  COPPICE_STEP(commit_handed_over);
  record.claim.store(0, std::memory_order_release);
  COPPICE_STEP(commit_done);
  return made;
}

}  // namespace coppice::arena
