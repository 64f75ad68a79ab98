// Trees as thin as R5 allows: whatever would make one higher makes it low instead (detail/heap/rrb_low.hpp).
//
// The trees are made by hand, of branches with as few children as may be; no few changes of a vector lead there.
#include <cstdint>
#include <vector>

#include "support.hpp"

namespace coppice::vector_test {
namespace {

using layout = detail::rrb_layout<std::uint64_t, 2, 2>;
using nodes = detail::rrb_nodes<layout>;
using detail::rrb_child;
using detail::rrb_version;

template <class Count>
class vector_low : public ::testing::Test {
 protected:
  using edit = typename failing_memory<Count>::template edit<nodes>;
  using view = typename failing_memory<Count>::template view<nodes>;

  void TearDown() override {
    failing_source::allowed = test::no_limit;
    EXPECT_EQ(failing_source::live, 0U);
  }

  /// The next leaf begins with 0.
  void begin() { next_ = 0; }
  /// A full leaf of the next numbers.
  [[nodiscard]] std::byte* leaf() {
    std::uint64_t elements[layout::leaf_capacity];
    for (std::uint64_t& element : elements) element = next_++;
    edit memory;
    return detail::rrb_copy_leaf<layout>(memory, elements, layout::leaf_capacity, layout::leaf_capacity);
  }
  [[nodiscard]] rrb_child branch(unsigned height, const std::vector<rrb_child>& children) {
    edit memory;
    rrb_child made;
    for (const rrb_child& child : children) made.size += child.size;
    made.ref =
        detail::rrb_make_branch<layout>(memory, height, children.data(), static_cast<std::uint32_t>(children.size()));
    return made;
  }
  /// Branches of one child each above a leaf.
  [[nodiscard]] rrb_child path(unsigned height) {
    if (height == 0) return {leaf(), layout::leaf_capacity};
    return branch(height, {path(height - 1)});
  }
  /// A branch of as many children as may be. With `thick` children these have as many too.
  [[nodiscard]] rrb_child wide(unsigned height, bool thick) {
    std::vector<rrb_child> children;
    while (children.size() < layout::width) {
      children.push_back(thick && height > 1 ? wide(height - 1, false) : path(height - 1));
    }
    return branch(height, children);
  }
  /// A tree with no slot for a leaf at its right edge, and thin nodes beside that.
  [[nodiscard]] rrb_child edged(unsigned height, bool thick) {
    if (height == 0) return path(0);
    std::vector<rrb_child> children;
    while (children.size() < layout::width - 1) {
      children.push_back(thick && height > 1 ? wide(height - 1, false) : path(height - 1));
    }
    children.push_back(edged(height - 1, thick));
    return branch(height, children);
  }
  [[nodiscard]] rrb_version version_of(rrb_child tree, unsigned height) {
    return {tree.ref, leaf(), tree.size, layout::leaf_capacity, height};
  }

  void expect_counting(const rrb_version& version) {
    ASSERT_STREQ(detail::rrb_check<layout>(view(), version), nullptr);
    for (std::uint64_t i = 0; i < version.size(); ++i) ASSERT_EQ(detail::rrb_at<layout>(version, i), i);
  }
  /// With one allocation more each time, until `change` succeeds; what it fails to change stays as it was.
  template <class F>
  void expect_all_or_nothing(const rrb_version& before, const F& change) {
    const std::size_t live = failing_source::live;
    for (std::size_t allowed = 0;; ++allowed) {
      ASSERT_LT(allowed, 1000U);
      failing_source::allowed = allowed;
      const bool done = change();
      failing_source::allowed = test::no_limit;
      if (done) return;
      ASSERT_EQ(failing_source::live, live);
      expect_counting(before);
    }
  }

 private:
  std::uint64_t next_ = 0;
};
using counts = ::testing::Types<detail::plain_count, detail::atomic_count>;
TYPED_TEST_SUITE(vector_low, counts);

TYPED_TEST(vector_low, a_leaf_that_needs_a_level_too_many) {
  this->begin();
  rrb_version version = this->version_of(this->edged(8, false), 8);
  this->expect_counting(version);
  this->expect_all_or_nothing(version, [&] {
    typename TestFixture::edit memory;
    rrb_version next = version;
    detail::rrb_retain(memory, next);
    if (!detail::rrb_push_tail<layout>(memory, next)) {
      detail::rrb_release(memory, next);
      return false;
    }
    detail::rrb_release(memory, version);
    version = next;
    return true;
  });
  EXPECT_EQ(version.height, 3U);  // of 26 leaves
  EXPECT_EQ(version.tree_size, 104U);
  typename TestFixture::edit memory;
  const std::uint64_t given = 104;
  version.tail = detail::rrb_copy_leaf<layout>(memory, &given, 1, 1);
  version.tail_count = 1;
  this->expect_counting(version);
  detail::rrb_release(memory, version);
}

TYPED_TEST(vector_low, a_concatenation_that_needs_a_level_too_many) {
  for (unsigned owned = 0; owned < 4; ++owned) {
    this->begin();
    const rrb_version left = this->version_of(this->edged(10, true), 10);
    this->expect_counting(left);
    const rrb_version right = this->version_of(this->path(0), 0);
    rrb_version both;
    this->expect_all_or_nothing(left, [&] {
      typename TestFixture::edit memory;
      return detail::rrb_concat<layout>(memory, left, (owned & 1) != 0, right, (owned & 2) != 0, both);
    });
    EXPECT_EQ(both.height, 4U);  // of more than 64 leaves
    this->expect_counting(both);
    typename TestFixture::edit memory;
    if ((owned & 1) == 0) detail::rrb_release(memory, left);
    if ((owned & 2) == 0) detail::rrb_release(memory, right);
    detail::rrb_release(memory, both);
    EXPECT_EQ(failing_source::live, 0U);
  }
}
TYPED_TEST(vector_low, slices_that_leave_few_elements) {
  this->begin();
  const rrb_version all = this->version_of(this->edged(8, false), 8);
  for (std::uint64_t from = 0; from < all.size(); from += 3) {
    for (std::uint64_t to = from + 1; to < all.size(); to += 5) {
      typename TestFixture::edit memory;
      rrb_version part = all;
      detail::rrb_retain(memory, part);
      ASSERT_TRUE(detail::rrb_take<layout>(memory, part, to));
      ASSERT_STREQ(detail::rrb_check<layout>(typename TestFixture::view(), part), nullptr);
      if (from != 0) {
        ASSERT_TRUE(detail::rrb_drop<layout>(memory, part, from));
      }
      ASSERT_STREQ(detail::rrb_check<layout>(typename TestFixture::view(), part), nullptr);
      for (std::uint64_t i = 0; i < part.size(); ++i) ASSERT_EQ(detail::rrb_at<layout>(part, i), from + i);
      detail::rrb_release(memory, part);
    }
  }
  typename TestFixture::edit memory;
  detail::rrb_release(memory, all);
}
TYPED_TEST(vector_low, slices_without_memory_change_nothing) {
  this->begin();
  rrb_version all = this->version_of(this->edged(8, false), 8);
  const auto slice = [&](auto&& change) {
    this->expect_all_or_nothing(all, [&] {
      typename TestFixture::edit memory;
      rrb_version part = all;
      detail::rrb_retain(memory, part);
      const bool done = change(memory, part);
      detail::rrb_release(memory, part);
      return done;
    });
  };
  slice([](auto& memory, rrb_version& part) { return detail::rrb_take<layout>(memory, part, 50); });
  slice([](auto& memory, rrb_version& part) { return detail::rrb_drop<layout>(memory, part, 50); });
  typename TestFixture::edit memory;
  detail::rrb_release(memory, all);
}

}  // namespace
}  // namespace coppice::vector_test
