// Debian control files: paragraphs of "Field: text" lines, as in dpkg's status file and apt's package lists.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coppice::demo {

/// Fields in the order of the file. Continuation lines are joined by newlines, without their leading space; the single
/// dots that stand for empty lines are empty lines.
using paragraph = std::vector<std::pair<std::string, std::string>>;

/// One file, decompressed by apt's helper or the lz4 tool if its name asks for that.
class control_file {
 public:
  /// Throws std::runtime_error if the file cannot be opened.
  explicit control_file(const std::string& path);
  ~control_file();
  control_file(const control_file&) = delete;
  control_file& operator=(const control_file&) = delete;

  /// Nothing at the end. Throws std::runtime_error if reading or decompressing failed.
  std::optional<paragraph> next();

 private:
  bool next_line();
  void finish();

  std::string path_;
  std::FILE* stream_ = nullptr;
  pid_t decompressor_ = 0;
  char* line_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace coppice::demo
