#include "failure.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace coppice::cli {

namespace {

using json = nlohmann::json;

std::string json_text(const json& tree) { return tree.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

void report_failure(std::string_view code, std::string_view sentence, bool json_wanted) {
  std::string lines = fmt::format("coppice: {}\n", sentence);
  if (json_wanted) {
    const json tree{{"error", {{"code", std::string(code)}, {"message", std::string(sentence)}}}};
    lines += json_text(tree) + '\n';
  }
  std::fwrite(lines.data(), 1, lines.size(), stderr);
}

void report_warning(std::string_view sentence) {
  const std::string line = fmt::format("coppice: {}\n", sentence);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most_bytes = 200;
  if (text.size() <= most_bytes) return json_text(json(std::string(text)));
  return json_text(json(std::string(text.substr(0, most_bytes)) + "...")) + fmt::format(" ({} bytes)", text.size());
}

}  // namespace coppice::cli
