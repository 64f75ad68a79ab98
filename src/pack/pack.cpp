// The public classes: what of them is not a template.
#include "coppice/pack.hpp"

#include <algorithm>
#include <cstring>

#include "coppice/detail/heap/key_hash.hpp"
#include "src/pack/digest.hpp"

namespace coppice {

namespace {

[[nodiscard]] std::string place_of(const failure& why) {
  std::string place = "byte " + std::to_string(why.subject);
  if (why.limit != 0) {
    place = "byte " + std::to_string(why.limit - 1) + " of what is compressed at byte " + std::to_string(why.subject);
  }
  return place;
}

[[nodiscard]] std::string title_of(const pack_source& source) {
  const std::string name = source.name();
  return name.empty() ? "coppice::pack_reader" : name;
}

}  // namespace

error pack_error(const failure& why, const std::string& name) {
  const std::string reason = name + ": " + why.reason;
  switch (why.code) {
    case errc::corrupt:
      return {why.code,
              reason + ", at " + place_of(why) + "; the pack is damaged or was made wrongly: write or fetch it again"};
    case errc::version_mismatch:
      return {why.code, reason + ": it has version " + std::to_string(why.subject) + ", this library reads version " +
                            std::to_string(why.limit) + "; " +
                            (why.subject > why.limit ? "use a newer release"
                                                     : "no release has written that, so write or fetch it again")};
    case errc::unsupported:
      // Not all that is unsupported is a limit; limits are named by the reason.
      if (std::string_view(why.reason).find("max_") == std::string_view::npos) break;
      return {why.code, reason + ", at " + place_of(why) + "; if the pack is trusted, raise that limit in pack_limits"};
    default:
      break;
  }
  return {why.code, why.os_error == 0 ? reason : reason + ": " + std::strerror(why.os_error), why.os_error};
}

result<void> pack_memory_sink::append(std::span<const std::byte> bytes) {
  constexpr std::size_t piece_bytes = std::size_t{1} << 20;
  while (!bytes.empty()) {
    if (pieces_.empty() || pieces_.back().size() == piece_bytes) pieces_.emplace_back().reserve(piece_bytes);
    std::vector<std::byte>& last = pieces_.back();
    const std::size_t count = std::min(bytes.size(), piece_bytes - last.size());
    last.insert(last.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
  }
  return {};
}

result<void> pack_memory_sink::finish() {
  std::size_t size = 0;
  for (const std::vector<std::byte>& piece : pieces_) size += piece.size();
  bytes_.reserve(size);
  for (const std::vector<std::byte>& piece : pieces_) bytes_.insert(bytes_.end(), piece.begin(), piece.end());
  pieces_.clear();
  return {};
}

result<std::span<const std::byte>> pack_memory_source::read(std::uint64_t offset, std::size_t size,
                                                            std::vector<std::byte>&) const {
  return bytes_.subspan(static_cast<std::size_t>(offset), size);
}

pack_writer::pack_writer(pack_sink& sink, const pack_options& options)
    : output_(
          std::make_unique<detail::pack_output>(sink, detail::pack_output_options{options.compression, options.level})),
      seed_(options.fixed_seed) {
  if (options.seed == pack_seed::fresh && !seed_) seed_ = detail::random_seed();
}

pack_writer::pack_writer(pack_sink& sink, pack_reader& base, const pack_options& options)
    : seed_(options.fixed_seed), base_(base.input_.get()) {
  if (base_->lacks_base()) base.raise_lacks_base();
  if (options.seed == pack_seed::fresh && !seed_) seed_ = detail::random_seed();
  output_ = std::make_unique<detail::pack_output>(sink, detail::pack_output_options{options.compression, options.level},
                                                  base_, base.digest());
}

std::uint64_t pack_writer::seed_for(detail::pack_type type) const {
  const std::uint64_t own = type.seed;
  for (std::size_t i = 0; base_ != nullptr && i < base_->type_count(); ++i) {
    type.seed = base_->type(i).seed;
    if (type == base_->type(i)) return type.seed;
  }
  return seed_.value_or(own);
}

pack_writer::~pack_writer() = default;

void pack_writer::begin_version(std::string_view name) {
  if (!usable_) {
    throw error(errc::closed,
                "coppice::pack_writer: the pack is finished, or a version could not be written: begin another");
  }
  if (!name.empty() && output_->has_root(name)) {
    throw error(errc::exists, "coppice::pack_writer: there is a version named '" + std::string(name) + "' already");
  }
  usable_ = false;  // until it is written
}

void pack_writer::end_version(const detail::pack_root& root) {
  output_->add_root(root);
  usable_ = true;
}

void pack_writer::finish() {
  if (!usable_) {
    throw error(errc::closed,
                "coppice::pack_writer: the pack is finished, or a version could not be written: begin another");
  }
  usable_ = false;
  if (const result<void> done = output_->finish(); !done) throw pack_error(done.why(), "coppice::pack_writer");
}

std::uint64_t pack_writer::nodes() const noexcept { return output_->nodes(); }

pack_reader::pack_reader(const pack_source& source, const pack_limits& limits) : source_(&source) {
  open(limits, nullptr);
}

pack_reader::pack_reader(const pack_source& source, pack_reader& base, const pack_limits& limits) : source_(&source) {
  open(limits, &base);
}

pack_reader::pack_reader(std::span<const std::byte> bytes, const pack_limits& limits)
    : owned_source_(std::make_unique<pack_memory_source>(bytes)), source_(owned_source_.get()) {
  open(limits, nullptr);
}

pack_reader::~pack_reader() = default;

void pack_reader::open(const pack_limits& limits, pack_reader* base) {
  auto opened = detail::pack_input::open(*source_, limits, base == nullptr ? nullptr : base->input_.get());
  if (!opened) throw pack_error(opened.why(), title_of(*source_));
  input_ = *std::move(opened);
  if (base != nullptr && this->base() != std::optional(base->digest())) {
    throw error(errc::corrupt,
                title_of(*source_) +
                    ": the pack is not made on the one that was given as its base; pack_reader::base() of it gives the "
                    "digest of the one that is needed");
  }
  versions_.reserve(input_->roots().size());
  for (const detail::pack_root& root : input_->roots()) {
    pack_version& version = versions_.emplace_back();
    version.name = root.name;
    version.collection = static_cast<pack_version::kind>(root.collection);
    version.size = root.tree.size;
    const bool known = !input_->lacks_base() || root.type >= input_->header().base_types;
    if (!known) {
      version.elements.assign(1, '?');
    } else if (input_->type(root.type).elements == detail::pack_elements::encoded) {
      version.elements = input_->type(root.type).schema;
    }
    version.store_version = root.version;
    version.committed_at = std::chrono::system_clock::time_point(std::chrono::milliseconds(root.committed_at_ms));
  }
}

pack_digest pack_reader::digest() {
  if (!digest_) {
    const auto computed = pack::digest_of(*source_);
    if (!computed) throw pack_error(computed.why(), title_of(*source_));
    digest_ = *computed;
  }
  return *digest_;
}

std::optional<pack_digest> pack_reader::base() const {
  if ((input_->header().flags & detail::pack_has_base) == 0) return std::nullopt;
  return input_->header().base_digest;
}

void pack_reader::raise_lacks_base() const {
  throw error(errc::not_found,
              title_of(*source_) +
                  ": the pack is made on another one, which is needed too: open that, and give it as the base");
}

std::size_t pack_reader::index_of(std::string_view name) const {
  const auto found = std::find_if(versions_.begin(), versions_.end(),
                                  [&](const pack_version& version) { return !name.empty() && version.name == name; });
  if (found == versions_.end()) {
    throw error(errc::not_found,
                title_of(*source_) + ": there is no version named '" + std::string(name) + "' in the pack");
  }
  return static_cast<std::size_t>(found - versions_.begin());
}

const detail::pack_root& pack_reader::root_at(std::size_t index) const {
  if (index >= versions_.size()) {
    throw error(errc::not_found, title_of(*source_) + ": version " + std::to_string(index) + " of a pack of " +
                                     std::to_string(versions_.size()));
  }
  if (input_->lacks_base()) raise_lacks_base();
  return input_->roots()[index];
}

void pack_reader::raise(const failure& why, std::size_t index) const {
  const pack_version& version = versions_[index];
  const std::string name = version.name.empty() ? std::to_string(index) : "'" + version.name + "'";
  throw pack_error(why, input_->title("coppice::pack_reader") + ": version " + name);
}

}  // namespace coppice
