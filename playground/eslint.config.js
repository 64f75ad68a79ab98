// The same rules as those of the package, in whose folder the tools are installed.
export { default } from '../packages/coppice/eslint.config.js';
