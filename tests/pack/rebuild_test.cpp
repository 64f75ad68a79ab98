// Collections of another shape, hash or memory than the pack has are built anew, and share all the same.
#include "support.hpp"

namespace coppice::pack_test {
namespace {

constexpr auto number = [](std::uint64_t of) { return of; };

template <class To, class From>
[[nodiscard]] std::vector<To> read_as(const std::vector<From>& versions) {
  return deserialize<To>(serialize(versions));
}

template <class Map, class Other>
[[nodiscard]] ::testing::AssertionResult same_maps(const std::vector<Map>& read, const std::vector<Other>& wanted) {
  if (read.size() != wanted.size()) return ::testing::AssertionFailure() << read.size() << " versions";
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (read[i].check() != nullptr) return ::testing::AssertionFailure() << read[i].check();
    if (read[i].size() != wanted[i].size()) return ::testing::AssertionFailure() << "size of version " << i;
    for (const auto& [key, value] : wanted[i]) {
      const auto* const found = read[i].find(key);
      if (found == nullptr || !(*found == value)) return ::testing::AssertionFailure() << "version " << i;
    }
  }
  return ::testing::AssertionSuccess();
}

using small_leaves = map<std::uint64_t, std::uint64_t, hash<std::uint64_t>, std::equal_to<>, local_heap, 3>;

TEST(pack_rebuild, maps_with_other_leaves) {
  const std::vector<number_map> versions = versions_of_numbers(3000, 50);
  EXPECT_TRUE(same_maps(read_as<small_leaves>(versions), versions));
  const auto small = versions_of_map<small_leaves>(3000, 50, number, number);
  EXPECT_TRUE(same_maps(read_as<number_map>(small), small));
}

TEST(pack_rebuild, versions_share_again) {
  std::vector<number_map> versions{versions_of_numbers(20'000, 20'000).back()};
  for (std::uint64_t i = 0; i < 50; ++i) versions.push_back(versions.back().set(i, i));
  const auto read = read_as<small_leaves>(versions);
  for (std::size_t i = 1; i < read.size(); ++i) {
    EXPECT_LT(read[i].stats().nodes - read[i].stats(read[i - 1]).shared_nodes, 10U);
  }
}

TEST(pack_rebuild, versions_that_have_nothing_in_common) {
  std::vector<number_map> versions;
  for (std::uint64_t v = 0; v < 5; ++v) {
    number_map map;
    for (std::uint64_t i = 0; i < 500 * v; ++i) map = std::move(map).set(i * 5 + v, v);
    versions.push_back(map);
  }
  versions.push_back(number_map());
  EXPECT_TRUE(same_maps(read_as<small_leaves>(versions), versions));
}

TEST(pack_rebuild, text_of_all_lengths) {
  using other = map<std::string, std::string, hash<std::string>, std::equal_to<>, local_heap, 5>;
  const auto versions = versions_of_map<text_map>(400, 20, text_of, text_of);
  EXPECT_TRUE(same_maps(read_as<other>(versions), versions));
}

TEST(pack_rebuild, sets) {
  using other = set<std::uint64_t, hash<std::uint64_t>, std::equal_to<>, local_heap, 2>;
  std::vector<set<std::uint64_t>> versions{{}};
  for (std::uint64_t i = 0; i < 500; ++i) versions.push_back(versions.back().insert(i * i).erase(i));
  const auto read = read_as<other>(versions);
  ASSERT_EQ(read.size(), versions.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].check(), nullptr);
    EXPECT_EQ(read[i].size(), versions[i].size());
    for (const std::uint64_t each : versions[i]) EXPECT_TRUE(read[i].contains(each));
  }
}

TEST(pack_rebuild, vectors_with_other_leaves_and_branches) {
  const auto versions = versions_of_vector<vector<std::uint64_t>>(300, 5, number);
  const auto read = read_as<vector<std::uint64_t, local_heap, 2, 3>>(versions);
  ASSERT_EQ(read.size(), versions.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].check(), nullptr);
    EXPECT_TRUE(std::equal(read[i].begin(), read[i].end(), versions[i].begin(), versions[i].end())) << i;
  }
}

TEST(pack_rebuild, vectors_share_again) {
  vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < 20'000; ++i) numbers = std::move(numbers).push_back(i);
  const std::vector<vector<std::uint64_t>> versions{numbers, numbers.set(50, 1).set(19'000, 2), numbers.insert(777, 5)};
  const auto read = read_as<vector<std::uint64_t, local_heap, 4, 4>>(versions);
  ASSERT_EQ(read.size(), 3U);
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_TRUE(std::equal(read[i].begin(), read[i].end(), versions[i].begin(), versions[i].end()));
    EXPECT_GT(read[i].stats(read[i - 1]).shared_nodes * 10, read[i].stats().nodes * 9);
  }
}

TEST(pack_rebuild, under_seeds_of_this_process_versions_share_as_they_did) {
  std::vector<number_map> versions{versions_of_numbers(2000, 2000, number_map(hash_seed{77})).back()};
  for (std::uint64_t i = 0; i < 20; ++i) versions.push_back(versions.back().set(i, i));
  const bytes pack = serialize(versions);
  const auto seed_of = detail::typed_pack<number_map>::seed_of;
  EXPECT_EQ(seed_of(deserialize<number_map>(pack)[1]), 77U);
  const auto read = deserialize<number_map>(pack, {.own_seeds = true});
  EXPECT_TRUE(are(read, versions));
  EXPECT_EQ(seed_of(read[1]), seed_of(number_map()));
  EXPECT_LT(serialize(read).size(), pack.size() + pack.size() / 20);
}

}  // namespace
}  // namespace coppice::pack_test
