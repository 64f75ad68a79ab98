/** What is wrong with bytes that should be a document: each error says at which byte. */
import { MAX_DEPTH } from './document-format.js';

/** What to do is the same for all: nobody can repair the bytes. */
const ADVICE = 'they were not written as a document, or have changed since; take them from where they are whole';

export function damaged(at: number, what: string): Error {
  return new Error(`cannot read the document: byte ${at}: ${what}; ${ADVICE}`);
}

export function cutShort(at: number, size: number, end: number): Error {
  return damaged(at, `${size} more bytes should follow, but only ${Math.max(0, end - at)} do`);
}

export function trailing(at: number, count: number): Error {
  return damaged(at, `the document ends here, and ${count} more bytes follow`);
}

export function unknownExtension(at: number, type: number): Error {
  return new Error(
    `cannot read the document: byte ${at}: extension type ${type} is not known; ` +
      'read it with the program that wrote it, or with a newer Coppice',
  );
}

export function lacking(at: number, name: string): Error {
  return new Error(`cannot read the document: byte ${at}: this runtime has no ${name}; read it with a newer one`);
}

export function tooDeep(at: number): RangeError {
  return new RangeError(
    `cannot read the document: byte ${at}: it is nested deeper than ${MAX_DEPTH} levels; ` +
      'read it with another MessagePack library, and store what is linked as an array',
  );
}
