// The commands. Each add_<name>() declares one on the parser: its options, its help, and the action that main runs once
// the whole command line is understood.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "coppice/store.hpp"
#include "output.hpp"

namespace coppice::cli {

/// What the commands share.
struct session {
  bool json = false;
  output_file out{1};
  /// Of the command that was given; returns the exit status.
  std::function<int()> action;
};

void add_list(CLI::App& parser, session& shared);
void add_create(CLI::App& parser, session& shared);
void add_import(CLI::App& parser, session& shared);
void add_get(CLI::App& parser, session& shared);
void add_set(CLI::App& parser, session& shared);
void add_delete(CLI::App& parser, session& shared);
void add_scan(CLI::App& parser, session& shared);
void add_stat(CLI::App& parser, session& shared);
void add_check(CLI::App& parser, session& shared);
void add_drop(CLI::App& parser, session& shared);
void add_pack_command(CLI::App& parser, session& shared);
void add_unpack(CLI::App& parser, session& shared);
void add_inspect(CLI::App& parser, session& shared);
void add_verify(CLI::App& parser, session& shared);
void add_compact(CLI::App& parser, session& shared);
void add_diff(CLI::App& parser, session& shared);

/// What main is to run if this command is the one given.
void set_action(CLI::App& command, session& shared, std::function<int()> action);

/// Words about a command: a line for the list of commands; what its own help adds; examples, each a line.
struct help_text {
  std::string summary;
  std::string details;
  std::string examples;
};

/// Declares a command with its help and its --json.
CLI::App& declare(CLI::App& parser, session& shared, const std::string& name, const help_text& help);

/// The NAME of most commands.
void add_name(CLI::App& command, std::string& name);

/// Declares how --limit or --mode is read; a wrong one is bad usage.
void add_limit(CLI::App& command, std::uint64_t& limit_bytes);
void add_mode(CLI::App& command, std::uint32_t& file_mode);

[[nodiscard]] store open_to_read(const std::string& name);
[[nodiscard]] store open_to_write(const std::string& name);

/// Reports that a key is not there; returns exit_no.
[[nodiscard]] int report_missing_key(const session& shared, const std::string& name, const value_view& key);

}  // namespace coppice::cli
