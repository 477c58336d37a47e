'use strict';

const { input } = require('./error.cjs');
const { Redactor } = require('./redact.cjs');

/** Where winston keeps the line that it has made. */
const MESSAGE = Symbol.for('message');

function needed(redactor) {
  if (!(redactor instanceof Redactor)) throw input('a log is redacted by a Redactor');
  return redactor;
}

/** Settings of pino: what is logged is walked before it is written, and the line is searched once more. */
function pinoOptions(redactor = new Redactor()) {
  needed(redactor);
  return {
    hooks: {
      logMethod(args, method) {
        return method.apply(this, args.map((arg) => redactor.value(arg)));
      },
      streamWrite: (line) => redactor.redact(line),
    },
    formatters: {
      bindings: (bindings) => redactor.value(bindings),
    },
  };
}

/** A format of winston, for any place in a chain: what is logged is walked, and the line searched if there is one. */
function winstonFormat(redactor = new Redactor()) {
  needed(redactor);
  return {
    transform(info) {
      const shown = redactor.value(info);
      // An error that was logged alone has its text where copies do not look for it.
      if (info instanceof Error) for (const key of ['level', 'message', 'stack']) if (info[key] !== undefined) shown[key] = redactor.value(info[key]);
      if (typeof info[MESSAGE] === 'string') shown[MESSAGE] = redactor.redact(info[MESSAGE]);
      return shown;
    },
  };
}

module.exports = { pinoOptions, winstonFormat };
