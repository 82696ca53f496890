// The only file that sees yaml-cpp. Its event interface is used instead of its own tree: events carry the
// position of every value, aliases stay visible, and nothing grows behind our back.
#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/node/node.h>  // parser.h only names it
#include <yaml-cpp/parser.h>

#include "relayna/config/suggest.hpp"
#include "relayna/config/yaml.hpp"
#include "relayna/core/encoding.hpp"

namespace relayna::config::yaml {
namespace {

/// Ends the parse; what was wrong has been reported.
struct Abandon {};

Mark to_mark(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

bool standard_tag(const std::string& tag) {
  return tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:");
}

std::size_t weigh(const Node& node) {
  std::size_t weight = kNodeWeight + node.text.size();
  for (const Node& item : node.items) weight += weigh(item);
  for (const Entry& entry : node.entries) weight += entry.key.size() + weigh(entry.value);
  return weight;
}

class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  std::optional<Node> root;
  bool second_document = false;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!root) return;
    diagnostics_.add(to_mark(mark), "", "a second document in one file is not supported");
    throw Abandon{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add({.kind = Node::Kind::null, .mark = to_mark(mark)}, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_custom(tag, to_mark(mark));
    Node node{.kind = Node::Kind::scalar, .mark = to_mark(mark), .text = value, .quoted = tag == "!"};
    add(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      diagnostics_.add(to_mark(mark), "", "an alias refers to the value it stands in");
      throw Abandon{};
    }
    spend(found->second.weight, to_mark(mark));
    refuse_depth(found->second.depth + open_.size(), to_mark(mark));
    place(found->second.node, found->second.depth, to_mark(mark));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::sequence, to_mark(mark), tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::mapping, to_mark(mark), tag, anchor);
  }
  void OnMapEnd() override {
    merge_defaults(open_.back().node);
    close();
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::size_t depth = 0;  // levels below this one
    std::optional<std::string> key;
    Mark key_mark;
    bool skip_value = false;
    std::unordered_map<std::string, int> lines;  // where each key was first seen
  };
  struct Anchored {
    Node node;
    std::size_t weight = 0;
    std::size_t depth = 0;
  };

  void refuse_custom(const std::string& tag, Mark at) {
    if (!standard_tag(tag)) diagnostics_.add(at, "", "tags are not supported");
  }
  void refuse_depth(std::size_t depth, Mark at) {
    if (depth <= kMaxDepth) return;
    diagnostics_.add(at, "", fmt::format("nested more than {} levels deep", kMaxDepth));
    throw Abandon{};
  }
  void spend(std::size_t weight, Mark at) {
    weight_ += weight;
    if (weight_ <= kMaxWeight) return;
    diagnostics_.add(at, "", "too many values, or aliases that repeat too much");
    throw Abandon{};
  }

  void open(Node::Kind kind, Mark at, const std::string& tag, YAML::anchor_t anchor) {
    refuse_custom(tag, at);
    spend(kNodeWeight, at);
    open_.push_back({.node = {.kind = kind, .mark = at}, .anchor = anchor});
    refuse_depth(open_.size(), at);
  }
  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    const Mark at = done.node.mark;
    remember(done.node, done.anchor, done.depth + 1);
    place(std::move(done.node), done.depth + 1, at);
  }
  void add(Node node, YAML::anchor_t anchor) {
    const Mark at = node.mark;
    spend(kNodeWeight + node.text.size(), at);
    remember(node, anchor, 0);
    place(std::move(node), 0, at);
  }
  void remember(const Node& node, YAML::anchor_t anchor, std::size_t depth) {
    if (anchor == 0) return;
    const std::size_t weight = weigh(node);
    spend(weight, node.mark);
    anchors_[anchor] = {node, weight, depth};
  }

  /// Puts a finished value into what is open. `at` is where it stands, which for an alias is not where it was
  /// written.
  void place(Node node, std::size_t depth, Mark at) {
    if (open_.empty()) {
      root = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.depth = std::max(parent.depth, depth);
    if (parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      take_key(parent, node, at);
    } else {
      if (!parent.skip_value) {
        parent.node.entries.push_back({std::move(*parent.key), parent.key_mark, std::move(node)});
      }
      parent.key.reset();
      parent.skip_value = false;
    }
  }
  void take_key(Open& parent, const Node& node, Mark at) {
    parent.key = node.text;
    parent.key_mark = at;
    if (node.kind != Node::Kind::scalar) {
      diagnostics_.add(at, "", "a key must be text");
      parent.skip_value = true;
      return;
    }
    const auto [first, added] = parent.lines.emplace(node.text, at.line);
    if (added) return;
    diagnostics_.add(at, "",
                     fmt::format("`{}` is given twice; the first one is in line {}",
                                 printable_name(node.text), first->second));
    parent.skip_value = true;
  }

  /// `<<: *defaults`: the entries of one mapping, or of several, that are not there already.
  void merge_defaults(Node& node) {
    const auto merge =
        std::find_if(node.entries.begin(), node.entries.end(), [](const Entry& e) { return e.key == "<<"; });
    if (merge == node.entries.end()) return;
    Entry defaults = std::move(*merge);
    node.entries.erase(merge);
    std::vector<Node> sources;
    if (defaults.value.kind == Node::Kind::sequence) {
      sources = std::move(defaults.value.items);
    } else {
      sources.push_back(std::move(defaults.value));
    }
    std::unordered_set<std::string> present;
    for (const Entry& entry : node.entries) present.insert(entry.key);
    for (Node& source : sources) {
      if (source.kind != Node::Kind::mapping) {
        diagnostics_.add(defaults.mark, "", "`<<` must be given mappings");
        continue;
      }
      for (Entry& entry : source.entries) {
        if (present.insert(entry.key).second) node.entries.push_back(std::move(entry));
      }
    }
  }

  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t weight_ = 0;
};

/// yaml-cpp puts names from the file behind a colon ("the referenced anchor is not defined: hunter2").
std::string_view harmless(const std::string& message) {
  return std::string_view(message).substr(0, message.find(": "));
}

/// Where the first bad byte stands is enough to find it in an editor.
bool refuse_bytes(std::string_view text, Diagnostics& diagnostics) {
  if (!core::valid_utf8(text)) {
    diagnostics.add({}, "", "is not UTF-8 text");
    return true;
  }
  if (text.find('\0') != std::string_view::npos) {
    diagnostics.add({}, "", "contains a zero byte");
    return true;
  }
  return false;
}

}  // namespace

std::optional<Node> parse(std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > kMaxFileBytes) {
    diagnostics.add({}, "", fmt::format("is larger than {} bytes", kMaxFileBytes));
    return std::nullopt;
  }
  if (refuse_bytes(text, diagnostics)) return std::nullopt;
  Builder builder(diagnostics);
  try {
    // yaml-cpp misses an open quote when the text ends with the line.
    std::istringstream stream{std::string(text.substr(0, text.find_last_not_of(" \t\r\n") + 1))};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Abandon&) {
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    diagnostics.add(error.mark.is_null() ? Mark{} : to_mark(error.mark), "",
                    fmt::format("not valid YAML: {}", harmless(error.msg)));
    return std::nullopt;
  } catch (const std::exception&) {
    diagnostics.add({}, "", "not valid YAML");
    return std::nullopt;
  }
  if (!builder.root || builder.root->unset()) {
    // A file cut short by a full disk must not read as "nothing is declared any more".
    diagnostics.add({}, "", "is empty");
    return std::nullopt;
  }
  return std::move(builder.root);
}

}  // namespace relayna::config::yaml
