// Writing encoded bytes: what codecs encode to.
//
// A writer is anything with `append(std::span<const std::byte>)`; byte_buffer is one that keeps them. The functions
// put_ write what codecs are made of.
//
// Errors: what append() throws.
//
// Thread safety: one thread at a time.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace coppice {

template <class T>
concept byte_writer = requires(T& writer, std::span<const std::byte> bytes) { writer.append(bytes); };

/// Keeps what is appended.
class byte_buffer {
 public:
  void append(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  [[nodiscard]] const std::vector<std::byte>& bytes() const& noexcept { return bytes_; }
  [[nodiscard]] std::vector<std::byte> bytes() && noexcept { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// A number of fixed width, little-endian.
template <class Number>
  requires std::is_trivially_copyable_v<Number>
void put_fixed(Number number, byte_writer auto& to) {
  static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");
  to.append(std::as_bytes(std::span(&number, 1)));
}

/// A count in LEB128: seven bits a byte, the lowest first; the high bit says that more follow.
void put_number(std::uint64_t number, byte_writer auto& to) {
  std::array<std::byte, 10> bytes;
  std::size_t count = 0;
  for (; number > 0x7f; number >>= 7) bytes[count++] = static_cast<std::byte>(number | 0x80);
  bytes[count++] = static_cast<std::byte>(number);
  to.append(std::span(bytes).first(count));
}

}  // namespace coppice
