// What a reader does not take upon itself.
#include "support.hpp"

namespace coppice::pack_test {
namespace {

TEST(pack_limits, bytes_that_are_decompressed) {
  map<int, std::string> zeros;
  for (int i = 0; i < 200; ++i) zeros = std::move(zeros).set(i, std::string(100'000, static_cast<char>(i)));
  const bytes pack = serialize(std::vector{zeros}, {.compression = pack_compression::zstd});
  EXPECT_LT(pack.size(), 100'000U);
  const auto [code, message] = error_of(
      [&] { (void)deserialize<map<int, std::string>>(pack, {.max_decompressed_bytes = std::uint64_t{10} << 20}); });
  EXPECT_EQ(code, errc::unsupported);
  EXPECT_NE(message.find("max_decompressed_bytes, at byte "), std::string::npos) << message;
  EXPECT_EQ(message.find("of what is compressed"), std::string::npos) << message;
  using read_type = map<int, std::string>;
  const auto read = deserialize<read_type>(pack, {.max_decompressed_bytes = std::uint64_t{21} << 20});
  EXPECT_EQ(read[0], zeros);
}

TEST(pack_limits, elements_that_are_built_anew) {
  // Doubling: few nodes, many elements.
  vector<std::uint64_t> doubled{1, 2, 3};
  while (doubled.size() < 3'000'000) doubled = doubled + doubled;
  const bytes pack = serialize(std::vector{doubled});
  EXPECT_LT(pack.size(), 100'000U);
  EXPECT_EQ(deserialize<vector<std::uint64_t>>(pack)[0].size(), doubled.size());
  using other = vector<std::uint64_t, local_heap, 2, 2>;
  const auto [code, message] = error_of([&] { (void)deserialize<other>(pack, {.max_rebuilt_elements = 20'000}); });
  EXPECT_EQ(code, errc::unsupported);
  EXPECT_NE(message.find("max_rebuilt_elements"), std::string::npos) << message;
}

TEST(pack_limits, bytes_of_one_value) {
  const std::vector<map<int, std::string>> versions{{{1, std::string(3'000'000, 'x')}}};
  const bytes pack = serialize(versions);
  const auto [code, message] =
      error_of([&] { (void)deserialize<map<int, std::string>>(pack, {.max_value_bytes = 2'000'000}); });
  EXPECT_EQ(code, errc::unsupported);
  EXPECT_NE(message.find("max_value_bytes"), std::string::npos) << message;
}

TEST(pack_limits, values_inside_each_other) {
  struct {
    std::vector<std::vector<std::vector<std::vector<int>>>> value{{{{1}}}};
  } nested;
  const std::vector<vector<decltype(nested.value)>> versions{{nested.value}};
  const bytes pack = serialize(versions);
  EXPECT_EQ(error_of([&] { (void)deserialize<vector<decltype(nested.value)>>(pack, {.max_nesting = 3}); }).first,
            errc::corrupt);
  EXPECT_EQ(deserialize<vector<decltype(nested.value)>>(pack), versions);
}

}  // namespace
}  // namespace coppice::pack_test
