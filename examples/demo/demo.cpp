// coppice_demo STORE: readers, writers and a killer on a store of package records, for a while; then the account.
//
// Exit status 0 if nothing was ever wrong, 1 if something was, 2 if the demo could not run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "catalogue.hpp"
#include "comparison.hpp"
#include "report.hpp"
#include "supervisor.hpp"
#include "verification.hpp"

namespace coppice::demo {
namespace {

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, 1, ',');
  return digits;
}

std::string mebibytes(std::uint64_t bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / 0x1p20); }

std::uint64_t rate(std::uint64_t count, double seconds) {
  return static_cast<std::uint64_t>(static_cast<double>(count) / seconds);
}

/// What is found once all workers are dead.
struct account {
  std::vector<std::string> story;  // of the snapshot that was held all the while
  std::vector<std::string> problems;
  std::uint64_t versions = 0;
  std::uint64_t bytes_while_held = 0;
  store_stats after;
  check_report check;
};

/// The held snapshot must be what it was; the diff to the newest version must be exact.
void tell_story(const snapshot& held, std::uint64_t digest_before, const snapshot& newest, account& result) {
  const std::uint64_t digest_now = digest_of(held);
  result.story.push_back(
      fmt::format("version {} was held while the store moved on to version {}: {} entries, digest "
                  "{:016x} before and {:016x} now, {}",
                  held.version(), newest.version(), grouped(held.size()), digest_before, digest_now,
                  digest_now == digest_before ? "the same" : "CHANGED"));
  if (digest_now != digest_before) result.problems.emplace_back("the snapshot that was held changed");
  const comparison differences = compare(held, newest);
  result.story.push_back(fmt::format("the diff of the two, in {:.1f} ms: {} changed, {} added, {} removed; for example",
                                     differences.milliseconds, grouped(differences.changed), grouped(differences.added),
                                     grouped(differences.removed)));
  for (const std::string& line : differences.examples) result.story.push_back("  " + line);
  if (!differences.problem.empty()) result.problems.push_back(differences.problem);
}

std::vector<table_row> make_table(const catalogue& packages, const run_result& run, const account& end,
                                  std::uint64_t violations) {
  const totals& counts = run.counts;
  std::uint64_t writers_killed = 0;
  for (const kill_mark& each : run.kills) writers_killed += each.was_writer ? 1 : 0;
  return {
      {"records", grouped(packages.records)},
      {"reads/s", fmt::format("{} records verified a second, {} in all",
                              grouped(rate(counts.records_read, run.seconds)), grouped(counts.records_read))},
      {"writes/s", fmt::format("{} transactions a second, {} in all, of {} records",
                               grouped(rate(counts.transactions, run.seconds)), grouped(counts.transactions),
                               grouped(counts.records_written))},
      {"rolled back", grouped(counts.rollbacks)},
      {"snapshots", fmt::format("{} taken, {} verified to the last entry", grouped(counts.snapshots),
                                grouped(counts.whole_snapshots))},
      {"versions", grouped(end.versions)},
      {"kills", fmt::format("{}: {} writers, {} readers", grouped(run.kills.size()), grouped(writers_killed),
                            grouped(run.kills.size() - writers_killed))},
      {"longest without a commit", fmt::format("{:.0f} ms", run.longest_without_commit_seconds * 1e3)},
      {"violations", grouped(violations)},
      {"store, old snapshot held", mebibytes(end.bytes_while_held)},
      {"store, after collection",
       fmt::format("{}, {} of it live", mebibytes(end.after.committed_bytes), mebibytes(end.check.live_bytes))},
      {"check", end.check.ok() ? "every invariant holds" : "BROKEN: " + end.check.broken},
  };
}

account close_accounts(store& target, const catalogue& packages, std::optional<snapshot>& held, std::uint64_t digest) {
  account end;
  {
    const auto newest = target.snapshot();
    end.versions = newest.version() - held->version();
    const verification all = verify_all(newest, packages);
    if (!all.problem.empty()) end.problems.push_back(all.problem);
    tell_story(*held, digest, newest, end);
  }
  end.bytes_while_held = target.stats().committed_bytes;
  held.reset();
  target.collect();
  end.after = target.stats();
  end.check = target.check();
  return end;
}

int run(const run_options& options, const std::string& report) {
  store_options opening;
  opening.mode = open_mode::open_existing;
  store target = store::open(options.store_name, opening);
  const catalogue packages = make_catalogue(target);
  std::optional<snapshot> held = target.snapshot();
  const verification before = verify_all(*held, packages);
  if (!before.problem.empty()) throw std::runtime_error(before.problem);

  fmt::print(
      "{} readers and {} writers on {} records in {} groups for {:.0f} s; one of them is killed every {:.0f} ms\n",
      options.readers, options.writers, grouped(packages.records), packages.groups.size(), options.seconds,
      options.mean_seconds_between_kills * 1e3);
  std::fflush(stdout);
  const run_result result = supervisor(options, packages, target).run();
  const account end = close_accounts(target, packages, held, before.digest);

  const std::uint64_t violations = result.counts.violations + end.problems.size() + (end.check.ok() ? 0 : 1);
  const std::vector<table_row> table = make_table(packages, result, end, violations);
  fmt::print("\n");
  for (const std::string& line : end.story) fmt::print("{}\n", line);
  fmt::print("\n");
  for (const auto& [label, text] : table) fmt::print("{:<26}{}\n", label, text);
  for (const std::string& text : result.counts.messages) fmt::print("violation: {}\n", text);
  for (const std::string& text : end.problems) fmt::print("violation: {}\n", text);
  if (!report.empty()) write_page(report, {options, result, table, end.story});
  return violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace coppice::demo

int main(int argc, char** argv) {
  coppice::demo::run_options options;
  std::string report;
  CLI::App parser("Readers, writers and a killer on a store of package records.");
  parser.add_option("STORE", options.store_name, "Name of the store")->required();
  parser.add_option("--seconds", options.seconds, "How long")->check(CLI::Range(1.0, 1e6));
  parser.add_option("--readers", options.readers, "Reader processes")->check(CLI::Range(0, 30));
  parser.add_option("--writers", options.writers, "Writer processes")->check(CLI::Range(1, 30));
  parser.add_option("--kill-every", options.mean_seconds_between_kills, "Mean seconds between kills")
      ->check(CLI::Range(0.001, 1e6));
  parser.add_option("--report", report, "Write a page with plots to this file");
  CLI11_PARSE(parser, argc, argv);
  try {
    return coppice::demo::run(options, report);
  } catch (const std::exception& why) {
    std::fprintf(stderr, "coppice_demo: %s\n", why.what());
    return 2;
  }
}
