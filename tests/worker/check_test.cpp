// arena::check() on arenas without HEAD: it passes over what workers have, and finds what is broken.
#include "tests/worker/support.hpp"

namespace worker_test {
namespace {

class worker_check : public ::testing::Test {
 protected:
  void SetUp() override {
    one_.create(directory_ / "memory", large_limit);
    index_ = one_.memory().hold({});
    for (unsigned i = 0; i < 1000; ++i) (void)one_.set(index_, std::to_string(i), std::string(60, 'v'));
    ASSERT_TRUE(one_.memory().make_room().ok());
    for (unsigned i = 0; i < 100; ++i) (void)one_.set(index_, std::to_string(i), std::string(61, 'v'));
  }
  [[nodiscard]] std::string broken() {
    const auto checked = check(one_.memory());
    return checked.broken == nullptr ? "" : checked.broken;
  }
  [[nodiscard]] const coppice::arena::mapping& map() { return one_.memory().map(); }

  scratch_directory directory_;
  worker one_;
  version_index index_ = no_version;
};

TEST_F(worker_check, passes_and_accounts) {
  const auto checked = check(one_.memory());
  EXPECT_EQ(checked.broken, nullptr) << checked.broken;
  EXPECT_GT(checked.nodes, 40U) << "of the settlement; what came after it nobody else can know";
  EXPECT_EQ(checked.pins, 1U);
  EXPECT_EQ(checked.versions, 2U) << "the settlement, and HEAD's empty one";
  EXPECT_GT(checked.owned_bytes, 0U);
  EXPECT_EQ(checked.orphaned_bytes, 0U);
}

TEST_F(worker_check, finds_a_version_that_was_never_given_out) {
  coppice::arena::version_record& free = map().record(500);
  ASSERT_EQ(free.version.load(), 0U);
  free.version = map().words().last_apart + 1;
  EXPECT_EQ(broken().substr(0, 2), "C7");
  free.version = 0;
  EXPECT_EQ(broken(), "");
}

TEST_F(worker_check, finds_reachable_nodes_in_free_blocks) {
  const auto block = coppice::arena::mapping::block_of(one_.at(index_).root);
  // The version as it was settled.
  ASSERT_TRUE(one_.memory().settle().ok());
  std::atomic<std::uint64_t>& word = map().block(block);
  const std::uint64_t before = word;
  word = coppice::arena::block_word{coppice::arena::block_state::free}.bits();
  EXPECT_EQ(broken().substr(0, 2), "C4");
  word = before;
  EXPECT_EQ(broken(), "");
}

}  // namespace
}  // namespace worker_test
