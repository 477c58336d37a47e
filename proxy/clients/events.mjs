// Amplify's client of AppSync Events, unmodified: it subscribes to a channel and publishes to it over one socket. undici
// brings the WebSocket that goes by the proxy of the environment. Prints one JSON object with what it saw.
import { events } from '@aws-amplify/api-graphql'
import { Amplify } from '@aws-amplify/core'
import { EnvHttpProxyAgent, WebSocket, setGlobalDispatcher } from 'undici'

setGlobalDispatcher(new EnvHttpProxyAgent())
globalThis.WebSocket = WebSocket
const endpoint = 'https://abcdefghijklmnopqrstuvwxyz.appsync-api.us-east-1.amazonaws.com/event'
const credentials = {
  accessKeyId: process.env.AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
  sessionToken: process.env.AWS_SESSION_TOKEN || undefined
}
Amplify.configure(
  { API: { Events: { endpoint, region: 'us-east-1', defaultAuthMode: 'iam' } } },
  { Auth: { credentialsProvider: {
    getCredentialsAndIdentityId: async () => ({ credentials }),
    clearCredentialsAndIdentityId: () => {}
  } } }
)

const saw = []
const channel = await events.connect('/default/*')
const heard = new EventTarget()
channel.subscribe({
  next: data => { saw.push(data.event ?? data); heard.dispatchEvent(new Event('more')) },
  error: error => { console.error(error); process.exit(1) }
})
// Nothing says when the service has taken the subscription: what is published before that comes to nobody.
while (saw.length === 0) await channel.publish({ text: 'grüße 🌍' })
await channel.publish({ n: 2 })
while (saw.at(-1).n !== 2) await new Promise(resolve => heard.addEventListener('more', resolve, { once: true }))
channel.close()
console.log(JSON.stringify({ first: saw[0], last: saw.at(-1) }))
process.exit(0)
