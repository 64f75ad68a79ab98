// coppice check
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "size_text.hpp"

namespace coppice::cli {

namespace {

nlohmann::json report_tree(const std::string& name, const check_report& report) {
  return {{"name", name},
          {"ok", report.ok()},
          {"broken", report.broken},
          {"entries", report.entries},
          {"nodes", report.nodes},
          {"versions", report.versions},
          {"live_bytes", report.live_bytes},
          {"garbage_bytes", report.garbage_bytes},
          {"free_bytes", report.free_bytes},
          {"owned_bytes", report.owned_bytes},
          {"orphaned_bytes", report.orphaned_bytes},
          {"control_bytes", report.control_bytes}};
}

void print_report(output_file& out, const std::string& name, const check_report& report) {
  out.line(report.ok() ? fmt::format("{}: every invariant holds", name)
                       : fmt::format("{}: broken: {}", name, report.broken));
  const auto row = [&out](std::string_view label, const std::string& text) {
    out.line(fmt::format("  {:<10}{:>14}", label, text));
  };
  row("entries", grouped(report.entries));
  row("nodes", grouped(report.nodes));
  row("versions", grouped(report.versions));
  row("live", size_text(report.live_bytes));
  row("garbage", size_text(report.garbage_bytes));
  row("free", size_text(report.free_bytes));
  row("owned", size_text(report.owned_bytes));
  row("orphaned", size_text(report.orphaned_bytes));
  row("control", size_text(report.control_bytes));
}

int run_check(session& shared, const std::string& name) {
  // Not read-only: the check takes the writers' lock.
  const check_report report = open_to_write(name).check();
  if (shared.json) {
    shared.out.line(json_line(report_tree(name, report)));
  } else {
    print_report(shared.out, name, report);
  }
  return report.ok() ? exit_ok : exit_no;
}

}  // namespace

void add_check(CLI::App& parser, session& shared) {
  CLI::App& command = declare(parser, shared, "check",
                              {.summary = "Verify every invariant",
                               .details = "Walks everything and accounts for every byte; writers wait meanwhile. Exit "
                                          "status 1: an invariant is broken.",
                               .examples = "  coppice check packages\n"
                                           "  coppice check packages --json | jq .garbage_bytes"});
  auto name = std::make_shared<std::string>();
  add_name(command, *name);
  set_action(command, shared, [&shared, name] { return run_check(shared, *name); });
}

}  // namespace coppice::cli
