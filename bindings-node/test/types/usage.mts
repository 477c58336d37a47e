// Compiled, never run: what the declarations allow, and what they refuse.
import awsaccess, { AwsAccessError, Credentials, HttpFailure, HttpReply, RedactStream, Redactor, VerifyError } from 'awsaccess';
import { claim, parseProfiles, plan, presign, redact, resolve, resolveSync, sign, start, verify, verifyAsync } from 'awsaccess';
import { Cached, Provider, callerIdentity, diagnose, recognizePresign, run, startCallerIdentity, startRegion, startSsoAccounts } from 'awsaccess';
import type { CallerIdentity, Done, ErrorCode, HeaderPair, Plan, Step, Verified } from 'awsaccess';
import { createServer } from 'node:http';

const credentials = new Credentials({ accessKeyId: 'AKID', secretAccessKey: 's', expiresAt: new Date() });
const scope = { credentials, region: 'us-east-1', service: 's3' };
const signed: HeaderPair[] = sign({ method: 'GET', url: 'https://h/', headers: new Headers({ a: 'b' }), ...scope });
const link: string = presign({ method: 'GET', url: new URL('https://h/'), expires: 60, ...scope });
const bytes: Buffer = presign({ method: 'GET', url: new Uint8Array(1), expires: 60, ...scope });
// @ts-expect-error a link has a lifetime
presign({ method: 'GET', url: 'https://h/', ...scope });
// @ts-expect-error a misspelt choice
sign({ method: 'GET', url: 'https://h/', sessionToken: 'signed', ...scope });
sign({ method: 'GET', url: '/', headers: [['Host', 'h'], ['n', 1]], ...scope });
sign({ method: 'GET', url: '/', headers: { host: 'h', 'x-many': ['1', '2'] }, ...scope });

sign({ method: 'GET', url: '/', headers: { host: 'h' }, credentials: credentials.delegate('r', 's3'), service: 's3', regionSet: ['eu-*'] });
// @ts-expect-error a region set is a list
sign({ method: 'GET', url: '/', credentials, service: 's3', regionSet: '*' });
const again: string | Buffer | undefined = recognizePresign(link)?.verify(credentials).resign(credentials, { longest: 60 }).text;
const cause: string = diagnose({ method: 'GET', url: link }, { status: 403, body: '' }, { credentials }).cause;
const who: CallerIdentity = startCallerIdentity({}, 1, { saml: { roleArn: 'r', principalArn: 'p', assertion: { file: '/a' } } }).result();
const region: Promise<Done<string | undefined>> = run(startRegion({}, 1), { custom: { vault: async () => credentials } });
const roles: string[] = startSsoAccounts({}, 1, { accountId: '1' }).result();
// @ts-expect-error without an account, accounts are listed
const accounts: string[] = startSsoAccounts({}, 1).result();
start({}, 1, { order: ['custom:vault', 'imds'] });
// @ts-expect-error there is no such source
start({}, 1, { order: ['vault'] });
const decided: 'use' | 'refresh_in_background' | 'refresh_now' | 'wait' | 'fail' = new Cached({ jitter: 0 }).decide(1, 60).kind;
const shared: Promise<Credentials> = new Provider(() => resolve()).get(300);
void [again, cause, who, region, roles, accounts, decided, shared, callerIdentity()];

createServer((request) => {
  const head = { method: request.method ?? '', target: request.url ?? '', headers: request.rawHeaders };
  const verified: Verified = verify(head, (id) => (id === 'AKID' ? credentials : undefined), { now: 1, policy: { maxSkew: 60 } });
  const out = verified.resign(credentials, { url: 'https://h' });
  const rest: [string, string][] = out.headers;
  const body = verified.bodyResigner(credentials);
  request.on('data', (chunk: Buffer) => body.push(chunk).length).on('end', () => body.finish());
  void [rest, out.url.length];
});
const verified: Promise<Verified> = verifyAsync({ method: 'GET', target: '/' }, async () => ['secret', null] as const);
// @ts-expect-error a claim is made by claim()
new awsaccess.Claim();
// @ts-expect-error a policy has no such rule
claim({ method: 'GET', target: '/' }, { policy: { lax: true } });

function isExpired(error: unknown): boolean {
  if (error instanceof VerifyError) return error.kind === 'expired' && error.status === 403;
  const code: ErrorCode | undefined = error instanceof AwsAccessError ? error.code : undefined;
  return code === 'expired';
}

export async function drive(env: Record<string, string>): Promise<Credentials> {
  let step: Step = start(env, Date.now() / 1000, { profile: 'p', assume: ['arn:aws:iam::1:role/r', { roleArn: 'r', duration: 900 }] });
  while (!step.done) {
    switch (step.kind) {
      case 'readFile':
        step = step.answer(1, step.path.endsWith('config') ? Buffer.from('') : null);
        break;
      case 'http':
        step = step.answer(1, step.direct ? new HttpFailure('refused') : new HttpReply(200, [], step.body));
        break;
      case 'prompt':
        step = step.answer(1, step.serial ?? '');
        break;
      case 'custom':
        step = step.answer(1, step.name === 'vault' ? credentials : null);
        break;
      case 'wait':
        // @ts-expect-error a wait is answered with true
        step = step.answer(1 + step.seconds, 'yes');
        break;
      default:
        step = step.decline();
    }
  }
  return step.result();
}

const planned: Plan = plan({ AWS_PROFILE: undefined }, { config: '[default]' }, { profile: 'p' });
for (const step of planned.steps) if (step.kind === 'assume-role') step.roleArn.length;
parseProfiles(null, Buffer.from('')).profiles['p']?.['region'];
const text: string = redact('text');
const stream: RedactStream = new Redactor({ maskKeyIds: true }).learn(credentials).learn('secret', 'n').stream();
process.stdin.pipe(stream).pipe(process.stdout);
void resolve({ profile: 'p', prompt: async (question) => question.serial ?? undefined, signal: AbortSignal.timeout(1) });
resolveSync({ prompt: false }).expiration?.getTime();
// @ts-expect-error there is no way to interrupt it
resolveSync({ signal: AbortSignal.timeout(1) });
void [signed, link, bytes, verified, text, isExpired];
