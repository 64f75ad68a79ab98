// The cases of the vector suite over one side: each returns the cost of one round, and verifies what it did.
//
// A side has `vector`, the type; `name`; and the static functions push, push_moved, set, for_each and splice, which
// change a vector in place or make a new version of it.
//
// Thread safety: one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "coppice/store_arena.hpp"
#include "coppice/vector.hpp"
#include "map_cases.hpp"
#include "measure.hpp"

namespace coppice::bench {

template <class Memory>
struct coppice_vector_side {
  using vector = coppice::vector<std::uint64_t, Memory>;
  static void push(vector& of, std::uint64_t value) { of = std::as_const(of).push_back(value); }
  static void push_moved(vector& of, std::uint64_t value) { of = std::move(of).push_back(value); }
  static void set(vector& of, std::size_t at, std::uint64_t value) { of = std::as_const(of).set(at, value); }
  template <class F>
  static void for_each(const vector& of, const F& f) {
    of.for_each_chunk([&](std::span<const std::uint64_t> chunk) {
      for (const std::uint64_t value : chunk) f(value);
    });
  }
  /// The elements from `at` on, then those before.
  [[nodiscard]] static vector splice(const vector& of, std::size_t at) { return of.drop(at) + of.take(at); }
};
struct atomic_vector_side : coppice_vector_side<atomic_heap> {
  static constexpr const char* name = "atomic";
};
struct local_vector_side : coppice_vector_side<local_heap> {
  static constexpr const char* name = "local";
};
/// Inside a transaction.
struct arena_vector_side : coppice_vector_side<store_arena> {
  static constexpr const char* name = "arena";
};

struct std_vector_side {
  static constexpr const char* name = "std";
  using vector = std::vector<std::uint64_t>;
  static void push(vector& of, std::uint64_t value) { of.push_back(value); }
  static void push_moved(vector& of, std::uint64_t value) { of.push_back(value); }
  static void set(vector& of, std::size_t at, std::uint64_t value) { of[at] = value; }
  template <class F>
  static void for_each(const vector& of, const F& f) {
    for (const std::uint64_t value : of) f(value);
  }
  [[nodiscard]] static vector splice(const vector& of, std::size_t at) {
    vector made(of.begin() + static_cast<std::ptrdiff_t>(at), of.end());
    made.insert(made.end(), of.begin(), of.begin() + static_cast<std::ptrdiff_t>(at));
    return made;
  }
};

template <class Side>
class vector_cases {
 public:
  using vector = typename Side::vector;

  explicit vector_cases(std::size_t n) : order_(n), repeats_(std::max<std::size_t>(1, 200'000 / n)) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::shuffle(order_.begin(), order_.end(), std::mt19937_64(1));
    for (std::size_t i = 0; i < n; ++i) Side::push_moved(full_, i);
  }

  [[nodiscard]] double push() { return filled(&Side::push); }
  [[nodiscard]] double push_moved() { return filled(&Side::push_moved); }

  [[nodiscard]] double get_random() {
    std::uint64_t sum = 0;
    stopwatch watch;
    watch.start();
    for (std::size_t k = 0; k < repeats_; ++k) {
      for (const std::size_t at : order_) sum += full_[at];
    }
    watch.stop();
    require_result(sum == repeats_ * total(), "get_random");
    return watch.ns() / operations();
  }

  [[nodiscard]] double set_random() {
    stopwatch watch;
    for (std::size_t k = 0; k < repeats_; ++k) {
      vector changed = full_;
      watch.start();
      for (const std::size_t at : order_) Side::set(changed, at, at + 1);
      watch.stop();
      require_result(changed[0] == 1 && changed[changed.size() - 1] == changed.size(), "set_random");
    }
    return watch.ns() / operations();
  }

  [[nodiscard]] double iterate() {
    return walked([&](std::uint64_t& sum) {
      for (const std::uint64_t value : full_) sum += value ^ (sum >> 63);  // one after the other, as work would be
    });
  }
  [[nodiscard]] double for_each() {
    return walked(
        [&](std::uint64_t& sum) { Side::for_each(full_, [&](std::uint64_t value) { sum += value ^ (sum >> 63); }); });
  }

  /// us a version with its two parts exchanged, at random places.
  [[nodiscard]] double splice() {
    constexpr std::size_t count = 100;
    stopwatch watch;
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t at = order_[k % order_.size()];
      watch.start();
      const vector made = Side::splice(full_, at);
      watch.stop();
      require_result(made.size() == full_.size() && made[0] == full_[at], "splice");
    }
    return watch.ns() / (1e3 * count);
  }

  /// Ours alone: bytes of an element in nodes, with eight for each block that the heap takes for itself.
  [[nodiscard]] double bytes_per_entry() {
    const auto made = full_.stats();
    return static_cast<double>(made.bytes + 8 * made.nodes) / static_cast<double>(order_.size());
  }

 private:
  [[nodiscard]] std::uint64_t total() const noexcept { return order_.size() * (order_.size() - 1) / 2; }
  [[nodiscard]] double operations() const noexcept { return static_cast<double>(repeats_ * order_.size()); }

  template <class Push>
  [[nodiscard]] double filled(const Push& push) {
    stopwatch watch;
    for (std::size_t k = 0; k < repeats_; ++k) {
      vector made;
      watch.start();
      for (std::size_t i = 0; i < order_.size(); ++i) push(made, i);
      watch.stop();
      require_result(made.size() == order_.size(), "push");
    }
    return watch.ns() / operations();
  }
  template <class Walk>
  [[nodiscard]] double walked(const Walk& walk) {
    stopwatch watch;
    std::uint64_t all = 0;
    watch.start();
    for (std::size_t k = 0; k < repeats_; ++k) {
      std::uint64_t sum = 0;
      walk(sum);
      all += sum;
    }
    watch.stop();
    require_result(all == repeats_ * total(), "iterate");
    return watch.ns() / operations();
  }

  std::vector<std::size_t> order_;
  std::size_t repeats_;
  vector full_;
};

}  // namespace coppice::bench
