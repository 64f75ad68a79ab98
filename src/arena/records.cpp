// See records.hpp. The steps g and s are those of docs/decisions/arena-reclamation.md.
#include "src/arena/records.hpp"

#include "src/arena/grow.hpp"
#include "src/arena/steps.hpp"

namespace coppice::arena {

namespace {

class scan {
 public:
  scan(session& self, const root_sink* sink) noexcept : self_(self), map_(self.map()), sink_(sink) {}

  result<scan_result> run(bool recover_dead) noexcept {
    if (!begin()) return overtaken();
    // Who publishes or gives up a block without seeing the new CYCLE and SCAN did so before this fence, and is seen
    // below.
    map_.heavy_fence();
    COPPICE_STEP(collect_scan_active);
    const version_ref first{map_.words().head.load(std::memory_order_acquire)};
    const std::uint64_t apart = map_.words().last_apart.load(std::memory_order_acquire);
    const std::uint64_t newest =
        apart != 0 ? apart : map_.record(first.index()).version.load(std::memory_order_acquire);
    keep(first);
    // A pin that is not seen below was announced after this fence, and its reader's second look at HEAD sees `first` or
    // newer.
    map_.heavy_fence();
    const std::uint32_t slots = map_.words().slot_high.load(std::memory_order_acquire);
    for (std::uint32_t i = 0; i < slots; ++i) scan_slot(i, recover_dead);
    // HEAD before HANDED: a version that is HEAD no more was handed over before it was superseded (publish.cpp).
    keep({map_.words().head.load(std::memory_order_acquire)});
    keep_handed();
    COPPICE_STEP(collect_roots_found);
    if (apart != 0) return finish_apart(newest);
    if (!end()) return overtaken();
    COPPICE_STEP(collect_scan_done);
    if (no_room_) return no_scratch();
    return free_others(newest, false);
  }

 private:
  [[nodiscard]] bool begin() noexcept {
    std::uint64_t seen = map_.words().scan.load(std::memory_order_relaxed);
    number_ = scan_word::from(seen).number + 1;
    return map_.words().scan.compare_exchange_strong(seen, scan_word{number_, true}.bits(), std::memory_order_seq_cst);
  }
  [[nodiscard]] bool end() noexcept {
    std::uint64_t seen = scan_word{number_, true}.bits();
    return map_.words().scan.compare_exchange_strong(seen, scan_word{number_, false}.bits(), std::memory_order_seq_cst);
  }
  /// Where versions are published apart, and by several at once: the scan stays active until all is freed. So whoever
  /// publishes or copies a pin behind the scan hands the record over before it is looked at, or is not done with it.
  result<scan_result> finish_apart(std::uint64_t newest) noexcept {
    const scan_result found = no_room_ ? scan_result() : free_others(newest, true);
    if (!end()) return overtaken();
    COPPICE_STEP(collect_scan_done);
    if (no_room_) return no_scratch();
    return found;
  }
  static failure no_scratch() noexcept { return {errc::system, 0, "collecting roots: no scratch memory", 0, 0}; }
  /// Only after a wrong verdict on the collector lock.
  static failure overtaken() noexcept { return {errc::busy, 0, "another process scans at the same time", 0, 0}; }

  void keep(version_ref named) noexcept {
    if (named.index() >= map_.record_count()) return;
    version_record& record = map_.record(named.index());
    // A pin that names an older version of the record belongs to a reader whose second look at HEAD will fail (A2).
    if (!named.names(record.version.load(std::memory_order_acquire))) return;
    keep_record(record);
  }

  void keep_record(version_record& record) noexcept {
    // Only ever raised: a scan that was overtaken must not undo what a later one found.
    std::uint64_t kept = record.kept.load(std::memory_order_relaxed);
    while (kept < number_ && !record.kept.compare_exchange_weak(kept, number_, std::memory_order_relaxed)) {
    }
    if (kept == number_) return;
    const ref root = record.root.load(std::memory_order_acquire);
    if (sink_ != nullptr && root != 0 && !sink_->take(sink_->context, root)) no_room_ = true;
  }

  void scan_slot(std::uint32_t index, bool recover_dead) noexcept {
    if (!slot_word::from(map_.slot(index).word.load(std::memory_order_acquire)).live) return;
    if (recover_dead && self_.recover_if_dead(index)) return;
    self_.for_each_pin(index, [this](pin& cell) {
      const std::uint64_t named = cell.load(std::memory_order_acquire);
      if (named > pin_claimed) keep({named});
    });
  }

  void keep_handed() noexcept {
    const std::uint32_t count = map_.record_count();
    for (std::uint32_t i = 0; i < count; ++i) {
      version_record& record = map_.record(i);
      if (record.handed.load(std::memory_order_acquire) == number_ &&
          record.version.load(std::memory_order_acquire) != 0) {
        keep_record(record);
      }
    }
  }

  /// A record that has a version after this has all that the version reaches: what is not made free was kept, or was
  /// published since the scan began.
  scan_result free_others(std::uint64_t newest, bool apart) noexcept {
    const std::uint32_t count = map_.record_count();
    scan_result found{0, newest};
    for (std::uint32_t i = 0; i < count; ++i) {
      version_record& record = map_.record(i);
      const bool claimed = is_claimed(record);
      std::uint64_t version = version_seen_;
      // Found live neither by this scan nor by a later one that overtook it; what is dead once stays dead.
      bool dead = version != 0 && !claimed && record.kept.load(std::memory_order_relaxed) < number_;
      if (apart) {
        // Published or announced behind the scan. It may be dead all the same: who announced it finds that it was given
        // up, but the next scan may see the announcement before it is withdrawn.
        if (dead && record.handed.load(std::memory_order_acquire) >= number_) {
          keep_record(record);
          dead = false;
        }
      } else {
        dead = dead && version <= newest;
      }
      if (dead && record.version.compare_exchange_strong(version, 0, std::memory_order_acq_rel)) version = 0;
      found.used += version != 0 || claimed;
      if (version != 0 && version < found.oldest) found.oldest = version;
    }
    COPPICE_STEP(collect_records_freed);
    return found;
  }

  /// Whether somebody alive fills the record or publishes it. What is in `version_seen_` then was read before, so
  /// without a claim it is published.
  bool is_claimed(version_record& record) noexcept {
    for (;;) {
      version_seen_ = record.version.load(std::memory_order_acquire);
      std::uint64_t claim = record.claim.load(std::memory_order_acquire);
      if (claim == 0) return false;
      if (map_.lives(owner_id::from(claim))) return true;
      // Its owner died before it published, or before it could say that it had.
      record.claim.compare_exchange_strong(claim, 0, std::memory_order_acq_rel);
    }
  }

  session& self_;
  const mapping& map_;
  const root_sink* sink_;
  std::uint64_t number_ = 0;
  std::uint64_t version_seen_ = 0;
  bool no_room_ = false;
};

/// The next free record from the cursor on, claimed; record_count() if there is none.
std::uint32_t claim_existing(session& self) noexcept {
  const mapping& map = self.map();
  const std::uint32_t count = map.record_count();
  for (std::uint32_t tried = 0; tried < count; ++tried) {
    const auto at =
        static_cast<std::uint32_t>(map.words().record_cursor.fetch_add(1, std::memory_order_relaxed) % count);
    version_record& record = map.record(at);
    std::uint64_t nobody = 0;
    if (record.version.load(std::memory_order_relaxed) != 0) continue;
    if (!record.claim.compare_exchange_strong(nobody, self.self().bits(), std::memory_order_acq_rel)) continue;
    // Claimed and published by another between the two looks: it is a version now, and stays one.
    if (record.version.load(std::memory_order_acquire) == 0) return at;
    record.claim.store(0, std::memory_order_release);
  }
  return count;
}

result<void> add_chunk(session& self, std::uint32_t seen_chunks) noexcept {
  const mapping& map = self.map();
  control_words& words = map.words();
  if (seen_chunks == max_record_chunks) {
    return failure{errc::out_of_space, 0, "adding version records: too many versions are kept", max_records,
                   max_records};
  }
  std::atomic<std::uint32_t>& link = map.head().record_directory[seen_chunks];
  // Linked already if its last adder died before raising the count.
  if (link.load(std::memory_order_acquire) == 0) {
    if (const result<void> linked = link_control_block(self, link); !linked) return linked.why();
  }
  // Release: who sees the count sees the link. Should another have raised it meanwhile, its link was this one.
  std::uint32_t chunks = seen_chunks;
  words.record_chunks.compare_exchange_strong(chunks, seen_chunks + 1, std::memory_order_acq_rel);
  return {};
}

}  // namespace

result<scan_result> scan_roots(session& self, const root_sink* sink, bool recover_dead) noexcept {
  return scan(self, sink).run(recover_dead);
}

result<std::uint32_t> claim_record(session& self) noexcept {
  const mapping& map = self.map();
  for (;;) {
    const std::uint32_t chunks = map.words().record_chunks.load(std::memory_order_acquire);
    const std::uint32_t found = claim_existing(self);
    if (found < chunks * records_per_chunk) {
      COPPICE_STEP(commit_record_claimed);
      return found;
    }
    std::uint32_t used = chunks * records_per_chunk;
    if (try_acquire(self, map.words().collector_lock)) {
      const held_lock guard(self, map.words().collector_lock);
      const result<scan_result> scanned = scan_roots(self, nullptr, false);
      if (scanned) used = scanned->used;
    }
    // With less than half free, scans would become frequent: more records are cheaper.
    if (used > chunks * records_per_chunk / 2) {
      const result<void> added = add_chunk(self, chunks);
      if (!added && used == chunks * records_per_chunk) return added.why();
    }
  }
}

}  // namespace coppice::arena
