// Elements in the order in which a trie is built from them: by hash, then by key, each key once.
//
// Two counting passes by the highest bits of the hash bring them into buckets of a few, which are then sorted; what is
// moved is a hash and an index, not the elements. The order within a bucket stays that of the input, so that of
// elements with one key the last one is known.
//
// Thread safety: pure functions.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "coppice/detail/bits.hpp"

namespace coppice::detail {

struct hashed_index {
  std::uint64_t hash;
  std::uint32_t index;
};

/// Sorts `from` by the `bits` bits of the hash after the first `above`, stably, into `to`.
inline void scatter_by_hash(const std::vector<hashed_index>& from, std::vector<hashed_index>& to, unsigned above,
                            unsigned bits) {
  std::vector<std::uint32_t> next(std::size_t{1} << bits);
  for (const hashed_index& each : from) ++next[hash_slot(each.hash, above, bits)];
  std::uint32_t sum = 0;
  for (std::uint32_t& place : next) sum += std::exchange(place, sum);
  for (const hashed_index& each : from) to[next[hash_slot(each.hash, above, bits)]++] = each;
}

/// Sorts what has the same first bits. Buckets are small unless hashes are bad.
inline void sort_bucket(hashed_index* first, hashed_index* last) {
  const auto less = [](const hashed_index& a, const hashed_index& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.index < b.index;
  };
  if (last - first > 32) return std::sort(first, last, less);
  for (hashed_index* at = first + 1; at < last; ++at) {
    const hashed_index moved = *at;
    hashed_index* to = at;
    for (; to > first && less(moved, to[-1]); --to) *to = to[-1];
    *to = moved;
  }
}

/// The places of `count` elements in the order of their hashes; those with one hash in the order of their places.
template <class Leaf>
[[nodiscard]] std::vector<hashed_index> sorted_by_hash(const Leaf& leaf, typename Leaf::element* elements,
                                                       std::size_t count) {
  std::vector<hashed_index> order(count);
  for (std::size_t i = 0; i < count; ++i) {
    order[i] = {leaf.make_item(elements[i], false).hash, static_cast<std::uint32_t>(i)};
  }
  // Buckets of about four; beyond 2^22 of them the counts outgrow the cache.
  const unsigned bits = std::min(22U, static_cast<unsigned>(std::bit_width(count / 4)));
  if (bits < 2) {
    sort_bucket(order.data(), order.data() + count);
    return order;
  }
  std::vector<hashed_index> scattered(count);
  scatter_by_hash(order, scattered, bits / 2, bits - bits / 2);
  scatter_by_hash(scattered, order, 0, bits / 2);
  for (std::size_t from = 0, to = 0; from < count; from = to) {
    const unsigned slot = hash_slot(order[from].hash, 0, bits);
    for (to = from + 1; to < count && hash_slot(order[to].hash, 0, bits) == slot;) ++to;
    sort_bucket(order.data() + from, order.data() + to);
  }
  return order;
}

/// Brings items [from, end) of one hash, in the order of the input, into the order of their keys, and drops all but the
/// last one of each key.
template <class Leaf>
void settle_collisions(std::vector<typename Leaf::item>& items, std::size_t from) {
  using item = typename Leaf::item;
  const auto same = [](const item& a, const item& b) { return Leaf::key_of(a).same_as(Leaf::key_of(b)); };
  const auto first = items.begin() + static_cast<std::ptrdiff_t>(from);
  if constexpr (Leaf::keys_ordered) {
    std::sort(first, items.end(), [](const item& a, const item& b) {
      const int order = Leaf::key_of(a).compare(Leaf::key_of(b));
      return order != 0 ? order < 0 : a.element < b.element;
    });
  }
  auto end = first;
  for (auto at = first; at != items.end(); ++at) {
    const auto known = Leaf::keys_ordered ? (end != first && same(end[-1], *at) ? end - 1 : end)
                                          : std::find_if(first, end, [&](const item& kept) { return same(kept, *at); });
    *known = *at;
    if (known == end) ++end;
  }
  items.erase(end, items.end());
}

/// Items for trie_build. Throws std::length_error beyond 2^32 - 1 elements, the most that a trie holds. Linear, but for
/// keys of one hash that have no order: quadratic in the number of those.
template <class Leaf>
[[nodiscard]] std::vector<typename Leaf::item> items_in_order(const Leaf& leaf, typename Leaf::element* elements,
                                                              std::size_t count, bool movable) {
  if (count > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("coppice: a collection holds at most 4294967295 elements");
  }
  const std::vector<hashed_index> order = sorted_by_hash(leaf, elements, count);
  std::vector<typename Leaf::item> items;
  items.reserve(count);
  for (std::size_t i = 0; i < count;) {
    const std::size_t from = items.size();
    const std::uint64_t hash = order[i].hash;
    for (; i < count && order[i].hash == hash; ++i) items.push_back({hash, elements + order[i].index, movable});
    if (items.size() - from > 1) settle_collisions<Leaf>(items, from);
  }
  return items;
}

}  // namespace coppice::detail
