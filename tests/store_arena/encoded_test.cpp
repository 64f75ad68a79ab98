// Maps and sets in a store of elements that are encoded: strings, containers, and what is built of them.
#include <map>
#include <tuple>
#include <variant>

#include "support.hpp"

namespace store_test {
namespace {

class encoded_elements : public collection_case {
 protected:
  encoded_elements() : collection_case("encoded") {}
};

TEST_F(encoded_elements, are_found_as_they_were_set) {
  using lists = arena_map<int, std::vector<int>>;
  using nested =
      std::tuple<std::optional<std::string>, std::map<int, std::vector<std::string>>, std::variant<int, std::string>>;
  using deep = arena_map<std::optional<std::string>, nested>;
  using sets = arena_set<std::vector<std::string>>;
  const nested content{"some", {{1, {"a", ""}}, {2, {}}}, std::string("alternative")};
  store_.transact([&](transaction& work) {
    work.set("texts", texts{{"", "empty"}, {"ada", "lovelace"}, {std::string(3, '\0'), ""}});
    work.set("lists", lists{{1, {1, 2, 3}}, {2, {}}});
    work.set("deep", deep{{std::nullopt, content}, {"key", nested()}});
    work.set("sets", sets{{}, {"a"}, {"a", "b"}});
  });
  const texts text = now<texts>("texts");
  EXPECT_EQ(text.at("ada"), "lovelace");
  EXPECT_EQ(text.at(""), "empty");
  EXPECT_EQ(text.at(std::string(3, '\0')), "");
  EXPECT_FALSE(text.find("alan"));
  EXPECT_EQ(text["alan"], "");
  EXPECT_EQ(text.get_or("alan", "none"), "none");
  EXPECT_EQ(now<lists>("lists").at(1), (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(now<lists>("lists").at(2).empty());
  EXPECT_EQ(now<deep>("deep").at(std::nullopt), content);
  EXPECT_EQ(now<deep>("deep").at("key"), nested());
  EXPECT_TRUE(now<sets>("sets").contains({"a", "b"}));
  EXPECT_EQ(now<sets>("sets").size(), 3U);
}

TEST_F(encoded_elements, may_be_of_any_length) {
  const std::size_t lengths[] = {0, 1, 200, 254, 255, 256, 257, 1000, 1536, 5000, 70'000, 1'200'000, 5'000'000};
  const auto key = [](std::size_t length) { return std::string(length, 'k') + "!"; };
  const auto content = [](std::size_t length) { return std::string(length, static_cast<char>('a' + length % 26)); };
  store_.transact([&](transaction& work) {
    texts made;
    for (const std::size_t length : lengths) {
      made = made.set(key(length), "short");
      made = std::move(made).set("value of " + std::to_string(length), content(length));
    }
    work.set("texts", made);
  });
  const auto expect_all = [&](const texts& found) {
    ASSERT_EQ(found.check(), nullptr);
    for (const std::size_t length : lengths) {
      ASSERT_EQ(found.at(key(length)), "short") << length;
      ASSERT_EQ(found.at("value of " + std::to_string(length)), content(length)) << length;
    }
    std::size_t bytes = 0;
    for (const auto& [each, its] : found) bytes += each.size() + its.size();
    ASSERT_GT(bytes, 12'000'000U);
  };
  expect_all(now<texts>("texts"));
  const texts before = now<texts>("texts");
  store_.transact([&](transaction& work) {
    texts changed = work.get<texts>("texts").value();
    for (const std::size_t length : lengths) {
      changed = changed.erase(key(length)).set("value of " + std::to_string(length), "gone");
      changed = std::move(changed).set("value of " + std::to_string(length), content(length + 1)).erase("nothing");
    }
    EXPECT_EQ(changed.size(), std::size(lengths));
    work.set("texts", changed);
  });
  store_.collect();
  expect_all(before);
  EXPECT_EQ(now<texts>("texts").size(), std::size(lengths));
}

TEST_F(encoded_elements, give_back_what_they_took) {
  store_.transact([](transaction& work) { work.set("texts", texts{{"a", "b"}}); });
  store_.collect();
  const std::uint64_t before = store_.check().live_bytes;
  for (int round = 0; round < 3; ++round) {
    store_.transact([&](transaction& work) {
      auto changing = work.get<texts>("texts")->transient();
      for (int i = 0; i < 50; ++i) changing.set(std::to_string(i), std::string(40'000, 'x'));
      work.set("texts", std::move(changing).persistent());
    });
    store_.transact([&](transaction& work) {
      auto changing = work.get<texts>("texts")->transient();
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(changing.erase(std::to_string(i)));
      work.set("texts", std::move(changing).persistent());
    });
  }
  store_.collect();
  store_.collect();
  EXPECT_EQ(store_.check().live_bytes, before);
}

TEST_F(encoded_elements, are_updated_compared_and_joined) {
  using counts = arena_map<std::string, int>;
  store_.transact([](transaction& work) {
    counts made;
    for (const char* word : {"a", "b", "a", "c", "a"}) made = made.update(word, [](int n) { return n + 1; });
    EXPECT_EQ(made.at("a"), 3);
    EXPECT_EQ(made.update_if_exists("z", [](int n) { return n + 1; }), made);
    work.set("counts", made);
    const counts more = counts{{"a", 9}, {"z", 1}};
    EXPECT_EQ(made.merge(more).at("a"), 9);
    EXPECT_EQ(made.merge(more, [](const std::string&, int x, int y) { return x + y; }).at("a"), 12);
    EXPECT_EQ(made.intersect(more).size(), 1U);
    EXPECT_EQ(made.subtract(more).size(), 2U);
    work.set("merged", made.merge(more));
  });
  const counts older = now<counts>("counts"), newer = now<counts>("merged");
  std::map<std::string, std::pair<std::optional<int>, std::optional<int>>> changes;
  for (const auto& each : diff(older, newer)) {
    auto& [before, after] = changes[each.key()];
    if (each.before() != nullptr) before = *each.before();
    if (each.after() != nullptr) after = *each.after();
  }
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes["a"], std::pair(std::optional(3), std::optional(9)));
  EXPECT_EQ(changes["z"], std::pair(std::optional<int>(), std::optional(1)));
}

TEST_F(encoded_elements, with_one_key_are_the_last_of_them) {
  store_.transact([](transaction& work) {
    std::vector<std::pair<std::string, std::string>> given;
    for (int i = 0; i < 1000; ++i) given.emplace_back(std::to_string(i % 30), std::to_string(i));
    for (int i = 0; i < 10; ++i) given.emplace_back("", std::to_string(i));
    const texts made(given);
    EXPECT_EQ(made.check(), nullptr);
    EXPECT_EQ(made.size(), 31U);
    for (int i = 970; i < 1000; ++i) EXPECT_EQ(made.at(std::to_string(i % 30)), std::to_string(i));
    EXPECT_EQ(made.at(""), "9");
    work.set("texts", made);
  });
}

TEST_F(encoded_elements, of_a_union_may_come_from_themselves) {
  using lists = arena_map<std::string, std::vector<std::string>>;
  store_.transact([](transaction& work) {
    lists made{{"a", {"x", "y"}}};
    made = std::move(made).set("b", made.at("a"));
    for (int i = 0; i < 100; ++i) made = std::move(made).set(std::to_string(i), made.at("a"));
    work.set("lists", made);
  });
  EXPECT_EQ(now<lists>("lists").at("99"), (std::vector<std::string>{"x", "y"}));
}

}  // namespace
}  // namespace store_test
