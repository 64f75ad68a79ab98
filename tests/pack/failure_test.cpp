// Nothing is left behind when memory ends or an element throws, at whatever step.
#include <stdexcept>

#include "support.hpp"

namespace coppice::pack_test {
namespace {

using test::failing_heap;
using test::failing_source;
using test::fragile;

}  // namespace
}  // namespace coppice::pack_test

template <>
struct coppice::codec<coppice::test::fragile> {
  static void encode(const test::fragile& value, byte_writer auto& to) { coppice::encode(value.number(), to); }
  static test::fragile decode(reader& from) { return {from.value<std::uint64_t>()}; }
};

namespace coppice::pack_test {
namespace {

class pack_failure : public ::testing::Test {
 protected:
  void TearDown() override {
    failing_source::allowed = fragile::copies_allowed = test::no_limit;
    EXPECT_EQ(failing_source::live, 0U);
    EXPECT_EQ(fragile::live, 0);
  }
};

/// Has every allocation of nodes, and every copy, fail once.
template <class Collection>
void fail_everywhere(const bytes& pack, std::size_t versions) {
  for (std::size_t allowed = 0;; ++allowed) {
    failing_source::allowed = allowed;
    try {
      const auto read = deserialize<Collection>(pack);
      failing_source::allowed = test::no_limit;
      EXPECT_EQ(read.size(), versions);
      break;
    } catch (const std::bad_alloc&) {
      failing_source::allowed = test::no_limit;
    }
    EXPECT_EQ(failing_source::live, 0U);
    EXPECT_EQ(fragile::live, 0);
  }
  for (std::size_t allowed = 0;; ++allowed) {
    fragile::copies_allowed = allowed;
    try {
      const auto read = deserialize<Collection>(pack);
      fragile::copies_allowed = test::no_limit;
      EXPECT_EQ(read.size(), versions);
      break;
    } catch (const std::runtime_error& thrown) {
      EXPECT_STREQ(thrown.what(), "a copy too many");
      fragile::copies_allowed = test::no_limit;
    }
    EXPECT_EQ(failing_source::live, 0U);
    EXPECT_EQ(fragile::live, 0);
  }
}

using fragile_map = map<std::uint64_t, fragile, hash<std::uint64_t>, std::equal_to<>, failing_heap, 4>;
using other_map = map<std::uint64_t, fragile, hash<std::uint64_t>, std::equal_to<>, failing_heap, 3>;
using fragile_vector = vector<fragile, failing_heap, 2, 2>;
using other_vector = vector<fragile, failing_heap, 1, 2>;

TEST_F(pack_failure, of_memory_or_copies_while_maps_are_read) {
  const auto key = [](std::uint64_t number) { return number; };
  const auto value = [](std::uint64_t number) { return fragile(number); };
  const bytes pack = serialize(versions_of_map<fragile_map>(60, 10, key, value));
  fail_everywhere<fragile_map>(pack, 7);
  fail_everywhere<other_map>(pack, 7);
}

TEST_F(pack_failure, of_memory_or_copies_while_vectors_are_read) {
  const auto element = [](std::uint64_t number) { return fragile(number); };
  const bytes pack = serialize(versions_of_vector<fragile_vector>(40, 10, element));
  fail_everywhere<fragile_vector>(pack, 4);
  fail_everywhere<other_vector>(pack, 4);
}

TEST_F(pack_failure, a_reader_goes_on_after_one) {
  const auto key = [](std::uint64_t number) { return number; };
  const auto value = [](std::uint64_t number) { return fragile(number); };
  const auto versions = versions_of_map<fragile_map>(60, 10, key, value);
  const bytes pack = serialize(versions);
  pack_reader reader(pack);
  failing_source::allowed = 3;
  EXPECT_THROW((void)reader.read<fragile_map>(5), std::bad_alloc);
  failing_source::allowed = test::no_limit;
  EXPECT_EQ(reader.read<fragile_map>(5), versions[5]);
}

}  // namespace
}  // namespace coppice::pack_test
