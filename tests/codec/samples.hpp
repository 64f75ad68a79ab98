// What the tests and the fuzzer of codecs share: a value of each kind of type, and types of a program's own.
#pragma once

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "coppice/codec.hpp"
#include "coppice/map.hpp"
#include "coppice/set.hpp"
#include "coppice/vector.hpp"

namespace coppice::codec_test {

enum class color : std::uint8_t { red, green, blue };
enum class open : std::int16_t {};
enum closed { first_of_closed = 2, last_of_closed = 5 };

struct point {
  std::int32_t x = 0;
  double y = 0;
  friend bool operator==(const point&, const point&) = default;
};

/// Nests without end.
struct tree {
  std::string name;
  std::vector<tree> children;
  friend bool operator==(const tree&, const tree&) = default;
};

/// Has no default value.
struct named {
  explicit named(std::string of) : name(std::move(of)) {}
  std::string name;
  friend bool operator==(const named&, const named&) = default;
};

}  // namespace coppice::codec_test

template <>
struct coppice::enum_range<coppice::codec_test::color>
    : coppice::enum_between<coppice::codec_test::color::red, coppice::codec_test::color::blue> {};
template <>
struct coppice::enum_range<coppice::codec_test::closed>
    : coppice::enum_between<coppice::codec_test::first_of_closed, coppice::codec_test::last_of_closed> {};

template <>
struct coppice::codec<coppice::codec_test::point> : coppice::struct_codec<coppice::codec_test::point> {
  static auto fields(auto& self) { return std::tie(self.x, self.y); }
};
template <>
struct coppice::codec<coppice::codec_test::tree> : coppice::struct_codec<coppice::codec_test::tree> {
  static auto fields(auto& self) { return std::tie(self.name, self.children); }
};
template <>
struct coppice::codec<coppice::codec_test::named> {
  static void encode(const codec_test::named& value, byte_writer auto& to) {
    codec<std::string>::encode(value.name, to);
  }
  static codec_test::named decode(reader& from) { return codec_test::named(from.value<std::string>()); }
};

namespace coppice::codec_test {

/// Calls `f(value)` with values of all kinds of types; each takes a byte at least.
template <class F>
void each_sample(const F& f) {
  using namespace std::string_literals;
  using namespace std::chrono_literals;
  f(true);
  f('c');
  f(std::int8_t{-3});
  f(std::uint16_t{500});
  f(-70000);
  f(70000L);
  f(std::numeric_limits<std::uint64_t>::max());
  f(1.5F);
  f(-0.1);
  f(std::byte{0x7f});
  f(color::blue);
  f(open{-7});
  f(last_of_closed);
  f(-90min);
  f(std::chrono::sys_time<std::chrono::milliseconds>(1234567ms));
  f("text with a zero \0 in it"s);
  f(std::u16string(u"tree"));
  f(std::string_view("a view"));
  f(std::optional<int>());
  f(std::optional<std::optional<std::string>>("inner"));
  f(std::pair<std::string, std::uint8_t>("key", 9));
  f(std::tuple<int, std::string, point>(1, "two", {3, 4.5}));
  f(std::array<std::uint16_t, 3>{1, 2, 3});
  f(std::array<named, 2>{named("a"), named("b")});
  f(std::variant<std::monostate, int, std::string, point>("third"));
  f(std::vector<int>{1, 2, 3});
  f(std::vector<std::string>{"", "one", "two"});
  f(std::vector<std::vector<std::optional<bool>>>{{}, {true, std::nullopt}});
  f(std::vector<bool>{true, false, true, true, false, false, false, false, true, true});
  f(std::vector<closed>{first_of_closed, last_of_closed});
  f(std::deque<std::uint32_t>{7, 8});
  f(std::list<named>{named("x")});
  f(std::map<std::string, int>{{"a", 1}, {"bb", 2}});
  f(std::set<int>{-1, 0, 300});
  f(std::unordered_map<std::string, std::vector<int>>{{"x", {1}}, {"y", {}}, {"z", {2, 3}}});
  f(std::unordered_set<std::uint16_t>{256, 1, 2, 3});
  f(map<std::string, point>{{"here", {1, 2}}, {"there", {3, 4}}, {"", {}}});
  f(set<int>{5, 6, 7, 1000, 70000});
  f(map<int, map<int, set<std::string>>>{{1, {{2, {"x", "y"}}}}, {2, {}}});
  f(map<int, std::monostate>{{1, {}}, {2, {}}});
  f(vector<std::string>{"one", "", "three"});
  f(tree{"root", {{"left", {}}, {"right", {{"leaf", {}}}}}});
  f(point{-1, 0.25});
}

}  // namespace coppice::codec_test
