'use strict';

const { expiry } = require('./credentials.cjs');
const { known, object, optionalString, string } = require('./argument.cjs');
const { input } = require('./error.cjs');

const TEXTS = ['profile', 'region', 'home', 'configFile', 'credentialsFile', 'stsEndpoint', 'imdsEndpoint', 'imdsMode', 'imdsRoleName'];
const SWITCHES = ['shell', 'sharedCache', 'imdsAllowV1', 'imdsExtended'];

/** What each object may hold: `!` must be there. */
const SHAPES = {
  webIdentity: { roleArn: 'text!', token: 'token!', sessionName: 'text', duration: 'seconds', policy: 'text', policyArns: 'texts', region: 'text' },
  saml: { roleArn: 'text!', principalArn: 'text!', assertion: 'token!', duration: 'seconds', policy: 'text', policyArns: 'texts', region: 'text' },
  cognito: { identityPoolId: 'text!', logins: 'tokens', identityId: 'text', accountId: 'text', customRoleArn: 'text', roleArn: 'text', endpoint: 'text' },
  rolesAnywhere: {
    trustAnchorArn: 'text!', profileArn: 'text!', roleArn: 'text!', certificate: 'text!', privateKey: 'text!', chain: 'text',
    sessionName: 'text', duration: 'seconds', region: 'text', endpoint: 'text',
  },
  sessionToken: { mfaSerial: 'text', duration: 'seconds', region: 'text' },
  federationToken: { name: 'text!', policy: 'text', policyArns: 'texts', tags: 'pairs', duration: 'seconds', region: 'text' },
  role: {
    roleArn: 'text!', externalId: 'text', sessionName: 'text', duration: 'seconds', mfaSerial: 'text', region: 'text', sourceIdentity: 'text',
    policy: 'text', policyArns: 'texts', tags: 'pairs', transitiveTagKeys: 'texts',
  },
};
const SOURCES = ['webIdentity', 'saml', 'cognito', 'rolesAnywhere', 'sessionToken', 'federationToken'];

/** The names of all options of the chain. */
const OPTIONS = [...TEXTS, ...SWITCHES, ...SOURCES, 'order', 'credentials', 'assume', 'clockOffset'];

const isTexts = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');
const isToken = (value) => (typeof value === 'string' && value !== '') || typeof value?.file === 'string';
const isMapOf = (fits) => (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(fits);
const KINDS = {
  text: [(value) => typeof value === 'string', 'a string'],
  texts: [isTexts, 'a list of strings'],
  seconds: [(value) => Number.isSafeInteger(value) && value > 0, 'a whole number of seconds'],
  token: [isToken, 'a string, or { file: path }'],
  tokens: [isMapOf(isToken), 'an object of tokens'],
  pairs: [isMapOf((value) => typeof value === 'string'), 'an object of strings'],
};

/** An object that is held to its shape. */
function shaped(value, shape, what) {
  known(object(value, what), Object.keys(SHAPES[shape]), what);
  const out = {};
  for (const [name, kind] of Object.entries(SHAPES[shape])) {
    const given = value[name];
    const needed = kind.endsWith('!');
    if (given === undefined || given === null) {
      if (needed) throw input(`${what}.${name} is missing`);
      continue;
    }
    const [fits, expected] = KINDS[needed ? kind.slice(0, -1) : kind];
    if (!fits(given)) throw input(`${what}.${name} is not ${expected}`);
    out[name] = given;
  }
  return out;
}

/** The options that core reads, checked; a misspelt one is refused by who calls. */
function chainOptions(options) {
  const out = {};
  for (const name of TEXTS) out[name] = optionalString(options[name], name);
  if (out.imdsMode !== undefined && out.imdsMode !== 'ipv4' && out.imdsMode !== 'ipv6') throw input('imdsMode is "ipv4" or "ipv6"');
  for (const name of SWITCHES) out[name] = choice(options[name], name);
  for (const name of SOURCES) {
    if (options[name] !== undefined && options[name] !== null) out[name] = shaped(options[name], name, name);
  }
  if (options.order !== undefined && options.order !== null) {
    if (!Array.isArray(options.order)) throw input('order is a list of names');
    out.order = options.order.map((name) => string(name, 'a source'));
  }
  if (options.credentials !== undefined && options.credentials !== null) out.credentials = whole(options.credentials);
  if (options.assume !== undefined && options.assume !== null) {
    if (!Array.isArray(options.assume)) throw input('assume is a list of roles');
    out.assume = options.assume.map((role) => (typeof role === 'string' ? { roleArn: role } : shaped(role, 'role', 'a role')));
  }
  const { clockOffset } = options;
  if (clockOffset !== undefined && clockOffset !== null) {
    if (!Number.isFinite(clockOffset)) throw input('clockOffset is a number of seconds');
    out.clockOffset = Math.trunc(clockOffset * 1000);
  }
  return out;
}

function choice(value, what) {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw input(`${what} is true or false`);
  return value;
}

/** Credentials whole, as native code reads them. */
function whole(from) {
  const { accessKeyId, secretAccessKey, sessionToken, accountId, source } = object(from, 'credentials');
  return {
    accessKeyId: string(accessKeyId, 'accessKeyId'),
    secretAccessKey: string(secretAccessKey, 'secretAccessKey'),
    sessionToken: optionalString(sessionToken, 'sessionToken'),
    accountId: optionalString(accountId, 'accountId'),
    source: optionalString(source, 'source'),
    expiresAt: expiry(from),
  };
}

module.exports = { OPTIONS, chainOptions, choice, isTexts, whole };
