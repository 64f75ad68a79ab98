// The bytes of docs/formats/codec.md: they never change.
#include "support.hpp"

namespace coppice::codec_test {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;

TEST(codec_golden, numbers) {
  EXPECT_EQ(hex_of(true), "01");
  EXPECT_EQ(hex_of('a'), "61");
  EXPECT_EQ(hex_of(std::int16_t{-2}), "feff");
  EXPECT_EQ(hex_of(1), "01000000");
  EXPECT_EQ(hex_of(1L), "0100000000000000");
  EXPECT_EQ(hex_of(std::uint64_t{1} << 63), "0000000000000080");
  EXPECT_EQ(hex_of(0.5F), "0000003f");
  EXPECT_EQ(hex_of(0.5), "000000000000e03f");
  EXPECT_EQ(hex_of(-0.0), "0000000000000080");
}

TEST(codec_golden, enumerations_and_time) {
  EXPECT_EQ(hex_of(color::blue), "02");
  EXPECT_EQ(hex_of(open{-2}), "feff");
  EXPECT_EQ(hex_of(std::chrono::duration<std::int64_t, std::milli>(2s)), "d007000000000000");
  EXPECT_EQ(hex_of(std::chrono::sys_time<std::chrono::duration<std::int32_t>>(3s)), "03000000");
}

TEST(codec_golden, counts) {
  EXPECT_EQ(hex_of(std::string(127, 'a')).substr(0, 4), "7f61");
  EXPECT_EQ(hex_of(std::string(128, 'a')).substr(0, 6), "800161");
  EXPECT_EQ(hex_of(std::string(300, 'a')).substr(0, 6), "ac0261");
}

TEST(codec_golden, sequences) {
  EXPECT_EQ(hex_of("az"s), "02617a");
  EXPECT_EQ(hex_of(std::string_view("az")), "02617a");
  EXPECT_EQ(hex_of(std::u16string(u"az")), "0261007a00");
  EXPECT_EQ(hex_of(std::vector<std::uint16_t>{1, 258}), "0201000201");
  EXPECT_EQ(hex_of(std::vector<std::string>{"a", ""}), "02016100");
  EXPECT_EQ(hex_of(std::vector<bool>{true, false, true, false, false, false, false, false, true}), "090501");
  EXPECT_EQ(hex_of(std::array<std::uint8_t, 2>{1, 2}), "0102");
}

TEST(codec_golden, compounds) {
  EXPECT_EQ(hex_of(std::optional<std::uint8_t>()), "00");
  EXPECT_EQ(hex_of(std::optional<std::uint8_t>(7)), "0107");
  EXPECT_EQ(hex_of(std::pair<std::string, std::uint8_t>("a", 7)), "016107");
  EXPECT_EQ(hex_of(std::tuple<std::uint8_t, bool>(7, true)), "0701");
  EXPECT_EQ(hex_of(std::variant<std::monostate, std::uint8_t>()), "00");
  EXPECT_EQ(hex_of(std::variant<std::monostate, std::uint8_t>(std::uint8_t{7})), "0107");
  EXPECT_EQ(hex_of(point{1, 0.5}), "01000000000000000000e03f");
}

TEST(codec_golden, maps_and_sets_are_in_the_order_of_the_bytes_of_their_keys) {
  EXPECT_EQ(hex_of(map<std::uint16_t, bool>{{256, true}, {1, false}}),
            "02"
            "000101"
            "010000");
  EXPECT_EQ(hex_of(std::map<std::string, std::uint8_t>{{"b", 1}, {"aa", 2}}),
            "02"
            "016201"
            "02616102");
  EXPECT_EQ(hex_of(set<std::int8_t>{-1, 0, 1}), "030001ff");
  EXPECT_EQ(hex_of(map<int, int>()), "00");
}

}  // namespace
}  // namespace coppice::codec_test
