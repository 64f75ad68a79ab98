// The `store` suite: single operations, space, pauses and processes of a Coppice store against LMDB, both on tmpfs in
// one process, interleaved. README.md says how each case is measured.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "store_suite.hpp"

namespace coppice::bench {
namespace {

struct bench_case {
  const char* name;
  void (*run)(fixture&, report&);
  enum class scope { every_n, largest_n } of;
  bool in_growth;  // also measured over sizes and value sizes by --growth
};

// Filling comes first (it needs no filled store), then reading, then what changes values.
constexpr bench_case cases[] = {
    {"put_single", run_put_single, bench_case::scope::every_n, true},
    {"put_batch", run_put_batch, bench_case::scope::every_n, false},
    {"get_snapshot", run_get_snapshot, bench_case::scope::every_n, true},
    {"get_latest", run_get_latest, bench_case::scope::every_n, false},
    {"iterate", run_iterate, bench_case::scope::every_n, true},
    {"open", run_open, bench_case::scope::largest_n, false},
    {"readers_2", run_readers, bench_case::scope::largest_n, false},
    {"bytes_per_entry", run_bytes_per_entry, bench_case::scope::every_n, true},
    {"update_single", run_update_single, bench_case::scope::every_n, false},
    {"writer_pause_p9999", run_writer_pause, bench_case::scope::largest_n, false},
    {"version_bytes", run_version_bytes, bench_case::scope::largest_n, false},
    {"writers_8", run_writers, bench_case::scope::largest_n, false},
};

constexpr std::size_t usual_value_bytes = 32;

struct command {
  bool growth = false;
  std::vector<std::size_t> sizes{100'000, 1'000'000};
  std::vector<std::string> only;
  std::string out;
  std::string side = "both";
};

class suite {
 public:
  suite(const settings& run, const command& wanted)
      : run_(run), wanted_(wanted), report_("store", {lmdb_side::name}, wanted.out) {}

  /// True if every case ran and every result was right.
  bool run_all() {
    const std::size_t largest = *std::max_element(wanted_.sizes.begin(), wanted_.sizes.end());
    for (const std::size_t n : wanted_.sizes) {
      run_size(n, usual_value_bytes,
               [&](const bench_case& each) { return each.of == bench_case::scope::every_n || n == largest; });
    }
    if (wanted_.growth) run_growth();
    return failures_ == 0;
  }

 private:
  void run_growth() {
    const auto in_growth = [](const bench_case& each) { return each.in_growth; };
    constexpr std::size_t sizes[] = {1'000, 10'000, 100'000, 1'000'000, 10'000'000};
    constexpr std::size_t other_value_bytes[] = {8, 200, 1'000, 20'000};
    for (const std::size_t n : sizes) {
      const bool measured = std::find(wanted_.sizes.begin(), wanted_.sizes.end(), n) != wanted_.sizes.end();
      if (!measured) run_size(n, usual_value_bytes, in_growth);
    }
    for (const std::size_t value_bytes : other_value_bytes) run_size(100'000, value_bytes, in_growth);
  }

  template <class Chosen>
  void run_size(std::size_t n, std::size_t value_bytes, const Chosen& chosen) {
    // Both filled stores, ours at its largest under updates, and a spare one.
    const std::size_t needed = n * (value_bytes + 100) * 5;
    if (scratch_.free_bytes() < needed) {
      fmt::print(stderr, "n = {} with values of {} bytes left out: needs {} MiB of free memory\n", n, value_bytes,
                 needed >> 20U);
      return;
    }
    fixture fix(run_, scratch_, n, value_bytes);
    for (const bench_case& each : cases) {
      if (!chosen(each) || !asked_for(each)) continue;
      try {
        each.run(fix, report_);
      } catch (const std::exception& why) {
        ++failures_;
        fmt::print(stderr, "{} at n = {}, values of {} bytes: {}\n", each.name, n, value_bytes, why.what());
        fix.discard();
      }
    }
  }

  [[nodiscard]] bool asked_for(const bench_case& each) const {
    return wanted_.only.empty() || std::find(wanted_.only.begin(), wanted_.only.end(), each.name) != wanted_.only.end();
  }

  settings run_;
  command wanted_;
  report report_;
  scratch_directory scratch_;
  int failures_ = 0;
};

// Ratios survive a busy machine, tails and cases of several processes do not.
void warn_if_busy() {
  double load = 0;
  if (getloadavg(&load, 1) == 1 && load > 0.5) {
    fmt::print(stderr,
               "load average {:.1f}: others use this machine; readers_2, writers_8 and pauses are not to be trusted\n",
               load);
  }
}

int run_suite(int argc, char** argv) {
  settings run;
  command wanted;
  std::vector<std::string> names;
  for (const bench_case& each : cases) names.emplace_back(each.name);

  CLI::App app{"Measures a Coppice store against LMDB, on tmpfs"};
  app.add_flag("--quick", run.quick, "Fewer and shorter rounds");
  app.add_flag("--growth", wanted.growth,
               "Also put, get, iterate and bytes from 1k to 10M entries and for other values");
  app.add_option("--n", wanted.sizes, "Numbers of entries")
      ->delimiter(',')
      ->check(CLI::Range(std::size_t{100}, std::size_t{100'000'000}));
  app.add_option("--only", wanted.only, "Cases to run")->delimiter(',')->check(CLI::IsMember(names));
  app.add_option("--out", wanted.out, "File for the rows, as a JSON array");
  app.add_option("--side", wanted.side, "Measure one side alone")->check(CLI::IsMember({"both", "ours", "lmdb"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    return app.exit(why) == 0 ? 0 : 2;
  }
  run.run_ours = wanted.side != "lmdb";
  run.run_lmdb = wanted.side != "ours";
  warn_if_busy();
#ifndef NDEBUG
  fmt::print(stderr, "built with asserts: these figures do not count\n");
#endif
  return suite(run, wanted).run_all() ? 0 : 1;
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  try {
    return coppice::bench::run_suite(argc, argv);
  } catch (const std::exception& why) {
    fmt::print(stderr, "bench_store: {}\n", why.what());
    return 1;
  }
}
