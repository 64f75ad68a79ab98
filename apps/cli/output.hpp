// Standard output, buffered by us: a failed write is an error with a sentence, and a reader that went away ends the
// command quietly. iostreams and stdio hide both until exit.
//
// Thread safety: none; one command, one thread.
#pragma once

#include <string>
#include <string_view>

namespace coppice::cli {

class output_file {
 public:
  explicit output_file(int descriptor) : descriptor_(descriptor) {}
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;

  /// Throws broken_pipe, interrupted or command_error("output").
  void write(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= flush_bytes) flush();
  }
  void line(std::string_view text) {
    write(text);
    write("\n");
  }
  /// Must be called before exit: the destructor drops what it still holds, for it cannot report a failure.
  void flush();

 private:
  static constexpr std::size_t flush_bytes = std::size_t{64} * 1024;
  int descriptor_;
  std::string buffer_;
};

/// "1,234,567"
[[nodiscard]] std::string grouped(unsigned long long number);

/// A string for a line of text: tab, newline, return and backslash as \t \n \r \\, other control bytes as \xNN. It
/// keeps a table one line a row, and keeps what is stored from commanding the terminal.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace coppice::cli
