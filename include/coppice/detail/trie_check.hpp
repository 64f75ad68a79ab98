// The checker: verifies every invariant of a trie (T1-T4, T7, T8; see trie.hpp) and names the first that is broken.
//
// It may be run over bytes that nobody vouches for: refs, sizes and counts are proved before they are used. The memory
// says how many bytes may be read from a ref (`readable_bytes`), if it can tell.
//
// Thread safety: see trie.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/packed_check.hpp"
#include "coppice/detail/trie.hpp"

namespace coppice::detail {

/// `broken` is null if all is well; else the invariant, and the node where it is broken.
template <class Ref>
struct check_report {
  const char* broken = nullptr;
  Ref where{};
  [[nodiscard]] explicit operator bool() const noexcept { return broken == nullptr; }
};

template <readable_memory Memory, class Leaf, class Visit>
class trie_checker {
 public:
  using Ref = typename Memory::ref_type;
  using report = check_report<Ref>;

  trie_checker(const Memory& memory, const Leaf& leaf, Visit& visit) noexcept
      : memory_(memory), leaf_(leaf), visit_(visit) {}

  [[nodiscard]] report check(Ref root) noexcept {
    if (root == Ref{}) return {};
    if (report bad = enter(root, 0, 0); !bad) return bad;
    while (levels_ > 0) {
      level& top = stack_[levels_ - 1];
      if (top.slot == trie_fan_out) {
        if (report bad = leave_branch(top); !bad) return bad;
        const std::uint64_t sum = top.sum;
        if (--levels_ > 0) stack_[levels_ - 1].sum += sum;
        continue;
      }
      const unsigned first = top.slot;
      top.slot = end_of_child<Ref>(top.branch, first);
      const Ref ref = child_of<Ref>(top.branch, first);
      if (ref == Ref{}) continue;
      if (report bad = enter_child(ref, first, top.slot - first); !bad) return bad;
    }
    return {};
  }

 private:
  struct level {
    Ref ref;
    const std::byte* branch;
    unsigned slot;
    std::uint64_t prefix;
    std::uint64_t sum;
  };

  [[nodiscard]] report enter_child(Ref ref, unsigned first, unsigned width) noexcept {
    const level& top = stack_[levels_ - 1];
    const unsigned depth = depth_of(top.branch);
    if (!node_in_bounds(memory_, ref)) return {"T8 refs name nodes", ref};
    if ((width & (width - 1)) != 0 || (first & (width - 1)) != 0)
      return {"T1 a leaf stands in the slots of its prefix", ref};
    const unsigned length = prefix_of_width(depth, width);
    const std::uint64_t prefix = top.prefix | (std::uint64_t{first} << (hash_bits - trie_branch_bits - depth));
    return enter(ref, length, prefix);
  }

  /// Checks a node whose prefix is known; a branch is then on the stack.
  [[nodiscard]] report enter(Ref ref, unsigned length, std::uint64_t prefix) noexcept {
    if (!node_in_bounds(memory_, ref)) return {"T8 refs name nodes", ref};
    const std::byte* node = memory_.address(ref);
    if (!visit_(ref)) return {"stopped by the visitor", ref};
    if (depth_of(node) != length) return {"T1 a node has the depth of its place", ref};
    if (kind_of(node) == node_kind::branch) return enter_branch(ref, node, prefix);
    if (!Leaf::is_leaf(kind_of(node))) return {"T8 a child is a branch or a leaf", ref};
    if (const char* broken = check_leaf(leaf_, memory_, node, prefix, visit_); broken != nullptr) return {broken, ref};
    if (!leaf_.fits(leaf_.measure(node)) && !all_one_hash(node)) return {"T1 a leaf fits or has one hash", ref};
    if (levels_ > 0) stack_[levels_ - 1].sum += count_of(node);
    return {};
  }

  [[nodiscard]] report enter_branch(Ref ref, const std::byte* node, std::uint64_t prefix) noexcept {
    if (depth_of(node) % trie_branch_bits != 0 || depth_of(node) >= hash_bits)
      return {"T1 a branch has its depth", ref};
    if (bytes_of(node) != branch_bytes<Ref>) return {"T8 a branch has its size", ref};
    stack_[levels_++] = {ref, node, 0, prefix, 0};
    return {};
  }

  /// Checks what concerns all children together, when each of them is known to be sound.
  [[nodiscard]] report leave_branch(const level& top) const noexcept {
    if (top.sum != count_of(top.branch)) return {"T3 a branch has the count of its subtree", top.ref};
    for (unsigned width = 2; width <= trie_fan_out; width *= 2) {
      for (unsigned first = 0; first < trie_fan_out; first += width) {
        if (mergeable(top.branch, first, width)) return {"T1 what fits in one leaf is one leaf", top.ref};
      }
    }
    return {};
  }

  /// Whether the two halves of a range are leaves, or null, that should be one leaf (or no branch at all).
  [[nodiscard]] bool mergeable(const std::byte* branch, unsigned first, unsigned width) const noexcept {
    if (uniform<Ref>(branch, {first, width})) return width == trie_fan_out;
    leaf_measure sum{};
    unsigned leaves = 0;
    for (unsigned half = 0; half < 2; ++half) {
      const unsigned start = first + half * width / 2;
      if (!uniform<Ref>(branch, {start, width / 2})) return false;
      const Ref ref = child_of<Ref>(branch, start);
      if (ref == Ref{}) continue;
      const std::byte* node = memory_.address(ref);
      if (kind_of(node) == node_kind::branch) return false;
      const leaf_measure size = leaf_.measure(node);
      sum = {sum.count + size.count, sum.bytes + size.bytes};
      ++leaves;
    }
    return leaves == 1 || leaf_.fits(sum);
  }

  /// Hashes were found to ascend, so the ends decide.
  [[nodiscard]] bool all_one_hash(const std::byte* node) const noexcept {
    return leaf_.hash_at(memory_, node, 0) == leaf_.hash_at(memory_, node, count_of(node) - 1);
  }

  const Memory& memory_;
  const Leaf& leaf_;
  Visit& visit_;
  level stack_[max_branch_levels];
  unsigned levels_ = 0;
};

/// Checks a whole version. `visit(ref)` is called once for every node, before its content is checked; false stops.
template <readable_memory Memory, class Leaf, class Visit>
[[nodiscard]] inline check_report<typename Memory::ref_type> trie_check(const Memory& memory, const Leaf& leaf,
                                                                        typename Memory::ref_type root,
                                                                        Visit&& visit) noexcept {
  return trie_checker<Memory, Leaf, std::remove_reference_t<Visit>>(memory, leaf, visit).check(root);
}
template <readable_memory Memory, class Leaf>
[[nodiscard]] inline check_report<typename Memory::ref_type> trie_check(const Memory& memory, const Leaf& leaf,
                                                                        typename Memory::ref_type root) noexcept {
  return trie_check(memory, leaf, root, [](typename Memory::ref_type) noexcept { return true; });
}

}  // namespace coppice::detail
