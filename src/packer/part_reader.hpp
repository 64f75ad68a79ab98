// Parts of entries of any pack as values: kinds and bytes that JavaScript's collections take.
//
// Thread safety: one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coppice/detail/pack/input.hpp"
#include "coppice/detail/pack/packed_input.hpp"
#include "coppice/detail/pack/schema_values.hpp"
#include "coppice/detail/pack/walk.hpp"

namespace coppice::packer {

using detail::pack_input;
using detail::pack_type;
using detail::walked_entry;

/// What the values of a type are restricted to, as a place in pack_value_types and one more; 0: nothing. Elements of
/// C++ are told by their schema, where all that it allows is of one type.
[[nodiscard]] inline std::uint32_t restriction_of(const pack_type& type) noexcept {
  if (type.collection == detail::pack_collection::set) return 0;
  std::string_view word = type.schema;
  if (type.elements == detail::pack_elements::encoded) {
    const auto [first, second] = detail::parts_of_schema(type.schema);
    const std::string_view schema = type.collection == detail::pack_collection::map ? second : first;
    constexpr std::string_view numbers[] = {"i8", "i16", "i32", "u8", "u16", "u32", "f32", "f64"};
    const bool is_number = std::find(std::begin(numbers), std::end(numbers), schema) != std::end(numbers);
    word = is_number ? "number" : schema == "str" ? "string" : schema == "bool" ? "boolean" : "";
  }
  for (std::uint32_t i = 0; i < std::size(detail::pack_value_types); ++i) {
    if (detail::pack_value_types[i] == word) return i + 1;
  }
  return 0;
}

/// Whether a value is of the type that a collection is restricted to.
[[nodiscard]] inline bool is_within(const value_view& of, std::uint32_t restriction) noexcept {
  const value_kind kind = of.kind();
  switch (restriction) {
    case 1:
      return of.is_string();
    case 2: {
      if (kind != value_kind::int64) return kind == value_kind::float64;
      const auto number = detail::load<std::int64_t>(of.raw().data());
      return number <= max_safe_integer && number >= -max_safe_integer;
    }
    case 3:
      return kind == value_kind::boolean_false || kind == value_kind::boolean_true;
    case 4:
      return kind == value_kind::null || kind == value_kind::bytes || kind == value_kind::document;
    default:
      return true;
  }
}

class part_reader {
 public:
  part_reader(pack_input& input, const pack_type& type)
      : input_(input),
        is_vector_(type.collection == detail::pack_collection::vector),
        restriction_(restriction_of(type)),
        schemas_(type) {}

  /// Whether the elements have counterparts here at all.
  [[nodiscard]] bool can_read() const noexcept { return schemas_.have_counterparts(); }
  [[nodiscard]] std::uint32_t restriction() const noexcept { return restriction_; }

  /// The key or element of an entry (column 0), or its value (1). Nothing: the input knows why. Valid until the same
  /// column is read again.
  [[nodiscard]] std::optional<value_view> read(const walked_entry& entry, unsigned column) {
    const bool is_key = column == 0 && !is_vector_;
    const detail::column_part& part = entry.parts[column];
    if (is_collection(part.kind)) {
      return fail(entry, "a typed collection inside a store has no counterpart in JavaScript", errc::invalid_argument);
    }
    const auto bytes = input_.bytes_of(part, entry.record, gathered_[column]);
    if (!bytes) return std::nullopt;
    value_view made;
    if (!schemas_.encoded()) {
      const char* const wrong = detail::wrong_part({bytes->data(), bytes->size(), part.kind}, is_key);
      if (wrong != nullptr) return fail(entry, wrong, errc::corrupt);
      made = value_view::stored(part.kind, *bytes);
    } else {
      if (part.kind != value_kind::bytes) return fail(entry, "an encoded element is not bytes", errc::corrupt);
      const std::optional<value_view> decoded = detail::value_of_encoded(schemas_[column], *bytes);
      if (!decoded) {
        return fail(entry, "a number is beyond int64, or an element is not encoded as it must be", errc::corrupt);
      }
      made = is_key ? decoded->as_key() : *decoded;
      if (made.raw().size() > (is_key ? limits::max_key_bytes : limits::max_value_bytes)) {
        return fail(entry, "a key or value is too long", errc::invalid_argument);
      }
    }
    if (!is_key && !is_within(made, restriction_)) {
      return fail(entry, "a value is of another type than the collection says", errc::corrupt);
    }
    return made;
  }

 private:
  [[nodiscard]] std::nullopt_t fail(const walked_entry& entry, const char* reason, errc code) {
    failure why = entry.record.failure_here(reason);
    why.code = code;
    input_.fail(why);
    return std::nullopt;
  }

  pack_input& input_;
  bool is_vector_;
  std::uint32_t restriction_;
  detail::column_schemas schemas_;
  std::vector<std::byte> gathered_[2];
};

}  // namespace coppice::packer
