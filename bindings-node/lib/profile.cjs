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
  return planOf(JSON.parse(check(native.plan(variables, config, credentials, profile))));
}

/** A plan as native code describes it, with its words and its graph as methods. */
function planOf({ text, graph, ...described }) {
  // There to be used, and shown by nothing.
  for (const step of described.steps) Object.defineProperty(step, 'externalId', { value: step.externalId ?? null, enumerable: false });
  const [base, ...roles] = described.steps;
  return Object.defineProperties(described, {
    base: { value: base },
    baseProfile: { value: base.profile },
    roles: { value: roles },
    toString: { value: () => text },
    graph: { value: () => graph },
  });
}

function profileFiles(env, options = {}) {
  known(object(options, 'the options'), ['home', 'platform'], 'profileFiles');
  const platform = optionalString(options.platform, 'platform');
  if (platform !== undefined && platform !== 'unix' && platform !== 'windows') throw input('platform is "unix" or "windows"');
  const { config, credentials, profile } = JSON.parse(check(native.locate(envText(env), optionalString(options.home, 'home'), platform)));
  return { config: config ?? undefined, credentials: credentials ?? undefined, profile };
}

/** The two files, by their paths or as `config` and `credentials`. */
function contents(variables, files, { home }) {
  const paths = JSON.parse(check(native.locate(variables, optionalString(home, 'home'))));
  const at = (name) => (files instanceof Map ? files.get(name) : Object.hasOwn(files, name) ? files[name] : undefined);
  const read = (name) => bytes((paths[name] !== null ? at(paths[name]) : undefined) ?? at(name), name);
  return { config: read('config'), credentials: read('credentials') };
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

module.exports = { parseProfiles, plan, planOf, profileFiles, envText };
