// What the functions of the module share: a buffer in which both sides put runs and names, and why the last call
// failed.
//
// Thread safety: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "coppice/result.hpp"

namespace coppice::packer {

inline constexpr std::uint32_t buffer_bytes = 64 * 1024;
alignas(16) inline std::byte buffer[buffer_bytes];
inline failure trouble;

/// Keeps a failure. Returns 1.
inline std::uint32_t fail(const failure& why) noexcept {
  trouble = why;
  return 1;
}

/// The first `size` bytes of the buffer.
[[nodiscard]] inline std::span<const std::byte> given(std::uint32_t size) noexcept {
  return std::span<const std::byte>(buffer).first(size < buffer_bytes ? size : buffer_bytes);
}

}  // namespace coppice::packer
