// This machine's package database as lines of JSON on standard output, one object a package: see package_record.hpp.
//
//   packages_to_ndjson                       dpkg's status file, and apt's lists where they are
//   packages_to_ndjson STATUS [LIST...]      these files
//
// A package of the lists that is installed as well gets the fields that only dpkg knows (Status, Conffiles).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <vector>

#include "control_file.hpp"
#include "package_record.hpp"

namespace coppice::demo {
namespace {

using json = nlohmann::json;

std::vector<std::string> apt_lists() {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator("/var/lib/apt/lists", ignored)) {
    const std::string name = file.path().filename();
    if (name.find("_Packages") != std::string::npos && !name.ends_with(".diff")) found.push_back(file.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// JSON text must be UTF-8; some old descriptions are Latin-1.
std::string as_utf8(const std::string& text) {
  try {
    (void)json(text).dump();
    return text;
  } catch (const json::exception&) {
    return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
  }
}

json fields_of(const paragraph& fields) {
  json record = json::object();
  for (const auto& [name, text] : fields) record[as_utf8(name)] = as_utf8(text);
  return record;
}

std::string text_of(const json& record, const char* name, const std::string& otherwise) {
  const auto found = record.find(name);
  return found == record.end() || found->get_ref<const std::string&>().empty() ? otherwise : found->get<std::string>();
}

/// Empty if the paragraph is no package.
std::string id_of(const json& record) {
  const std::string package = text_of(record, "Package", "");
  const std::string version = text_of(record, "Version", "");
  if (package.empty() || version.empty()) return "";
  return fmt::format("{}/{}/{}", package, version, text_of(record, "Architecture", "all"));
}

void print(json record, const std::string& id) {
  const std::string section = text_of(record, "Section", "none");
  record["id"] = id;
  record["group"] = section.substr(section.rfind('/') + 1);
  // Any number will do, and this one is the same in every run.
  record["installs"] = 100 + id.size() * 31 % 900;
  record["revision"] = 0;
  seal(record);
  const std::string line = record.dump() + '\n';
  if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) throw std::runtime_error("cannot write");
}

int run(const std::vector<std::string>& arguments) {
  const std::string status = arguments.empty() ? "/var/lib/dpkg/status" : arguments.front();
  const std::vector<std::string> lists =
      arguments.empty() ? apt_lists() : std::vector<std::string>(arguments.begin() + 1, arguments.end());

  std::map<std::string, json> installed;
  control_file status_file(status);
  while (const auto fields = status_file.next()) {
    json record = fields_of(*fields);
    if (std::string id = id_of(record); !id.empty()) installed.insert_or_assign(std::move(id), std::move(record));
  }
  std::unordered_set<std::string> printed;
  for (const std::string& list : lists) {
    control_file file(list);
    while (const auto fields = file.next()) {
      json record = fields_of(*fields);
      const std::string id = id_of(record);
      if (id.empty() || !printed.insert(id).second) continue;
      if (const auto known = installed.find(id); known != installed.end()) {
        for (const auto& [name, text] : known->second.items()) record.emplace(name, text);
      }
      print(std::move(record), id);
    }
  }
  for (const auto& [id, record] : installed) {
    if (printed.insert(id).second) print(record, id);
  }
  if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write");
  fmt::print(stderr, "{} packages, {} of them installed, from {} package lists\n", printed.size(), installed.size(),
             lists.size());
  return 0;
}

}  // namespace
}  // namespace coppice::demo

int main(int argc, char** argv) {
  try {
    return coppice::demo::run({argv + 1, argv + argc});
  } catch (const std::exception& why) {
    std::fprintf(stderr, "packages_to_ndjson: %s\n", why.what());
    return 1;
  }
}
