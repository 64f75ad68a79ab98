// Sharing a version and attaching to it: who has attached keeps it whatever the owner does, and nothing but the token
// of a version that is shared lets anybody in.
#include "tests/worker/support.hpp"

namespace worker_test {
namespace {

class worker_share : public ::testing::Test {
 protected:
  void SetUp() override {
    owner_.create(path_, large_limit);
    other_.open(path_);
    version_ = owner_.memory().hold({});
    for (unsigned i = 0; i < 300; ++i) set(owner_, version_, model_, i);
  }
  static void set(worker& by, version_index index, model_map& model, unsigned i) {
    const text key(std::to_string(i % 400)), value(std::to_string(i) + std::string(i % 50, 'v'));
    ASSERT_NE(by.set(index, key, value), trie_change::out_of_space);
    model[key] = value;
  }
  /// Settlements, collections, and new nodes wherever something was freed.
  void churn() {
    for (worker* const each : {&owner_, &other_}) {
      if (!each->memory().session().is_open()) continue;
      ASSERT_TRUE(each->memory().make_room().ok());
      const version_index busy = each->memory().hold({});
      model_map ignored;
      for (unsigned i = 0; i < 3000; ++i) set(*each, busy, ignored, i);
      each->memory().drop(busy);
    }
  }
  static errc attaching(worker& by, const share_token& token) {
    const result<ref> made = by.memory().attach(token);
    return made ? errc::ok : made.why().code;
  }

  scratch_directory directory_;
  std::string path_ = directory_ / "memory";
  worker owner_;
  worker other_;
  version_index version_ = no_version;
  model_map model_;
};

TEST_F(worker_share, both_change_what_they_have_and_not_what_the_other_has) {
  const auto token = owner_.share(version_);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(owner_.memory().shared(), 1U);
  const auto attached = other_.attach(*token);
  ASSERT_TRUE(attached.ok());
  model_map theirs = model_;
  for (unsigned i = 300; i < 900; ++i) {
    set(owner_, version_, model_, i);
    set(other_, *attached, theirs, i * 7);
  }
  ASSERT_NO_FATAL_FAILURE(owner_.expect(version_, model_));
  ASSERT_NO_FATAL_FAILURE(other_.expect(*attached, theirs));
  ASSERT_NO_FATAL_FAILURE(churn());
  ASSERT_NO_FATAL_FAILURE(owner_.expect(version_, model_));
  ASSERT_NO_FATAL_FAILURE(other_.expect(*attached, theirs));
}

TEST_F(worker_share, who_attached_keeps_it_after_the_owner_is_gone) {
  const auto token = owner_.share(version_);
  ASSERT_TRUE(token.ok());
  const auto attached = other_.attach(*token);
  ASSERT_TRUE(attached.ok());
  ASSERT_TRUE(owner_.memory().unshare(*token));
  EXPECT_EQ(owner_.memory().shared(), 0U);
  owner_.memory().drop(version_);
  ASSERT_NO_FATAL_FAILURE(churn());
  ASSERT_NO_FATAL_FAILURE(other_.expect(*attached, model_));
  owner_.memory().close();
  owner_.memory().close();
  ASSERT_NO_FATAL_FAILURE(churn());
  ASSERT_NO_FATAL_FAILURE(churn());
  ASSERT_NO_FATAL_FAILURE(other_.expect(*attached, model_));
  other_.memory().drop(*attached);
  ASSERT_TRUE(other_.memory().make_room().ok());
  EXPECT_EQ(live_bytes(other_.memory()), 0U);
}

TEST_F(worker_share, what_is_shared_lives_without_anybody_attached) {
  const auto token = owner_.share(version_);
  ASSERT_TRUE(token.ok());
  owner_.memory().drop(version_);
  for (unsigned i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(churn());
  const auto attached = other_.attach(*token);
  ASSERT_TRUE(attached.ok());
  ASSERT_NO_FATAL_FAILURE(other_.expect(*attached, model_));
}

TEST_F(worker_share, tokens_of_versions_that_are_not_shared_any_more_are_refused) {
  const auto token = owner_.share(version_);
  ASSERT_TRUE(token.ok());
  EXPECT_FALSE(other_.memory().unshare(*token)) << "it is not this worker's";
  EXPECT_EQ(attaching(other_, *token), errc::ok);
  ASSERT_TRUE(owner_.memory().unshare(*token));
  EXPECT_FALSE(owner_.memory().unshare(*token));
  EXPECT_EQ(owner_.memory().shared(), 0U);
  EXPECT_EQ(attaching(other_, *token), errc::closed);
  EXPECT_EQ(attaching(owner_, *token), errc::closed) << "its pin is free, and would be claimed to attach";
  // The pin and the record serve again, for other versions.
  const auto again = owner_.share(version_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(attaching(other_, *token), errc::closed);
  EXPECT_FALSE(owner_.memory().unshare(*token));
  ASSERT_NO_FATAL_FAILURE(churn());
  EXPECT_EQ(attaching(other_, *token), errc::closed);
  EXPECT_EQ(attaching(other_, *again), errc::ok);
  EXPECT_EQ(attaching(owner_, *again), errc::ok) << "to one's own";
  owner_.memory().close();
  EXPECT_EQ(attaching(other_, *again), errc::closed);
  worker successor(path_);  // in the same slot
  const auto third = successor.memory().share(0);
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(attaching(other_, *again), errc::closed);
  EXPECT_EQ(attaching(other_, *third), errc::ok);
}

TEST_F(worker_share, tokens_of_another_memory_are_refused) {
  worker stranger(directory_ / "another", large_limit);
  const version_index index = stranger.memory().hold({});
  (void)stranger.set(index, "a", "b");
  for (unsigned i = 0; i < 100; ++i) {
    const auto token = stranger.share(index);
    ASSERT_TRUE(token.ok());
    EXPECT_NE(attaching(other_, *token), errc::ok);
    EXPECT_FALSE(owner_.memory().unshare(*token));
  }
}

TEST_F(worker_share, what_was_never_a_token_is_refused) {
  std::vector<share_token> real;
  for (unsigned i = 0; i < 60; ++i) {
    const auto token = owner_.share(version_);
    ASSERT_TRUE(token.ok());
    real.push_back(*token);
  }
  ASSERT_TRUE(owner_.memory().settle().ok());
  ASSERT_TRUE(other_.memory().settle().ok());
  const std::uint32_t pins = check(owner_.memory()).pins;
  std::mt19937_64 random(7);
  const std::uint64_t bytes = std::uint64_t{owner_.memory().map().block_count()} * coppice::arena::block_bytes;
  const auto refused = [&](const share_token& token) {
    ASSERT_NE(attaching(other_, token), errc::ok) << token.named << " at " << token.pin;
    ASSERT_FALSE(owner_.memory().unshare(token)) << token.named << " at " << token.pin;
  };
  for (unsigned i = 0; i < 100'000; ++i) {
    const share_token& known = real[random() % real.size()];
    const share_token& another = real[random() % real.size()];
    ASSERT_NO_FATAL_FAILURE(refused({random(), random()}));
    ASSERT_NO_FATAL_FAILURE(refused({known.named, random() % (2 * bytes) / 8 * 8 + 1}));
    if (known.pin == another.pin) continue;
    ASSERT_NO_FATAL_FAILURE(refused({known.named, another.pin}));
    // Any word of the memory, whether there is memory behind it or not.
    const std::uint64_t word = random() % bytes / 8 * 8;
    if (word != known.pin) {
      ASSERT_NO_FATAL_FAILURE(refused({known.named, word}));
    }
    const std::uint64_t bit = std::uint64_t{1} << random() % 64;
    ASSERT_NO_FATAL_FAILURE(refused({known.named ^ bit, known.pin}));
    ASSERT_NO_FATAL_FAILURE(refused({known.named, known.pin ^ bit}));
    ASSERT_NO_FATAL_FAILURE(refused({0, known.pin}));
    ASSERT_NO_FATAL_FAILURE(refused({coppice::arena::pin_claimed, known.pin}));
  }
  EXPECT_EQ(check(owner_.memory()).pins, pins);
  EXPECT_EQ(owner_.memory().shared(), real.size());
}

/// Words that hold the right number, but are no pins.
TEST_F(worker_share, words_that_are_no_pins_are_refused) {
  const auto token = owner_.share(version_);
  ASSERT_TRUE(token.ok());
  const auto made = owner_.memory().nodes().allocate(256);
  ASSERT_NE(made.address, nullptr);
  for (std::size_t at = 0; at < 256; at += 8) std::memcpy(made.address + at, &token->named, 8);
  const auto offset = static_cast<std::uint64_t>(made.address - owner_.memory().map().base());
  for (std::uint64_t at = 0; at < 256; at += 8) {
    EXPECT_NE(attaching(other_, {token->named, offset + at}), errc::ok);
    EXPECT_FALSE(owner_.memory().unshare({token->named, offset + at}));
  }
  std::memset(made.address, 0, 256);
}

/// As it may be found between two looks at it.
TEST_F(worker_share, a_pin_that_does_not_name_the_version_vouches_for_nothing) {
  const auto token = owner_.share(version_);
  ASSERT_TRUE(token.ok());
  coppice::arena::session& session = other_.memory().session();
  const auto cell = session.claim_pin();
  ASSERT_TRUE(cell.ok());
  const coppice::arena::pin given_up{0}, naming_another{token->named + 1}, naming_it{token->named};
  EXPECT_FALSE(session.pin_as(**cell, {token->named}, given_up));
  EXPECT_EQ((*cell)->load(), coppice::arena::pin_claimed);
  EXPECT_FALSE(session.pin_as(**cell, {token->named}, naming_another));
  EXPECT_EQ((*cell)->load(), coppice::arena::pin_claimed);
  EXPECT_TRUE(session.pin_as(**cell, {token->named}, naming_it));
  EXPECT_EQ((*cell)->load(), token->named);
  session.free_pin(**cell);
}

TEST_F(worker_share, attaching_again_and_again_settles_before_pins_run_out) {
  const auto token = owner_.share(version_);
  ASSERT_TRUE(token.ok());
  std::vector<version_index> held;
  for (unsigned i = 0; i < 3000; ++i) {
    const auto made = other_.attach(*token);
    ASSERT_TRUE(made.ok()) << i;
    held.push_back(*made);
  }
  ASSERT_TRUE(owner_.memory().unshare(*token));
  owner_.memory().drop(version_);
  ASSERT_NO_FATAL_FAILURE(churn());
  for (const version_index each : held) {
    if (each % 100 == 0) {
      ASSERT_NO_FATAL_FAILURE(other_.expect(each, model_));
    }
  }
  ASSERT_TRUE(other_.memory().settle().ok());
  EXPECT_EQ(check(other_.memory()).pins, 2U) << "of the settlements";
}

TEST_F(worker_share, many_versions_are_shared_at_once) {
  constexpr unsigned count = 20'000;
  std::vector<std::pair<share_token, unsigned>> tokens;
  for (unsigned i = 0; i < count; ++i) {
    set(owner_, version_, model_, i);
    const auto token = owner_.share(version_);
    ASSERT_TRUE(token.ok()) << token.why().reason;
    tokens.emplace_back(*token, i);
  }
  EXPECT_EQ(owner_.memory().shared(), count);
  ASSERT_NO_FATAL_FAILURE(churn());
  for (unsigned i = 0; i < count; i += 501) {
    const auto made = other_.attach(tokens[i].first);
    ASSERT_TRUE(made.ok());
    ASSERT_EQ(other_.broken(*made), "");
    const auto found = other_.all().find(other_.at(*made), text(std::to_string(i % 400)).view());
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(text(*found), text(std::to_string(i) + std::string(i % 50, 'v')));
    other_.memory().drop(*made);
  }
  for (const auto& [token, number] : tokens) ASSERT_TRUE(owner_.memory().unshare(token)) << number;
  owner_.memory().drop(version_);
  ASSERT_TRUE(other_.memory().settle().ok());
  ASSERT_TRUE(owner_.memory().make_room().ok());
  EXPECT_EQ(live_bytes(owner_.memory()), 0U);
  const auto checked = check(owner_.memory());
  EXPECT_EQ(checked.broken, nullptr) << checked.broken;
  EXPECT_EQ(checked.pins, 2U);
}

}  // namespace
}  // namespace worker_test
