#include "base64.hpp"

#include <cstdint>

namespace coppice::cli {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::span<const std::byte> raw) {
  std::string text;
  text.reserve((raw.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < raw.size(); i += 3) {
    const std::size_t present = raw.size() - i < 3 ? raw.size() - i : 3;
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < present ? std::to_integer<std::uint32_t>(raw[i + j]) : 0);
    }
    for (std::size_t j = 0; j < 4; ++j) text += j <= present ? alphabet[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::string_view digits = text.substr(0, text.size() - padding);

  std::string raw;
  raw.reserve(digits.size() * 3 / 4);
  std::uint32_t pending = 0;
  unsigned pending_bits = 0;
  for (const char digit : digits) {
    const std::size_t six = alphabet.find(digit);
    if (six == std::string_view::npos) return std::nullopt;
    pending = pending << 6 | static_cast<std::uint32_t>(six);
    pending_bits += 6;
    if (pending_bits >= 8) {
      pending_bits -= 8;
      raw += static_cast<char>(pending >> pending_bits & 0xff);
      pending &= (1U << pending_bits) - 1;
    }
  }
  if (pending != 0 || pending_bits != padding * 2) return std::nullopt;
  return raw;
}

}  // namespace coppice::cli
