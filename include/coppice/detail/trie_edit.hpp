// The trie: set, erase and update of one key.
//
// All three consume the root that they are given: they return an owned root and what changed. When they fail (out of
// space) the root that they return is the one given, valid and unchanged. A caller who wants to keep the old version
// retains its root first. Nodes of this edit are changed in place, if nothing above them is shared; all others are
// copied. Everything is allocated before anything is changed.
//
// What is stored may point into the same map.
//
// Thread safety: see trie.hpp.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/leaf.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_build.hpp"
#include "coppice/detail/trie_path.hpp"

namespace coppice::detail {

enum class trie_change : std::uint8_t {
  none,  ///< the map had this content already; the root is the same
  inserted,
  replaced,
  erased,
  out_of_space,  ///< nothing changed
};

template <class Ref>
struct edit_result {
  Ref root{};
  trie_change change = trie_change::none;
};

/// What the function given to trie_update decides.
enum class update_action : std::uint8_t { keep, set, erase };

template <class Value>
struct update_decision {
  update_action action = update_action::keep;
  Value value{};  // for `set`; must stay valid until trie_update returns; may point into the map
};

template <node_memory Memory, class Leaf>
class trie_editor {
 public:
  using Ref = typename Memory::ref_type;
  using item = typename Leaf::item;
  using segment = typename Leaf::segment;
  using result = edit_result<Ref>;

  trie_editor(Memory& memory, const Leaf& leaf, Ref root, std::uint64_t hash) noexcept
      : memory_(memory), leaf_(leaf), root_(root) {
    descend<Leaf>(memory, root, hash, path_);
  }

  /// Finds the key in the leaf at the end of the path. Precondition: the key has the hash of the path. `Key` is
  /// Leaf::key_type, or what Leaf::locate takes besides; then a missing one must be located again before it is set.
  template <class Key>
  [[nodiscard]] bool locate(const Key& key) noexcept {
    if (path_.leaf == Ref{}) return false;
    at_ = leaf_.locate(memory_, path_.leaf_node, key, path_.hash);
    return at_.found;
  }
  /// The entry found. Precondition: locate() returned true.
  [[nodiscard]] auto found() const noexcept { return leaf_.entry_at(memory_, path_.leaf_node, at_.index); }

  /// Precondition: locate() was called with the item's key.
  [[nodiscard]] result set(const item& added) noexcept {
    if (path_.leaf == Ref{}) return insert_into_empty(added);
    if (at_.found && leaf_.has_value(memory_, path_.leaf_node, at_.index, added)) return {root_, trie_change::none};
    return change_leaf(&added);
  }

  /// Precondition: locate() was called.
  [[nodiscard]] result erase() noexcept {
    if (!at_.found) return {root_, trie_change::none};
    return change_leaf(nullptr);
  }

 private:
  [[nodiscard]] result finish(const new_children<Ref>& made, std::int64_t delta, trie_change change) noexcept {
    if (!commit_change(memory_, path_, made, delta, root_)) return {root_, trie_change::out_of_space};
    for (unsigned level = path_.editable_levels; level < path_.levels; ++level) {
      supersede(memory_, path_.branches[level].ref);
    }
    if (path_.leaf != Ref{} && !path_.leaf_editable) supersede(memory_, path_.leaf);
    return {root_, change};
  }
  [[nodiscard]] result no_space() const noexcept { return {root_, trie_change::out_of_space}; }

  /// A first leaf in the widest empty prefix around the place.
  [[nodiscard]] result insert_into_empty(const item& added) noexcept {
    unsigned prefix = 0;
    if (path_.levels > 0) {
      const unsigned depth = path_.depth_at(path_.levels - 1);
      const std::byte* branch = path_.branches[path_.levels - 1].node;
      prefix = depth + trie_branch_bits;
      while (prefix - 1 > depth && uniform<Ref>(branch, range_of(path_.hash, depth, prefix - 1))) --prefix;
    }
    const segment only{nullptr, &added, 0, 1, 0};
    const Ref made = leaf_.make(memory_, prefix, &only, 1);
    if (made == Ref{}) return no_space();
    return finish({path_.levels, prefix, made, nullptr}, 1, trie_change::inserted);
  }

  /// Inserts or replaces an entry of the leaf, or removes the one found if `added` is null.
  [[nodiscard]] result change_leaf(const item* added) noexcept {
    const std::byte* node = path_.leaf_node;
    const unsigned depth = depth_of(node);
    const std::uint32_t removed = at_.found ? 1 : 0;
    const typename Leaf::change wanted = leaf_.plan(node, at_.index, removed, added, path_.leaf_editable);
    const std::int64_t delta = (added != nullptr ? 1 : 0) - std::int64_t{removed};
    const trie_change change = added == nullptr ? trie_change::erased
                               : removed != 0   ? trie_change::replaced
                                                : trie_change::inserted;
    // Only what was added can make a leaf too large: a removal leaves it as it was, or of one hash.
    if (added != nullptr && !leaf_.fits(wanted.size) && !stays_one_hash(added, removed)) {
      return split(*added, removed, delta, change);
    }
    if (wanted.shrinks() && may_widen(wanted.size)) {
      gathered all(*this, added, removed, wanted.size);
      if (all.prefix != depth || wanted.size.count == 0) {
        Ref made{};
        if (all.size.count != 0) {
          made = leaf_.make(memory_, all.prefix, all.parts, all.part_count);
          if (made == Ref{}) return no_space();
        }
        return finish({all.levels, all.prefix, made, nullptr}, delta, change);
      }
    }
    if (path_.leaf_editable && leaf_.edit(memory_.writable(path_.leaf), wanted)) {
      if (delta != 0) {
        for (unsigned i = 0; i < path_.levels; ++i) add_to_count(memory_.writable(path_.branches[i].ref), delta);
      }
      return {root_, change};
    }
    const Ref made = leaf_.splice(memory_, node, hash_prefix(path_.hash, depth), wanted);
    if (made == Ref{}) return no_space();
    return finish({path_.levels, depth, made, nullptr}, delta, change);
  }

  /// Whether a leaf that has shrunk to `size` forms one leaf with its sibling, or is empty and may let the sibling
  /// widen.
  [[nodiscard]] bool may_widen(const leaf_measure& size) const noexcept {
    if (size.count == 0) return true;
    if (path_.levels == 0) return false;
    const unsigned prefix = depth_of(path_.leaf_node), depth = path_.depth_at(path_.levels - 1);
    const slot_range range = range_of(path_.hash ^ (std::uint64_t{1} << (hash_bits - prefix)), depth, prefix);
    const std::byte* branch = path_.branches[path_.levels - 1].node;
    if (!uniform<Ref>(branch, range)) return false;
    const Ref ref = child_of<Ref>(branch, range.first);
    if (ref == Ref{}) return true;
    const std::byte* node = memory_.address(ref);
    if (kind_of(node) == node_kind::branch) return false;
    if (count_of(node) + size.count > Leaf::max_entries) return false;
    const leaf_measure other = leaf_.measure(node);
    return leaf_.fits({size.count + other.count, size.bytes + other.bytes});
  }

  /// Whether a leaf that is too large afterwards still holds one hash.
  [[nodiscard]] bool stays_one_hash(const item* added, std::uint32_t removed) const noexcept {
    const std::byte* node = path_.leaf_node;
    if (count_of(node) == removed) return true;
    if (!has_one_hash(leaf_, memory_, node)) return false;
    return added == nullptr || leaf_.hash_at(memory_, node, 0) == added->hash;
  }

  [[nodiscard]] result split(const item& added, std::uint32_t removed, std::int64_t delta,
                             trie_change change) noexcept {
    const std::byte* node = path_.leaf_node;
    const unsigned prefix = depth_of(node);
    const std::uint64_t bits = hash_prefix(path_.hash, prefix);
    const segment parts[3] = {{node, nullptr, 0, at_.index, bits},
                              {nullptr, &added, 0, 1, 0},
                              {node, nullptr, at_.index + removed, count_of(node), bits}};
    trie_builder<Memory, Leaf> builder(memory_, leaf_, parts, 3, path_.leaf_editable);
    const unsigned end_of_branch = path_.levels * trie_branch_bits;
    if (path_.levels == 0 || prefix == end_of_branch) {  // a leaf in one slot, or the root, becomes a branch
      const Ref made = builder.node(0, builder.size(), prefix);
      if (made == Ref{}) return no_space();
      return finish({path_.levels, prefix, made, nullptr}, delta, change);
    }
    const unsigned depth = path_.depth_at(path_.levels - 1);
    const slot_range range = range_of(path_.hash, depth, prefix);
    Ref children[trie_fan_out] = {};
    if (!builder.fill(0, builder.size(), depth, range, children)) return no_space();
    return finish({path_.levels, prefix, Ref{}, children}, delta, change);
  }

  /// The shortest prefix that is one leaf after an entry has shrunk or gone, and what it holds.
  struct gathered {
    static constexpr unsigned capacity = 2 * (Leaf::max_entries + 3);
    segment store_[capacity];
    segment* parts = store_ + capacity / 2;
    unsigned part_count = 0;
    unsigned levels;
    unsigned prefix;
    leaf_measure size;

    gathered(const trie_editor& edit, const item* added, std::uint32_t removed, const leaf_measure& changed) noexcept
        : levels(edit.path_.levels), prefix(depth_of(edit.path_.leaf_node)), size(changed) {
      const std::byte* node = edit.path_.leaf_node;
      const std::uint64_t bits = hash_prefix(edit.path_.hash, prefix);
      if (edit.at_.index > 0) parts[part_count++] = {node, nullptr, 0, edit.at_.index, bits};
      if (added != nullptr) parts[part_count++] = {nullptr, added, 0, 1, 0};
      const std::uint32_t rest = edit.at_.index + removed;
      if (rest < count_of(node)) parts[part_count++] = {node, nullptr, rest, count_of(node), bits};
      while (levels > 0 && prefix > 0 && widen(edit)) {
        if (prefix == trie_path<Ref>::depth_at(levels - 1)) --levels;
      }
    }

    /// Takes in the sibling of the prefix, if the two are one leaf.
    [[nodiscard]] bool widen(const trie_editor& edit) noexcept {
      const std::uint64_t sibling = hash_prefix(edit.path_.hash, prefix) ^ (std::uint64_t{1} << (hash_bits - prefix));
      const std::byte* branch = edit.path_.branches[levels - 1].node;
      const slot_range range = range_of(sibling, trie_path<Ref>::depth_at(levels - 1), prefix);
      if (!uniform<Ref>(branch, range)) return false;
      const Ref ref = child_of<Ref>(branch, range.first);
      if (ref != Ref{}) {
        const std::byte* node = edit.memory_.address(ref);
        if (kind_of(node) == node_kind::branch) return false;
        const leaf_measure other = edit.leaf_.measure(node);
        const leaf_measure both{size.count + other.count, size.bytes + other.bytes};
        if (size.count != 0 && !edit.leaf_.fits(both)) return false;
        const segment all{node, nullptr, 0, static_cast<std::uint32_t>(other.count), sibling};
        if (sibling < edit.path_.hash) {
          *--parts = all;
        } else {
          parts[part_count] = all;
        }
        ++part_count;
        size = both;
      }
      --prefix;
      return true;
    }
  };

  Memory& memory_;
  const Leaf& leaf_;
  Ref root_;
  trie_path<Ref> path_;
  leaf_position at_{};
};

/// Stores an entry. Consumes `root`.
template <node_memory Memory, class Leaf>
[[nodiscard]] inline edit_result<typename Memory::ref_type> trie_set(Memory& memory, const Leaf& leaf,
                                                                     typename Memory::ref_type root,
                                                                     const typename Leaf::item& added) noexcept {
  trie_editor<Memory, Leaf> editor(memory, leaf, root, added.hash);
  (void)editor.locate(Leaf::key_of(added));
  return editor.set(added);
}
template <node_memory Memory, class Leaf>
[[nodiscard]] inline edit_result<typename Memory::ref_type> trie_set(Memory& memory, const Leaf& leaf,
                                                                     typename Memory::ref_type root,
                                                                     const typename Leaf::key_type& key,
                                                                     const typename Leaf::value_type& value) noexcept {
  return trie_set(memory, leaf, root, leaf.make_item(key, value));
}

/// Removes a key. Consumes `root`.
template <node_memory Memory, class Leaf>
[[nodiscard]] inline edit_result<typename Memory::ref_type> trie_erase(Memory& memory, const Leaf& leaf,
                                                                       typename Memory::ref_type root,
                                                                       const typename Leaf::key_type& key) noexcept {
  trie_editor<Memory, Leaf> editor(memory, leaf, root, leaf.hash(key));
  if (!editor.locate(key)) return {root, trie_change::none};
  return editor.erase();
}

/// Reads, modifies and writes one key: `f(const value_type* old) -> update_decision<value_type>`, old null where the
/// key is missing. Consumes `root`.
template <node_memory Memory, class Leaf, class F>
[[nodiscard]] inline edit_result<typename Memory::ref_type> trie_update(Memory& memory, const Leaf& leaf,
                                                                        typename Memory::ref_type root,
                                                                        const typename Leaf::key_type& key, F&& f) {
  using value_type = typename Leaf::value_type;
  const std::uint64_t hash = leaf.hash(key);
  trie_editor<Memory, Leaf> editor(memory, leaf, root, hash);
  update_decision<value_type> decision;
  if (editor.locate(key)) {
    const value_type old = editor.found().value;
    decision = std::forward<F>(f)(&old);
  } else {
    decision = std::forward<F>(f)(static_cast<const value_type*>(nullptr));
  }
  if (decision.action == update_action::set) return editor.set(typename Leaf::item{hash, key, decision.value});
  if (decision.action == update_action::erase) return editor.erase();
  return {root, trie_change::none};
}

}  // namespace coppice::detail
