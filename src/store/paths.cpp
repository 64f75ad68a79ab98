// See paths.hpp.
#include "src/store/paths.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "coppice/value_kind.hpp"
#include "src/store/errors.hpp"

namespace coppice::store_detail {

namespace {

constexpr mode_t others_may_write = S_IWGRP | S_IWOTH;

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string directory_path() {
  const char* chosen =
      std::getenv("COPPICE_DIR");  // NOLINT(concurrency-mt-unsafe): read only; setenv is the caller's to order
  if (chosen != nullptr && *chosen != '\0') return chosen;
  return "/dev/shm/coppice-" + std::to_string(::geteuid());
}

[[noreturn]] void refuse(errc code, int os_error, const std::string& directory, const std::string& why) {
  throw error(code, "store directory '" + directory + "': " + why, os_error);
}

}  // namespace

bool is_store_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > limits::max_name_bytes || !is_alphanumeric(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

std::string store_directory(bool create) {
  const std::string directory = directory_path();
  struct stat status{};
  if (::lstat(directory.c_str(), &status) != 0 && errno == ENOENT && create) {
    // Two processes may do this at once: the second finds it made.
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
      refuse(errno == EACCES ? errc::permission : errc::system, errno, directory,
             "it cannot be made; set COPPICE_DIR to a directory that you may write to");
    }
  }
  if (::lstat(directory.c_str(), &status) != 0) {
    refuse(errno == ENOENT ? errc::not_found : errc::permission, errno, directory, "it cannot be examined");
  }
  if (!S_ISDIR(status.st_mode))
    refuse(errc::permission, 0, directory, "it is not a directory (symlinks are not followed)");
  if (status.st_uid != ::geteuid()) refuse(errc::permission, 0, directory, "it belongs to another user");
  if ((status.st_mode & others_may_write) != 0) {
    refuse(errc::permission, 0, directory, "others may write to it; make it private with chmod 700");
  }
  return directory;
}

location locate(std::string_view name_or_path, bool create_directory) {
  const std::string text(name_or_path);
  if (text.find('/') != std::string::npos && text.find('\0') == std::string::npos) return {text, text};
  if (!is_store_name(name_or_path)) raise({errc::invalid_name, 0, "", 0, 0}, text);
  std::string directory;
  try {
    directory = store_directory(create_directory);
  } catch (const error& why) {
    // No directory means no store of that name.
    if (why.code() == errc::not_found) raise({errc::not_found, ENOENT, "", 0, 0}, text);
    throw;
  }
  return {text, directory + "/" + text};
}

std::vector<std::string> names_in_directory() {
  std::string directory;
  try {
    directory = store_directory(false);
  } catch (const error& why) {
    if (why.code() == errc::not_found) return {};
    throw;
  }
  std::vector<std::string> names;
  DIR* entries = ::opendir(directory.c_str());
  if (entries == nullptr) refuse(errc::permission, errno, directory, "it cannot be read");
  while (const dirent* entry =
             ::readdir(entries)) {  // NOLINT(concurrency-mt-unsafe): the stream is this function's own
    if (is_store_name(entry->d_name)) names.emplace_back(entry->d_name);
  }
  ::closedir(entries);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace coppice::store_detail
