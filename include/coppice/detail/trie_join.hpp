// Joining two versions: union, intersection and difference by structural recursion. Subtrees that the two share, and
// those that only one of them has, are taken over or left out unread.
//
// The two tries are walked together, a branch at a time; in each pair of branches the widest blocks of slots are paired
// in which one side at least is a single leaf or empty:
//   - one side empty, or both the same node: nothing is read;
//   - branch and branch: recursion, at most 64 / W deep;
//   - leaf and leaf: their entries are merged, and built anew if that is neither of the two;
//   - leaf and tree: an intersection, or a difference with the leaf on the left, is the leaf filtered. Otherwise the
//   tree is
//     taken over, and a second walk applies the leaf's entries to the result one by one: few by nature. Leaves of more
//     than B colliding entries are treated likewise.
// A result that is one of the inputs is returned as that very node.
//
// Ownership: the inputs stay the caller's; the result is owned. The result shares nodes with the inputs, hence in a
// memory that goes by tokens no node of the inputs may carry the current one.
//
// Thread safety: see trie.hpp.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/leaf.hpp"
#include "coppice/detail/memory.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_build.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "coppice/detail/trie_path.hpp"

namespace coppice::detail {

enum class join_operation : std::uint8_t { set_union, set_intersection, set_difference };
enum class join_side : std::uint8_t { left, right };

/// `Choose` is `join_side(const Leaf::entry& left, const Leaf::entry& right)`, asked for keys whose values differ.
template <node_memory Memory, class Leaf, class Choose>
class trie_joiner {
 public:
  using Ref = typename Memory::ref_type;
  using item = typename Leaf::item;

  trie_joiner(Memory& memory, const Leaf& leaf, join_operation operation, Ref left, Ref right, Choose& choose) noexcept
      : memory_(memory), leaf_(leaf), choose_(choose), operation_(operation), roots_{left, right} {}

  [[nodiscard]] build_result<Ref> join() noexcept {
    Ref result{};
    const block all{{&roots_[0], &roots_[1]}, 1};
    if (!join_block(all, 0, {0, 1}, &result)) return {};
    if (!later_) return {result, true};
    result_ = result;
    if (apply_block(all)) return {result_, true};
    if (result_ != Ref{}) memory_.release(result_);
    return {};
  }

 private:
  /// The children of both sides for the same slots.
  struct block {
    const Ref* sides[2];
    unsigned width;

    [[nodiscard]] block part(unsigned first, unsigned size) const noexcept {
      return {{sides[0] + first, sides[1] + first}, size};
    }
    [[nodiscard]] bool uniform(unsigned side) const noexcept {
      for (unsigned i = 1; i < width; ++i) {
        if (sides[side][i] != sides[side][0]) return false;
      }
      return true;
    }
  };

  /// What to do with a block.
  enum class plan : std::uint8_t { halve, nothing, take_left, take_right, recurse, merge, filter, later };

  [[nodiscard]] plan plan_for(const block& at) const noexcept {
    const bool one[2] = {at.uniform(0), at.uniform(1)};
    if (!one[0] && !one[1]) return plan::halve;
    const Ref left = at.sides[0][0], right = at.sides[1][0];
    if (one[0] && one[1] && left == right) {
      return left == Ref{} || operation_ == join_operation::set_difference ? plan::nothing : plan::take_left;
    }
    if (one[0] && left == Ref{}) return operation_ == join_operation::set_union ? plan::take_right : plan::nothing;
    if (one[1] && right == Ref{}) {
      return operation_ == join_operation::set_intersection ? plan::nothing : plan::take_left;
    }
    const bool leaf[2] = {one[0] && is_leaf(left), one[1] && is_leaf(right)};
    if (leaf[0] && leaf[1]) return is_small(left) && is_small(right) ? plan::merge : plan::later;
    if (!leaf[0] && !leaf[1]) return plan::recurse;
    if (operation_ == join_operation::set_union) return plan::later;
    if (operation_ == join_operation::set_difference && leaf[1]) return plan::later;
    return is_small(leaf[0] ? left : right) ? plan::filter : plan::later;
  }

  [[nodiscard]] bool is_leaf(Ref ref) const noexcept { return Leaf::is_leaf(kind_of(memory_.address(ref))); }
  [[nodiscard]] bool is_small(Ref ref) const noexcept { return count_of(memory_.address(ref)) <= Leaf::max_entries; }
  [[nodiscard]] bool one_leaf(const block& at, unsigned side) const noexcept {
    return at.uniform(side) && at.sides[side][0] != Ref{} && is_leaf(at.sides[side][0]);
  }

  /// In a block for later: the side that is taken over now, and completed from the other side's entries, or in the case
  /// of a filter whose leaf is too large, from its own.
  [[nodiscard]] unsigned kept_side(const block& at) const noexcept {
    const bool leaf[2] = {one_leaf(at, 0), one_leaf(at, 1)};
    if (operation_ == join_operation::set_difference) return 0;
    if (leaf[0] != leaf[1]) {
      const unsigned leaf_side = leaf[0] ? 0 : 1;
      return operation_ == join_operation::set_union ? 1 - leaf_side : leaf_side;
    }
    const std::uint32_t counts[2] = {count_of(memory_.address(at.sides[0][0])),
                                     count_of(memory_.address(at.sides[1][0]))};
    return operation_ == join_operation::set_union ? counts[0] < counts[1] : counts[1] < counts[0];
  }

  void share(const Ref* from, unsigned width, Ref* out) noexcept {
    each_distinct(from, width, [&](Ref ref) { memory_.retain(ref); });
    for (unsigned i = 0; i < width; ++i) out[i] = from[i];
  }
  void drop(const Ref* refs, unsigned width) noexcept {
    each_distinct(refs, width, [&](Ref ref) { memory_.release(ref); });
  }

  // ---- first walk: everything but what is left for later

  /// Joins the children of a block of the branches at `depth` into `out`, which is null. False: out of space, `out` is
  /// null.
  [[nodiscard]] bool join_block(const block& at, unsigned depth, slot_range range, Ref* out) noexcept {
    switch (plan_for(at)) {
      case plan::nothing:
        return true;
      case plan::take_left:
        share(at.sides[0], at.width, out);
        return true;
      case plan::take_right:
        share(at.sides[1], at.width, out);
        return true;
      case plan::later:
        later_ = true;
        share(at.sides[kept_side(at)], at.width, out);
        return true;
      case plan::merge:
        return merge_leaves(at, depth, range, out);
      case plan::filter:
        return filter_leaf(at, out);
      case plan::recurse:
        return join_branches(memory_.address(at.sides[0][0]), memory_.address(at.sides[1][0]), at, out);
      case plan::halve:
        break;
    }
    assert(false && "a single slot is never halved");
    return false;
  }

  [[nodiscard]] bool join_branches(const std::byte* left, const std::byte* right, const block& parent,
                                   Ref* out) noexcept {
    Ref children[2][trie_fan_out];
    load_children(left, children[0]);
    load_children(right, children[1]);
    const block all{{children[0], children[1]}, trie_fan_out};
    const unsigned depth = depth_of(left);
    Ref made[trie_fan_out] = {};
    for (unsigned first = 0; first < trie_fan_out;) {
      const unsigned width = next_width(all, first);
      if (!join_block(all.part(first, width), depth, {first, width}, made + first)) {
        drop(made, trie_fan_out);
        return false;
      }
      first += width;
    }
    for (unsigned side = 0; side < 2; ++side) {
      if (std::memcmp(made, children[side], sizeof(made)) != 0) continue;
      drop(made, trie_fan_out);
      share(parent.sides[side], 1, out);
      return true;
    }
    if (operation_ != join_operation::set_union && !merge_small(made, depth, out)) {
      drop(made, trie_fan_out);
      return false;
    }
    if (*out != Ref{} || is_empty(made)) return true;
    *out = make_branch(made, depth);
    if (*out == Ref{}) drop(made, trie_fan_out);
    return *out != Ref{};
  }

  static void load_children(const std::byte* branch, Ref* children) noexcept {
    for (unsigned slot = 0; slot < trie_fan_out; ++slot) children[slot] = child_of<Ref>(branch, slot);
  }
  /// The widest aligned block from `first` on that need not be halved.
  [[nodiscard]] unsigned next_width(const block& all, unsigned first) const noexcept {
    unsigned width = trie_fan_out;
    while ((first & (width - 1)) != 0 ||
           (width > 1 && !all.part(first, width).uniform(0) && !all.part(first, width).uniform(1))) {
      width >>= 1;
    }
    return width;
  }
  [[nodiscard]] static bool is_empty(const Ref* refs) noexcept {
    for (unsigned slot = 0; slot < trie_fan_out; ++slot) {
      if (refs[slot] != Ref{}) return false;
    }
    return true;
  }

  [[nodiscard]] Ref make_branch(const Ref* children, unsigned depth) noexcept {
    const auto made = memory_.allocate(branch_bytes<Ref>);
    if (made.address == nullptr) return {};
    std::uint32_t count = 0;
    each_distinct(children, trie_fan_out, [&](Ref ref) { count += count_of(memory_.address(ref)); });
    write_header(made.address, node_kind::branch, depth, branch_bytes<Ref>, count, memory_.edit_token());
    for (unsigned slot = 0; slot < trie_fan_out; ++slot) set_child(made.address, slot, children[slot]);
    return made.ref;
  }

  /// Entries for a new leaf, or for a leaf that has to be split.
  struct item_list {
    item items[2 * Leaf::max_entries];
    unsigned size = 0;
    unsigned from[2] = {0, 0};  // how many came from each side

    void add(const Memory& memory, const Leaf& leaf, const std::byte* node, std::uint32_t index,
             unsigned side) noexcept {
      items[size++] = leaf.item_at(memory, node, index);
      ++from[side];
    }
  };

  /// The order in which the entries of a right leaf are met. Where keys of one hash have no order, the counterpart of
  /// the left entry is brought forward.
  class place_order {
   public:
    place_order() noexcept {
      if constexpr (!Leaf::keys_ordered) {
        for (std::uint32_t i = 0; i < Leaf::max_entries; ++i) places_[i] = i;
      }
    }
    [[nodiscard]] std::uint32_t operator[](std::uint32_t index) const noexcept {
      if constexpr (Leaf::keys_ordered) return index;
      return index < Leaf::max_entries ? places_[index] : index;
    }
    void match(const trie_joiner& join, const std::byte* const* nodes, const std::uint32_t* next) noexcept {
      if constexpr (!Leaf::keys_ordered) {
        const std::uint64_t hash = join.leaf_.hash_at(join.memory_, nodes[0], next[0]);
        if (join.leaf_.hash_at(join.memory_, nodes[1], places_[next[1]]) != hash) return;
        const auto left = join.leaf_.entry_at(join.memory_, nodes[0], next[0]);
        const leaf_position found = join.leaf_.locate(join.memory_, nodes[1], left.key, hash);
        for (std::uint32_t i = next[1]; found.found && i < Leaf::max_entries; ++i) {
          if (places_[i] == found.index) std::swap(places_[i], places_[next[1]]);
        }
      }
    }

   private:
    std::uint32_t places_[Leaf::keys_ordered ? 1 : Leaf::max_entries];
  };

  /// Two small leaves of the same prefix.
  [[nodiscard]] bool merge_leaves(const block& at, unsigned depth, slot_range range, Ref* out) noexcept {
    const std::byte* nodes[2] = {memory_.address(at.sides[0][0]), memory_.address(at.sides[1][0])};
    item_list list;
    place_order right_places;
    std::uint32_t next[2] = {0, 0};  // in the right leaf, by way of right_places
    const std::uint32_t counts[2] = {count_of(nodes[0]), count_of(nodes[1])};
    while (next[0] < counts[0] || next[1] < counts[1]) {
      if (next[0] < counts[0] && next[1] < counts[1]) right_places.match(*this, nodes, next);
      const std::uint32_t index[2] = {next[0], right_places[next[1]]};
      const int order = next[0] == counts[0]   ? 1
                        : next[1] == counts[1] ? -1
                                               : compare(nodes[0], index[0], nodes[1], index[1]);
      if (order == 0) {
        if (operation_ != join_operation::set_difference) {
          const unsigned side = choose({nodes[0], index[0]}, {nodes[1], index[1]});
          list.add(memory_, leaf_, nodes[side], index[side], side);
          if (side == 0) same_as_right(list, nodes, index);
        }
        ++next[0];
        ++next[1];
        continue;
      }
      const unsigned side = order < 0 ? 0 : 1;
      if (operation_ == join_operation::set_union || (operation_ == join_operation::set_difference && side == 0)) {
        list.add(memory_, leaf_, nodes[side], index[side], side);
      }
      ++next[side];
    }
    for (unsigned side = 0; side < 2; ++side) {
      if (list.from[side] != list.size || list.size != counts[side]) continue;
      share(at.sides[side], at.width, out);
      return true;
    }
    return put_items(list, depth_of(nodes[0]), depth, range, out);
  }

  /// An entry taken from the left that the right has too, value and all, counts for both.
  void same_as_right(item_list& list, const std::byte* const* nodes, const std::uint32_t* index) noexcept {
    if (leaf_.entry_at(memory_, nodes[0], index[0]).value.same_as(leaf_.entry_at(memory_, nodes[1], index[1]).value)) {
      ++list.from[1];
    }
  }

  /// Builds what a block holds: nothing, a leaf, or more.
  [[nodiscard]] bool put_items(const item_list& list, unsigned prefix, unsigned depth, slot_range range,
                               Ref* out) noexcept {
    if (list.size == 0) return true;
    const typename Leaf::segment all{nullptr, list.items, 0, list.size, 0};
    trie_builder<Memory, Leaf> builder(memory_, leaf_, &all, 1);
    if (!builder.one_leaf(0, list.size) && range.width > 1) return builder.fill(0, list.size, depth, range, out);
    const Ref made =
        builder.one_leaf(0, list.size) ? leaf_.make(memory_, prefix, &all, 1) : builder.node(0, list.size, prefix);
    for (unsigned i = 0; i < range.width; ++i) out[i] = made;
    return made != Ref{};
  }

  [[nodiscard]] int compare(const std::byte* a, std::uint32_t i, const std::byte* b, std::uint32_t j) const noexcept {
    const std::uint8_t left_tag = leaf_.tag_at(a, i), right_tag = leaf_.tag_at(b, j);
    if (left_tag != right_tag) return left_tag < right_tag ? -1 : 1;
    const auto left = leaf_.entry_at(memory_, a, i), right = leaf_.entry_at(memory_, b, j);
    if (left.key.same_as(right.key)) return 0;
    const std::uint64_t left_hash = leaf_.hash_at(memory_, a, i), right_hash = leaf_.hash_at(memory_, b, j);
    if (left_hash != right_hash) return left_hash < right_hash ? -1 : 1;
    return left.key.compare(right.key) <= 0 ? -1 : 1;  // without an order the left one comes first
  }

  /// Which of two entries with the same key stays.
  [[nodiscard]] unsigned choose(const entry_place& left, const entry_place& right) noexcept {
    const auto a = leaf_.entry_at(memory_, left.node, left.index), b = leaf_.entry_at(memory_, right.node, right.index);
    if (a.value.same_as(b.value)) return 0;
    return choose_(a, b) == join_side::left ? 0 : 1;
  }

  /// A small leaf without the entries that the other side rules out.
  [[nodiscard]] bool filter_leaf(const block& at, Ref* out) noexcept {
    const unsigned side = one_leaf(at, 0) ? 0 : 1;
    const std::byte* node = memory_.address(at.sides[side][0]);
    item_list list;
    for (std::uint32_t i = 0; i < count_of(node); ++i) {
      const entry_place other = find_in(1 - side, node, i);
      if (operation_ == join_operation::set_difference) {
        if (other.node == nullptr) list.add(memory_, leaf_, node, i, side);
      } else if (other.node != nullptr) {
        const entry_place mine{node, i};
        const bool keep = choose(side == 0 ? mine : other, side == 0 ? other : mine) == side || same_value(mine, other);
        list.add(memory_, leaf_, keep ? node : other.node, keep ? i : other.index, keep ? side : 1 - side);
      }
    }
    if (list.from[side] == count_of(node)) {
      share(at.sides[side], at.width, out);
      return true;
    }
    if (list.size == 0) return true;
    const typename Leaf::segment all{nullptr, list.items, 0, list.size, 0};
    trie_builder<Memory, Leaf> builder(memory_, leaf_, &all, 1);
    if (!builder.one_leaf(0, list.size)) {  // the other side's values are larger
      later_ = true;
      share(at.sides[side], at.width, out);
      return true;
    }
    const Ref made = leaf_.make(memory_, depth_of(node), &all, 1);
    for (unsigned i = 0; i < at.width; ++i) out[i] = made;
    return made != Ref{};
  }

  [[nodiscard]] entry_place find_in(unsigned side, const std::byte* node, std::uint32_t index) const noexcept {
    const auto entry = leaf_.entry_at(memory_, node, index);
    return trie_locate(memory_, leaf_, roots_[side], entry.key, leaf_.hash_at(memory_, node, index));
  }
  [[nodiscard]] bool same_value(const entry_place& a, const entry_place& b) const noexcept {
    return leaf_.entry_at(memory_, a.node, a.index).value.same_as(leaf_.entry_at(memory_, b.node, b.index).value);
  }

  /// Merges leaves side by side that are one leaf by now, and moves up one that is left alone. If the whole branch has
  /// become a leaf, that is `out`. False: out of space.
  [[nodiscard]] bool merge_small(Ref* children, unsigned depth, Ref* out) noexcept {
    for (unsigned width = trie_fan_out; width > 1; width >>= 1) {
      for (unsigned first = 0; first < trie_fan_out; first += width) {
        if (!merge_range(children + first, width, depth, out)) return false;
        if (*out != Ref{}) return true;
      }
    }
    return true;
  }

  [[nodiscard]] bool merge_range(Ref* children, unsigned width, unsigned depth, Ref* out) noexcept {
    leaf_measure sum{};
    Ref distinct[trie_fan_out];
    unsigned leaves = 0;
    bool all_leaves = true;
    each_distinct(children, width, [&](Ref ref) {
      distinct[leaves++] = ref;
      if (!is_leaf(ref)) {
        all_leaves = false;
        return;
      }
      const leaf_measure size = leaf_.measure(memory_.address(ref));
      sum = {sum.count + size.count, sum.bytes + size.bytes};
    });
    if (leaves == 0 || !all_leaves) return true;
    const unsigned prefix = prefix_of_width(depth, width);
    const std::byte* only = memory_.address(distinct[0]);
    if (leaves == 1 ? depth_of(only) <= prefix : !leaf_.fits(sum)) return true;
    typename Leaf::segment parts[trie_fan_out];
    for (unsigned i = 0; i < leaves; ++i) {
      const std::byte* node = memory_.address(distinct[i]);
      parts[i] = {node, nullptr, 0, count_of(node), hash_prefix(leaf_.hash_at(memory_, node, 0), depth_of(node))};
    }
    const Ref made = leaf_.make(memory_, prefix, parts, leaves);
    if (made == Ref{}) return false;
    drop(children, width);
    for (unsigned i = 0; i < width; ++i) children[i] = made;
    if (width == trie_fan_out) *out = made;
    return true;
  }

  // ---- second walk: entries that were left for later

  [[nodiscard]] bool apply_block(const block& at) noexcept {
    const plan what = plan_for(at);
    if (what == plan::recurse) return apply_branches(memory_.address(at.sides[0][0]), memory_.address(at.sides[1][0]));
    if (what != plan::later && what != plan::filter) return true;
    const unsigned kept = what == plan::filter ? (one_leaf(at, 0) ? 0U : 1U) : kept_side(at);
    const bool from_kept = what == plan::filter || operation_ == join_operation::set_intersection ||
                           (operation_ == join_operation::set_difference && one_leaf(at, 0));
    const unsigned side = from_kept ? kept : 1 - kept;
    const std::byte* node = memory_.address(at.sides[side][0]);
    for (std::uint32_t i = 0; i < count_of(node); ++i) {
      if (!apply_entry(side, {node, i}, find_in(1 - side, node, i))) return false;
    }
    return true;
  }

  [[nodiscard]] bool apply_branches(const std::byte* left, const std::byte* right) noexcept {
    Ref children[2][trie_fan_out];
    load_children(left, children[0]);
    load_children(right, children[1]);
    const block all{{children[0], children[1]}, trie_fan_out};
    for (unsigned first = 0; first < trie_fan_out;) {
      const unsigned width = next_width(all, first);
      if (!apply_block(all.part(first, width))) return false;
      first += width;
    }
    return true;
  }

  /// Makes the result right for one key. It is a no-op where the first walk has done so (T6).
  [[nodiscard]] bool apply_entry(unsigned side, const entry_place& mine, const entry_place& other) noexcept {
    const bool both = other.node != nullptr;
    const entry_place& left = side == 0 ? mine : other;
    const bool wanted = operation_ == join_operation::set_union          ? true
                        : operation_ == join_operation::set_intersection ? both
                                                                         : left.node != nullptr && !both;
    const item mine_item = leaf_.item_at(memory_, mine.node, mine.index);
    trie_editor<Memory, Leaf> editor(memory_, leaf_, result_, mine_item.hash);
    const bool found = editor.locate(Leaf::key_of(mine_item));
    edit_result<Ref> done{result_, trie_change::none};
    if (!wanted) {
      if (found) done = editor.erase();
    } else if (!both || choose(left, side == 0 ? other : mine) == side) {
      done = editor.set(mine_item);
    } else {
      done = editor.set(leaf_.item_at(memory_, other.node, other.index));
    }
    result_ = done.root;
    return done.change != trie_change::out_of_space;
  }

  Memory& memory_;
  const Leaf& leaf_;
  Choose& choose_;
  join_operation operation_;
  Ref roots_[2];
  Ref result_{};
  bool later_ = false;
};

/// Joins two versions. `choose(left entry, right entry)` says whose value stays where both have a key with different
/// values (not asked by a difference). `ok` is false when there was no space; then nothing is left behind.
template <node_memory Memory, class Leaf, class Choose>
[[nodiscard]] inline build_result<typename Memory::ref_type> trie_join(Memory& memory, const Leaf& leaf,
                                                                       join_operation operation,
                                                                       typename Memory::ref_type left,
                                                                       typename Memory::ref_type right,
                                                                       Choose&& choose) noexcept {
  return trie_joiner<Memory, Leaf, std::remove_reference_t<Choose>>(memory, leaf, operation, left, right, choose)
      .join();
}

}  // namespace coppice::detail
