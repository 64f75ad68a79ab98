// What the map suite measures: our map in its memories, and mutable hash maps, behind one interface.
//
// A side has `map`, the type; `name`; and the static functions below. A change is made to a map in place; for ours
// `set` and `erase` make a new version and drop the old one, `set_moved` gives the old one away.
//
// Thread safety: one thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/map.hpp"
#include "coppice/store_arena.hpp"

namespace coppice::bench {

template <class K, class Memory>
struct coppice_side {
  using map = coppice::map<K, std::uint64_t, coppice::hash<K>, std::equal_to<>, Memory>;
  static constexpr bool persistent = true;

  static void set(map& of, const K& key, std::uint64_t value) { of = std::as_const(of).set(key, value); }
  static void set_moved(map& of, const K& key, std::uint64_t value) { of = std::move(of).set(key, value); }
  static void erase(map& of, const K& key) { of = std::as_const(of).erase(key); }
  [[nodiscard]] static map build(const std::vector<std::pair<K, std::uint64_t>>& elements) {
    return map(elements.begin(), elements.end());
  }
  [[nodiscard]] static auto find(const map& of, const K& key) { return of.find(key); }
  template <class F>
  static void for_each(const map& of, const F& f) {
    of.for_each_chunk([&](auto elements) {
      for (const auto& element : elements) f(element.second);
    });
  }
};

template <class Map>
struct mutable_side {
  using map = Map;
  using K = typename Map::key_type;
  static constexpr bool persistent = false;

  static void set(map& of, const K& key, std::uint64_t value) { of.insert_or_assign(key, value); }
  static void set_moved(map& of, const K& key, std::uint64_t value) { set(of, key, value); }
  static void erase(map& of, const K& key) { of.erase(key); }
  [[nodiscard]] static map build(const std::vector<std::pair<K, std::uint64_t>>& elements) {
    return map(elements.begin(), elements.end());
  }
  [[nodiscard]] static const std::uint64_t* find(const map& of, const K& key) {
    const auto found = of.find(key);
    return found == of.end() ? nullptr : &found->second;
  }
  template <class F>
  static void for_each(const map& of, const F& f) {
    for (const auto& element : of) f(element.second);
  }
};

template <class K>
struct absl_side : mutable_side<absl::flat_hash_map<K, std::uint64_t>> {
  static constexpr const char* name = "absl";
};
template <class K>
struct std_side : mutable_side<std::unordered_map<K, std::uint64_t>> {
  static constexpr const char* name = "std";
};
template <class K>
struct atomic_side : coppice_side<K, atomic_heap> {
  static constexpr const char* name = "atomic";
};
template <class K>
struct local_side : coppice_side<K, local_heap> {
  static constexpr const char* name = "local";
};
/// Inside a transaction.
template <class K>
struct arena_side : coppice_side<K, store_arena> {
  static constexpr const char* name = "arena";
};

}  // namespace coppice::bench
