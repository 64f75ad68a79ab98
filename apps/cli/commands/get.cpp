// coppice get
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "key_argument.hpp"

namespace coppice::cli {

namespace {

struct get_arguments {
  std::string name;
  key_argument key;
  bool raw = false;
};

std::string_view as_text(std::span<const std::byte> raw) {
  return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

int run_get(session& shared, const get_arguments& arguments) {
  const value key = arguments.key.parse();
  const store opened = open_to_read(arguments.name);
  const auto snapshot = opened.snapshot();
  const auto found = snapshot.get(key.view());
  if (!found) return report_missing_key(shared, arguments.name, key.view());
  if (arguments.raw) {
    shared.out.write(as_text(found->raw()));
  } else if (shared.json) {
    json_result shown = to_json(*found);
    nlohmann::json tree{
        {"key", to_json(key.view()).tree}, {"kind", value_kind_name(found->kind())}, {"value", std::move(shown.tree)}};
    if (shown.replaced) tree["replaced"] = true;
    shared.out.line(json_line(tree));
  } else if (const auto text = found->as_string()) {
    shared.out.line(*text);
  } else {
    shared.out.line(json_line(to_json(*found).tree));
  }
  return exit_ok;
}

}  // namespace

void add_get(CLI::App& parser, session& shared) {
  CLI::App& command =
      declare(parser, shared, "get",
              {.summary = "Print the value of a key",
               .details = "A string is printed as it is, anything else as JSON. Exit status 1: there is no such key.",
               .examples = "  coppice get packages bash\n"
                           "  coppice get packages bash --json | jq .value.Version\n"
                           "  coppice get pictures --raw cat.png > cat.png\n"
                           "  coppice get orders --int 1042\n"
                           "  coppice get store -- -key-that-begins-with-a-dash"});
  auto arguments = std::make_shared<get_arguments>();
  add_name(command, arguments->name);
  arguments->key.add_to(command);
  command.add_flag("--raw", arguments->raw, "Print the bytes that are stored, with no newline");
  set_action(command, shared, [&shared, arguments] { return run_get(shared, *arguments); });
}

}  // namespace coppice::cli
