// coppice list
#include <fmt/format.h>

#include <algorithm>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "signals.hpp"
#include "size_text.hpp"

namespace coppice::cli {

namespace {

struct listed_store {
  std::string name;
  store_stats stats;
};

/// Stores that can be read. One that cannot is reported and the others are listed all the same.
std::vector<listed_store> readable_stores(const session& shared, bool& all_read) {
  std::vector<listed_store> rows;
  for (const std::string& name : store::list()) {
    throw_if_stopped();
    try {
      rows.push_back({name, open_to_read(name).stats()});
    } catch (const error& why) {
      // Dropped since the names were listed: not an error.
      if (why.code() == errc::not_found || why.code() == errc::closed) continue;
      report_failure(errc_name(why.code()), why.what(), shared.json);
      all_read = false;
    }
  }
  return rows;
}

void print_table(session& shared, const std::vector<listed_store>& rows) {
  if (rows.empty()) return;
  std::size_t width = 4;
  for (const listed_store& each : rows) width = std::max(width, each.name.size());
  shared.out.line(fmt::format("{:<{}}  {:>14}  {:>10}  {:>10}", "NAME", width, "ENTRIES", "SIZE", "LIMIT"));
  for (const listed_store& each : rows) {
    shared.out.line(fmt::format("{:<{}}  {:>14}  {:>10}  {:>10}", each.name, width, grouped(each.stats.entries),
                                size_text(each.stats.committed_bytes), size_text(each.stats.limit_bytes)));
  }
}

int run_list(session& shared) {
  bool all_read = true;
  const std::vector<listed_store> rows = readable_stores(shared, all_read);
  if (shared.json) {
    auto tree = nlohmann::json::array();
    for (const listed_store& each : rows) {
      tree.push_back({{"name", each.name},
                      {"entries", each.stats.entries},
                      {"bytes", each.stats.committed_bytes},
                      {"limit_bytes", each.stats.limit_bytes}});
    }
    shared.out.line(json_line(tree));
  } else {
    print_table(shared, rows);
  }
  return all_read ? exit_ok : exit_error;
}

}  // namespace

void add_list(CLI::App& parser, session& shared) {
  CLI::App& command = declare(
      parser, shared, "list",
      {.summary = "Name the stores, with their entries and bytes",
       .details = "The size is what the file occupies, with versions that snapshots hold and free space for new ones.",
       .examples = "  coppice list\n"
                   "  coppice list --json | jq -r '.[].name'"});
  set_action(command, shared, [&shared] { return run_list(shared); });
}

}  // namespace coppice::cli
