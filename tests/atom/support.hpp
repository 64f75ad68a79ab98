// What the tests of atom share: values that count how many of them live, and whose copies throw when told to.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>

#include "coppice/atom.hpp"
#include "coppice/map.hpp"

namespace coppice::atom_test {

/// A number that counts its lives. Any number of threads may make and drop them.
class counted {
 public:
  static inline std::atomic<std::int64_t> live = 0;
  static inline std::atomic<std::int64_t> copies_allowed = INT64_MAX;

  counted(std::uint64_t of = 0) noexcept : number_(of) { ++live; }  // NOLINT(google-explicit-constructor): as a number
  counted(const counted& other) : number_(other.number()) {
    if (copies_allowed.fetch_sub(1) <= 0) throw std::runtime_error("a copy too many");
    ++live;
  }
  counted(counted&& other) noexcept : number_(other.number()) { ++live; }
  counted& operator=(const counted&) = default;
  counted& operator=(counted&&) noexcept = default;
  ~counted() {
    number_ = dead;
    --live;
  }
  /// Fails where it is read after its end.
  [[nodiscard]] std::uint64_t number() const noexcept {
    EXPECT_NE(number_, dead);
    return number_;
  }
  friend bool operator==(const counted& a, const counted& b) noexcept { return a.number() == b.number(); }

 private:
  static constexpr std::uint64_t dead = 0xdeaddeaddeaddead;
  std::uint64_t number_;
};

/// Every test ends with nothing alive.
class atom_suite : public ::testing::Test {
 protected:
  void SetUp() override { counted::copies_allowed = INT64_MAX; }
  void TearDown() override { EXPECT_EQ(counted::live, 0); }
};

using counters = map<int, counted>;

}  // namespace coppice::atom_test
