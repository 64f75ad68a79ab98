// Elements of every kind: incomplete, empty, over-aligned, large, nested, owning.
#include <memory>
#include <string>
#include <utility>

#include "support.hpp"

namespace coppice::vector_test {
namespace {

/// Holds vectors of itself.
struct tree {
  int value = 0;
  vector<tree> children;
  bool operator==(const tree&) const = default;
};

TEST(vector_element, may_be_incomplete_where_the_vector_is_declared) {
  const tree leaf{1, {}};
  const tree root{0, {leaf, leaf}};
  const vector<tree> all = vector<tree>{root}.push_back(root);
  EXPECT_EQ(all[1].children[0].value, 1);
  EXPECT_EQ(all, (vector<tree>{root, root}));
  EXPECT_EQ(all.set(0, root).identity(), all.identity());
}

struct nothing {
  bool operator==(const nothing&) const = default;
};
TEST(vector_element, may_be_empty) {
  const vector<nothing> all(3000, nothing());
  EXPECT_EQ(all.size(), 3000U);
  EXPECT_EQ(all.take(100) + all.drop(100), all);
  EXPECT_EQ((all + all).check(), nullptr);
}

TEST(vector_element, may_be_over_aligned) {
  vector<aligned_number> all;
  for (std::uint64_t i = 0; i < 300; ++i) all = all.push_back({i});
  all = all.drop(7) + all;
  for (const aligned_number& element : all) ASSERT_EQ(reinterpret_cast<std::uintptr_t>(&element) % 64, 0U);
}

TEST(vector_element, may_be_large) {
  struct page {
    char bytes[5000];
  };
  const vector<page> all(std::vector<page>(50));
  EXPECT_EQ(all.take(20).size(), 20U);
  EXPECT_EQ((all.take(21) + all.drop(3)).check(), nullptr);
}

TEST(vector_element, may_be_a_bool) {
  vector<bool> all;
  for (int i = 0; i < 3000; ++i) all = std::move(all).push_back(i % 3 == 0);
  EXPECT_TRUE(all[2999 - 2]);
  EXPECT_FALSE(all[2999]);
}

TEST(vector_element, is_destroyed_with_the_last_leaf_that_has_it) {
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = owned;
  vector<std::shared_ptr<int>> all{nullptr, nullptr};
  all = std::move(all).push_back(std::move(owned));
  EXPECT_FALSE(watch.expired());
  all = std::move(all).pop_back();
  EXPECT_TRUE(watch.expired());
}

/// A vector in a vector in a vector.
struct nested {
  vector<nested> inner;
};
TEST(vector_element, a_million_vectors_in_each_other_are_freed_without_a_deep_stack) {
  vector<nested> outer;
  for (int i = 0; i < 1'000'000; ++i) {
    nested next{std::move(outer)};
    outer = vector<nested>().push_back(std::move(next));
  }
  const vector<nested> same = outer;
  outer = vector<nested>();
  EXPECT_EQ(same.size(), 1U);
}

}  // namespace
}  // namespace coppice::vector_test
