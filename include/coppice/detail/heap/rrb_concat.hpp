// Concatenation of two versions.
//
// The trees are joined along the seam: the last node of the left one and the first of the right one at each height. At
// each height from the leaves up, the nodes below those of the seam form one list; where it is longer than it need be
// by more than `slack`, its thinnest nodes are dissolved into their neighbours (after the concatenation of L'orange
// 2014). So at each height the nodes of the list are at most `slack` more than their slots need, and a concatenation
// adds a level only where these do not fit under one root. That holds along the seam of this concatenation. Later ones
// may combine nodes of several lists, and what is below them with it; the height is kept low all the same (R5): where a
// level would be added that R5 does not allow, the result is made anew from the leaves (rrb_low.hpp). Before that, the
// two leaves at the seam become one if they fit in one: a vector that was cut and is put together again has the tree
// that it had.
//
// Nodes along the seam are taken apart, not copied, where nobody else has them. No count is changed before all nodes
// are made; then `settle` makes good who owns what. If it comes to a failure, the new nodes are freed and that is all.
//
// Ownership and failure: see rrb_edit.hpp.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <memory>
#include <utility>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_branch.hpp"
#include "coppice/detail/heap/rrb_edit.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_leaf.hpp"
#include "coppice/detail/heap/rrb_low.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

/// How many nodes a list may have more than it needs.
template <class Layout>
inline constexpr std::uint32_t rrb_slack = Layout::width >= 8 ? 2 : 1;

/// One of the two versions: the nodes of its tree along the seam, and what becomes of their children.
template <class Layout>
struct rrb_seam_side {
  struct level {
    std::byte* node;  // a branch of this height
    std::uint64_t size;
    std::uint32_t mixed;  // bit i: what child i held has gone to new nodes
  };

  rrb_version version;
  bool owned;                    // the version is consumed
  bool left;                     // the seam is at its end
  std::uint32_t root_mixed = 0;  // of a tree that is one leaf
  level levels[Layout::max_height + 1];

  rrb_seam_side(const rrb_version& of, bool consumed, bool is_left) noexcept
      : version(of), owned(consumed), left(is_left) {
    std::byte* node = of.root;
    std::uint64_t size = of.tree_size;
    for (unsigned height = of.height; height > 0; --height) {
      levels[height] = {node, size, 0};
      const rrb_place at = rrb_child_at<Layout>(node, height, size, left ? count_of(node) - 1 : 0);
      node = Layout::child(node, at.slot);
      size = at.end - at.first;
    }
  }
  /// Children [from, to) of the branch at a height are listed one below: not the one that is itself along the seam.
  [[nodiscard]] std::uint32_t from(unsigned height) const noexcept { return height > 1 && !left ? 1 : 0; }
  [[nodiscard]] std::uint32_t to(unsigned height) const noexcept {
    return count_of(levels[height].node) - (height > 1 && left ? 1U : 0U);
  }
};

template <class Memory, class Layout>
class rrb_concatenation {
 public:
  rrb_concatenation(Memory& memory, const rrb_version& left, bool left_owned, const rrb_version& right,
                    bool right_owned) noexcept
      : memory_(memory), left_(left, left_owned, true), right_(right, right_owned, false) {}

  /// Precondition: the left version is not empty, the right one has a tree. False: nothing was changed.
  [[nodiscard]] bool run(rrb_version& result) noexcept {
    const unsigned top = std::max({left_.version.height, right_.version.height, 1U});
    for (unsigned height = 1; height <= Layout::max_height && join(height); ++height) {
      if (height < top || below_count_ > Layout::width) continue;
      rrb_version made{below_[0].ref, right_.version.tail, left_.version.size() + right_.version.tree_size,
                       right_.version.tail_count, height - 1};
      if (below_count_ > 1) {
        if (height > top && !Layout::is_low(height, made.tree_size)) [[unlikely]] {
          undo();
          return join_leaves(result);
        }
        made.root = rrb_make_branch<Layout>(memory_, height, below_, below_count_);
        if (made.root == nullptr) break;
        made.height = height;
      }
      settle_leaf(left_.version.tail, left_.owned, left_tail_mixed_);
      settle(left_);
      settle(right_);
      settle_leaf(right_.version.tail, right_.owned, 0);
      result = made;
      return true;
    }
    undo();
    return false;
  }

 private:
  using side = rrb_seam_side<Layout>;
  static constexpr std::uint32_t most = 2 * Layout::width + 1;  // nodes in a list

  /// A node of the list.
  struct piece {
    std::byte* ref;  // null: still to be made of the children in below_ from `first` on
    std::uint64_t size;
    std::uint32_t slots;   // children, or elements of a leaf
    std::uint32_t first;   // in below_
    std::uint32_t* mixed;  // gets `bit` if what the node holds goes to new nodes
    std::uint32_t bit;
  };

  /// Lists the nodes at height - 1 along the seam, evens them out, and leaves them in below_.
  [[nodiscard]] bool join(unsigned height) noexcept {
    piece_count_ = 0;
    list(left_, height);
    if (height == 1) {
      list_leaf(left_.version.tail, left_.version.tail_count, left_tail_mixed_);
    } else {
      list_below();
    }
    const std::uint32_t seam = piece_count_;
    list(right_, height);
    std::uint32_t plan[most];
    const std::uint32_t planned = even_out(height, seam, plan);
    rrb_child made[most];
    piece_ = offset_ = 0;
    for (std::uint32_t i = 0; i < planned; ++i) {
      made[i] = build(height - 1, plan[i]);
      if (made[i].ref == nullptr) return false;
    }
    std::copy_n(made, planned, below_);
    below_count_ = planned;
    return true;
  }

  void list(side& from, unsigned height) noexcept {
    if (from.version.root == nullptr || height > std::max(from.version.height, 1U)) return;
    if (from.version.height == 0) {
      return list_leaf(from.version.root, static_cast<std::uint32_t>(from.version.tree_size), from.root_mixed);
    }
    auto& level = from.levels[height];
    const std::uint32_t end = from.to(height);
    for (std::uint32_t slot = from.from(height); slot < end; ++slot) {
      const rrb_place at = rrb_child_at<Layout>(level.node, height, level.size, slot);
      std::byte* const child = Layout::child(level.node, slot);
      const std::uint64_t size = at.end - at.first;
      const std::uint32_t slots = height == 1 ? static_cast<std::uint32_t>(size) : count_of(child);
      pieces_[piece_count_++] = {child, size, slots, 0, &level.mixed, 1U << slot};
    }
  }
  void list_leaf(std::byte* leaf, std::uint32_t count, std::uint32_t& mixed) noexcept {
    pieces_[piece_count_++] = {leaf, count, count, 0, &mixed, 1};
  }
  /// The nodes that what was joined one below will form.
  void list_below() noexcept {
    for (std::uint32_t first = 0; first < below_count_; first += Layout::width) {
      const std::uint32_t slots = std::min(below_count_ - first, Layout::width);
      std::uint64_t size = 0;
      for (std::uint32_t i = first; i < first + slots; ++i) size += below_[i].size;
      pieces_[piece_count_++] = {nullptr, size, slots, first, nullptr, 0};
    }
  }

  /// Decides how many slots each node is to have; returns how many nodes there are.
  [[nodiscard]] std::uint32_t even_out(unsigned height, std::uint32_t seam, std::uint32_t* plan) const noexcept {
    const std::uint32_t full = height == 1 ? Layout::leaf_capacity : Layout::width;
    std::uint32_t count = piece_count_, total = 0;
    for (std::uint32_t i = 0; i < count; ++i) total += plan[i] = pieces_[i].slots;
    if (height == 1 && plan[seam - 1] + plan[seam] <= full) dissolve(plan, count, seam, full);
    const std::uint32_t needed = (total + full - 1) / full;
    while (count > needed + rrb_slack<Layout>) {
      dissolve(plan, count, static_cast<std::uint32_t>(std::min_element(plan, plan + count) - plan), full);
    }
    assert(count <= needed + rrb_slack<Layout> && count <= piece_count_);
    return count;
  }
  /// Divides the slots of one node among the nearest that have room. As the list is too long, they do have.
  static void dissolve(std::uint32_t* plan, std::uint32_t& count, std::uint32_t at, std::uint32_t full) noexcept {
    std::uint32_t slots = plan[at];
    std::copy(plan + at + 1, plan + count, plan + at);
    --count;
    const auto taken_by = [&](std::uint32_t to) {
      const std::uint32_t taken = std::min(slots, full - plan[to]);
      plan[to] += taken;
      return taken;
    };
    for (std::uint32_t distance = 0; slots != 0; ++distance) {
      assert(distance < count);
      if (distance < at) slots -= taken_by(at - 1 - distance);
      if (at + distance < count) slots -= taken_by(at + distance);
    }
  }

  /// The next node, of so many slots: one of the list, or a new one; null if it could not be made.
  [[nodiscard]] rrb_child build(unsigned height, std::uint32_t slots) noexcept {
    const piece& from = pieces_[piece_];
    if (offset_ == 0 && from.slots == slots) {
      ++piece_;
      if (from.ref != nullptr) return {from.ref, from.size};
      return {keep(rrb_make_branch<Layout>(memory_, height, below_ + from.first, slots)), from.size};
    }
    return height == 0 ? build_leaf(slots) : build_branch(height, slots);
  }
  [[nodiscard]] rrb_child build_leaf(std::uint32_t count) noexcept {
    rrb_leaf_writer<Memory, Layout> into(memory_);
    if (!into.open(count)) return {};
    for (std::uint32_t done = 0; done < count;) {
      const piece& from = pieces_[piece_];
      const std::uint32_t run = std::min(count - done, from.slots - offset_);
      if (!into.copy(Layout::elements(from.ref) + offset_, run)) {
        into.give_up();
        return {};
      }
      done += run;
      pass(run);
    }
    return {keep(into.finish()), count};
  }
  [[nodiscard]] rrb_child build_branch(unsigned height, std::uint32_t count) noexcept {
    rrb_child children[Layout::width];
    std::uint64_t size = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const piece& from = pieces_[piece_];
      if (from.ref == nullptr) {
        children[i] = below_[from.first + offset_];
      } else {
        const rrb_place at = rrb_child_at<Layout>(from.ref, height, from.size, offset_);
        children[i] = {Layout::child(from.ref, at.slot), at.end - at.first};
      }
      size += children[i].size;
      pass(1);
    }
    return {keep(rrb_make_branch<Layout>(memory_, height, children, count)), size};
  }
  /// Moves on by slots of one node that go to a new one.
  void pass(std::uint32_t slots) noexcept {
    const piece& from = pieces_[piece_];
    if (from.mixed != nullptr) *from.mixed |= from.bit;
    offset_ += slots;
    if (offset_ < from.slots) return;
    offset_ = 0;
    ++piece_;
  }
  [[nodiscard]] std::byte* keep(std::byte* made) noexcept {
    if (made != nullptr) made_[made_count_++] = made;
    return made;
  }

  /// What run does, with a tree that is as low as the leaves allow.
  [[nodiscard, gnu::noinline]] bool join_leaves(rrb_version& result) noexcept {
    const rrb_version &left = left_.version, &right = right_.version;
    rrb_version made;
    if (!rrb_add_leaves<Layout>(memory_, made, left.root, left.height, left.tree_size) ||
        !rrb_add_leaves<Layout>(memory_, made, left.tail, 0, left.tail_count) ||
        !rrb_add_leaves<Layout>(memory_, made, right.root, right.height, right.tree_size)) {
      rrb_discard(memory_, made);
      return false;
    }
    made.tail = right.tail;
    made.tail_count = right.tail_count;
    memory_.retain(made.tail);
    if (left_.owned) rrb_release(memory_, left);
    if (right_.owned) rrb_release(memory_, right);
    result = made;
    return true;
  }

  /// Frees what was made; branches do not own their children yet.
  void undo() noexcept {
    while (made_count_ > 0) {
      std::byte* const made = made_[--made_count_];
      if (kind_of(made) == Layout::leaf_kind) {
        memory_.release(made);
      } else {
        rrb_release_husk<Layout>(memory_, made);
      }
    }
  }

  /// The result has every child of the side's nodes along the seam, or, where a child is `mixed`, all that this one
  /// has: gives it its refs. A node that nobody else has passes on its own.
  void settle(side& from) noexcept {
    if (from.version.root == nullptr) return;
    if (from.version.height == 0) return settle_leaf(from.version.root, from.owned, from.root_mixed);
    bool unique = from.owned;
    std::byte* shared = nullptr;  // the topmost node that somebody else has too; what is below is needed till the end
    for (unsigned height = from.version.height; height > 0; --height) {
      const auto& level = from.levels[height];
      const bool owned = unique;
      unique = unique && memory_.editable(level.node);
      if (owned && !unique) shared = level.node;
      const std::uint32_t end = from.to(height);
      if (!unique) fetch_counts<Layout>(level.node, end);
      for (std::uint32_t slot = from.from(height); slot < end; ++slot) {
        std::byte* const child = Layout::child(level.node, slot);
        if ((level.mixed >> slot & 1) == 0) {
          if (!unique) memory_.retain(child);
          continue;
        }
        if (height > 1) retain_children(child);
        if (unique) memory_.release(child);
      }
      if (unique) rrb_release_husk<Layout>(memory_, level.node);
    }
    if (shared != nullptr) memory_.release(shared);
  }
  void settle_leaf(std::byte* leaf, bool owned, std::uint32_t mixed) noexcept {
    if (mixed == 0 && !owned) memory_.retain(leaf);
    if (mixed != 0 && owned) memory_.release(leaf);
  }
  void retain_children(const std::byte* branch) noexcept {
    const std::uint32_t count = count_of(branch);
    fetch_counts<Layout>(branch, count);
    for (std::uint32_t slot = 0; slot < count; ++slot) memory_.retain(Layout::child(branch, slot));
  }

  Memory& memory_;
  side left_;
  side right_;
  std::uint32_t left_tail_mixed_ = 0;
  piece pieces_[most];
  std::uint32_t piece_count_ = 0;
  std::uint32_t piece_ = 0;   // what is built next begins in this piece,
  std::uint32_t offset_ = 0;  // at this slot
  rrb_child below_[most];     // the list one height below
  std::uint32_t below_count_ = 0;
  std::byte* made_[most * (Layout::max_height + 1)];
  std::uint32_t made_count_ = 0;
};

/// Appends copies of `count` elements of a leaf, in place if that cannot fail.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_append_run(Memory& memory, rrb_version& version, const typename Layout::element* from,
                                         std::uint32_t count) noexcept {
  const std::uint32_t before = version.tail_count, after = before + count;
  assert(after <= Layout::leaf_capacity && before > 0);
  bool done = false;
  if constexpr (Layout::copies_safely) {
    if (memory.editable(version.tail)) rrb_cut_leaf<Layout>(memory, version.tail, before);
    done = Layout::has_room(version.tail, after - 1) && memory.claim(version.tail, before, after);
    if (done) std::uninitialized_copy_n(from, count, Layout::places(version.tail) + before);
  }
  if (!done) {
    rrb_leaf_writer<Memory, Layout> into(memory);
    if (!into.open(rrb_tail_room<Layout>(after, version.root != nullptr))) return false;
    if (!into.copy(Layout::elements(version.tail), before) || !into.copy(from, count)) {
      into.give_up();
      return false;
    }
    memory.release(std::exchange(version.tail, into.finish()));
  }
  version.tail_count = after;
  return true;
}

/// Appends a version that has no tree. It is not consumed.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_append_short(Memory& memory, rrb_version& version, const rrb_version& added) noexcept {
  constexpr std::uint32_t full = Layout::leaf_capacity;
  const typename Layout::element* const from = Layout::elements(added.tail);
  const std::uint32_t fitting = full - version.tail_count;
  if (added.tail_count <= fitting) return rrb_append_run<Layout>(memory, version, from, added.tail_count);
  rrb_version made = version;
  const std::uint32_t rest = added.tail_count - fitting;
  std::byte* tail = added.tail;
  if (fitting == 0) {
    memory.retain(tail);
  } else {
    rrb_leaf_writer<Memory, Layout> into(memory);
    if (!into.open(full)) return false;
    if (!into.copy(Layout::elements(version.tail), version.tail_count) || !into.copy(from, fitting)) {
      into.give_up();
      return false;
    }
    made.tail = into.finish();
    made.tail_count = full;
    tail = rrb_copy_leaf<Layout>(memory, from + fitting, rest, full);
  }
  std::byte* const filled = made.tail;
  if (tail == nullptr || !rrb_push_tail<Layout>(memory, made)) {
    if (tail != nullptr) memory.release(tail);
    if (fitting != 0) memory.release(filled);
    return false;
  }
  if (fitting != 0) memory.release(version.tail);
  version = made;
  version.tail = tail;
  version.tail_count = rest;
  return true;
}

/// `result` gets the elements of both versions; those that are `owned` are consumed, unless it fails. A version that is
/// owned must not share its object with the other.
template <class Layout, class Memory>
[[nodiscard]] inline bool rrb_concat(Memory& memory, const rrb_version& left, bool left_owned, const rrb_version& right,
                                     bool right_owned, rrb_version& result) noexcept {
  if (left.size() != 0 && right.root != nullptr) {
    return rrb_concatenation<Memory, Layout>(memory, left, left_owned, right, right_owned).run(result);
  }
  rrb_version made = left.size() != 0 ? left : right;
  const bool owned = left.size() != 0 ? left_owned : right_owned;
  if (!owned) rrb_retain(memory, made);
  if (left.size() != 0 && right.size() != 0) {
    if (!rrb_append_short<Layout>(memory, made, right)) {
      if (!owned) rrb_release(memory, made);
      return false;
    }
    if (right_owned) rrb_release(memory, right);
  }
  result = made;
  return true;
}

}  // namespace coppice::detail
