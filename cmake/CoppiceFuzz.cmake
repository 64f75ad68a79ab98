# coppice_fuzzer(NAME <name> SOURCES <file>... [CORPUS <directory>] [LINKS <target>...])
#
# With COPPICE_BUILD_FUZZ, a libFuzzer executable fuzz_<name>, which scripts/fuzz runs on its corpus. With the tests, an
# executable that feeds every file of the corpus (default: corpus/<name> beside the CMakeLists.txt) to the same function
# once, registered as the test fuzz.<name>.corpus: what a fuzzer ever found stays found.

function(coppice_fuzzer)
  cmake_parse_arguments(ARG "" "NAME;CORPUS" "SOURCES;LINKS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_NAME OR NOT ARG_SOURCES)
    message(FATAL_ERROR "coppice_fuzzer: NAME and SOURCES are required; not understood: '${ARG_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT ARG_CORPUS)
    set(ARG_CORPUS corpus/${ARG_NAME})
  endif()
  cmake_path(ABSOLUTE_PATH ARG_CORPUS BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  if(NOT "coppice_steps" IN_LIST ARG_LINKS)
    list(APPEND ARG_LINKS coppice)
  endif()
  if(COPPICE_BUILD_FUZZ)
    coppice_fuzz_executable(fuzz_${ARG_NAME} "${ARG_SOURCES}" "${ARG_LINKS}")
    target_link_options(fuzz_${ARG_NAME} PRIVATE -fsanitize=fuzzer)
    file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/fuzzers/${ARG_NAME}"
      CONTENT "$<TARGET_FILE:fuzz_${ARG_NAME}>\n${ARG_CORPUS}\n")
  endif()
  if(COPPICE_BUILD_TESTS)
    coppice_fuzz_executable(replay_${ARG_NAME} "${ARG_SOURCES};${PROJECT_SOURCE_DIR}/cmake/replay.cpp" "${ARG_LINKS}")
    coppice_quickly_compiled(replay_${ARG_NAME})
    add_test(NAME fuzz.${ARG_NAME}.corpus COMMAND replay_${ARG_NAME} "${ARG_CORPUS}")
    set_tests_properties(fuzz.${ARG_NAME}.corpus PROPERTIES LABELS fast TIMEOUT 120)
    coppice_label_target(replay_${ARG_NAME} fast)
  endif()
endfunction()

function(coppice_fuzz_executable target sources links)
  add_executable(${target} ${sources})
  coppice_internal_target(${target})
  target_link_libraries(${target} PRIVATE ${links} Threads::Threads)
endfunction()
