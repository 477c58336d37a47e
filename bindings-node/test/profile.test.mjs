// The files, and what a profile leads to.
import test from 'node:test';
import assert from 'node:assert/strict';
import { ProfileError, parseProfiles, plan } from 'awsaccess';
import { json, thrown } from './support.mjs';

test('the files are read as the SDKs read them', () => {
  const { tests } = json('profile/profile-parser-tests.json');
  assert.equal(tests.length, 65);
  let read = 0;
  for (const { name, input, output } of tests) {
    const parse = () => parseProfiles(input.configFile, input.credentialsFile && Buffer.from(input.credentialsFile));
    if (output.errorContaining !== undefined) {
      const error = thrown('profile', parse);
      assert.ok(error instanceof ProfileError && error.line >= 1 && ['config', 'credentials'].includes(error.file), name);
      continue;
    }
    const found = parse();
    const { profiles, ssoSessions, services } = found;
    const expected = output.config ?? {};
    const plain = (sections) => Object.fromEntries(Object.entries(sections ?? {}));
    // Nested properties are text in the published cases, and objects here.
    const flat = (sections) => Object.fromEntries(Object.entries(sections).map(([name, section]) => [name,
      Object.fromEntries(Object.entries(section).map(([key, value]) => [key, typeof value === 'string' ? value
        : Object.entries(value).map(([name, text]) => `\n${name} = ${text}`).join('')]))]));
    const squeeze = (sections) => JSON.parse(JSON.stringify(sections).replaceAll(/ *= */g, '='));
    assert.deepEqual(squeeze(flat(profiles)), squeeze(plain(expected.profiles)), name);
    if (expected.ssoSessions) assert.deepEqual(Object.keys(ssoSessions), Object.keys(expected.ssoSessions), name);
    assert.ok(services);
    read++;
  }
  assert.ok(read > 30, `${read}`);
});

test('printing the files shows names only', () => {
  const parsed = parseProfiles(null, '[default]\naws_access_key_id = AKID\naws_secret_access_key = hush-hush\n');
  assert.equal(parsed.profiles.default.aws_secret_access_key, 'hush-hush');
  assert.ok(!JSON.stringify(parsed).includes('hush-hush'));
});

test('a name cannot reach what every object has', () => {
  const parsed = parseProfiles('[profile __proto__]\npolluted = yes\n[profile constructor]\n__proto__ = x\n');
  assert.equal({}.polluted, undefined);
  assert.deepEqual(Object.keys(parsed.profiles), ['__proto__', 'constructor']);
});

const CONFIG = `[profile one]
role_arn = arn:aws:iam::111122223333:role/one
source_profile = base
external_id = x-external-1
mfa_serial = arn:aws:iam::111122223333:mfa/me
duration_seconds = 7200
[profile two]
role_arn = arn:aws:iam::444455556666:role/two
source_profile = one
duration_seconds = 7200
`;
const KEYS = '[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = hush-hush\n';

test('a plan is data, and asks nobody', () => {
  const made = plan({ AWS_PROFILE: 'two' }, { config: CONFIG, credentials: KEYS });
  assert.deepEqual(made.steps[0], { kind: 'keys', accessKeyId: 'AKIDBASE', profile: 'base' });
  assert.deepEqual(made.steps.slice(1).map(({ kind, profile, oneHourCap, externalId, duration }) => [kind, profile, oneHourCap, externalId, duration]), [
    ['assume-role', 'one', false, 'x-external-1', 7200],
    ['assume-role', 'two', true, null, 3600],
  ]);
  assert.deepEqual([made.profile, made.prompts, made.durations], ['two', ['arn:aws:iam::111122223333:mfa/me'], [7200, 3600]]);
  assert.deepEqual([made.base, made.baseProfile, made.roles], [made.steps[0], 'base', made.steps.slice(1)]);
  assert.equal(made.warnings.length, 1);
  assert.match(String(made), /then role arn:aws:iam::444455556666:role\/two \(profile two\)/);
  for (const text of [String(made), JSON.stringify(made)]) assert.ok(!text.includes('hush') && !text.includes('x-external-1'));
});

test('a plan finds its files by their paths too', () => {
  const files = { '/home/me/.aws/config': CONFIG, '/keys': Buffer.from(KEYS) };
  const env = { HOME: '/home/me', AWS_SHARED_CREDENTIALS_FILE: '/keys' };
  for (const map of [files, new Map(Object.entries(files))]) {
    assert.equal(plan(env, map, { profile: 'one' }).steps.length, 2);
  }
});

test('a plan that leads nowhere says what to mend', () => {
  assert.match(thrown('config', () => plan({}, {}, { profile: 'x' })).message, /the profile x is in neither/);
  assert.match(thrown('config', () => plan({}, { config: '[profile a]\nrole_arn = arn:aws:iam::1:role/r\n' }, { profile: 'a' })).message, /source_profile/);
  assert.equal(thrown('profile', () => plan({}, { config: '[a' })).line, 1);
  thrown('input', () => plan({}, {}, { profil: 'a' }));
});

test('the published plans', () => {
  const cases = json('chain/assume-role-tests.json');
  assert.equal(cases.length, 28);
  let planned = 0;
  for (const { docs, input, output } of cases) {
    const section = (kind) => ([name, properties]) =>
      `[${kind} ${name}]\n${Object.entries(properties).map(([key, value]) => `${key} = ${value}\n`).join('')}`;
    const profiles = Object.entries(input.profiles).map(section('profile'));
    const config = [...profiles, ...Object.entries(input.sso_sessions ?? {}).map(section('sso-session'))].join('');
    const work = () => plan({}, { config }, { profile: input.selected_profile });
    if (output.Error !== undefined) {
      thrown('config', work);
      continue;
    }
    const made = work();
    const roles = output.ProfileChain?.filter((step) => step.AssumeRole !== undefined) ?? [];
    assert.deepEqual(made.steps.filter(({ kind }) => kind === 'assume-role').map(({ roleArn }) => roleArn), roles.map(({ AssumeRole }) => AssumeRole.role_arn), docs);
    planned++;
  }
  assert.ok(planned > 5, `${planned}`);
});
