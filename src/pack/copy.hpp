// Versions of packs as versions of another one.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <span>

#include "coppice/pack.hpp"

namespace coppice {

namespace detail {

/// What of a reader is not for all.
struct reader_access {
  [[nodiscard]] static pack_input& input(const pack_reader& of) noexcept { return *of.input_; }
  /// Throws error not_found.
  [[nodiscard]] static const pack_root& root(const pack_reader& of, std::size_t index) { return of.root_at(index); }
};

}  // namespace detail

namespace pack {

struct version_place {
  pack_reader* pack;
  std::size_t index;
};

/// Writes a pack of these versions, record by record. Of several with one name the first keeps it.
void copy_versions(std::span<const version_place> versions, pack_sink& to, const pack_options& options);

}  // namespace pack
}  // namespace coppice
