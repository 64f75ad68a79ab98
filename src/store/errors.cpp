// See errors.hpp.
#include "src/store/errors.hpp"

#include <cerrno>
#include <cstring>

namespace coppice::store_detail {

namespace {

std::string with_os_error(const failure& why) {
  std::string text = why.reason;
  if (why.os_error != 0) text += std::string(": ") + std::strerror(why.os_error);
  return text;
}

std::string out_of_space(const failure& why) {
  if (why.os_error == ENOSPC || why.os_error == ENOMEM) {
    return "the file system that holds it is full; free space there, or erase entries and drop old snapshots";
  }
  if (why.os_error != 0) return with_os_error(why) + "; raise the limit of the process or of the file system";
  return "its limit of " + std::to_string(why.limit) + " bytes is reached (" + why.reason +
         "); erase entries, drop old snapshots, or make a store with a larger limit_bytes and copy it over";
}

std::string numbers(const failure& why) {
  if (why.subject == 0 && why.limit == 0) return {};
  return " (found " + std::to_string(why.subject) + ", expected " + std::to_string(why.limit) + ")";
}

std::string sentence(const failure& why) {
  switch (why.code) {
    case errc::out_of_space:
      return out_of_space(why);
    case errc::key_too_long:
      return "the key has " + std::to_string(why.subject) + " bytes, the most is " + std::to_string(why.limit) +
             "; use a shorter key, for example a hash of it";
    case errc::value_too_large:
      return "the value has " + std::to_string(why.subject) + " bytes, the most is " + std::to_string(why.limit) +
             "; split it over several keys";
    case errc::not_found:
      return "there is no such store; create it, or see `coppice list`";
    case errc::exists:
      return "a store of this name exists already; open it, or destroy it first";
    case errc::permission:
      return with_os_error(why) + "; a store belongs to the user who made it";
    case errc::not_a_store:
      return std::string("the file is not a store: ") + why.reason;
    case errc::version_mismatch:
      return std::string("it was made by another version of Coppice: ") + why.reason + numbers(why) +
             "; read it with that version and copy its entries over";
    case errc::corrupt:
      return std::string("it is damaged: ") + why.reason + " (" + std::to_string(why.subject) + ", limit " +
             std::to_string(why.limit) + "); restore it from a copy";
    case errc::busy:
      return std::string("gave up ") + why.reason +
             (why.limit != 0 ? " (limit " + std::to_string(why.limit) + ")" : "") +
             "; another process holds it and is stopped or very slow, or too many have it open: try again, or raise "
             "the timeout";
    case errc::closed:
      return "the handle is closed: it was closed here, inherited through fork, or the store was destroyed; open it "
             "again";
    case errc::invalid_name:
      return "a store name is 1 to 128 of A-Z a-z 0-9 . _ - and begins with a letter or digit; a path contains a '/'";
    case errc::read_only:
      return "this handle was opened read-only; open it without read_only to write";
    default:
      return with_os_error(why) + numbers(why);
  }
}

/// The name as a message may show it: control characters, which terminals obey, and NUL, which ends what(), escaped.
std::string shown(const std::string& name) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      text += c;
    } else {
      text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return text;
}

}  // namespace

void raise(errc code, const std::string& store_name, const std::string& sentence) {
  throw error(code, "store '" + shown(store_name) + "': " + sentence);
}

void raise(const failure& why, const std::string& store_name) {
  throw error(why.code, "store '" + shown(store_name) + "': " + sentence(why), why.os_error);
}

}  // namespace coppice::store_detail
