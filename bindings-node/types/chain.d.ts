/** What can be said of a resolution. */

/// <reference types="node" />

import type { CredentialsInput } from './credentials.js';
import type { Data } from './value.js';

/** A place that credentials may come from; `custom:<name>` is one of the host's own. */
export type Source = 'code' | 'environment' | 'profile' | 'web-identity' | 'container' | 'imds' | `custom:${string}`;

/** A role to assume. */
export interface Role {
  readonly roleArn: string;
  readonly externalId?: string | undefined;
  readonly sessionName?: string | undefined;
  /** Seconds. */
  readonly duration?: number | undefined;
  readonly mfaSerial?: string | undefined;
  readonly region?: string | undefined;
  readonly sourceIdentity?: string | undefined;
  readonly policy?: string | undefined;
  readonly policyArns?: readonly string[] | undefined;
  readonly tags?: { readonly [key: string]: string } | undefined;
  readonly transitiveTagKeys?: readonly string[] | undefined;
}

/** The token itself, or the file that it is in, which is read again each time. */
export type Token = string | { readonly file: string };

/** A role for the token of an OpenID Connect provider. */
export interface WebIdentity {
  readonly roleArn: string;
  readonly token: Token;
  readonly sessionName?: string | undefined;
  /** Seconds; never sent unless given. */
  readonly duration?: number | undefined;
  readonly policy?: string | undefined;
  readonly policyArns?: readonly string[] | undefined;
  readonly region?: string | undefined;
}

/** A role for a SAML assertion (in base64). */
export interface Saml {
  readonly roleArn: string;
  /** The identity provider, as IAM names it. */
  readonly principalArn: string;
  readonly assertion: Token;
  readonly duration?: number | undefined;
  readonly policy?: string | undefined;
  readonly policyArns?: readonly string[] | undefined;
  readonly region?: string | undefined;
}

/** An identity of a Cognito identity pool. */
export interface Cognito {
  readonly identityPoolId: string;
  /** Names of identity providers with their tokens; without any, the identity is a guest's. */
  readonly logins?: { readonly [provider: string]: Token } | undefined;
  readonly identityId?: string | undefined;
  readonly accountId?: string | undefined;
  /** One of the roles that the identity may have, in place of the pool's choice. */
  readonly customRoleArn?: string | undefined;
  /** A role to take for the identity's token at STS (the basic flow). */
  readonly roleArn?: string | undefined;
  readonly endpoint?: string | undefined;
}

/** A role for an X.509 certificate. The private key stays with the host, which is asked to sign. */
export interface RolesAnywhere {
  readonly trustAnchorArn: string;
  readonly profileArn: string;
  readonly roleArn: string;
  /** The path of a file, PEM or DER. */
  readonly certificate: string;
  /** What the host calls the key. */
  readonly privateKey: string;
  readonly chain?: string | undefined;
  readonly sessionName?: string | undefined;
  readonly duration?: number | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
}

/** A session of the same user, for long-lived keys. */
export interface SessionToken {
  readonly mfaSerial?: string | undefined;
  readonly duration?: number | undefined;
  readonly region?: string | undefined;
}

/** A session of a federated user, for long-lived keys; it can assume no role. */
export interface FederationToken {
  readonly name: string;
  readonly policy?: string | undefined;
  readonly policyArns?: readonly string[] | undefined;
  readonly tags?: { readonly [key: string]: string } | undefined;
  readonly duration?: number | undefined;
  readonly region?: string | undefined;
}

/** Settings of one resolution; each outranks the environment, which outranks the files. */
export interface ChainOptions {
  /** It must exist; the keys of the environment are passed over for it. */
  readonly profile?: string | null | undefined;
  /** The region of the STS that is asked. */
  readonly region?: string | null | undefined;
  readonly home?: string | null | undefined;
  /** Which sources are tried, in which order. */
  readonly order?: readonly Source[] | undefined;
  /** The config file; it must exist. */
  readonly configFile?: string | null | undefined;
  /** The credentials file; it must exist. */
  readonly credentialsFile?: string | null | undefined;
  /** Credentials that are at hand already. They, and each of the four below, are what `code` stands for. */
  readonly credentials?: CredentialsInput | undefined;
  readonly webIdentity?: WebIdentity | undefined;
  readonly saml?: Saml | undefined;
  readonly cognito?: Cognito | undefined;
  readonly rolesAnywhere?: RolesAnywhere | undefined;
  /** Exchanges long-lived keys that were found. */
  readonly sessionToken?: SessionToken | undefined;
  readonly federationToken?: FederationToken | undefined;
  /** Roles to assume with what is found, in this order; an ARN or more. */
  readonly assume?: readonly (string | Role)[] | undefined;
  readonly stsEndpoint?: string | null | undefined;
  readonly imdsEndpoint?: string | null | undefined;
  /** Which of AWS's two addresses of instance metadata. */
  readonly imdsMode?: 'ipv4' | 'ipv6' | null | undefined;
  /** The instance profile's role, so that it is not asked for. */
  readonly imdsRoleName?: string | null | undefined;
  /** Whether version 1 is fallen back to where a token is refused; false. */
  readonly imdsAllowV1?: boolean | null | undefined;
  /** Whether the newer path, which names the account too, is asked first; false. */
  readonly imdsExtended?: boolean | null | undefined;
  /** Whether a shell may take part in running a `credential_process`; true. */
  readonly shell?: boolean | null | undefined;
  /** Whether sessions of roles are looked for and kept in `~/.aws/cli/cache`; false. */
  readonly sharedCache?: boolean | null | undefined;
  /** How many seconds the host's clock is behind AWS's, as a step's `clockOffset` told. */
  readonly clockOffset?: number | null | undefined;
}

export interface StartOptions extends ChainOptions {
  /** 32 bytes from a cryptographic generator; fresh ones if they are left out. */
  readonly seed?: Data | undefined;
}
