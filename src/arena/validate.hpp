// Judging a file before it is trusted: every field of the header, and every word that says where something lies.
#pragma once

#include "coppice/result.hpp"
#include "src/arena/session.hpp"

namespace coppice::arena {

/// Hash over the sizes and offsets of every struct of the layout: two builds that differ in it must not share a file.
[[nodiscard]] std::uint32_t layout_hash() noexcept;

/// XXH3 of the identity's bytes before its checksum.
[[nodiscard]] std::uint64_t identity_checksum(const identity& id) noexcept;

/// The identity alone. Precondition: the file has at least initial_blocks blocks.
/// Errors: not_a_store (magic), version_mismatch (format, layout, tuning), corrupt (checksum, a field out of its
/// domain).
result<void> validate_identity(const mapping& map, const open_expectation& expected) noexcept;

/// Control words, directories, block states of control blocks, and the published head: nothing points outside the file.
/// `file_bytes` is the file's length. Errors: corrupt (subject: the offset or number that is wrong).
result<void> validate_control(const mapping& map, std::uint64_t file_bytes) noexcept;

}  // namespace coppice::arena
