#pragma once

#include <cstdio>
#include <cstdlib>

/// Ends a fuzz run at the first broken promise; unlike assert it does so in every build.
#define FUZZ_CHECK(condition)                                                      \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)
