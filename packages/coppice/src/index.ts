/**
 * `coppice`: all that the package has. Each part is also a module by itself.
 *
 * @module coppice
 */
export * from './registry.js';
