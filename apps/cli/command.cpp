#include "command.hpp"

#include <fmt/format.h>

#include <utility>

#include "failure.hpp"
#include "json_value.hpp"
#include "size_text.hpp"

namespace coppice::cli {

CLI::App& declare(CLI::App& parser, session& shared, const std::string& name, const help_text& help) {
  CLI::App* command = parser.add_subcommand(name, help.summary);
  command->add_flag("--json", shared.json, "Answer and report errors as JSON");
  command->footer((help.details.empty() ? "" : help.details + "\n\n") + "Examples:\n" + help.examples);
  return *command;
}

void set_action(CLI::App& command, session& shared, std::function<int()> action) {
  command.callback([&shared, action = std::move(action)] { shared.action = action; });
}

void add_name(CLI::App& command, std::string& name) {
  command.add_option("NAME", name, "Name of the store, or a path if it has a '/'")->required();
}

void add_limit(CLI::App& command, std::uint64_t& limit_bytes) {
  command
      .add_option_function<std::string>(
          "--limit",
          [&limit_bytes](const std::string& text) {
            const auto parsed = parse_size(text);
            if (!parsed) throw CLI::ValidationError("--limit", in_quotes(text) + " is no size; try 512MiB or 8GiB");
            limit_bytes = *parsed;
          },
          "Most bytes that a new store may occupy (default 8GiB); fixed at creation")
      ->type_name("SIZE");
}

void add_mode(CLI::App& command, std::uint32_t& file_mode) {
  command
      .add_option_function<std::string>(
          "--mode",
          [&file_mode](const std::string& text) {
            const auto parsed = parse_file_mode(text);
            if (!parsed) throw CLI::ValidationError("--mode", in_quotes(text) + " is no octal mode up to 0777");
            file_mode = *parsed;
          },
          "Permission bits of a new store's file (default 0600)")
      ->type_name("OCTAL");
}

store open_to_read(const std::string& name) {
  store_options options;
  options.mode = open_mode::open_existing;
  options.read_only = true;
  return store::open(name, options);
}

store open_to_write(const std::string& name) {
  store_options options;
  options.mode = open_mode::open_existing;
  return store::open(name, options);
}

int report_missing_key(const session& shared, const std::string& name, const value_view& key) {
  std::string shown = json_line(to_json(key).tree);
  if (shown.size() > 200) shown = shown.substr(0, 200) + "...";
  report_failure("not_found", fmt::format("store {} has no key {}", in_quotes(name), shown), shared.json);
  return exit_no;
}

}  // namespace coppice::cli
