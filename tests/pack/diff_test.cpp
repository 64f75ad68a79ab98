// What differs between versions in packs.
#include <map>

#include "coppice/store.hpp"
#include "support.hpp"

namespace coppice::pack_test {
namespace {

struct seen_change {
  diff_kind kind;
  value before;
  value after;
  friend bool operator==(const seen_change&, const seen_change&) = default;
};
/// By key.
using changes = std::map<std::string, seen_change>;

[[nodiscard]] std::string text(const value_view& key) {
  if (const auto number = key.as_int64()) return std::to_string(*number);
  return std::string(key.as_string().value_or("?"));
}
[[nodiscard]] changes changes_of(pack_reader& a, std::size_t i, pack_reader& b, std::size_t j) {
  changes found;
  diff(a, i, b, j, [&](const pack_change& change) {
    EXPECT_TRUE(
        found.emplace(text(change.key), seen_change{change.kind, value(change.before), value(change.after)}).second);
    return true;
  });
  return found;
}
[[nodiscard]] seen_change added(const value_view& after) { return {diff_kind::added, value(), value(after)}; }
[[nodiscard]] seen_change removed(const value_view& before) { return {diff_kind::removed, value(before), value()}; }
[[nodiscard]] seen_change changed(const value_view& before, const value_view& after) {
  return {diff_kind::changed, value(before), value(after)};
}

using ages = map<std::string, int>;

TEST(pack_diff, of_versions_in_one_pack) {
  const ages before{{"ada", 36}, {"alan", 41}, {"grace", 85}};
  const ages after = before.set("ada", 37).erase("alan").set("kurt", 71);
  const bytes pack = serialize(std::vector{before, after});
  pack_reader reader(pack);
  EXPECT_EQ(changes_of(reader, 0, reader, 1),
            (changes{{"ada", changed(36, 37)}, {"alan", removed(41)}, {"kurt", added(71)}}));
  EXPECT_EQ(changes_of(reader, 1, reader, 0),
            (changes{{"ada", changed(37, 36)}, {"alan", added(41)}, {"kurt", removed(71)}}));
  EXPECT_EQ(changes_of(reader, 1, reader, 1), changes());
}

TEST(pack_diff, of_versions_of_one_name_in_packs_that_have_nothing_to_do_with_each_other) {
  const auto pack_of = [](const ages& version) {
    pack_memory_sink sink;
    pack_writer writer(sink);
    writer.add("ages", version);
    writer.finish();
    return sink.bytes();
  };
  const bytes before = pack_of({{"ada", 36}, {"alan", 41}}), after = pack_of({{"ada", 37}, {"alan", 41}});
  pack_reader older(before), newer(after);
  EXPECT_EQ(changes_of(older, 0, newer, 0), (changes{{"ada", changed(36, 37)}}));
}

TEST(pack_diff, of_text_that_is_no_utf8) {
  const map<int, std::string> before{{1, "\xff\xfe"}}, after{{1, "\xc3("}};
  const bytes pack = serialize(std::vector{before, after});
  pack_reader reader(pack);
  const changes found = changes_of(reader, 0, reader, 1);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.at("1").kind, diff_kind::changed);
}

TEST(pack_diff, reads_only_what_differs) {
  const number_map base = versions_of_numbers(200'000, 200'000).back();
  const bytes pack = serialize(std::vector{base, base.set(5, 1'000'000)});
  ASSERT_GT(pack.size(), 1'000'000U);
  const counting_source source(pack);
  pack_reader reader(source);
  EXPECT_EQ(changes_of(reader, 0, reader, 1).size(), 1U);
  EXPECT_LT(source.count, pack.size() / 2);
}

TEST(pack_diff, of_versions_in_different_packs) {
  const ages before{{"ada", 36}, {"alan", 41}};
  const bytes a = serialize(std::vector{before}), b = serialize(std::vector{before.set("ada", 37)}),
              other_seed = serialize(std::vector{before.erase("ada")}, {.seed = pack_seed::fresh});
  pack_reader first(a), second(b), third(other_seed);
  EXPECT_EQ(changes_of(first, 0, second, 0), (changes{{"ada", changed(36, 37)}}));
  EXPECT_EQ(changes_of(first, 0, third, 0), (changes{{"ada", removed(36)}}));
  EXPECT_EQ(changes_of(third, 0, second, 0), (changes{{"ada", added(37)}}));
}

TEST(pack_diff, along_a_chain) {
  const ages before{{"ada", 36}, {"alan", 41}};
  const bytes a = serialize(std::vector{before});
  const pack_memory_source a_source(a);
  pack_reader first(a_source);
  pack_memory_sink sink;
  pack_writer writer(sink, first);
  writer.add(before.set("ada", 37));
  writer.finish();
  const pack_memory_source b_source(sink.bytes());
  pack_reader second(b_source, first);
  EXPECT_EQ(changes_of(first, 0, second, 0), (changes{{"ada", changed(36, 37)}}));
  EXPECT_EQ(changes_of(second, 0, first, 0), (changes{{"ada", changed(37, 36)}}));
}

TEST(pack_diff, of_many_random_changes) {
  const auto versions = versions_of_numbers(5000, 500);
  const bytes pack = serialize(versions);
  pack_reader reader(pack);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    for (std::size_t j = 0; j < versions.size(); ++j) {
      changes wanted;
      map_diff<number_map> differences(versions[i], versions[j]);
      while (const auto* const change = differences.next()) {
        const auto number = [](const std::uint64_t* of) {
          return of == nullptr ? value_view() : value_view(static_cast<std::int64_t>(*of));
        };
        wanted.emplace(std::to_string(change->key()),
                       seen_change{change->kind(), value(number(change->before())), value(number(change->after()))});
      }
      EXPECT_EQ(changes_of(reader, i, reader, j), wanted) << i << " " << j;
    }
  }
}

TEST(pack_diff, of_sets_and_vectors) {
  const bytes sets = serialize(std::vector<set<int>>{{1, 2}, {2, 3}});
  pack_reader set_reader(sets);
  EXPECT_EQ(changes_of(set_reader, 0, set_reader, 1), (changes{{"1", removed(nullptr)}, {"3", added(nullptr)}}));
  vector<int, local_heap, 2, 2> numbers;
  for (int i = 0; i < 50; ++i) numbers = numbers.push_back(i);
  const bytes vectors = serialize(std::vector{numbers, numbers.set(7, 70).push_back(50), numbers.take(48)});
  pack_reader reader(vectors);
  EXPECT_EQ(changes_of(reader, 0, reader, 1), (changes{{"7", changed(7, 70)}, {"50", added(50)}}));
  EXPECT_EQ(changes_of(reader, 0, reader, 2), (changes{{"48", removed(48)}, {"49", removed(49)}}));
  EXPECT_EQ(error_of([&] { diff(set_reader, 0, reader, 0, [](const pack_change&) { return true; }); }).first,
            errc::invalid_argument);
}

TEST(pack_diff, of_types_without_a_counterpart_gives_their_bytes) {
  using words = map<int, std::vector<std::string>>;
  const bytes pack = serialize(std::vector<words>{{{1, {"a"}}}, {{1, {"b"}}}});
  pack_reader reader(pack);
  std::size_t count = 0;
  diff(reader, 0, reader, 1, [&](const pack_change& change) {
    EXPECT_EQ(change.after.as_bytes()->size(), 3U);
    ++count;
    return true;
  });
  EXPECT_EQ(count, 1U);
}

TEST(pack_diff, stops_when_it_is_told_to) {
  const auto versions = versions_of_numbers(3000, 1500);
  const bytes pack = serialize(versions);
  pack_reader reader(pack);
  std::size_t count = 0;
  diff(reader, 0, reader, 2, [&](const pack_change&) { return ++count < 3; });
  EXPECT_EQ(count, 3U);
}

}  // namespace
}  // namespace coppice::pack_test
