// A pin that names a version which is given up already, as whoever attaches too late announces it for a moment: no scan
// may take it for more than it is.
#include "src/arena/steps.hpp"
#include "tests/worker/support.hpp"

namespace worker_test {
namespace {

using coppice::arena::step;

/// What the handler of steps, which has no context, does at the first occurrence of one.
struct {
  step at = step::count;
  heap* by = nullptr;
  share_token named;
  coppice::arena::pin* cell = nullptr;
} announcement;

void announce(step now) {
  if (now != announcement.at || announcement.cell != nullptr) return;
  coppice::arena::session& session = announcement.by->session();
  const auto cell = session.claim_pin();
  ASSERT_TRUE(cell.ok());
  announcement.cell = *cell;
  // As session::pin_as does, which would read the source next, and withdraw.
  session.copy_pin(**cell, {announcement.named.named});
}

class worker_announce : public ::testing::TestWithParam<step> {};

TEST_P(worker_announce, a_version_that_is_given_up_is_there_wholly_or_not_at_all) {
  const scratch_directory directory;
  worker owner(directory / "memory", large_limit);
  worker other(directory / "memory");
  const version_index index = owner.memory().hold({});
  for (unsigned i = 0; i < 500; ++i) (void)owner.set(index, std::to_string(i), std::string(100, 'v'));
  const auto token = owner.share(index);
  ASSERT_TRUE(token.ok());
  owner.memory().drop(index);
  ASSERT_TRUE(owner.memory().settle().ok());
  ASSERT_TRUE(owner.memory().unshare(*token));
  announcement = {GetParam(), &other.memory(), *token, nullptr};
  coppice::arena::on_step = announce;
  // Two cycles: the announcement comes in the first, and the second sees it.
  const result<void> made = owner.memory().make_room();
  coppice::arena::on_step = nullptr;
  ASSERT_NE(announcement.cell, nullptr);
  ASSERT_TRUE(made.ok()) << made.why().reason;
  auto checked = check(owner.memory());
  EXPECT_EQ(checked.broken, nullptr) << checked.broken << " at " << checked.where;
  // New nodes in whatever became free.
  const version_index busy = owner.memory().hold({});
  for (unsigned i = 0; i < 5000; ++i) (void)owner.set(busy, std::to_string(i), std::string(90, 'w'));
  EXPECT_TRUE(owner.memory().make_room().ok());
  checked = check(owner.memory());
  EXPECT_EQ(checked.broken, nullptr) << checked.broken << " at " << checked.where;
  other.memory().session().free_pin(*announcement.cell);
  owner.memory().drop(busy);
  EXPECT_TRUE(owner.memory().make_room().ok());
  EXPECT_EQ(live_bytes(owner.memory()), 0U);
}

INSTANTIATE_TEST_SUITE_P(steps, worker_announce,
                         ::testing::Values(step::collect_cycle_started, step::collect_scan_active,
                                           step::collect_roots_found, step::collect_records_freed,
                                           step::collect_scan_done, step::collect_sweep_started,
                                           step::collect_cycle_done),
                         [](const auto& tested) { return std::string(coppice::arena::step_name(tested.param)); });

}  // namespace
}  // namespace worker_test
