// coppice delete
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "key_argument.hpp"

namespace coppice::cli {

namespace {

struct delete_arguments {
  std::string name;
  key_argument key;
};

int run_delete(session& shared, const delete_arguments& arguments) {
  const value key = arguments.key.parse();
  store opened = open_to_write(arguments.name);
  if (!opened.erase(key.view())) return report_missing_key(shared, arguments.name, key.view());
  if (shared.json) {
    shared.out.line(json_line({{"deleted", to_json(key.view()).tree}, {"version", opened.version()}}));
  }
  return exit_ok;
}

}  // namespace

void add_delete(CLI::App& parser, session& shared) {
  CLI::App& command = declare(parser, shared, "delete",
                              {.summary = "Remove a key",
                               .details = "Exit status 1: there was no such key.",
                               .examples = "  coppice delete packages bash\n"
                                           "  coppice delete orders --int 1042"});
  auto arguments = std::make_shared<delete_arguments>();
  add_name(command, arguments->name);
  arguments->key.add_to(command);
  set_action(command, shared, [&shared, arguments] { return run_delete(shared, *arguments); });
}

}  // namespace coppice::cli
