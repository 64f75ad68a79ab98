# coppice_test(NAME <name> SOURCES <file>... [LINKS <target>...] [TIMEOUT <seconds>] [LABELS <label>...] [OPTIMISED])
#
# A GoogleTest executable whose cases are registered with ctest one by one, as <name>.<suite>.<case>. Sources may include
# "src/..." and "coppice/...". It links `coppice`, unless LINKS names `coppice_steps`. Labels, by which scripts/test and
# scripts/soak choose (default: fast):
#   fast     runs under the address and undefined-behaviour sanitizers too
#   threads  runs under the thread sanitizer too
#   soak     runs in `make soak` only
# The target tests_<label> builds all executables of a label.
#
# Tests are compiled with little optimisation, and with none under the sanitizers: they instantiate the same templates
# many times and run for moments, so that compiling is what takes long. OPTIMISED compiles one as the library is, where
# there is no sanitizer.

find_package(GTest REQUIRED)
include(GoogleTest)

function(coppice_test)
  cmake_parse_arguments(ARG "OPTIMISED" "NAME;TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_NAME OR NOT ARG_SOURCES)
    message(FATAL_ERROR "coppice_test: NAME and SOURCES are required; not understood: '${ARG_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  if(NOT "coppice_steps" IN_LIST ARG_LINKS)
    list(APPEND ARG_LINKS coppice)
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  coppice_internal_target(${ARG_NAME})
  if(COPPICE_SANITIZE OR NOT ARG_OPTIMISED)
    coppice_quickly_compiled(${ARG_NAME})
  endif()
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LINKS} GTest::gtest GTest::gmock GTest::gtest_main Threads::Threads)
  gtest_discover_tests(${ARG_NAME} TEST_PREFIX "${ARG_NAME}." DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  # gtest_discover_tests cannot pass a list as a property; it leaves the names of the cases in <target>_TESTS.
  set(labels_file "${CMAKE_CURRENT_BINARY_DIR}/${ARG_NAME}_labels.cmake")
  file(WRITE "${labels_file}"
    "if(${ARG_NAME}_TESTS)\n  set_tests_properties(\${${ARG_NAME}_TESTS} PROPERTIES LABELS \"${ARG_LABELS}\")\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${labels_file}")
  foreach(label IN LISTS ARG_LABELS)
    coppice_label_target(${ARG_NAME} ${label})
  endforeach()
endfunction()

# Makes a target cheap to compile; `debug` is left as it is.
function(coppice_quickly_compiled target)
  set(level -O1)
  if(COPPICE_SANITIZE)
    set(level -O0)
  endif()
  target_compile_options(${target} PRIVATE $<$<NOT:$<CONFIG:Debug>>:${level}>)
endfunction()

function(coppice_label_target target label)
  if(NOT TARGET tests_${label})
    add_custom_target(tests_${label})
  endif()
  add_dependencies(tests_${label} ${target})
endfunction()
