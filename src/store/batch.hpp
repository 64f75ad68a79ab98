// Many entries in the order of their hashes, so that writing them walks the trie once from left to right.
//
// Thread safety: values; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "src/store/state.hpp"

namespace coppice::store_detail {

using batch_item = leaf_policy::item;

/// Sorts entries run by run, keeping the last of equal keys in each.
class batch {
 public:
  /// Sorts the first run.
  batch(const leaf_policy& leaf, std::span<const key_value> entries) : leaf_(leaf), rest_(entries) { sort_next(); }

  /// The items of the run, which ascend strictly by leaf_policy::item_less; none at the end. Valid until sort_next(),
  /// and as long as the entries.
  [[nodiscard]] std::span<const batch_item> items() const noexcept { return items_; }
  /// Goes on to the next run. O(n) for well distributed hashes, else O(n log n).
  void sort_next();

 private:
  /// Entries sorted at once: bounds the scratch memory, about 100 bytes an entry, 160 if some key is a double.
  static constexpr std::size_t most_entries = std::size_t{1} << 20;

  struct place {
    std::uint64_t hash = 0;
    std::uint32_t index = 0;
  };
  void hash_all(std::span<const key_value> entries);
  void sort_places();
  void order_collisions(std::span<const key_value> entries);

  const leaf_policy& leaf_;
  std::span<const key_value> rest_;
  std::vector<key_value> normalised_;  // the entries, if some keys were not in their one encoding
  std::vector<place> places_;
  std::vector<place> sorted_places_;
  std::vector<batch_item> items_;
};

}  // namespace coppice::store_detail
