// The `coppice` command: stores from the shell.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <clocale>
#include <cstdio>
#include <new>
#include <string_view>

#include "command.hpp"
#include "coppice/error.hpp"
#include "failure.hpp"
#include "signals.hpp"

namespace coppice::cli {
namespace {

constexpr const char* footer =
    R"(Stores live in $COPPICE_DIR, else in /dev/shm/coppice-UID. NAME may also be a path (with a '/').

Examples:
  coppice import packages packages.ndjson --key id
  coppice get packages bash
  coppice scan packages --glob 'lib*' --limit 10
  coppice stat packages
  coppice pack packages packages.pack --zstd

Exit status: 0 done; 1 the answer is no (no such key, a broken store or pack, a difference); 2 an error or bad usage.
`coppice COMMAND --help` tells more about each.)";

void describe(CLI::App& parser, session& shared) {
  parser.name("coppice");
  parser.set_version_flag("--version", "coppice " COPPICE_VERSION, "Print the version");
  parser.add_flag("--json", shared.json, "Answer and report errors as JSON; also after the command");
  // None is allowed here so that a word that is no command is named in the error, and not its absence.
  parser.require_subcommand(0, 1);
  parser.footer(footer);
  add_list(parser, shared);
  add_create(parser, shared);
  add_import(parser, shared);
  add_get(parser, shared);
  add_set(parser, shared);
  add_delete(parser, shared);
  add_scan(parser, shared);
  add_stat(parser, shared);
  add_check(parser, shared);
  add_drop(parser, shared);
  add_pack_command(parser, shared);
  add_unpack(parser, shared);
  add_inspect(parser, shared);
  add_verify(parser, shared);
  add_compact(parser, shared);
  add_diff(parser, shared);
}

/// Help and version go to standard output; a mistake in the arguments becomes one sentence.
int answer_parser(const CLI::App& parser, const CLI::ParseError& why, bool json) {
  if (why.get_exit_code() == 0) return parser.exit(why);
  std::string sentence = why.what();
  std::replace(sentence.begin(), sentence.end(), '\n', ' ');
  const auto given = parser.get_subcommands();
  const std::string name = given.empty() ? "coppice" : "coppice " + given.front()->get_name();
  report_failure("usage", fmt::format("{}; see `{} --help`", sentence, name), json);
  return exit_error;
}

/// Limits of the library as the options that they are here.
std::string in_terms_of_options(std::string sentence) {
  const auto replace = [&](std::string_view term, std::string_view by) {
    const std::size_t at = sentence.find(term);
    if (at != std::string::npos) sentence.replace(at, term.size(), by);
  };
  if (sentence.find("max_decompressed_bytes") == std::string::npos) return sentence;
  replace("max_decompressed_bytes", "--max-decompressed");
  replace("raise that limit in pack_limits", "raise that limit");
  return sentence;
}

int run(session& shared) {
  try {
    const int status = shared.action();
    shared.out.flush();
    return status;
  } catch (const broken_pipe&) {
    return exit_ok;
  } catch (const interrupted& why) {
    report_failure("interrupted", why.what(), shared.json);
    end_by_signal(why.signal_number());
  } catch (const command_error& why) {
    report_failure(why.code(), why.what(), shared.json);
  } catch (const error& why) {
    report_failure(errc_name(why.code()), in_terms_of_options(why.what()), shared.json);
  } catch (const std::bad_alloc&) {
    report_failure("out_of_memory", "this process ran out of memory", shared.json);
  } catch (const std::exception& why) {
    report_failure("internal", why.what(), shared.json);
  }
  return exit_error;
}

int start(int argc, char** argv) {
  install_signal_handlers();
  // For patterns, which count characters. Whatever the user's locale: keys are UTF-8.
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) std::setlocale(LC_CTYPE, "");
  session shared;
  CLI::App parser("Maps in shared memory that processes read without copies and write without a server.");
  describe(parser, shared);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    const bool json =
        std::any_of(argv, argv + argc, [](const char* text) { return std::string_view(text) == "--json"; });
    return answer_parser(parser, why, json);
  }
  if (!shared.action) {
    report_failure("usage", "no command given; see `coppice --help`", shared.json);
    return exit_error;
  }
  return run(shared);
}

}  // namespace
}  // namespace coppice::cli

int main(int argc, char** argv) {
  try {
    return coppice::cli::start(argc, argv);
  } catch (const std::exception& why) {
    std::fprintf(stderr, "coppice: %s\n", why.what());
    return coppice::cli::exit_error;
  }
}
