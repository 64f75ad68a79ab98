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

/// Sorts runs of entries, keeping the last of equal keys.
class batch {
 public:
  /// Entries sorted at once: bounds the scratch memory, about 100 bytes an entry, 160 if some key is a double.
  static constexpr std::size_t most_entries = std::size_t{1} << 20;

  explicit batch(const leaf_policy& leaf) noexcept : leaf_(leaf) {}

  /// At most most_entries of them. The items ascend strictly by leaf_policy::item_less; valid until the next call, and
  /// as long as the entries. O(n) for well distributed hashes, else O(n log n).
  [[nodiscard]] std::span<const batch_item> sorted(std::span<const key_value> entries);

 private:
  struct place {
    std::uint64_t hash = 0;
    std::uint32_t index = 0;
  };
  void hash_all(std::span<const key_value> entries);
  void sort_places();
  void order_collisions(std::span<const key_value> entries);

  const leaf_policy& leaf_;
  std::vector<key_value> normalised_;  // the entries, if some keys were not in their one encoding
  std::vector<place> places_;
  std::vector<place> sorted_places_;
  std::vector<batch_item> items_;
};

}  // namespace coppice::store_detail
