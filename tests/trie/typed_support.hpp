// What the tests of typed leaves share: configurations, and a map that owns its root.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "coppice/detail/hash.hpp"
#include "coppice/detail/heap/memory.hpp"
#include "coppice/detail/heap/typed_leaf.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_build.hpp"
#include "coppice/detail/trie_check.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_diff.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "owned_root.hpp"
#include "tests/support/elements.hpp"

namespace coppice::trie_test {

using namespace coppice::detail;
using namespace coppice::test;

[[nodiscard]] inline std::uint64_t bytes_hash(const void* data, std::size_t size) noexcept {
  return seeded_hash{7}(value_kind::bytes, static_cast<const std::byte*>(data), size);
}
struct good_hash {
  std::uint64_t operator()(std::uint64_t key) const noexcept { return bytes_hash(&key, sizeof(key)); }
  std::uint64_t operator()(const std::string& key) const noexcept { return bytes_hash(key.data(), key.size()); }
  std::uint64_t operator()(const fragile& key) const noexcept { return (*this)(key.number()); }
};
/// Three bits in the first level, and the last two.
struct sparse_hash : good_hash {
  template <class Key>
  std::uint64_t operator()(const Key& key) const noexcept {
    return good_hash::operator()(key) & 0xe000000000000003U;
  }
};
struct constant_hash {
  template <class Key>
  std::uint64_t operator()(const Key&) const noexcept {
    return 0x123456789abcdef0U;
  }
};

template <class Key, class Value, class Count, class Hash, unsigned MaxEntries>
struct typed_configuration {
  using key = Key;
  using value = Value;
  using leaf = typed_leaf<map_element<Key, Value>, Hash, std::equal_to<>, MaxEntries>;
  using memory = heap_edit<Count, typed_nodes<leaf>, failing_source>;
};

using typed_configurations =
    ::testing::Types<typed_configuration<std::uint64_t, std::uint64_t, atomic_count, good_hash, 32>,
                     typed_configuration<std::uint64_t, std::uint64_t, plain_count, good_hash, 2>,
                     typed_configuration<std::uint64_t, std::uint64_t, plain_count, sparse_hash, 32>,
                     typed_configuration<std::uint64_t, std::uint64_t, atomic_count, constant_hash, 2>,
                     typed_configuration<std::uint64_t, std::uint64_t, plain_count, constant_hash, 16>,
                     typed_configuration<std::string, std::string, atomic_count, good_hash, 6>,
                     typed_configuration<std::string, std::string, plain_count, constant_hash, 6>,
                     typed_configuration<fragile, fragile, plain_count, good_hash, 2>,
                     typed_configuration<fragile, fragile, atomic_count, good_hash, 16>,
                     typed_configuration<fragile, fragile, plain_count, sparse_hash, 6>,
                     typed_configuration<fragile, fragile, plain_count, constant_hash, 6>,
                     typed_configuration<std::uint64_t, aligned_number, plain_count, good_hash, 8>>;

/// A map that owns its root. Copies share it, and the next change then copies the path.
template <class Configuration>
class typed_map {
 public:
  using K = typename Configuration::key;
  using V = typename Configuration::value;
  using leaf_type = typename Configuration::leaf;
  using memory_type = typename Configuration::memory;
  using Ref = typename memory_type::ref_type;

  /// Throws what a copy threw, or std::bad_alloc.
  trie_change set(const K& key, const V& value) {
    typename leaf_type::element made(key, value);
    return take(trie_set(nodes, leaf, root(), leaf.make_item(made, true)));
  }
  trie_change erase(const K& key) { return take(trie_erase(nodes, leaf, root(), {&key})); }
  [[nodiscard]] const V* find(const K& key) const {
    const auto* found = trie_find(nodes, leaf, root(), {&key});
    return found == nullptr ? nullptr : &found->second;
  }
  [[nodiscard]] std::uint64_t size() const { return trie_size(nodes, root()); }
  [[nodiscard]] std::map<K, V> content() const {
    std::map<K, V> all;
    trie_for_each(nodes, leaf, root(), [&](const auto& entry) { all.emplace(*entry.key.at, *entry.value.at); });
    return all;
  }
  /// Whether entries are met in the order of their hashes.
  [[nodiscard]] bool ascends() const {
    std::uint64_t last = 0;
    return trie_for_each(nodes, leaf, root(),
                         [&](const auto& entry) { return std::exchange(last, leaf.hash(entry.key)) <= last; });
  }
  [[nodiscard]] std::string broken() const {
    const auto report = trie_check(nodes, leaf, root());
    return report.broken == nullptr ? std::string() : std::string(report.broken);
  }
  /// Keys that the other map has with another value, or not at all, and the other way round.
  [[nodiscard]] std::size_t differences_from(const typed_map& older) const {
    trie_diff_cursor<memory_type, leaf_type> cursor(nodes, leaf, older.root(), root());
    diff_change<leaf_type> change;
    std::size_t count = 0;
    while (cursor.next(change)) ++count;
    return count;
  }
  [[nodiscard]] Ref root() const { return root_.get(); }

  static inline const leaf_type leaf{};

 private:
  trie_change take(const edit_result<Ref>& result) {
    if (root_.take(result) == trie_change::out_of_space) nodes.raise();
    return result.change;
  }
  static inline memory_type nodes{};  // all its state is the exception of the change that is going on

  owned_root<memory_type> root_{nodes};
};

}  // namespace coppice::trie_test
