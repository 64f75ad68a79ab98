// The two kinds of processes that are killed at random. Each runs until it is, and reports what it finds wrong.
#pragma once

#include <cstddef>
#include <string>

#include "catalogue.hpp"
#include "shared_counts.hpp"

namespace coppice::demo {

/// Verifies single records in fresh snapshots, whole snapshots now and then, and that a snapshot which it holds while
/// others write stays the same. Only returns by an exception.
[[noreturn]] void run_reader(const std::string& store_name, const catalogue& packages, worker_counts& counts);

/// Writer `number` changes records and ledger in transactions, rolls some back, and looks after each start whether its
/// predecessor's last commit is there. Only returns by an exception.
[[noreturn]] void run_writer(const std::string& store_name, const catalogue& packages, std::size_t number,
                             shared_counts& shared, worker_counts& counts);

}  // namespace coppice::demo
