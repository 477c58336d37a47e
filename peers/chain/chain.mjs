// The credential chain of the AWS SDK for JavaScript, asked once with the environment that this is started with. What
// it finds goes to standard output for the test that started it: key, secret, token and end, a line each.

import net from "node:net";
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";

// The network of a task of ECS: its agent's address leads to the one of PEER_ECS_AGENT.
const agent = process.env.PEER_ECS_AGENT && new URL(process.env.PEER_ECS_AGENT);
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [options] = Array.isArray(given[0]) ? given[0] : given;
  if (agent && options?.host === "169.254.170.2") {
    options.host = agent.hostname;
    options.port = Number(agent.port);
  }
  return connect.apply(this, given);
};

// Instance metadata is on this machine, which may be busy with something else. For containers the same is how long to
// rest between tries.
const isContainer = Object.keys(process.env).some((name) => name.startsWith("AWS_CONTAINER_"));
const chain = fromNodeProviderChain({
  profile: process.env.PEER_PROFILE,
  timeout: isContainer ? 1000 : 60_000,
  mfaCodeProvider: async () => process.env.PEER_MFA_CODE,
});
try {
  const found = await chain();
  const end = found.expiration ? Math.round(found.expiration.getTime() / 1000) : "";
  console.log([found.accessKeyId, found.secretAccessKey, found.sessionToken ?? "", end].join("\n"));
} catch (error) {
  console.error(String(error.message).replaceAll("\n", " "));
  process.exit(1);
}
process.exit(0);
