// What of WebAssembly appears in declarations: Node's own types do not have it, and programs need not have those of browsers.

/** A `WebAssembly.Memory`. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}
/** A `WebAssembly.Global`. */
export interface WasmGlobal {
  value: number;
}
