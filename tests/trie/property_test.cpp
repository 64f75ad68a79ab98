// Properties, with RapidCheck: histories are shrunk to the shortest that fails.
#include <rapidcheck.h>

#include <ostream>

#include "coppice/detail/trie_diff.hpp"
#include "support.hpp"

namespace coppice::trie_test {

struct step {
  bool set;
  std::uint8_t key;
  std::uint8_t length;  // of the value
};
void showValue(const step& value, std::ostream& out);

}  // namespace coppice::trie_test

namespace rc {
template <>
struct Arbitrary<coppice::trie_test::step> {
  static auto arbitrary() {
    using coppice::trie_test::step;
    return gen::build<step>(gen::set(&step::set), gen::set(&step::key, gen::inRange<std::uint8_t>(0, 40)),
                            gen::set(&step::length, gen::inRange<std::uint8_t>(0, 40)));
  }
};
}  // namespace rc

namespace coppice::trie_test {

void showValue(const step& value, std::ostream& out) {
  out << (value.set ? "set " : "erase ") << int{value.key} << " " << int{value.length};
}

namespace {

using small_leaves = configuration<counted_memory, tiny_limits, seeded_hash>;
using small_map = owned_map<small_leaves>;

text key_of(const step& of) { return "key" + std::to_string(of.key); }
text value_of(const step& of) { return std::string(of.length, 'v'); }

void apply(small_map& map, const std::vector<step>& history) {
  for (const step& each : history) {
    if (each.set) {
      (void)map.set(key_of(each), value_of(each));
    } else {
      (void)map.erase(key_of(each));
    }
  }
}

model_map apply(model_map model, const std::vector<step>& history) {
  for (const step& each : history) {
    if (each.set) {
      model[key_of(each)] = value_of(each);
    } else {
      model.erase(key_of(each));
    }
  }
  return model;
}

TEST(trie_properties, shape_depends_on_content_alone) {
  EXPECT_TRUE(rc::check([](const std::vector<step>& history) {
    counted_memory memory;
    {
      small_map map(memory);
      apply(map, history);
      RC_ASSERT(map.broken() == "");
      const model_map model = apply(model_map{}, history);
      RC_ASSERT(map.content() == model);
      const small_map built = build_map<small_leaves>(memory, model);
      RC_ASSERT(same_shape<small_leaves>(memory, map.root(), built.root()));
    }
    RC_ASSERT(memory.live() == 0U);
  }));
}

TEST(trie_properties, a_kept_version_is_not_touched_by_later_steps) {
  EXPECT_TRUE(rc::check([](const std::vector<step>& before, const std::vector<step>& after) {
    counted_memory memory;
    small_map map(memory);
    apply(map, before);
    const small_map kept = map;
    const model_map model = apply(model_map{}, before);
    apply(map, after);
    RC_ASSERT(kept.content() == model);
    RC_ASSERT(kept.broken() == "");
    RC_ASSERT(map.content() == apply(model, after));
  }));
}

TEST(trie_properties, applying_a_difference_gives_the_newer_version) {
  EXPECT_TRUE(rc::check([](const std::vector<step>& before, const std::vector<step>& after) {
    counted_memory memory;
    small_map older(memory);
    apply(older, before);
    small_map newer = older;
    apply(newer, after);
    small_map patched = older;
    trie_diff_cursor<counted_memory, small_map::leaf_type> cursor(memory, small_map::leaf, older.root(), newer.root());
    diff_change<small_map::leaf_type> change;
    while (cursor.next(change)) {
      if (change.kind == diff_kind::removed) {
        RC_ASSERT(patched.erase(text(change.key)) == trie_change::erased);
      } else {
        RC_ASSERT(patched.set(text(change.key), text(change.after)) ==
                  (change.kind == diff_kind::added ? trie_change::inserted : trie_change::replaced));
      }
    }
    RC_ASSERT(trie_equal(memory, small_map::leaf, patched.root(), newer.root()));
    RC_ASSERT(same_shape<small_leaves>(memory, patched.root(), newer.root()));
  }));
}

}  // namespace
}  // namespace coppice::trie_test
