#include "progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "output.hpp"
#include "size_text.hpp"

namespace coppice::cli {

namespace {

constexpr std::size_t widest_bar = 40;
constexpr std::size_t narrowest_bar = 8;

std::size_t terminal_columns() {
  winsize size = {};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::clamp(std::ceil(seconds), 0.0, 360'000.0));
  const std::uint64_t minutes = whole / 60;
  if (minutes < 60) return fmt::format("{}:{:02}", minutes, whole % 60);
  return fmt::format("{}:{:02}:{:02}", minutes / 60, minutes % 60, whole % 60);
}

std::string progress_line(const progress_state& state, std::size_t columns) {
  const auto counted = static_cast<double>(state.items.value_or(state.bytes));
  const auto rate = static_cast<std::uint64_t>(state.seconds > 0 ? counted / state.seconds : 0);
  std::string text = state.items ? fmt::format("{} items  {}/s", grouped(*state.items), grouped(rate))
                                 : fmt::format("{}  {}/s", size_text(state.bytes), size_text(rate));
  if (!state.total_bytes || *state.total_bytes == 0) {
    if (state.items) text += "  " + size_text(state.bytes);
    return text.substr(0, columns);
  }
  const double share = std::min(1.0, static_cast<double>(state.bytes) / static_cast<double>(*state.total_bytes));
  if (share > 0) text += fmt::format("  {} left", clock_text(state.seconds * (1 - share) / share));
  text = fmt::format("{:3}%  {}", static_cast<unsigned>(share * 100), text);

  const std::size_t used = text.size() + 3;  // brackets and a space
  if (used + narrowest_bar <= columns) {
    const std::size_t width = std::min(widest_bar, columns - used);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
    text = fmt::format("[{}{}] {}", std::string(filled, '#'), std::string(width - filled, '.'), text);
  }
  return text.substr(0, columns);
}

progress_bar::progress_bar(std::optional<std::uint64_t> total_bytes)
    : total_bytes_(total_bytes), enabled_(::isatty(STDERR_FILENO) == 1) {}

double progress_bar::seconds() const { return std::chrono::duration<double>(clock::now() - started_).count(); }

void progress_bar::update(std::uint64_t bytes, std::optional<std::uint64_t> items) {
  if (!enabled_) return;
  const auto now = clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + std::chrono::milliseconds(100);
  drawn_ = true;
  // One column less than there are: a full line would wrap on some terminals. ESC[K wipes what was longer before.
  fmt::print(stderr, "\r{}\x1b[K", progress_line({bytes, total_bytes_, items, seconds()}, terminal_columns() - 1));
  std::fflush(stderr);
}

void progress_bar::clear() {
  if (!drawn_) return;
  drawn_ = false;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

}  // namespace coppice::cli
