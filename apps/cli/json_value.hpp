// Stored values as JSON, and back.
//
//   null, booleans, int64   as they are
//   float64                 a number; NaN and the infinities as {"$number":"NaN" | "Infinity" | "-Infinity"}
//   strings                 a string; what is not UTF-8 in it becomes U+FFFD, and the result says so
//   bytes                   {"$bytes":"<base64>"}
//   documents               what they hold; binary in them as bytes, extension types as {"$bytes":...,"$type":<n>}
//   collections             {"$map":{"elements":<n>}}, "$set", "$vector": that they are there; they are not read back
//   anything else           {"$<kind>":"<base64>"}, and {"$messagepack":"<base64>"} for a document that JSON cannot
//   hold
//
// Both directions refuse trees deeper than max_json_depth: the library that encodes them recurses.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "coppice/value.hpp"

namespace coppice::cli {

inline constexpr std::size_t max_json_depth = 512;

struct json_result {
  nlohmann::json tree;
  bool replaced = false;  ///< some text was not UTF-8: the tree differs from what is stored
};

[[nodiscard]] json_result to_json(const value_view& stored);

/// One line of JSON.
[[nodiscard]] std::string json_line(const nlohmann::json& tree);

/// Throws command_error("bad_json") with the column and what is wrong there.
[[nodiscard]] nlohmann::json parse_json(std::string_view text);

/// The stored form: scalars as scalars, {"$bytes"} and {"$number"} at the top as what they stand for, any other array
/// or object as a document. Throws command_error("bad_json") on an integer beyond 64 bits, on bad base64.
[[nodiscard]] value from_json(const nlohmann::json& tree);

/// The tree as a document, whatever it is. Members are sorted by name, so that equal trees are equal bytes.
[[nodiscard]] value document_from_json(const nlohmann::json& tree);

}  // namespace coppice::cli
