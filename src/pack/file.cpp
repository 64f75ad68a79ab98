// Packs in files.
#include <cstring>

#include "coppice/pack.hpp"
#include "src/platform/port.hpp"

namespace coppice {

namespace {

/// The path as a message may show it: control characters, which terminals obey, and NUL, which ends what(), escaped.
[[nodiscard]] std::string title_of(const std::string& path) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text = "pack '";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      text += c;
    } else {
      text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return text + "'";
}

[[nodiscard]] const char* advice(errc code) noexcept {
  switch (code) {
    case errc::out_of_space:
      return "; free space there, or write it to another place: what had this name before is as it was";
    case errc::not_a_store:
      return "; a pack is read from a file: save it to one first";
    case errc::invalid_argument:
      return "; write it to a file, and send that where it is to go";
    case errc::unsupported:
      return "; write it to another file system, and copy it";
    default:
      return "";
  }
}

[[noreturn]] void raise(const failure& why, const std::string& path) {
  std::string message = title_of(path) + ": " + why.reason;
  if (why.os_error != 0) message += std::string(": ") + std::strerror(why.os_error);
  throw error(why.code, message + advice(why.code), why.os_error);
}

}  // namespace

pack_file_sink::pack_file_sink(std::string path, std::uint32_t mode) : path_(std::move(path)) {
  if (const result<void> free = platform::require_file_or_nothing(path_.c_str()); !free) raise(free.why(), path_);
  const result<int> made = platform::create_unnamed_file(path_.c_str(), mode);
  if (!made) raise(made.why(), path_);
  file_ = *made;
}

pack_file_sink::~pack_file_sink() {
  if (file_ >= 0) platform::close_file(file_);
}

result<void> pack_file_sink::append(std::span<const std::byte> bytes) {
  const std::uint64_t offset = std::exchange(size_, size_ + bytes.size());
  if (const result<void> done = platform::write_at(file_, offset, bytes.data(), bytes.size()); !done) {
    raise(done.why(), path_);
  }
  return {};
}

result<void> pack_file_sink::finish() {
  const std::string spare = path_ + ".coppice-new";
  if (const result<void> done = platform::replace_file(file_, path_.c_str(), spare.c_str()); !done) {
    raise(done.why(), path_);
  }
  return {};
}

pack_file_source::pack_file_source(const std::string& path) : path_(path) {
  const result<int> opened = platform::open_for_reading(path.c_str());
  if (!opened) raise(opened.why(), path);
  file_ = *opened;
  const auto identity = platform::identify(file_);
  if (!identity) {
    platform::close_file(file_);
    raise(identity.why(), path);
  }
  size_ = identity->size_bytes;
}

pack_file_source::~pack_file_source() {
  if (file_ >= 0) platform::close_file(file_);
}

std::string pack_file_source::name() const { return title_of(path_); }

result<std::span<const std::byte>> pack_file_source::read(std::uint64_t offset, std::size_t size,
                                                          std::vector<std::byte>& into) const {
  into.resize(size);
  if (const result<void> done = platform::read_at(file_, offset, into.data(), size); !done) return done.why();
  return std::span<const std::byte>(into);
}

}  // namespace coppice
