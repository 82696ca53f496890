#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dialect/echo/answer.hpp"
#include "dialect/echo/context.hpp"
#include "dialect/text/json_writer.hpp"

namespace relayna::dialect::echoing {

/// The `response` object of the Responses API, which a stream repeats at its beginning and end. What the
/// request says and what stays the same is rendered once.
class ResponseObject {
 public:
  struct Counts {
    std::int64_t input = 0;
    std::int64_t output = 0;
  };
  /// `body` is the request, its parameters checked.
  ResponseObject(Context& context, std::optional<std::int64_t> max_output_tokens, bool parallel_tool_calls);
  /// Before there is output.
  [[nodiscard]] std::string in_progress() const { return render("in_progress", "[]", std::nullopt); }
  /// The end: `output` is a JSON array; `status` is completed or incomplete.
  [[nodiscard]] std::string final(std::string_view status, std::string_view output, Counts counts) const {
    return render(status, output, counts);
  }

 private:
  [[nodiscard]] std::string render(std::string_view status, std::string_view output,
                                   std::optional<Counts> counts) const;
  std::string head_;  // id, object, created_at
  std::string echo_;  // the parameters of the request as the API repeats them
  std::int64_t created_;
};

/// The declared function tools.
std::vector<Tool> response_tools(json::Value body);

}  // namespace relayna::dialect::echoing
