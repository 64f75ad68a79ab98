// See absent.cpp.
#pragma once

namespace coppice::packer {

/// Whether a section was compressed, which is why it could not be read.
extern bool met_compression;

}  // namespace coppice::packer
