// Error codes and results.
//
// Below the public classes nothing throws and nothing allocates: functions return `result<T>`, which holds either a
// value or a `failure`, a small trivially copyable record of what went wrong. The public classes turn a failure into a
// `coppice::error` (error.hpp), whose message names the store, the limit and the way out.
//
// Thread safety: all types here are values.
#pragma once

#include <cassert>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace coppice {

/// What went wrong. The numbers are part of the C ABI and never change meaning.
enum class errc : std::uint8_t {
  ok = 0,
  out_of_space = 1,       ///< the arena's limit, or the disk, is full
  key_too_long = 2,       ///< a key has more bytes than `limits::max_key_bytes`
  value_too_large = 3,    ///< a value has more bytes than `limits::max_value_bytes`
  not_found = 4,          ///< no store (or no key) of that name
  exists = 5,             ///< a store of that name exists already
  permission = 6,         ///< the operating system or the owner check refused
  not_a_store = 7,        ///< the file is not a Coppice arena
  version_mismatch = 8,   ///< the file has another format version or layout
  corrupt = 9,            ///< a header field or a structure breaks an invariant
  busy = 10,              ///< a lock or a slot was not free before the timeout
  closed = 11,            ///< the handle was closed, forked away, or its store destroyed
  invalid_name = 12,      ///< a store name breaks the naming rule
  read_only = 13,         ///< a write through a read-only handle
  invalid_argument = 14,  ///< an argument outside its domain
  unsupported = 15,       ///< this platform or process cannot do it
  system = 16,            ///< any other error of the operating system; see os_error
};

/// Stable lower-case word for a code, for messages and JSON.
[[nodiscard]] constexpr const char* errc_name(errc code) noexcept {
  constexpr const char* names[] = {
      "ok",           "out_of_space", "key_too_long",     "value_too_large", "not_found", "exists",
      "permission",   "not_a_store",  "version_mismatch", "corrupt",         "busy",      "closed",
      "invalid_name", "read_only",    "invalid_argument", "unsupported",     "system"};
  return names[static_cast<std::uint8_t>(code)];
}

/// A failure below the facade. `reason` is a string literal that says what was being done; `subject` and `limit` are
/// the numbers that belong in the message (a size and its bound, an offset, a version), 0 where there are none.
struct [[nodiscard]] failure {
  errc code = errc::ok;
  std::int32_t os_error = 0;
  const char* reason = "";
  std::uint64_t subject = 0;
  std::uint64_t limit = 0;
};

/// Either a T or a failure. T must be movable. Not throwing, not allocating.
template <class T>
class [[nodiscard]] result {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a function that returns a result returns a value or a failure
  result(T value) : value_(std::move(value)), ok_(true) {}
  result(failure why) noexcept : failure_(why), ok_(false) { assert(why.code != errc::ok); }
  // NOLINTEND(google-explicit-constructor)
  result(const result&) = delete;
  result& operator=(const result&) = delete;
  result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : ok_(other.ok_) {
    if (ok_) {
      ::new (static_cast<void*>(&value_)) T(std::move(other.value_));
    } else {
      failure_ = other.failure_;
    }
  }
  result& operator=(result&&) = delete;
  ~result() {
    if (ok_) value_.~T();
  }

  [[nodiscard]] explicit operator bool() const noexcept { return ok_; }
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  /// Precondition: ok().
  [[nodiscard]] T& operator*() & noexcept {
    assert(ok_);
    return value_;
  }
  [[nodiscard]] const T& operator*() const& noexcept {
    assert(ok_);
    return value_;
  }
  [[nodiscard]] T&& operator*() && noexcept {
    assert(ok_);
    return std::move(value_);
  }
  [[nodiscard]] T* operator->() noexcept {
    assert(ok_);
    return &value_;
  }
  [[nodiscard]] const T* operator->() const noexcept {
    assert(ok_);
    return &value_;
  }
  /// Precondition: !ok().
  [[nodiscard]] const failure& why() const noexcept {
    assert(!ok_);
    return failure_;
  }

 private:
  union {
    T value_;
    failure failure_;
  };
  bool ok_;
};

/// Success without a value, or a failure.
template <>
class [[nodiscard]] result<void> {
 public:
  result() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as above
  result(failure why) noexcept : failure_(why) { assert(why.code != errc::ok); }
  [[nodiscard]] explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] bool ok() const noexcept { return failure_.code == errc::ok; }
  [[nodiscard]] const failure& why() const noexcept {
    assert(!ok());
    return failure_;
  }

 private:
  failure failure_;
};

}  // namespace coppice
