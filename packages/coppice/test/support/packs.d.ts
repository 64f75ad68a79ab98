/** Packs of tests/golden, which the bundler puts into the tests as they are. */
declare module '*.pack' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
