// Process slot locks: OFD byte-range locks.
//
// The lock belongs to the open file description. It goes when the last descriptor *and the last mapping* of the
// description are gone: map_file() therefore maps through another one (mapping.cpp). What this means for fork: parent
// and child share the description, so the child closing its copy releases nothing, and a parent that dies leaves the
// lock held until the child has closed its copy or run exec (every descriptor here is close-on-exec). A child that does
// neither keeps the parent's slot; hence the child handler calls close_inherited() first of all.
//
// Thread safety: all functions may run on any thread.
#include <fcntl.h>
#include <unistd.h>

#include "src/platform/port.hpp"
#include "src/platform/posix/os_error.hpp"

namespace coppice::platform {
namespace {

/// Far beyond any data: a region ends at 2^36.
constexpr off_t first_slot_offset = off_t{1} << 40;

struct flock slot_range(std::uint32_t slot, short type) noexcept {
  struct flock range{};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = first_slot_offset + static_cast<off_t>(slot);
  range.l_len = 1;
  range.l_pid = 0;  // the kernel refuses an OFD lock with any other
  return range;
}

int control(int file, int command, struct flock& range) noexcept {
  int answer = -1;
  do {
    answer = ::fcntl(file, command, &range);
  } while (answer != 0 && errno == EINTR);
  return answer;
}

failure lock_failure(int os_error, const char* reason, std::uint32_t slot) noexcept {
  // EINVAL: a kernel before 3.15, or a file system that does not know these locks.
  if (os_error == EINVAL) return {errc::unsupported, os_error, reason, slot, 0};
  return posix::from_errno(os_error, reason, slot);
}

}  // namespace

result<bool> try_lock_slot(int file, std::uint32_t slot) noexcept {
  assert(file >= 0);
  struct flock range = slot_range(slot, F_WRLCK);
  if (control(file, F_OFD_SETLK, range) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return lock_failure(errno, "locking a process slot", slot);
}

void unlock_slot(int file, std::uint32_t slot) noexcept {
  assert(file >= 0);
  struct flock range = slot_range(slot, F_UNLCK);
  [[maybe_unused]] const int released = control(file, F_OFD_SETLK, range);
  assert(released == 0);
}

result<bool> slot_is_locked(int file, std::uint32_t slot) noexcept {
  assert(file >= 0);
  struct flock range = slot_range(slot, F_WRLCK);
  if (control(file, F_OFD_GETLK, range) != 0) return lock_failure(errno, "probing a process slot", slot);
  return range.l_type != F_UNLCK;
}

void close_inherited(int file) noexcept {
  assert(file >= 0);
  ::close(file);
}

}  // namespace coppice::platform
