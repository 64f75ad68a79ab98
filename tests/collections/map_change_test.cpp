// Looking up and changing one key, in all forms: on a map that is kept, on one that expires, and in a transient.
#include "support.hpp"

namespace coppice::collection_test {
namespace {

template <class Map>
class map_change : public map_case<Map> {
 protected:
  const Map map_ = this->map_of(numbers(0, 60));
  const number_map content_ = numbers(0, 60);

  [[nodiscard]] number_map changed(std::uint64_t key, std::uint64_t value) const {
    number_map after = content_;
    after[key] = value;
    return after;
  }
};
TYPED_TEST_SUITE(map_change, few_map_configurations);

TYPED_TEST(map_change, lookups_agree) {
  const auto key = this->key(7), missing = this->key(60);
  EXPECT_TRUE(*this->map_.find(key) == this->value(7));
  EXPECT_TRUE(this->map_.at(key) == this->value(7));
  EXPECT_TRUE(this->map_[key] == this->value(7));
  EXPECT_TRUE(this->map_.contains(key));
  EXPECT_EQ(this->map_.count(key), 1U);
  EXPECT_TRUE(this->map_.get_or(key, this->value(1)) == this->value(7));

  EXPECT_EQ(this->map_.find(missing), nullptr);
  EXPECT_THROW((void)this->map_.at(missing), std::out_of_range);
  EXPECT_TRUE(this->map_[missing] == typename TypeParam::mapped_type{});
  EXPECT_FALSE(this->map_.contains(missing));
  EXPECT_EQ(this->map_.count(missing), 0U);
  EXPECT_TRUE(this->map_.get_or(missing, this->value(1)) == this->value(1));
  EXPECT_EQ(TypeParam().find(key), nullptr);
}

TYPED_TEST(map_change, set_stores_or_replaces) {
  EXPECT_TRUE(holds(this->map_.set(this->key(60), this->value(60)), numbers(0, 61)));
  EXPECT_TRUE(holds(this->map_.set(this->key(5), this->value(99)), this->changed(5, 99)));
  EXPECT_TRUE(holds(TypeParam(this->map_).set(this->key(5), this->value(99)), this->changed(5, 99)));
  EXPECT_TRUE(holds(this->map_, this->content_));
}

TYPED_TEST(map_change, insert_leaves_what_is_there) {
  EXPECT_TRUE(holds(this->map_.insert(this->key(60), this->value(60)), numbers(0, 61)));
  EXPECT_TRUE(holds(this->map_.insert({this->key(60), this->value(60)}), numbers(0, 61)));
  EXPECT_TRUE(holds(TypeParam(this->map_).insert({this->key(60), this->value(60)}), numbers(0, 61)));
  EXPECT_EQ(this->map_.insert(this->key(5), this->value(99)).identity(), this->map_.identity());
  EXPECT_EQ(this->map_.insert({this->key(5), this->value(99)}).identity(), this->map_.identity());
  EXPECT_TRUE(holds(this->map_, this->content_));
}

TYPED_TEST(map_change, update_gives_the_value_to_a_function) {
  using mapped = typename TypeParam::mapped_type;
  const auto to_99 = [](std::uint64_t from) {
    return [from](const mapped& old) {
      EXPECT_TRUE(old == made_from<mapped>(from));
      return made_from<mapped>(99);
    };
  };
  EXPECT_TRUE(holds(this->map_.update(this->key(5), to_99(5)), this->changed(5, 99)));
  EXPECT_TRUE(holds(TypeParam(this->map_).update(this->key(5), to_99(5)), this->changed(5, 99)));
  EXPECT_TRUE(holds(this->map_.update_if_exists(this->key(5), to_99(5)), this->changed(5, 99)));
  EXPECT_TRUE(holds(TypeParam(this->map_).update_if_exists(this->key(5), to_99(5)), this->changed(5, 99)));
  EXPECT_TRUE(holds(this->map_, this->content_));
}

TYPED_TEST(map_change, update_may_be_given_a_function_that_keeps_the_version) {
  using mapped = typename TypeParam::mapped_type;
  for (const std::uint64_t number : {5U, 60U}) {
    auto changing = this->map_of(this->content_).transient();  // its nodes are its own until the function copies it
    TypeParam kept;
    changing.update(this->key(number), [&](const mapped&) {
      kept = changing.persistent();
      return made_from<mapped>(99);
    });
    EXPECT_TRUE(holds(kept, this->content_));
    EXPECT_TRUE(holds(*changing, this->changed(number, 99)));
  }
}

TYPED_TEST(map_change, update_of_a_missing_key_starts_from_an_empty_value) {
  using mapped = typename TypeParam::mapped_type;
  const auto fresh = [](const mapped& old) {
    EXPECT_TRUE(old == mapped{});
    return made_from<mapped>(60);
  };
  EXPECT_TRUE(holds(this->map_.update(this->key(60), fresh), numbers(0, 61)));
  EXPECT_TRUE(holds(TypeParam(this->map_).update(this->key(60), fresh), numbers(0, 61)));
  const auto never = [](const mapped& old) {
    ADD_FAILURE();
    return old;
  };
  EXPECT_EQ(this->map_.update_if_exists(this->key(60), never).identity(), this->map_.identity());
  EXPECT_TRUE(holds(TypeParam(this->map_).update_if_exists(this->key(60), never), this->content_));
}

TYPED_TEST(map_change, erase_takes_out_one_key) {
  number_map without = this->content_;
  without.erase(5);
  EXPECT_TRUE(holds(this->map_.erase(this->key(5)), without));
  EXPECT_TRUE(holds(TypeParam(this->map_).erase(this->key(5)), without));
  EXPECT_TRUE(holds(this->map_, this->content_));
  TypeParam all = this->map_;
  for (std::uint64_t i = 0; i < 60; ++i) all = std::move(all).erase(this->key(i));
  EXPECT_TRUE(holds(all, {}));
  EXPECT_TRUE(all.empty());
}

TYPED_TEST(map_change, what_changes_nothing_keeps_the_identity) {
  const auto& map = this->map_;
  EXPECT_EQ(map.set(this->key(5), this->value(5)).identity(), map.identity());
  EXPECT_EQ(map.update(this->key(5), [](const auto& old) { return old; }).identity(), map.identity());
  EXPECT_EQ(map.update_if_exists(this->key(5), [](const auto& old) { return old; }).identity(), map.identity());
  EXPECT_EQ(map.erase(this->key(60)).identity(), map.identity());
  EXPECT_FALSE(map.set(this->key(5), this->value(6)).identity() == map.identity());
  EXPECT_EQ(TypeParam().erase(this->key(1)).identity(), TypeParam().identity());
}

TYPED_TEST(map_change, a_transient_says_whether_anything_changed) {
  auto changing = this->map_.transient();
  const auto other = [this](const auto&) { return this->value(98); };
  const auto same = [](const auto& old) { return old; };
  EXPECT_TRUE(changing.set(this->key(60), this->value(60)));
  EXPECT_FALSE(changing.set(this->key(60), this->value(60)));
  EXPECT_TRUE(changing.set(this->key(60), this->value(61)));
  EXPECT_TRUE(changing.insert(this->key(61), this->value(61)));
  EXPECT_FALSE(changing.insert(this->key(61), this->value(62)));
  EXPECT_TRUE(changing.update(this->key(5), other));
  EXPECT_FALSE(changing.update(this->key(5), same));
  EXPECT_TRUE(changing.update(this->key(62), other));
  EXPECT_TRUE(changing.update_if_exists(this->key(6), other));
  EXPECT_FALSE(changing.update_if_exists(this->key(63), other));
  EXPECT_TRUE(changing.erase(this->key(0)));
  EXPECT_FALSE(changing.erase(this->key(0)));

  number_map after = this->content_;
  after[60] = after[61] = 61;
  after[5] = after[6] = after[62] = 98;
  after.erase(0);
  EXPECT_TRUE(holds(*changing, after));
  EXPECT_EQ(changing.size(), after.size());
  EXPECT_FALSE(changing.empty());
  EXPECT_TRUE(*changing.find(this->key(62)) == this->value(98));
  EXPECT_EQ(changing.find(this->key(0)), nullptr);
  EXPECT_EQ(static_cast<std::size_t>(std::distance(changing.begin(), changing.end())), after.size());
  EXPECT_TRUE(holds(this->map_, this->content_));
}

TYPED_TEST(map_change, versions_taken_from_a_transient_stay) {
  typename TypeParam::transient_type changing;
  std::vector<TypeParam> versions;
  for (std::uint64_t i = 0; i < 100; ++i) {
    versions.push_back(changing.persistent());
    changing.set(this->key(i), this->value(i));
    if (i % 3 == 0) changing.set(this->key(i), this->value(i));
  }
  for (std::uint64_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(holds(versions[i], numbers(0, i)));
    changing.erase(this->key(i));
  }
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(holds(versions[i], numbers(0, i)));
  EXPECT_TRUE(changing.empty());
}

TYPED_TEST(map_change, a_copied_transient_goes_its_own_way) {
  auto one = this->map_.transient();
  one.set(this->key(60), this->value(60));
  auto other = one;
  other.set(this->key(5), this->value(99));
  one.set(this->key(61), this->value(61));
  EXPECT_TRUE(holds(*one, numbers(0, 62)));
  EXPECT_TRUE(holds(other->erase(this->key(60)), this->changed(5, 99)));
}

/// What is given may lie in the map itself.
TYPED_TEST(map_change, elements_of_the_map_itself_may_be_given) {
  TypeParam map = this->map_;
  number_map expected = this->content_;
  for (std::uint64_t i = 0; i < 30; ++i) {
    map = std::move(map).set(this->key(i), map.at(this->key(i + 30)));  // NOLINT(bugprone-use-after-move)
    expected[i] = i + 30;
  }
  EXPECT_TRUE(holds(map, expected));
  map = std::move(map).insert(*map.begin());  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(holds(map, expected));
  auto changing = std::move(map).transient();
  for (std::uint64_t i = 0; i < 30; ++i) changing.set(this->key(100 + i), *changing.find(this->key(i)));
  for (std::uint64_t i = 0; i < 30; ++i) expected[100 + i] = i + 30;
  EXPECT_TRUE(holds(*changing, expected));
  for (std::size_t left = expected.size(); left > 0; --left) {
    changing.update((*changing.begin()).first, [](const auto& old) -> const auto& { return old; });
    ASSERT_EQ(changing.size(), left);
    ASSERT_TRUE(changing.erase((*changing.begin()).first));
  }
  EXPECT_TRUE(changing.empty());
}

}  // namespace
}  // namespace coppice::collection_test
