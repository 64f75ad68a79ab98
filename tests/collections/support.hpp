// What the tests of map and set share: hashes that collide as wished, and the configurations that suites are typed
// over: kinds of memory, sizes of leaves, hashes, and kinds of keys and values.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/map.hpp"
#include "coppice/memory.hpp"
#include "coppice/set.hpp"
#include "tests/support/elements.hpp"

#ifdef COPPICE_TEST_STORE_ARENA
#include "coppice/store_arena.hpp"
#endif

namespace coppice::collection_test {

using namespace coppice::test;

/// coppice::hash, for the elements of these tests too.
struct good_hash {
  std::uint64_t operator()(std::uint64_t key, std::uint64_t seed) const noexcept {
    return hash<std::uint64_t>{}(key, seed);
  }
  std::uint64_t operator()(const std::string& key, std::uint64_t seed) const noexcept {
    return hash<std::string>{}(key, seed);
  }
  std::uint64_t operator()(const fragile& key, std::uint64_t seed) const noexcept {
    return (*this)(key.number(), seed);
  }
  template <class T>
  std::uint64_t operator()(const without_order<T>& key, std::uint64_t seed) const noexcept {
    return (*this)(key.of, seed);
  }
};
/// Three bits in the first level, and the last two.
template <class Hash>
struct sparse {
  template <class Key>
  std::uint64_t operator()(const Key& key, std::uint64_t seed) const noexcept {
    return Hash{}(key, seed) & 0xe000000000000003U;
  }
};
/// All keys collide.
template <class Hash>
struct constant {
  template <class Key>
  std::uint64_t operator()(const Key&, std::uint64_t seed) const noexcept {
    return seed;
  }
};
using sparse_hash = sparse<good_hash>;
using constant_hash = constant<good_hash>;

/// Strings whose case does not matter: a user's Equal with its Hash, which knows nothing of seeds.
[[nodiscard]] inline char lower_case(char each) noexcept {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
}
struct any_case_equal {
  bool operator()(const std::string& a, const std::string& b) const noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char left, char right) { return lower_case(left) == lower_case(right); });
  }
};
struct any_case_hash {
  std::size_t operator()(const std::string& key) const noexcept {
    std::size_t sum = 0;
    for (const char each : key) sum = sum * 31 + static_cast<unsigned char>(lower_case(each));
    return sum;
  }
};
/// The same with a seed, to be made sparse or constant.
struct any_case_seeded_hash {
  std::uint64_t operator()(const std::string& key, std::uint64_t seed) const noexcept {
    return hash<std::uint64_t>{}(any_case_hash{}(key), seed);
  }
};

using plain_equal = std::equal_to<>;

#ifdef COPPICE_TEST_STORE_ARENA
// The same suites over an arena; session.cpp gives each test a transaction.

using map_configurations =
    ::testing::Types<map<std::uint64_t, std::uint64_t, hash<std::uint64_t>, plain_equal, store_arena>,
                     map<std::uint64_t, std::uint64_t, sparse_hash, plain_equal, store_arena, 2>,
                     map<std::uint64_t, std::uint64_t, constant_hash, plain_equal, store_arena>,
                     map<without_order<std::uint64_t>, std::uint64_t, sparse_hash, plain_equal, store_arena, 2>>;
using few_map_configurations =
    ::testing::Types<map<std::uint64_t, std::uint64_t, hash<std::uint64_t>, plain_equal, store_arena>,
                     map<without_order<std::uint64_t>, std::uint64_t, constant_hash, plain_equal, store_arena, 2>>;
using set_configurations = ::testing::Types<set<std::uint64_t, hash<std::uint64_t>, plain_equal, store_arena>,
                                            set<std::uint64_t, sparse_hash, plain_equal, store_arena, 2>,
                                            set<without_order<std::uint64_t>, constant_hash, plain_equal, store_arena>>;
using few_set_configurations = set_configurations;
using walk_configurations =
    ::testing::Types<map<std::uint64_t, std::uint64_t, hash<std::uint64_t>, plain_equal, store_arena>,
                     map<std::uint64_t, std::uint64_t, sparse_hash, plain_equal, store_arena, 2>>;

#else

/// Every memory, leaf size, hash and kind of key stands with each of the others somewhere.
using map_configurations = ::testing::Types<
    map<std::uint64_t, std::uint64_t>, map<std::uint64_t, std::uint64_t, sparse_hash, plain_equal, local_heap, 2>,
    map<std::uint64_t, std::uint64_t, constant_hash, plain_equal, atomic_heap>, map<std::string, std::string>,  //
    map<std::string, std::string, constant_hash, plain_equal, local_heap, 2>,
    map<fragile, fragile, good_hash, plain_equal, atomic_heap, 2>,
    map<fragile, fragile, constant_hash, plain_equal, local_heap>,
    map<without_order<std::uint64_t>, std::string, good_hash, plain_equal, local_heap>,
    map<without_order<std::uint64_t>, std::uint64_t, constant_hash, plain_equal, local_heap>,
    map<without_order<fragile>, fragile, sparse_hash, plain_equal, atomic_heap, 2>,
    map<std::string, std::uint64_t, any_case_hash, any_case_equal, local_heap, 2>,
    map<std::string, fragile, sparse<any_case_seeded_hash>, any_case_equal, atomic_heap>,
    map<std::uint64_t, aligned_number, sparse_hash, plain_equal, atomic_heap>,
    map<without_order<std::string>, brittle, constant_hash, plain_equal, atomic_heap, 2>>;
using set_configurations =
    ::testing::Types<set<std::uint64_t>,  //
                     set<std::uint64_t, sparse_hash, plain_equal, local_heap, 2>,
                     set<std::uint64_t, constant_hash, plain_equal, local_heap>,
                     set<std::string>,  //
                     set<std::string, constant_hash, plain_equal, local_heap, 2>,
                     set<fragile, good_hash, plain_equal, atomic_heap, 2>,
                     set<without_order<std::uint64_t>, constant_hash, plain_equal, atomic_heap>,
                     set<without_order<fragile>, sparse_hash, plain_equal, local_heap>,
                     set<std::string, any_case_seeded_hash, any_case_equal, atomic_heap, 2>,
                     set<std::string, constant<any_case_seeded_hash>, any_case_equal, local_heap>>;

/// For what depends little on the kind of key, and takes long to compile.
using few_map_configurations =
    ::testing::Types<map<std::uint64_t, std::uint64_t>,  //
                     map<std::string, std::string, constant_hash, plain_equal, local_heap, 2>,
                     map<fragile, fragile, constant_hash, plain_equal, atomic_heap>,
                     map<without_order<fragile>, fragile, sparse_hash, plain_equal, atomic_heap, 2>,
                     map<std::string, aligned_number, sparse<any_case_seeded_hash>, any_case_equal, local_heap>>;
using few_set_configurations =
    ::testing::Types<set<std::uint64_t>, set<std::string, constant_hash, plain_equal, local_heap, 2>,
                     set<fragile, good_hash, plain_equal, atomic_heap, 2>,
                     set<without_order<fragile>, sparse_hash, plain_equal, local_heap>,
                     set<std::string, constant<any_case_seeded_hash>, any_case_equal, local_heap>>;
using walk_configurations = ::testing::Types<map<std::uint64_t, std::uint64_t>,
                                             map<std::uint64_t, std::uint64_t, sparse_hash, plain_equal, local_heap, 2>,
                                             map<std::uint64_t, std::uint64_t, constant_hash, plain_equal, local_heap>>;

#endif

/// Content by the numbers that keys and values are made from.
using number_map = std::unordered_map<std::uint64_t, std::uint64_t>;

/// Whether a map is sound and holds just that.
template <class Map>
  requires requires { typename Map::mapped_type; }
[[nodiscard]] ::testing::AssertionResult holds(const Map& of, const number_map& expected) {
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;
  if (const char* broken = of.check(); broken != nullptr) return ::testing::AssertionFailure() << broken;
  if (of.size() != expected.size()) {
    return ::testing::AssertionFailure() << of.size() << " elements in the place of " << expected.size();
  }
  for (const auto& [key, value] : expected) {
    const V* found = of.find(made_from<K>(key));
    if (found == nullptr) return ::testing::AssertionFailure() << "key " << key << " is missing";
    if (!(*found == made_from<V>(value))) return ::testing::AssertionFailure() << "key " << key << " is wrong";
  }
  return ::testing::AssertionSuccess();
}
template <class Set>
  requires std::same_as<typename Set::key_type, typename Set::value_type>
[[nodiscard]] ::testing::AssertionResult holds(const Set& of, const std::set<std::uint64_t>& expected) {
  if (const char* broken = of.check(); broken != nullptr) return ::testing::AssertionFailure() << broken;
  if (of.size() != expected.size()) {
    return ::testing::AssertionFailure() << of.size() << " elements in the place of " << expected.size();
  }
  for (const std::uint64_t number : expected) {
    if (!of.contains(made_from<typename Set::value_type>(number))) {
      return ::testing::AssertionFailure() << number << " is missing";
    }
  }
  return ::testing::AssertionSuccess();
}

/// Keys [from, to), each with itself plus `more` as value.
[[nodiscard]] inline number_map numbers(std::uint64_t from, std::uint64_t to, std::uint64_t more = 0) {
  number_map made;
  for (std::uint64_t i = from; i < to; ++i) made[i] = i + more;
  return made;
}

/// A typed test over maps: elements by number.
template <class Map>
class map_case : public ::testing::Test {
 protected:
  using map_type = Map;
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;
  using element = typename Map::value_type;

  [[nodiscard]] static K key(std::uint64_t number) { return made_from<K>(number); }
  [[nodiscard]] static V value(std::uint64_t number) { return made_from<V>(number); }
  [[nodiscard]] static std::vector<element> elements(const number_map& of) {
    std::vector<element> made;
    for (const auto& [each, its] : of) made.emplace_back(key(each), value(its));
    return made;
  }
  /// Built at once.
  [[nodiscard]] static Map map_of(const number_map& of) { return Map(elements(of)); }
  /// Built one by one, with a seed of its own.
  [[nodiscard]] static Map map_of(const number_map& of, std::uint64_t seed) {
    auto changed = Map(hash_seed{seed}).transient();
    for (const auto& [each, its] : of) changed.set(key(each), value(its));
    return std::move(changed).persistent();
  }
};

}  // namespace coppice::collection_test
