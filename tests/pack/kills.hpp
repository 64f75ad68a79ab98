// Processes that are killed while they restore, make a store of a pack, or write a pack; and what must be found
// afterwards. Needs coppice_steps.
//
// Thread safety: one test at a time.
#pragma once

#include <sys/ptrace.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <random>

#include "store_support.hpp"
#include "tests/crash/random_kills.hpp"
#include "tests/crash/steps.hpp"

namespace coppice::pack_test {

using crash_test::at_step;
using crash_test::moment;
using crash_test::shared_memory;
using crash_test::step;
using crash_test::step_count;
using crash_test::step_name;

/// What victims work on: a pack of a few versions, and the contents of these.
struct killed_sample {
  static constexpr std::uint64_t seed = 5;
  std::vector<content> versions;
  bytes pack;

  explicit killed_sample(std::uint64_t entries = 1500) {
    const scratch_directory directory;
    store_options options;
    options.seed = seed;
    store from = store::open(directory / "from", options);
    std::vector<snapshot> made;
    for (std::uint64_t version = 0; version < 5; ++version) {
      from.transact([&](transaction& t) {
        for (std::uint64_t i = version; i < entries; i += version + 1) {
          t.set("key " + std::to_string(i), std::string(20 + (i * 37 + version * 101) % 900, 'v'));
        }
        t.set("large", std::string(200'000 + version, 'l'));
        t.set("only in " + std::to_string(version), std::to_string(version));
        if (version != 0) t.erase("only in " + std::to_string(version - 1));
      });
      made.push_back(from.snapshot());
      versions.push_back(of(made.back()));
    }
    pack = packed(from, made);
  }
};

/// A directory in which victims work, one after the other.
class scene {
 public:
  explicit scene(const killed_sample& sample) : sample_(sample) {}

  [[nodiscard]] std::string path(const char* name) const { return directory_ / name; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& each : std::filesystem::directory_iterator(directory_.path())) {
      all.push_back(each.path().filename());
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  // --------------------------------------------------------------------------------------------- restoring

  /// A store whose content is the last version, restored once.
  void prepare_store(bool same_seed) {
    if (std::filesystem::exists(path("into"))) store::destroy(path("into"));
    store_options options;
    options.seed = same_seed ? killed_sample::seed : killed_sample::seed + 1;
    options.limit_bytes = std::uint64_t{64} << 20;
    store into = store::open(path("into"), options);
    into.restore(*reader(), sample_.versions.size() - 1);
    expected_live_ = live_bytes(into);
  }
  /// What the victim does. It tells of every step that is done.
  void restore_and_tell() {
    const auto from = reader();
    store own = store::open(path("into"));
    own.restore(*from, 0);
    tell();
    own.restore(*from, 1);
    tell();
    (void)own.restore_all(*from);
    tell();
    own.collect();
    tell();
  }
  /// What was there or a whole version, of those that may be there; and it goes on.
  void expect_restored(std::optional<store>& survivor) {
    if (!survivor) survivor = store::open(path("into"));
    expect_sound(*survivor);
    const content now = of(survivor->snapshot());
    const auto found = std::find(sample_.versions.begin(), sample_.versions.end(), now);
    ASSERT_NE(found, sample_.versions.end()) << "no whole version, after " << told() << " steps";
    const std::size_t version = static_cast<std::size_t>(found - sample_.versions.begin());
    const std::size_t last = sample_.versions.size() - 1;
    if (told() == 0) {
      EXPECT_TRUE(version == last || version == 0) << version;
    }
    if (told() == 1) {
      EXPECT_TRUE(version == 0 || version == 1) << version;
    }
    if (told() >= 3) {
      EXPECT_EQ(version, last);
    }
    survivor->restore(*reader(), last);
    EXPECT_EQ(of(survivor->snapshot()), sample_.versions[last]);
    EXPECT_EQ(live_bytes(*survivor), expected_live_) << "something is lost";
  }

  // --------------------------------------------------------------------------------------------- new stores

  void forget_new_store() const {
    if (std::filesystem::exists(path("new"))) store::destroy(path("new"));
  }
  void create() {
    const auto from = reader();
    store_options options;
    options.limit_bytes = std::uint64_t{64} << 20;
    store made = store::create_from(*from, 0, path("new"), options);
    tell();
    made.set("key 1", "one");
    tell();
  }
  /// No store, and nothing else of it, or a whole one.
  void expect_created() {
    EXPECT_LE(names().size(), 1U);
    const bool there = std::filesystem::exists(path("new"));
    if (told() != 0) {
      EXPECT_TRUE(there);
    }
    if (!there) {
      EXPECT_EQ(names().size(), 0U);
      create();
    }
    store made = store::open(path("new"));
    expect_sound(made);
    content now = of(made.snapshot()), wanted = sample_.versions[0];
    if (now != wanted) wanted["key 1"] = "one";
    EXPECT_EQ(now, wanted);
    expect_nothing_lost(made);
  }

  // --------------------------------------------------------------------------------------------- files

  static constexpr const char* spare_name = "a.pack.coppice-new";

  /// Makes what a new pack takes the place of, or nothing.
  void prepare_file(bool has_old) {
    for (const std::string& name : names()) std::filesystem::remove(path(name.c_str()));
    if (has_old) write_file(1);
    old_ = has_old ? bytes_of_file(path("a.pack")) : bytes();
    write_file(2, "b.pack");
    new_ = bytes_of_file(path("b.pack"));
    std::filesystem::remove(path("b.pack"));
    shared_->told = 0;
  }
  /// A pack of so many versions, sections of which are written one by one.
  void write_file(std::size_t versions, const char* name = "a.pack") {
    pack_file_sink sink(path(name));
    pack_writer writer(sink);
    map<std::string, std::string> all;
    for (std::size_t i = 0; i < versions; ++i) {
      for (const auto& [key, text] : sample_.versions[i]) all = std::move(all).set(key, text);
      writer.add(all);
    }
    writer.finish();
    tell();
  }
  /// The old or the new pack, whole. Returns whether there is a file beside it.
  bool expect_file() {
    const bool there = std::filesystem::exists(path("a.pack"));
    const bytes now = there ? bytes_of_file(path("a.pack")) : bytes();
    EXPECT_TRUE(now == old_ || now == new_);
    if (told() != 0) {
      EXPECT_EQ(now, new_);
    }
    const bool beside = std::filesystem::exists(path(spare_name));
    if (beside) {
      EXPECT_EQ(now, old_);
      EXPECT_EQ(bytes_of_file(path(spare_name)), new_);
    }
    EXPECT_EQ(names().size(), (there ? 1U : 0U) + (beside ? 1U : 0U));
    // The next writer goes on, and cleans up.
    write_file(2);
    EXPECT_EQ(names(), std::vector<std::string>{"a.pack"});
    EXPECT_EQ(bytes_of_file(path("a.pack")), new_);
    return beside;
  }

  // --------------------------------------------------------------------------------------------- killing

  /// Runs a body in a child that dies at the moment. True if it did.
  template <class Body>
  bool die_at(moment when, Body body) {
    shared_->told = 0;
    child_process child([&] {
      at_step(*shared_, when);
      body();
      return 0;
    });
    const int ended = child.join();
    EXPECT_TRUE(ended == 0 || ended == -SIGKILL) << ended;
    return ended == -SIGKILL;
  }
  /// Of the last die_at().
  [[nodiscard]] std::vector<std::uint32_t> times() const {
    std::vector<std::uint32_t> all(step_count);
    for (std::size_t i = 0; i < step_count; ++i) all[i] = shared_->occurred[i];
    return all;
  }

  /// The same before or after its n-th system call. False: there are not so many.
  template <class Body>
  bool die_at_call(unsigned half_calls, Body body) {
    shared_->told = 0;
    child_process child([&] {
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) return 1;
      ::raise(SIGSTOP);
      body();
      return 0;
    });
    int status = 0;
    for (unsigned i = 0; i <= half_calls; ++i) {
      if (::waitpid(child.id(), &status, 0) != child.id() || !WIFSTOPPED(status)) {
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
        child.has_ended();
        return false;
      }
      if (i != half_calls) ::ptrace(PTRACE_SYSCALL, child.id(), nullptr, nullptr);
    }
    EXPECT_EQ(child.kill(), -SIGKILL);
    return true;
  }

  /// The same after so long. False: it was done before.
  template <class Body>
  bool die_after(std::chrono::microseconds time, Body body) {
    shared_->told = 0;
    shared_->ready = 0;
    child_process child([&] {
      shared_->ready = 1;
      body();
      return 0;
    });
    while (shared_->ready == 0) ::usleep(50);
    ::usleep(static_cast<useconds_t>(time.count()));
    const int ended = child.kill();
    EXPECT_TRUE(ended == 0 || ended == -SIGKILL) << ended;
    return ended == -SIGKILL;
  }

 private:
  /// One of its own: what a reader has read it keeps.
  [[nodiscard]] std::unique_ptr<pack_reader> reader() const { return std::make_unique<pack_reader>(sample_.pack); }
  void tell() { shared_->told.fetch_add(1); }
  [[nodiscard]] std::uint64_t told() const { return shared_->told; }

  /// After collections, with nobody else in the store.
  [[nodiscard]] static std::uint64_t live_bytes(store& alone) {
    alone.collect();
    alone.set("next", "one");
    alone.erase("next");
    alone.collect();
    return expect_only_newest(alone);
  }

  const killed_sample& sample_;
  scratch_directory directory_;
  shared_memory shared_;
  std::uint64_t expected_live_ = 0;
  bytes old_, new_;
};

/// Kills at moments that nobody chose: while a store is restored, made, or a pack written.
inline void kill_at_random(const killed_sample& sample, std::uint64_t seed, int kills) {
  std::mt19937_64 random(seed);
  scene at_store(sample), at_new(sample), at_file(sample);
  for (int i = 0; i < kills; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", kill " + std::to_string(i));
    const std::chrono::microseconds time(random() % 40'000);
    switch (random() % 4) {
      case 0:
      case 1: {
        at_store.prepare_store(random() % 2 == 0);
        std::optional<store> survivor;
        if (random() % 2 == 0) survivor = store::open(at_store.path("into"));
        (void)at_store.die_after(time, [&] { at_store.restore_and_tell(); });
        ASSERT_NO_FATAL_FAILURE(at_store.expect_restored(survivor));
        break;
      }
      case 2:
        at_new.forget_new_store();
        (void)at_new.die_after(time / 4, [&] { at_new.create(); });
        at_new.expect_created();
        break;
      default:
        at_file.prepare_file(random() % 2 == 0);
        (void)at_file.die_after(time / 2, [&] { at_file.write_file(2); });
        (void)at_file.expect_file();
    }
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace coppice::pack_test
