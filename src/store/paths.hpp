// Where stores live: names, the directory of named stores, and paths.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coppice::store_detail {

struct location {
  std::string name;  // what messages say: the name, or the path as given
  std::string path;
};

/// $COPPICE_DIR, else /dev/shm/coppice-UID. With `create` it is made, 0700. Either way it must be a directory of the
/// user that nobody else may write to, and not a symlink. Throws error permission, not_found (when not to be created),
/// system.
std::string store_directory(bool create);

/// A name becomes a path in the directory; a text with a '/' is a path already. Throws error invalid_name, or as above.
location locate(std::string_view name_or_path, bool create_directory);

[[nodiscard]] bool is_store_name(std::string_view name) noexcept;

/// Names in the directory, sorted; empty when there is no directory yet.
std::vector<std::string> names_in_directory();

}  // namespace coppice::store_detail
