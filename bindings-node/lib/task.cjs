'use strict';

const { bytes, known, object, optionalString, string } = require('./argument.cjs');
const { input } = require('./error.cjs');
const { OPTIONS, choice, isTexts } = require('./option.cjs');
const { begin } = require('./step.cjs');

const PORTAL = ['session', 'startUrl', 'ssoRegion'];

/** Begins a task whose own options are texts, switches and lists by their names. */
function start(task, env, time, options, { texts = [], switches = [], lists = [] } = {}) {
  known(object(options, 'the options'), [...OPTIONS, 'seed', ...texts, ...switches, ...lists], task);
  const own = {};
  for (const name of texts) own[name] = optionalString(options[name], name);
  for (const name of switches) own[name] = choice(options[name], name);
  for (const name of lists) {
    const list = options[name] ?? undefined;
    if (list !== undefined && !isTexts(list)) throw input(`${name} is a list of strings`);
    own[name] = list;
  }
  if (texts.includes('startUrl')) portal(own);
  return begin(task, env, time, options, own, bytes(options.seed, 'seed'));
}

function portal({ startUrl, ssoRegion }) {
  if ((startUrl === undefined) !== (ssoRegion === undefined)) throw input('give startUrl with ssoRegion, or none of them');
}

function startCallerIdentity(env, time, options = {}) {
  return start('callerIdentity', env, time, options);
}

function startRegion(env, time, options = {}) {
  return start('region', env, time, options);
}

function startBearerToken(service, env, time, options = {}) {
  string(service, 'service');
  return start('bearerToken', env, time, { ...object(options, 'the options'), service }, { texts: ['service'] });
}

function startPlan(env, time, options = {}) {
  return start('plan', env, time, options);
}

function startCacheList(env, time, options = {}) {
  return start('cacheList', env, time, options);
}

function startCacheClear(env, time, options = {}) {
  return start('cacheClear', env, time, options, { lists: ['paths'] });
}

function startSsoLogin(env, time, options = {}) {
  return start('ssoLogin', env, time, options, { texts: [...PORTAL, 'clientName'], switches: ['deviceCode'], lists: ['scopes'] });
}

function startSsoAccounts(env, time, options = {}) {
  return start('ssoAccounts', env, time, options, { texts: [...PORTAL, 'accountId'] });
}

function startConfigureSso(name, env, time, options = {}) {
  string(name, 'name');
  for (const needed of ['startUrl', 'ssoRegion']) string(object(options, 'the options')[needed], needed);
  if ((options.accountId == null) !== (options.roleName == null)) throw input('give accountId with roleName, or none of them');
  const texts = [...PORTAL, 'name', 'accountId', 'roleName', 'output', 'profileRegion'];
  return start('configureSso', env, time, { ...options, name }, { texts });
}

function startLogin(env, time, options = {}) {
  return start('login', env, time, options, { switches: ['remote'] });
}

function startLogout(env, time, options = {}) {
  return start('logout', env, time, options, { switches: ['sso'] });
}

module.exports = {
  startCallerIdentity, startRegion, startBearerToken, startPlan, startCacheList, startCacheClear, startSsoLogin, startSsoAccounts,
  startConfigureSso, startLogin, startLogout,
};
