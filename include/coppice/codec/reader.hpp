// Reading encoded bytes: what codecs decode from.
//
// A reader goes through bytes of unknown origin. It checks before it believes: every function either returns what is
// there, or ends the decoding with a failure that names the byte. A count is checked against the bytes that are left
// before anything is allocated for it.
//
// Failures travel as an exception from the function that found them to decode() (coppice/codec.hpp), which makes a
// result of them: decode functions of codecs return values, need no check of their own after every step, and work for
// types without a default value. Who uses a reader without decode() catches coppice::decode_failure.
//
// Thread safety: one thread at a time.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "coppice/result.hpp"

namespace coppice {

template <class T>
struct codec;

/// Why bytes cannot be decoded: `why.reason` says what, `why.subject` is the offset at which it was found, `why.limit`
/// the number of bytes.
struct decode_failure {
  failure why;
};

namespace codec_detail {

/// The fewest bytes that an encoded T takes: what its codec says, else one.
template <class T>
[[nodiscard]] constexpr std::size_t least_bytes() noexcept {
  if constexpr (requires { codec<T>::min_bytes(); }) {
    return codec<T>::min_bytes();
  } else {
    return 1;
  }
}

}  // namespace codec_detail

class reader {
 public:
  /// Values inside values inside values, so many at most: decoding recurses.
  static constexpr unsigned default_depth = 200;

  explicit reader(std::span<const std::byte> bytes, unsigned max_depth = default_depth) noexcept
      : bytes_(bytes), depth_left_(max_depth) {}

  /// In bytes, from the beginning.
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  /// In bytes, to the end.
  [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size() - offset_; }
  /// What has been read from an earlier offset on. Lies in the input.
  [[nodiscard]] std::span<const std::byte> since(std::size_t offset) const noexcept {
    return bytes_.subspan(offset, offset_ - offset);
  }

  /// The next `count` bytes, which lie in the input.
  [[nodiscard]] std::span<const std::byte> take(std::size_t count) {
    if (count > remaining()) fail("the bytes end in the middle of a value");
    offset_ += count;
    return bytes_.subspan(offset_ - count, count);
  }

  /// A number of fixed width, as it lies in the input: little-endian.
  template <class Number>
    requires std::is_trivially_copyable_v<Number>
  [[nodiscard]] Number fixed() {
    Number number;
    std::memcpy(&number, take(sizeof(Number)).data(), sizeof(Number));
    return number;
  }

  /// A count in LEB128, in as few bytes as it takes.
  [[nodiscard]] std::uint64_t number() {
    const std::size_t begin = offset_;
    std::uint64_t read = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = fixed<std::uint8_t>();
      const std::uint64_t bits = byte & 0x7fU;
      if (shift == 63 && byte > 1) fail_at(begin, "a count has more than 64 bits");
      if (byte == 0 && shift != 0) fail_at(begin, "a count is not in its shortest form");
      read |= bits << shift;
      if (bits == byte) return read;
    }
  }

  /// How many parts follow that take `bytes_each` at least, which is not zero.
  [[nodiscard]] std::size_t count(std::size_t bytes_each) {
    assert(bytes_each != 0);
    const std::size_t begin = offset_;
    const std::uint64_t claimed = number();
    if (claimed > remaining() / bytes_each) fail_at(begin, "a count is larger than the bytes after it allow");
    return static_cast<std::size_t>(claimed);
  }

  /// The next value of a type, by its codec.
  template <class T>
  [[nodiscard]] T value() {
    if constexpr (std::is_arithmetic_v<T>) {
      return codec<T>::decode(*this);
    } else {
      if (depth_left_ == 0) throw decode_failure{{errc::unsupported, 0, too_deep, offset_, bytes_.size()}};
      --depth_left_;
      T made = codec<T>::decode(*this);
      ++depth_left_;
      return made;
    }
  }

  /// Ends the decoding. `reason`: a literal that says what is wrong with the bytes before this place.
  [[noreturn]] void fail(const char* reason) const { fail_at(offset_, reason); }
  /// The same, with the place at which the wrong bytes begin.
  [[noreturn]] void fail_at(std::size_t offset, const char* reason) const {
    throw decode_failure{{errc::corrupt, 0, reason, offset, bytes_.size()}};
  }

 private:
  static constexpr const char* too_deep = "values are nested too deeply";

  std::span<const std::byte> bytes_;
  std::size_t offset_ = 0;
  unsigned depth_left_;  // after a failure it counts for nothing
};

}  // namespace coppice
