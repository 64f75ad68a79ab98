#include "control_file.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace coppice::demo {

namespace {

bool is_compressed(std::string_view path) {
  for (const std::string_view suffix : {".lz4", ".gz", ".xz", ".zst", ".bz2"}) {
    if (path.ends_with(suffix)) return true;
  }
  return false;
}

/// The command that writes the content of a compressed file to its standard output.
std::vector<std::string> decompress_command(const std::string& path) {
  const std::string helper = "/usr/lib/apt/apt-helper";
  if (::access(helper.c_str(), X_OK) == 0) return {helper, "cat-file", path};
  return {"lz4", "-dc", path};
}

std::FILE* start_decompressor(const std::string& path, pid_t& child) {
  const std::vector<std::string> command = decompress_command(path);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  const int status = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (status != 0) {
    ::close(ends[0]);
    child = 0;
    throw std::runtime_error(command[0] + ": " + std::strerror(status));
  }
  return ::fdopen(ends[0], "r");
}

}  // namespace

control_file::control_file(const std::string& path) : path_(path) {
  stream_ = is_compressed(path) ? start_decompressor(path, decompressor_) : std::fopen(path.c_str(), "re");
  if (stream_ == nullptr) throw std::runtime_error(path + ": " + std::strerror(errno));
}

control_file::~control_file() {
  if (stream_ != nullptr) std::fclose(stream_);
  if (decompressor_ > 0) ::waitpid(decompressor_, nullptr, 0);
  std::free(line_);
}

bool control_file::next_line() {
  const ssize_t got = ::getline(&line_, &capacity_, stream_);
  if (got < 0) return false;
  size_ = static_cast<std::size_t>(got);
  while (size_ > 0 && (line_[size_ - 1] == '\n' || line_[size_ - 1] == '\r')) --size_;
  return true;
}

void control_file::finish() {
  if (std::ferror(stream_) != 0) throw std::runtime_error(path_ + ": cannot be read");
  if (decompressor_ <= 0) return;
  int status = 0;
  ::waitpid(decompressor_, &status, 0);
  decompressor_ = 0;
  if (status != 0) throw std::runtime_error(path_ + ": cannot be decompressed");
}

std::optional<paragraph> control_file::next() {
  paragraph fields;
  while (next_line()) {
    const std::string_view line(line_, size_);
    if (line.find_first_not_of(" \t") == std::string_view::npos) {
      if (!fields.empty()) return fields;
      continue;
    }
    if (line.front() == ' ' || line.front() == '\t') {
      if (fields.empty()) continue;
      const std::string_view text = line.substr(1);
      fields.back().second += '\n';
      if (text != ".") fields.back().second += text;
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view text = line.substr(colon + 1);
    if (const auto start = text.find_first_not_of(" \t"); start != std::string_view::npos) {
      text.remove_prefix(start);
    } else {
      text = {};
    }
    fields.emplace_back(line.substr(0, colon), text);
  }
  finish();
  if (fields.empty()) return std::nullopt;
  return fields;
}

}  // namespace coppice::demo
