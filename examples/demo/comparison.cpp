#include "comparison.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace coppice::demo {

namespace {

using json = nlohmann::json;

constexpr std::size_t most_examples = 5;

json tree_of(const value_view& stored) {
  const auto raw = stored.as_document();
  if (!raw) return nullptr;
  const auto* first = reinterpret_cast<const char*>(raw->data());
  return json::from_msgpack(first, first + raw->size(), true, false);
}

std::string shown(const json& tree) {
  const std::string text = tree.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() <= 40 ? text : fmt::format("{} characters", text.size());
}

/// "key: field before -> after, ...": only fields that differ, without the checksum.
std::string describe(const change& difference) {
  const json before = tree_of(difference.before);
  const json after = tree_of(difference.after);
  std::string line = fmt::format("{}:", difference.key.as_string().value_or("?"));
  for (const auto& [name, text] : after.items()) {
    const json old = before.value(name, json());
    if (name != "crc" && old != text) line += fmt::format("  {} {} -> {}", name, shown(old), shown(text));
  }
  return line;
}

/// Differences found the slow way, by looking at every entry of both.
std::string problem_of(const snapshot& older, const snapshot& newer, const comparison& found) {
  comparison slow;
  for (const entry& each : newer) {
    const auto before = older.get(each.key);
    if (!before) ++slow.added;
    if (before && !(*before == each.value)) ++slow.changed;
  }
  for (const entry& each : older) slow.removed += newer.contains(each.key) ? 0U : 1U;
  if (slow.added == found.added && slow.removed == found.removed && slow.changed == found.changed) return "";
  return fmt::format("the diff found {} added, {} removed, {} changed; looking at every entry {}, {}, {}", found.added,
                     found.removed, found.changed, slow.added, slow.removed, slow.changed);
}

}  // namespace

comparison compare(const snapshot& older, const snapshot& newer) {
  comparison result;
  const auto started = std::chrono::steady_clock::now();
  auto differences = newer.diff(older);
  while (const auto difference = differences.next()) {
    switch (difference->kind) {
      case change_kind::added:
        ++result.added;
        break;
      case change_kind::removed:
        ++result.removed;
        break;
      case change_kind::changed:
        ++result.changed;
        break;
    }
  }
  const auto took = std::chrono::steady_clock::now() - started;
  result.milliseconds = std::chrono::duration<double, std::milli>(took).count();

  auto again = newer.diff(older);
  while (result.examples.size() < most_examples) {
    const auto difference = again.next();
    if (!difference) break;
    if (difference->kind == change_kind::changed && difference->after.as_document()) {
      result.examples.push_back(describe(*difference));
    }
  }
  result.problem = problem_of(older, newer, result);
  return result;
}

}  // namespace coppice::demo
