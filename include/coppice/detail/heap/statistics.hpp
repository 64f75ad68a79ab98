// What a version of a collection is made of.
#pragma once

#include <cstddef>

namespace coppice::detail {

/// Nodes of one version. The shared ones are those that another version given for comparison has too.
struct collection_statistics {
  std::size_t nodes = 0;
  std::size_t bytes = 0;  ///< of the nodes; not what elements own elsewhere, nor what the allocator adds
  unsigned depth = 0;     ///< nodes from the root to the deepest leaf, both counted
  std::size_t shared_nodes = 0;
  std::size_t shared_bytes = 0;
};

}  // namespace coppice::detail
