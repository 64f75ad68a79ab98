// What the tests of the port share: a directory in shared memory, child processes, and file systems of their own.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "src/platform/port.hpp"

namespace coppice::platform::test {

inline constexpr std::uint64_t page = 4096;
inline constexpr std::uint64_t ms = 1'000'000;          // in nanoseconds
inline constexpr std::uint64_t patience = 20'000 * ms;  // after which a test that waits for another process has failed

/// A directory of its own in shared memory, removed with all that is in it.
class scratch_directory {
 public:
  scratch_directory() {
    char name[] = "/dev/shm/coppice-test-XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    path_ = name;
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(const char* name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool is_empty() const { return std::filesystem::is_empty(path_); }

  /// Puts a file system of its own over the directory, in a mount namespace that ends with this process. Returns why
  /// not, or an empty string.
  [[nodiscard]] std::string mount_here(const char* type, const char* options) {
    if (::geteuid() != 0) return "mounting needs root";
    if (::unshare(CLONE_NEWNS) != 0) return std::string("unshare: ") + std::strerror(errno);
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(type, path_.c_str(), type, 0, options) != 0) {
      return std::string("mount: ") + std::strerror(errno);
    }
    mounted_ = true;
    return {};
  }

 private:
  std::string path_;
  bool mounted_ = false;
};

/// A forked process that runs a function and exits with its result. Killed, if it still runs, when this goes.
class child_process {
 public:
  template <class Body>
  explicit child_process(Body body) : id_(::fork()) {
    if (id_ < 0) std::abort();
    if (id_ == 0) ::_exit(body());
  }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process() {
    if (id_ > 0) kill();
  }
  /// Exit status, or minus the signal that ended it.
  int join() {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = -1;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }
  int kill() {
    ::kill(id_, SIGKILL);
    return join();
  }
  /// Somebody else has waited for it.
  void has_ended() { id_ = -1; }
  [[nodiscard]] pid_t id() const { return id_; }

 private:
  pid_t id_;
};

/// A file of one committed page, open and mapped.
class mapped_file {
 public:
  explicit mapped_file(const std::string& path) {
    auto file = create_unnamed_file(path.c_str(), 0600);
    if (!file || !publish_file(*file, path.c_str()) || !commit(*file, 0, page)) std::abort();
    adopt(*file);
  }
  /// Maps an existing file.
  static mapped_file existing(const std::string& path) { return mapped_file(path, 0); }

  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file() { unmap(region_); }

  [[nodiscard]] int file() const { return region_.file; }
  [[nodiscard]] std::byte* base() const { return region_.base; }
  [[nodiscard]] std::atomic<std::uint32_t>& word(std::size_t index) const {
    return reinterpret_cast<std::atomic<std::uint32_t>*>(region_.base)[index];
  }

 private:
  mapped_file(const std::string& path, int) {
    auto file = open_file(path.c_str());
    if (!file) std::abort();
    adopt(*file);
  }
  void adopt(int file) {
    auto mapped = map_file(file);
    if (!mapped) std::abort();
    region_ = *mapped;
  }
  region region_;
};

/// Waits for the word to become `value`. False: it did not.
inline bool await(const std::atomic<std::uint32_t>& word, std::uint32_t value) {
  const std::uint64_t deadline = monotonic_ns() + patience;
  while (word.load() != value) {
    if (monotonic_ns() > deadline) return false;
    sleep_ns(ms / 5);
  }
  return true;
}

/// Waits until nobody but `file` holds the lock of the slot. False: it stays held.
inline bool await_free(int file, std::uint32_t slot) {
  const std::uint64_t deadline = monotonic_ns() + patience;
  while (true) {
    auto locked = slot_is_locked(file, slot);
    if (!locked) return false;
    if (!*locked) return true;
    if (monotonic_ns() > deadline) return false;
    sleep_ns(ms / 5);
  }
}

/// Exit status for bodies of child processes, where an EXPECT would be lost.
inline int passed(bool ok) { return ok ? EXIT_SUCCESS : EXIT_FAILURE; }

}  // namespace coppice::platform::test
