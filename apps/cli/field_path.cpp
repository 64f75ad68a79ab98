#include "field_path.hpp"

namespace coppice::cli {

const nlohmann::json* find_field(const nlohmann::json& tree, const std::string& path) {
  if (!tree.is_object()) return nullptr;
  if (const auto whole = tree.find(path); whole != tree.end()) return &*whole;
  const auto dot = path.find('.');
  if (dot == std::string::npos) return nullptr;
  const auto head = tree.find(path.substr(0, dot));
  return head == tree.end() ? nullptr : find_field(*head, path.substr(dot + 1));
}

}  // namespace coppice::cli
