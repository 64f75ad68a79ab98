// Storing in place does what trie_set does wherever it does anything, and leaves all as it was wherever it does not.
#include "coppice/detail/packed_in_place.hpp"
#include "support.hpp"

namespace coppice::trie_test {
namespace {

/// What storing in place says, with `before` allowing all.
template <class Configuration>
in_place store_in_place(const owned_map<Configuration>& map, const text& key, const packed_value& value) {
  using memory_type = typename Configuration::memory_type;
  const auto added = map.leaf.make_item(key.view(), value);
  return packed_in_place<memory_type, typename Configuration::leaf_type>(map.memory(), map.leaf, added)
      .set(map.root(), [](const packed_value&) { return true; });
}

trie_change change_of(in_place made) {
  return made == in_place::inserted   ? trie_change::inserted
         : made == in_place::replaced ? trie_change::replaced
                                      : trie_change::none;
}

// ---- beside trie_set

template <class Configuration>
class trie_in_place : public ::testing::Test {};
TYPED_TEST_SUITE(trie_in_place, few_configurations);

TYPED_TEST(trie_in_place, equals_trie_set_in_content_and_shape) {
  typename TypeParam::memory_type memory;
  for (const unsigned keys : {30U, 400U}) {
    text_source source(keys, keys);
    memory.begin_edit();
    unsigned made_in_place = 0;
    owned_map<TypeParam> map(memory), other(memory);
    model_map model;
    for (unsigned i = 0; i < 3000; ++i) {
      // Mostly keys and values that keep leaves narrow.
      const text key = source.number(4) == 0 && i > 1000 ? source.key() : text(std::to_string(source.number(keys)));
      if (source.number(5) == 0) {
        ASSERT_EQ(map.erase(key), other.erase(key));
        model.erase(key);
      } else {
        text value = source.number(8) == 0 && i > 1000 ? source.value()
                                                       : text(std::string(source.number(12), 'v'), value_kind::bytes);
        const auto known = model.find(key);
        // Often the same size, and sometimes the same value.
        if (known != model.end() && source.number(2) == 0) value.bytes.resize(known->second.bytes.size(), 'z');
        if (known != model.end() && source.number(8) == 0) value = known->second;
        const in_place made = store_in_place(map, key, value.view());
        ASSERT_NE(made, in_place::refused);
        made_in_place += made != in_place::no;
        const trie_change change = made == in_place::no ? map.set(key, value) : change_of(made);
        ASSERT_EQ(change, other.set(key, value)) << "step " << i;
        model[key] = value;
      }
      ASSERT_EQ(map.broken(), "") << "step " << i;
      ASSERT_EQ(map.size(), model.size());
      if (i % 16 == 0) {
        ASSERT_TRUE(same_shape<TypeParam>(memory, map.root(), other.root())) << "step " << i;
        ASSERT_EQ(map.content(), model);
      }
    }
    // Where all keys have one hash, leaves are full at once.
    if (std::is_same_v<TypeParam, configuration<bump_memory, default_limits, seeded_hash>>) {
      EXPECT_GT(made_in_place, 300U);
    }
    memory.end_edit();
  }
}

// ---- one case after the other

/// The first eight bytes of a key are its hash.
struct chosen_hash {
  std::uint64_t operator()(value_kind, const std::byte* data, std::size_t size) const noexcept {
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < 8; ++i) hash = hash << 8 | (i < size ? std::to_integer<std::uint64_t>(data[i]) : 0);
    return hash;
  }
};
struct chosen {
  using memory_type = bump_memory;
  using leaf_type = packed_leaf<std::uint32_t, chosen_hash, 4, 300, 255>;
};

class trie_in_place_case : public ::testing::Test {
 protected:
  using map_type = owned_map<chosen>;
  void SetUp() override { memory_.begin_edit(); }

  /// All bytes that were ever allocated.
  [[nodiscard]] std::vector<std::byte> bytes() const {
    return {memory_.address(1), memory_.address(0) + memory_.used()};
  }
  [[nodiscard]] in_place store(const text& key, const text& value) { return store_in_place(map_, key, value.view()); }
  /// Leaves it to trie_set, and changes nothing.
  void expect_no(const text& key, const text& value) {
    const auto before = bytes();
    EXPECT_EQ(store(key, value), in_place::no);
    EXPECT_EQ(bytes(), before);
  }
  void expect(const model_map& model) {
    EXPECT_EQ(map_.broken(), "");
    EXPECT_EQ(map_.content(), model);
  }
  [[nodiscard]] const std::byte* root() const { return memory_.address(map_.root()); }

  bump_memory memory_;
  map_type map_{memory_};
};

TEST_F(trie_in_place_case, nothing_is_made_for_an_empty_map) { expect_no("a", "1"); }

TEST_F(trie_in_place_case, inserts_at_either_end_and_between) {
  // Room for more is kept by an erasure: the leaf stays as large as it was.
  for (const char* key : {"b", "d", "x", "y"}) (void)map_.set(key, "1234567890123456789012345678901234567890");
  (void)map_.erase("x");
  (void)map_.erase("y");
  const auto leaf = map_.root();
  const std::size_t used = memory_.used();
  EXPECT_EQ(store("a", "first"), in_place::inserted);
  EXPECT_EQ(store("e", "last"), in_place::inserted);
  expect({{"a", "first"},
          {"b", "1234567890123456789012345678901234567890"},
          {"d", "1234567890123456789012345678901234567890"},
          {"e", "last"}});
  (void)map_.erase("a");
  EXPECT_EQ(store("c", "between"), in_place::inserted);
  EXPECT_EQ(map_.find("c"), text("between"));
  EXPECT_EQ(map_.broken(), "");
  EXPECT_EQ(map_.root(), leaf);
  EXPECT_EQ(memory_.used(), used);
}

TEST_F(trie_in_place_case, inserts_where_vectors_would_reach_into_entries) {
  // Until the leaf is full to its last byte, of all sizes: with and without room behind the arrays.
  for (std::size_t size = 0; size < 90; ++size) {
    map_type map(memory_);
    model_map model;
    for (const char* key : {"c", "a", "d", "b"}) {
      const text value(std::string(key[0] == 'b' ? size / 2 : size, key[0]));
      const in_place made = store_in_place(map, key, value.view());
      if (made == in_place::no) {
        (void)map.set(key, value);
      } else {
        ASSERT_EQ(made, in_place::inserted);
      }
      model[key] = value;
      ASSERT_EQ(map.broken(), "") << size;
      ASSERT_EQ(map.content(), model) << size;
    }
  }
}

TEST_F(trie_in_place_case, replaces_by_the_same_size_of_any_short_kind) {
  (void)map_.set("a", "one");
  (void)map_.set("b", "two");
  EXPECT_EQ(store("a", "uno"), in_place::replaced);
  EXPECT_EQ(store("b", {"dos", value_kind::bytes}), in_place::replaced);
  expect({{"a", "uno"}, {"b", {"dos", value_kind::bytes}}});
  EXPECT_EQ(store("b", {"dos", value_kind::bytes}), in_place::unchanged);
  EXPECT_EQ(store("b", {"dos", value_kind::string_ascii}), in_place::replaced) << "another kind, the same bytes";
  EXPECT_EQ(map_.set("c", {"", value_kind::null}), trie_change::inserted);
  EXPECT_EQ(store("c", {"", value_kind::null}), in_place::unchanged);
  EXPECT_EQ(store("c", {"", value_kind::bytes}), in_place::replaced);
  EXPECT_EQ(store("c", {"", value_kind::null}), in_place::replaced);
  expect({{"a", "uno"}, {"b", "dos"}, {"c", {"", value_kind::null}}});
}

TEST_F(trie_in_place_case, other_sizes_and_long_forms_are_left_alone) {
  (void)map_.set("a", "one");
  (void)map_.set("b", {"12", value_kind::bigint});
  expect_no("a", "four");
  expect_no("a", "");
  expect_no("a", {"one", value_kind::bigint});
  expect_no("b", {"12", value_kind::bigint});
  expect_no("b", {"13", value_kind::bigint});
  expect_no("b", {"1", value_kind::bytes});
  expect_no("b", {"123", value_kind::bytes});
  expect_no("c", {"12", value_kind::bigint});
  expect({{"a", "one"}, {"b", {"12", value_kind::bigint}}});
}

TEST_F(trie_in_place_case, another_key_with_the_same_tag_is_left_alone) {
  (void)map_.set("aa", "one");
  expect_no("ab", "one");
  expect_no({"aa", value_kind::bytes}, "one");
  expect_no("aaa", "on");  // as many bytes together, and other keys
  (void)map_.set("ab", "two");
  expect_no("aa", "uno");  // two entries with its tag
  expect_no("ac", "uno");
  EXPECT_EQ(store("b", "x"), in_place::inserted) << "no entry has its tag";
  expect({{"aa", "one"}, {"ab", "two"}, {"b", "x"}});
}

TEST_F(trie_in_place_case, full_leaves_are_left_alone) {
  for (const char* key : {"a", "b", "c", "d"}) (void)map_.set(key, "1");
  (void)map_.set("d", "as long as that there is room for another");
  (void)map_.set("d", "1");
  expect_no("e", "");  // B
  (void)map_.erase("d");
  EXPECT_EQ(store("e", ""), in_place::inserted);
}

TEST_F(trie_in_place_case, leaves_of_too_many_bytes_are_left_alone) {
  (void)map_.set("a", std::string(200, 'v'));
  (void)map_.set("b", std::string(90, 'v'));
  expect_no("c", std::string(10, 'v'));   // S
  expect_no("c", std::string(253, 'v'));  // an entry of 256 bytes
  expect_no("c", std::string(256, 'v'));  // V
  expect_no(std::string(256, 'c'), "v");
  expect_no(std::string(300, 'c'), std::string(300, 'v'));
  (void)map_.set("b", "");
  (void)map_.set("a", "");
  EXPECT_EQ(store("c", "v"), in_place::inserted);
}

TEST_F(trie_in_place_case, leaves_without_room_are_left_alone) {
  (void)map_.set("a", "1");
  memory_.end_edit();
  memory_.begin_edit();
  expect_no("a", "2");  // not of this edit
  expect_no("b", "2");
  (void)map_.set("a", "2");
  expect_no("b", std::string(250, 'b'));
  EXPECT_EQ(store("a", "3"), in_place::replaced);
}

TEST_F(trie_in_place_case, wide_leaves_and_empty_places_are_left_alone) {
  (void)map_.set("a", std::string(300, 'v'));
  ASSERT_EQ(kind_of(root()), node_kind::packed_leaf_wide);
  expect_no("b", "1");
  expect_no("a", "1");
  for (const char* key : {"a", "aa", "ab", "ac", "ad", "ae"}) (void)map_.set(key, "1");
  ASSERT_EQ(kind_of(root()), node_kind::branch);
  expect_no("z", "1");
}

TEST_F(trie_in_place_case, counts_of_branches_follow) {
  model_map model;
  for (char first = 'a'; first < 'i'; ++first) {
    for (const char* second : {"1", "1a", "q"}) {
      const text key = std::string(1, first) + second;
      (void)map_.set(key, "value");
      model[key] = "value";
    }
  }
  ASSERT_EQ(kind_of(root()), node_kind::branch);
  unsigned inserted = 0;
  for (char first = 'a'; first < 'i'; ++first) {
    const text key = std::string(1, first) + "z", again = std::string(1, first) + "q";
    const in_place made = store(key, "v");
    inserted += made == in_place::inserted;
    if (made == in_place::inserted) model[key] = "v";
    ASSERT_EQ(map_.size(), model.size());
    if (store(again, "VALUE") == in_place::replaced) model[again] = "VALUE";
    ASSERT_EQ(map_.size(), model.size());
    expect(model);
  }
  EXPECT_GT(inserted, 0U);
}

TEST_F(trie_in_place_case, a_full_leaf_becomes_two_below_its_branch) {
  // One leaf for the keys that begin with a bit 0, one for the others.
  model_map model;
  const auto add = [&](const text& key) {
    (void)map_.set(key, "1");
    model[key] = "1";
  };
  for (const char* key : {"\x01", "\x02", "\x21", "\x81", "\x82", "\x83"}) add(key);
  ASSERT_EQ(kind_of(root()), node_kind::branch);
  add("\x22");
  for (std::size_t allowed = 0; allowed < 2; ++allowed) {
    memory_.fail_after(allowed);
    const text key("\x41"), value("1");
    EXPECT_EQ(store(key, value), in_place::no) << "no space for " << allowed + 1;
    memory_.fail_never();
    expect(model);
  }
  const auto root_before = map_.root();
  EXPECT_EQ(store("\x41", "1"), in_place::inserted);
  model["\x41"] = "1";
  expect(model);
  EXPECT_EQ(map_.root(), root_before);
  add("\x84");
  // All five would go into one half: the leaf becomes more than two.
  expect_no("\x85", "1");
  (void)map_.set("\x85", "1");
  model["\x85"] = "1";
  expect(model);
}

TEST_F(trie_in_place_case, nodes_above_that_are_not_of_this_edit_are_left_alone) {
  for (char first = 'a'; first < 'm'; ++first) (void)map_.set(std::string(1, first), "1");
  ASSERT_EQ(kind_of(root()), node_kind::branch);
  memory_.end_edit();
  memory_.begin_edit();
  expect_no("a", "2");
  (void)map_.set("a", "2");
  EXPECT_EQ(store("a", "3"), in_place::replaced);
  expect_no("l", "2");  // the branch is of this edit, the leaf is not
}

TEST_F(trie_in_place_case, refusing_leaves_all_as_it_was) {
  (void)map_.set("a", "one");
  const auto before = bytes();
  const text key("a"), value("uno");
  const auto added = map_.leaf.make_item(key.view(), value.view());
  text seen;
  EXPECT_EQ((packed_in_place<bump_memory, chosen::leaf_type>(memory_, map_.leaf, added)
                 .set(map_.root(),
                      [&](const packed_value& old) {
                        seen = text(old);
                        return false;
                      })),
            in_place::refused);
  EXPECT_EQ(seen, text("one"));
  EXPECT_EQ(bytes(), before);
}

TEST_F(trie_in_place_case, before_is_not_asked_where_nothing_is_replaced) {
  (void)map_.set("a", "one");
  const auto never = [](const packed_value&) {
    ADD_FAILURE();
    return true;
  };
  const text a("a"), b("b"), one("one");
  const auto same = map_.leaf.make_item(a.view(), one.view());
  const auto added = map_.leaf.make_item(b.view(), one.view());
  EXPECT_EQ((packed_in_place<bump_memory, chosen::leaf_type>(memory_, map_.leaf, same).set(map_.root(), never)),
            in_place::unchanged);
  EXPECT_NE((packed_in_place<bump_memory, chosen::leaf_type>(memory_, map_.leaf, added).set(map_.root(), never)),
            in_place::refused);
}

TEST_F(trie_in_place_case, keys_and_values_may_come_out_of_the_leaf_itself) {
  for (const char* key : {"b", "d", "x"}) (void)map_.set(key, "1234567890123456789012345678901234567890");
  (void)map_.erase("x");
  (void)map_.set("b", "cde");
  (void)map_.set("d", "fgh");
  const auto value = trie_find(memory_, map_.leaf, map_.root(), text("b").view());
  ASSERT_TRUE(value.has_value());
  // What is inserted would move itself; what is replaced does not move.
  const auto before = bytes();
  EXPECT_EQ(store_in_place(map_, "e", *value), in_place::no);
  const text x("x");
  const auto as_key = map_.leaf.make_item(*value, x.view());
  EXPECT_EQ((packed_in_place<bump_memory, chosen::leaf_type>(memory_, map_.leaf, as_key)
                 .set(map_.root(), [](const packed_value&) { return true; })),
            in_place::no);
  EXPECT_EQ(bytes(), before);
  EXPECT_EQ(store_in_place(map_, "d", *value), in_place::replaced);
  EXPECT_EQ(store_in_place(map_, "b", *value), in_place::unchanged);
  expect({{"b", "cde"}, {"d", "cde"}});
}

}  // namespace
}  // namespace coppice::trie_test
