// Naming a field of a JSON object on the command line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace coppice::cli {

/// The field of that very name, else, if it has dots, the nested one ("repository.owner"). Null if there is none.
[[nodiscard]] const nlohmann::json* find_field(const nlohmann::json& tree, const std::string& path);

}  // namespace coppice::cli
