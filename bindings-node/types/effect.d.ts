/** What a task asks, and how it is answered. */

/// <reference types="node" />

import type { Credentials, CredentialsInput } from './credentials.js';
import type { Attempt } from './error.js';
import type { Step } from './step.js';
import type { Data, HeadersInput, Time } from './value.js';

/** Why there is no answer. Any object with a text `failure` is one. */
export interface Failure {
  /** For HTTP `refused`, `unreachable`, `timeout`, `tls`, `too_large` or `other`; else a line for a person. */
  readonly failure: string;
  readonly message?: string | undefined;
}

/** A reply to an HTTP request, whatever its status. */
export class HttpReply {
  constructor(status: number, headers?: HeadersInput | null, body?: Data | null);
  readonly status: number;
  readonly headers?: HeadersInput | null | undefined;
  readonly body?: Data | null | undefined;
}
export class HttpFailure implements Failure {
  constructor(reason: 'refused' | 'unreachable' | 'timeout' | 'tls' | 'too_large' | 'other', message?: string);
  readonly failure: string;
  readonly message: string;
}
export class FileFailure implements Failure {
  constructor(reason: string);
  readonly failure: string;
  readonly message: string;
}
/** How a program ended: its status, or minus the number of the signal that ended it. */
export class ProcessReply {
  constructor(code: number, stdout?: Data | null, stderr?: Data | null);
  readonly code: number;
  readonly stdout?: Data | null | undefined;
  readonly stderr?: Data | null | undefined;
}
export class ProcessFailure implements Failure {
  constructor(reason: string);
  readonly failure: string;
  readonly message: string;
}
/** The redirect that arrived: its port, and its query without the question mark. */
export class ListenReply {
  constructor(port: number, query: string);
  readonly port: number;
  readonly query: string;
}
export class ListenFailure implements Failure {
  constructor(reason: string);
  readonly failure: string;
  readonly message: string;
}
export class SignFailure implements Failure {
  constructor(reason: string);
  readonly failure: string;
  readonly message: string;
}
export class CustomFailure implements Failure {
  constructor(reason: string);
  readonly failure: string;
  readonly message: string;
}

/** A task that stands at a question. Answering consumes it; a second answer is the error `used`. */
interface Asking<Kind extends string, Reply, T> {
  readonly kind: Kind;
  readonly done: false;
  readonly trace: readonly Attempt[];
  /** Goes on. An answer of the wrong kind is the error `wrong_answer` and leaves the step as it was. */
  answer(now: Time | null | undefined, reply: Reply): Step<T>;
  /** Goes on without an answer: not on this host. */
  decline(now?: Time | null): Step<T>;
  /** Throws: there is no result yet. */
  result(): never;
}

/** The contents of a file; answer `null` if there is none. */
export interface ReadFile<T = Credentials> extends Asking<'readFile', Data | null | undefined | Failure, T> {
  readonly path: string;
  readonly maxBytes: number;
}
/** Writes a file whole or not at all, mode 0600. */
export interface WriteFile<T = Credentials> extends Asking<'writeFile', true | Failure, T> {
  readonly path: string;
  readonly data: Buffer;
}
/** The names in a directory. */
export interface ListFiles<T = Credentials> extends Asking<'listFiles', readonly string[] | Failure, T> {
  readonly path: string;
  readonly maxBytes: number;
}
export interface RemoveFile<T = Credentials> extends Asking<'removeFile', true | Failure, T> {
  readonly path: string;
}
/** Takes (`hold`) or gives back a lock that other processes honour too. */
export interface Lock<T = Credentials> extends Asking<'lock', true | Failure, T> {
  readonly path: string;
  readonly hold: boolean;
}
/** One request, to be sent as it is; no redirect is followed. `direct` forbids a proxy. Times are seconds. */
export interface Http<T = Credentials> extends Asking<'http', HttpReply | { status: number; headers?: HeadersInput | null; body?: Data | null } | Failure, T> {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly timeout: number;
  readonly direct: boolean;
  readonly maxBytes: number;
}
/** The addresses of a host name. */
export interface Resolve<T = Credentials> extends Asking<'resolve', readonly string[] | Failure, T> {
  readonly host: string;
}
/** Runs a program without a shell. */
export interface RunProcess<T = Credentials> extends Asking<'runProcess', ProcessReply | { code: number; stdout?: Data | null; stderr?: Data | null } | Failure, T> {
  readonly argv: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly timeout: number;
  readonly maxBytes: number;
}
/** Shows a line to a person and takes what they type, without echo. */
export interface Prompt<T = Credentials> extends Asking<'prompt', string, T> {
  /** A one-time code; a page to open, answered with empty text; or the code that such a page shows at its end. */
  readonly prompt: 'mfa' | 'sign_in' | 'authorization_code';
  readonly serial: string | null;
  /** Not enumerable where there is a page. */
  readonly message: string;
  /** The page to open. Not enumerable. */
  readonly page: string | null;
}
/** Opens a page and takes the one redirect that it makes to a loopback port. */
export interface Listen<T = Credentials> extends Asking<'listen', ListenReply | { port: number; query: string } | Failure, T> {
  readonly page: string;
  readonly path: string;
  readonly timeout: number;
}
/** A signature with a key that the host holds. */
export interface Sign<T = Credentials> extends Asking<'sign', Exclude<Data, string> | Failure, T> {
  readonly key: string;
  readonly algorithm: 'rsa_pkcs1_sha256' | 'ecdsa_sha256_der' | 'hmac_sha256' | 'es256';
  readonly message: Buffer;
}
/** The credentials of a source of the host's own; answer `null` if it holds none. */
export interface Custom<T = Credentials> extends Asking<'custom', CredentialsInput | null | undefined | Failure, T> {
  readonly name: string;
}
/** Lets time pass. */
export interface Wait<T = Credentials> extends Asking<'wait', true, T> {
  readonly seconds: number;
}
