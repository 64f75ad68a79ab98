// Runs each test of a program inside a transaction of a store, which is rolled back at the end of the test.
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "src/store/space.hpp"
#include "src/store/state.hpp"
#include "tests/platform/support.hpp"

namespace {

using coppice::store_detail::open_arena;

class each_in_a_transaction : public ::testing::EmptyTestEventListener {
  void OnTestProgramStart(const ::testing::UnitTest&) override {
    arena_ = std::make_unique<open_arena>("tests", directory_ / "tests", coppice::store_options());
  }
  void OnTestStart(const ::testing::TestInfo&) override {
    writing_.emplace(*arena_, true);
    typed_.emplace(*arena_);
  }
  void OnTestEnd(const ::testing::TestInfo&) override {
    typed_.reset();
    writing_.reset();
  }
  void OnTestProgramEnd(const ::testing::UnitTest&) override { arena_.reset(); }

  coppice::platform::test::scratch_directory directory_;
  std::unique_ptr<open_arena> arena_;
  std::optional<coppice::store_detail::writing> writing_;
  std::optional<coppice::store_detail::typed_scope> typed_;
};

[[maybe_unused]] const bool installed = [] {
  ::testing::UnitTest::GetInstance()->listeners().Append(new each_in_a_transaction);
  return true;
}();

}  // namespace
