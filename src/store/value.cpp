// Keys and values: what value.hpp leaves out of line. The encodings are in docs/formats/values.md.
//
// Thread safety: pure functions.
#include "coppice/value.hpp"

#include <cmath>

#include "coppice/detail/collection_record.hpp"

namespace coppice {
namespace {

constexpr std::uint64_t key_nan_bits = 0x7ff8'0000'0000'0000;  // quiet, positive, no payload

template <class T>
T load(std::span<const std::byte> raw) noexcept {
  assert(raw.size() == sizeof(T));
  T scalar;
  std::memcpy(&scalar, raw.data(), sizeof(T));
  return scalar;
}

/// The safe integer with exactly the bits of this number as a double; so none for -0.0.
std::optional<std::int64_t> as_safe_integer(double number) noexcept {
  constexpr auto bound = static_cast<double>(max_safe_integer);
  if (!(number >= -bound && number <= bound)) return std::nullopt;  // NaN too
  const auto integer = static_cast<std::int64_t>(number);
  const bool exact = std::bit_cast<std::uint64_t>(static_cast<double>(integer)) == std::bit_cast<std::uint64_t>(number);
  return exact ? std::optional(integer) : std::nullopt;
}

bool is_ascii(std::span<const std::byte> raw) noexcept {
  return detail::is_ascii(reinterpret_cast<const char*>(raw.data()), raw.size());
}

}  // namespace

bool detail::is_ascii_long(const char* text, std::size_t size) noexcept {
  assert(size >= 8);
  constexpr std::size_t block_bytes = 32;
  const char* const last_word = text + size - 8;
  std::uint64_t words[4];
  for (; size >= block_bytes; size -= block_bytes, text += block_bytes) {
    std::memcpy(words, text, block_bytes);
    if (((words[0] | words[1] | words[2] | words[3]) & ascii_high_bits) != 0) return false;
  }
  std::uint64_t seen = 0;
  for (; size >= 8; size -= 8, text += 8) {
    std::memcpy(words, text, 8);
    seen |= words[0];
  }
  std::memcpy(words, last_word, 8);
  return ((seen | words[0]) & ascii_high_bits) == 0;
}

const char* value_kind_name(value_kind kind) noexcept {
  switch (kind) {
    case value_kind::null:
      return "null";
    case value_kind::boolean_false:
    case value_kind::boolean_true:
      return "boolean";
    case value_kind::int64:
      return "int64";
    case value_kind::float64:
      return "float64";
    case value_kind::string_ascii:
    case value_kind::string_wtf8:
      return "string";
    case value_kind::bytes:
      return "bytes";
    case value_kind::document:
      return "document";
    case value_kind::bigint:
      return "bigint";
    case value_kind::map:
      return "map";
    case value_kind::set:
      return "set";
    case value_kind::vector:
      return "vector";
  }
  return "unknown";
}

bool is_valid_encoding(value_kind kind, std::span<const std::byte> raw) noexcept {
  switch (kind) {
    case value_kind::null:
    case value_kind::boolean_false:
    case value_kind::boolean_true:
      return raw.empty();
    case value_kind::int64:
      return raw.size() == sizeof(std::int64_t);
    case value_kind::float64:  // a safe integer would be an int64
      return raw.size() == sizeof(double) && !as_safe_integer(load<double>(raw));
    case value_kind::string_ascii:
      return is_ascii(raw);
    case value_kind::string_wtf8:
      return !is_ascii(raw);
    case value_kind::bytes:
      return true;
    case value_kind::document:
    case value_kind::bigint:
      return !raw.empty();
    case value_kind::map:
    case value_kind::set:
    case value_kind::vector:
      return raw.size() == sizeof(detail::collection_record);
  }
  return false;
}

value_view::value_view(double number) noexcept {
  if (const auto integer = as_safe_integer(number)) {
    *this = value_view(*integer);
    return;
  }
  scalar_ = std::bit_cast<std::uint64_t>(number);
  size_ = sizeof(number);
  kind_ = value_kind::float64;
}

value_view value_view::double_as_key() const noexcept {
  assert(kind_ == value_kind::float64);
  const double number = load<double>(raw());
  if (std::isnan(number)) return std::bit_cast<double>(key_nan_bits);
  if (number == 0) return std::int64_t{0};
  return number;
}

std::optional<bool> value_view::as_bool() const noexcept {
  if (kind_ == value_kind::boolean_true) return true;
  if (kind_ == value_kind::boolean_false) return false;
  return std::nullopt;
}

std::optional<std::int64_t> value_view::as_int64() const noexcept {
  if (kind_ != value_kind::int64) return std::nullopt;
  return load<std::int64_t>(raw());
}

std::optional<double> value_view::as_double() const noexcept {
  if (kind_ == value_kind::float64) return load<double>(raw());
  if (kind_ != value_kind::int64) return std::nullopt;
  const auto integer = load<std::int64_t>(raw());
  const auto number = static_cast<double>(integer);
  // Integers near the top round up to 2^63, which no int64 holds: converting that back would be undefined.
  constexpr double beyond = 9223372036854775808.0;
  if (number >= beyond || static_cast<std::int64_t>(number) != integer) return std::nullopt;
  return number;
}

std::optional<std::string_view> value_view::as_string() const noexcept {
  if (!is_string()) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(raw().data()), size_);
}

std::optional<std::span<const std::byte>> value_view::as_bytes() const noexcept {
  if (kind_ != value_kind::bytes) return std::nullopt;
  return raw();
}

std::optional<std::span<const std::byte>> value_view::as_document() const noexcept {
  if (kind_ != value_kind::document) return std::nullopt;
  return raw();
}

std::optional<std::uint64_t> value_view::collection_size() const noexcept {
  if (!is_collection(kind_) || size_ != sizeof(detail::collection_record)) return std::nullopt;
  return load<std::uint64_t>(raw().subspan(offsetof(detail::collection_record, size), sizeof(std::uint64_t)));
}

value::value(const value_view& view)
    : bytes_(reinterpret_cast<const char*>(view.raw().data()), view.raw().size()), kind_(view.kind()) {}

value_view value::view() const noexcept { return value_view::stored(kind_, std::as_bytes(std::span(bytes_))); }

}  // namespace coppice
