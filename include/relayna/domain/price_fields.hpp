#pragma once

#include <array>
#include <string_view>

#include "relayna/domain/prices.hpp"

namespace relayna::domain {

/// The rates, each named once. An override spells them `input_usd_per_million`, the built-in list, whose
/// head states the unit, `input`.
struct RateField {
  std::string_view name;
  std::optional<core::Money> Rates::* member;
};
inline constexpr std::array kRateFields{
    RateField{"input", &Rates::input},
    RateField{"output", &Rates::output},
    RateField{"cache_read", &Rates::cache_read},
    RateField{"cache_write", &Rates::cache_write},
    RateField{"cache_write_1h", &Rates::cache_write_1h},
    RateField{"reasoning", &Rates::reasoning},
    RateField{"audio_input", &Rates::audio_input},
    RateField{"audio_output", &Rates::audio_output},
    RateField{"image_input", &Rates::image_input},
    RateField{"image_output", &Rates::image_output},
};

}  // namespace relayna::domain
