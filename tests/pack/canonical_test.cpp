// One content, one pack.
#include "support.hpp"

namespace coppice::pack_test {
namespace {

TEST(pack_canonical, the_same_versions_give_the_same_bytes_whatever_their_history) {
  const number_map empty(hash_seed{7});
  number_map up = empty, down = empty;
  for (std::uint64_t i = 0; i < 3000; ++i) up = std::move(up).set(i, i);
  for (std::uint64_t i = 6000; i-- != 0;) down = std::move(down).set(i, i);
  for (std::uint64_t i = 3000; i < 6000; ++i) down = std::move(down).erase(i);
  EXPECT_EQ(serialize(std::vector{up, up.set(1, 2)}), serialize(std::vector{down, down.set(1, 2)}));
}

TEST(pack_canonical, a_pack_that_is_read_and_written_again_is_the_same) {
  const std::vector<number_map> versions = versions_of_numbers(3000, 100);
  const bytes pack = serialize(versions);
  EXPECT_EQ(serialize(deserialize<number_map>(pack)), pack);
  const auto texts = versions_of_map<text_map>(300, 10, text_of, text_of);
  const bytes text_pack = serialize(texts);
  EXPECT_EQ(serialize(deserialize<text_map>(text_pack)), text_pack);
}

TEST(pack_canonical, under_a_seed_of_the_packs_own_collections_of_any_seed_give_the_same_bytes) {
  std::vector<bytes> packs;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    packs.push_back(serialize(versions_of_numbers(2000, 100, number_map(hash_seed{seed})), {.fixed_seed = 99}));
  }
  EXPECT_EQ(packs[0], packs[1]);
  EXPECT_EQ(packs[0], packs[2]);
}

TEST(pack_canonical, a_fresh_seed_is_another_each_time_and_not_that_of_the_collections) {
  const std::vector<number_map> versions = versions_of_numbers(2000, 100, number_map(hash_seed{0x5eed5eed5eed5eed}));
  const bytes one = serialize(versions, {.seed = pack_seed::fresh}),
              two = serialize(versions, {.seed = pack_seed::fresh});
  EXPECT_NE(one, two);
  const std::uint64_t seed = 0x5eed5eed5eed5eed;
  const auto* const first = reinterpret_cast<const std::byte*>(&seed);
  EXPECT_EQ(std::search(one.begin(), one.end(), first, first + 8), one.end());
  EXPECT_TRUE(are(deserialize<number_map>(one), versions));
}

TEST(pack_canonical, under_a_fresh_seed_versions_share_as_they_did) {
  std::vector<number_map> versions{versions_of_numbers(20'000, 20'000).back()};
  for (std::uint64_t i = 0; i < 100; ++i) versions.push_back(versions.back().set(i * 7, i));
  const std::size_t own = serialize(versions).size();
  EXPECT_LT(serialize(versions, {.seed = pack_seed::fresh}).size(), own + own / 20);
}

}  // namespace
}  // namespace coppice::pack_test
