// coppice scan: the entries of one snapshot, whatever is written meanwhile.
#include <fmt/format.h>

#include <limits>

#include "command.hpp"
#include "failure.hpp"
#include "glob.hpp"
#include "json_value.hpp"
#include "signals.hpp"

namespace coppice::cli {

namespace {

struct scan_arguments {
  std::string name;
  std::optional<std::string> glob;
  std::int64_t most_entries = std::numeric_limits<std::int64_t>::max();
  bool keys_only = false;
};

std::string plain_text(const value_view& stored) {
  if (const auto text = stored.as_string()) return escaped(*text);
  return json_line(to_json(stored).tree);
}

std::string json_entry(const entry& each, bool keys_only) {
  json_result key = to_json(each.key);
  nlohmann::json tree{{"key", std::move(key.tree)}};
  bool replaced = key.replaced;
  if (!keys_only) {
    json_result stored = to_json(each.value);
    tree["value"] = std::move(stored.tree);
    replaced = replaced || stored.replaced;
  }
  if (replaced) tree["replaced"] = true;
  return json_line(tree);
}

void print_entry(session& shared, const entry& each, bool keys_only) {
  if (shared.json) {
    shared.out.line(json_entry(each, keys_only));
    return;
  }
  shared.out.write(plain_text(each.key));
  if (!keys_only) {
    shared.out.write("\t");
    shared.out.write(plain_text(each.value));
  }
  shared.out.write("\n");
}

int run_scan(session& shared, const scan_arguments& arguments) {
  std::optional<glob_pattern> pattern;
  if (arguments.glob) pattern.emplace(*arguments.glob);
  const store opened = open_to_read(arguments.name);
  const auto snapshot = opened.snapshot();
  std::int64_t printed = 0;
  for (const entry& each : snapshot) {
    if (printed == arguments.most_entries) break;
    throw_if_stopped();
    if (pattern) {
      const auto text = each.key.as_string();
      if (!text || !pattern->matches(*text)) continue;
    }
    print_entry(shared, each, arguments.keys_only);
    ++printed;
  }
  return exit_ok;
}

}  // namespace

void add_scan(CLI::App& parser, session& shared) {
  CLI::App& command = declare(parser, shared, "scan",
                              {.summary = "Print the entries",
                               .details = "The entries of one snapshot, in an order of no meaning: key, tab, value. "
                                          "Strings have \\t \\n \\r \\\\ and \\xNN for what\n"
                                          "would break a line. With --json each line is {\"key\":...,\"value\":...}; "
                                          "\"replaced\":true marks one that holds text\n"
                                          "which is not UTF-8.",
                               .examples = "  coppice scan packages --glob 'lib*' --limit 10\n"
                                           "  coppice scan packages --keys-only | sort | less\n"
                                           "  coppice scan packages --json > backup.ndjson     # and back:\n"
                                           "  coppice import restored backup.ndjson --key key --value value"});
  auto arguments = std::make_shared<scan_arguments>();
  add_name(command, arguments->name);
  command.add_option("--glob", arguments->glob, "Only string keys that match: * ? [a-z] [!a-z], over the whole key")
      ->type_name("PATTERN");
  command.add_option("--limit", arguments->most_entries, "At most N entries")
      ->check([](const std::string& text) { return text.starts_with('-') ? "must not be negative" : std::string(); })
      ->type_name("N");
  command.add_flag("--keys-only", arguments->keys_only, "No values");
  set_action(command, shared, [&shared, arguments] { return run_scan(shared, *arguments); });
}

}  // namespace coppice::cli
