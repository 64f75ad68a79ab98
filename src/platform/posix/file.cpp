// Files by path: open, create without a name, publish, remove, identify.
//
// A new arena is written while its file has no name (O_TMPFILE) and gets its path by linkat(2) when it is complete, so
// that no process ever opens a half-made one and a kill in between leaves nothing behind. A file system without
// O_TMPFILE is refused as `unsupported` (tmpfs, ext4, xfs, btrfs and, since Linux 6.1, overlayfs have it): a temporary
// name instead would be litter after a kill.
//
// Thread safety: all functions may run on any thread; races on a path are decided by the kernel.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstring>

#include "src/platform/port.hpp"
#include "src/platform/posix/os_error.hpp"

namespace coppice::platform {
namespace {

using posix::from_errno;

static_assert(sizeof(off_t) == 8, "offsets reach 64 GiB");

/// Closes the descriptor and hands the failure through.
failure close_and(int file, failure why) noexcept {
  ::close(file);  // never retried: Linux frees the descriptor even when it reports EINTR
  return why;
}

/// The errors with which open(2) reports something that is there and is no regular file.
bool says_not_regular(int os_error) noexcept { return os_error == EISDIR || os_error == ENXIO || os_error == ENODEV; }

int open_retrying(const char* path, int flags, mode_t mode) noexcept {
  int file = -1;
  do {
    file = ::open(path, flags | O_CLOEXEC, mode);
  } while (file < 0 && errno == EINTR);
  return file;
}

/// The directory part of a path.
class parent_directory {
 public:
  /// False when the path is too long for the operating system anyway.
  bool assign(const char* path) noexcept {
    const char* slash = std::strrchr(path, '/');
    if (slash == nullptr) {
      text_[0] = '.';
      text_[1] = '\0';
      return true;
    }
    const std::size_t length = slash == path ? 1 : static_cast<std::size_t>(slash - path);
    if (length >= sizeof(text_)) return false;
    std::memcpy(text_, path, length);
    text_[length] = '\0';
    return true;
  }
  [[nodiscard]] const char* c_str() const noexcept { return text_; }

 private:
  char text_[PATH_MAX];
};

file_identity identity_of(const struct stat& status) noexcept {
  constexpr std::uint64_t block_bytes = 512;  // unit of st_blocks, whatever the file system
  return {status.st_dev, status.st_ino, status.st_nlink, static_cast<std::uint64_t>(status.st_size),
          static_cast<std::uint64_t>(status.st_blocks) * block_bytes};
}

}  // namespace

result<int> open_file(const char* path) noexcept {
  assert(path != nullptr);
  // O_NONBLOCK: the open of a FIFO or a device that somebody put there must not hang; it changes nothing for a file.
  const int file = open_retrying(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
  if (file < 0) {
    const int os_error = errno;
    if (says_not_regular(os_error)) return failure{errc::not_a_store, os_error, "opening a file: not a regular file"};
    if (os_error == ELOOP) return from_errno(os_error, "opening a file: a symbolic link is not followed");
    return from_errno(os_error, "opening a file");
  }
  struct stat status{};
  if (::fstat(file, &status) != 0) return close_and(file, from_errno(errno, "reading the status of a file"));
  if (!S_ISREG(status.st_mode)) {
    return close_and(file, {errc::not_a_store, 0, "opening a file: not a regular file"});
  }
  if (status.st_uid != ::geteuid()) {
    return close_and(file,
                     {errc::permission, 0, "opening a file: it belongs to another user", status.st_uid, ::geteuid()});
  }
  return file;
}

result<int> create_unnamed_file(const char* path, std::uint32_t mode) noexcept {
  assert(path != nullptr);
  assert((mode & ~std::uint32_t{0777}) == 0);
  parent_directory directory;
  if (!directory.assign(path)) return from_errno(ENAMETOOLONG, "creating a file");
  const int file = open_retrying(directory.c_str(), O_TMPFILE | O_RDWR, mode);
  if (file < 0) {
    const int os_error = errno;
    if (os_error == EISDIR || os_error == EOPNOTSUPP) {  // EISDIR: what the kernel says when it does not know the flag
      return failure{errc::unsupported, os_error, "creating a file: the file system has no nameless files (O_TMPFILE)"};
    }
    return from_errno(os_error, "creating a file");
  }
  // The mode is the caller's decision, not the umask's: a store opened by two programs must not depend on their umasks.
  if (::fchmod(file, mode) != 0) return close_and(file, from_errno(errno, "setting the mode of a file"));
  return file;
}

result<void> publish_file(int file, const char* path) noexcept {
  assert(file >= 0 && path != nullptr);
  if (::linkat(AT_FDCWD, posix::descriptor_path(file).c_str(), AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0) return {};
  if (errno != ENOENT) return from_errno(errno, "naming a new file");
  // ENOENT: the directory is gone, or /proc is not mounted. The other spelling needs no /proc, but a capability before
  // Linux 6.10, and answers ENOENT again in the first case.
  if (::linkat(file, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0) return {};
  return from_errno(errno, "naming a new file");
}

result<void> remove_file(const char* path) noexcept {
  assert(path != nullptr);
  if (::unlink(path) != 0) return from_errno(errno, "removing a file");
  return {};
}

result<file_identity> identify(int file) noexcept {
  assert(file >= 0);
  struct stat status{};
  if (::fstat(file, &status) != 0) return from_errno(errno, "reading the status of a file");
  return identity_of(status);
}

result<file_identity> identify(const char* path) noexcept {
  assert(path != nullptr);
  struct stat status{};
  if (::fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return from_errno(errno, "reading the status of a path");
  }
  return identity_of(status);
}

}  // namespace coppice::platform
