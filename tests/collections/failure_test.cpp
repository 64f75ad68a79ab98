// Whatever fails, at whatever step: maps are as they were, and nothing leaks. Memory fails by the count of allocations,
// elements by the count of copies.
#include "support.hpp"

namespace coppice::collection_test {
namespace {

template <class Map>
class map_failure : public map_case<Map> {
 protected:
  using map_case<Map>::key;
  using map_case<Map>::value;

  ~map_failure() override {
    failing_source::allowed = fragile::copies_allowed = no_limit;
    EXPECT_EQ(failing_source::live, 0U);
    EXPECT_EQ(fragile::live, 0);
  }

  /// Repeats `change` with one step more of either budget each time until it works. Meanwhile nothing may be left
  /// behind, and `unchanged` must be true.
  template <class Change, class Unchanged>
  static void until_it_works(const Change& change, const Unchanged& unchanged) {
    for (std::size_t* budget : {&failing_source::allowed, &fragile::copies_allowed}) {
      for (std::size_t allowed = 0;; ++allowed) {
        ASSERT_LT(allowed, 20'000U);
        const auto nodes = failing_source::live;
        const auto elements = fragile::live;
        *budget = allowed;
        bool worked = true;
        try {
          change();
        } catch (const std::bad_alloc&) {
          worked = false;
          ASSERT_EQ(budget, &failing_source::allowed);
        } catch (const std::runtime_error&) {
          worked = false;
          ASSERT_EQ(budget, &fragile::copies_allowed);
        }
        *budget = no_limit;
        ASSERT_TRUE(unchanged());
        ASSERT_EQ(failing_source::live, nodes);
        ASSERT_EQ(fragile::live, elements);
        if (worked) break;
      }
    }
  }

  /// A change of `map_`: by a copy, and in place, where the map owns all of its nodes.
  template <class Change>
  void change_fails_safely(const number_map& before, const number_map& after, const Change& change) {
    const Map kept = this->map_of(before);
    until_it_works([&] { EXPECT_TRUE(holds_later(change(std::as_const(kept)), after)); },
                   [&] { return holds(kept, before); });
    for (std::size_t* budget : {&failing_source::allowed, &fragile::copies_allowed}) {
      for (std::size_t allowed = 0;; ++allowed) {
        ASSERT_LT(allowed, 20'000U);
        Map own = this->map_of(before);
        *budget = allowed;
        try {
          own = change(std::move(own));
          *budget = no_limit;
          ASSERT_TRUE(holds(own, after));
          break;
        } catch (const std::exception&) {
          *budget = no_limit;
          ASSERT_TRUE(holds(own, before)) << "with " << allowed << " steps";
        }
      }
    }
  }

  /// Looks at what a change has made without being hindered by the budget itself.
  static ::testing::AssertionResult holds_later(const Map& made, const number_map& expected) {
    const std::size_t nodes = std::exchange(failing_source::allowed, no_limit);
    const std::size_t copies = std::exchange(fragile::copies_allowed, no_limit);
    auto result = holds(made, expected);
    failing_source::allowed = nodes;
    fragile::copies_allowed = copies;
    return result;
  }

  /// A function of two maps.
  template <class Join>
  void join_fails_safely(const number_map& after, const Join& join) {
    const number_map left = numbers(0, 40), right = numbers(25, 60, 1);
    for (const std::uint64_t seed : {1U, 2U}) {
      const Map ours = this->map_of(left, 1), theirs = this->map_of(right, seed);
      until_it_works([&] { EXPECT_TRUE(holds_later(join(ours, theirs), after)); },
                     [&] { return holds(ours, left) && holds(theirs, right); });
    }
  }
};
using failing_configurations =
    ::testing::Types<map<fragile, fragile, good_hash, plain_equal, failing_heap, 2>,
                     map<fragile, fragile, constant_hash, plain_equal, failing_heap>,
                     map<without_order<fragile>, fragile, sparse_hash, plain_equal, failing_heap, 4>,
                     map<without_order<std::uint64_t>, brittle, sparse_hash, plain_equal, failing_heap>>;
TYPED_TEST_SUITE(map_failure, failing_configurations);

[[nodiscard]] number_map with(number_map of, std::uint64_t key, std::uint64_t value) {
  of[key] = value;
  return of;
}

TYPED_TEST(map_failure, a_set_that_fails_changes_nothing) {
  for (const std::uint64_t count : {0U, 1U, 2U, 9U, 40U}) {
    const number_map before = numbers(0, count);
    for (const std::uint64_t number : {std::uint64_t{0}, count}) {
      this->change_fails_safely(before, with(before, number, 99), [&](auto&& map) {
        return std::forward<decltype(map)>(map).set(made_from<typename TypeParam::key_type>(number),
                                                    made_from<typename TypeParam::mapped_type>(99));
      });
    }
  }
}

TYPED_TEST(map_failure, an_insert_that_fails_changes_nothing) {
  for (const std::uint64_t count : {1U, 3U, 30U}) {
    const number_map before = numbers(0, count);
    this->change_fails_safely(before, with(before, count, 99), [&](auto&& map) {
      return std::forward<decltype(map)>(map).insert(made_from<typename TypeParam::key_type>(count),
                                                     made_from<typename TypeParam::mapped_type>(99));
    });
  }
}

TYPED_TEST(map_failure, an_update_that_fails_changes_nothing) {
  for (const std::uint64_t count : {1U, 3U, 30U}) {
    const number_map before = numbers(0, count);
    for (const std::uint64_t number : {std::uint64_t{0}, count}) {
      this->change_fails_safely(before, with(before, number, 99), [&](auto&& map) {
        return std::forward<decltype(map)>(map).update(
            made_from<typename TypeParam::key_type>(number),
            [](const auto&) { return made_from<typename TypeParam::mapped_type>(99); });
      });
    }
  }
}

TYPED_TEST(map_failure, an_update_whose_function_throws_changes_nothing) {
  const number_map before = numbers(0, 20);
  auto map = this->map_of(before);
  const auto thrower = [](const auto&) -> typename TypeParam::mapped_type { throw std::logic_error("no"); };
  for (const std::uint64_t number : {3U, 33U}) {
    EXPECT_THROW((void)map.update(this->key(number), thrower), std::logic_error);
    EXPECT_THROW((void)std::move(map).update(this->key(number), thrower), std::logic_error);
    ASSERT_TRUE(holds(map, before));  // NOLINT(bugprone-use-after-move): a change that fails leaves the map as it was
  }
}

TYPED_TEST(map_failure, an_erase_that_fails_changes_nothing) {
  for (const std::uint64_t count : {1U, 2U, 3U, 10U, 40U}) {
    const number_map before = numbers(0, count);
    number_map after = before;
    after.erase(0);
    this->change_fails_safely(before, after, [&](auto&& map) {
      return std::forward<decltype(map)>(map).erase(made_from<typename TypeParam::key_type>(0));
    });
  }
}

TYPED_TEST(map_failure, a_construction_that_fails_leaves_nothing) {
  for (const std::uint64_t count : {1U, 20U, 60U}) {
    const number_map content = numbers(0, count);
    const auto elements = this->elements(content);
    this->until_it_works([&] { EXPECT_TRUE(this->holds_later(TypeParam(elements), content)); },
                         [&] { return elements.size() == count; });
  }
}

TYPED_TEST(map_failure, a_merge_that_fails_changes_nothing) {
  number_map both = numbers(0, 40);
  for (const auto& [key, value] : numbers(25, 60, 1)) both[key] = value;
  this->join_fails_safely(both, [](const auto& left, const auto& right) { return left.merge(right); });
}

TYPED_TEST(map_failure, a_merge_with_a_resolver_that_fails_changes_nothing) {
  number_map both = numbers(0, 40);
  for (const auto& [key, value] : numbers(25, 60, 1)) both[key] = key < 40 ? 7 : value;
  this->join_fails_safely(both, [](const auto& left, const auto& right) {
    return left.merge(
        right, [](const auto&, const auto&, const auto&) { return made_from<typename TypeParam::mapped_type>(7); });
  });
}

TYPED_TEST(map_failure, an_intersection_that_fails_changes_nothing) {
  this->join_fails_safely(numbers(25, 40), [](const auto& left, const auto& right) { return left.intersect(right); });
}

TYPED_TEST(map_failure, a_difference_that_fails_changes_nothing) {
  this->join_fails_safely(numbers(0, 25), [](const auto& left, const auto& right) { return left.subtract(right); });
}

TYPED_TEST(map_failure, a_merge_of_three_that_fails_changes_nothing) {
  using mapped = typename TypeParam::mapped_type;
  const TypeParam base = this->map_of(numbers(10, 50), 1);
  number_map merged = numbers(25, 40, 1);
  for (const auto& [key, value] : numbers(0, 10)) merged[key] = value;
  for (const auto& [key, value] : numbers(50, 60, 1)) merged[key] = value;
  // Ours lacks [40, 50), theirs [10, 25), and has others values for the rest of ours.
  this->join_fails_safely(with(merged, 45, 5), [&](const auto& ours, const auto& theirs) {
    return merge3(base, ours, theirs,
                  [](const auto& key, const mapped*, const mapped* our, const mapped*) -> std::optional<mapped> {
                    EXPECT_EQ(our, nullptr);
                    if (key == made_from<typename TypeParam::key_type>(45)) return made_from<mapped>(5);
                    return std::nullopt;
                  });
  });
}

TYPED_TEST(map_failure, comparing_under_different_seeds_fails_safely) {
  const number_map content = numbers(0, 30);
  const TypeParam ours = this->map_of(content, 1), theirs = this->map_of(content, 2);
  const auto unchanged = [&] { return holds(ours, content) && holds(theirs, content); };
  this->until_it_works([&] { EXPECT_TRUE(ours == theirs); }, unchanged);
  this->until_it_works([&] { EXPECT_EQ(diff(ours, theirs).next(), nullptr); }, unchanged);
}

}  // namespace
}  // namespace coppice::collection_test
