# Install and export: find_package(coppice) gives coppice::coppice, pkg-config gives coppice. tests/install proves both.

include(CMakePackageConfigHelpers)

set(coppice_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/coppice")

install(TARGETS coppice EXPORT coppice_targets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY include/coppice DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(EXPORT coppice_targets NAMESPACE coppice:: DESTINATION "${coppice_cmake_dir}")
install(FILES share/gdb/coppice_printers.py DESTINATION "${CMAKE_INSTALL_DATADIR}/coppice/gdb")
if(TARGET coppice_cli)
  install(TARGETS coppice_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

configure_package_config_file(cmake/coppice-config.cmake.in "${PROJECT_BINARY_DIR}/coppice-config.cmake"
  INSTALL_DESTINATION "${coppice_cmake_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/coppice-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/coppice-config.cmake" "${PROJECT_BINARY_DIR}/coppice-config-version.cmake"
  DESTINATION "${coppice_cmake_dir}")

# The .pc file finds its prefix from its own place, so an installed tree may be moved.
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(coppice_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH up "/${pkgconfig_dir}" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(coppice_pc_prefix "\${pcfiledir}/${up}")
endif()
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE coppice_pc_libdir)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE coppice_pc_includedir)
configure_file(cmake/coppice.pc.in "${PROJECT_BINARY_DIR}/coppice.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/coppice.pc" DESTINATION "${pkgconfig_dir}")
