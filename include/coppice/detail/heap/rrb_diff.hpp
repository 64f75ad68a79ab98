// What two versions share, found by their nodes, wherever slices and concatenations have moved them.
//
// Each version is a sequence of nodes. Equal nodes at the front and at the back of both are passed first, unread; a
// node that differs from its counterpart is replaced by its children, the higher one first. What is left in the middle
// is matched height by height: of the nodes that are in both, a longest sequence in the same order is kept, and between
// those the search goes on with the children of the others. So the cost is that of the nodes that are not shared, and
// of the paths to them.
//
// A leaf may have more elements in one version than in the other (rrb_leaf.hpp); then as many as both have are shared.
//
// Thread safety: pure functions of versions that nobody changes. They allocate, and throw std::bad_alloc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/detail/branch.hpp"
#include "coppice/detail/heap/rrb_layout.hpp"
#include "coppice/detail/heap/rrb_tree.hpp"

namespace coppice::detail {

/// Positions [old_first, old_first + count) of one version are [new_first, ...) of the other.
struct rrb_shared_run {
  std::uint64_t old_first;
  std::uint64_t new_first;
  std::uint64_t count;
};

template <class Layout>
class rrb_matcher {
 public:
  /// The runs that are shared, in the order of both versions.
  [[nodiscard]] static std::vector<rrb_shared_run> match(const rrb_version& older, const rrb_version& newer) {
    rrb_matcher matcher;
    matcher.run(sequence_of(older), sequence_of(newer));
    std::sort(matcher.runs_.begin(), matcher.runs_.end(),
              [](const auto& a, const auto& b) { return a.new_first < b.new_first; });
    return std::move(matcher.runs_);
  }

 private:
  struct piece {
    const std::byte* node;
    std::uint64_t first;
    std::uint64_t size;
    unsigned height;
  };
  using sequence = std::vector<piece>;

  [[nodiscard]] static sequence sequence_of(const rrb_version& version) {
    sequence all;
    if (version.root != nullptr) all.push_back({version.root, 0, version.tree_size, version.height});
    if (version.tail != nullptr) all.push_back({version.tail, version.tree_size, version.tail_count, 0});
    return all;
  }

  void share(const piece& older, const piece& newer) {
    runs_.push_back({older.first, newer.first, std::min(older.size, newer.size)});
  }

  /// Appends the children of a branch, from the last to the first if `reversed`.
  static void open(const piece& branch, sequence& into, bool reversed) {
    const std::uint32_t count = count_of(branch.node);
    for (std::uint32_t i = 0; i < count; ++i) {
      const unsigned slot = reversed ? count - 1 - i : i;
      const rrb_place at = rrb_child_at<Layout>(branch.node, branch.height, branch.size, slot);
      into.push_back({Layout::child(branch.node, slot), branch.first + at.first, at.end - at.first, branch.height - 1});
    }
  }

  /// Passes what is equal at the ends of two stacks of nodes. `reversed`: the stacks grow from the end of the versions.
  void pass_equal(sequence& older, sequence& newer, bool reversed) {
    while (!older.empty() && !newer.empty()) {
      const piece a = older.back(), b = newer.back();
      if (a.node == b.node) {
        share(a, b);
        older.pop_back();
        newer.pop_back();
        if (a.size != b.size) return;  // the rest of the leaf is in one of them only
        continue;
      }
      if (a.height == 0 && b.height == 0) return;
      // The nearest child must end up on top of the stack.
      if (a.height >= b.height) {
        older.pop_back();
        open(a, older, !reversed);
      }
      if (b.height >= a.height) {
        newer.pop_back();
        open(b, newer, !reversed);
      }
    }
  }

  void run(sequence older, sequence newer) {
    std::reverse(older.begin(), older.end());
    std::reverse(newer.begin(), newer.end());
    pass_equal(older, newer, false);
    std::reverse(older.begin(), older.end());
    std::reverse(newer.begin(), newer.end());
    pass_equal(older, newer, true);
    unsigned height = 0;
    for (const piece& at : older) height = std::max(height, at.height);
    for (const piece& at : newer) height = std::max(height, at.height);
    match_at(std::move(older), std::move(newer), height);
  }

  /// Matches nodes of one height, and goes on below with what is between those that were found.
  void match_at(sequence older, sequence newer, unsigned height) {
    if (older.empty() || newer.empty()) return;
    const auto anchors = in_order(pairs(older, newer, height));
    std::size_t old_done = 0, new_done = 0;
    for (std::size_t i = 0; i <= anchors.size(); ++i) {
      const std::size_t old_end = i < anchors.size() ? anchors[i].first : older.size();
      const std::size_t new_end = i < anchors.size() ? anchors[i].second : newer.size();
      if (height > 0) {
        match_at(opened(older, old_done, old_end, height), opened(newer, new_done, new_end, height), height - 1);
      }
      if (i == anchors.size()) return;
      share(older[old_end], newer[new_end]);
      old_done = old_end + 1;
      new_done = new_end + 1;
    }
  }
  [[nodiscard]] static sequence opened(const sequence& all, std::size_t from, std::size_t to, unsigned height) {
    sequence below;
    for (std::size_t i = from; i < to; ++i) {
      if (all[i].height == height) {
        open(all[i], below, false);
      } else {
        below.push_back(all[i]);
      }
    }
    return below;
  }

  using pair = std::pair<std::size_t, std::size_t>;  // indexes of one node in both sequences

  /// Nodes that are in both; where one stands several times, its first place goes with its first, and so on.
  [[nodiscard]] static std::vector<pair> pairs(const sequence& older, const sequence& newer, unsigned height) {
    std::unordered_map<const std::byte*, std::vector<std::size_t>> places;
    for (std::size_t i = older.size(); i-- > 0;) {
      if (older[i].height == height) places[older[i].node].push_back(i);
    }
    std::vector<pair> found;
    for (std::size_t i = 0; i < newer.size(); ++i) {
      if (newer[i].height != height) continue;
      const auto at = places.find(newer[i].node);
      if (at == places.end() || at->second.empty()) continue;
      found.emplace_back(at->second.back(), i);
      at->second.pop_back();
    }
    return found;
  }

  /// A longest subsequence of pairs in which both indexes ascend.
  [[nodiscard]] static std::vector<pair> in_order(const std::vector<pair>& all) {
    std::vector<std::size_t> last;  // of each length, the end of the best sequence so far
    std::vector<std::size_t> before(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto place = std::lower_bound(last.begin(), last.end(), all[i].first,
                                          [&](std::size_t a, std::size_t first) { return all[a].first < first; });
      before[i] = place == last.begin() ? i : *(place - 1);
      if (place == last.end()) {
        last.push_back(i);
      } else {
        *place = i;
      }
    }
    std::vector<pair> chosen(last.size());
    std::size_t at = last.empty() ? 0 : last.back();
    for (std::size_t i = last.size(); i-- > 0; at = before[at]) chosen[i] = all[at];
    return chosen;
  }

  std::vector<rrb_shared_run> runs_;
};

}  // namespace coppice::detail
