'use strict';

const { inspect } = require('node:util');
const native = require('./native.cjs');
const { bytes, known, object, optionalString } = require('./argument.cjs');
const { check, input } = require('./error.cjs');

function parseProfiles(config, credentials) {
  const text = check(native.parseProfiles(bytes(config, 'config'), bytes(credentials, 'credentials')));
  return new ParsedProfiles(JSON.parse(text));
}

/** What two files say. Any value in it can be a secret, so that printing it shows the names only. */
class ParsedProfiles {
  constructor({ profiles, ssoSessions, services, warnings }) {
    this.profiles = profiles;
    this.ssoSessions = ssoSessions;
    this.services = services;
    this.warnings = warnings;
  }

  toJSON() {
    const { profiles, ssoSessions, services, warnings } = this;
    const names = Object.keys;
    return { profiles: names(profiles), ssoSessions: names(ssoSessions), services: names(services), warnings };
  }

  [inspect.custom](_depth, options) {
    return `ParsedProfiles ${inspect(this.toJSON(), options)}`;
  }
}

function plan(env, files, options = {}) {
  known(object(options, 'the options'), ['profile', 'home'], 'plan');
  const variables = envText(env);
  const { config, credentials } = contents(variables, object(files, 'files'), options);
  const profile = optionalString(options.profile, 'profile');
  const described = JSON.parse(check(native.plan(variables, config, credentials, profile)));
  const text = described.text;
  delete described.text;
  return Object.defineProperty(described, 'toString', { value: () => text });
}

/** The two files: as `config` and `credentials`, or from a map of paths. */
function contents(variables, files, { home }) {
  const at = (path) => (files instanceof Map ? files.get(path) : Object.hasOwn(files, path) ? files[path] : undefined);
  const names = files instanceof Map ? [...files.keys()] : Object.keys(files);
  if (names.every((name) => name === 'config' || name === 'credentials')) {
    return { config: bytes(at('config'), 'config'), credentials: bytes(at('credentials'), 'credentials') };
  }
  const paths = JSON.parse(check(native.locate(variables, optionalString(home, 'home'))));
  const read = (path) => (path === null ? undefined : bytes(at(path), path));
  return { config: read(paths.config), credentials: read(paths.credentials) };
}

/** An environment as native code reads it. Variables that are not set are left out. */
function envText(env) {
  const set = {};
  for (const [name, value] of Object.entries(object(env, 'env'))) {
    if (value === undefined) continue;
    if (typeof value !== 'string') throw input(`the variable ${name.slice(0, 64)} is not a string`);
    Object.defineProperty(set, name, { value, enumerable: true });
  }
  return JSON.stringify(set);
}

module.exports = { parseProfiles, plan, envText };
