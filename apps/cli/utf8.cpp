#include "utf8.hpp"

#include <cstddef>

namespace coppice::cli {

namespace {

unsigned byte_at(std::string_view text, std::size_t index) {
  return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
}

bool is_between(unsigned byte, unsigned first, unsigned last) { return byte >= first && byte <= last; }

/// Length of the sequence at the front, by table 3-7 of the Unicode standard; 0 if it is ill-formed.
std::size_t sequence_length(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  const unsigned second = byte_at(text, 1);
  if (is_between(first, 0xc2, 0xdf)) return is_between(second, 0x80, 0xbf) ? 2 : 0;
  const bool third_fits = is_between(byte_at(text, 2), 0x80, 0xbf);
  if (is_between(first, 0xe0, 0xef)) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return is_between(second, low, high) && third_fits ? 3 : 0;
  }
  if (is_between(first, 0xf0, 0xf4)) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return is_between(second, low, high) && third_fits && is_between(byte_at(text, 3), 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

bool is_surrogate(std::string_view text) {
  return byte_at(text, 0) == 0xed && is_between(byte_at(text, 1), 0xa0, 0xbf) &&
         is_between(byte_at(text, 2), 0x80, 0xbf);
}

bool is_high_surrogate(std::string_view text) { return is_surrogate(text) && byte_at(text, 1) < 0xb0; }

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_wtf8(std::string_view text) noexcept {
  bool after_high = false;
  while (!text.empty()) {
    std::size_t length = sequence_length(text);
    const bool high = length == 0 && is_high_surrogate(text);
    if (length == 0) {
      if (!is_surrogate(text) || (after_high && !high)) return false;
      length = 3;
    }
    after_high = high;
    text.remove_prefix(length);
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  constexpr std::string_view replacement = "\xef\xbf\xbd";
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length > 0) {
      result += text.substr(0, length);
      text.remove_prefix(length);
    } else {
      result += replacement;
      text.remove_prefix(is_surrogate(text) ? 3 : 1);
    }
  }
  return result;
}

}  // namespace coppice::cli
