// A package as the demo stores it: all fields of its control paragraph, and
//   id        "package/version/architecture", its key
//   group     the last part of its section
//   installs  a number that writers move between packages
//   revision  how often it was written
//   crc       XXH3 of the whole record as MessagePack, with sixteen zeros in the place of this field
// A record is flat, a map of strings and integers, and is read in place: no tree is built to verify one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::demo {

/// What a reader needs of a record; the texts point into its bytes.
struct record_view {
  std::string_view id;
  std::string_view group;
  std::string_view crc;
  std::int64_t installs = 0;
  std::int64_t revision = 0;
};

/// Nothing unless the bytes are a flat MessagePack map with these fields.
[[nodiscard]] std::optional<record_view> read_record(std::span<const std::byte> raw);

/// Whether the record's bytes are those that its crc was made for. Precondition: `record` was read from `raw`.
[[nodiscard]] bool crc_holds(std::span<const std::byte> raw, const record_view& record);

/// Sets the crc and returns the record as it is stored.
std::vector<std::uint8_t> seal(nlohmann::json& record);

}  // namespace coppice::demo
