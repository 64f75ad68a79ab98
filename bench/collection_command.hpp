// The command line of the suites over collections.
//
// Thread safety: one thread.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace coppice::bench {

struct collection_command {
  bool quick = false;
  bool growth = false;
  std::vector<std::size_t> sizes{1'000, 100'000, 1'000'000};
  std::vector<std::string> only;
  std::string out;

  [[nodiscard]] int rounds() const noexcept { return quick ? 3 : 7; }
  [[nodiscard]] bool asks_for(const std::string& name) const {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  }
};

/// Parses the arguments and calls `run(command)`. Returns the exit status: 0, 1 if something failed, 2 for bad
/// arguments.
template <class Run>
int run_collection_suite(int argc, char** argv, const char* title, const Run& run) {
  collection_command wanted;
  CLI::App app{title};
  app.add_flag("--quick", wanted.quick, "Fewer rounds");
  app.add_flag("--growth", wanted.growth, "Also ten million elements");
  app.add_option("--n", wanted.sizes, "Numbers of elements")
      ->delimiter(',')
      ->check(CLI::Range(std::size_t{100}, std::size_t{100'000'000}));
  app.add_option("--only", wanted.only, "Cases to run")->delimiter(',');
  app.add_option("--out", wanted.out, "File for the rows, as a JSON array");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    return app.exit(why) == 0 ? 0 : 2;
  }
#ifndef NDEBUG
  fmt::print(stderr, "built with asserts: these figures do not count\n");
#endif
  try {
    run(wanted);
  } catch (const std::exception& why) {
    fmt::print(stderr, "{}: {}\n", argv[0], why.what());
    return 1;
  }
  return 0;
}

}  // namespace coppice::bench
