// merge3: the changes of two descendants of one map together, and who is asked where both changed a key.
#include <optional>

#include "support.hpp"

namespace coppice::collection_test {
namespace {

template <class Map>
class map_merge3 : public map_case<Map> {
 protected:
  using typename map_case<Map>::V;
  /// The state of a key: missing or with a value.
  using state = std::optional<std::uint64_t>;

  /// With every combination of states in base, ours and theirs, one key each; `extra` more keys only in ours, so that
  /// either side may have fewer changes.
  void run(std::uint64_t extra_ours, std::uint64_t extra_theirs, bool other_seeds) {
    const state states[] = {std::nullopt, 1, 2, 3};
    number_map base, ours, theirs;
    std::vector<std::array<state, 3>> cases;
    for (const state& b : states) {
      for (const state& o : states) {
        for (const state& t : states) {
          const std::uint64_t number = cases.size();
          if (b) base[number] = *b;
          if (o) ours[number] = *o;
          if (t) theirs[number] = *t;
          cases.push_back({b, o, t});
        }
      }
    }
    for (std::uint64_t i = 0; i < extra_ours; ++i) ours[1000 + i] = i;
    for (std::uint64_t i = 0; i < extra_theirs; ++i) theirs[2000 + i] = i;
    for (const bool keeps : {true, false}) {
      merge_all(base, ours, theirs, cases, keeps, other_seeds);
      if (this->HasFatalFailure()) return;
    }
  }

 private:
  void merge_all(const number_map& base, const number_map& ours, const number_map& theirs,
                 const std::vector<std::array<state, 3>>& cases, bool keeps, bool other_seeds) {
    number_map expected;
    std::size_t conflicts = 0, asked = 0;
    for (std::uint64_t number = 0; number < cases.size(); ++number) {
      const auto& [b, o, t] = cases[number];
      const bool conflict = o != b && t != b && o != t;
      const state merged = conflict ? (keeps ? state(50) : std::nullopt) : o != b ? o : t;
      if (merged) expected[number] = *merged;
      conflicts += conflict ? 1U : 0U;
    }
    for (const number_map* side : {&ours, &theirs}) {
      for (const auto& [key, value] : *side) {
        if (key >= 1000) expected[key] = value;
      }
    }
    const auto like = [](const V* value, const state& expected_state) {
      return value == nullptr ? !expected_state : expected_state && *value == made_from<V>(*expected_state);
    };
    const Map old = this->map_of(base, 1), our_map = this->map_of(ours, other_seeds ? 2 : 1),
              their_map = this->map_of(theirs, other_seeds ? 3 : 1);
    const Map merged =
        merge3(old, our_map, their_map, [&](const auto& key, const V* b, const V* o, const V* t) -> std::optional<V> {
          std::uint64_t number = 0;
          while (number < cases.size() && !(made_from<typename Map::key_type>(number) == key)) ++number;
          EXPECT_LT(number, cases.size());
          if (number == cases.size()) return std::nullopt;
          EXPECT_TRUE(like(b, cases[number][0]) && like(o, cases[number][1]) && like(t, cases[number][2]));
          ++asked;
          return keeps ? std::optional<V>(made_from<V>(50)) : std::nullopt;
        });
    ASSERT_TRUE(holds(merged, expected));
    ASSERT_EQ(asked, conflicts);
    ASSERT_TRUE(holds(our_map, ours));
    ASSERT_TRUE(holds(their_map, theirs));
  }
};
TYPED_TEST_SUITE(map_merge3, few_map_configurations);

TYPED_TEST(map_merge3, settles_every_combination_of_changes) { this->run(0, 0, false); }
TYPED_TEST(map_merge3, settles_every_combination_where_ours_changed_more) { this->run(40, 0, false); }
TYPED_TEST(map_merge3, settles_every_combination_where_theirs_changed_more) { this->run(0, 40, false); }
TYPED_TEST(map_merge3, settles_every_combination_under_three_seeds) {
  this->run(0, 30, true);
  this->run(30, 0, true);
}

TYPED_TEST(map_merge3, takes_over_the_side_that_alone_has_changed) {
  const TypeParam base = this->map_of(numbers(0, 100));
  const TypeParam changed = base.set(this->key(3), this->value(50)).erase(this->key(9));
  const auto never = [](const auto&, const auto*, const auto*, const auto*) {
    ADD_FAILURE();
    return std::optional<typename TypeParam::mapped_type>();
  };
  EXPECT_EQ(merge3(base, changed, base, never).identity(), changed.identity());
  EXPECT_EQ(merge3(base, base, changed, never).identity(), changed.identity());
  EXPECT_EQ(merge3(base, changed, changed, never).identity(), changed.identity());
  EXPECT_EQ(merge3(base, base, base, never).identity(), base.identity());
}

TYPED_TEST(map_merge3, leaves_all_as_it_was_when_the_resolver_throws) {
  const TypeParam base = this->map_of(numbers(0, 10));
  const TypeParam ours = base.set(this->key(3), this->value(50)), theirs = base.set(this->key(3), this->value(51));
  using result = std::optional<typename TypeParam::mapped_type>;
  EXPECT_THROW((void)merge3(base, ours, theirs,
                            [](const auto&, const auto*, const auto*, const auto*) -> result {
                              throw std::logic_error("undecided");
                            }),
               std::logic_error);
  EXPECT_TRUE(holds(base, numbers(0, 10)));
  EXPECT_TRUE(ours.at(this->key(3)) == this->value(50));
}

}  // namespace
}  // namespace coppice::collection_test
