// What is read is what was written, for collections of all kinds, shapes, memories and elements.
#include <array>
#include <map>
#include <optional>

#include "support.hpp"

namespace coppice::pack_test {
namespace {

template <class Collection>
void expect_round_trip(const std::vector<Collection>& versions) {
  for (const pack_compression compression : {pack_compression::none, pack_compression::zstd}) {
    const bytes pack = serialize(versions, {.compression = compression});
    EXPECT_TRUE(are(deserialize<Collection>(pack), versions));
  }
}

constexpr auto number = [](std::uint64_t of) { return of; };

TEST(pack_round_trip, nothing) {
  expect_round_trip(std::vector<number_map>());
  EXPECT_EQ(serialize(std::vector<number_map>()).size(), 64U + 32U + 32U);
}

TEST(pack_round_trip, empty_collections) {
  expect_round_trip(std::vector<number_map>(3));
  expect_round_trip(std::vector<set<std::string>>(1));
  expect_round_trip(std::vector<vector<int>>(2));
}

TEST(pack_round_trip, maps_of_numbers) { expect_round_trip(versions_of_numbers(4000, 50)); }

TEST(pack_round_trip, maps_of_text_of_all_lengths) {
  expect_round_trip(versions_of_map<text_map>(600, 20, text_of, text_of));
}

TEST(pack_round_trip, maps_in_other_memories_and_leaves) {
  using local = map<std::uint64_t, std::string, hash<std::uint64_t>, std::equal_to<>, local_heap, 2>;
  expect_round_trip(versions_of_map<local>(1000, 100, number, text_of));
  using wide = map<std::uint64_t, std::uint64_t, hash<std::uint64_t>, std::equal_to<>, atomic_heap, 32>;
  expect_round_trip(versions_of_map<wide>(1000, 100, number, number));
}

TEST(pack_round_trip, sets) {
  set<std::string> set_of_text;
  std::vector<set<std::string>> versions;
  for (std::uint64_t i = 0; i < 300; ++i) versions.push_back(set_of_text = set_of_text.insert(text_of(i)));
  expect_round_trip(versions);
  expect_round_trip(std::vector<set<bool>>{{}, {true}, {false}, {false, true}});
}

TEST(pack_round_trip, keys_and_values_of_many_types) {
  expect_round_trip(std::vector<map<std::pair<int, std::string>, std::optional<double>>>{
      {{{1, "a"}, 0.5}, {{2, ""}, std::nullopt}}, {{{-1, std::string(1000, 'x')}, -0.0}}});
  expect_round_trip(std::vector<map<std::string, std::vector<std::string>>>{{{"a", {"b", "c"}}, {"", {}}}});
  expect_round_trip(std::vector<map<std::array<std::uint16_t, 3>, map<int, int>>>{{{{1, 2, 3}, {{4, 5}}}}});
  expect_round_trip(std::vector<map<bool, bool>>{{{true, false}, {false, false}}});
  expect_round_trip(std::vector<map<double, float>>{{{0.5, 0.25F}, {1e300, -1.0F}}});
}

TEST(pack_round_trip, values_without_bytes) {
  expect_round_trip(std::vector<map<int, std::array<int, 0>>>{{{1, {}}, {2, {}}}});
}

struct same_hash {
  std::uint64_t operator()(std::uint64_t, std::uint64_t seed) const noexcept { return seed; }
};

TEST(pack_round_trip, hashes_that_only_the_program_knows) {
  using odd = map<std::uint64_t, std::uint64_t, same_hash>;
  expect_round_trip(versions_of_map<odd>(300, 20, number, number));
}

TEST(pack_round_trip, keys_of_one_hash) {
  // Under the seed that is their first factor, and only then, these numbers have one hash; they fill more than a leaf.
  using odd = map<std::uint64_t, std::uint64_t, same_hash, std::equal_to<>, local_heap, 4>;
  const std::vector<odd> versions = versions_of_map<odd>(100, 10, number, number);
  EXPECT_TRUE(are(deserialize<odd>(serialize(versions)), versions));
}

TEST(pack_round_trip, vectors_of_all_shapes) {
  expect_round_trip(versions_of_vector<vector<std::uint64_t>>(400, 10, number));
  expect_round_trip(versions_of_vector<vector<std::uint64_t, local_heap, 1, 2>>(300, 10, number));
  expect_round_trip(versions_of_vector<vector<std::string>>(300, 10, text_of));
  expect_round_trip(versions_of_vector<vector<std::string, local_heap, 2, 3>>(200, 10, text_of));
  expect_round_trip(versions_of_vector<vector<bool>>(200, 10, [](std::uint64_t of) { return of % 2 == 1; }));
}

TEST(pack_round_trip, a_vector_that_is_appended_to_version_by_version) {
  std::vector<vector<std::uint64_t>> versions{{}};
  for (std::uint64_t i = 0; i < 500; ++i) versions.push_back(versions.back().push_back(i));
  expect_round_trip(versions);
  std::reverse(versions.begin(), versions.end());
  expect_round_trip(versions);
}

TEST(pack_round_trip, versions_that_append_differently_to_one_tail) {
  const vector<std::uint64_t> common{1, 2, 3};
  expect_round_trip(std::vector<vector<std::uint64_t>>{common.push_back(4), common.push_back(5), common,
                                                       common.push_back(4).push_back(6), common.take(1)});
}

TEST(pack_round_trip, collections_of_several_types_in_one_pack) {
  pack_memory_sink sink;
  pack_writer writer(sink, {});
  const number_map numbers{{1, 2}};
  const vector<std::string> words{"a", "b"};
  writer.add("numbers", numbers);
  writer.add("words", words);
  writer.add("more numbers", numbers.set(3, 4));
  writer.finish();
  pack_reader reader(sink.bytes());
  EXPECT_EQ(reader.read<vector<std::string>>("words"), words);
  EXPECT_EQ(reader.read<number_map>("more numbers"), numbers.set(3, 4));
  EXPECT_EQ(reader.read<number_map>("numbers"), numbers);
}

}  // namespace
}  // namespace coppice::pack_test
