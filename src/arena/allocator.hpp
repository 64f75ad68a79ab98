// The allocator of one writer: bump allocation into the free lines of blocks that it owns.
//
// A block is claimed by a compare-and-swap on its word (rule A5); its line map is copied before, so that the swap
// proves the copy current. From then on nobody else writes to it and no collection sweeps it until it is given up.
// Objects of up to 4 KiB go into any hole that fits, larger ones into free blocks, those above half a block into runs
// of whole blocks.
//
// A transaction is a stretch between begin() and either settle() (after its publication) or roll_back(). Nodes made in
// it carry its edit token, if it has one; those that it replaced itself are used again at once. Nodes of its base that
// it replaced are used again once nobody reads the base any more (retired.hpp).
//
// Invariants
//   L1  every byte handed out lies in a block whose word says that this session owns it
//   L2  blocks that are full stay owned until the transaction that filled them is published or rolled back
//   L3  a block is given up with a stamp read after the publication
//
// Thread safety: one thread at a time, under the writers' lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/detail/memory.hpp"
#include "coppice/result.hpp"
#include "src/arena/lines.hpp"
#include "src/arena/retired.hpp"
#include "src/arena/session.hpp"

namespace coppice::arena {

class collector;

class allocator {
 public:
  using ref_type = ref;

  allocator() noexcept = default;
  void attach(session& self, collector& paced) noexcept {
    session_ = &self;
    collector_ = &paced;
    retired_.attach(self);
  }

  /// Starts a transaction. With `edits` its nodes may be changed in place until it ends.
  void begin(bool edits) noexcept;
  /// Whether the reserve may be used from now on: erasing must work in a full arena. begin() forbids it.
  void allow_reserve(bool allowed) noexcept { may_use_reserve_ = allowed; }
  /// From now on nodes go to blocks that were wholly free when they were taken, until the next begin().
  void use_free_blocks() noexcept;
  /// After the publication of what was allocated, as this version: gives up the blocks that are full.
  void settle(std::uint64_t version) noexcept;
  /// Nothing allocated since begin() was published.
  void roll_back() noexcept;
  /// Gives up every block. For closing.
  void give_up_all() noexcept;

  // The node_memory concept (coppice/detail/memory.hpp).
  [[nodiscard]] const std::byte* address(ref node) const noexcept { return session_->map().at(node); }
  [[nodiscard]] detail::allocation<ref> allocate(std::size_t bytes) noexcept {
    assert(bytes % detail::granule_bytes == 0 && bytes >= detail::min_node_bytes);
    allocated_ += bytes;
    if (token_ != 0) {
      if (const ref again = take_recycled(bytes); again != 0) return {again, session_->map().at(again)};
    }
    if (const ref again = retired_.take(static_cast<std::uint32_t>(bytes / detail::granule_bytes)); again != 0) {
      return {again, session_->map().at(again)};
    }
    if (main_.end - main_.at >= bytes) return bump(main_, bytes);
    return allocate_slowly(bytes);
  }
  [[nodiscard]] std::uint64_t edit_token() const noexcept { return token_; }
  [[nodiscard]] bool editable(ref node) const noexcept {
    return token_ != 0 && session_->map().node(node).edit_token() == token_;
  }
  [[nodiscard]] std::byte* writable(ref node) noexcept {
    assert(editable(node));
    return session_->map().at(node);
  }
  void retain(ref) noexcept {}
  void release(ref node) noexcept {
    if (editable(node)) recycle(node);
  }

  /// The transaction's version does not contain this node, which its base does (coppice/detail/memory.hpp).
  void supersede(ref node) noexcept { retired_.add({node, session_->map().node(node).granules}); }

  /// Uses a node again that was made in this transaction and is in nothing that will be published.
  void take_back(ref node) noexcept {
    if (token_ != 0) recycle(node);
  }
  /// Edit tokens for nodes of this transaction that are not to be those of edit_token(): the first of `count`, later
  /// than all drawn before; 0 when there are no more.
  [[nodiscard]] std::uint64_t draw_tokens(std::uint64_t count) noexcept {
    const std::uint64_t first = session_->map().words().edit_tokens.fetch_add(count, std::memory_order_relaxed);
    return first + count <= detail::max_edit_token ? first : 0;
  }

  /// Nodes that are made from now on carry this token (0: none is ever edited in place), and those that have it may be
  /// changed. For who derives several versions in one transaction: each has its own tokens.
  void edit_as(std::uint64_t token) noexcept { token_ = token; }

  /// Why the last allocate() returned nothing.
  [[nodiscard]] const failure& trouble() const noexcept { return trouble_; }
  /// Bytes of nodes allocated since begin().
  [[nodiscard]] std::uint64_t allocated_bytes() const noexcept { return allocated_; }
  /// Bytes of those that were released again, to be used by others or not, before they were published.
  [[nodiscard]] std::uint64_t released_bytes() const noexcept { return released_; }
  /// Free bytes of the blocks that were taken since then: what is not in nodes of use is room, or lost until settle().
  [[nodiscard]] std::uint64_t taken_bytes() const noexcept { return taken_; }

 private:
  /// Bytes [at, end) of the arena, both offsets.
  struct hole {
    std::uint64_t at = 0;
    std::uint64_t end = 0;
  };
  static constexpr std::size_t medium_bytes = 4096;
  static constexpr std::size_t large_bytes = block_bytes / 2;
  static constexpr std::size_t recycled_granules = 128;

  detail::allocation<ref> bump(hole& from, std::size_t bytes) noexcept {
    const auto made = static_cast<ref>(from.at / detail::granule_bytes);
    from.at += bytes;
    return {made, session_->map().at(made)};
  }
  detail::allocation<ref> allocate_slowly(std::size_t bytes) noexcept;
  detail::allocation<ref> allocate_large(std::size_t bytes) noexcept;
  detail::allocation<ref> publishable_run(std::uint32_t first, std::uint32_t blocks) noexcept;
  bool next_hole(std::size_t bytes) noexcept;
  // What may begin a cycle inside the transaction.
  void pace() noexcept;
  result<void> collect_for_space() noexcept;

  bool take_block(bool must_be_free) noexcept;
  bool take_existing() noexcept;
  bool take_free() noexcept;
  bool take_reserve() noexcept;
  bool claim(std::uint32_t block, bool must_be_free) noexcept;
  void start_block(std::uint32_t block, const line_set& free) noexcept;
  void retire_current() noexcept;
  void push_filled(std::uint32_t block) noexcept;
  void give_up(std::uint32_t block, std::uint32_t stamp) noexcept;
  void give_up_filled() noexcept;
  void recycle(ref node) noexcept;
  [[nodiscard]] ref take_recycled(std::size_t bytes) noexcept;
  [[nodiscard]] std::uint32_t current_cycle() const noexcept;

  session* session_ = nullptr;
  collector* collector_ = nullptr;
  retired_nodes retired_;
  hole main_;
  hole spare_;                 // the largest remainder that was left for nodes of one line
  std::uint32_t current_ = 0;  // block being bumped through, or 0
  std::uint32_t next_line_ = lines_per_block;
  line_set free_lines_ = {};
  bool current_was_free_ = false;  // when it was taken
  std::uint32_t filled_ = 0;       // list of full blocks, through segment_metadata::next
  std::uint64_t token_ = 0;
  std::uint64_t allocated_ = 0;
  std::uint64_t released_ = 0;
  std::uint64_t taken_ = 0;
  bool may_use_reserve_ = false;
  bool only_free_blocks_ = false;
  hole main_at_begin_;
  hole spare_at_begin_;
  std::uint32_t current_at_begin_ = 0;
  std::uint32_t next_line_at_begin_ = lines_per_block;
  std::uint32_t free_hint_ = 0;
  bool recycled_any_ = false;
  ref recycled_[recycled_granules] = {};
  failure trouble_;
};

static_assert(detail::node_memory<allocator>);

}  // namespace coppice::arena
