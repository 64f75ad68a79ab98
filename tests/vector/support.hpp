// What the tests of vectors share: elements that count their lives and throw when they are copied or moved, and the
// configurations over which the suites are typed.
#pragma once

#include <gtest/gtest.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "coppice/memory.hpp"
#include "coppice/vector.hpp"
#include "tests/support/elements.hpp"

#ifdef COPPICE_TEST_STORE_ARENA
#include "coppice/store_arena.hpp"
#endif

namespace coppice::vector_test {

using test::failing_source;
using test::made_from;

template <class Count>
using failing_memory = detail::counted_heap<Count, failing_source>;

/// A number that counts how many of it are alive, and whose copy throws when told to. With SafeMoves its moves do not.
template <bool SafeMoves>
class counted {
 public:
  static inline std::int64_t live = 0;
  static inline std::size_t copies_allowed = test::no_limit;

  counted(std::uint64_t of = 0) : number_(of) { ++live; }  // NOLINT(google-explicit-constructor): made from numbers
  counted(const counted& other) : number_(other.number_) {
    if (copies_allowed == 0) throw std::runtime_error("a copy too many");
    --copies_allowed;
    ++live;
  }
  counted(counted&& other) noexcept(SafeMoves) : number_(other.number_) {
    if constexpr (!SafeMoves) {
      if (copies_allowed == 0) throw std::runtime_error("a move too many");
      --copies_allowed;
    }
    ++live;
  }
  counted& operator=(const counted&) = delete;
  counted& operator=(counted&&) = delete;
  ~counted() { --live; }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  friend auto operator<=>(const counted& a, const counted& b) noexcept { return a.number_ <=> b.number_; }
  friend bool operator==(const counted& a, const counted& b) noexcept { return a.number_ == b.number_; }

 private:
  std::uint64_t number_;
};
using fragile = counted<true>;
using fragile_to_move = counted<false>;

/// Larger than any heap aligns by itself.
struct alignas(64) aligned_number {
  std::uint64_t number = 0;
  friend auto operator<=>(const aligned_number&, const aligned_number&) = default;
};

template <class T, class Count, unsigned LeafBits, unsigned BranchBits>
using test_vector = vector<T, failing_memory<Count>, LeafBits, BranchBits>;

#ifdef COPPICE_TEST_STORE_ARENA
// The same suites over an arena; session.cpp gives each test a transaction.

using configurations = ::testing::Types<vector<std::uint64_t, store_arena>, vector<std::uint64_t, store_arena, 1, 2>,
                                        vector<std::uint64_t, store_arena, 3, 5>>;
using two_shapes = ::testing::Types<vector<std::uint64_t, store_arena>, vector<std::uint64_t, store_arena, 2, 2>>;

#else

using configurations = ::testing::Types<
    test_vector<std::uint64_t, detail::atomic_count, 0, 4>, test_vector<std::uint64_t, detail::plain_count, 1, 2>,
    test_vector<std::uint64_t, detail::atomic_count, 2, 3>, test_vector<std::uint64_t, detail::plain_count, 3, 5>,
    test_vector<std::string, detail::atomic_count, 0, 4>, test_vector<std::string, detail::plain_count, 1, 2>,
    test_vector<fragile, detail::atomic_count, 2, 2>, test_vector<fragile, detail::plain_count, 0, 4>,
    test_vector<fragile_to_move, detail::plain_count, 1, 2>, test_vector<fragile_to_move, detail::atomic_count, 3, 4>,
    test_vector<aligned_number, detail::plain_count, 1, 2>, test_vector<aligned_number, detail::atomic_count, 0, 4>>;
/// The usual one, and leaves and branches of 4: high trees of few elements.
using two_shapes = ::testing::Types<vector<std::uint64_t>, vector<std::uint64_t, local_heap, 2, 2>>;

#endif

/// A suite after each of whose tests nothing may be left.
template <class Vector>
class vector_suite : public ::testing::Test {
 protected:
  using vector_type = Vector;
  using T = typename Vector::value_type;
  using model_type = std::vector<T>;
  struct version {
    Vector vector;
    model_type model;
  };

  void TearDown() override {
    failing_source::allowed = fragile::copies_allowed = fragile_to_move::copies_allowed = test::no_limit;
    EXPECT_EQ(failing_source::live, 0U);
    EXPECT_EQ(fragile::live, 0);
    EXPECT_EQ(fragile_to_move::live, 0);
  }
};

/// Elements by chunks, and whether indexes and iterators agree with them.
template <class Vector>
[[nodiscard]] ::testing::AssertionResult holds(const Vector& vector,
                                               const std::vector<typename Vector::value_type>& model) {
  if (const char* broken = vector.check(); broken != nullptr) return ::testing::AssertionFailure() << broken;
  if (vector.size() != model.size()) {
    return ::testing::AssertionFailure() << "size " << vector.size() << " instead of " << model.size();
  }
  std::size_t at = 0;
  bool equal = true;
  vector.for_each_chunk([&](std::span<const typename Vector::value_type> chunk) {
    for (const auto& element : chunk) equal = equal && element == model[at++];
  });
  if (!equal || at != model.size()) return ::testing::AssertionFailure() << "chunks differ";
  const std::size_t stride = 1 + model.size() / 16;
  for (std::size_t i = model.size() / 7; i < model.size(); i += stride) {
    if (!(vector[i] == model[i])) return ::testing::AssertionFailure() << "differs at index " << i;
  }
  return ::testing::AssertionSuccess();
}

}  // namespace coppice::vector_test
