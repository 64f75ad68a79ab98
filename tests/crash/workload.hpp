// A workload that comes to every named step, and whose state after any number of operations is known.
//
// Operation i changes the store by exactly one version and depends on i alone; `model_after(n)` is the content after
// operations 0 .. n - 1. Everything else in run() (snapshots, collections, closing, processes that die) leaves the
// content alone.
#pragma once

#include <sys/wait.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coppice/store.hpp"
#include "tests/crash/steps.hpp"

namespace crash_test {

/// What stands behind a key: bytes made from a tag.
struct content {
  std::uint64_t tag = 0;
  std::size_t size = 0;
  [[nodiscard]] std::string bytes() const {
    std::string made(size, ' ');
    std::uint64_t state = tag * 0x9e3779b97f4a7c15U + size;
    for (char& c : made) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      c = static_cast<char>('!' + (state >> 33) % 90);
    }
    return made;
  }
};
using model = std::map<std::string, content>;

inline constexpr std::uint64_t bulk_entries = 4600;  // one node each: more than a collector marks between two steps
inline constexpr std::uint64_t bulk_bytes = 520;
inline constexpr std::uint64_t clear_at = 60;
inline constexpr std::uint64_t operations = 700;
inline constexpr std::uint64_t seed = 20;

/// Where the writes of one operation go: a model, a store, or a transaction.
template <class Sink>
void write_operation(std::uint64_t i, Sink& sink) {
  const std::string own = "key " + std::to_string(i % 37);
  if (i == 0) {
    for (std::uint64_t k = 0; k < bulk_entries; ++k) sink.set("bulk " + std::to_string(k), content{k, bulk_bytes});
  } else if (i == clear_at) {
    sink.clear();
    sink.set("cleared", content{i, 10});
  } else if (i > clear_at + 10) {
    sink.set(own, content{i, 8 + i % 30});
  } else {
    switch (i % 7) {
      case 0:
        for (std::uint64_t k = 0; k < 10; ++k)
          sink.set("many " + std::to_string((i + k) % 25), content{i + k, 40 + k * 30});
        break;
      case 1:
        sink.set(own, content{i, 20});
        break;
      case 2:
        sink.set(own, content{i, 9000});
        break;
      case 3:
        sink.set("large " + std::to_string(i % 3), content{i, 300'000 + i});
        break;
      case 4:
        for (std::uint64_t k = 0; k < 20; ++k)
          sink.set("bulk " + std::to_string(i * 20 + k), content{i + k, 300 + k * 40});
        for (std::uint64_t k = 0; k < 5; ++k) sink.erase("bulk " + std::to_string(i * 20 + k));
        break;
      case 5:
        sink.erase("bulk " + std::to_string(i));
        break;
      default:
        sink.set("bulk " + std::to_string(i * 3), content{i, bulk_bytes});
        break;
    }
  }
}

struct model_sink {
  model& into;
  void set(const std::string& key, const content& made) { into[key] = made; }
  void erase(const std::string& key) { into.erase(key); }
  void clear() { into.clear(); }
};
template <class Target>
struct store_sink {
  Target& into;
  void set(const std::string& key, const content& made) { into.set(key, made.bytes()); }
  void erase(const std::string& key) { into.erase(key); }
  void clear() { into.clear(); }
};

inline model model_after(std::uint64_t count) {
  model made;
  model_sink sink{made};
  for (std::uint64_t i = 0; i < count; ++i) write_operation(i, sink);
  return made;
}

/// Operation i as one version of the store.
inline void apply(coppice::store& target, std::uint64_t i) {
  const bool single = i > clear_at + 10 || (i != 0 && i != clear_at && i % 7 != 0 && i % 7 != 4);
  if (single) {
    store_sink<coppice::store> sink{target};
    write_operation(i, sink);
  } else {
    target.transact([i](coppice::transaction& work) {
      store_sink<coppice::transaction> sink{work};
      write_operation(i, sink);
    });
  }
}

inline coppice::store open_store(const std::string& path) {
  coppice::store_options options;
  options.seed = seed;
  return coppice::store::open(path, options);
}

/// A process that dies in the middle of a transaction, holding the writers' lock.
inline void let_a_writer_die(const std::string& path) {
  const pid_t writer = ::fork();
  if (writer == 0) {
    ignore_steps();
    coppice::store own = open_store(path);
    own.transact([](coppice::transaction& work) {
      work.set("never seen", 1);
      kill_self();
    });
  }
  int status = 0;
  ::waitpid(writer, &status, 0);
}

/// The whole workload, telling `shared` of each operation that returned. Ends by destroying the store.
inline void run_workload(const std::string& path, shared_state& shared) {
  std::optional<coppice::store> store = open_store(path);
  std::vector<coppice::snapshot> pinned;
  for (std::uint64_t i = 0; i < operations; ++i) {
    apply(*store, i);
    shared.told.store(i + 1, std::memory_order_release);
    if (i == 8) {
      for (int k = 0; k < 120; ++k) pinned.push_back(store->snapshot());  // more than a slot has room for
    }
    if (i == 20) pinned.clear();
    if (i == 12 || i == 30 || i == clear_at - 1 || i == clear_at + 1) store->collect();
    if (i == 16 || i == 34 || i == clear_at + 2) let_a_writer_die(path);
    if (i == 25 || i == clear_at + 5) {
      store->close();
      store = open_store(path);
    }
    if (i > clear_at + 10) pinned.push_back(store->snapshot());  // so that records run short
  }
  pinned.clear();
  store->collect();
  store->close();
  shared.destroying = 1;
  coppice::store::destroy(path);
}

}  // namespace crash_test
