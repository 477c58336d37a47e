// The files, and what a profile leads to.
import test from 'node:test';
import assert from 'node:assert/strict';
import { ProfileError, parseProfiles, plan, profileFiles } from 'awsaccess';
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
  assert.deepEqual(made.steps[0], { kind: 'keys', accessKeyId: 'AKIDBASE', longLived: true, profile: 'base' });
  assert.deepEqual(made.steps.slice(1).map(({ kind, profile, oneHourCap, externalId, duration }) => [kind, profile, oneHourCap, externalId, duration]), [
    ['assume-role', 'one', false, 'x-external-1', 7200],
    ['assume-role', 'two', true, null, 3600],
  ]);
  assert.deepEqual([made.profile, made.prompts, made.durations], ['two', ['arn:aws:iam::111122223333:mfa/me'], [7200, 3600]]);
  assert.deepEqual([made.base, made.baseProfile, made.roles], [made.steps[0], 'base', made.steps.slice(1)]);
  assert.equal(made.warnings.length, 1);
  assert.deepEqual([made.lasts, made.longest, made.mayNeedSignIn], [3600, 3600, false]);
  assert.match(made.graph(), /^digraph plan \{[^]*AssumeRole/);
  assert.match(String(made), /then role arn:aws:iam::444455556666:role\/two \(profile two\)/);
  for (const text of [String(made), made.graph(), JSON.stringify(made)]) assert.ok(!text.includes('hush') && !text.includes('x-external-1'));
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

/** Their words for a fault of the configuration, and what our line names. */
const WORDS = {
  'profile must contain `source_profile`': 'source_profile',
  'profile contained both source_profile and credential_source': 'source_profile and credential_source',
  'profile missing aws_secret_access_key': 'aws_secret_access_key',
  'profile missing aws_access_key_id': 'aws_access_key_id',
  'profile `B` did not contain credential information': 'B',
  'profile `A` did not contain credential information': 'A',
  'could not find source profile B referenced from A': 'B',
  'No profiles were defined': 'profile',
  'profile formed an infinite loop': 'A',
  '`role_arn` was missing': 'role_arn',
  'if `sso_role_name` is set, then `sso_account_id` must also be set': 'sso_account_id',
  'if `sso_account_id` is set, then `sso_role_name` must also be set': 'sso_role_name',
  '`sso_region` can only be specified in the [sso-session] config when a session name is given': 'sso_region',
  'sso-session named `oops` (referenced by profile `A`) was not found': 'oops',
};

const given = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

/** A step of ours as theirs has it; secrets and accounts of keys are in no plan. */
function asTheirs(step, { AccessKey: keys }) {
  switch (step.kind) {
    case 'keys':
      return { AccessKey: { ...keys, access_key_id: step.accessKeyId } };
    case 'environment':
      return { NamedSource: 'Environment' };
    case 'imds':
      return { NamedSource: 'Ec2InstanceMetadata' };
    case 'container':
      return { NamedSource: 'EcsContainer' };
    case 'web-identity':
      return { WebIdentityToken: given({ role_arn: step.roleArn, web_identity_token_file: step.tokenFile, role_session_name: step.sessionName }) };
    case 'sso':
      return { Sso: given({ sso_session: step.session, sso_region: step.region, sso_start_url: step.startUrl, sso_account_id: step.accountId, sso_role_name: step.roleName }) };
    default:
      return { AssumeRole: given({ role_arn: step.roleArn, external_id: step.externalId, role_session_name: step.sessionName }) };
  }
}

test('the published plans', () => {
  const cases = json('chain/assume-role-tests.json');
  assert.equal(cases.length, 28);
  for (const { docs, input, output } of cases) {
    const section = (kind) => ([name, properties]) =>
      `[${kind} ${name}]\n${Object.entries(properties).map(([key, value]) => `${key} = ${value}\n`).join('')}`;
    const profiles = Object.entries(input.profiles).map(section('profile'));
    const config = [...profiles, ...Object.entries(input.sso_sessions ?? {}).map(section('sso-session'))].join('');
    const work = () => plan({}, { config }, { profile: input.selected_profile });
    if (output.Error !== undefined) {
      const { message } = thrown('config', work);
      assert.ok(message.includes(WORDS[output.Error]), `${docs}: ${message}`);
      continue;
    }
    const { steps } = work();
    assert.equal(steps.length, output.ProfileChain.length, docs);
    assert.deepEqual(steps.map((step, at) => asTheirs(step, output.ProfileChain[at])), output.ProfileChain, docs);
  }
});

test('the places of the files', () => {
  const { tests } = json('profile/file-location-tests.json');
  assert.equal(tests.length, 9);
  for (const { name, environment, platform, configLocation, credentialsLocation, profile } of tests) {
    const found = profileFiles(environment, { platform: platform === 'windows' ? 'windows' : 'unix' });
    assert.deepEqual([found.config, found.credentials], [configLocation, credentialsLocation], name);
    if (profile !== undefined && profile !== null) assert.equal(found.profile, profile, name);
  }
  thrown('input', () => profileFiles({}, { platform: 'plan9' }));
});
