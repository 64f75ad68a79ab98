// Every shared node stands in a pack once, and is shared by what is read from it.
#include "support.hpp"

namespace coppice::pack_test {
namespace {

template <class Collection>
[[nodiscard]] std::uint64_t nodes_written(const std::vector<Collection>& versions) {
  pack_memory_sink sink;
  pack_writer writer(sink);
  for (const Collection& version : versions) writer.add(version);
  return writer.nodes();
}

TEST(pack_sharing, versions_of_a_map_are_its_distinct_nodes) {
  const number_map base = versions_of_numbers(20'000, 20'000).back();
  const std::size_t nodes = base.stats().nodes;
  EXPECT_EQ(nodes_written<number_map>({base}), nodes);
  EXPECT_EQ(nodes_written<number_map>({base, base, base}), nodes);
  const number_map changed = base.set(1'000'000, 1);
  EXPECT_EQ(nodes_written<number_map>({base, changed}),
            nodes + changed.stats().nodes - changed.stats(base).shared_nodes);
}

TEST(pack_sharing, one_entry_replaced_in_a_leaf_is_one_more_record) {
  const number_map three{{1, 1}, {2, 2}, {3, 3}};
  EXPECT_EQ(nodes_written<number_map>({three, three.set(2, 20)}), 2U);
}

TEST(pack_sharing, equal_versions_that_were_made_apart_are_one) {
  number_map up, down;
  for (std::uint64_t i = 0; i < 5000; ++i) up = std::move(up).set(i, i);
  for (std::uint64_t i = 5000; i-- != 0;) down = std::move(down).set(i, i);
  EXPECT_FALSE(up.identity() == down.identity());
  EXPECT_EQ(nodes_written<number_map>({up, down}), nodes_written<number_map>({up}));
}

TEST(pack_sharing, what_was_shared_is_shared_again) {
  std::vector<number_map> versions{versions_of_numbers(20'000, 20'000).back()};
  for (std::uint64_t i = 0; i < 100; ++i) versions.push_back(versions.back().set(i * 7, i));
  const std::vector<number_map> read = deserialize<number_map>(serialize(versions));
  ASSERT_EQ(read.size(), versions.size());
  for (std::size_t i = 1; i < read.size(); ++i) {
    EXPECT_EQ(read[i].stats(read[i - 1]).shared_nodes, versions[i].stats(versions[i - 1]).shared_nodes);
    EXPECT_EQ(read[i].stats().nodes, versions[i].stats().nodes);
  }
}

TEST(pack_sharing, versions_of_a_vector_share_again) {
  vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < 50'000; ++i) numbers = std::move(numbers).push_back(i);
  const std::vector<vector<std::uint64_t>> versions{numbers, numbers.set(77, 1), numbers.drop(1000),
                                                    numbers.push_back(1)};
  const auto read = deserialize<vector<std::uint64_t>>(serialize(versions));
  ASSERT_EQ(read.size(), versions.size());
  for (std::size_t i = 1; i < read.size(); ++i) {
    EXPECT_EQ(read[i].stats(read[0]).shared_nodes, versions[i].stats(versions[0]).shared_nodes);
  }
}

TEST(pack_sharing, a_vector_that_was_appended_to_stands_once) {
  std::vector<vector<std::uint64_t>> versions{{}};
  for (std::uint64_t i = 0; i < 1000; ++i) versions.push_back(versions.back().push_back(i));
  const std::size_t last_alone = serialize(std::vector{versions.back()}).size();
  // Besides the elements a root for each version, and a record for each that is appended.
  EXPECT_LT(serialize(versions).size(), last_alone + 1000 * 50);
}

TEST(pack_sharing, equal_large_values_stand_once) {
  const std::string large(100'000, 'x');
  const map<int, std::string> same{{1, large}, {2, large}, {3, large}};
  EXPECT_LT(serialize(std::vector{same, same.set(4, large)}).size(), 102'000U);
  const std::string pieces(std::size_t{5} << 20, 'x');
  EXPECT_LT(serialize(std::vector{map<int, std::string>{{1, pieces}}}).size(), std::size_t{5} << 19);
}

TEST(pack_sharing, a_version_is_read_without_the_nodes_of_others) {
  std::vector<number_map> versions;
  for (std::uint64_t v = 0; v < 10; ++v) {
    number_map map;
    for (std::uint64_t i = 0; i < 20'000; ++i) map = std::move(map).set(i, v);
    versions.push_back(map);
  }
  const bytes pack = serialize(versions);
  const counting_source source(pack);
  pack_reader reader(source);
  EXPECT_LT(source.count, 4096U);
  EXPECT_EQ(reader.read<number_map>(3), versions[3]);
  EXPECT_LT(source.count, pack.size() / 10 + 2 * 140'000);
  const number_map again = reader.read<number_map>(3);
  EXPECT_EQ(again.identity(), reader.read<number_map>(3).identity());
}

}  // namespace
}  // namespace coppice::pack_test
