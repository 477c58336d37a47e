'use strict';

const { input } = require('./error.cjs');
const { known, object } = require('./argument.cjs');

const isSeconds = (value) => Number.isSafeInteger(value) && value >= 0;
const isString = (value) => typeof value === 'string';
const isBoolean = (value) => typeof value === 'boolean';
const isNames = (value) => Array.isArray(value) && value.every(isString);

const RULES = {
  maxSkew: [isSeconds, 'whole seconds'],
  maxExpires: [isSeconds, 'whole seconds'],
  region: [isString, 'text'],
  service: [isString, 'text'],
  requireSigned: [isNames, 'a list of header names'],
  requireSignedIfPresent: [isNames, 'a list of header names'],
  requireAmzSigned: [isBoolean, 'true or false'],
  unsignedAmz: [isNames, 'a list of header names'],
  anyUnsignedPayload: [isBoolean, 'true or false'],
  dateHeader: [isBoolean, 'true or false'],
  sigv4a: [isBoolean, 'true or false'],
  uniformErrors: [isBoolean, 'true or false'],
};

/** A policy as native code reads it; empty for the default, the strict one. */
function policyText(policy) {
  if (policy === undefined || policy === null) return '';
  known(object(policy, 'policy'), Object.keys(RULES), 'the policy');
  for (const [name, value] of Object.entries(policy)) {
    const [fits, expected] = RULES[name];
    if (value !== undefined && value !== null && !fits(value)) throw input(`policy.${name} must be ${expected}`);
  }
  return JSON.stringify(policy);
}

module.exports = { policyText };
