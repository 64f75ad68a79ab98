// Any history of versions of several workers leaves in each what std::map holds; versions never change but by their own
// edits, whatever is settled, collected, shared and dropped meanwhile; and in the end nothing is left.
#include "tests/worker/support.hpp"

namespace worker_test {
namespace {

using few_bits_maps = colliding_maps<coppice::trie_test::few_bits_hash>;
using equal_maps = colliding_maps<coppice::trie_test::equal_hash>;

/// text_source with values that need blocks of their own, now and then.
class content_source : public text_source {
 public:
  using text_source::text_source;
  [[nodiscard]] text value() {
    const std::uint64_t choice = number(400);
    if (choice == 0) return {std::string(65'536 + number(70'000), 'L'), value_kind::bytes};
    if (choice < 8) return {std::string(3'000 + number(40'000), 'M'), value_kind::string_ascii};
    if (choice < 40) {
      const double of = static_cast<double>(number(1000)) / 8;
      return {std::string_view(reinterpret_cast<const char*>(&of), 8), value_kind::float64};
    }
    return text_source::value();
  }
};

template <class Maps>
class history {
 public:
  history(std::uint64_t seed, unsigned keys, unsigned workers) : keys_(keys), source_(seed, keys) {
    for (unsigned i = 0; i < workers; ++i) {
      workers_.emplace_back();
      if (i == 0) {
        workers_[i].own.create(path_, large_limit);
      } else {
        workers_[i].own.open(path_);
      }
    }
  }

  void run(unsigned steps) {
    for (unsigned i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
      SCOPED_TRACE("step " + std::to_string(i));
      step(workers_[source_.number(workers_.size())]);
      if (i % 500 == 499) compare_all();
    }
    if (::testing::Test::HasFatalFailure()) return;
    compare_all();
    finish();
    if (keys_ > 100) {
      EXPECT_GT(settlements_due(), 0U);
    }
  }

 private:
  struct held_version {
    version_index index;
    model_map model;
    bool kept = false;  // as it is, to the end
  };
  struct shared_version {
    share_token token;
    std::size_t owner;
    model_map model;
  };
  struct own_worker {
    basic_worker<Maps> own;
    std::vector<held_version> versions;
  };

  void step(own_worker& by) {
    const std::uint64_t choice = source_.number(1000);
    if (by.versions.empty() || choice < 10) return add(by);
    const std::size_t chosen = source_.number(by.versions.size());
    held_version& in = by.versions[chosen];
    if (choice < 900) return in.kept ? read(by, in) : edit_some(by, in);
    if (choice < 930) return fork(by, in);
    if (choice < 950) return in.kept ? read(by, in) : drop(by, chosen);
    if (choice < 965) return share(by, in);
    if (choice < 980) return attach(by);
    if (choice < 994) return unshare();
    if (choice < 998) return expect_done(by.own.memory().settle());
    expect_done(by.own.memory().make_room());
  }
  void expect_done(const result<void>& done) { ASSERT_TRUE(done.ok()) << done.why().reason; }

  void add(own_worker& by) {
    const version_index made = by.own.memory().hold({});
    ASSERT_NE(made, no_version);
    by.versions.push_back({made, {}});
  }
  void read(own_worker& by, held_version& in) {
    const text key = source_.key();
    const auto known = in.model.find(key);
    const auto found = by.own.all().find(by.own.at(in.index), key.view());
    ASSERT_EQ(found ? std::optional<text>(text(*found)) : std::nullopt,
              known == in.model.end() ? std::nullopt : std::optional<text>(known->second));
  }
  /// Mostly one edit; now and then many, so that leaves split and merge, and that settlements become due.
  void edit_some(own_worker& by, held_version& in) {
    const std::uint64_t edits = source_.number(8) == 0 ? source_.number(150) : 1;
    for (std::uint64_t i = 0; i < edits && !::testing::Test::HasFatalFailure(); ++i) edit(by, in);
    ASSERT_EQ(by.own.broken(in.index), "");
  }
  void edit(own_worker& by, held_version& in) {
    const text key = source_.key();
    const auto known = in.model.find(key);
    const bool missing = known == in.model.end();
    const bool shrink = (++edits_ / 1000) % 3 == 2;
    if (source_.number(10) < (shrink ? 3U : 7U)) {
      const text value = source_.value();
      const trie_change expected = missing                  ? trie_change::inserted
                                   : known->second == value ? trie_change::none
                                                            : trie_change::replaced;
      ASSERT_EQ(by.own.set(in.index, key, value), expected);
      in.model[key] = value;
    } else {
      ASSERT_EQ(by.own.erase(in.index, key), missing ? trie_change::none : trie_change::erased);
      in.model.erase(key);
    }
    if (in.model.size() < 100) {
      ASSERT_EQ(by.own.broken(in.index), "");
    }
    read(by, in);
  }
  void fork(own_worker& by, held_version& from) {
    const version_index made = by.own.memory().fork(from.index);
    ASSERT_NE(made, no_version);
    by.versions.push_back({made, from.model, source_.number(4) == 0});
    if (by.versions.size() > 40) drop_one(by);
  }
  void drop_one(own_worker& by) {
    for (std::size_t i = 0; i < by.versions.size(); ++i) {
      if (!by.versions[i].kept || i % 7 == 0) return drop(by, i);
    }
  }
  void drop(own_worker& by, std::size_t chosen) {
    by.own.memory().drop(by.versions[chosen].index);
    by.versions.erase(by.versions.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  void share(own_worker& by, held_version& what) {
    const auto token = by.own.share(what.index);
    ASSERT_TRUE(token.ok()) << token.why().reason;
    shared_.push_back({*token, static_cast<std::size_t>(&by - workers_.data()), what.model});
  }
  void attach(own_worker& by) {
    if (shared_.empty()) return;
    const shared_version& what = shared_[source_.number(shared_.size())];
    const auto made = by.own.attach(what.token);
    ASSERT_TRUE(made.ok()) << made.why().reason;
    by.versions.push_back({*made, what.model, source_.number(3) == 0});
    ASSERT_NO_FATAL_FAILURE(by.own.expect(*made, what.model));
    if (by.versions.size() > 40) drop_one(by);
  }
  void unshare() {
    if (shared_.empty()) return;
    const std::size_t chosen = source_.number(shared_.size());
    ASSERT_TRUE(workers_[shared_[chosen].owner].own.memory().unshare(shared_[chosen].token));
    shared_.erase(shared_.begin() + static_cast<std::ptrdiff_t>(chosen));
  }

  void compare_all() {
    for (own_worker& by : workers_) {
      for (const held_version& each : by.versions) ASSERT_NO_FATAL_FAILURE(by.own.expect(each.index, each.model));
    }
    const auto checked = check(workers_[0].own.memory());
    ASSERT_EQ(checked.broken, nullptr) << checked.broken << " at " << checked.where;
  }

  [[nodiscard]] std::uint64_t settlements_due() const {
    std::uint64_t all = 0;
    for (const own_worker& by : workers_) all += by.own.settlements;
    return all;
  }

  /// Drops everything: then nothing is left.
  void finish() {
    while (!shared_.empty()) unshare();
    for (own_worker& by : workers_) {
      while (!by.versions.empty()) drop(by, by.versions.size() - 1);
      ASSERT_EQ(by.own.memory().held(), 0U);
      ASSERT_EQ(by.own.memory().shared(), 0U);
      expect_done(by.own.memory().settle());
    }
    expect_done(workers_[0].own.memory().make_room());
    EXPECT_EQ(live_bytes(workers_[0].own.memory()), 0U);
    const auto checked = check(workers_[0].own.memory());
    ASSERT_EQ(checked.broken, nullptr) << checked.broken << " at " << checked.where;
    EXPECT_EQ(checked.nodes, 0U);
    EXPECT_EQ(checked.garbage_bytes, 0U);
    EXPECT_EQ(checked.pins, workers_.size());
    EXPECT_EQ(checked.versions, workers_.size() + 1);
  }

  scratch_directory directory_;
  std::string path_ = directory_ / "memory";
  unsigned keys_;
  content_source source_;
  std::vector<own_worker> workers_;
  std::vector<shared_version> shared_;
  std::uint64_t edits_ = 0;
};

TEST(worker_model, one_worker_with_few_keys) { history<maps>(1, 40, 1).run(4000); }
TEST(worker_model, one_worker_with_many_keys) { history<maps>(2, 2000, 1).run(4000); }
TEST(worker_model, three_workers) { history<maps>(3, 400, 3).run(5000); }
TEST(worker_model, keys_with_the_same_first_bits) { history<few_bits_maps>(4, 150, 2).run(3000); }
TEST(worker_model, keys_with_the_same_hash) { history<equal_maps>(5, 60, 2).run(3000); }

/// Versions that nobody touches, through thousands of settlements and collections around them.
TEST(worker_model, versions_keep_their_content_however_often_others_settle_and_collect) {
  const scratch_directory directory;
  worker keeper(directory / "memory", large_limit);
  worker other(directory / "memory");
  text_source source(6, 300);
  std::vector<std::pair<version_index, model_map>> kept;
  version_index now = keeper.memory().hold({});
  model_map model;
  for (unsigned i = 0; i < 40; ++i) {
    for (unsigned k = 0; k < 30; ++k) {
      const text key = source.key(), value = source.value();
      (void)keeper.set(now, key, value);
      model[key] = value;
    }
    if (i % 2 == 0) {
      kept.emplace_back(keeper.memory().fork(now), model);
    } else {
      // As it was handed over, never forked: its own nodes are published by a settlement.
      kept.emplace_back(now, model);
      now = keeper.memory().fork(now);
    }
  }
  const version_index busy = other.memory().hold({});
  for (unsigned i = 0; i < 3000; ++i) {
    for (unsigned k = 0; k < 10; ++k) {
      const text key = source.key(), value = source.value();
      if (k % 2 == 0) {
        (void)keeper.set(now, key, value);
        model[key] = value;
      } else {
        (void)other.set(busy, key, value);
      }
    }
    ASSERT_TRUE((i % 2 == 0 ? keeper : other).memory().settle().ok());
    if (i % 3 == 0) {
      ASSERT_TRUE((i % 2 == 0 ? other : keeper).memory().make_room().ok());
    }
    if (i % 100 != 0) continue;
    for (const auto& [index, content] : kept) ASSERT_NO_FATAL_FAILURE(keeper.expect(index, content)) << i;
    ASSERT_NO_FATAL_FAILURE(keeper.expect(now, model)) << i;
  }
  EXPECT_GT(keeper.memory().map().words().collections.load(), 1500U);
}

}  // namespace
}  // namespace worker_test
