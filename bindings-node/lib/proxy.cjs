'use strict';

/**
 * The proxy that the environment names for a url, or `undefined`. Lower-case names win. `HTTP_PROXY` in capitals is
 * not trusted in a CGI program, where a client's header can set it.
 */
function proxyFor(url, env) {
  const scheme = url.protocol.slice(0, -1);
  const cgi = scheme === 'http' && env.REQUEST_METHOD !== undefined;
  const named =
    env[`${scheme}_proxy`] ||
    (!cgi && env[`${scheme.toUpperCase()}_PROXY`]) ||
    env.all_proxy ||
    env.ALL_PROXY;
  if (!named || isExempt(url, env.no_proxy || env.NO_PROXY || '')) return undefined;
  const proxy = new URL(named.includes('://') ? named : `http://${named}`);
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    throw new Error(`a proxy is reached over http or https, not ${proxy.protocol}`);
  }
  return proxy;
}

/** `NO_PROXY`: names with all that ends in them, with a port where only that is meant, or `*`. */
function isExempt(url, list) {
  const host = url.hostname.toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '*') return true;
    const [, name, only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase());
    if (name === '' || (only !== undefined && only !== port)) return false;
    return host === name || host.endsWith(`.${name}`);
  });
}

/** What the user name and password in a proxy's url are sent as. */
function authorization({ username, password }) {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

module.exports = { proxyFor, authorization };
