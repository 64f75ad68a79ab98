/**
 * `coppice/registry`: a map that threads share and keep in step, with a lock for each key.
 *
 * @module registry
 */
export { RegistryError } from './registry/errors.js';
export { bind, Registry, unbind, type RegistryData, type WorkerLike } from './registry/registry.js';
export type { AcquireOptions } from './registry/values.js';
