// What the pack format has and this module has not: compressed sections, and packs that are made on others. Who reads
// learns that there was a compressed section; nothing here writes one, or opens a pack with a base.
//
// Thread safety: one thread.
#include "src/packer/absent.hpp"

#include "src/pack/compression.hpp"
#include "src/pack/digest.hpp"

namespace coppice {

namespace packer {

bool met_compression = false;

}  // namespace packer

namespace pack {

bool compress(std::span<const std::byte>, int, std::vector<std::byte>&) { return false; }

bool decompress(std::span<const std::byte>, std::span<std::byte>) {
  packer::met_compression = true;
  return false;
}

detail::pack_digest digest_of(std::span<const std::byte>) noexcept { return {}; }

}  // namespace pack

}  // namespace coppice
