// What the tests of collections in a store share: types, content that is known by its size, and a store for a test.
#pragma once

#include <cstdint>
#include <string>

#include "coppice/store_arena.hpp"
#include "tests/store/support.hpp"

namespace store_test {

using u64 = std::uint64_t;
using numbers = arena_map<u64, u64>;
using number_vector = arena_vector<u64>;
using texts = arena_map<std::string, std::string>;

/// Keys [0, count), each with itself plus `more` as value.
inline numbers counted(u64 count, u64 more = 0) {
  auto changing = numbers().transient();
  for (u64 i = 0; i < count; ++i) changing.set(i, i + more);
  return std::move(changing).persistent();
}

/// A test with a store, which is sound at its end.
class collection_case : public store_case {
 protected:
  explicit collection_case(const char* name) : store_(store::open(name)) {}
  template <class Collection>
  [[nodiscard]] Collection now(const value_view& key) {
    return store_.snapshot().get<Collection>(key).value();
  }
  void TearDown() override {
    const check_report report = store_.check();
    EXPECT_TRUE(report.ok()) << report.broken;
  }

  store store_;
};

}  // namespace store_test
