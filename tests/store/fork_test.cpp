// Fork: the child's inherited handles answer closed, a new one works, and the parent notices nothing.
#include "tests/store/support.hpp"

namespace store_test {
namespace {

using fork_test = store_case;

TEST_F(fork_test, the_child_has_no_handle_but_can_open_one) {
  store parents = store::open("forked");
  parents.set("k", 1);
  std::optional<snapshot> held = parents.snapshot();
  child_process child([&] {
    if (code_of([&] { (void)parents.get("k"); }) != errc::closed) return 10;
    if (code_of([&] { parents.set("k", 2); }) != errc::closed) return 11;
    if (code_of([&] { (void)parents.snapshot(); }) != errc::closed) return 12;
    if (code_of([&] { const snapshot copy = *held; }) != errc::closed) return 13;
    store own = store::open("forked");
    if (own.get("k")->view().as_int64() != 1) return 14;
    own.set("from", "child");
    if (own.stats().slots_used != 2) return 15;
    return own.check().ok() ? 0 : 16;
  });
  EXPECT_EQ(child.join(), 0);
  EXPECT_EQ(parents.get("from")->view().as_string(), "child");
  EXPECT_EQ(held->get("k")->as_int64(), 1);
  EXPECT_FALSE(held->contains("from"));
}

TEST_F(fork_test, the_child_may_destroy_what_it_inherited) {
  std::optional<store> parents = store::open("forked");
  parents->set("k", 1);
  std::optional<snapshot> held = parents->snapshot();
  child_process child([&] {
    snapshot::iterator it;
    held.reset();
    parents->close();
    parents.reset();
    return 0;
  });
  EXPECT_EQ(child.join(), 0) << "a negative number is the signal that ended it";
  EXPECT_EQ(held->get("k")->as_int64(), 1);
  EXPECT_EQ(parents->stats().pins, 1U);
  EXPECT_EQ(parents->stats().slots_used, 1U);
  parents->set("k", 2);
}

TEST_F(fork_test, the_parents_slot_counts_as_alive_after_the_child_is_gone) {
  store parents = store::open("forked");
  parents.set("k", std::string(3000, 'p'));
  const snapshot held = parents.snapshot();
  {
    child_process child([] { return 0; });
    ASSERT_EQ(child.join(), 0);
  }
  {
    child_process child([] {
      for (;;) ::pause();
      return 0;
    });
    child.kill();
  }
  store other = store::open("forked");
  other.set("k", "replaced");
  other.collect();
  other.collect();
  EXPECT_EQ(other.stats().slots_used, 2U);
  EXPECT_EQ(other.stats().writers_recovered, 0U);
  EXPECT_EQ(held.get("k")->as_string(), std::string(3000, 'p'));
  EXPECT_TRUE(other.check().ok());
}

TEST_F(fork_test, a_killed_parent_is_dead_although_its_child_lives) {
  store watcher = store::open("forked");
  watcher.set("k", 1);
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  child_process parent([&] {
    store handle = store::open("forked");
    const snapshot held = handle.snapshot();
    const pid_t orphan = ::fork();
    if (orphan != 0) (void)!::write(told[1], &orphan, sizeof(orphan));
    // The orphan lives on with all that it inherited.
    for (;;) ::pause();
    return 0;
  });
  pid_t orphan = 0;
  ASSERT_EQ(::read(told[0], &orphan, sizeof(orphan)), static_cast<ssize_t>(sizeof(orphan)));
  EXPECT_EQ(watcher.stats().slots_used, 2U);
  EXPECT_EQ(watcher.stats().pins, 1U);
  parent.kill();
  // Until the orphan has closed what it inherited, its parent looks alive: that takes as long as fork takes.
  for (int i = 0; i < 1000 && watcher.stats().slots_used == 2; ++i) {
    watcher.set("k", i);
    watcher.collect();
    ::usleep(1000);
  }
  EXPECT_EQ(watcher.stats().slots_used, 1U);
  EXPECT_EQ(watcher.stats().pins, 0U);
  ::kill(orphan, SIGKILL);
  ::close(told[0]);
  ::close(told[1]);
}

TEST_F(fork_test, forking_inside_a_transaction_leaves_it_to_the_parent) {
  store parents = store::open("forked");
  parents.transact([&](transaction& work) {
    work.set("k", 1);
    child_process child([] {
      store_options options;
      options.timeout = std::chrono::milliseconds(60);
      store own = store::open("forked", options);
      if (own.contains("k")) return 10;
      return code_of([&] { own.set("x", 1); }) == errc::busy ? 0 : 11;
    });
    EXPECT_EQ(child.join(), 0);
    work.set("l", 2);
  });
  EXPECT_EQ(parents.size(), 2U);
  EXPECT_EQ(parents.stats().writers_recovered, 0U);
}

}  // namespace
}  // namespace store_test
