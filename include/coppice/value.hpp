// Keys and values of stores: kinds, views and owning values.
//
// One table of kinds serves C++, WebAssembly and the Node addon (docs/formats/values.md). Two keys are the same key if
// and only if kind and bytes are equal, so every number and string has exactly one encoding:
//   - a number that is a safe integer (|n| <= 2^53 - 1) is int64; as a key any other number is float64, with one NaN
//   and
//     no negative zero; as a value the bits of a double are kept. An int64 from C++ beyond the safe range stays int64.
//   - a string is WTF-8; one without bytes above 0x7f has kind `string_ascii`, any other `string_wtf8`.
//   - a document is MessagePack; equality of documents is equality of bytes.
//
// Thread safety: values and views are plain data.
#pragma once

#include <bit>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "coppice/error.hpp"
#include "coppice/value_kind.hpp"

namespace coppice {

static_assert(std::endian::native == std::endian::little, "scalars are stored as they lie in memory");

/// Word for a kind, for messages and JSON: the two booleans share one and so do the two kinds of strings. Any byte may
/// be asked for; "unknown" if it is no kind.
[[nodiscard]] const char* value_kind_name(value_kind kind) noexcept;

/// Whether stored bytes are what this library could have written for the kind; for files that may be damaged. Does not
/// look inside documents, bigints and bytes, and takes a string_wtf8 for what its writer called it.
[[nodiscard]] bool is_valid_encoding(value_kind kind, std::span<const std::byte> raw) noexcept;

/// The largest integer up to which every integer is a double and no other integer rounds to it: 2^53 - 1.
inline constexpr std::int64_t max_safe_integer = (std::int64_t{1} << 53) - 1;

namespace detail {

inline constexpr std::uint64_t ascii_high_bits = 0x8080'8080'8080'8080;

/// For texts of 8 bytes and more.
[[nodiscard]] bool is_ascii_long(const char* text, std::size_t size) noexcept;

/// Whether no byte is above 0x7f. Words may overlap, which is cheaper than a loop over the rest.
[[nodiscard]] inline bool is_ascii(const char* text, std::size_t size) noexcept {
  if (size > 32) return is_ascii_long(text, size);
  const auto word = [text](std::size_t at) noexcept {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text + at, 8);
    return bytes;
  };
  if (size >= 8) {
    std::uint64_t seen = word(0) | word(size - 8);
    if (size > 16) seen |= word(8) | word(size - 16);
    return (seen & ascii_high_bits) == 0;
  }
  std::uint64_t seen = 0;
  if (size >= 4) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, text, 4);
    std::memcpy(&last, text + size - 4, 4);
    seen = first | last;
  } else {
    for (std::size_t i = 0; i < size; ++i) seen |= static_cast<unsigned char>(text[i]);
  }
  return (seen & ascii_high_bits) == 0;
}

}  // namespace detail

/// A key or value as kind and bytes, not owned. Scalars are kept inline in the view (`scalar_`), so that a view made
/// from a number does not dangle; strings, bytes and documents point to the caller's or the snapshot's memory.
class value_view {
 public:
  // NOLINTBEGIN(google-explicit-constructor): keys and values are written as they are: set("answer", 42)
  constexpr value_view() noexcept = default;  // null
  value_view(std::nullptr_t) noexcept : value_view() {}
  /// Of bool alone: a pointer must not become `true`.
  template <std::same_as<bool> Bool>
  value_view(Bool b) noexcept : kind_(b ? value_kind::boolean_true : value_kind::boolean_false) {}
  /// Any other integer. An unsigned one beyond the range of int64 throws error invalid_argument.
  template <std::integral Integer>
    requires(!std::same_as<Integer, bool> && !std::same_as<Integer, std::int64_t>)
  value_view(Integer n) noexcept(std::in_range<std::int64_t>(std::numeric_limits<Integer>::max()))
      : value_view(checked(n)) {}
  value_view(std::int64_t n) noexcept
      : size_(sizeof(n)), scalar_(std::bit_cast<std::uint64_t>(n)), kind_(value_kind::int64) {}
  /// int64 if the number is a safe integer (and not -0.0), else float64 with the very bits.
  value_view(double number) noexcept;
  value_view(std::string_view text) noexcept
      : data_(reinterpret_cast<const std::byte*>(text.data())),
        size_(text.size()),
        kind_(detail::is_ascii(text.data(), text.size()) ? value_kind::string_ascii : value_kind::string_wtf8) {}
  value_view(const char* text) noexcept : value_view(std::string_view(text)) {}
  value_view(const std::string& text) noexcept : value_view(std::string_view(text)) {}
  value_view(std::span<const std::byte> raw) noexcept : value_view(value_kind::bytes, raw) {}
  // NOLINTEND(google-explicit-constructor)
  /// Precondition: not empty.
  [[nodiscard]] static value_view document(std::span<const std::byte> messagepack) noexcept {
    assert(!messagepack.empty());
    return {value_kind::document, messagepack};
  }
  /// From stored parts; precondition: the bytes are a valid encoding of the kind.
  [[nodiscard]] static value_view stored(value_kind kind, std::span<const std::byte> raw) noexcept {
    if (kind != value_kind::int64 && kind != value_kind::float64) return {kind, raw};
    assert(raw.size() == sizeof(scalar_));
    value_view scalar;
    std::memcpy(&scalar.scalar_, raw.data(), sizeof(scalar_));
    scalar.size_ = sizeof(scalar_);
    scalar.kind_ = kind;
    return scalar;
  }
  /// This value as a key: numbers in their one encoding (see above).
  [[nodiscard]] value_view as_key() const noexcept { return kind_ == value_kind::float64 ? double_as_key() : *this; }

  [[nodiscard]] value_kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_null() const noexcept { return kind_ == value_kind::null; }
  [[nodiscard]] bool is_string() const noexcept {
    return kind_ == value_kind::string_ascii || kind_ == value_kind::string_wtf8;
  }
  /// Encoded bytes. Valid as long as the view itself (scalars) and what it points to.
  [[nodiscard]] std::span<const std::byte> raw() const noexcept {
    return {data_ == nullptr ? reinterpret_cast<const std::byte*>(&scalar_) : data_, size_};
  }
  [[nodiscard]] std::optional<bool> as_bool() const noexcept;
  [[nodiscard]] std::optional<std::int64_t> as_int64() const noexcept;
  /// Of float64, and of int64 where the conversion is exact.
  [[nodiscard]] std::optional<double> as_double() const noexcept;
  /// Of both string kinds.
  [[nodiscard]] std::optional<std::string_view> as_string() const noexcept;
  [[nodiscard]] std::optional<std::span<const std::byte>> as_bytes() const noexcept;
  [[nodiscard]] std::optional<std::span<const std::byte>> as_document() const noexcept;
  /// How many elements a collection has: kinds map, set and vector (store_arena.hpp).
  [[nodiscard]] std::optional<std::uint64_t> collection_size() const noexcept;

  /// Same kind and same bytes.
  friend bool operator==(const value_view& left, const value_view& right) noexcept {
    return left.kind_ == right.kind_ && left.size_ == right.size_ &&
           (left.size_ == 0 || std::memcmp(left.raw().data(), right.raw().data(), left.size_) == 0);
  }

 private:
  template <class Integer>
  [[nodiscard]] static std::int64_t checked(Integer n) noexcept(
      std::in_range<std::int64_t>(std::numeric_limits<Integer>::max())) {
    if constexpr (!std::in_range<std::int64_t>(std::numeric_limits<Integer>::max())) {
      if (!std::in_range<std::int64_t>(n)) {
        throw error(errc::invalid_argument, "a value of " + std::to_string(n) +
                                                " does not fit in int64; store it as a double, a string or bytes");
      }
    }
    return static_cast<std::int64_t>(n);
  }
  value_view(value_kind kind, std::span<const std::byte> raw) noexcept
      : data_(raw.data()), size_(raw.size()), kind_(kind) {}
  [[nodiscard]] value_view double_as_key() const noexcept;

  // Whole words, and as few as will do: views are made and returned in the inner loop of every reader.
  const std::byte* data_ = nullptr;  // null: the bytes are in scalar_
  std::size_t size_ = 0;
  std::uint64_t scalar_ = 0;
  value_kind kind_ = value_kind::null;
};

/// A key or value that owns its bytes.
class value {
 public:
  value() = default;
  explicit value(const value_view& view);
  [[nodiscard]] value_kind kind() const noexcept { return kind_; }
  [[nodiscard]] value_view view() const noexcept;
  friend bool operator==(const value& left, const value& right) noexcept { return left.view() == right.view(); }

 private:
  std::string bytes_;
  value_kind kind_ = value_kind::null;
};

}  // namespace coppice
