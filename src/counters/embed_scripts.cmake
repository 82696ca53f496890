# Writes OUTPUT: every script of redis/scripts with the parts it begins with, and its SHA-1, by which Redis knows it.
set(admit common limits entry admit)
set(extend common limits entry extend)
set(settle common entry finish settle)
set(release common entry finish release)
set(seed common visible money seed)
set(account common entry finish visible account)
set(lease common limits entry lease)
set(use common use)
set(reset common visible money reset)

set(definitions "")
foreach(script admit extend settle release seed account lease use reset)
  set(text "")
  foreach(part IN LISTS ${script})
    file(READ ${FOLDER}/${part}.lua lines)
    string(APPEND text "${lines}")
  endforeach()
  string(SHA1 sha "${text}")
  string(SUBSTRING ${script} 0 1 initial)
  string(TOUPPER ${initial} initial)
  string(SUBSTRING ${script} 1 -1 rest)
  string(APPEND definitions "const Script k${initial}${rest}{\n    R\"lua(${text})lua\",\n    \"${sha}\"};\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"counters/redis/scripts.hpp\"

namespace relayna::counters {
${definitions}
}  // namespace relayna::counters
")
