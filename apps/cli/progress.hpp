// A line on the terminal that tells how far a long command is. It is drawn on standard error, and only when that is a
// terminal; nothing of it stays.
//
// Thread safety: none.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace coppice::cli {

struct progress_state {
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> total_bytes;  ///< unknown for a pipe
  std::optional<std::uint64_t> items;        ///< nothing where only bytes count
  double seconds = 0;
};

/// "[######............] 43%  12,345 items  8,120/s  0:21 left", or "... 43%  12.3 MiB  4.1 MiB/s  0:21 left", as wide
/// as fits in `columns`.
[[nodiscard]] std::string progress_line(const progress_state& state, std::size_t columns);

/// "0:07", "12:34", "1:02:03"
[[nodiscard]] std::string clock_text(double seconds);

class progress_bar {
 public:
  explicit progress_bar(std::optional<std::uint64_t> total_bytes);
  ~progress_bar() { clear(); }
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;

  /// Draws at most ten times a second; otherwise costs one reading of the clock.
  void update(std::uint64_t bytes, std::optional<std::uint64_t> items);
  /// So many bytes more, where only bytes count.
  void add(std::uint64_t bytes) { update(bytes_ += bytes, std::nullopt); }
  /// Wipes the line, so that other text may follow. The next update draws it again.
  void clear();
  [[nodiscard]] double seconds() const;

 private:
  using clock = std::chrono::steady_clock;
  std::optional<std::uint64_t> total_bytes_;
  std::uint64_t bytes_ = 0;
  bool enabled_;
  bool drawn_ = false;
  clock::time_point started_ = clock::now();
  clock::time_point next_draw_ = started_ + std::chrono::milliseconds(200);
};

}  // namespace coppice::cli
