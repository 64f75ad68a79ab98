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
double ratio_of(const series& ours, const series& rival) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.rounds.size(); ++i) ratios.push_back(ours.rounds[i] / rival.rounds.at(i));
  return median_of(ratios);
}

std::string figure(const series* rounds) { return rounds == nullptr ? "-" : fmt::format("{:.4g}", rounds->median()); }

std::string verdict(const target& goal, const series* ours, const series* rival) {
  if (goal.of == target::kind::none || ours == nullptr) return "";
  if (goal.of == target::kind::absolute) {
    return fmt::format("<= {:.4g} {}", goal.at_most, ours->median() <= goal.at_most ? "ok" : "MISSED");
  }
  if (rival == nullptr) return "";
  return fmt::format("<= {:.4g} x {}", goal.at_most, ratio_of(*ours, *rival) <= goal.at_most ? "ok" : "MISSED");
}

// The words of params that name a variant, for the table.
std::string variant_of(const nlohmann::json& params) {
  const std::string bytes = params.contains("value_bytes") ? fmt::format("{} B", params.value("value_bytes", 0)) : "";
  return fmt::format("{} {}{}", params.value("form", ""), params.value("elements", ""), bytes);
}

}  // namespace

void report::print_head() const {
  fmt::print("{:<20} {:<24} {:>9} {:>6} {:>10}", "case", "variant", "n", "unit", "ours");
  for (const std::string& rival : rivals_) fmt::print(" {:>10} {:>7}", rival, "ratio");
  fmt::print("  target\n");
}

void report::add(const std::string& case_name, std::size_t n, const std::string& unit, const series* ours,
                 const std::vector<const series*>& rivals, const target& goal, nlohmann::json params,
                 nlohmann::json details) {
  if (!std::exchange(head_printed_, true)) print_head();
  fmt::print("{:<20} {:<24} {:>9} {:>6} {:>10}", case_name, variant_of(params), n, unit, figure(ours));
  for (std::size_t i = 0; i < rivals_.size(); ++i) {
    const series* const rival = i < rivals.size() ? rivals[i] : nullptr;
    const bool both = ours != nullptr && rival != nullptr;
    fmt::print(" {:>10} {:>7}", figure(rival), both ? fmt::format("{:.3f}", ratio_of(*ours, *rival)) : "-");
  }
  fmt::print("  {}\n", verdict(goal, ours, rivals.empty() ? nullptr : rivals.front()));
  std::fflush(stdout);

  if (ours != nullptr && ours->rounds.size() > 1) details["ours_range"] = range_of(*ours);
  nlohmann::json row = {{"suite", suite_}, {"case", case_name}, {"n", n}, {"unit", unit}};
  row["ours"] = ours == nullptr ? nlohmann::json() : nlohmann::json(ours->median());
  row["rivals"] = nlohmann::json::object();
  for (const series* const rival : rivals) {
    if (rival == nullptr) continue;
    row["rivals"][rival->name] = rival->median();
    if (rival->rounds.size() > 1) details[rival->name + "_range"] = range_of(*rival);
    if (ours != nullptr) details[rival == rivals.front() ? "ratio" : "ratio_" + rival->name] = ratio_of(*ours, *rival);
  }
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
