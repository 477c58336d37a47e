'use strict';

const DEEPEST = 64;
const CIRCULAR = '[circular]';
const UNREADABLE = '[unreadable]';
const TOO_DEEP = '[secret]';

/** Keys whose value is the name of another value. */
const NAMES = new Set(['name', 'key', 'header', 'headername', 'parameterkey', 'parametername', 'variable', 'field', 'attribute']);

/** Copies of values without their secrets. What cannot be read is left out; nothing that a value does is thrown. */
class Walk {
  #redactor;
  #open = new Set();

  constructor(redactor) {
    this.#redactor = redactor;
  }

  value(value, name) {
    switch (typeof value) {
      case 'string':
        return name === undefined ? this.#redactor.redact(value) : this.#redactor.field(name, value);
      case 'number':
      case 'bigint': {
        if (name === undefined) return value;
        const text = String(value);
        const shown = this.#redactor.field(name, text);
        return shown === text ? value : shown;
      }
      case 'object':
        return value === null ? null : this.#composed(value, name);
      default:
        return value;
    }
  }

  #composed(value, name) {
    if (this.#open.has(value)) return CIRCULAR;
    if (this.#open.size >= DEEPEST) return TOO_DEEP;
    this.#open.add(value);
    try {
      return this.#kind(value, name);
    } catch {
      return UNREADABLE;
    } finally {
      this.#open.delete(value);
    }
  }

  #kind(value, name) {
    if (value instanceof Error) return this.#error(value);
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return this.#bytes(value, name);
    if (Array.isArray(value)) return this.#items(value, name);
    if (value instanceof Map) return this.#map(value);
    if (value instanceof Set) return new Set(this.#items([...value], name));
    if (value instanceof Date || value instanceof RegExp || value instanceof Promise) return value;
    if (value instanceof URL) {
      const shown = this.#redactor.redact(value.href);
      return shown === value.href ? value : shown;
    }
    if (value instanceof String || value instanceof Number || value instanceof Boolean) return this.value(value.valueOf(), name);
    // Headers, FormData and URLSearchParams have their pairs nowhere else.
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    if (tag === 'Headers' || tag === 'URLSearchParams' || tag === 'FormData') return this.#object(Object.fromEntries(value.entries()));
    if (typeof value.toJSON === 'function') return this.value(value.toJSON(), name);
    return this.#object(value);
  }

  #bytes(value, name) {
    const data = value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const shown = name === undefined ? this.#redactor.redact(data) : this.#redactor.field(name, data);
    return Buffer.compare(shown, data) === 0 ? value : shown;
  }

  /** An error that is one all the same, with its causes, those it collects, and whatever else was put on it. */
  #error(value) {
    const out = Object.create(Object.getPrototypeOf(value));
    for (const key of new Set([...Object.getOwnPropertyNames(value), 'message', 'name', 'stack'])) {
      const shown = this.#member(value, key, key);
      if (shown === undefined) continue;
      const enumerable = Object.prototype.propertyIsEnumerable.call(value, key);
      if (key === 'name' && !Object.hasOwn(value, key)) continue;
      Object.defineProperty(out, key, { value: shown, enumerable, writable: true, configurable: true });
    }
    return out;
  }

  #object(value) {
    const out = {};
    const keys = Object.keys(value);
    const named = keys.map((key) => this.#names(key, read(value, key))).find((name) => name !== undefined);
    for (const key of keys) {
      const name = named !== undefined && key.toLowerCase().endsWith('value') ? named : key;
      put(out, this.#redactor.redact(key), this.#member(value, key, name));
    }
    // Loggers keep what is theirs under symbols.
    for (const key of Object.getOwnPropertySymbols(value)) out[key] = this.#member(value, key);
    return out;
  }

  #member(value, key, name) {
    let member;
    try {
      member = value[key];
    } catch {
      return UNREADABLE;
    }
    return this.value(member, name);
  }

  #map(value) {
    const out = new Map();
    for (const [key, member] of value) {
      const name = typeof key === 'string' ? key : undefined;
      out.set(this.value(key), this.value(member, name));
    }
    return out;
  }

  #items(items, name) {
    const out = [];
    let before;
    for (let at = 0; at < items.length; at++) {
      const item = read(items, at);
      const own = before !== undefined && typeof item === 'string' && this.#follows(before, item, items.length === 2);
      out.push(this.value(item, own ? before : name));
      before = typeof item === 'string' && !own ? item : undefined;
    }
    return out;
  }

  /** Whether a text in a list is the name of the one behind it: a header's, or an option's. */
  #follows(name, value, pair) {
    return /^[\w.-]+$/.test(name) && (name.includes('-') || (pair && !/^[A-Za-z_-]*$/.test(value))) && this.#isSecret(name);
  }

  /** What an entry says another is the value of: `{ name: 'PASSWORD', value: … }`. */
  #names(key, text) {
    if (typeof text !== 'string') return undefined;
    if (key.toLowerCase() === 'type' && text === 'SecureString') return 'SecretString';
    return NAMES.has(key.toLowerCase()) && this.#isSecret(text) ? text : undefined;
  }

  #isSecret(name) {
    const probe = 'x1'.repeat(20);
    return name.length <= 128 && this.#redactor.field(name, probe) !== probe;
  }
}

function read(value, key) {
  try {
    return value[key];
  } catch {
    return UNREADABLE;
  }
}

/** Two keys that look alike now are two all the same; `__proto__` is a key as any other. */
function put(out, key, value) {
  while (Object.hasOwn(out, key)) key += "'";
  Object.defineProperty(out, key, { value, enumerable: true, writable: true, configurable: true });
}

module.exports = { Walk };
