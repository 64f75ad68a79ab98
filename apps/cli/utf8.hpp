// Well-formed text: UTF-8 for JSON, and WTF-8 (which also has lone surrogates) for stores.
#pragma once

#include <string>
#include <string_view>

namespace coppice::cli {

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// UTF-8 in which lone surrogates are allowed. A pair of them is not: it has an encoding of its own.
[[nodiscard]] bool is_wtf8(std::string_view text) noexcept;

/// The text with U+FFFD for each lone surrogate and for each byte that belongs to nothing.
[[nodiscard]] std::string to_utf8(std::string_view text);

}  // namespace coppice::cli
