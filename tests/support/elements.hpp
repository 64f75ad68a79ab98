// Elements and memory for the tests of collections of C++ types: what counts its lives and throws when told to, what is
// aligned beyond the heap's own alignment, what has no order, and a source of memory that can be made to fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "coppice/detail/heap/handle.hpp"
#include "coppice/detail/heap/memory.hpp"

namespace coppice::test {

inline constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

/// Steps of a random test: a twelfth of them under a sanitizer, which makes each as much slower.
[[nodiscard]] constexpr unsigned random_steps(unsigned wanted) noexcept {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return wanted / 12;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return wanted / 12;
#else
  return wanted;
#endif
#else
  return wanted;
#endif
}

/// The global heap, with a count of what is live; fails when told to.
struct failing_source {
  static inline std::size_t live = 0;
  static inline std::size_t allowed = no_limit;

  [[nodiscard]] static std::byte* allocate(std::size_t bytes, std::size_t alignment) noexcept {
    if (allowed == 0) return nullptr;
    --allowed;
    ++live;
    return detail::global_source::allocate(bytes, alignment);
  }
  static void deallocate(std::byte* node, std::size_t bytes, std::size_t alignment) noexcept {
    --live;
    detail::global_source::deallocate(node, bytes, alignment);
  }
};

/// A Memory over it (coppice/memory.hpp).
struct failing_heap : detail::counted_heap<detail::plain_count, failing_source> {};

/// A number that counts how many of it are alive, and whose copy throws when told to.
class fragile {
 public:
  static inline std::int64_t live = 0;
  static inline std::size_t copies_allowed = no_limit;

  fragile(std::uint64_t of = 0) : number_(of) { ++live; }  // NOLINT(google-explicit-constructor): made from numbers
  fragile(const fragile& other) : number_(other.number_) {
    if (copies_allowed == 0) throw std::runtime_error("a copy too many");
    --copies_allowed;
    ++live;
  }
  fragile(fragile&& other) noexcept : number_(other.number_) { ++live; }
  fragile& operator=(const fragile&) = default;
  fragile& operator=(fragile&&) noexcept = default;
  ~fragile() { --live; }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  friend bool operator==(const fragile& a, const fragile& b) noexcept { return a.number_ == b.number_; }
  friend bool operator<(const fragile& a, const fragile& b) noexcept { return a.number_ < b.number_; }

 private:
  std::uint64_t number_;
};

/// The same, but moving it may throw as well: a leaf of it is never changed in place.
class brittle {
 public:
  brittle(std::uint64_t of = 0) : inner_(of) {}  // NOLINT(google-explicit-constructor): made from numbers
  brittle(const brittle&) = default;
  brittle(brittle&& other) noexcept(false) : inner_(std::as_const(other.inner_)) {}
  brittle& operator=(const brittle&) = default;
  brittle& operator=(brittle&&) = default;
  ~brittle() = default;
  friend bool operator==(const brittle& a, const brittle& b) noexcept { return a.inner_ == b.inner_; }

 private:
  fragile inner_;
};

/// Larger than any heap aligns by itself.
struct alignas(64) aligned_number {
  std::uint64_t number = 0;
  friend bool operator==(const aligned_number&, const aligned_number&) = default;
};

/// Without anything in it.
struct nothing {
  friend bool operator==(nothing, nothing) = default;
};

/// A key with == and no <.
template <class T>
struct without_order {
  T of;
  friend bool operator==(const without_order& a, const without_order& b) noexcept { return a.of == b.of; }
};

/// Keys and values of each kind from numbers.
template <class T>
struct made {
  [[nodiscard]] static T from(std::uint64_t number) { return T{number}; }
};
template <>
struct made<std::string> {
  [[nodiscard]] static std::string from(std::uint64_t number) {
    return "a string of more than a few bytes, number " + std::to_string(number);
  }
};
template <>
struct made<nothing> {
  [[nodiscard]] static nothing from(std::uint64_t) { return {}; }
};
template <class T>
struct made<without_order<T>> {
  [[nodiscard]] static without_order<T> from(std::uint64_t number) { return {made<T>::from(number)}; }
};
template <class T>
[[nodiscard]] T made_from(std::uint64_t number) {
  return made<T>::from(number);
}

}  // namespace coppice::test
