// Why a request was refused: replies recorded from servers, in AWS's own forms.
import test from 'node:test';
import assert from 'node:assert/strict';
import { diagnose, explain, sign } from 'awsaccess';
import { json, keys, thrown } from './support.mjs';

const FILES = { aws: 46, moto: 29, s3s: 30 };

function request(raw) {
  const end = raw.indexOf('\r\n\r\n');
  const [first, ...lines] = raw.slice(0, end).split('\r\n');
  const [method, url] = first.split(' ');
  const headers = lines.map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]);
  return { method, url, headers, body: raw.slice(end + 4) };
}

function inParts(raw) {
  if (!raw.startsWith('HTTP/')) return { body: raw };
  const { url: status, headers, body } = request(raw.replaceAll(/:(?=\S)(?=[^\r\n]*\r\n)/g, ':'));
  return { status: Number(status), headers, body };
}

for (const [file, count] of Object.entries(FILES)) {
  test(`recorded replies: ${file}`, () => {
    const cases = json(`diagnose/${file}.json`);
    assert.equal(cases.length, count);
    for (const one of cases) {
      const [accessKeyId, secretAccessKey, sessionToken] = one.keys;
      const credentials = { accessKeyId, secretAccessKey, sessionToken };
      const found = diagnose(request(one.request), Buffer.from(one.reply), { credentials });
      assert.equal(found.cause, one.cause, one.request);
      if (one.subject) assert.equal(found.subject, one.subject);
      assert.ok(found.explanation && found.remedy && found.part);
      for (const secret of one.keys.slice(1)) assert.ok(!JSON.stringify(found).includes(secret));
    }
  });
}

test('a reply in parts says the same', () => {
  for (const one of json('diagnose/aws.json')) {
    const [accessKeyId, secretAccessKey, sessionToken] = one.keys;
    const options = { credentials: { accessKeyId, secretAccessKey, sessionToken } };
    assert.deepEqual(diagnose(request(one.request), inParts(one.reply), options), diagnose(request(one.request), one.reply, options));
  }
});

const NOW = 1_700_000_000;
const url = 'https://abc.execute-api.us-east-1.amazonaws.com/stage/a%20b';
const how = { method: 'GET', url, credentials: keys, service: 'execute-api', region: 'us-east-1', now: NOW };
const sent = (headers) => ({ method: 'GET', url, headers, body: '' });

test('without a reply', () => {
  const options = { credentials: keys };
  assert.equal(diagnose(sent(sign({ ...how, doubleEncode: false })), undefined, options).cause, 'path-encoded-once');
  const right = sent(sign(how));
  assert.equal(diagnose(right, undefined, options).cause, 'nothing');
  assert.equal(diagnose({ method: 'GET', url }).cause, 'not-signed');
  const late = diagnose(right, null, { ...options, now: NOW + 3600 });
  assert.deepEqual([late.cause, late.part], ['clock-skew', 'date']);
  const elsewhere = diagnose(right, undefined, { region: 'eu-west-1', service: 'execute-api' });
  assert.deepEqual([elsewhere.cause, elsewhere.ours, elsewhere.theirs], ['wrong-region', 'us-east-1', 'eu-west-1']);
  const { canonicalRequest } = explain({ ...how, url: `${url}?a=1` });
  assert.equal(diagnose(right, undefined, { canonicalRequest }).part, 'query');
});

test('arguments that are wrong', () => {
  const head = { method: 'GET', url: 'https://h/' };
  for (const options of [{ region: 'us-east-1' }, { service: 's3' }, { region: 'r', regionSet: ['*'], service: 's3' }]) thrown('input', () => diagnose(head, undefined, options));
  for (const reply of [5, { status: 'x' }, { status: 403, headers: [['a', 'b\r\nc']] }, { body: 5 }]) thrown('input', () => diagnose(head, reply));
});
