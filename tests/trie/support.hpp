// What the tests of the trie share: hash policies that collide, the grid of configurations, and a map that owns its
// root.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bump_memory.hpp"
#include "coppice/detail/packed_leaf.hpp"
#include "coppice/detail/trie.hpp"
#include "coppice/detail/trie_build.hpp"
#include "coppice/detail/trie_check.hpp"
#include "coppice/detail/trie_cursor.hpp"
#include "coppice/detail/trie_edit.hpp"
#include "counted_memory.hpp"
#include "owned_root.hpp"

namespace coppice::trie_test {

using namespace coppice::detail;

/// Three bits in the first level, and the last two: long shared prefixes, and many equal hashes.
struct few_bits_hash {
  std::uint64_t operator()(value_kind kind, const std::byte* data, std::size_t size) const noexcept {
    const std::uint64_t full = seeded_hash{7}(kind, data, size);
    return (full & 0xe000000000000000U) | (full & 3U);
  }
};

/// All keys collide.
struct equal_hash {
  std::uint64_t operator()(value_kind, const std::byte*, std::size_t) const noexcept { return 0x123456789abcdef0U; }
};

struct default_limits {
  static constexpr unsigned entries = 24, bytes = 1536, inline_bytes = 255;
};
struct tiny_limits {
  static constexpr unsigned entries = 2, bytes = 64, inline_bytes = 24;
};

template <class Memory, class Limits, class Hash>
struct configuration {
  using memory_type = Memory;
  using leaf_type = packed_leaf<typename Memory::ref_type, Hash, Limits::entries, Limits::bytes, Limits::inline_bytes>;
};

/// All, for what covers most of the code; the others take half the time to compile with few_configurations.
using all_configurations = ::testing::Types<
    configuration<bump_memory, default_limits, seeded_hash>, configuration<bump_memory, default_limits, few_bits_hash>,
    configuration<bump_memory, default_limits, equal_hash>, configuration<bump_memory, tiny_limits, seeded_hash>,
    configuration<bump_memory, tiny_limits, few_bits_hash>, configuration<bump_memory, tiny_limits, equal_hash>,
    configuration<counted_memory, default_limits, seeded_hash>,
    configuration<counted_memory, default_limits, few_bits_hash>,
    configuration<counted_memory, default_limits, equal_hash>, configuration<counted_memory, tiny_limits, seeded_hash>,
    configuration<counted_memory, tiny_limits, few_bits_hash>, configuration<counted_memory, tiny_limits, equal_hash>>;

/// Every two of a memory, a limit and a hash stand together somewhere.
using few_configurations = ::testing::Types<
    configuration<bump_memory, default_limits, seeded_hash>, configuration<bump_memory, tiny_limits, few_bits_hash>,
    configuration<bump_memory, default_limits, equal_hash>, configuration<counted_memory, tiny_limits, seeded_hash>,
    configuration<counted_memory, default_limits, few_bits_hash>,
    configuration<counted_memory, tiny_limits, equal_hash>>;

/// A key or value that owns its bytes; ordered as std::map wants it.
struct text {
  value_kind kind = value_kind::string_ascii;
  std::string bytes;

  text() = default;
  text(std::string_view from, value_kind of = value_kind::string_ascii) : kind(of), bytes(from) {}  // NOLINT
  text(const char* from) : bytes(from) {}                                                           // NOLINT
  text(std::string from) : bytes(std::move(from)) {}                                                // NOLINT
  explicit text(const packed_view& view)
      : kind(view.kind), bytes(reinterpret_cast<const char*>(view.data), view.size) {}
  [[nodiscard]] packed_view view() const noexcept {
    return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size(), kind};
  }
  friend bool operator<(const text& a, const text& b) { return a.kind != b.kind ? a.kind < b.kind : a.bytes < b.bytes; }
  friend bool operator==(const text& a, const text& b) { return a.kind == b.kind && a.bytes == b.bytes; }
};
using model_map = std::map<text, text>;

/// Tokens of the counted memory are constant; this scope makes bump memory edit in place while it lives.
template <class Memory>
struct edit_scope {
  Memory& memory;
  explicit edit_scope(Memory& in) : memory(in) { memory.begin_edit(); }
  edit_scope(const edit_scope&) = delete;
  edit_scope& operator=(const edit_scope&) = delete;
  ~edit_scope() { memory.end_edit(); }
};

/// A map that owns its root. Copies share it.
template <class Configuration>
class owned_map {
 public:
  using memory_type = typename Configuration::memory_type;
  using leaf_type = typename Configuration::leaf_type;
  using Ref = typename memory_type::ref_type;

  explicit owned_map(memory_type& memory, Ref root = Ref{}) : root_(memory, root) {}

  trie_change set(const text& key, const text& value) {
    return root_.take(trie_set(memory(), leaf, root(), key.view(), value.view()));
  }
  trie_change erase(const text& key) { return root_.take(trie_erase(memory(), leaf, root(), key.view())); }
  template <class F>
  trie_change update(const text& key, F&& f) {
    return root_.take(trie_update(memory(), leaf, root(), key.view(), std::forward<F>(f)));
  }
  [[nodiscard]] std::optional<text> find(const text& key) const {
    const auto found = trie_find(memory(), leaf, root(), key.view());
    return found ? std::optional<text>(text(*found)) : std::nullopt;
  }
  [[nodiscard]] std::uint64_t size() const { return trie_size(memory(), root()); }
  [[nodiscard]] model_map content() const {
    model_map all;
    trie_for_each(memory(), leaf, root(), [&](const auto& entry) { all.emplace(text(entry.key), text(entry.value)); });
    return all;
  }
  [[nodiscard]] std::string broken() const {
    const auto report = trie_check(memory(), leaf, root());
    return report.broken == nullptr ? std::string() : std::string(report.broken);
  }
  [[nodiscard]] Ref root() const { return root_.get(); }
  [[nodiscard]] memory_type& memory() const { return root_.memory(); }
  /// Gives the root away.
  [[nodiscard]] Ref give() { return root_.give(); }

  static inline const leaf_type leaf{};

 private:
  owned_root<memory_type> root_;
};

/// The same content built at once.
template <class Configuration>
[[nodiscard]] owned_map<Configuration> build_map(typename Configuration::memory_type& memory,
                                                 const model_map& content) {
  using map_type = owned_map<Configuration>;
  std::vector<typename map_type::leaf_type::item> items;
  for (const auto& [key, value] : content) items.push_back(map_type::leaf.make_item(key.view(), value.view()));
  std::sort(items.begin(), items.end(), map_type::leaf_type::item_less);
  const auto built = trie_build(memory, map_type::leaf, items.data(), static_cast<std::uint32_t>(items.size()));
  EXPECT_TRUE(built.ok);
  return map_type(memory, built.root);
}

/// Whether two subtrees are the same node for node: kinds, depths, counts, places, and the bytes of entries.
template <class Configuration>
[[nodiscard]] bool same_shape(const typename Configuration::memory_type& memory,
                              typename Configuration::memory_type::ref_type a,
                              typename Configuration::memory_type::ref_type b) {
  using Ref = typename Configuration::memory_type::ref_type;
  using Leaf = typename Configuration::leaf_type;
  if (a == Ref{} || b == Ref{}) return a == b;
  const std::byte* left = memory.address(a);
  const std::byte* right = memory.address(b);
  if (kind_of(left) != kind_of(right) || depth_of(left) != depth_of(right) || count_of(left) != count_of(right)) {
    return false;
  }
  if (kind_of(left) == node_kind::branch) {
    for (unsigned slot = 0; slot < trie_fan_out;) {
      const unsigned end = end_of_child<Ref>(left, slot);
      if (end != end_of_child<Ref>(right, slot)) return false;
      if (!same_shape<Configuration>(memory, child_of<Ref>(left, slot), child_of<Ref>(right, slot))) return false;
      slot = end;
    }
    return true;
  }
  const Leaf leaf;
  for (std::uint32_t i = 0; i < count_of(left); ++i) {
    const auto x = leaf.entry_at(memory, left, i);
    const auto y = leaf.entry_at(memory, right, i);
    if (!x.key.same_as(y.key) || !x.value.same_as(y.value) || leaf.tag_at(left, i) != leaf.tag_at(right, i))
      return false;
  }
  return true;
}

/// Keys and values of all sizes, mostly small, few enough that they come back.
class text_source {
 public:
  explicit text_source(std::uint64_t seed, unsigned distinct_keys) : random_(seed), distinct_(distinct_keys) {}

  [[nodiscard]] std::uint64_t number(std::uint64_t below) { return random_() % below; }
  [[nodiscard]] text key() {
    const std::uint64_t n = number(distinct_);
    switch (n % 8) {
      case 0:
        return {std::string_view(reinterpret_cast<const char*>(&n), 8), value_kind::int64};
      case 1:
        return {"key" + std::to_string(n), value_kind::bytes};
      case 2:
        return {std::string(20 + n % 50, 'k') + std::to_string(n)};
      case 3:
        return {std::string(n % 16 == 3 ? 300 : 200, 'l') + std::to_string(n)};
      case 4:
        return n == 4 ? text{""} : text{std::to_string(n)};
      default:
        return {"key" + std::to_string(n)};
    }
  }
  [[nodiscard]] text value() {
    static constexpr value_kind kinds[] = {value_kind::string_ascii, value_kind::string_wtf8,  value_kind::bytes,
                                           value_kind::document,     value_kind::boolean_true, value_kind::null,
                                           value_kind::int64,        value_kind::bigint};
    const value_kind kind = kinds[number(8)];
    const std::uint64_t choice = number(40);
    const std::size_t size = choice == 0 ? 256 + number(1000) : choice < 3 ? 200 + number(56) : number(choice);
    return {std::string(size, static_cast<char>('a' + number(26))), kind};
  }

 private:
  std::mt19937_64 random_;
  unsigned distinct_;
};

/// A random history on a map and its model.
template <class Configuration>
void fill_randomly(owned_map<Configuration>& map, model_map& model, text_source& source, unsigned steps) {
  for (unsigned i = 0; i < steps; ++i) {
    const text key = source.key();
    if (source.number(4) != 0) {
      const text value = source.value();
      (void)map.set(key, value);
      model[key] = value;
    } else {
      (void)map.erase(key);
      model.erase(key);
    }
  }
}

}  // namespace coppice::trie_test
