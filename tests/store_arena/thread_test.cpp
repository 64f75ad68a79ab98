// Collections of snapshots, read and copied by several threads while others publish.
#include <atomic>
#include <thread>

#include "coppice/store_arena.hpp"
#include "tests/store/support.hpp"

namespace store_test {
namespace {

using u64 = std::uint64_t;
using numbers = arena_map<u64, u64>;
using texts = arena_map<std::string, u64>;
using number_vector = arena_vector<u64>;

class threads_of_collections : public store_case {
 protected:
  /// All values of version i are i.
  void publish(u64 i) {
    store_.transact([&](transaction& work) {
      auto map = work.get<numbers>("map").value_or(numbers()).transient();
      auto text = work.get<texts>("text").value_or(texts());
      number_vector list;
      for (u64 k = 0; k < 200; ++k) {
        map.set(k, i);
        text = text.set(std::to_string(k), i);
        list = std::move(list).push_back(i);
      }
      work.set("map", std::move(map).persistent());
      work.set("text", text);
      work.set("list", list);
    });
  }
  static bool agree(const numbers& map, const texts& text, const number_vector& list) {
    const u64 i = map.at(0);
    bool same = map.size() == 200 && text.size() == 200 && list.size() == 200;
    for (const auto& [key, content] : map) same = same && content == i;
    for (const auto& [key, content] : text) same = same && content == i;
    for (const u64 each : list) same = same && each == i;
    return same;
  }
  store store_ = store::open("threads");
};

TEST_F(threads_of_collections, read_one_snapshot_while_others_are_published) {
  publish(0);
  std::atomic<bool> over = false;
  std::atomic<int> bad = 0;
  const snapshot first = store_.snapshot();
  const auto map = first.get<numbers>("map").value();
  const auto text = first.get<texts>("text").value();
  const auto list = first.get<number_vector>("list").value();
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t) {
    readers.emplace_back([&] {
      u64 newest = 0;
      while (!over) {
        const auto copy = map;
        if (!agree(copy, text, number_vector(list))) ++bad;
        const snapshot now = store_.snapshot();
        const auto seen = now.get<numbers>("map").value();
        if (!agree(seen, now.get<texts>("text").value(), now.get<number_vector>("list").value())) ++bad;
        if (seen.at(0) < newest) ++bad;
        newest = seen.at(0);
        for ([[maybe_unused]] const auto& each : diff(copy, seen)) {
          if (*each.after() != newest) ++bad;
        }
      }
    });
  }
  for (u64 i = 1; i <= 60; ++i) {
    publish(i);
    if (i % 20 == 0) store_.collect();
  }
  over = true;
  for (std::thread& each : readers) each.join();
  EXPECT_EQ(bad, 0);
  EXPECT_TRUE(agree(map, text, list));
  EXPECT_TRUE(store_.check().ok());
}

TEST_F(threads_of_collections, write_in_turns) {
  std::vector<std::thread> writers;
  for (u64 t = 0; t < 3; ++t) {
    writers.emplace_back([&, t] {
      std::optional<numbers> ended;
      for (u64 i = 0; i < 60; ++i) {
        store_.transact([&](transaction& work) {
          auto map = work.get<numbers>("map").value_or(numbers());
          work.set("map", map.set(t * 1000 + i, i));
          ended = map;
        });
        if (code_of([&] { (void)ended->size(); }) != errc::closed) ADD_FAILURE() << "not ended";
      }
    });
  }
  for (std::thread& each : writers) each.join();
  EXPECT_EQ(store_.snapshot().get<numbers>("map")->size(), 180U);
  EXPECT_TRUE(store_.check().ok());
}

}  // namespace
}  // namespace store_test
