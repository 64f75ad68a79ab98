// coppice set
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "input.hpp"
#include "json_value.hpp"
#include "key_argument.hpp"
#include "utf8.hpp"

namespace coppice::cli {

namespace {

struct set_arguments {
  std::string name;
  key_argument key;
  std::string text;
  bool as_json = false;
  bool as_bytes = false;
};

value parse_value(const set_arguments& arguments, std::string_view content) {
  if (arguments.as_json) return from_json(parse_json(content));
  if (arguments.as_bytes) return value(value_view(std::as_bytes(std::span(content))));
  if (!is_wtf8(content)) {
    throw command_error("bad_text", "the value is not UTF-8; store it as bytes with --as-bytes");
  }
  return value(value_view(content));
}

int run_set(session& shared, const set_arguments& arguments) {
  const value key = arguments.key.parse();
  store opened = open_to_write(arguments.name);
  std::string content = arguments.text;
  if (content == "-") {
    input_file input("-");
    content = read_all(input, limits::max_value_bytes);
  }
  const value parsed = parse_value(arguments, content);
  opened.set(key.view(), parsed.view());
  if (shared.json) {
    shared.out.line(json_line({{"key", to_json(key.view()).tree},
                               {"kind", value_kind_name(parsed.kind())},
                               {"bytes", parsed.view().raw().size()},
                               {"version", opened.version()}}));
  }
  return exit_ok;
}

}  // namespace

void add_set(CLI::App& parser, session& shared) {
  CLI::App& command =
      declare(parser, shared, "set",
              {.summary = "Set a key to a string, or to what a flag says",
               .details = "The store must exist. Bytes in JSON are {\"$bytes\":\"<base64>\"}.",
               .examples = "  coppice set prices apple 'one twenty'\n"
                           "  coppice set prices apple --as-json 120\n"
                           "  coppice set prices pear --as-json '{\"price\": 90, \"tags\": [\"ripe\"]}'\n"
                           "  coppice set pictures cat.png --as-bytes - < cat.png"});
  auto arguments = std::make_shared<set_arguments>();
  add_name(command, arguments->name);
  arguments->key.add_to(command);
  command.add_option("VALUE", arguments->text, "The value; - reads it from standard input, to its last byte")
      ->required();
  auto* as_json = command.add_flag("--as-json", arguments->as_json,
                                   "VALUE is JSON: a scalar, or an array or object that becomes a document");
  command.add_flag("--as-bytes", arguments->as_bytes, "VALUE is bytes, of any kind")->excludes(as_json);
  set_action(command, shared, [&shared, arguments] { return run_set(shared, *arguments); });
}

}  // namespace coppice::cli
