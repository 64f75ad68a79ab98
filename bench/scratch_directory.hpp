// A directory on tmpfs for one run, removed at its end; what runs that were killed left behind is removed at the start.
//
// Thread safety: one thread. A forked child must end by _exit(2), or it would remove its parent's files.
#pragma once

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace coppice::bench {

class scratch_directory {
 public:
  scratch_directory() {
    remove_stale();
    path_ = parent() / (std::string(prefix) + std::to_string(getpid()));
    if (mkdir(path_.c_str(), 0700) != 0) throw std::runtime_error("cannot create " + path_.string());
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// What tmpfs can still hold: it is bounded by its own limit and by the machine's memory.
  [[nodiscard]] std::uint64_t free_bytes() const {
    std::uint64_t free = std::filesystem::space(path_).available;
    std::ifstream meminfo("/proc/meminfo");
    for (std::string word; meminfo >> word;) {
      std::uint64_t kib = 0;
      if (word == "MemAvailable:" && meminfo >> kib) free = std::min(free, kib * 1024);
    }
    return free;
  }

 private:
  static constexpr std::string_view prefix = "coppice-bench-";
  static std::filesystem::path parent() { return "/dev/shm"; }

  static void remove_stale() {
    for (const auto& found : std::filesystem::directory_iterator(parent())) {
      const std::string name = found.path().filename().string();
      if (!name.starts_with(prefix)) continue;
      pid_t owner = 0;
      const auto parsed = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), owner);
      if (parsed.ec != std::errc() || owner <= 0 || kill(owner, 0) == 0 || errno != ESRCH) continue;
      std::error_code ignored;
      std::filesystem::remove_all(found.path(), ignored);
    }
  }

  std::filesystem::path path_;
};

}  // namespace coppice::bench
