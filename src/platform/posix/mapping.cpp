// Mappings, and the pages of a file under them: map, commit, decommit, scratch.
//
// Two descriptions. A mapping holds its open file description for as long as it stands, and slot locks (slot_lock.cpp)
// are released only when the last holder of their description is gone. A child of fork that closed the descriptor but
// still has the mapping would so keep a killed parent's slot locked, and the slot's owner would look alive for as long
// as the child runs. So map_file() maps through a second description, made for that purpose and closed at once; the
// descriptor in the region is then the only holder of the one that carries locks.
//
// Thread safety: commit and decommit may run concurrently in any number of processes; the kernel serializes them per
// file.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "src/platform/port.hpp"
#include "src/platform/posix/os_error.hpp"

namespace coppice::platform {
namespace {

using posix::from_errno;

constexpr std::uint64_t page_bytes = 4096;

[[maybe_unused]] bool is_page_multiple(std::uint64_t bytes) noexcept { return bytes % page_bytes == 0; }

[[maybe_unused]] bool fits_off_t(std::uint64_t offset, std::uint64_t length) noexcept {
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  return offset <= largest && length <= largest - offset;
}

/// fallocate(2) sends SIGXFSZ, which kills, when it would grow the file past RLIMIT_FSIZE. So the limit is looked at
/// before, and is an ordinary error. Growth alone is limited: committing a hole inside the file is not.
result<void> check_file_size_limit(int file, std::uint64_t end) noexcept {
  struct rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || end <= limit.rlim_cur) return {};
  struct stat status{};
  if (::fstat(file, &status) != 0) return from_errno(errno, "reading the status of a file");
  if (end <= static_cast<std::uint64_t>(status.st_size)) return {};
  return from_errno(EFBIG, "growing a file beyond the limit of this process (RLIMIT_FSIZE)", end, limit.rlim_cur);
}

failure commit_failure(int os_error, std::uint64_t offset, std::uint64_t length) noexcept {
  if (os_error == ENOMEM) {  // tmpfs: memory and swap are full
    return {errc::out_of_space, os_error, "committing memory of a file: no memory left", offset, length};
  }
  return from_errno(os_error, "committing space of a file", offset, length);
}

/// Reserves `reserved_bytes` of addresses that begin at a multiple of as many: then an address in a mapping tells where
/// the mapping begins (coppice/detail/shared/link.hpp). Just as many first: below another mapping they are aligned,
/// and cutting them out of twice as many each time would leave holes that are too small. Null: no addresses.
std::byte* reserve_aligned() noexcept {
  for (const std::uint64_t length : {reserved_bytes, 2 * reserved_bytes}) {
    void* const found = ::mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (found == MAP_FAILED) return nullptr;
    auto* const first = static_cast<std::byte*>(found);
    const std::uint64_t beyond = reinterpret_cast<std::uintptr_t>(first) % reserved_bytes;
    const std::uint64_t before = beyond == 0 ? 0 : reserved_bytes - beyond;
    if (before + reserved_bytes > length) {
      (void)::munmap(first, length);
      continue;
    }
    const std::uint64_t after = length - before - reserved_bytes;
    if (before != 0) (void)::munmap(first, before);
    if (after != 0) (void)::munmap(first + before + reserved_bytes, after);
    return first + before;
  }
  return nullptr;  // not reached: twice as many always have an aligned stretch
}

}  // namespace

result<region> map_file(int file) noexcept {
  assert(file >= 0);
  const int for_mapping = ::open(posix::descriptor_path(file).c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (for_mapping < 0) {
    const failure why = from_errno(errno, "opening a file again to map it (needs /proc)");
    ::close(file);
    return why;
  }
  std::byte* const reserved = reserve_aligned();
  // MAP_NORESERVE: the addresses alone must cost nothing, even where overcommitment is forbidden.
  void* const base = reserved == nullptr ? MAP_FAILED
                                         : ::mmap(reserved, reserved_bytes, PROT_READ | PROT_WRITE,
                                                  MAP_SHARED | MAP_NORESERVE | MAP_FIXED, for_mapping, 0);
  const int os_error = errno;
  ::close(for_mapping);
  if (base == MAP_FAILED) {
    if (reserved != nullptr) (void)::munmap(reserved, reserved_bytes);
    ::close(file);
    if (os_error == ENOMEM) {
      return failure{errc::out_of_space, os_error, "reserving addresses for a mapping", reserved_bytes, 0};
    }
    return from_errno(os_error, "mapping a file", reserved_bytes);
  }
  // A core dump must not walk 64 GiB of shared data. Only a wish: nothing depends on it.
  (void)::madvise(base, reserved_bytes, MADV_DONTDUMP);
  return region{file, static_cast<std::byte*>(base)};
}

void unmap(region& mapped) noexcept {
  assert(mapped.base != nullptr);
  [[maybe_unused]] const int unmapped = ::munmap(mapped.base, reserved_bytes);
  assert(unmapped == 0);
  if (mapped.file >= 0) ::close(mapped.file);
  mapped = region{};
}

result<void> commit(int file, std::uint64_t offset, std::uint64_t length) noexcept {
  assert(file >= 0);
  assert(is_page_multiple(offset) && is_page_multiple(length));
  assert(fits_off_t(offset, length));
  if (auto limit = check_file_size_limit(file, offset + length); !limit) return limit;
  // Kernels before 5.19 give tmpfs allocations up on any signal and undo them, so a fast timer could starve a large one
  // for ever: after each interruption the next step is half as long, down to a page.
  std::uint64_t step = length;
  while (length > 0) {
    step = std::min(step, length);
    if (::fallocate(file, 0, static_cast<off_t>(offset), static_cast<off_t>(step)) == 0) {
      offset += step;
      length -= step;
    } else if (errno == EINTR) {
      step = std::max(step / 2 / page_bytes * page_bytes, page_bytes);
    } else {
      return commit_failure(errno, offset, length);
    }
  }
  return {};
}

result<void> decommit(int file, std::uint64_t offset, std::uint64_t length) noexcept {
  assert(file >= 0);
  assert(is_page_multiple(offset) && is_page_multiple(length));
  assert(fits_off_t(offset, length));
  if (length == 0) return {};
  int done = 0;
  do {
    done = ::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                       static_cast<off_t>(length));
  } while (done != 0 && errno == EINTR);
  if (done != 0) return from_errno(errno, "giving space of a file back", offset, length);
  return {};
}

std::byte* map_scratch(std::size_t length) noexcept {
  assert(length > 0);
  void* const base =
      ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return base == MAP_FAILED ? nullptr : static_cast<std::byte*>(base);
}

void unmap_scratch(std::byte* scratch, std::size_t length) noexcept {
  assert(scratch != nullptr && length > 0);
  [[maybe_unused]] const int unmapped = ::munmap(scratch, length);
  assert(unmapped == 0);
}

}  // namespace coppice::platform
