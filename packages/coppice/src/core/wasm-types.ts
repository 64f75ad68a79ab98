// What of WebAssembly appears in declarations: Node's own types do not have it, and programs need not have those of browsers.

/** A `WebAssembly.Memory`. */
export interface WasmMemory {
  /** Its bytes, as many as there are now. */
  readonly buffer: ArrayBufferLike;
  /** Adds pages of 64 KiB; returns how many there were. */
  grow(pages: number): number;
}
/** A `WebAssembly.Global`. */
export interface WasmGlobal {
  value: number;
}
