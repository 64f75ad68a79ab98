// The difference of two versions, as a cursor: the keys that were added, removed or changed from the older to the newer
// one, in canonical order. Subtrees that the two share are skipped unread, so versions of one lineage cost what they
// differ.
//
// Two walks, one on each side, of nodes in the order of their prefixes. Nodes with the same place are skipped together
// if they are the same node, else opened; the one with the larger range first, so that a node shared at a lower level
// still meets itself. Entries of opened leaves are merged.
//
// Thread safety: see trie.hpp. A cursor is valid as long as both versions.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/branch.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/trie.hpp"

namespace coppice::detail {

enum class diff_kind : std::uint8_t { added, removed, changed };

template <class Leaf>
struct diff_change {
  diff_kind kind = diff_kind::added;
  typename Leaf::key_type key{};
  typename Leaf::value_type before{};  // of removed and changed
  typename Leaf::value_type after{};   // of added and changed
};

/// One side of a difference: the next node that is not opened yet, or a place in an opened leaf, or the end.
template <readable_memory Memory, class Leaf>
class diff_side {
 public:
  using Ref = typename Memory::ref_type;

  diff_side(const Memory& memory, const Leaf& leaf, Ref root) noexcept : memory_(memory), leaf_(leaf) {
    arrive(root, 0);
  }

  [[nodiscard]] bool done() const noexcept { return node_ == nullptr; }
  [[nodiscard]] bool in_leaf() const noexcept { return in_leaf_; }
  [[nodiscard]] Ref ref() const noexcept { return ref_; }
  [[nodiscard]] const std::byte* node() const noexcept { return node_; }
  [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
  /// The least hash that can follow.
  [[nodiscard]] std::uint64_t start() const noexcept { return prefix_; }
  [[nodiscard]] unsigned length() const noexcept { return depth_of(node_); }

  /// The first bits of the current entry's hash, and how many they are.
  [[nodiscard]] std::uint64_t known() const noexcept {
    return known_hash(prefix_, length(), leaf_.tag_at(node_, index_));
  }
  [[nodiscard]] unsigned known_bits() const noexcept { return length() + 8 < hash_bits ? length() + 8 : hash_bits; }
  [[nodiscard]] std::uint64_t hash() const noexcept { return leaf_.hash_at(memory_, node_, index_); }
  [[nodiscard]] typename Leaf::entry entry() const noexcept { return leaf_.entry_at(memory_, node_, index_); }

  /// Opens the node: goes into the leaf, or to the first child.
  void open() noexcept {
    assert(!done() && !in_leaf_);
    if (kind_of(node_) != node_kind::branch) {
      in_leaf_ = true;
      index_ = 0;
      return;
    }
    stack_[levels_++] = {node_, 0, prefix_};
    pass();
  }

  /// Passes over the node unread.
  void pass() noexcept {
    while (levels_ > 0) {
      level& top = stack_[levels_ - 1];
      while (top.slot < trie_fan_out) {
        const unsigned slot = top.slot;
        const Ref ref = child_of<Ref>(top.branch, slot);
        top.slot = end_of_child<Ref>(top.branch, slot);
        if (ref == Ref{}) continue;
        const unsigned spare = hash_bits - trie_branch_bits - depth_of(top.branch);
        arrive(ref, top.prefix | (std::uint64_t{slot} << spare));
        return;
      }
      --levels_;
    }
    node_ = nullptr;
  }

  /// Passes over a node that both sides have, and all that follow it in both.
  static void pass_shared(diff_side& a, diff_side& b) noexcept {
    if (a.levels_ > 0 && b.levels_ > 0) {
      level &left = a.stack_[a.levels_ - 1], &right = b.stack_[b.levels_ - 1];
      if (left.slot == right.slot && depth_of(left.branch) == depth_of(right.branch)) {
        unsigned slot = left.slot;
        while (slot < trie_fan_out && child_of<Ref>(left.branch, slot) == child_of<Ref>(right.branch, slot)) ++slot;
        left.slot = right.slot = slot;
      }
    }
    a.pass();
    b.pass();
  }

  /// Moves on to the next entry of the leaf.
  void advance() noexcept {
    assert(in_leaf_);
    if (++index_ < count_of(node_)) return;
    in_leaf_ = false;
    pass();
  }

 private:
  struct level {
    const std::byte* branch;
    unsigned slot;
    std::uint64_t prefix;
  };

  void arrive(Ref ref, std::uint64_t prefix) noexcept {
    ref_ = ref;
    prefix_ = prefix;
    node_ = ref == Ref{} ? nullptr : memory_.address(ref);
  }

  const Memory& memory_;
  const Leaf& leaf_;
  level stack_[max_branch_levels];
  unsigned levels_ = 0;
  Ref ref_{};
  const std::byte* node_ = nullptr;  // null: at the end
  std::uint64_t prefix_ = 0;         // of the node
  std::uint32_t index_ = 0;
  bool in_leaf_ = false;
};

template <readable_memory Memory, class Leaf>
class trie_diff_cursor {
 public:
  using Ref = typename Memory::ref_type;
  using change = diff_change<Leaf>;

  trie_diff_cursor(const Memory& memory, const Leaf& leaf, Ref older, Ref newer) noexcept
      : memory_(memory), leaf_(leaf), roots_{older, newer}, old_(memory, leaf, older), new_(memory, leaf, newer) {}
  trie_diff_cursor(const trie_diff_cursor&) = delete;
  trie_diff_cursor& operator=(const trie_diff_cursor&) = delete;

  /// The next change; false at the end.
  [[nodiscard]] bool next(change& out) noexcept {
    while (true) {
      if (old_.in_leaf() && new_.in_leaf()) {
        if (merge(out)) return true;
      } else if (old_.in_leaf()) {
        if (!comes_first(old_, new_)) {
          new_.open();
        } else if (pass_old(out)) {
          return true;
        }
      } else if (new_.in_leaf()) {
        if (!comes_first(new_, old_)) {
          old_.open();
        } else if (pass_new(out)) {
          return true;
        }
      } else if (old_.done() && new_.done()) {
        return false;
      } else {
        open_one();
      }
    }
  }

 private:
  using side = diff_side<Memory, Leaf>;

  /// Neither side is in a leaf, and one at least is not at its end.
  void open_one() noexcept {
    if (old_.done()) return new_.open();
    if (new_.done()) return old_.open();
    if (old_.start() != new_.start()) return old_.start() < new_.start() ? old_.open() : new_.open();
    if (old_.ref() == new_.ref()) {
      side::pass_shared(old_, new_);
      return;
    }
    const unsigned old_length = old_.length(), new_length = new_.length();
    if (old_length <= new_length) old_.open();
    if (new_length <= old_length) new_.open();
  }

  /// Whether the entry of an opened leaf stands before all that the other side has not opened yet.
  [[nodiscard]] static bool comes_first(const side& opened, const side& other) noexcept {
    if (other.done()) return true;
    return hash_prefix(other.start(), opened.known_bits()) > opened.known();
  }

  static void take(side& from, diff_kind kind, change& out) noexcept {
    const typename Leaf::entry entry = from.entry();
    out.kind = kind;
    out.key = entry.key;
    out.before = kind == diff_kind::removed ? entry.value : typename Leaf::value_type{};
    out.after = kind == diff_kind::added ? entry.value : typename Leaf::value_type{};
    from.advance();
  }

  /// Passes an entry that the other side does not have at this place. Returns whether that is a change. Keys of one
  /// hash without an order may stand anywhere among each other: those of the older side come first, each with its
  /// counterpart, and those of the newer side that are such a counterpart are passed over.
  [[nodiscard]] bool pass_old(change& out) noexcept {
    if constexpr (!Leaf::keys_ordered) {
      const typename Leaf::entry before = old_.entry();
      if (const entry_place other = counterpart(roots_[1], old_); other.node != nullptr) {
        const typename Leaf::entry after = leaf_.entry_at(memory_, other.node, other.index);
        out = {diff_kind::changed, after.key, before.value, after.value};
        old_.advance();
        return !before.value.same_as(after.value);
      }
    }
    take(old_, diff_kind::removed, out);
    return true;
  }
  [[nodiscard]] bool pass_new(change& out) noexcept {
    if constexpr (!Leaf::keys_ordered) {
      if (counterpart(roots_[0], new_).node != nullptr) {
        new_.advance();
        return false;
      }
    }
    take(new_, diff_kind::added, out);
    return true;
  }
  [[nodiscard]] entry_place counterpart(Ref root, const side& of) const noexcept {
    return trie_locate(memory_, leaf_, root, of.entry().key, of.hash());
  }

  /// Both sides are in leaves: passes the lesser entry, or two equal keys. Returns whether that is a change.
  [[nodiscard]] bool merge(change& out) noexcept {
    const unsigned bits = old_.known_bits() < new_.known_bits() ? old_.known_bits() : new_.known_bits();
    const std::uint64_t left = hash_prefix(old_.known(), bits), right = hash_prefix(new_.known(), bits);
    if (left != right) return left < right ? pass_old(out) : pass_new(out);
    const typename Leaf::entry before = old_.entry(), after = new_.entry();
    if (before.key.same_as(after.key)) {
      const bool same = before.value.same_as(after.value);
      out = {diff_kind::changed, after.key, before.value, after.value};
      old_.advance();
      new_.advance();
      return !same;
    }
    const std::uint64_t old_hash = old_.hash(), new_hash = new_.hash();
    const bool old_first = old_hash != new_hash ? old_hash < new_hash : before.key.compare(after.key) <= 0;
    return old_first ? pass_old(out) : pass_new(out);
  }

  const Memory& memory_;
  const Leaf& leaf_;
  Ref roots_[2];
  side old_;
  side new_;
};

/// Whether two leaves hold the same entries.
template <readable_memory Memory, class Leaf>
[[nodiscard]] inline bool same_leaf(const Memory& memory, const Leaf& leaf, const std::byte* a,
                                    const std::byte* b) noexcept {
  for (std::uint32_t i = 0; i < count_of(a); ++i) {
    const typename Leaf::entry left = leaf.entry_at(memory, a, i), right = leaf.entry_at(memory, b, i);
    if (left.key.same_as(right.key)) {
      if (!left.value.same_as(right.value)) return false;
    } else if constexpr (Leaf::keys_ordered) {
      return false;
    } else {  // keys of one hash stand in any order
      const leaf_position at = leaf.locate(memory, b, left.key, leaf.hash_at(memory, a, i));
      if (!at.found || !left.value.same_as(leaf.entry_at(memory, b, at.index).value)) return false;
    }
  }
  return true;
}

/// Whether two versions have the same content; skips what they share. Equal content has equal shape (T3), so nodes are
/// compared in pairs. Recursion is one call a branch level.
template <readable_memory Memory, class Leaf>
[[nodiscard]] inline bool trie_equal(const Memory& memory, const Leaf& leaf, typename Memory::ref_type a,
                                     typename Memory::ref_type b) noexcept {
  using Ref = typename Memory::ref_type;
  if (a == b) return true;
  if (a == Ref{} || b == Ref{}) return false;
  const std::byte *left = memory.address(a), *right = memory.address(b);
  if (kind_of(left) != kind_of(right) || depth_of(left) != depth_of(right) || count_of(left) != count_of(right)) {
    return false;
  }
  if (kind_of(left) != node_kind::branch) return same_leaf(memory, leaf, left, right);
  // Equal children have equal ranges. Where an empty place on the left has children on the right, the counts differ.
  for (unsigned slot = 0; slot < trie_fan_out; slot = end_of_child<Ref>(left, slot)) {
    if (!trie_equal(memory, leaf, child_of<Ref>(left, slot), child_of<Ref>(right, slot))) return false;
  }
  return true;
}

}  // namespace coppice::detail
