// Which workers there are, as the host tells: the port's slots rest on it.
#pragma once

#include <cstdint>

namespace coppice::platform {

/// Workers that may share a memory at one time.
inline constexpr std::uint32_t max_workers = 512;

/// A number for a worker that begins, never given out before in this memory. Thread safe.
std::uint32_t new_worker() noexcept;

/// The worker has ended, or was ended in the midst of anything: its slot and whatever it held are free for others.
/// Precondition: it does not run any more. Idempotent. Thread safe.
void release_worker(std::uint32_t worker) noexcept;

/// The worker that has a slot, 0: none. Thread safe.
std::uint32_t worker_of_slot(std::uint32_t slot) noexcept;

}  // namespace coppice::platform
