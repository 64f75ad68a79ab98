// Workers that are killed at any moment: those that are left go on, have what they had attached to, and nothing that
// the dead had stays behind.
#include <sys/mman.h>

#include <array>
#include <atomic>

#include "tests/crash/steps.hpp"
#include "tests/worker/recipe.hpp"

namespace worker_test {
namespace {

using coppice::platform::test::child_process;
using crash_test::step;

int kills_wanted(int otherwise) {
  const char* wanted = std::getenv("COPPICE_KILLS");
  return wanted != nullptr ? std::atoi(wanted) : otherwise;
}

/// Tokens that processes offer each other. An offer that is half written, or whose writer was killed over it, is none.
class shared_market {
 public:
  struct offer {
    share_token token;
    recipe content;
  };
  [[nodiscard]] std::optional<offer> look(std::uint64_t at) const {
    const place& from = places_[at % places_.size()];
    const std::uint64_t before = from.sequence;
    const offer found{{from.words[0], from.words[1]}, {from.words[2], from.words[3]}};
    if (before == 0 || before % 2 != 0 || from.sequence != before) return std::nullopt;
    return found;
  }
  void put(std::uint64_t at, const offer& given) {
    place& to = places_[at % places_.size()];
    std::uint64_t before = to.sequence;
    if (before % 2 != 0 || !to.sequence.compare_exchange_strong(before, before + 1)) return;
    to.words[0] = given.token.named;
    to.words[1] = given.token.pin;
    to.words[2] = given.content.seed;
    to.words[3] = given.content.edits;
    to.sequence = before + 2;
  }
  /// While nobody else is there.
  void repair() {
    for (place& each : places_) {
      if (each.sequence % 2 != 0) each.sequence = 0;
    }
  }

 private:
  struct place {
    std::atomic<std::uint64_t> sequence;
    std::atomic<std::uint64_t> words[4];
  };
  std::array<place, 24> places_;
};

template <class T>
class in_shared_memory {
 public:
  in_shared_memory()
      : at_(static_cast<T*>(::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    if (at_ == MAP_FAILED) std::abort();
  }
  in_shared_memory(const in_shared_memory&) = delete;
  in_shared_memory& operator=(const in_shared_memory&) = delete;
  ~in_shared_memory() { ::munmap(at_, sizeof(T)); }
  T* operator->() const { return at_; }
  T& operator*() const { return *at_; }

 private:
  T* at_;
};

/// A worker that does a bit of everything.
class busy_worker {
 public:
  busy_worker(const std::string& path, shared_market& all, std::uint64_t seed, std::size_t most_versions)
      : market_(all), random_(seed), most_versions_(most_versions) {
    own_.open(path);
  }

  void step() {
    const std::uint64_t choice = random_() % 100;
    if (held_.empty() || choice < 6) return add();
    held_version& in = held_[random_() % held_.size()];
    if (choice < 40) {
      if (in.content.edits < 500) worker_test::edit(own_, in.index, in.content, random_() % 50);
    } else if (choice < 50) {
      hold({own_.memory().fork(in.index), in.content});
    } else if (choice < 65) {
      share(in);
    } else if (choice < 78) {
      attach(random_());
    } else if (choice < 85) {
      unshare();
    } else if (choice < 90) {
      own_.expect(in.index, in.content.content());
    } else if (choice < 97) {
      EXPECT_TRUE(own_.memory().settle().ok());
    } else {
      EXPECT_TRUE(own_.memory().make_room().ok());
    }
  }
  /// True if it is still shared.
  bool attach(std::uint64_t place) {
    const auto offer = market_.look(place);
    if (!offer) return false;
    const auto made = own_.attach(offer->token);
    if (!made) {
      EXPECT_EQ(made.why().code, errc::closed) << made.why().reason;
      return false;
    }
    own_.expect(*made, offer->content.content());
    hold({*made, offer->content});
    return true;
  }
  void expect_all() {
    for (const held_version& each : held_) ASSERT_NO_FATAL_FAILURE(own_.expect(each.index, each.content.content()));
  }
  void drop_all() {
    while (!shared_.empty()) unshare();
    for (const held_version& each : held_) own_.memory().drop(each.index);
    held_.clear();
  }
  worker& own() { return own_; }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  struct held_version {
    version_index index;
    recipe content;
  };
  void add() {
    const version_index made = own_.memory().hold({});
    recipe content{random_(), 0};
    edit(own_, made, content, 1 + random_() % 100);
    hold({made, content});
  }
  void hold(const held_version& made) {
    held_.push_back(made);
    if (held_.size() <= most_versions_) return;
    const std::size_t chosen = random_() % held_.size();
    own_.memory().drop(held_[chosen].index);
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  void share(held_version& in) {
    const auto token = own_.share(in.index);
    ASSERT_TRUE(token.ok()) << token.why().reason;
    shared_.push_back(*token);
    market_.put(random_(), {*token, in.content});
    if (shared_.size() > 8) unshare();
  }
  void unshare() {
    if (shared_.empty()) return;
    const std::size_t chosen = random_() % shared_.size();
    ASSERT_TRUE(own_.memory().unshare(shared_[chosen]));
    shared_.erase(shared_.begin() + static_cast<std::ptrdiff_t>(chosen));
  }

  shared_market& market_;
  std::mt19937_64 random_;
  std::size_t most_versions_;
  worker own_;
  std::vector<held_version> held_;
  std::vector<share_token> shared_;
};

class worker_kill : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(maker_.create(path_.c_str(), options(large_limit)).ok());
    survivor_ = std::make_unique<busy_worker>(path_, *market_, 1, 40);
    maker_.close();
  }

  /// After everybody else has died: the arena is whole, and there is nothing in it but the survivor's.
  void account() {
    ASSERT_NO_FATAL_FAILURE(survivor_->expect_all());
    heap& memory = survivor_->own().memory();
    ASSERT_TRUE(memory.make_room().ok());
    auto checked = check(memory);
    ASSERT_EQ(checked.broken, nullptr) << checked.broken << " at " << checked.where;
    ASSERT_EQ(checked.orphaned_bytes, 0U);
    ASSERT_EQ(checked.pins, 1U + memory.shared());
    ASSERT_NO_FATAL_FAILURE(survivor_->expect_all());
  }
  void expect_nothing_left() {
    survivor_->drop_all();
    ASSERT_NO_FATAL_FAILURE(account());
    heap& memory = survivor_->own().memory();
    EXPECT_EQ(live_bytes(memory), 0U);
    const auto checked = check(memory);
    EXPECT_EQ(checked.nodes, 0U);
    EXPECT_EQ(checked.garbage_bytes, 0U);
    EXPECT_EQ(checked.versions, 2U);
    EXPECT_LT(checked.owned_bytes, std::uint64_t{1} << 20);
  }

  scratch_directory directory_;
  std::string path_ = directory_ / "memory";
  coppice::arena::session maker_;
  in_shared_memory<shared_market> market_;
  std::unique_ptr<busy_worker> survivor_;
};

TEST_F(worker_kill, at_random_moments_loses_nothing_and_leaves_nothing) {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  unsigned attached = 0;
  for (int kill = 0; kill < kills_wanted(150) && !HasFailure(); ++kill) {
    SCOPED_TRACE("kill " + std::to_string(kill));
    const auto start = [&](std::uint64_t own_seed) {
      return std::make_unique<child_process>([&] {
        busy_worker victim(path_, *market_, own_seed, 12);
        while (!HasFailure()) victim.step();
        return 1;
      });
    };
    const auto first = start(random()), second = start(random());
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 12'000);
    while (std::chrono::steady_clock::now() < until) {
      if (random() % 3 == 0) {
        attached += survivor_->attach(random());
      } else {
        survivor_->step();
      }
    }
    ASSERT_EQ(first->kill(), -SIGKILL) << "it found something broken";
    // One of them goes on for a while beside the dead.
    for (unsigned i = 0; i < 20; ++i) {
      attached += survivor_->attach(random());
      survivor_->step();
    }
    ASSERT_EQ(second->kill(), -SIGKILL) << "it found something broken";
    market_->repair();
    ASSERT_NO_FATAL_FAILURE(survivor_->expect_all());
    // What the dead shared, as long as nobody has noticed.
    for (unsigned i = 0; i < 5; ++i) attached += survivor_->attach(random());
    if (kill % 8 == 0) {
      ASSERT_NO_FATAL_FAILURE(account());
    }
  }
  EXPECT_GT(attached, 10U);
  ASSERT_NO_FATAL_FAILURE(expect_nothing_left());
}

/// At the first, second, fifth and twentieth occurrence of each named step that the workload comes to.
TEST_F(worker_kill, at_each_step_loses_nothing_and_leaves_nothing) {
  crash_test::shared_memory shared;
  const auto run = [&](crash_test::moment when) {
    child_process child([&] {
      crash_test::at_step(*shared, when);
      busy_worker victim(path_, *market_, 5, 12);
      for (unsigned i = 0; i < 150 && !HasFailure(); ++i) victim.step();
      victim.drop_all();
      victim.own().memory().close();
      return HasFailure() ? 1 : 0;
    });
    return child.join();
  };
  ASSERT_EQ(run({}), 0);
  std::array<std::uint32_t, crash_test::step_count> times{};
  for (std::size_t at = 0; at < times.size(); ++at) times[at] = shared->occurred[at];
  for (const step wanted : {step::commit_record_claimed, step::commit_record_filled, step::commit_handed_over,
                            step::commit_done, step::commit_block_given_up, step::collect_scan_active,
                            step::collect_records_freed, step::allocate_after_claim, step::close_after_blocks}) {
    EXPECT_GT(times[static_cast<std::size_t>(wanted)], 0U) << crash_test::step_name(wanted);
  }
  unsigned kills = 0;
  for (std::size_t at = 0; at < times.size(); ++at) {
    for (const std::uint32_t occurrence : {1U, 2U, 5U, 20U}) {
      if (occurrence > times[at]) break;
      SCOPED_TRACE(std::string(crash_test::step_name(static_cast<step>(at))) + ", occurrence " +
                   std::to_string(occurrence));
      // What happens before depends on what there is to attach to.
      const int ended = run({static_cast<step>(at), occurrence});
      ASSERT_TRUE(ended == -SIGKILL || ended == 0) << ended;
      kills += ended != 0;
      market_->repair();
      for (unsigned i = 0; i < 24; ++i) (void)survivor_->attach(i);
      for (unsigned i = 0; i < 10; ++i) survivor_->step();
      ASSERT_NO_FATAL_FAILURE(account());
    }
  }
  EXPECT_GT(kills, 40U);
  ASSERT_NO_FATAL_FAILURE(expect_nothing_left());
}

}  // namespace
}  // namespace worker_test
