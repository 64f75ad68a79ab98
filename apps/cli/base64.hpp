// Base64 of RFC 4648, section 4, with padding: how bytes look in JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace coppice::cli {

[[nodiscard]] std::string to_base64(std::span<const std::byte> raw);

/// The bytes, as a string. Strict: nothing unless length, alphabet, padding and unused bits are as to_base64 writes
/// them.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace coppice::cli
