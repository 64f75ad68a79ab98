// Elements of C++ types as values of stores: those that have a counterpart (docs/formats/pack.md, section 9).
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "coppice/detail/bits.hpp"
#include "coppice/detail/pack/record.hpp"
#include "coppice/value.hpp"

namespace coppice::detail {

/// The schemas of keys and values of a map.
[[nodiscard]] inline std::pair<std::string_view, std::string_view> parts_of_schema(std::string_view schema) noexcept {
  unsigned depth = 0;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (schema[i] == '(') ++depth;
    if (schema[i] == ')' && depth != 0) --depth;
    if (schema[i] == ',' && depth == 0) return {schema.substr(0, i), schema.substr(i + 1)};
  }
  return {schema, {}};
}

[[nodiscard]] inline bool has_counterpart(std::string_view schema) noexcept {
  constexpr std::string_view known[] = {"i8",  "i16", "i32", "i64",  "u8",  "u16",    "u32",
                                        "u64", "f32", "f64", "bool", "str", "seq(u8)"};
  for (const std::string_view each : known) {
    if (each == schema) return true;
  }
  return false;
}

/// The schemas of what stands in the columns of a type.
class column_schemas {
 public:
  explicit column_schemas(const pack_type& type)
      : columns_(columns_of(type)), encoded_(type.elements != pack_elements::values) {
    if (!encoded_) return;
    const auto [first, second] = parts_of_schema(type.schema);
    schemas_[0] = first;
    schemas_[1] = second;
  }
  /// Whether there are any: else what stands there is values.
  [[nodiscard]] bool encoded() const noexcept { return encoded_; }
  /// Of keys or elements (0), or values (1).
  [[nodiscard]] const std::string& operator[](unsigned column) const noexcept { return schemas_[column]; }
  /// Whether all that stands there can be a value.
  [[nodiscard]] bool have_counterparts() const noexcept {
    return !encoded_ || (has_counterpart(schemas_[0]) && (columns_ == 1 || has_counterpart(schemas_[1])));
  }

 private:
  unsigned columns_;
  bool encoded_;
  std::string schemas_[2];
};

/// A value of what was encoded, or nothing: it is no encoding, or a number beyond int64. Valid as long as the bytes.
/// Precondition: has_counterpart(schema).
[[nodiscard]] inline std::optional<value_view> value_of_encoded(std::string_view schema,
                                                                std::span<const std::byte> bytes) {
  const auto number = [&]<class T>(T) -> std::optional<T> {
    if (bytes.size() != sizeof(T)) return std::nullopt;
    return load<T>(bytes.data());
  };
  const auto whole = [&]<class T>(T like) -> std::optional<value_view> {
    const std::optional<T> read = number(like);
    if (!read || !std::in_range<std::int64_t>(*read)) return std::nullopt;
    return value_view(static_cast<std::int64_t>(*read));
  };
  const auto real = [&]<class T>(T like) -> std::optional<value_view> {
    const std::optional<T> read = number(like);
    if (!read) return std::nullopt;
    return value_view(static_cast<double>(*read));
  };
  if (schema == "i8") return whole(std::int8_t{});
  if (schema == "i16") return whole(std::int16_t{});
  if (schema == "i32") return whole(std::int32_t{});
  if (schema == "i64") return whole(std::int64_t{});
  if (schema == "u8") return whole(std::uint8_t{});
  if (schema == "u16") return whole(std::uint16_t{});
  if (schema == "u32") return whole(std::uint32_t{});
  if (schema == "u64") return whole(std::uint64_t{});
  if (schema == "f32") return real(float{});
  if (schema == "f64") return real(double{});
  if (schema == "bool") {
    const std::optional<std::uint8_t> read = number(std::uint8_t{});
    if (!read || *read > 1) return std::nullopt;
    return value_view(*read == 1);
  }
  // Text and bytes: a count, and as many.
  record_reader from(bytes);
  const std::uint64_t count = from.count();
  if (from.wrong() != nullptr || count != from.remaining()) return std::nullopt;
  const std::span<const std::byte> content = bytes.last(from.remaining());
  if (schema != "str") return value_view(content);
  return value_view(std::string_view(reinterpret_cast<const char*>(content.data()), content.size()));
}

}  // namespace coppice::detail
