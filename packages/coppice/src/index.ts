/**
 * `coppice`: all that the package has. Each part is also a module by itself.
 *
 * @module coppice
 */
export * from './hamt.js';
export * from './hamt-set.js';
export * from './pack.js';
export * from './registry.js';
export * from './sharing.js';
export * from './vector.js';
