// What cannot be done with collections of a store: each answers with the right code, and a sentence that says what to
// do.
#include <chrono>

#include "support.hpp"

namespace store_test {

struct first_kind {
  std::uint64_t number;
};
struct second_kind {
  std::uint64_t number;
};

}  // namespace store_test

template <>
inline constexpr std::string_view coppice::stored_name<store_test::first_kind> = "tests: first";
template <>
inline constexpr std::string_view coppice::stored_name<store_test::second_kind> = "tests: second";

namespace store_test {
namespace {

using text_set = arena_set<std::string>;

struct own_hash {
  static constexpr std::string_view stored_name = "tests: own_hash";
  std::uint64_t operator()(u64 key, std::uint64_t seed) const noexcept { return hash<u64>{}(key, seed); }
};

class collection_errors : public collection_case {
 protected:
  collection_errors() : collection_case("errors") {}
  template <class Call>
  void expect(errc code, const char* word, Call&& call) {
    const outcome met = outcome_of(std::forward<Call>(call));
    EXPECT_EQ(met.code, code) << met.message;
    EXPECT_NE(met.message.find(word), std::string::npos) << met.message;
  }
  /// What is stored as one type, and asked for as another.
  template <class Stored, class Asked>
  void expect_refused(const char* word) {
    store_.transact([&](transaction& work) {
      work.set("k", Stored());
      expect(errc::invalid_argument, word, [&] { (void)work.get<Asked>("k"); });
      EXPECT_TRUE(work.get<Stored>("k"));
    });
    expect(errc::invalid_argument, word, [&] { (void)store_.snapshot().get<Asked>("k"); });
    expect(errc::invalid_argument, "'errors'", [&] { (void)store_.snapshot().get<Asked>("k"); });
  }
};

TEST_F(collection_errors, another_kind) {
  expect_refused<numbers, arena_set<u64>>("kind map, not set");
  expect_refused<arena_set<u64>, number_vector>("kind set, not vector");
  expect_refused<number_vector, numbers>("kind vector, not map");
  store_.set("k", 7);
  expect(errc::invalid_argument, "not map", [&] { (void)store_.snapshot().get<numbers>("k"); });
  expect(errc::invalid_argument, "not set",
         [&] { store_.transact([](transaction& t) { (void)t.get<text_set>("k"); }); });
}

TEST_F(collection_errors, other_elements) {
  expect_refused<numbers, arena_map<u64, std::int64_t>>("another type");
  expect_refused<numbers, arena_map<u64, double>>("another type");
  expect_refused<number_vector, arena_vector<std::uint32_t>>("another type");
  expect_refused<arena_vector<first_kind>, arena_vector<second_kind>>("another type");
  expect_refused<arena_vector<first_kind>, arena_vector<u64>>("another type");
  expect_refused<arena_vector<std::optional<std::int32_t>>, arena_vector<std::optional<float>>>("another type");
  expect_refused<arena_vector<std::chrono::seconds>, arena_vector<std::chrono::milliseconds>>("another type");
}

TEST_F(collection_errors, other_encoded_elements) {
  expect_refused<text_set, arena_set<std::vector<int>>>("another type");
  expect_refused<arena_set<std::vector<int>>, arena_set<std::vector<double>>>("another type");
  expect_refused<arena_map<u64, std::vector<std::string>>, arena_map<u64, std::vector<std::vector<int>>>>(
      "another type");
  expect_refused<arena_map<u64, std::string>, arena_map<std::int64_t, std::string>>("another type");
  // As large as a string, and no string.
  struct alignas(std::string) bytes {
    std::byte of[sizeof(std::string)];
    bool operator==(const bytes&) const = default;
  };
  expect_refused<arena_map<u64, std::string>, arena_map<u64, bytes>>("another type");
  expect_refused<arena_map<u64, bytes>, arena_map<u64, std::string>>("another type");
}

TEST_F(collection_errors, another_hash) {
  expect_refused<numbers, arena_map<u64, u64, own_hash>>("another hash");
  expect_refused<arena_set<u64, own_hash>, arena_set<u64>>("another hash");
}

TEST_F(collection_errors, nodes_of_another_size) {
  expect_refused<numbers, map<u64, u64, hash<u64>, std::equal_to<>, store_arena, 2>>("another size");
  expect_refused<number_vector, vector<u64, store_arena, 3>>("another size");
  expect_refused<vector<u64, store_arena, 3, 2>, vector<u64, store_arena, 3, 3>>("another size");
  expect_refused<text_set, set<std::string, hash<std::string>, std::equal_to<>, store_arena, 2>>("another size");
}

TEST_F(collection_errors, a_change_outside_of_a_transaction) {
  constexpr const char* word = "store::transact()";
  numbers empty;
  expect(errc::invalid_argument, word, [&] { (void)empty.set(1, 2); });
  expect(errc::invalid_argument, word, [&] { (void)numbers{{1, 2}}; });
  expect(errc::invalid_argument, word, [&] { (void)number_vector{1}; });
  expect(errc::invalid_argument, word, [&] { (void)text_set{"a"}; });
  store_.transact([](transaction& work) {
    work.set("k", numbers{{1, 2}});
    work.set("v", number_vector{1, 2});
    work.set("t", text_set{"a"});
  });
  const snapshot seen = store_.snapshot();
  numbers held = *seen.get<numbers>("k");
  expect(errc::invalid_argument, word, [&] { (void)held.set(1, 3); });
  expect(errc::invalid_argument, word, [&] { (void)std::move(held).erase(1); });
  expect(errc::invalid_argument, word, [&] { held.transient().set(1, 3); });
  expect(errc::invalid_argument, word, [&] { (void)held.merge(numbers()); });
  EXPECT_EQ(held.at(1), 2U) << "as it was";
  number_vector list = *seen.get<number_vector>("v");
  expect(errc::invalid_argument, word, [&] { (void)list.push_back(1); });
  expect(errc::invalid_argument, word, [&] { list += list; });
  EXPECT_EQ(list.size(), 2U) << "as it was";
  text_set words = *seen.get<text_set>("t");
  expect(errc::invalid_argument, word, [&] { (void)std::move(words).insert("b"); });
  EXPECT_TRUE(words.contains("a"));
  // What changes nothing is no change, or is refused like one.
  EXPECT_TRUE(words.contains("a"));
}

TEST_F(collection_errors, everything_after_the_end_of_the_transaction) {
  constexpr const char* word = "has ended";
  std::optional<numbers> map;
  std::optional<number_vector> list;
  std::optional<text_set> words;
  std::optional<transient_map<numbers>> changing;
  store_.transact([&](transaction& work) {
    map = numbers{{1, 2}};
    list = number_vector{1, 2, 3};
    words = text_set{"a"};
    changing = numbers{{1, 2}}.transient();
    work.set("k", *map);
  });
  expect(errc::closed, word, [&] { (void)map->find(1); });
  expect(errc::closed, "'errors'", [&] { (void)map->size(); });
  expect(errc::closed, word, [&] { (void)map->begin(); });
  expect(errc::closed, word, [&] { (void)map->set(1, 3); });
  expect(errc::closed, word, [&] { map->for_each_chunk([](auto) {}); });
  expect(errc::closed, word, [&] { (void)(*map == *map); });
  expect(errc::closed, word, [&] { (void)list->at(0); });
  expect(errc::closed, word, [&] { (void)list->begin(); });
  expect(errc::closed, word, [&] { (void)list->push_back(1); });
  expect(errc::closed, word, [&] { (void)(*list == *list); });
  expect(errc::closed, word, [&] { (void)words->contains("a"); });
  expect(errc::closed, word, [&] { (void)words->find("a"); });
  expect(errc::closed, word, [&] { (void)words->begin(); });
  expect(errc::closed, word, [&] { changing->set(1, 1); });
  // Copies, moves and assignments only carry it about.
  numbers copy = *map;
  copy = std::move(*map);
  copy = *changing->operator->();
  expect(errc::closed, word, [&] { (void)copy.find(1); });
  store_.transact([&](transaction& work) {
    const numbers mine{{1, 2}};
    const number_vector own{1};
    const text_set other{"b"};
    expect(errc::closed, word, [&] { work.set("k", copy); });
    expect(errc::closed, word, [&] { work.set("v", *list); });
    expect(errc::closed, word, [&] { (void)mine.merge(copy); });
    expect(errc::closed, word, [&] { (void)copy.merge(mine); });
    expect(errc::closed, word, [&] { (void)(mine == copy); });
    expect(errc::closed, word, [&] { (void)(copy == mine); });
    expect(errc::closed, word, [&] { (void)diff(mine, copy).next(); });
    expect(errc::closed, word, [&] { (void)diff(copy, mine).next(); });
    expect(errc::closed, word, [&] { (void)(own + *list); });
    expect(errc::closed, word, [&] { (void)(*list + own); });
    expect(errc::closed, word, [&] { (void)own.insert(0, *list); });
    expect(errc::closed, word, [&] { (void)(number_vector{1} + std::move(*list)); });
    expect(errc::closed, word, [&] { (void)(own == *list || *list == number_vector{1, 2, 3}); });
    expect(errc::closed, word, [&] { (void)other.merge(*words); });
    expect(errc::closed, word, [&] { (void)(other == *words); });
    expect(errc::closed, word, [&] { (void)diff(*words, other).next(); });
    map = mine;  // and it can be assigned to
    EXPECT_EQ(map->at(1), 2U);
  });
}

TEST_F(collection_errors, a_transaction_that_threw_ends_what_it_made) {
  std::optional<numbers> kept;
  EXPECT_THROW(store_.transact([&](transaction&) {
    kept = numbers{{1, 2}};
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  expect(errc::closed, "has ended", [&] { (void)kept->find(1); });
  store_.transact([&](transaction& work) { work.set("k", numbers{{1, 2}}); });
  numbers outside;
  expect(errc::invalid_argument, "store::transact()", [&] { (void)outside.set(1, 2); });
}

TEST_F(collection_errors, collections_of_another_store) {
  constexpr const char* word = "different stores";
  store other = store::open("other");
  other.transact([](transaction& work) {
    work.set("k", numbers{{1, 2}, {3, 4}});
    work.set("v", number_vector{1, 2});
    work.set("t", text_set{"a", "b"});
  });
  const numbers theirs = other.snapshot().get<numbers>("k").value();
  const number_vector their_list = other.snapshot().get<number_vector>("v").value();
  const text_set their_words = other.snapshot().get<text_set>("t").value();
  store_.transact([&](transaction& work) {
    const numbers mine{{1, 2}, {5, 6}};
    const number_vector list{1, 2};
    const text_set words{"a", "c"};
    expect(errc::invalid_argument, word, [&] { work.set("k", theirs); });
    expect(errc::invalid_argument, word, [&] { work.set("v", their_list); });
    expect(errc::invalid_argument, word, [&] { (void)theirs.set(1, 3); });
    expect(errc::invalid_argument, word, [&] { (void)their_list.push_back(1); });
    expect(errc::invalid_argument, word, [&] { (void)(list + their_list); });
    expect(errc::invalid_argument, word, [&] { (void)(their_list + list); });
    expect(errc::invalid_argument, word, [&] { (void)(number_vector{1} + their_list); });
    expect(errc::invalid_argument, word, [&] { (void)theirs.merge(mine); });
    // What needs no common nodes works.
    EXPECT_EQ(mine.merge(theirs).size(), 3U);
    EXPECT_EQ(words.merge(their_words).size(), 3U);
    EXPECT_NE(mine, theirs);
    EXPECT_EQ(theirs, (numbers{{1, 2}, {3, 4}}));
    EXPECT_EQ((numbers{{1, 2}, {3, 4}}), theirs);
    EXPECT_EQ(list, their_list);
    EXPECT_EQ(text_set(their_words.begin(), their_words.end()), their_words);
    int changes = 0;
    for ([[maybe_unused]] const auto& each : diff(theirs, mine)) ++changes;
    for ([[maybe_unused]] const auto& each : diff(their_words, words)) ++changes;
    EXPECT_EQ(changes, 4);
    expect(errc::invalid_argument, word, [&] { (void)diff(mine, theirs).next(); });
    expect(errc::invalid_argument, word, [&] { (void)diff(words, their_words).next(); });
    work.set("copy", numbers(theirs.begin(), theirs.end()));
  });
  EXPECT_EQ(store_.snapshot().get<numbers>("copy").value(), theirs);
  // Another handle of the store maps it elsewhere.
  store again = store::open("errors");
  const numbers elsewhere = again.snapshot().get<numbers>("copy").value();
  store_.transact([&](transaction& work) {
    expect(errc::invalid_argument, "two handles", [&] { work.set("k", elsewhere); });
    expect(errc::invalid_argument, "two handles", [&] { (void)elsewhere.set(1, 1); });
    EXPECT_EQ(elsewhere, work.get<numbers>("copy").value());
  });
}

TEST_F(collection_errors, a_collection_as_a_value_to_be_copied) {
  store_.transact([](transaction& work) { work.set("k", numbers{{1, 2}}); });
  const snapshot seen = store_.snapshot();
  const value_view found = *seen.get("k");
  const std::uint64_t version = store_.version();
  expect(errc::invalid_argument, "transaction::set", [&] { store_.set("l", found); });
  expect(errc::invalid_argument, "transaction::set", [&] { store_.set("l", store_.get("k")->view()); });
  const key_value entries[] = {{"l", found}};
  expect(errc::invalid_argument, "transaction::set", [&] { store_.set_many(entries); });
  expect(errc::invalid_argument, "transaction::set",
         [&] { store_.transact([&](transaction& work) { work.set("l", found); }); });
  EXPECT_EQ(store_.version(), version);
}

TEST_F(collection_errors, keys_that_are_too_long) {
  const std::string key(limits::max_key_bytes + 1, 'k');
  expect(errc::key_too_long, "65537", [&] { store_.transact([&](transaction& t) { t.set(key, numbers()); }); });
}

TEST_F(collection_errors, a_store_that_is_read_only) {
  store_options options;
  options.read_only = true;
  store_.transact([](transaction& work) { work.set("k", numbers{{1, 2}}); });
  store reader = store::open("errors", options);
  EXPECT_EQ(reader.snapshot().get<numbers>("k")->at(1), 2U);
  expect(errc::read_only, "read-only", [&] { reader.transact([](transaction& t) { t.set("k", numbers()); }); });
}

TEST_F(collection_errors, in_a_child_after_fork) {
  store_.transact([](transaction& work) { work.set("k", numbers{{1, 2}}); });
  const numbers held = store_.snapshot().get<numbers>("k").value();
  const snapshot seen = store_.snapshot();
  store_.transact([&](transaction& work) {
    const numbers mine{{5, 6}};
    numbers borrowed = held;
    borrowed = std::move(borrowed).set(1, 3);
    child_process child([&] {
      if (code_of([&] { (void)held.find(1); }) != errc::closed) return 10;
      if (code_of([&] { (void)held.set(1, 1); }) != errc::closed) return 11;
      if (code_of([&] { (void)mine.find(5); }) != errc::closed) return 12;
      if (code_of([&] { (void)mine.set(5, 1); }) != errc::closed) return 13;
      if (code_of([&] { (void)borrowed.size(); }) != errc::closed) return 14;
      if (code_of([&] { work.set("k", mine); }) != errc::closed) return 15;
      if (code_of([&] { (void)work.get<numbers>("k"); }) != errc::closed) return 16;
      if (code_of([&] { (void)seen.get<numbers>("k"); }) != errc::closed) return 17;
      if (code_of([&] { (void)mine.merge(held); }) != errc::closed) return 18;
      // The transaction is not the child's.
      numbers none;
      if (!none.empty() || none.size() != 0) return 20;
      if (code_of([&] { (void)none.set(1, 2); }) != errc::invalid_argument) return 21;
      store own = store::open("errors");
      const numbers found = own.snapshot().get<numbers>("k").value();
      if (found.at(1) != 2) return 22;
      if (code_of([&] { (void)found.set(1, 2).set(2, 2); }) != errc::invalid_argument) return 23;
      store fresh = store::open("childs");
      fresh.transact([](transaction& mine_now) { mine_now.set("k", numbers{{1, 2}}); });
      return fresh.snapshot().get<numbers>("k")->at(1) == 2 ? 0 : 24;
    });
    EXPECT_EQ(child.join(), 0);
    EXPECT_EQ(mine.at(5), 6U);
    work.set("mine", mine);
  });
  EXPECT_EQ(store_.snapshot().get<numbers>("mine")->at(5), 6U);
}

TEST_F(collection_errors, of_functions_that_throw_leave_collections_as_they_were) {
  store_.transact([](transaction& work) {
    numbers map{{1, 2}};
    const auto fail = [](u64) -> u64 { throw std::runtime_error("no"); };
    EXPECT_THROW((void)std::move(map).update(1, fail), std::runtime_error);
    EXPECT_THROW((void)map.update(9, fail), std::runtime_error);
    EXPECT_EQ(map.at(1), 2U);
    EXPECT_THROW((void)map.at(9), std::out_of_range);
    number_vector list{1};
    EXPECT_THROW((void)std::move(list).set(7, 1), std::out_of_range);
    EXPECT_EQ(list.at(0), 1U);
    work.set("k", map);
  });
}

}  // namespace
}  // namespace store_test
