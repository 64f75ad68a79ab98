/** Runs tests that need no runner of their own, one after the other, and prints the lines that test/run.mjs reads. */
export async function report(tests) {
  for (const [name, body] of Object.entries(tests)) {
    try {
      await body();
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`not ok ${name}\n${String(error.stack).replace(/^/gm, '    ')}`);
    }
  }
}
