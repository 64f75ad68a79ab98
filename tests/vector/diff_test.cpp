// Differences: applied to the older version they give the newer one, and they are few where little was changed.
#include <random>
#include <utility>

#include "support.hpp"

namespace coppice::vector_test {
namespace {

using changes = std::vector<vector_change>;

template <class Vector>
[[nodiscard]] changes differences(const Vector& older, const Vector& newer) {
  changes all;
  auto cursor = diff(older, newer);
  while (const auto change = cursor.next()) all.push_back(*change);
  return all;
}

/// Whether what stands between the changes is the same, and the changes ascend.
template <class Vector>
void expect_sound(const Vector& older, const Vector& newer, const changes& all) {
  std::size_t old_at = 0, new_at = 0;
  changes to_end = all;
  to_end.push_back({older.size(), older.size(), newer.size(), newer.size()});
  for (const vector_change& change : to_end) {
    ASSERT_LE(old_at, change.old_first);
    ASSERT_LE(change.old_first, change.old_last);
    ASSERT_LE(change.new_first, change.new_last);
    ASSERT_EQ(change.old_first - old_at, change.new_first - new_at);
    for (; old_at < change.old_first; ++old_at, ++new_at) ASSERT_TRUE(older[old_at] == newer[new_at]);
    old_at = change.old_last;
    new_at = change.new_last;
  }
  ASSERT_EQ(old_at, older.size());
  ASSERT_EQ(new_at, newer.size());
}

template <class Vector>
class vector_difference : public ::testing::Test {
 protected:
  [[nodiscard]] static Vector counting(std::uint64_t from, std::uint64_t count) {
    Vector all;
    for (std::uint64_t i = 0; i < count; ++i) all = std::move(all).push_back(from + i);
    return all;
  }
  static void expect(const Vector& older, const Vector& newer, const changes& wanted) {
    const changes found = differences(older, newer);
    expect_sound(older, newer, found);
    EXPECT_EQ(found, wanted);
  }
};
TYPED_TEST_SUITE(vector_difference, two_shapes);

TYPED_TEST(vector_difference, of_a_version_and_itself_is_none) {
  const TypeParam all = this->counting(0, 3000);
  this->expect(all, all, {});
  this->expect(all, this->counting(0, 3000), {});
  this->expect(TypeParam(), TypeParam(), {});
}
TYPED_TEST(vector_difference, of_sets_is_what_was_set) {
  const TypeParam all = this->counting(0, 3000);
  this->expect(all, all.set(1700, 1).set(5, 9).set(6, 9), {{5, 7, 5, 7}, {1700, 1701, 1700, 1701}});
}
TYPED_TEST(vector_difference, of_appending_is_what_was_appended) {
  const TypeParam all = this->counting(0, 3000);
  TypeParam more = all;
  for (std::uint64_t i = 0; i < 300; ++i) more = more.push_back(i);
  this->expect(all, more, {{3000, 3000, 3000, 3300}});
  this->expect(more, all, {{3000, 3300, 3000, 3000}});
  this->expect(TypeParam(), all, {{0, 0, 0, 3000}});
  this->expect(all, all + all, {{3000, 3000, 3000, 6000}});
}
TYPED_TEST(vector_difference, of_slices_is_what_was_cut_off) {
  const TypeParam all = this->counting(0, 3000);
  for (const std::size_t at : {1U, 127U, 128U, 1000U, 2999U}) {
    this->expect(all, all.drop(at), {{0, at, 0, 0}});
    this->expect(all, all.take(at), {{at, 3000, at, at}});
  }
}
TYPED_TEST(vector_difference, of_insertions_and_erasures_is_what_was_put_in_and_out) {
  const TypeParam all = this->counting(0, 3000);
  this->expect(all, all.insert(1234, 7'000'000), {{1234, 1234, 1234, 1235}});
  this->expect(all, all.erase(500, 900), {{500, 900, 500, 500}});
  this->expect(all, all.push_front(99), {{0, 0, 0, 1}});
  this->expect(all, all.insert(1000, this->counting(8'000'000, 777)), {{1000, 1000, 1000, 1777}});
  this->expect(all, all.erase(2500, 2600).insert(300, this->counting(8'000'000, 50)),
               {{300, 300, 300, 350}, {2500, 2600, 2550, 2550}});
}
TYPED_TEST(vector_difference, finds_the_longer_part_where_parts_changed_places) {
  const TypeParam all = this->counting(0, 4096);
  const TypeParam turned = all.drop(1024) + all.take(1024);
  const changes found = differences(all, turned);
  expect_sound(all, turned, found);
  EXPECT_EQ(found.size(), 2U);
}
TYPED_TEST(vector_difference, of_any_history_is_sound) {
  std::mt19937_64 random(1);
  TypeParam now = this->counting(0, 500);
  std::vector<TypeParam> versions;
  for (unsigned i = 0; i < 600; ++i) {
    versions.push_back(now);
    const std::size_t size = now.size(), at = static_cast<std::size_t>(random() % (size + 1));
    switch (random() % 5) {
      case 0:
        now = now.insert(at, random());
        break;
      case 1:
        now = now.erase(at, at + (size - at) / 20);
        break;
      case 2:
        now = size == 0 ? now : now.set(at % size, random());
        break;
      case 3:
        now = now.drop(at) + now.take(at);
        break;
      default:
        now = now.insert(at, versions[random() % versions.size()].take(size / 20));
    }
    const TypeParam& other = versions[random() % versions.size()];
    expect_sound(other, now, differences(other, now));
    if (this->HasFatalFailure()) return;
  }
}

/// Without ==.
struct opaque {
  int value;
};
TEST(vector_difference_of_opaque_elements, covers_the_leaves_that_are_not_shared) {
  using opaques = vector<opaque, atomic_heap, 3>;
  const opaques all(std::vector<opaque>(100, opaque{1}));
  const changes found = differences(all, all.set(50, opaque{2}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0], (vector_change{48, 56, 48, 56}));
}

/// Tells how often it was compared.
struct counted_equal {
  std::uint64_t value;
  static inline std::size_t compared = 0;
  bool operator==(const counted_equal& other) const {
    ++compared;
    return value == other.value;
  }
};
TEST(vector_difference_cost, is_that_of_what_was_changed) {
  using big = vector<counted_equal>;
  std::vector<counted_equal> elements;
  for (std::uint64_t i = 0; i < 200'000; ++i) elements.push_back({i});
  const big all(elements);
  const big other = (all.take(60'000) + all.drop(60'100)).set(5, {1}).insert(150'000, counted_equal{7}).push_back({3});
  counted_equal::compared = 0;
  EXPECT_EQ(differences(all, other).size(), 4U);
  EXPECT_LT(counted_equal::compared, 2000U);
}

}  // namespace
}  // namespace coppice::vector_test
