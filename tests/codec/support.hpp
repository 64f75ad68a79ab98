// What the tests of codecs share: hexadecimal bytes, and decoding from memory of exactly the right length.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "samples.hpp"

namespace coppice::codec_test {

[[nodiscard]] inline std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    std::array<char, 3> digits;
    std::snprintf(digits.data(), digits.size(), "%02x", std::to_integer<unsigned>(byte));
    text += digits.data();
  }
  return text;
}
template <class T>
[[nodiscard]] std::string hex_of(const T& value) {
  return hex(encode(value));
}
[[nodiscard]] inline std::vector<std::byte> from_hex(const std::string& text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

/// Bytes on the heap with nothing around them: what reads beyond them is seen by the address sanitizer.
class tight_bytes {
 public:
  explicit tight_bytes(std::span<const std::byte> of) : size_(of.size()), bytes_(new std::byte[size_]) {
    std::copy(of.begin(), of.end(), bytes_.get());
  }
  [[nodiscard]] std::span<const std::byte> span() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

/// The failure of decoding, or errc::ok.
template <class T>
[[nodiscard]] failure why_not(const std::string& hexadecimal, unsigned max_depth = reader::default_depth) {
  const tight_bytes bytes(from_hex(hexadecimal));
  const auto decoded = decode<T>(bytes.span(), max_depth);
  return decoded ? failure{} : decoded.why();
}
template <class T>
void expect_failure(const std::string& hexadecimal, std::uint64_t offset, const char* reason) {
  const failure why = why_not<T>(hexadecimal);
  EXPECT_EQ(why.code, errc::corrupt) << hexadecimal;
  EXPECT_EQ(why.subject, offset) << hexadecimal;
  EXPECT_EQ(why.limit, hexadecimal.size() / 2);
  EXPECT_STREQ(why.reason, reason) << hexadecimal;
}

}  // namespace coppice::codec_test
