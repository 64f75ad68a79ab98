#include "input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "failure.hpp"
#include "output.hpp"
#include "signals.hpp"

namespace coppice::cli {

namespace {

constexpr std::size_t read_bytes = std::size_t{256} * 1024;

}  // namespace

input_file::input_file(const std::string& path)
    : descriptor_(STDIN_FILENO), label_(path == "-" ? "standard input" : path) {
  if (path == "-") return;
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw command_error("input", fmt::format("cannot open {}: {}", path, std::strerror(errno)));
}

input_file::~input_file() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

std::size_t input_file::read(char* place, std::size_t capacity) {
  for (;;) {
    wait_readable(descriptor_);
    const ssize_t got = ::read(descriptor_, place, capacity);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN) {
      throw command_error("input", fmt::format("cannot read {}: {}", label_, std::strerror(errno)));
    }
  }
}

std::optional<std::uint64_t> input_file::size_bytes() const {
  struct stat about = {};
  if (::fstat(descriptor_, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(about.st_size);
}

std::string read_all(input_file& input, std::size_t most_bytes) {
  std::string content;
  for (;;) {
    const std::size_t before = content.size();
    content.resize(before + read_bytes);
    const std::size_t got = input.read(content.data() + before, read_bytes);
    content.resize(before + got);
    if (got == 0) return content;
    if (content.size() > most_bytes) {
      throw command_error(
          "value_too_large",
          fmt::format("{} holds more than the {} bytes that a value may have; split it over several keys",
                      input.label(), grouped(most_bytes)));
    }
  }
}

bool line_reader::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < read_bytes) buffer_.resize(std::max(buffer_.size() * 2, end_ + read_bytes));
  const std::size_t got = input_->read(buffer_.data() + end_, buffer_.size() - end_);
  end_ += got;
  at_end_ = got == 0;
  return !at_end_;
}

std::optional<std::string_view> line_reader::next() {
  throw_if_stopped();
  std::size_t searched = begin_;
  for (;;) {
    const auto* found = static_cast<const char*>(std::memchr(buffer_.data() + searched, '\n', end_ - searched));
    if (found == nullptr && end_ - begin_ > longest_line_bytes_) {
      throw command_error("bad_line", fmt::format("line {} of {} is longer than {} bytes", line_number_ + 1,
                                                  input_->label(), grouped(longest_line_bytes_)));
    }
    if (found == nullptr && !at_end_) {
      const std::size_t seen = end_ - begin_;
      fill();
      searched = begin_ + seen;
      continue;
    }
    if (found == nullptr && begin_ == end_) return std::nullopt;
    const std::size_t stop = found == nullptr ? end_ : static_cast<std::size_t>(found - buffer_.data());
    std::string_view line(buffer_.data() + begin_, stop - begin_);
    const std::size_t next_begin = found == nullptr ? stop : stop + 1;
    bytes_consumed_ += next_begin - begin_;
    begin_ = next_begin;
    ++line_number_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }
}

}  // namespace coppice::cli
