// The page that shows a run: figures, three plots over one time axis with the kills marked, and the table. One file
// that needs nothing else, follows the reader's light or dark theme, and has no scripts.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "supervisor.hpp"

namespace coppice::demo {

/// Label and text, as the table on the terminal has them.
using table_row = std::pair<std::string, std::string>;

struct page {
  const run_options& options;
  const run_result& result;
  const std::vector<table_row>& table;
  const std::vector<std::string>& differences;  ///< the snapshot's story, a line each
};

/// Throws std::runtime_error if the file cannot be written.
void write_page(const std::string& path, const page& content);

}  // namespace coppice::demo
