// A walk of stores and removals that never changes from run to run: five thousand steps of a linear congruential
// generator over 256 keys, whose sizes and final content are compared with a map of the library.
#include "support.hpp"

namespace coppice::collection_test {
namespace {

template <class Map>
class map_walk : public ::testing::Test {};
TYPED_TEST_SUITE(map_walk, walk_configurations);

TYPED_TEST(map_walk, agrees_with_an_unordered_map_on_a_recorded_walk) {
  TypeParam map;
  auto changing = map.transient();
  number_map expected;
  std::uint64_t state = 0x9e3779b97f4a7c15U;
  for (int step = 0; step < 5000; ++step) {
    state = state * 6364136223846793005U + 1;
    const std::uint64_t key = (state >> 33) % 256, value = state & 0xffff;
    if (((state >> 29) & 3) == 0) {
      map = map.erase(key);
      changing.erase(key);
      expected.erase(key);
    } else {
      map = map.set(key, value);
      changing.set(key, value);
      expected[key] = value;
    }
    ASSERT_EQ(map.size(), expected.size()) << "step " << step;
    ASSERT_EQ(changing.size(), expected.size()) << "step " << step;
  }
  EXPECT_TRUE(holds(map, expected));
  EXPECT_TRUE(holds(*changing, expected));
  number_map met;
  for (const auto& [key, value] : map) EXPECT_TRUE(met.emplace(key, value).second);
  EXPECT_EQ(met, expected);
  EXPECT_EQ(map, *changing);
}

}  // namespace
}  // namespace coppice::collection_test
