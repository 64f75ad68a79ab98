#include "src/pack/compression.hpp"

#include <zstd.h>

namespace coppice::pack {

bool compress(std::span<const std::byte> raw, int level, std::vector<std::byte>& to) {
  to.resize(ZSTD_compressBound(raw.size()));
  const std::size_t size = ZSTD_compress(to.data(), to.size(), raw.data(), raw.size(), level);
  if (ZSTD_isError(size) != 0 || size >= raw.size()) return false;
  to.resize(size);
  return true;
}

bool decompress(std::span<const std::byte> stored, std::span<std::byte> raw) {
  if (ZSTD_findFrameCompressedSize(stored.data(), stored.size()) != stored.size()) return false;
  if (ZSTD_getFrameContentSize(stored.data(), stored.size()) != raw.size()) return false;
  return ZSTD_decompress(raw.data(), raw.size(), stored.data(), stored.size()) == raw.size();
}

}  // namespace coppice::pack
