// Several workers at once, each in a thread: all write versions of their own, share them, attach to those of the others
// while these are given up, settle and collect. Attaching either fails or gives what was shared, and what a worker has
// never changes but by its own edits.
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "tests/worker/recipe.hpp"

namespace worker_test {
namespace {

/// What workers offer each other, at places that are overwritten at random.
class market {
 public:
  struct offer {
    share_token token;
    recipe content;
    unsigned owner = 0;
    bool given = false;
  };
  offer look(std::uint64_t at) {
    const std::lock_guard guard(lock_);
    return offers_[at % places];
  }
  void put(std::uint64_t at, const offer& given) {
    const std::lock_guard guard(lock_);
    offers_[at % places] = given;
  }

 private:
  static constexpr std::size_t places = 24;
  std::mutex lock_;
  offer offers_[places];
};

class trader {
 public:
  /// `base`: where the arena is mapped; null: nowhere yet.
  trader(const std::string& path, std::byte* base, market& all, unsigned number)
      : market_(all), number_(number), random_(number) {
    if (base != nullptr) {
      own_.join(path, base);
    } else {
      own_.open(path);
    }
  }

  void run(unsigned steps) {
    for (unsigned i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
    for (const held_version& each : held_) own_.expect(each.index, each.content.content());
    for (const share_token& each : shared_) EXPECT_TRUE(own_.memory().unshare(each));
    for (const held_version& each : held_) own_.memory().drop(each.index);
    EXPECT_TRUE(own_.memory().settle().ok());
  }
  [[nodiscard]] unsigned attached() const { return attached_; }
  [[nodiscard]] unsigned refused() const { return refused_; }
  worker& own() { return own_; }

 private:
  struct held_version {
    version_index index;
    recipe content;
  };

  void step() {
    const std::uint64_t choice = random_() % 100;
    if (held_.empty() || choice < 4) return add();
    held_version& in = held_[random_() % held_.size()];
    if (choice < 40) return edit(in);
    if (choice < 50) return fork(in);
    if (choice < 65) return share(in);
    if (choice < 85) return attach();
    if (choice < 92) return unshare();
    if (choice < 97) return own_.expect(in.index, in.content.content());
    if (choice < 99) return check_done(own_.memory().settle());
    check_done(own_.memory().make_room());
  }
  static void check_done(const result<void>& done) { ASSERT_TRUE(done.ok()) << done.why().reason; }

  void add() {
    held_.push_back({own_.memory().hold({}), {random_(), 0}});
    edit(held_.back());
    if (held_.size() > 12) drop(random_() % held_.size());
  }
  void drop(std::size_t chosen) {
    own_.memory().drop(held_[chosen].index);
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  void edit(held_version& in) {
    if (in.content.edits < 600) worker_test::edit(own_, in.index, in.content, random_() % 60);
  }
  void fork(held_version& in) {
    held_.push_back({own_.memory().fork(in.index), in.content});
    if (held_.size() > 12) drop(random_() % held_.size());
  }
  void share(held_version& in) {
    const auto token = own_.share(in.index);
    ASSERT_TRUE(token.ok()) << token.why().reason;
    shared_.push_back(*token);
    market_.put(random_(), {*token, in.content, number_, true});
    if (shared_.size() > 6) unshare();
  }
  void unshare() {
    if (shared_.empty()) return;
    const std::size_t chosen = random_() % shared_.size();
    ASSERT_TRUE(own_.memory().unshare(shared_[chosen]));
    shared_.erase(shared_.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  void attach() {
    const market::offer offer = market_.look(random_());
    if (!offer.given) return;
    const auto made = own_.attach(offer.token);
    if (!made) {
      ++refused_;
      ASSERT_EQ(made.why().code, errc::closed) << made.why().reason;
      return;
    }
    ++attached_;
    held_.push_back({*made, offer.content});
    own_.expect(*made, offer.content.content());
    if (held_.size() > 12) drop(random_() % held_.size());
  }

  market& market_;
  unsigned number_;
  std::mt19937_64 random_;
  worker own_;
  std::vector<held_version> held_;
  std::vector<share_token> shared_;
  unsigned attached_ = 0;
  unsigned refused_ = 0;
};

/// Makes an arena and maps it for good.
std::byte* make_and_map(const std::string& path, const coppice::arena::create_options& wanted) {
  static auto& never_closed = *new std::vector<std::unique_ptr<coppice::arena::session>>;
  never_closed.push_back(std::make_unique<coppice::arena::session>());
  EXPECT_TRUE(never_closed.back()->create(path.c_str(), wanted).ok());
  return never_closed.back()->map().base();
}

struct circumstances {
  unsigned workers;
  unsigned steps;
  bool sequential_fences = true;
  bool one_mapping = true;  // as in WebAssembly, and for the thread sanitizer
};

/// Everybody trades with everybody; in the end nothing is left.
void trade(const circumstances& given) {
  const scratch_directory directory;
  const std::string path = directory / "memory";
  auto wanted = options(large_limit);
  wanted.sequential_fences = given.sequential_fences;
  std::byte* const mapped = make_and_map(path, wanted);
  std::byte* const base = given.one_mapping ? mapped : nullptr;
  market all;
  std::vector<std::unique_ptr<trader>> traders;
  for (unsigned i = 0; i < given.workers; ++i) traders.push_back(std::make_unique<trader>(path, base, all, i + 1));
  std::vector<std::thread> threads;
  for (auto& each : traders) threads.emplace_back([&] { each->run(given.steps); });
  for (std::thread& each : threads) each.join();
  unsigned attached = 0, refused = 0;
  for (auto& each : traders) {
    attached += each->attached();
    refused += each->refused();
  }
  EXPECT_GT(attached, given.steps / 20);
  EXPECT_GT(refused, 0U);
  heap& last = traders[0]->own().memory();
  ASSERT_TRUE(last.make_room().ok());
  EXPECT_EQ(live_bytes(last), 0U);
  const auto checked = check(last);
  EXPECT_EQ(checked.broken, nullptr) << checked.broken << " at " << checked.where;
  EXPECT_EQ(checked.pins, given.workers);
  EXPECT_EQ(checked.versions, given.workers + 1);
}

TEST(worker_threads, two_workers) { trade({2, 1500}); }
TEST(worker_threads, five_workers) { trade({5, 800}); }
TEST(worker_threads, four_workers_with_mappings_of_their_own) { trade({4, 800, true, false}); }
TEST(worker_threads, four_workers_with_light_fences) { trade({4, 800, false, false}); }

/// One worker shares a version and gives it up at once, over and over; the others attach as fast as they can, and
/// collect.
TEST(worker_threads, attaching_races_with_giving_up) {
  const scratch_directory directory;
  const std::string path = directory / "memory";
  std::byte* const base = make_and_map(path, options(large_limit));
  worker owner, eager_worker, collecting_worker;
  for (worker* const each : {&owner, &eager_worker, &collecting_worker}) each->join(path, base);
  std::atomic<std::uint64_t> named{0}, pin{0}, sequence{0};
  std::atomic<bool> done{false};
  std::atomic<unsigned> attached{0}, refused{0};
  const auto value_of = [](std::uint64_t number, unsigned key) {
    return text(std::to_string(number * 100 + key) + std::string(40, 'v'));
  };
  const auto attach_to_all = [&](worker& own, bool collects) {
    while (!done && !::testing::Test::HasFailure()) {
      // The token as the owner last wrote it, or none.
      const std::uint64_t before = sequence;
      const share_token token{named, pin};
      if (before % 2 != 0 || sequence != before || before == 0) continue;
      const auto made = own.attach(token);
      if (made) {
        ++attached;
        EXPECT_EQ(own.broken(*made), "");
        for (unsigned key = 0; key < 30; ++key) {
          const auto found = own.all().find(own.at(*made), text(std::to_string(key)).view());
          EXPECT_TRUE(found && text(*found) == value_of(before / 2, key)) << key;
        }
        own.memory().drop(*made);
      } else {
        ++refused;
        EXPECT_EQ(made.why().code, errc::closed);
      }
      if (collects) {
        EXPECT_TRUE(own.memory().make_room().ok());
      } else if (attached % 16 == 0) {
        EXPECT_TRUE(own.memory().settle().ok());
      }
    }
    EXPECT_TRUE(own.memory().settle().ok());
  };
  std::thread eager([&] { attach_to_all(eager_worker, false); });
  std::thread collecting([&] { attach_to_all(collecting_worker, true); });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  for (std::uint64_t i = 1; std::chrono::steady_clock::now() < until && !::testing::Test::HasFailure(); ++i) {
    const version_index version = owner.memory().hold({});
    for (unsigned key = 0; key < 30; ++key) (void)owner.set(version, std::to_string(key), value_of(i, key));
    const auto token = owner.share(version);
    EXPECT_TRUE(token.ok());
    if (!token) break;
    ++sequence;
    named = token->named;
    pin = token->pin;
    ++sequence;
    owner.memory().drop(version);
    for (unsigned spin = 0; spin < i % 16 * 4; ++spin) std::this_thread::yield();
    EXPECT_TRUE(owner.memory().unshare(*token));
    if (i % 4 == 0) {
      EXPECT_TRUE(owner.memory().settle().ok());
    }
  }
  done = true;
  eager.join();
  collecting.join();
  EXPECT_GT(attached.load(), 0U);
  ASSERT_TRUE(owner.memory().make_room().ok());
  EXPECT_EQ(live_bytes(owner.memory()), 0U);
}

/// Together they allocate faster than one of them can mark: those who do not collect have to wait.
TEST(worker_threads, memory_stays_near_what_eight_hold) {
  constexpr unsigned count = 8, entries = 4000, kept = 1000, changes = 30'000;
  const scratch_directory directory;
  const std::string path = directory / "memory";
  std::byte* const base = make_and_map(path, options(large_limit));
  std::vector<worker> workers(count);
  for (worker& each : workers) each.join(path, base);
  const auto churn = [&](worker& own, unsigned number) {
    std::mt19937_64 random(number);
    const version_index all = own.memory().hold({});
    for (unsigned i = 0; i < entries; ++i) (void)own.set(all, std::to_string(i), std::to_string(i));
    std::vector<version_index> ring(kept, no_version);
    for (unsigned i = 0; i < changes; ++i) {
      version_index& place = ring[i % kept];
      if (place != no_version) own.memory().drop(place);
      place = own.memory().fork(all);
      if (own.set(place, std::to_string(random() % entries), std::to_string(random())) != trie_change::replaced) {
        ADD_FAILURE() << "change " << i;
      }
    }
    EXPECT_TRUE(own.memory().settle().ok());
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) threads.emplace_back([&, i] { churn(workers[i], i); });
  for (std::thread& each : threads) each.join();
  ASSERT_TRUE(workers[0].memory().make_room().ok());
  const std::uint64_t most = workers[0].memory().map().words().file_end;
  const std::uint64_t live = live_bytes(workers[0].memory());
  EXPECT_LT(most, 4 * live + count * (std::uint64_t{4} << 20)) << live;
}

}  // namespace
}  // namespace worker_test
