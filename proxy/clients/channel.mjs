#!/usr/bin/env node
// Stands in the place of the session manager's plugin, which is no package: what `aws ssm start-session` and `aws ecs
// execute-command` start for the channel. The protocol is ssm-session's; the way goes by the proxy of the environment. It
// says one line, and prints what the other side makes of it.
import { readFileSync } from 'node:fs'
import { EnvHttpProxyAgent, WebSocket } from 'undici'
import module from 'ssm-session'

const [response] = process.argv.slice(2)
if (!response) process.exit(0)
if (response === '--version') {
  console.log('1.2.707.0')
  process.exit(0)
}
const said = JSON.parse(process.env[response] ?? response)
const url = said.StreamUrl ?? said.streamUrl
const token = said.TokenValue ?? said.tokenValue
// The service's own certificate: what trusts the gateway is of no use here.
const ca = readFileSync(process.env.CHANNEL_CA)
const socket = new WebSocket(url, { dispatcher: new EnvHttpProxyAgent({ requestTls: { ca } }) })
socket.binaryType = 'arraybuffer'
const { ssm } = module
socket.addEventListener('open', () => {
  ssm.init(socket, { token, termOptions: { rows: 24, cols: 80 } })
  ssm.sendText(socket, new TextEncoder().encode('uname -a'), 1)
})
let heard = ''
socket.addEventListener('message', ({ data }) => {
  const message = ssm.decode(data)
  heard += new TextDecoder().decode(message.payload)
  if (heard.includes('uname -a')) {
    console.log(`${said.SessionId ?? said.sessionId} said: uname -a`)
    process.exit(0)
  }
})
socket.addEventListener('close', event => {
  console.error(`the channel was closed: ${event.code}`)
  process.exit(1)
})
socket.addEventListener('error', event => console.error(event.message ?? 'error', event.error?.cause ?? ''))
