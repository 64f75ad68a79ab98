// Packs that are small and ask for much: of the stack, of time, of memory.
#include "crafted.hpp"

#include "coppice/detail/pack/packed_output.hpp"
#include "coppice/detail/pack/typed_pack.hpp"

namespace coppice::pack_test {
namespace {

using detail::branch_record;
using detail::node_number;
using detail::pack_tree;
using detail::pack_type;
using detail::record_buffer;
using detail::record_kind;
using detail::record_place;
using detail::trie_fan_out;

[[nodiscard]] pack_type numbers_type() { return detail::typed_pack<number_map>::type(5); }
/// In leaves of another size than any program's.
[[nodiscard]] pack_type foreign_type() {
  pack_type type = numbers_type();
  type.leaf_size = 77;
  return type;
}
[[nodiscard]] pack_type store_type() { return detail::packed_pack_type<detail::packed_leaf<std::byte*>>(5); }
[[nodiscard]] branch_record all_slots(unsigned depth, node_number child) {
  branch_record branch;
  branch.depth = depth;
  std::fill(std::begin(branch.children), std::end(branch.children), child);
  return branch;
}
[[nodiscard]] errc verified(const bytes& pack) {
  return error_of([&] { pack_reader(pack).verify(); }).first;
}

TEST(pack_crafted, branches_that_are_the_only_child_of_each_other_are_refused) {
  for (const pack_type& of : {numbers_type(), foreign_type(), store_type()}) {
    hostile_pack pack;
    const std::uint32_t type = pack.type(of);
    node_number last = pack.branch(type, {});
    for (unsigned i = 0; i < 200'000; ++i) last = pack.branch(type, all_slots(0, last));
    pack.root(type, {.size = 1, .root = last});
    const bytes made = pack.finish();
    EXPECT_EQ(verified(made), errc::corrupt);
    if (of.elements == detail::pack_elements::values) continue;
    EXPECT_EQ(error_of([&] { (void)deserialize<number_map>(made); }).first, errc::corrupt);
  }
}

TEST(pack_crafted, paths_through_shared_branches_without_entries_are_counted) {
  hostile_pack pack;
  const std::uint32_t type = pack.type(foreign_type());
  node_number even = pack.branch(type, {.depth = 60}), odd = 0;
  for (unsigned depth = 60; depth-- != 0;) {
    if (depth % 4 != 0) continue;
    branch_record one{.depth = depth}, other{.depth = depth};
    for (unsigned slot = 0; slot < trie_fan_out; ++slot) {
      one.children[slot] = slot % 2 == 0 ? even : odd;
      other.children[slot] = slot % 2 == 0 ? odd : even;
    }
    even = pack.branch(type, one);
    odd = pack.branch(type, other);
  }
  pack.root(type, {.size = 1, .root = even});
  pack.root(type, {.size = 1, .root = odd});
  const bytes made = pack.finish();
  const pack_limits limits{.max_rebuilt_elements = 100'000};
  EXPECT_EQ(error_of([&] { (void)deserialize<number_map>(made, limits); }).first, errc::unsupported);
  pack_reader reader(made, limits);
  EXPECT_EQ(error_of([&] { diff(reader, 0, reader, 1, [](const pack_change&) { return true; }); }).first,
            errc::unsupported);
}

TEST(pack_crafted, entries_of_no_bytes_are_refused_at_once) {
  hostile_pack pack;
  const std::uint32_t type = pack.type(numbers_type());
  node_number last = 0;
  for (unsigned i = 0; i < 60'000; ++i) {
    last = pack.add([=](record_buffer& to, const record_place&) {
      to.put_u8(static_cast<std::uint8_t>(record_kind::leaf));
      to.put_count(type);
      to.put_u8(static_cast<std::uint8_t>(i % 64));
      to.put_count(30'000 + i / 64);
      const std::uint8_t columns[] = {15, 7, 0, 7, 0};
      for (const std::uint8_t each : columns) to.put_u8(each);
    });
  }
  pack.root(type, {.size = 1, .root = last});
  EXPECT_EQ(verified(pack.finish()), errc::corrupt);
}

/// A leaf of a vector of one element, and `count` records that each add one to it.
[[nodiscard]] std::vector<node_number> chain(hostile_pack& pack, std::uint32_t type, std::uint32_t count) {
  std::vector<node_number> made;
  for (std::uint32_t i = 0; i <= count; ++i) {
    made.push_back(pack.add([=, before = i == 0 ? 0 : made.back()](record_buffer& to, const record_place& place) {
      to.put_u8(static_cast<std::uint8_t>(i == 0 ? record_kind::vector_leaf : record_kind::vector_more));
      to.put_count(type);
      if (i != 0) to.put_count(place.link(before));
      to.put_count(1);
      const std::uint8_t columns[] = {3, 7, 1, static_cast<std::uint8_t>(i)};
      for (const std::uint8_t each : columns) to.put_u8(each);
    }));
  }
  return made;
}
[[nodiscard]] pack_type bytes_type() {
  pack_type type = detail::typed_pack<vector<std::uint8_t>>::type(0);
  type.leaf_size = 16;
  type.branch_bits = 5;
  return type;
}
/// Levels of branches of 32 children, all the same.
[[nodiscard]] node_number full_tree(hostile_pack& pack, std::uint32_t type, node_number leaf, unsigned height) {
  node_number below = leaf;
  for (unsigned h = 1; h <= height; ++h) {
    below = pack.add([=](record_buffer& to, const record_place& place) {
      to.put_u8(static_cast<std::uint8_t>(record_kind::vector_relaxed));
      to.put_count(type);
      to.put_u8(static_cast<std::uint8_t>(h));
      to.put_count(32);
      for (unsigned i = 0; i < 32; ++i) to.put_count(place.link(below));
      for (unsigned i = 0; i < 32; ++i) to.put_count(std::uint64_t{1} << (5 * (h - 1)));
    });
  }
  return below;
}

TEST(pack_crafted, records_that_a_leaf_continues_are_counted_each_time) {
  hostile_pack pack;
  const std::uint32_t type = pack.type(bytes_type());
  const node_number leaf = chain(pack, type, 60'000).back();
  const node_number root = full_tree(pack, type, leaf, 4);
  const std::uint64_t in_tree = std::uint64_t{1} << 20;
  pack.root(type, {.size = in_tree + 1, .root = root, .tail = leaf, .tail_count = 1, .height = 4});
  const bytes made = pack.finish();
  using read_type = vector<std::uint8_t>;
  EXPECT_EQ(error_of([&] { (void)deserialize<read_type>(made, {.max_rebuilt_elements = 2'000'000}); }).first,
            errc::unsupported);
}

TEST(pack_crafted, a_leaf_that_many_records_continue_is_looked_at_once_by_verify) {
  hostile_pack pack;
  const std::uint32_t type = pack.type(bytes_type());
  std::uint32_t count = 0;
  for (const node_number leaf : chain(pack, type, 60'000)) {
    ++count;
    pack.root(type, {.size = count, .tail = leaf, .tail_count = count});
  }
  EXPECT_EQ(verified(pack.finish()), errc::ok);
}

TEST(pack_crafted, leaves_that_continue_one_leaf_are_counted) {
  hostile_pack pack;
  pack_type bytes_in_leaves = detail::typed_pack<vector<std::uint8_t, local_heap, 16, 5>>::type(0);
  const std::uint32_t type = pack.type(bytes_in_leaves);
  const std::string full(65'000, 'x');
  const node_number first = pack.add([&](record_buffer& to, const record_place&) {
    to.put_u8(static_cast<std::uint8_t>(record_kind::vector_leaf));
    to.put_count(type);
    to.put_count(full.size());
    const std::uint8_t columns[] = {3, 7, 1};
    for (const std::uint8_t each : columns) to.put_u8(each);
    to.append(std::as_bytes(std::span(full)));
  });
  for (unsigned i = 0; i < 200; ++i) {
    const node_number leaf = pack.add([=](record_buffer& to, const record_place& place) {
      to.put_u8(static_cast<std::uint8_t>(record_kind::vector_more));
      to.put_count(type);
      to.put_count(place.link(first));
      to.put_count(1);
      const std::uint8_t columns[] = {3, 7, 1, static_cast<std::uint8_t>(i)};
      for (const std::uint8_t each : columns) to.put_u8(each);
    });
    pack.root(type, {.size = 65'001, .tail = leaf, .tail_count = 65'001});
  }
  const bytes made = pack.finish();
  using read_type = vector<std::uint8_t, local_heap, 16, 5>;
  EXPECT_EQ(deserialize<read_type>(made).size(), 200U);
  EXPECT_EQ(error_of([&] { (void)deserialize<read_type>(made, {.max_rebuilt_elements = 1'000'000}); }).first,
            errc::unsupported);
}

TEST(pack_crafted, bytes_of_a_value_that_many_elements_share_are_counted) {
  const bytes made = [&] {
    std::vector<vector<std::string>> versions(1);
    for (unsigned i = 0; i < 100; ++i) versions[0] = std::move(versions[0]).push_back(std::string(1'000'000, 'y'));
    return serialize(versions, {.compression = pack_compression::zstd});
  }();
  EXPECT_LT(made.size(), 2'000U);
  using read_type = vector<std::string>;
  EXPECT_EQ(deserialize<read_type>(made)[0].size(), 100U);
  const auto [code, message] =
      error_of([&] { (void)deserialize<read_type>(made, {.max_decompressed_bytes = 10'000'000}); });
  EXPECT_EQ(code, errc::unsupported);
  EXPECT_NE(message.find("max_decompressed_bytes"), std::string::npos) << message;
}

TEST(pack_crafted, many_types_are_read_in_time) {
  hostile_pack pack;
  pack_type type = detail::typed_pack<vector<std::uint8_t>>::type(0);
  const std::string alike(500, 'a');
  for (unsigned i = 0; i < 65'536; ++i) {
    type.schema = "own(" + alike + std::to_string(100'000 + i) + ")";
    (void)pack.type(type);
  }
  pack.root(65'535, {});
  EXPECT_EQ(verified(pack.finish()), errc::ok);
}

/// A store with one vector of `elements`, whose tail is `leaf`.
void root_with_vector(hostile_pack& pack, std::uint32_t elements, node_number leaf, std::uint32_t count) {
  const std::uint32_t type = pack.type(store_type());
  const node_number collection = pack.add([=](record_buffer& to, const record_place& place) {
    put_collection(to, elements, detail::pack_collection::vector, {.size = count, .tail = leaf, .tail_count = count},
                   place);
  });
  const node_number root = pack.add([=](record_buffer& to, const record_place& place) {
    to.put_u8(static_cast<std::uint8_t>(record_kind::leaf));
    to.put_count(type);
    to.put_u8(0);
    to.put_count(1);
    const std::uint8_t columns[] = {15, static_cast<std::uint8_t>(value_kind::string_ascii), 1,
                                    static_cast<std::uint8_t>(value_kind::vector), 0};
    for (const std::uint8_t each : columns) to.put_u8(each);
    to.put_u8('v');
    to.put_count(place.link(collection));
  });
  pack.root(type, {.size = 1, .root = root});
}
[[nodiscard]] pack_type stored_bytes_type() {
  pack_type type;
  type.collection = detail::pack_collection::vector;
  type.elements = detail::pack_elements::images;
  type.branch_bits = 4;
  type.leaf_size = 16;
  type.max_inline = 1;
  type.schema = "#abcdef1234000001";
  return type;
}

TEST(pack_crafted, vectors_of_stores_that_are_only_checked_take_no_memory_for_their_elements) {
  hostile_pack pack;
  const std::uint32_t type = pack.type(stored_bytes_type());
  // 40,000 leaves, together 800 MB.
  const std::uint32_t count = 40'000;
  const std::vector<node_number> leaves = chain(pack, type, count - 1);
  root_with_vector(pack, type, leaves.back(), count);
  const bytes made = pack.finish();
  const pack_limits limits{.max_rebuilt_elements = 10'000'000'000};
  EXPECT_EQ(error_of([&] { pack_reader(made, limits).verify(); }).second, "");
  const pack_limits fewer{.max_rebuilt_elements = 1'000'000};
  EXPECT_EQ(error_of([&] { pack_reader(made, fewer).verify(); }).first, errc::unsupported);
}

TEST(pack_crafted, types_of_collections_in_stores_have_one_form) {
  for (const unsigned change : {0U, 1U, 2U}) {
    hostile_pack pack;
    pack_type type = stored_bytes_type();
    if (change != 0) {  // encoded elements; and then V, which is 0
      type.elements = detail::pack_elements::encoded;
      type.schema = "#abcdef1234000000";
      type.max_inline = change == 1 ? 0 : 1;
    }
    const std::uint32_t number = pack.type(type);
    const node_number blob = pack.blob("x");
    const node_number leaf = pack.add([=](record_buffer& to, const record_place& place) {
      to.put_u8(static_cast<std::uint8_t>(record_kind::vector_leaf));
      to.put_count(number);
      const std::uint8_t columns[] = {1, 3, 7, 1};
      for (const std::uint8_t each : columns) to.put_u8(each);
      to.put_count(change == 1 ? place.link(blob) : 'x');
    });
    root_with_vector(pack, number, leaf, 1);
    EXPECT_EQ(verified(pack.finish()), change == 2 ? errc::corrupt : errc::ok) << change;
  }
}

TEST(pack_crafted, two_sections_of_roots_have_no_name_in_common) {
  hostile_pack pack;
  const std::uint32_t type = pack.type(numbers_type());
  pack.root(type, {}, "twice");
  const bytes one = pack.finish();
  // The section of roots once more, and an entry of the index for it.
  const auto sections = sections_of(one);
  ASSERT_EQ(sections.size(), 3U);
  const section_place &roots = sections[1], &index = sections[2];
  const auto part = [&](std::size_t from, std::size_t to) { return std::span(one).subspan(from, to - from); };
  bytes two;
  const auto put = [&](std::span<const std::byte> bytes) { two.insert(two.end(), bytes.begin(), bytes.end()); };
  put(part(0, roots.end()));
  const std::size_t again = two.size();
  put(part(roots.offset, roots.end()));
  detail::store(two.data() + again + 16, std::uint64_t{1});  // first
  const std::size_t at = two.size();
  put(part(index.offset, index.end()));
  put(part(index.end() - detail::pack_index_entry_bytes, index.end()));
  for (const std::size_t field : {4U, 8U}) {
    detail::store(two.data() + at + field, static_cast<std::uint32_t>(3 * detail::pack_index_entry_bytes));
  }
  detail::store(two.data() + at + 12, std::uint32_t{3});
  put(part(index.end(), one.size()));
  detail::store(two.data() + two.size() - 32, std::uint64_t{at});
  detail::store(two.data() + two.size() - 24, std::uint64_t{two.size()});
  seal(two, sections_of(two));
  const auto [code, message] = error_of([&] { pack_reader reader{std::span<const std::byte>(two)}; });
  EXPECT_EQ(code, errc::corrupt);
  EXPECT_NE(message.find("two versions have one name"), std::string::npos) << message;
}

}  // namespace
}  // namespace coppice::pack_test
