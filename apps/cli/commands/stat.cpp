// coppice stat
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "size_text.hpp"

namespace coppice::cli {

namespace {

nlohmann::json stats_tree(const store& opened, const store_stats& stats) {
  return {{"name", opened.name()},
          {"path", opened.path()},
          {"entries", stats.entries},
          {"version", stats.version},
          {"limit_bytes", stats.limit_bytes},
          {"committed_bytes", stats.committed_bytes},
          {"live_bytes", stats.live_bytes},
          {"allocated_since", stats.allocated_since},
          {"collections", stats.collections},
          {"writers_recovered", stats.writers_recovered},
          {"slots_used", stats.slots_used},
          {"slots_total", stats.slots_total},
          {"pins", stats.pins}};
}

void print_stats(output_file& out, const store& opened, const store_stats& stats) {
  const auto row = [&out](std::string_view label, const std::string& text) {
    out.line(fmt::format("{:<18}{}", label, text));
  };
  row("name", opened.name());
  row("path", opened.path());
  row("entries", grouped(stats.entries));
  row("version", grouped(stats.version));
  row("size", fmt::format("{} of at most {}", size_text(stats.committed_bytes), size_text(stats.limit_bytes)));
  row("live", fmt::format("{} at the last collection", size_text(stats.live_bytes)));
  row("allocated since", size_text(stats.allocated_since));
  row("collections", grouped(stats.collections));
  row("open handles", fmt::format("{} of {}", stats.slots_used, stats.slots_total));
  row("snapshots held", grouped(stats.pins));
  row("recovered", fmt::format("{} times from a process that died", grouped(stats.writers_recovered)));
}

int run_stat(session& shared, const std::string& name) {
  const store opened = open_to_read(name);
  const store_stats stats = opened.stats();
  if (shared.json) {
    shared.out.line(json_line(stats_tree(opened, stats)));
  } else {
    print_stats(shared.out, opened, stats);
  }
  return exit_ok;
}

}  // namespace

void add_stat(CLI::App& parser, session& shared) {
  CLI::App& command = declare(parser, shared, "stat",
                              {.summary = "Tell how large a store is, and who uses it",
                               .details = "",
                               .examples = "  coppice stat packages\n"
                                           "  coppice stat packages --json | jq .live_bytes"});
  auto name = std::make_shared<std::string>();
  add_name(command, *name);
  set_action(command, shared, [&shared, name] { return run_stat(shared, *name); });
}

}  // namespace coppice::cli
