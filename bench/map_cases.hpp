// The cases of the map suite over one side: each returns the cost of one round, and verifies what it did.
//
// All sides get the same keys in the same order. Keys are a random permutation; lookups, updates and removals come in a
// second random order.
//
// Thread safety: one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coppice/map.hpp"
#include "coppice/store_arena.hpp"
#include "measure.hpp"
#include "workload.hpp"

namespace coppice::bench {

template <class K>
[[nodiscard]] K map_key(std::uint64_t number) {
  if constexpr (std::is_same_v<K, std::string>) {
    char text[32];
    std::snprintf(text, sizeof text, "key-%014llu",
                  static_cast<unsigned long long>(mix64(number) % 100'000'000'000'000U));
    return text;
  } else {
    return mix64(number);
  }
}

/// What every side is given.
template <class K>
struct map_input {
  std::vector<std::pair<K, std::uint64_t>> elements;  // the value of element i is i
  std::vector<std::size_t> order;
  std::vector<K> sought;  // the keys in that order, side by side
  std::vector<K> missing;

  explicit map_input(std::size_t n) : order(n) {
    for (std::size_t i = 0; i < n; ++i) elements.emplace_back(map_key<K>(i), i);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
    for (const std::size_t i : order) {
      sought.push_back(elements[i].first);
      missing.push_back(map_key<K>(i + 1'000'000'000));
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return elements.size(); }
  [[nodiscard]] std::uint64_t sum() const noexcept { return size() * (size() - 1) / 2; }
};

inline void require_result(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("wrong result: ") + what);
}

template <class Side, class K>
class map_cases {
 public:
  using map = typename Side::map;

  explicit map_cases(const map_input<K>& input)
      : input_(input), full_(Side::build(input.elements)), repeats_(std::max<std::size_t>(1, 200'000 / input.size())) {}

  [[nodiscard]] double insert() { return filled(&Side::set); }
  [[nodiscard]] double insert_moved() { return filled(&Side::set_moved); }

  [[nodiscard]] double build() {
    stopwatch watch;
    for (std::size_t k = 0; k < repeats_; ++k) {
      watch.start();
      const map made = Side::build(input_.elements);
      watch.stop();
      require_result(made.size() == input_.size(), "build");
    }
    return watch.ns() / operations();
  }

  [[nodiscard]] double get() {
    std::uint64_t sum = 0;
    stopwatch watch;
    watch.start();
    for (std::size_t k = 0; k < repeats_; ++k) {
      for (const K& key : input_.sought) {
        const auto found = Side::find(full_, key);
        sum += found ? *found : 1;
      }
    }
    watch.stop();
    require_result(sum == repeats_ * input_.sum(), "get");
    return watch.ns() / operations();
  }

  [[nodiscard]] double miss() {
    std::size_t found = 0;
    stopwatch watch;
    watch.start();
    for (std::size_t k = 0; k < repeats_; ++k) {
      for (const K& key : input_.missing) found += Side::find(full_, key) ? 1U : 0U;
    }
    watch.stop();
    require_result(found == 0, "miss");
    return watch.ns() / operations();
  }

  [[nodiscard]] double update() {
    stopwatch watch;
    for (std::size_t k = 0; k < repeats_; ++k) {
      map changed = full_;
      watch.start();
      for (const K& key : input_.sought) Side::set(changed, key, std::uint64_t{1} << 40);
      watch.stop();
      require_result(
          changed.size() == input_.size() && *Side::find(changed, input_.sought[0]) == std::uint64_t{1} << 40,
          "update");
    }
    return watch.ns() / operations();
  }

  [[nodiscard]] double erase() {
    stopwatch watch;
    for (std::size_t k = 0; k < repeats_; ++k) {
      map changed = full_;
      watch.start();
      for (const K& key : input_.sought) Side::erase(changed, key);
      watch.stop();
      require_result(changed.empty(), "erase");
    }
    return watch.ns() / operations();
  }

  [[nodiscard]] double iterate() {
    return walked([&](std::uint64_t& sum) {
      for (const auto& element : full_) sum += element.second;
    });
  }
  [[nodiscard]] double for_each() {
    return walked([&](std::uint64_t& sum) { Side::for_each(full_, [&](std::uint64_t value) { sum += value; }); });
  }

  [[nodiscard]] double equal() {
    const map other = Side::build(input_.elements);
    stopwatch watch;
    watch.start();
    for (std::size_t k = 0; k < repeats_; ++k) require_result(other == full_, "equal");
    watch.stop();
    return watch.ns() / operations();
  }

  /// us a version: each of a hundred has one key more, and all are kept.
  [[nodiscard]] double versions_kept() {
    constexpr std::size_t count = 100;
    std::vector<map> kept;
    kept.reserve(count);
    stopwatch watch;
    watch.start();
    for (std::size_t i = 0; i < count; ++i) {
      kept.push_back(full_);
      Side::set(kept.back(), map_key<K>(3'000'000'000 + i), i);
    }
    watch.stop();
    require_result(kept.back().size() == input_.size() + 1, "versions_kept");
    return watch.ns() / (1e3 * count);
  }

  // ---- ours alone

  /// ns a change, of a version in which 1 % has changed.
  [[nodiscard]] double diff() {
    const std::size_t changes = std::max<std::size_t>(10, input_.size() / 100);
    map newer = full_;
    for (std::size_t i = 0; i < changes; ++i) Side::set(newer, input_.sought[i], std::uint64_t{1} << 40);
    std::size_t seen = 0;
    stopwatch watch;
    watch.start();
    for (std::size_t k = 0; k < repeats_; ++k) {
      auto cursor = coppice::diff(full_, newer);
      while (cursor.next() != nullptr) ++seen;
    }
    watch.stop();
    require_result(seen == changes * repeats_, "diff");
    return watch.ns() / static_cast<double>(seen);
  }

  /// us a union of two versions that differ in 200 keys.
  [[nodiscard]] double union_200() {
    map left = full_, right = full_;
    for (std::size_t i = 0; i < 200; ++i) {
      Side::set(i < 100 ? left : right, map_key<K>(2'000'000'000 + i), i);
    }
    stopwatch watch;
    watch.start();
    const map both = left.merge(right);
    watch.stop();
    require_result(both.size() == input_.size() + 200, "union_200");
    return watch.ns() / 1e3;
  }

  /// Bytes of an element in nodes, with eight for each block that the heap takes for itself. Strings of more than 15
  /// characters own bytes besides, on the heap.
  [[nodiscard]] double bytes_per_entry() {
    const auto made = full_.stats();
    const std::size_t around = std::is_same_v<typename map::memory_type, store_arena> ? 0 : 8;
    return static_cast<double>(made.bytes + around * made.nodes) / static_cast<double>(input_.size());
  }

 private:
  [[nodiscard]] double operations() const noexcept { return static_cast<double>(repeats_ * input_.size()); }

  template <class Set>
  [[nodiscard]] double filled(const Set& set) {
    stopwatch watch;
    for (std::size_t k = 0; k < repeats_; ++k) {
      map made;
      watch.start();
      for (const auto& [key, value] : input_.elements) set(made, key, value);
      watch.stop();
      require_result(made.size() == input_.size(), "insert");
    }
    return watch.ns() / operations();
  }

  template <class Walk>
  [[nodiscard]] double walked(const Walk& walk) {
    std::uint64_t sum = 0;
    stopwatch watch;
    watch.start();
    for (std::size_t k = 0; k < repeats_; ++k) walk(sum);
    watch.stop();
    require_result(sum == repeats_ * input_.sum(), "iterate");
    return watch.ns() / operations();
  }

  const map_input<K>& input_;
  map full_;
  std::size_t repeats_;
};

}  // namespace coppice::bench
