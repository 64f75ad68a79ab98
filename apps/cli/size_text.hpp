// Sizes as people write and read them: "1GiB", "512M", "4096".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coppice::cli {

/// Bytes of "4096", "64K", "1.5GiB", "10 MB". K, M, G, T and KiB, MiB, GiB, TiB count in 1024s; kB, KB, MB, GB, TB in
/// 1000s; upper or lower case. Nothing if it is no size, or one beyond 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// "0 B", "1023 B", "1.0 KiB", "92.1 MiB": at most three digits before the point, one after it.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// Permission bits from octal digits, "0600" or "640". Nothing unless it is at most 0777.
[[nodiscard]] std::optional<std::uint32_t> parse_file_mode(std::string_view text);

}  // namespace coppice::cli
