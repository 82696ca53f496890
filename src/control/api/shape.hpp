#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "relayna/store/administration.hpp"

#include "control/api/codec.hpp"

namespace relayna::control {

/// Who sets a field and when it is shown.
enum class Field : std::uint8_t {
  shown,     ///< by the gateway only
  required,  ///< by the caller, at creation at the latest
  settable,  ///< by the caller; has a default
  fixed,     ///< by the caller at creation, never changed
  fixed_required,
  secret,  ///< by the caller; never shown
  input,   ///< by the caller at creation; shows in what follows from it
};

/// What lists can do with a field: its column, and whether conditions on it make sense.
struct Listed {
  std::string column;
  bool filter = true;
  bool sort = false;
};

/// A value a list can be asked for, of a field that follows from several columns: what must hold of them.
struct FilterValue {
  std::string name;
  std::function<std::vector<store::Filter>(core::SystemTime now)> conditions;
};

/// A field as documents describe it, whatever the type of the row.
struct FieldInfo {
  std::string name;
  std::string about;
  Field kind = Field::shown;
  json::Document schema;
  Listed listed;                                ///< empty column: lists know nothing of it
  std::vector<FilterValue> filter_values = {};  ///< instead of a column
  bool passes_by = false;                       ///< changes by itself (last use, state): no part of the ETag
  [[nodiscard]] bool on_create() const noexcept { return kind != Field::shown; }
  [[nodiscard]] bool on_patch() const noexcept {
    return kind == Field::required || kind == Field::settable || kind == Field::secret;
  }
  [[nodiscard]] bool must_be_given() const noexcept {
    return kind == Field::required || kind == Field::fixed_required;
  }
  [[nodiscard]] bool visible() const noexcept { return kind != Field::secret && kind != Field::input; }
};

/// The JSON form of a row: each field is named once, and validation, rendering, merge patch, list conditions
/// and the OpenAPI schemas all follow from it. Built once; then immutable and for any thread.
template <class R>
class Shape {
 public:
  explicit Shape(std::string name, std::string about) : name_(std::move(name)), about_(std::move(about)) {}

  /// `member` is a pointer to a member or a generic lambda returning a reference to it.
  template <class Member, class T>
  Shape& field(std::string name, Member member, Codec<T> codec, Field kind, std::string about) {
    Entry entry;
    entry.info = {std::move(name), std::move(about), kind, std::move(codec.schema), {}, {}, false};
    if (kind != Field::secret) {
      entry.show = [member, show = codec.show](const R& row, core::SystemTime) {
        return show(std::invoke(member, row));
      };
    }
    if (kind != Field::shown) {
      entry.set = [member, read = codec.read, nullable = codec.nullable, unset = codec.unset,
                   name = entry.info.name](const json::Document& given, R& row, Problems& problems) {
        if (!given.is_null()) return read(given, std::invoke(member, row), name, problems);
        if (!nullable) return problems.add(name, "must not be null");
        std::invoke(member, row) = unset;
      };
    }
    entries_.push_back(std::move(entry));
    return *this;
  }

  /// A field that follows from others, or from the moment.
  Shape& computed(std::string name, json::Document schema,
                  std::function<json::Document(const R&, core::SystemTime now)> show, std::string about) {
    Entry entry;
    entry.info = {std::move(name), std::move(about), Field::shown, std::move(schema), {}, {}, true};
    entry.show = std::move(show);
    entries_.push_back(std::move(entry));
    return *this;
  }

  /// A member of creations only that is kept in another form: `preset`. Given ones take effect in the order
  /// of this list, whatever the order in the body.
  Shape& input(std::string name, json::Document schema,
               std::function<void(const json::Document& given, R&, Problems&)> set, std::string about) {
    Entry entry;
    entry.info = {std::move(name), std::move(about), Field::input, std::move(schema), {}, {}, false};
    entry.set = std::move(set);
    entries_.push_back(std::move(entry));
    return *this;
  }

  // Each says more of the field named last.
  Shape& listed(std::string column, bool sort = false) {
    entries_.back().info.listed = {std::move(column), true, sort};
    return *this;
  }
  Shape& listed_as(std::vector<FilterValue> values) {
    entries_.back().info.filter_values = std::move(values);
    return *this;
  }
  Shape& passes_by() {
    entries_.back().info.passes_by = true;
    return *this;
  }

  using Check = std::function<void(const R&, Problems&)>;
  /// A rule over the finished row, asked when nothing is wrong with any field.
  Shape& rule(Check check) { return rule({}, std::move(check)); }
  /// One that relies on what `fields` promise, asked when nothing is wrong with these.
  Shape& rule(std::vector<std::string> fields, Check check) {
    rules_.push_back({std::move(fields), std::move(check)});
    return *this;
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& about() const noexcept { return about_; }
  [[nodiscard]] std::vector<FieldInfo> fields() const {
    std::vector<FieldInfo> all;
    for (const auto& entry : entries_) all.push_back(entry.info);
    return all;
  }

  [[nodiscard]] json::Document show(const R& row, core::SystemTime now) const {
    json::Document shown = json::Document::object();
    for (const auto& entry : entries_) {
      if (entry.show) shown[entry.info.name] = entry.show(row, now);
    }
    return shown;
  }
  /// What the ETag is made of.
  [[nodiscard]] json::Document lasting(const R& row) const {
    json::Document shown = json::Document::object();
    for (const auto& entry : entries_) {
      if (entry.show && !entry.info.passes_by) shown[entry.info.name] = entry.show(row, {});
    }
    return shown;
  }

  void create(const json::Document& body, R& row, Problems& problems) const {
    apply(body, row, problems, &FieldInfo::on_create);
    for (const auto& entry : entries_) {
      if (entry.info.must_be_given() && !body.contains(entry.info.name))
        problems.add(entry.info.name, "is required");
    }
    check(row, problems);
  }
  /// RFC 7396.
  void patch(const json::Document& body, R& row, Problems& problems) const {
    apply(body, row, problems, &FieldInfo::on_patch);
    check(row, problems);
  }

 private:
  struct Rule {
    std::vector<std::string> fields;  ///< empty: all
    Check check;
  };
  struct Entry {
    FieldInfo info;
    std::function<json::Document(const R&, core::SystemTime)> show;
    std::function<void(const json::Document&, R&, Problems&)> set;
  };

  void apply(const json::Document& body, R& row, Problems& problems,
             bool (FieldInfo::*may)() const noexcept) const {
    if (!body.is_object()) return problems.add("", "the body must be a JSON object");
    for (const auto& [name, given] : body.items()) {
      const Entry* entry = find(name);
      if (entry == nullptr) {
        problems.add(name, "is unknown; there are: " + names(may));
      } else if (!(entry->info.*may)()) {
        problems.add(name, entry->set ? "cannot be changed after creation" : "is set by the gateway");
      }
    }
    for (const auto& entry : entries_) {
      const auto given = body.find(entry.info.name);
      if (given != body.end() && entry.set && (entry.info.*may)()) entry.set(*given, row, problems);
    }
  }
  void check(const R& row, Problems& problems) const {
    const Problems of_fields = problems;
    for (const auto& rule : rules_) {
      const bool sound = rule.fields.empty()
                             ? of_fields.empty()
                             : std::ranges::none_of(rule.fields, [&](const std::string& field) {
                                 return of_fields.concern(field);
                               });
      if (sound) rule.check(row, problems);
    }
  }
  [[nodiscard]] const Entry* find(std::string_view name) const noexcept {
    for (const auto& entry : entries_) {
      if (entry.info.name == name) return &entry;
    }
    return nullptr;
  }
  [[nodiscard]] std::string names(bool (FieldInfo::*may)() const noexcept) const {
    std::string all;
    for (const auto& entry : entries_) {
      if ((entry.info.*may)()) all.append(all.empty() ? "" : ", ").append(entry.info.name);
    }
    return all;
  }

  std::string name_;
  std::string about_;
  std::vector<Entry> entries_;
  std::vector<Rule> rules_;
};

}  // namespace relayna::control
