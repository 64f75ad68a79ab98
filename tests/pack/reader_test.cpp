// The reader: what it tells of a pack, and what it refuses to read as what.
#include <chrono>
#include <optional>
#include <variant>

#include "support.hpp"

namespace coppice::pack_test {
namespace {

[[nodiscard]] bytes sample() {
  pack_memory_sink sink;
  pack_writer writer(sink);
  writer.add("ages", map<std::string, int>{{"ada", 36}, {"alan", 41}});
  writer.add("words", vector<std::string>{"a", "b", "c"});
  writer.add("odd", set<std::uint16_t>{1, 3});
  writer.add(map<std::string, int>());
  writer.finish();
  return std::move(sink).bytes();
}

TEST(pack_reader, lists_versions_with_names_kinds_sizes_and_types) {
  const bytes pack = sample();
  const pack_reader reader(pack);
  const auto& versions = reader.versions();
  ASSERT_EQ(versions.size(), 4U);
  EXPECT_EQ(versions[0].name, "ages");
  EXPECT_EQ(versions[0].collection, pack_version::kind::map);
  EXPECT_EQ(versions[0].size, 2U);
  EXPECT_EQ(versions[0].elements, "str,i32");
  EXPECT_EQ(versions[1].collection, pack_version::kind::vector);
  EXPECT_EQ(versions[1].elements, "str");
  EXPECT_EQ(versions[2].collection, pack_version::kind::set);
  EXPECT_EQ(versions[2].elements, "u16");
  EXPECT_EQ(versions[3].name, "");
  EXPECT_EQ(versions[3].size, 0U);
}

TEST(pack_reader, says_that_there_is_no_such_version) {
  const bytes pack = sample();
  pack_reader reader(pack);
  EXPECT_EQ(error_of([&] { (void)reader.read<number_map>("age"); }).first, errc::not_found);
  EXPECT_EQ(error_of([&] { (void)reader.read<number_map>(""); }).first, errc::not_found);
  EXPECT_EQ(error_of([&] { (void)reader.read<number_map>(4); }).first, errc::not_found);
}

TEST(pack_reader, refuses_other_collections_and_types_and_goes_on) {
  const bytes pack = sample();
  pack_reader reader(pack);
  const auto refuses = [&](const std::function<void()>& call) {
    const auto [code, message] = error_of(call);
    EXPECT_EQ(code, errc::invalid_argument);
    EXPECT_NE(message.find("versions()"), std::string::npos);
  };
  refuses([&] { (void)reader.read<vector<std::string>>("ages"); });
  refuses([&] { (void)reader.read<set<std::string>>("ages"); });
  refuses([&] { (void)reader.read<map<std::string, int>>("words"); });
  refuses([&] { (void)reader.read<map<std::string, unsigned>>("ages"); });
  refuses([&] { (void)reader.read<map<std::string, std::int64_t>>("ages"); });
  refuses([&] { (void)reader.read<map<std::vector<std::string>, int>>("ages"); });
  refuses([&] { (void)reader.read<vector<int>>("words"); });
  const auto ages = reader.read<map<std::string, int>>("ages");
  EXPECT_EQ(*ages.find("ada"), 36);
}

TEST(pack_reader, refuses_what_is_no_pack) {
  EXPECT_EQ(error_of([] { pack_reader reader(std::span<const std::byte>{}); }).first, errc::corrupt);
  const std::string text(1000, 'x');
  const auto [code, message] =
      error_of([&] { pack_reader reader(std::as_bytes(std::span(text.data(), text.size()))); });
  EXPECT_EQ(code, errc::corrupt);
  EXPECT_NE(message.find("does not begin like a pack, at byte 0"), std::string::npos) << message;
}

TEST(pack_reader, refuses_another_version_of_the_format) {
  bytes pack = sample();
  pack[8] = std::byte{2};
  const auto [code, message] = error_of([&] { pack_reader reader(pack); });
  EXPECT_EQ(code, errc::version_mismatch);
  EXPECT_NE(message.find("version 2"), std::string::npos) << message;
}

TEST(pack_reader, schemas_tell_types_apart) {
  const auto schema = [](const auto& collection) {
    pack_memory_sink sink;
    pack_writer writer(sink);
    writer.add(collection);
    writer.finish();
    return pack_reader(sink.bytes()).versions()[0].elements;
  };
  EXPECT_EQ(schema(map<int, std::vector<std::pair<bool, double>>>()), "i32,seq(tup(bool,f64))");
  EXPECT_EQ(schema(map<char, std::optional<std::u16string>>()), "c8,opt(seq(c16))");
  EXPECT_EQ(schema(vector<std::chrono::milliseconds>()), "dur(1/1000,i64)");
  EXPECT_EQ(schema(vector<std::variant<std::monostate, float>>()), "var(nil,f32)");
  EXPECT_EQ(schema(set<std::array<std::uint8_t, 4>>()), "arr(4,u8)");
  EXPECT_EQ(schema(map<std::string, map<int, set<int>>>()), "str,map(i32,set(i32))");
  EXPECT_EQ(schema(vector<std::vector<bool>>()), "bits");
}

}  // namespace
}  // namespace coppice::pack_test
