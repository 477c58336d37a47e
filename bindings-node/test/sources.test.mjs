// Sources that are configured in code, the questions that only they ask, and the other tasks of the chain.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import {
  CustomFailure, HttpReply, ListenReply, SignFailure, callerIdentity, resolve, resolveSync, run, start, startBearerToken, startCacheClear,
  startCacheList, startCallerIdentity, startConfigureSso, startLogin, startLogout, startPlan, startRegion, startSsoAccounts, startSsoLogin,
} from 'awsaccess';
import { VECTORS, json, thrown } from './support.mjs';

const NOW = 1_800_000_000;
const ROLE = 'arn:aws:iam::111122223333:role/one';
const keys = { accessKeyId: 'AKIDMINE', secretAccessKey: 's3cr3t-m' };
const env = { HOME: '/h' };

/** Files and replies from tables; everything that was asked is kept. */
class World {
  asked = [];
  signature = Buffer.from([0, 255]);

  constructor(files = {}, ...replies) {
    this.files = new Map(Object.entries(files));
    this.replies = replies;
  }

  run(step) {
    while (!step.done) {
      this.asked.push(step);
      const reply = this.reply(step);
      step = reply === undefined ? step.decline(NOW) : step.answer(NOW, reply);
    }
    return step;
  }

  reply(step) {
    switch (step.kind) {
      case 'readFile':
        return this.files.get(step.path) ?? null;
      case 'writeFile':
        this.files.set(step.path, step.data);
        return true;
      case 'listFiles':
        return [...this.files.keys()].filter((path) => path.slice(0, path.lastIndexOf('/')) === step.path).map((path) => path.slice(step.path.length + 1));
      case 'removeFile':
        this.files.delete(step.path);
        return true;
      case 'lock':
      case 'wait':
        return true;
      case 'http': {
        const [status, body] = this.replies.shift();
        return new HttpReply(status, [], typeof body === 'string' ? body : JSON.stringify(body));
      }
      case 'prompt':
        return step.prompt === 'sign_in' ? '' : '123456';
      case 'sign':
        return this.signature;
      case 'custom':
        return this.custom;
      case 'listen':
        return this.redirect?.(step);
      default:
        return undefined;
    }
  }

  of(kind) {
    return this.asked.filter((step) => step.kind === kind);
  }

  get sent() {
    return this.of('http').map(({ body }) => body.toString('utf8'));
  }
}

const session = (action) => `<${action}Response><${action}Result><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>
  <SecretAccessKey>s3cr3t-r</SecretAccessKey><SessionToken>t0k3n-r</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>
  <AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/one/x</Arn></AssumedRoleUser></${action}Result></${action}Response>`;
const found = (world, options) => world.run(start(env, NOW, { region: 'eu-west-1', seed: new Uint8Array(32), ...options })).result();

test('a token, given or in a file', () => {
  for (const token of ['t0k3n-w', { file: '/token' }]) {
    const world = new World({ '/token': 't0k3n-w\n' }, [200, session('AssumeRoleWithWebIdentity')]);
    const { accessKeyId, source } = found(world, { webIdentity: { roleArn: ROLE, token, sessionName: 'ana', duration: 900 } });
    assert.deepEqual([accessKeyId, source], ['ASIAROLE', 'web-identity']);
    for (const part of ['WebIdentityToken=t0k3n-w', 'RoleSessionName=ana', 'DurationSeconds=900']) assert.ok(world.sent[0].includes(part));
  }
});

test('an assertion', () => {
  const world = new World({ '/a': '4ss3rt10n+=\n' }, [200, session('AssumeRoleWithSAML')]);
  const saml = { roleArn: ROLE, principalArn: 'arn:aws:iam::111122223333:saml-provider/idp', assertion: { file: '/a' } };
  assert.equal(found(world, { saml }).source, 'saml');
  assert.deepEqual(world.sent, [
    'Action=AssumeRoleWithSAML&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fone' +
      '&PrincipalArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Asaml-provider%2Fidp&SAMLAssertion=4ss3rt10n%2B%3D',
  ]);
});

test('an identity pool', () => {
  const identityPoolId = 'eu-west-1:00000000-0000-0000-0000-000000000001';
  const Credentials = { AccessKeyId: 'ASIACOG', SecretKey: 's3cr3t-g', SessionToken: 't0k3n-g', Expiration: 4102444800 };
  const world = new World({ '/login': 't0k3n-l' }, [200, { IdentityId: 'eu-west-1:i' }], [200, { IdentityId: 'eu-west-1:i', Credentials }]);
  const { accessKeyId, source } = found(world, { cognito: { identityPoolId, logins: { 'login.example': { file: '/login' } } } });
  assert.deepEqual([accessKeyId, source], ['ASIACOG', 'cognito']);
  assert.deepEqual(JSON.parse(world.sent[1]), { IdentityId: 'eu-west-1:i', Logins: { 'login.example': 't0k3n-l' } });
  const basic = new World({}, [200, { IdentityId: 'eu-west-1:i', Token: 't0k3n-o' }], [200, session('AssumeRoleWithWebIdentity')]);
  found(basic, { cognito: { identityPoolId, identityId: 'eu-west-1:i', logins: { l: 't0k3n-l' }, roleArn: ROLE } });
  assert.ok(basic.sent[1].includes('WebIdentityToken=t0k3n-o'));
});

const anywhere = json('roles-anywhere/cases.json');
const readAnywhere = (name) => readFileSync(`${VECTORS}roles-anywhere/${name}`);
const roles = (more) => ({
  trustAnchorArn: anywhere.trust_anchor_arn, profileArn: anywhere.profile_arn, roleArn: anywhere.role_arn, certificate: '/cert',
  privateKey: 'pkcs11:token=x', ...more,
});

test('no certificate is left out', () => assert.deepEqual([anywhere.cases.length, anywhere.unix], [4, NOW]));

for (const [at, one] of anywhere.cases.entries()) {
  test(`a certificate: ${at}`, () => {
    const credentials = { accessKeyId: 'ASIAX', secretAccessKey: 's3cr3t-x', sessionToken: 't0k3n-x', expiration: '2100-01-01T00:00:00Z' };
    const assumedRoleUser = { arn: 'arn:aws:sts::111122223333:assumed-role/one/x' };
    const world = new World({ '/cert': readAnywhere(one.certificate) }, [201, { credentialSet: [{ assumedRoleUser, credentials }] }]);
    if (one.chain !== null) world.files.set('/chain', readAnywhere(one.chain));
    const { durationSeconds: duration, roleSessionName: sessionName } = one.body;
    const keys = found(world, { rolesAnywhere: roles({ duration, sessionName, chain: one.chain === null ? undefined : '/chain' }) });
    assert.deepEqual([keys.accessKeyId, keys.accountId, keys.source], ['ASIAX', '111122223333', 'roles-anywhere']);
    const [sign] = world.of('sign');
    const [http] = world.of('http');
    const algorithm = one.certificate.startsWith('rsa') ? 'rsa_pkcs1_sha256' : 'ecdsa_sha256_der';
    assert.deepEqual([sign.key, sign.algorithm, sign.message.toString('utf8')], ['pkcs11:token=x', algorithm, one.string_to_sign]);
    assert.deepEqual([http.url, Object.fromEntries(http.headers).authorization], [one.url, one.authorization]);
    assert.deepEqual(JSON.parse(http.body), one.body);
  });
}

test('a key that does not sign', () => {
  const world = new World({ '/cert': readAnywhere('rsa.pem') });
  world.signature = new SignFailure('the token is locked');
  assert.match(thrown('sign', () => found(world, { rolesAnywhere: roles() })).message, /the token is locked/);
});

test('a source of the host\'s own', async () => {
  const variables = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 's3cr3t-e' };
  const of = (custom, order) => {
    const world = Object.assign(new World(), { custom });
    const step = start(variables, NOW, { order });
    assert.deepEqual([step.kind, step.name], ['custom', 'vault']);
    for (const wrong of [true, 'text', 5, Buffer.from('x')]) thrown('wrong_answer', () => step.answer(NOW, wrong));
    return world.run(step).result();
  };
  assert.equal(of(keys, ['custom:vault']).source, 'vault');
  assert.equal(of(null, ['custom:vault', 'environment']).accessKeyId, 'AKIDENV');
  assert.match(thrown('service', () => of(new CustomFailure('it is sealed'), ['custom:vault', 'environment'])).message, /it is sealed/);
  for (const order of [['custom:'], ['custom:a b'], ['vault'], 'imds']) thrown('input', () => start({}, NOW, { order }));

  const custom = { vault: async () => keys, none: () => undefined, broken: () => { throw new RangeError('s3cr3t-'); } };
  assert.equal((await resolve({ env: {}, order: ['custom:vault'], custom })).accessKeyId, 'AKIDMINE');
  assert.equal(resolveSync({ env: {}, order: ['custom:vault'], custom: { vault: () => keys } }).source, 'vault');
  assert.match(thrown('service', () => resolveSync({ env: {}, order: ['custom:broken'], custom })).message, /RangeError/);
  thrown('declined', () => resolveSync({ env: {}, order: ['custom:other'], custom }));
  thrown('input', () => resolveSync({ env: {}, order: ['custom:vault'], custom }));
  await assert.rejects(resolve({ env: {}, order: ['custom:none'], custom }), { code: 'not_configured' });
  await assert.rejects(resolve({ env: {}, order: ['custom:broken'], custom }), ({ code, message }) => code === 'service' && message.includes('RangeError') && !message.includes('s3cr3t'));
  await assert.rejects(resolve({ env: {}, order: ['custom:other'], custom }), { code: 'declined' });
  await assert.rejects(resolve({ env: {}, custom: { vault: 5 } }), { code: 'input' });
});

test('keys are exchanged', () => {
  const mfaSerial = 'arn:aws:iam::111122223333:mfa/me';
  let world = new World({}, [200, session('GetSessionToken')]);
  assert.equal(found(world, { credentials: keys, sessionToken: { mfaSerial, duration: 3600 } }).accessKeyId, 'ASIAROLE');
  assert.match(world.sent[0], /DurationSeconds=3600&SerialNumber=.*&TokenCode=123456/);
  world = new World({}, [200, session('GetFederationToken')]);
  found(world, { credentials: keys, federationToken: { name: 'ana', policy: '{}', tags: { team: 'a' } } });
  assert.match(world.sent[0], /Name=ana.*Tags\.member\.1\.Key=team/);
  world = new World({}, [200, session('AssumeRole')]);
  const assume = [{ roleArn: ROLE, tags: { team: 'a' }, transitiveTagKeys: ['team'], policyArns: ['arn:aws:iam::aws:policy/x'] }];
  found(world, { credentials: keys, assume });
  for (const part of ['TransitiveTagKeys.member.1=team', 'PolicyArns.member.1.arn=']) assert.ok(world.sent[0].includes(part));
});

test('options are held to their names and types', () => {
  const wrong = [
    { saml: 'x' }, { saml: {} }, { saml: { roleArn: ROLE, principalArn: ROLE, assertion: '' } }, { webIdentity: { roleArn: ROLE } },
    { webIdentity: { roleArn: ROLE, token: 'x', sessionname: 'a' } }, { cognito: { identityPoolId: 'p', logins: { l: 5 } } }, { clockOffset: '1' },
    { imdsMode: 'ipv5' }, { sharedCache: 'yes' }, { sessionToken: { duration: 1.5 } }, { federationToken: { name: 'a', tags: { a: 1 } } }, { assume: [{ roleArn: 5 }] },
  ];
  for (const options of wrong) thrown('input', () => start({}, NOW, options));
});

test('files and caches', () => {
  const files = { '/c': '[profile p]\nregion = eu-west-1\n', '/k': '[p]\naws_access_key_id=AKIDP\naws_secret_access_key=s3cr3t-p\n' };
  const options = { profile: 'p', configFile: '/c', credentialsFile: '/k', assume: [ROLE], sharedCache: true, shell: false };
  const world = new World(files, [200, session('AssumeRole')]);
  assert.equal(world.run(start(env, NOW, options)).result().accessKeyId, 'ASIAROLE');
  const [{ path }] = world.of('writeFile');
  assert.match(path, /^\/h\/\.aws\/cli\/cache\//);
  // The next one finds it there.
  const again = new World(Object.fromEntries(world.files));
  assert.equal(again.run(start(env, NOW, options)).result().accessKeyId, 'ASIAROLE');
  assert.deepEqual(again.sent, []);
  const listed = again.run(startCacheList(env, NOW)).result();
  assert.deepEqual(listed.map(({ path, kind, expiresAt }) => [path, kind, expiresAt.getTime()]), [[path, 'role', 4102444800_000]]);
  assert.ok(!JSON.stringify(listed).includes('s3cr3t'));
  assert.deepEqual(again.run(startCacheClear(env, NOW, { paths: ['/other'] })).result(), { removed: [], kept: [] });
  assert.ok(again.files.has(path));
  assert.deepEqual(again.run(startCacheClear(env, NOW)).result().removed.map((file) => file.path), [path]);
  assert.ok(!again.files.has(path));
});

const IDENTITY = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ana</Arn><UserId>AIDA</UserId>
  <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

test('who one is', () => {
  const world = new World({}, [200, IDENTITY]);
  const step = world.run(startCallerIdentity(env, NOW, { credentials: keys }));
  const { account, arn, userId, credentials } = step.result();
  assert.deepEqual([account, arn, userId, credentials.accessKeyId], ['111122223333', 'arn:aws:iam::111122223333:user/ana', 'AIDA', 'AKIDMINE']);
  assert.deepEqual(world.sent, ['Action=GetCallerIdentity&Version=2011-06-15']);
  assert.ok(!inspect([step, step.result()], { depth: 9 }).includes('s3cr3t'));
});

test('in one call, with the means of this machine', async () => {
  const stsEndpoint = 'http://127.0.0.1:9';
  await assert.rejects(callerIdentity({ env: {}, credentials: keys, stsEndpoint, signal: AbortSignal.abort() }), { code: 'cancelled' });
  const done = await run(startRegion({ AWS_REGION: 'eu-west-1' }, NOW));
  assert.equal(done.result(), 'eu-west-1');
  await assert.rejects(run(startRegion({}, NOW), { envy: {} }), { code: 'input' });
});

test('the region and a bearer token', () => {
  assert.equal(new World().run(startRegion(env, NOW, { order: ['profile'] })).result(), undefined);
  const found = startBearerToken('bedrock', { AWS_BEARER_TOKEN_BEDROCK: 't0k3n-b' }, NOW).result();
  assert.deepEqual([found.token, found.source, found.expiresAt], ['t0k3n-b', 'environment', undefined]);
  assert.ok(!JSON.stringify(found).includes('t0k3n') && !inspect(found).includes('t0k3n'));
});

test('a plan by the host\'s files', () => {
  const config = `[profile a]\nrole_arn = ${ROLE}\nsource_profile = b\nexternal_id = 3xt3rnal-id\n[profile b]\naws_access_key_id = AKIDB\naws_secret_access_key = s3cr3t-b\n`;
  const plan = new World({ '/h/.aws/config': config }).run(startPlan(env, NOW, { profile: 'a' })).result();
  assert.deepEqual([plan.lasts, plan.longest, plan.base.longLived, plan.roles.length], [3600, 43200, true, 1]);
  for (const text of [JSON.stringify(plan), plan.graph(), String(plan)]) assert.ok(!text.includes('3xt3rnal') && !text.includes('s3cr3t'));
});

test('how long each source took, and the report', () => {
  let step = start(env, NOW, { credentials: keys, region: 'eu-west-1', assume: [ROLE] });
  while (step.kind === 'readFile') step = step.answer(NOW, null);
  step = step.answer(NOW + 2, new HttpReply(403, [], '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>'));
  assert.equal(step.trace.at(-1).took, 2);
  const error = thrown('denied', () => step.result());
  assert.equal(error.report.split('\n')[0], error.message);
  assert.match(error.report, /assume-role .*\(2000 ms\)/);
});

const portal = { startUrl: 'https://corp.awsapps.com/start', ssoRegion: 'eu-west-1', session: 'corp' };
const client = { clientId: 'client', clientSecret: 'cl13nt-secret', clientSecretExpiresAt: NOW + 86400 };
const token = { accessToken: 'acc3ss-one', tokenType: 'Bearer', expiresIn: 28800, refreshToken: 'r3fresh-one' };

test('a sign-in with a code, and what comes after it', () => {
  const page = 'https://device.sso.eu-west-1.amazonaws.com/?user_code=ABCD-EFGH';
  const device = {
    deviceCode: 'd3vice-code', userCode: 'ABCD-EFGH', verificationUri: 'https://device.sso.eu-west-1.amazonaws.com/', verificationUriComplete: page,
    expiresIn: 600, interval: 1,
  };
  const world = new World({}, [200, client], [200, device], [200, token]);
  const found = world.run(startSsoLogin(env, NOW, { deviceCode: true, ...portal })).result();
  assert.deepEqual([found.session, found.expiresAt.getTime() / 1000, found.region], ['corp', NOW + 28800, 'eu-west-1']);
  assert.ok(world.files.get(found.tokenFile).toString('utf8').includes('acc3ss-one') && !JSON.stringify(found).includes('acc3ss'));
  const [prompt] = world.of('prompt');
  assert.deepEqual([prompt.prompt, prompt.page, prompt.serial], ['sign_in', page, null]);
  assert.ok(prompt.message.includes('ABCD-EFGH') && !JSON.stringify(prompt).includes('ABCD') && !inspect(prompt).includes('ABCD'));

  const accounts = { accountList: [{ accountId: '111122223333', accountName: 'dev', emailAddress: 'a@b' }] };
  world.replies = [[200, accounts], [200, { roleList: [{ roleName: 'Reader' }] }], [200, '']];
  assert.deepEqual(world.run(startSsoAccounts(env, NOW, portal)).result(), [{ id: '111122223333', name: 'dev', email: 'a@b' }]);
  assert.deepEqual(world.run(startSsoAccounts(env, NOW, { ...portal, accountId: '111122223333' })).result(), ['Reader']);
  const path = world.run(startConfigureSso('dev', env, NOW, { ...portal, accountId: '111122223333', roleName: 'Reader' })).result();
  assert.match(world.files.get(path).toString('utf8'), /\[sso-session corp\]/);
  const { removed } = world.run(startLogout(env, NOW, { sso: true })).result();
  assert.ok(removed.includes(found.tokenFile) && !world.files.has(found.tokenFile));
  for (const work of [
    () => startSsoLogin({}, NOW, { startUrl: 'https://x' }),
    () => startSsoLogin({}, NOW, { scopes: 'a' }),
    () => startConfigureSso('a', {}, NOW, { ...portal, accountId: '1' }),
    () => startConfigureSso('a', {}, NOW, {}),
    () => startLogin({}, NOW, { remotely: true }),
    () => startBearerToken(5, {}, NOW),
  ]) thrown('input', work);
});

test('a sign-in with a browser', () => {
  const world = new World({}, [200, client], [200, token]);
  world.redirect = (step) => {
    assert.ok(step.page.includes('{port}') && step.path.startsWith('/') && !JSON.stringify(step).includes('state='));
    const state = /state=([^&]*)/.exec(step.page)[1];
    return new ListenReply(4321, `code=c0de-of-redirect&state=${state}`);
  };
  const { expiresAt } = world.run(startSsoLogin(env, NOW, { scopes: ['sso:account:access'], ...portal })).result();
  assert.equal(expiresAt.getTime() / 1000, NOW + 28800);
  const { code, redirectUri } = JSON.parse(world.sent[1]);
  assert.equal(code, 'c0de-of-redirect');
  assert.ok(redirectUri.includes('4321'));
});

test('a code that is pasted', () => {
  const world = new World({ '/h/.aws/config': '[profile p]\nregion = eu-west-1\n' });
  let step = startLogin(env, NOW, { remote: true, profile: 'p' });
  while (step.kind !== 'prompt') step = step.answer(NOW, world.reply(step));
  assert.equal(step.prompt, 'authorization_code');
  assert.ok(step.page.startsWith('https://') && !inspect(step).includes('code_challenge'));
  step = step.decline(NOW);
  thrown('declined', () => step.result());
  assert.match(thrown('config', () => world.run(startLogout(env, NOW, { profile: 'p' })).result()).message, /login_session/);
});
