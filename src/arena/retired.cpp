// See retired.hpp; A13 of docs/decisions/arena-reclamation.md.
#include "src/arena/retired.hpp"

#include <algorithm>

#include "src/arena/records.hpp"
#include "src/arena/steps.hpp"

namespace coppice::arena {

void retired_nodes::detach() noexcept {
  forget();
  if (tables_ != nullptr) platform::unmap_scratch(reinterpret_cast<std::byte*>(tables_), sizeof(tables));
  tables_ = nullptr;
  usable_ = false;
  cycle_ = 0;
}

void retired_nodes::forget() noexcept {
  first_ = pending_ = end_ = 0;
  listed_ = 0;
  look_at_ = least_look;
  forget_ready();
}

void retired_nodes::forget_ready() noexcept {
  unused_ = 0;
  fresh_ = 1;
  ready_.fill(0);
}

void retired_nodes::begin() noexcept {
  taken_count_ = 0;
  // The writers' lock was taken before CYCLE is read: a cycle that this read misses awaits the end of the transaction.
  session_->map().light_fence();
  if (const std::uint64_t cycle = cycle_now(); cycle != cycle_) {
    forget();
    cycle_ = cycle;
    usable_ = cycle_word::from(cycle).at == phase::idle;
    if (usable_ && tables_ == nullptr) tables_ = reinterpret_cast<tables*>(platform::map_scratch(sizeof(tables)));
    usable_ = usable_ && tables_ != nullptr;
  }
  if (usable_ && listed_ >= look_at_) look();
}

void retired_nodes::look() noexcept {
  std::atomic<std::uint32_t>& lock = session_->map().words().collector_lock;
  if (!try_acquire(*session_, lock)) return;
  const held_lock guard(*session_, lock);
  listed_ = 0;
  const result<scan_result> scanned = scan_roots(*session_, nullptr, recover_dead_);
  if (!scanned) return;
  COPPICE_STEP(retired_scanned);
  const std::uint32_t waiting = end_ - first_;
  while (first_ != end_) {
    const waiting_node& oldest = tables_->waiting[first_ % capacity];
    if (oldest.version > scanned->oldest) break;
    move_to_ready(oldest.extent);
    ++first_;
  }
  // A reader, dead or alive, holds an old version: look less often, and at who is dead.
  const bool held_up = end_ - first_ > waiting / 2;
  recover_dead_ = held_up;
  const std::uint32_t usual = std::max(least_look, session_->map().record_count() / records_per_node);
  look_at_ = held_up ? std::max(usual, std::min(look_at_ * 2, most_look)) : usual;
}

void retired_nodes::move_to_ready(node_extent extent) noexcept {
  // Full of sizes that nobody asks for: begin anew. What is dropped is the collector's.
  if (unused_ == 0 && fresh_ == capacity) forget_ready();
  std::uint32_t entry = unused_;
  if (entry != 0) {
    unused_ = tables_->ready[entry].next;
  } else {
    entry = fresh_++;
  }
  tables_->ready[entry] = {extent.node, ready_[extent.granules]};
  ready_[extent.granules] = entry;
}

ref retired_nodes::take_ready(std::uint32_t granules) noexcept {
  const std::uint32_t entry = ready_[granules];
  ready_node& first = tables_->ready[entry];
  ready_[granules] = first.next;
  first.next = unused_;
  unused_ = entry;
  taken_[taken_count_++] = {first.node, granules};
  COPPICE_STEP(retired_taken);
  return first.node;
}

void retired_nodes::add(node_extent replaced) noexcept {
  if (!usable_ || replaced.granules >= most_granules) return;
  if (end_ - first_ == capacity) {
    if (first_ == pending_) return;
    ++first_;  // the collector will find it
  }
  tables_->waiting[end_ % capacity] = {replaced, 0};
  ++end_;
  ++listed_;
}

void retired_nodes::notice_cycle() noexcept {
  if (!usable_ || cycle_now() == cycle_) return;
  forget();
  usable_ = false;
}

void retired_nodes::published(std::uint64_t version) noexcept {
  taken_count_ = 0;
  notice_cycle();
  for (; pending_ != end_; ++pending_) tables_->waiting[pending_ % capacity].version = version;
}

void retired_nodes::rolled_back() noexcept {
  notice_cycle();
  end_ = pending_;
  if (usable_) {
    for (const node_extent& extent : taken()) move_to_ready(extent);
  }
  taken_count_ = 0;
}

}  // namespace coppice::arena
