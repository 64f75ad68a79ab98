// The packed leaf as a policy of the trie: all of it.
#pragma once

#include "coppice/detail/packed_change.hpp"
#include "coppice/detail/packed_policy.hpp"
#include "coppice/detail/packed_write.hpp"
