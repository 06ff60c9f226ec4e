/**
 * Takes the body of a request, leaves its JSON value in `request.body`, or answers what is wrong with the
 * body: too large, compressed, not UTF-8, not JSON. Text that no UTF-8 can hold must never pass, because it
 * would be stored with other characters. Runs after authentication.
 */
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { sendError } from './answers.ts';

export const DEFAULT_MAX_REQUEST_BYTES = 100_000;

/** Bytes of an escape such as \u00e9, which stands for at least one byte. */
const ESCAPE_BYTES = 6;

/**
 * `maxBytes` bounds the text after its escapes are decoded: an emoji counts 4 bytes, also when a client writes
 * it as \ud83d\ude00. Compressed requests are refused, because a few bytes can expand to any size.
 */
export function readJson(maxBytes: number): (RequestHandler | ErrorRequestHandler)[] {
  const tooLarge = `A request has at most ${maxBytes} bytes.`;
  const read = rawReader(maxBytes);

  const parseBody: RequestHandler = (request, response, next) => {
    const body: unknown = request.body;
    if (!Buffer.isBuffer(body)) return sendError(response, 400, 'BAD_USER_INPUT', NO_JSON);
    if (body.length > maxBytes && decodedLength(body) > maxBytes) {
      return sendError(response, 413, 'TOO_COMPLEX', tooLarge);
    }
    const parsed = parseJson(body);
    if ('problem' in parsed) return sendError(response, 400, 'BAD_USER_INPUT', parsed.problem);
    request.body = parsed.value;
    next();
  };

  const readError: ErrorRequestHandler = (error, _request, response, next) => {
    const { status, type } = error as { status?: number; type?: string };
    if (type === 'entity.too.large') {
      // Do not read the rest of the body.
      response.set('Connection', 'close');
      sendError(response, 413, 'TOO_COMPLEX', tooLarge);
    } else if (type === 'encoding.unsupported') {
      sendError(response, 415, 'BAD_USER_INPUT', 'The request must not be compressed.');
    } else if (status === 400) {
      sendError(response, 400, 'BAD_USER_INPUT', 'The body of the request is incomplete.');
    } else next(error);
  };
  return [read, parseBody, readError];
}

const rawReader = (maxBytes: number): RequestHandler =>
  express.raw({ limit: maxBytes * ESCAPE_BYTES, inflate: false, type: () => true });

/** The JSON value of a request's body within the same bounds; undefined if there is none. Answers nothing. */
export function tryReadJson(maxBytes: number) {
  const read = rawReader(maxBytes);
  return async (request: Request, response: Response): Promise<unknown> => {
    const error = await new Promise<unknown>((resolve) => read(request, response, resolve));
    const body: unknown = request.body;
    if (error || !Buffer.isBuffer(body) || body.length > maxBytes) return undefined;
    const parsed = parseJson(body);
    return 'value' in parsed ? parsed.value : undefined;
  };
}

const NO_JSON = 'The request is not JSON.';

const ILL_FORMED = 'A text has half of a surrogate pair, such as \\ud83d alone.';

/** An escaped surrogate. The bytes themselves cannot hold one: TextDecoder refuses it. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

/** Removes a byte order mark, as RFC 8259, section 8.1, allows. */
const decoder = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Buffer): { value: unknown } | { problem: string } {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return { problem: 'The request is not in UTF-8.' };
  }
  try {
    if (!SURROGATE.test(text)) return { value: JSON.parse(text) };
    let wellFormed = true;
    const value: unknown = JSON.parse(text, (key, member) => {
      wellFormed &&= key.isWellFormed() && (typeof member !== 'string' || member.isWellFormed());
      return member;
    });
    return wellFormed ? { value } : { problem: ILL_FORMED };
  } catch {
    // A SyntaxError, or a RangeError: the reviver is recursive.
    return { problem: NO_JSON };
  }
}

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/** Bytes of a JSON text with its escapes decoded. The two halves of a surrogate pair count 2 bytes each. */
function decodedLength(bytes: Buffer): number {
  let length = bytes.length;
  for (let at = bytes.indexOf(BACKSLASH); at !== -1; ) {
    const unicode = bytes[at + 1] === LETTER_U;
    length -= unicode ? ESCAPE_BYTES - utf8Length(bytes.toString('latin1', at + 2, at + 6)) : 1;
    at = bytes.indexOf(BACKSLASH, at + (unicode ? ESCAPE_BYTES : 2));
  }
  return length;
}

function utf8Length(hex: string): number {
  const code = Number.parseInt(hex, 16);
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code >= 0xd800 && code <= 0xdfff ? 2 : 3;
}
