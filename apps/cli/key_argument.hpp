// A key on the command line: a string, unless a flag says otherwise.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "coppice/value.hpp"

namespace coppice::cli {

enum class key_type : std::uint8_t { string, int64, float64, bytes };

/// KEY and the flags --int, --double, --bytes of a command.
struct key_argument {
  std::string text;
  bool is_int = false;
  bool is_double = false;
  bool is_bytes = false;

  void add_to(CLI::App& command);
  /// Throws command_error("usage") if the text is not of the type, command_error("bad_text") if a string is not WTF-8.
  [[nodiscard]] value parse() const;
};

/// The key that `text` means as `type`; throws as key_argument::parse.
[[nodiscard]] value parse_key(std::string_view text, key_type type);

}  // namespace coppice::cli
