// How the command line fails: one exception with a stable word and a sentence, and the exit statuses.
//
// Exit status 0: done. 1: the answer is no (no such key; a check that found something broken). 2: an error or bad
// usage. An interrupted command ends by the signal itself, so that a shell loop around it ends too.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace coppice::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_no = 1;
inline constexpr int exit_error = 2;

/// Anything that ends a command early. `code` is a stable lower-case word: one of coppice::errc_name or of
/// usage, input, output, bad_line, bad_json, bad_text.
class command_error : public std::runtime_error {
 public:
  command_error(std::string code, const std::string& sentence) : std::runtime_error(sentence), code_(std::move(code)) {}
  [[nodiscard]] const std::string& code() const noexcept { return code_; }

 private:
  std::string code_;
};

/// SIGINT, SIGTERM or SIGHUP arrived while the command was at a place where it can stop.
class interrupted : public std::runtime_error {
 public:
  explicit interrupted(int signal_number, const std::string& sentence = "interrupted")
      : std::runtime_error(sentence), signal_number_(signal_number) {}
  [[nodiscard]] int signal_number() const noexcept { return signal_number_; }

 private:
  int signal_number_;
};

/// Nobody reads standard output any more. Not an error: the reader has seen all that it wanted.
class broken_pipe : public std::exception {};

/// Writes `coppice: <sentence>` to standard error and, with `json`, {"error":{"code","message"}} on a line of its own.
void report_failure(std::string_view code, std::string_view sentence, bool json);

/// A line on standard error that does not end the command.
void report_warning(std::string_view sentence);

/// "name": quoted for a sentence, with everything unprintable escaped.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace coppice::cli
