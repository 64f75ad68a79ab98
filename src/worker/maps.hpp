// Maps and sets of a worker: packed leaves in the trie. A set is a map whose values are null.
//
// Keys and values are given as kinds and bytes (docs/formats/values.md). Every function that changes a version either
// does so wholly or leaves it as it was.
//
// Thread safety: see heap.hpp.
#pragma once

#include <cstdint>
#include <optional>

#include "coppice/detail/packed_in_place.hpp"
#include "coppice/detail/packed_leaf.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "src/worker/heap.hpp"
#include "src/worker/space.hpp"

namespace coppice::worker {

using leaf_policy = detail::packed_leaf<ref>;
using detail::packed_key;
using detail::packed_value;
using item = leaf_policy::item;

/// Sees a value that is about to be replaced or removed, and may refuse: then nothing is changed.
struct old_value_sink {
  bool (*take)(void* context, const packed_value& old) noexcept;
  void* context;

  [[nodiscard]] bool operator()(const packed_value& old) const noexcept {
    return take == nullptr || take(context, old);
  }
};

class maps {
 public:
  explicit maps(heap& from) noexcept : heap_(from), leaf_(detail::seeded_hash{from.map().id().seed}) {}

  [[nodiscard]] const leaf_policy& leaf() const noexcept { return leaf_; }
  [[nodiscard]] std::uint64_t size(const version& of) const noexcept {
    return detail::trie_size(view(heap_.map()), of.root);
  }
  [[nodiscard]] std::optional<packed_value> find(const version& in, const packed_key& key) const noexcept {
    return detail::trie_find(view(heap_.map()), leaf_, in.root, key);
  }

  [[nodiscard]] std::optional<packed_value> find(const version& in, const detail::short_key& key) const noexcept {
    return detail::trie_find(view(heap_.map()), leaf_, in.root, key, leaf_.hash_of_short(key));
  }

  /// Stores an entry in place. O(log n).
  detail::trie_change set(version& in, const item& added, const old_value_sink& before) noexcept {
    space nodes(heap_.edit(in));
    detail::packed_in_place<space, leaf_policy> edit(nodes, leaf_, added);
    switch (edit.set(in.root, before)) {
      case detail::in_place::no:
        return set_by_path(in, nodes, added, before);
      case detail::in_place::refused:
      case detail::in_place::unchanged:
        return detail::trie_change::none;
      case detail::in_place::inserted:
        if (edit.has_split()) heap_.edited(in);
        return detail::trie_change::inserted;
      case detail::in_place::replaced:
        return detail::trie_change::replaced;
    }
    __builtin_unreachable();
  }
  /// Removes a key. O(log n).
  detail::trie_change erase(version& from, const packed_key& key, std::uint64_t hash,
                            const old_value_sink& before) noexcept;

 private:
  /// Whatever cannot be done within one leaf.
  detail::trie_change set_by_path(version& in, space& nodes, const item& added, const old_value_sink& before) noexcept;

  heap& heap_;
  leaf_policy leaf_;
};

}  // namespace coppice::worker
