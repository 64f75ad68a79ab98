// Small machine-near pieces of the trie: unaligned loads, comparing short byte strings, and matching one-byte tags.
//
// `byte_lanes` is sixteen unsigned bytes in a vector register: SSE2, NEON, wasm simd128, or plain C++ (also chosen by
// defining COPPICE_PLAIN_LANES, so that tests can run it anywhere). Masks have one bit a lane, lane 0 in bit 0. All
// three operations read sixteen bytes from the address they are given: node layouts guarantee that those exist.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(COPPICE_PLAIN_LANES)
#define COPPICE_LANES_PLAIN 1
#elif defined(__SSE2__)
#define COPPICE_LANES_SSE2 1
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#define COPPICE_LANES_NEON 1
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#define COPPICE_LANES_WASM 1
#include <wasm_simd128.h>
#else
#define COPPICE_LANES_PLAIN 1
#endif

namespace coppice::detail {

template <class T>
[[nodiscard]] inline T load(const std::byte* from) noexcept {
  T value;
  std::memcpy(static_cast<void*>(&value), from, sizeof(T));
  return value;
}

template <class T>
inline void store(std::byte* to, const T& value) noexcept {
  std::memcpy(to, static_cast<const void*>(&value), sizeof(T));
}

/// The low `n` bits set; n <= 32.
[[nodiscard]] constexpr std::uint32_t low_bits(unsigned n) noexcept {
  return static_cast<std::uint32_t>((std::uint64_t{1} << n) - 1);
}

/// The first `n` bits of a hash, the others zero; n <= 64.
[[nodiscard]] constexpr std::uint64_t hash_prefix(std::uint64_t hash, unsigned n) noexcept {
  return n == 0 ? 0 : hash & (~std::uint64_t{0} << (64 - n));
}

/// The eight bits of a hash after its first `depth` bits (zeros follow the last bit).
[[nodiscard]] constexpr std::uint8_t hash_tag(std::uint64_t hash, unsigned depth) noexcept {
  return depth >= 64 ? std::uint8_t{0} : static_cast<std::uint8_t>((hash << depth) >> 56);
}

/// The `bits` bits (at least one) of a hash that follow its first `depth` bits; depth < 64.
[[nodiscard]] constexpr unsigned hash_slot(std::uint64_t hash, unsigned depth, unsigned bits) noexcept {
  return static_cast<unsigned>((hash << depth) >> (64 - bits));
}

/// What a leaf at `depth` knows of a hash without computing it: its prefix and the eight bits of the tag.
[[nodiscard]] constexpr std::uint64_t known_hash(std::uint64_t prefix, unsigned depth, std::uint8_t tag) noexcept {
  return depth >= 64 ? prefix : prefix | ((std::uint64_t{tag} << 56) >> depth);
}

/// Whether `size` bytes are equal. Short strings, the common case, are compared without a call.
[[nodiscard]] inline bool equal_bytes(const std::byte* a, const std::byte* b, std::size_t size) noexcept {
  if (size >= 16) {
    if (size > 64) return a == b || std::memcmp(a, b, size) == 0;
    const auto differ = [&](std::size_t at) {
      return (load<std::uint64_t>(a + at) ^ load<std::uint64_t>(b + at)) |
             (load<std::uint64_t>(a + at + 8) ^ load<std::uint64_t>(b + at + 8));
    };
    std::uint64_t difference = differ(0) | differ(size - 16);
    if (size > 32) difference |= differ(16) | differ(size - 32);
    return difference == 0;
  }
  if (size >= 8) {
    return ((load<std::uint64_t>(a) ^ load<std::uint64_t>(b)) |
            (load<std::uint64_t>(a + size - 8) ^ load<std::uint64_t>(b + size - 8))) == 0;
  }
  if (size >= 4) {
    return ((load<std::uint32_t>(a) ^ load<std::uint32_t>(b)) |
            (load<std::uint32_t>(a + size - 4) ^ load<std::uint32_t>(b + size - 4))) == 0;
  }
  if (size == 0) return true;
  return a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1];
}

inline void prefetch(const std::byte* address) noexcept { __builtin_prefetch(address, 0, 3); }

inline constexpr unsigned lane_count = 16;

#if defined(COPPICE_LANES_SSE2)

class byte_lanes {
 public:
  explicit byte_lanes(const std::byte* from) noexcept
      : lanes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))) {}
  [[nodiscard]] std::uint32_t equal(std::uint8_t value) const noexcept {
    return mask(_mm_cmpeq_epi8(lanes_, splat(value)));
  }
  [[nodiscard]] std::uint32_t at_least(std::uint8_t value) const noexcept {
    return mask(_mm_cmpeq_epi8(_mm_max_epu8(lanes_, splat(value)), lanes_));
  }
  /// Sum of the first `n` lanes, n <= 16.
  [[nodiscard]] std::uint32_t sum(unsigned n) const noexcept {
    alignas(16) static constexpr std::uint8_t window[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                            255, 255, 255, 255, 255, 255, 255, 255};
    const __m128i kept =
        _mm_and_si128(lanes_, _mm_loadu_si128(reinterpret_cast<const __m128i*>(window + (lane_count - n))));
    const __m128i halves = _mm_sad_epu8(kept, _mm_setzero_si128());
    return static_cast<std::uint32_t>(_mm_cvtsi128_si32(halves)) +
           static_cast<std::uint32_t>(_mm_extract_epi16(halves, 4));
  }
  void put(std::byte* to) const noexcept { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), lanes_); }

 private:
  static __m128i splat(std::uint8_t value) noexcept { return _mm_set1_epi8(static_cast<char>(value)); }
  static std::uint32_t mask(__m128i lanes) noexcept { return static_cast<std::uint32_t>(_mm_movemask_epi8(lanes)); }
  __m128i lanes_;
};

/// Which of sixteen 64-bit words differ from the one before, as bits; the first one always does.
[[nodiscard]] inline unsigned first_of_sixteen(const std::byte* words) noexcept {
  const auto same = [&](unsigned i) {  // words i and i + 1 against those before, as four halves
    const auto at = [&](unsigned j) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(words + 8 * j)); };
    return _mm_cmpeq_epi32(at(i), at(i - 1));
  };
  const auto eight = [&](unsigned i) {  // words i to i + 7, two bytes each
    return _mm_packs_epi16(_mm_packs_epi32(same(i), same(i + 2)), _mm_packs_epi32(same(i + 4), same(i + 6)));
  };
  const auto bits = [&](unsigned i) { return static_cast<std::uint32_t>(_mm_movemask_epi8(eight(i))); };
  // Words 1 to 8, and 8 to 15: reading nothing outside.
  const std::uint32_t low = bits(1), high = bits(8);
  const std::uint32_t equal[2] = {low & (low >> 1) & 0x5555U, high & (high >> 1) & 0x5555U};
  const auto compress = [](std::uint32_t pairs) {  // every other bit
    pairs = (pairs | (pairs >> 1)) & 0x3333U;
    pairs = (pairs | (pairs >> 2)) & 0x0f0fU;
    return (pairs | (pairs >> 4)) & 0x00ffU;
  };
  return ~(compress(equal[0]) << 1 | compress(equal[1]) << 8) & 0xffffU;
}

#elif defined(COPPICE_LANES_NEON)

class byte_lanes {
 public:
  explicit byte_lanes(const std::byte* from) noexcept : lanes_(vld1q_u8(reinterpret_cast<const std::uint8_t*>(from))) {}
  [[nodiscard]] std::uint32_t equal(std::uint8_t value) const noexcept {
    return mask(vceqq_u8(lanes_, vdupq_n_u8(value)));
  }
  [[nodiscard]] std::uint32_t at_least(std::uint8_t value) const noexcept {
    return mask(vcgeq_u8(lanes_, vdupq_n_u8(value)));
  }
  [[nodiscard]] std::uint32_t sum(unsigned n) const noexcept {
    const uint8x16_t kept = vandq_u8(lanes_, vcltq_u8(index(), vdupq_n_u8(static_cast<std::uint8_t>(n))));
    return vaddlvq_u8(kept);
  }
  void put(std::byte* to) const noexcept { vst1q_u8(reinterpret_cast<std::uint8_t*>(to), lanes_); }

 private:
  static uint8x16_t index() noexcept {
    static constexpr std::uint8_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return vld1q_u8(numbers);
  }
  static std::uint32_t mask(uint8x16_t lanes) noexcept {
    static constexpr std::uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t bits = vandq_u8(lanes, vld1q_u8(weights));
    return std::uint32_t{vaddv_u8(vget_low_u8(bits))} | (std::uint32_t{vaddv_u8(vget_high_u8(bits))} << 8);
  }
  uint8x16_t lanes_;
};

#elif defined(COPPICE_LANES_WASM)

class byte_lanes {
 public:
  explicit byte_lanes(const std::byte* from) noexcept : lanes_(wasm_v128_load(from)) {}
  [[nodiscard]] static byte_lanes zero() noexcept { return byte_lanes(wasm_i64x2_const(0, 0)); }
  [[nodiscard]] std::uint32_t equal(std::uint8_t value) const noexcept {
    return wasm_i8x16_bitmask(wasm_i8x16_eq(lanes_, wasm_u8x16_splat(value)));
  }
  [[nodiscard]] std::uint32_t at_least(std::uint8_t value) const noexcept {
    return wasm_i8x16_bitmask(wasm_u8x16_ge(lanes_, wasm_u8x16_splat(value)));
  }
  [[nodiscard]] std::uint32_t sum(unsigned n) const noexcept {
    const v128_t index = wasm_u8x16_make(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const v128_t kept = wasm_v128_and(lanes_, wasm_u8x16_lt(index, wasm_u8x16_splat(static_cast<std::uint8_t>(n))));
    const v128_t fours = wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(kept));
    const std::uint64_t two = wasm_u64x2_extract_lane(fours, 0) + wasm_u64x2_extract_lane(fours, 1);
    return static_cast<std::uint32_t>(two) + static_cast<std::uint32_t>(two >> 32);
  }
  void put(std::byte* to) const noexcept { wasm_v128_store(to, lanes_); }

 private:
  explicit byte_lanes(v128_t lanes) noexcept : lanes_(lanes) {}
  v128_t lanes_;
};

#else

class byte_lanes {
 public:
  explicit byte_lanes(const std::byte* from) noexcept { std::memcpy(lanes_, from, sizeof(lanes_)); }
  [[nodiscard]] std::uint32_t equal(std::uint8_t value) const noexcept {
    std::uint32_t mask = 0;
    for (unsigned i = 0; i < lane_count; ++i) mask |= std::uint32_t{lanes_[i] == value} << i;
    return mask;
  }
  [[nodiscard]] std::uint32_t at_least(std::uint8_t value) const noexcept {
    std::uint32_t mask = 0;
    for (unsigned i = 0; i < lane_count; ++i) mask |= std::uint32_t{lanes_[i] >= value} << i;
    return mask;
  }
  [[nodiscard]] std::uint32_t sum(unsigned n) const noexcept {
    std::uint32_t total = 0;
    for (unsigned i = 0; i < n; ++i) total += lanes_[i];
    return total;
  }
  void put(std::byte* to) const noexcept { std::memcpy(to, lanes_, sizeof(lanes_)); }

 private:
  std::uint8_t lanes_[lane_count];
};

#endif

}  // namespace coppice::detail
