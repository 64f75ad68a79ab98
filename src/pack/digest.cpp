#include "src/pack/digest.hpp"

#include <sodium.h>

#include <algorithm>
#include <vector>

namespace coppice::pack {

namespace {

/// Chooses the fastest code for this processor; without it, there is only the plainest.
void prepare() noexcept {
  static const int done = sodium_init();
  (void)done;
}

[[nodiscard]] unsigned char* raw(detail::pack_digest& digest) noexcept {
  return reinterpret_cast<unsigned char*>(digest.data());
}
[[nodiscard]] const unsigned char* raw(std::span<const std::byte> bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

detail::pack_digest digest_of(std::span<const std::byte> bytes) noexcept {
  prepare();
  detail::pack_digest digest;
  crypto_generichash(raw(digest), digest.size(), raw(bytes), bytes.size(), nullptr, 0);
  return digest;
}

result<detail::pack_digest> digest_of(const pack_source& source) {
  prepare();
  crypto_generichash_state state;
  detail::pack_digest digest;
  crypto_generichash_init(&state, nullptr, 0, digest.size());
  constexpr std::uint64_t at_once = std::uint64_t{1} << 20;
  std::vector<std::byte> buffer;
  for (std::uint64_t at = 0; at < source.size_bytes(); at += at_once) {
    const auto bytes = source.read(at, static_cast<std::size_t>(std::min(at_once, source.size_bytes() - at)), buffer);
    if (!bytes) return bytes.why();
    crypto_generichash_update(&state, raw(*bytes), bytes->size());
  }
  crypto_generichash_final(&state, raw(digest), digest.size());
  return digest;
}

}  // namespace coppice::pack
