// The rows of one suite: collected, printed as a table, written as JSON after every row, so that a run that is stopped
// leaves what it measured.
//
// A row is {"suite","case","n","unit","ours","rivals":{"name":value},"params":{},"details":{}}, lower is better.
// `params` names the variant (form, value_bytes, processes); `details` holds measurements that support the figure.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "measure.hpp"

namespace coppice::bench {

/// What a row's figure is held against: a bound on the ratio to the first rival, or on ours itself; none where there is
/// no target.
struct target {
  enum class kind { none, ratio, absolute };
  kind of = kind::none;
  double at_most = 0;
};

class report {
 public:
  /// An empty file name writes nothing. The table has a column for each of the rivals.
  report(std::string suite, std::vector<std::string> rivals, std::string file)
      : suite_(std::move(suite)), rivals_(std::move(rivals)), file_(std::move(file)) {}

  /// Adds a row from the rounds of all sides; any may be null when that side was not run.
  void add(const std::string& case_name, std::size_t n, const std::string& unit, const series* ours,
           const std::vector<const series*>& rivals, const target& goal, nlohmann::json params,
           nlohmann::json details = nlohmann::json::object());

 private:
  void print_head() const;
  void write() const;

  std::string suite_;
  std::vector<std::string> rivals_;
  std::string file_;
  nlohmann::json rows_ = nlohmann::json::array();
  bool head_printed_ = false;
};

}  // namespace coppice::bench
