// Differences of maps and sets: kinds, values, the cursor and its iterators, and what need not be read.
#include "support.hpp"

namespace coppice::collection_test {
namespace {

template <class Map>
class map_difference : public map_case<Map> {
 protected:
  using typename map_case<Map>::V;

  /// Whether the difference is just what is to be expected.
  void check(const Map& older, const Map& newer, const number_map& before, const number_map& after) {
    number_map left_before = before, left_after = after;
    const auto number_of = [](const number_map& in, const auto& key) {
      for (const auto& [number, value] : in) {
        if (made_from<typename Map::key_type>(number) == key) return number;
      }
      return std::uint64_t{1'000'000};
    };
    for (const auto& change : diff(older, newer)) {
      const bool was = change.before() != nullptr, is = change.after() != nullptr;
      ASSERT_EQ(change.kind(), !was ? diff_kind::added : !is ? diff_kind::removed : diff_kind::changed);
      const std::uint64_t number = number_of(was ? left_before : left_after, change.key());
      ASSERT_EQ(was, left_before.contains(number));
      ASSERT_EQ(is, left_after.contains(number));
      ASSERT_TRUE(!was || *change.before() == this->value(left_before[number]));
      ASSERT_TRUE(!is || *change.after() == this->value(left_after[number]));
      if (was && is) {
        ASSERT_NE(left_before[number], left_after[number]);
      }
      left_before.erase(number);
      left_after.erase(number);
    }
    ASSERT_EQ(left_before, left_after);
  }
};
TYPED_TEST_SUITE(map_difference, few_map_configurations);

TYPED_TEST(map_difference, names_what_was_added_removed_and_changed) {
  for (const std::uint64_t size : {0U, 1U, 5U, 40U, 150U}) {
    for (const std::uint64_t seed : {1U, 2U}) {
      const number_map before = numbers(0, size);
      number_map after = numbers(size / 3, size + size / 3, 0);
      for (auto& [key, value] : after) value += key % 5 == 0 ? 1 : 0;
      this->check(this->map_of(before, 1), this->map_of(after, seed), before, after);
      this->check(this->map_of(after, 1), this->map_of(before, seed), after, before);
      this->check(this->map_of(before, 1), this->map_of(before, seed), before, before);
    }
  }
}

TYPED_TEST(map_difference, of_versions_is_what_was_done_between_them) {
  const number_map before = numbers(0, 150);
  const TypeParam older = this->map_of(before);
  number_map after = before;
  TypeParam newer = older;
  for (const std::uint64_t number : {3U, 50U, 149U}) {
    newer = newer.erase(this->key(number)).set(this->key(number + 1), this->value(500));
    after.erase(number);
    after[number + 1] = 500;
  }
  this->check(older, newer, before, after);
  this->check(newer, older, after, before);
  // Back to the old content by another way.
  for (const std::uint64_t number : {149U, 50U, 3U}) {
    newer = newer.set(this->key(number), this->value(number)).set(this->key(number + 1), this->value(number + 1));
  }
  newer = newer.erase(this->key(150));
  this->check(older, newer, before, before);
}

TYPED_TEST(map_difference, can_be_left_at_any_change) {
  const TypeParam older = this->map_of(numbers(0, 60), 1), newer = this->map_of(numbers(30, 90), 2);
  for (std::size_t most = 0; most < 60; most += 7) {
    auto changes = diff(older, newer);
    for (std::size_t i = 0; i < most; ++i) ASSERT_NE(changes.next(), nullptr);
  }
  auto changes = diff(older, newer);
  std::size_t count = 0;
  for (const auto& change : changes) {  // goes on where it stands
    ++count;
    EXPECT_NE(change.kind(), diff_kind::changed);
    if (count == 10) break;
  }
  while (changes.next() != nullptr) ++count;
  EXPECT_EQ(count, 60U);
  EXPECT_EQ(changes.next(), nullptr);
  EXPECT_EQ(changes.begin(), changes.end());
}

TYPED_TEST(map_difference, holds_the_maps_by_itself) {
  auto older = std::make_unique<TypeParam>(this->map_of(numbers(0, 30)));
  auto newer = std::make_unique<TypeParam>(older->set(this->key(5), this->value(99)));
  auto changes = diff(*older, *newer);
  older.reset();
  newer.reset();
  const auto* change = changes.next();
  ASSERT_NE(change, nullptr);
  EXPECT_TRUE(change->key() == this->key(5));
  EXPECT_TRUE(*change->before() == this->value(5));
  EXPECT_TRUE(*change->after() == this->value(99));
  EXPECT_EQ(changes.next(), nullptr);
}

TEST(difference_cost, only_what_two_versions_do_not_share_is_compared) {
  struct counting {
    std::uint64_t of;
    bool operator==(const counting& other) const noexcept {
      ++comparisons();
      return of == other.of;
    }
    static std::size_t& comparisons() {
      static std::size_t count = 0;
      return count;
    }
  };
  auto changing = map<std::uint64_t, counting>().transient();
  for (std::uint64_t i = 0; i < 20'000; ++i) changing.set(i, {i});
  const auto older = changing.persistent();
  for (std::uint64_t i = 0; i < 10; ++i) changing.set(i * 1000, {1});
  const auto newer = changing.persistent();
  counting::comparisons() = 0;
  auto changes = diff(older, newer);
  std::size_t count = 0;
  while (changes.next() != nullptr) ++count;
  EXPECT_EQ(count, 10U);
  EXPECT_LT(counting::comparisons(), 400U);
  EXPECT_FALSE(older == newer);
  EXPECT_LT(counting::comparisons(), 800U);
}

TEST(set_difference_cursor, names_added_and_removed_elements) {
  const set<int> older{1, 2, 3}, newer{2, 3, 4};
  int added = 0, removed = 0;
  for (const auto& change : diff(older, newer))
    (change.kind() == diff_kind::added ? added : removed) += change.element();
  EXPECT_EQ(added, 4);
  EXPECT_EQ(removed, 1);
}

}  // namespace
}  // namespace coppice::collection_test
