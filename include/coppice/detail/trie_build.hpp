// Building subtrees bottom up from entries in order: bulk build, and splitting a leaf that has grown too large.
//
// Each node is made once, in its final shape. Recursion is one call a branch level, hence at most 64 / W deep.
//
// Thread safety: see trie.hpp.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/leaf.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_path.hpp"

namespace coppice::detail {

/// Builds nodes over one sequence of entries, given as up to three segments in order.
template <class Memory, class Leaf>
class trie_builder {
 public:
  using Ref = typename Memory::ref_type;
  using segment = typename Leaf::segment;
  static constexpr unsigned max_segments = 3;

  /// `roomy`: leaves are about to be changed in place, and get room for that if the policy knows of such.
  trie_builder(Memory& memory, const Leaf& leaf, const segment* parts, unsigned count, bool roomy = false) noexcept
      : memory_(memory), leaf_(leaf), count_(count), roomy_(roomy) {
    assert(count <= max_segments);
    for (unsigned i = 0; i < count; ++i) {
      parts_[i] = parts[i];
      size_ += parts[i].size();
    }
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Whether entries [low, high), which share a prefix, are one leaf.
  [[nodiscard]] bool one_leaf(std::uint64_t low, std::uint64_t high) const noexcept {
    if (high - low <= Leaf::max_entries && leaf_.fits(measure(low, high))) return true;
    return hash_at(low) == hash_at(high - 1);
  }

  /// A node for the entries [low, high) of the prefix with `depth` bits, a multiple of W. Null: out of space.
  [[nodiscard]] Ref node(std::uint64_t low, std::uint64_t high, unsigned depth) noexcept {
    assert(low < high);
    if (one_leaf(low, high)) return make_leaf(low, high, depth);
    Ref children[trie_fan_out] = {};
    if (!fill(low, high, depth, {0, trie_fan_out}, children)) return {};
    const auto made = memory_.allocate(branch_bytes<Ref>);
    if (made.address == nullptr) {
      each_distinct(children, trie_fan_out, [&](Ref ref) { memory_.release(ref); });
      return {};
    }
    write_header(made.address, node_kind::branch, depth, branch_bytes<Ref>, static_cast<std::uint32_t>(high - low),
                 memory_.edit_token());
    for (unsigned slot = 0; slot < trie_fan_out; ++slot) set_child(made.address, slot, children[slot]);
    return made.ref;
  }

  /// The children for a range of slots of a branch at `depth`: entries [low, high), which are not one leaf. `children`
  /// has range.width null refs. False: out of space; then they are null again, and nothing is left behind.
  [[nodiscard]] bool fill(std::uint64_t low, std::uint64_t high, unsigned depth, slot_range range,
                          Ref* children) noexcept {
    std::uint64_t bounds[trie_fan_out + 1];
    find_bounds(low, high, depth, range, bounds);
    for (unsigned at = 0; at < range.width;) {
      unsigned width = range.width;
      do {  // the widest aligned range here that is empty or one leaf; a single slot may also be a branch
        while (width > 1 && ((at & (width - 1)) != 0 || at + width > range.width)) width >>= 1;
        const std::uint64_t first = bounds[at], last = bounds[at + width];
        if (first == last) break;
        if (width == 1 || one_leaf(first, last)) {
          const Ref child = width == 1 ? node(first, last, depth + trie_branch_bits)
                                       : make_leaf(first, last, prefix_of_width(depth, width));
          if (child == Ref{}) {
            each_distinct(children, range.width, [&](Ref ref) { memory_.release(ref); });
            for (unsigned i = 0; i < range.width; ++i) children[i] = Ref{};
            return false;
          }
          for (unsigned i = 0; i < width; ++i) children[at + i] = child;
          break;
        }
        width >>= 1;
      } while (true);
      at += width;
    }
    return true;
  }

 private:
  struct place {
    const segment* part;
    std::uint32_t index;
  };
  [[nodiscard]] place at(std::uint64_t index) const noexcept {
    const segment* part = parts_;
    while (index >= part->size()) index -= (part++)->size();
    return {part, part->from + static_cast<std::uint32_t>(index)};
  }

  [[nodiscard]] leaf_measure measure(std::uint64_t low, std::uint64_t high) const noexcept {
    leaf_measure sum{high - low, 0};
    for (unsigned i = 0; i < count_ && low < high; ++i) {
      const segment& part = parts_[i];
      const std::uint64_t size = part.size();
      const std::uint64_t from = low < size ? low : size, to = high < size ? high : size;
      if (part.node != nullptr) {
        if (from < to) {
          sum.bytes += leaf_
                           .measure(part.node, part.from + static_cast<std::uint32_t>(from),
                                    part.from + static_cast<std::uint32_t>(to))
                           .bytes;
        }
      } else {
        for (std::uint64_t j = from; j < to; ++j) sum.bytes += leaf_.item_bytes(part.items[part.from + j]);
      }
      low -= from;
      high -= to;
    }
    return sum;
  }

  /// bounds[i] is the first entry that belongs to slot range.first + i or a later one; bounds[range.width] is `high`.
  void find_bounds(std::uint64_t low, std::uint64_t high, unsigned depth, slot_range range,
                   std::uint64_t* bounds) const noexcept {
    bounds[0] = low;
    bounds[range.width] = high;
    if (high - low > 4 * trie_fan_out) {
      for (unsigned i = 1; i < range.width; ++i) bounds[i] = lower_bound(bounds[i - 1], high, depth, range.first + i);
      return;
    }
    unsigned next = 1;
    for (std::uint64_t i = low; i < high; ++i) {
      const unsigned slot = hash_slot(known_at(i, depth + trie_branch_bits), depth, trie_branch_bits) - range.first;
      for (; next <= slot; ++next) bounds[next] = i;
    }
    for (; next < range.width; ++next) bounds[next] = high;
  }

  /// A hash, of which the first `bits` bits are right; those beyond may be zeros. Hashes are not computed needlessly.
  [[nodiscard]] std::uint64_t known_at(std::uint64_t index, unsigned bits) const noexcept {
    const place where = at(index);
    if (where.part->node == nullptr) return where.part->items[where.index].hash;
    const unsigned depth = depth_of(where.part->node);
    if (depth + 8 < bits) return leaf_.hash_at(memory_, where.part->node, where.index);
    return known_hash(where.part->prefix, depth, leaf_.tag_at(where.part->node, where.index));
  }

  [[nodiscard]] std::uint64_t hash_at(std::uint64_t index) const noexcept { return known_at(index, hash_bits + 8); }

  /// The first entry in [low, high) that belongs to `slot` or a later one of the branch at `depth`.
  [[nodiscard]] std::uint64_t lower_bound(std::uint64_t low, std::uint64_t high, unsigned depth,
                                          unsigned slot) const noexcept {
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      const std::uint64_t hash = known_at(middle, depth + trie_branch_bits);
      if (hash_slot(hash, depth, trie_branch_bits) < slot) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  [[nodiscard]] Ref make_leaf(std::uint64_t low, std::uint64_t high, unsigned depth) noexcept {
    segment chosen[max_segments];
    unsigned count = 0;
    for (unsigned i = 0; i < count_; ++i) {
      const std::uint64_t size = parts_[i].size();
      const std::uint64_t from = low < size ? low : size;
      const std::uint64_t to = high < size ? high : size;
      if (from < to) {
        chosen[count] = parts_[i];
        chosen[count].from = parts_[i].from + static_cast<std::uint32_t>(from);
        chosen[count].to = parts_[i].from + static_cast<std::uint32_t>(to);
        ++count;
      }
      low -= from;
      high -= to;
    }
    if constexpr (Leaf::leaves_room) {
      return leaf_.make(memory_, depth, chosen, count, roomy_);
    } else {
      return leaf_.make(memory_, depth, chosen, count);
    }
  }

  Memory& memory_;
  const Leaf& leaf_;
  segment parts_[max_segments] = {};
  unsigned count_;
  bool roomy_;
  std::uint64_t size_ = 0;
};

/// What a bulk build returns: `ok` is false when there was no space; then there is no root.
template <class Ref>
struct build_result {
  Ref root{};
  bool ok = false;
};

/// A map of `count` items that ascend strictly by `Leaf::item_less`.
template <node_memory Memory, class Leaf>
[[nodiscard]] inline build_result<typename Memory::ref_type> trie_build(Memory& memory, const Leaf& leaf,
                                                                        const typename Leaf::item* items,
                                                                        std::uint32_t count) noexcept {
  using Ref = typename Memory::ref_type;
  if (count == 0) return {Ref{}, true};
  const typename Leaf::segment all{nullptr, items, 0, count, 0};
  trie_builder<Memory, Leaf> builder(memory, leaf, &all, 1);
  const Ref root = builder.node(0, count, 0);
  return {root, root != Ref{}};
}

}  // namespace coppice::detail
