// A simulated host: files and HTTP answered from tables, with a clock that moves when it is waited.
import { spawnSync } from 'node:child_process';
import { HttpFailure, HttpReply } from 'awsaccess';

export const NOW = 1800000000;

export class World {
  constructor({ files = {}, http = [], code, now = NOW, programs = false } = {}) {
    this.files = new Map(Object.entries(files));
    this.http = [...http];
    this.code = code;
    this.now = now;
    this.programs = programs;
    this.asked = [];
  }

  /** Answers every question of a task, and gives its last step. */
  run(step) {
    while (!step.done) {
      this.asked.push(step);
      step = this.answer(step);
    }
    return step;
  }

  answer(step) {
    switch (step.kind) {
      case 'readFile':
        return step.answer(this.now, this.files.get(step.path));
      case 'http': {
        const reply = this.http.shift();
        return step.answer(this.now, typeof reply === 'function' ? reply(step) : (reply ?? new HttpFailure('refused')));
      }
      case 'prompt':
        return this.code === undefined ? step.decline(this.now) : step.answer(this.now, this.code);
      case 'runProcess': {
        if (!this.programs) return step.decline(this.now);
        const { status, stdout, stderr } = spawnSync(step.argv[0], step.argv.slice(1));
        return step.answer(this.now, { code: status ?? 1, stdout, stderr });
      }
      case 'wait':
        this.now += step.seconds;
        return step.answer(this.now, true);
      default:
        return step.decline(this.now);
    }
  }

  /** The requests that were made. */
  get requests() {
    return this.asked.filter((step) => step.kind === 'http');
  }
}

/** What instance metadata answers, in order. */
export function imds(accessKeyId = 'ASIAROLE') {
  const document = {
    Code: 'Success', AccessKeyId: accessKeyId, SecretAccessKey: 'imds-secret-imds-secret', Token: 'imds-token-imds-token',
    Expiration: '2027-06-01T00:00:00Z', LastUpdated: '2026-01-01T00:00:00Z', Type: 'AWS-HMAC',
  };
  return [
    new HttpReply(200, { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' }, 'imds-session-token'),
    new HttpReply(200, [], 'gateway'),
    new HttpReply(200, [], JSON.stringify(document)),
  ];
}

/** What STS answers to AssumeRole. */
export function assumed(accessKeyId, account = '111122223333') {
  return new HttpReply(200, [['content-type', 'text/xml']], `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
    <AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::${account}:assumed-role/r/s</Arn></AssumedRoleUser>
    <Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>secret-of-${accessKeyId}</SecretAccessKey>
    <SessionToken>token-of-${accessKeyId}</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration></Credentials>
    </AssumeRoleResult></AssumeRoleResponse>`);
}
