// Typed collections of all kinds in stores, for tests of packs.
#pragma once

#include <string>
#include <vector>

#include "coppice/store_arena.hpp"
#include "store_support.hpp"

namespace coppice::pack_test {

struct point {
  double x = 0;
  double y = 0;
  std::uint32_t tag = 0;
  std::uint32_t layer = 0;
  friend auto operator<=>(const point&, const point&) = default;
};

using prices = arena_map<std::uint64_t, double>;
using points = arena_map<std::uint16_t, point>;
using wide_prices = map<std::uint64_t, double, hash<std::uint64_t>, std::equal_to<>, store_arena, 5>;
using numbers = arena_set<std::uint32_t>;
using positions = arena_vector<std::uint64_t>;
using texts = arena_map<std::string, std::string>;
using words = arena_set<std::string>;
using lines = arena_vector<std::string>;
using flags = vector<std::uint8_t, store_arena, 2, 2>;

/// Changes all collections of a store, more with each step. `size`: of the collections.
inline void change_collections(transaction& t, std::uint64_t step, std::uint64_t size) {
  auto price = t.get<prices>("prices").value_or(prices());
  auto place = t.get<points>("points").value_or(points());
  auto wide = t.get<wide_prices>("wide").value_or(wide_prices());
  auto odd = t.get<numbers>("odd").value_or(numbers());
  auto at = t.get<positions>("positions").value_or(positions());
  auto text = t.get<texts>("texts").value_or(texts());
  auto word = t.get<words>("words").value_or(words());
  auto line = t.get<lines>("lines").value_or(lines());
  auto flag = t.get<flags>("flags").value_or(flags());
  const std::uint64_t many = step == 0 ? size : 1;
  for (std::uint64_t i = 0; i < many; ++i) {
    const std::uint64_t n = step * 7919 + i;
    price = std::move(price).set(n % size, static_cast<double>(n));
    place = std::move(place).set(static_cast<std::uint16_t>(n % size), point{.x = 1.0, .y = 2.0, .tag = 3, .layer = 4});
    wide = std::move(wide).set(n % size, static_cast<double>(n));
    odd = std::move(odd).insert(static_cast<std::uint32_t>(2 * (n % size) + 1));
    at = std::move(at).push_back(n);
    text = std::move(text).set("key " + std::to_string(n % size), text_of(n % 40));
    word = std::move(word).insert(text_of(n % size % 90));
    line = std::move(line).push_back(n % 5 == 0 ? "" : text_of(n % 30));
    flag = std::move(flag).push_back(static_cast<std::uint8_t>(n));
  }
  if (step % 3 == 2) {
    price = std::move(price).erase(step);
    odd = std::move(odd).erase(static_cast<std::uint32_t>(2 * step + 1));
    text = std::move(text).erase("key " + std::to_string(step));
    at = at.insert(at.size() / 3, at.take(3));
    line = line.erase(line.size() / 2).set(1, std::string(300, 'l'));
    flag = flag.drop(3) + flag.take(5);
  }
  t.set("prices", price);
  t.set("points", place);
  t.set("wide", wide);
  t.set("odd", odd);
  t.set("positions", at);
  t.set("texts", text);
  t.set("words", word);
  t.set("lines", line);
  t.set("flags", flag);
  t.set("none", prices());
  t.set("nothing", lines());
  t.set("step", static_cast<std::int64_t>(step));
}

template <class Collection>
void expect_same(const snapshot& a, const snapshot& b, const char* key) {
  const auto left = a.get<Collection>(key), right = b.get<Collection>(key);
  ASSERT_TRUE(left && right) << key;
  EXPECT_EQ(left->check(), nullptr) << key;
  EXPECT_TRUE(*left == *right) << key;
  EXPECT_EQ(left->size(), right->size());
}
/// What both have is the same.
inline void expect_same_collections(const snapshot& a, const snapshot& b) {
  EXPECT_EQ(a.size(), b.size());
  EXPECT_EQ(a.get("step")->as_int64(), b.get("step")->as_int64());
  expect_same<prices>(a, b, "prices");
  expect_same<points>(a, b, "points");
  expect_same<wide_prices>(a, b, "wide");
  expect_same<numbers>(a, b, "odd");
  expect_same<positions>(a, b, "positions");
  expect_same<texts>(a, b, "texts");
  expect_same<words>(a, b, "words");
  expect_same<lines>(a, b, "lines");
  expect_same<flags>(a, b, "flags");
  expect_same<prices>(a, b, "none");
  expect_same<lines>(a, b, "nothing");
}

/// Versions of a store, each with a few changes of all collections, which have `size` elements.
[[nodiscard]] inline std::vector<snapshot> fill_collections(store& into, unsigned versions, std::uint64_t size) {
  std::vector<snapshot> made;
  for (unsigned i = 0; i < versions; ++i) {
    into.transact([&](transaction& t) { change_collections(t, i, size); });
    made.push_back(into.snapshot());
  }
  return made;
}

}  // namespace coppice::pack_test
