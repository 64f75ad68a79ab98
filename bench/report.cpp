#include "report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace coppice::bench {
namespace {

nlohmann::json range_of(const series& rounds) {
  const auto [low, high] = std::minmax_element(rounds.rounds.begin(), rounds.rounds.end());
  return {*low, *high};
}

// The median of the rounds' own ratios: both sides of a round ran within a second of each other, so this holds still
// when the machine drifts during a case.
double ratio_of(const series& ours, const series& lmdb) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.rounds.size(); ++i) ratios.push_back(ours.rounds[i] / lmdb.rounds.at(i));
  return median_of(ratios);
}

std::string figure(const series* rounds) { return rounds == nullptr ? "-" : fmt::format("{:.4g}", rounds->median()); }

std::string verdict(const target& goal, const series* ours, const series* lmdb) {
  if (goal.of == target::kind::none || ours == nullptr) return "";
  if (goal.of == target::kind::absolute) {
    return fmt::format("<= {:.4g} {}", goal.at_most, ours->median() <= goal.at_most ? "ok" : "MISSED");
  }
  if (lmdb == nullptr) return "";
  return fmt::format("<= {:.4g} x {}", goal.at_most, ratio_of(*ours, *lmdb) <= goal.at_most ? "ok" : "MISSED");
}

// The words of params that name a variant, for the table.
std::string variant_of(const nlohmann::json& params) {
  const std::string form = params.value("form", "");
  return fmt::format("{}{}{} B", form, form.empty() ? "" : " ", params.value("value_bytes", 0));
}

}  // namespace

void report::add(const std::string& case_name, std::size_t n, const std::string& unit, const series* ours,
                 const series* lmdb, const target& goal, nlohmann::json params, nlohmann::json details) {
  if (!head_printed_) {
    fmt::print("{:<20} {:<24} {:>9} {:>6} {:>10} {:>10} {:>7}  {}\n", "case", "variant", "n", "unit", "ours", "lmdb",
               "ratio", "target");
    head_printed_ = true;
  }
  const bool both = ours != nullptr && lmdb != nullptr;
  fmt::print("{:<20} {:<24} {:>9} {:>6} {:>10} {:>10} {:>7}  {}\n", case_name, variant_of(params), n, unit,
             figure(ours), figure(lmdb), both ? fmt::format("{:.3f}", ratio_of(*ours, *lmdb)) : "-",
             verdict(goal, ours, lmdb));
  std::fflush(stdout);

  if (both) details["ratio"] = ratio_of(*ours, *lmdb);
  if (ours != nullptr && ours->rounds.size() > 1) details["ours_range"] = range_of(*ours);
  if (lmdb != nullptr && lmdb->rounds.size() > 1) details["lmdb_range"] = range_of(*lmdb);
  nlohmann::json row = {{"suite", "store"}, {"case", case_name}, {"n", n}, {"unit", unit}};
  row["ours"] = ours == nullptr ? nlohmann::json() : nlohmann::json(ours->median());
  row["rivals"] = nlohmann::json::object();
  if (lmdb != nullptr) row["rivals"]["lmdb"] = lmdb->median();
  row["params"] = std::move(params);
  row["details"] = std::move(details);
  rows_.push_back(std::move(row));
  write();
}

void report::write() const {
  if (file_.empty()) return;
  std::ofstream out(file_);
  out << rows_.dump(1) << '\n';
  if (!out.flush()) throw std::runtime_error("cannot write " + file_);
}

}  // namespace coppice::bench
