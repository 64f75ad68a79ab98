// Reading files and standard input: whole, or line by line, stopping when a signal asks for it.
//
// Thread safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coppice::cli {

/// An open file, or standard input for "-".
class input_file {
 public:
  /// Throws command_error("input").
  explicit input_file(const std::string& path);
  ~input_file();
  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;

  /// At most `capacity` bytes into `place`; 0 at the end. Throws interrupted, command_error("input").
  std::size_t read(char* place, std::size_t capacity);
  /// Of a regular file.
  [[nodiscard]] std::optional<std::uint64_t> size_bytes() const;
  /// For messages: the path, or "standard input".
  [[nodiscard]] const std::string& label() const noexcept { return label_; }

 private:
  int descriptor_;
  std::string label_;
};

/// All of the input; throws command_error("value_too_large") as soon as there are more bytes than `most_bytes`.
[[nodiscard]] std::string read_all(input_file& input, std::size_t most_bytes);

/// Lines of an input, without their ends (\n or \r\n); the last one needs none.
class line_reader {
 public:
  line_reader(input_file& input, std::size_t longest_line_bytes)
      : input_(&input), longest_line_bytes_(longest_line_bytes) {}

  /// Valid until the next call. Throws as input_file::read, and command_error("bad_line") on a line that is too long.
  std::optional<std::string_view> next();
  /// Number of the line that next() returned last, from 1.
  [[nodiscard]] std::uint64_t line_number() const noexcept { return line_number_; }
  /// Bytes of the lines returned so far.
  [[nodiscard]] std::uint64_t bytes_consumed() const noexcept { return bytes_consumed_; }

 private:
  bool fill();

  input_file* input_;
  std::size_t longest_line_bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what was not returned yet
  std::size_t end_ = 0;    // of what was read
  bool at_end_ = false;
  std::uint64_t line_number_ = 0;
  std::uint64_t bytes_consumed_ = 0;
};

}  // namespace coppice::cli
