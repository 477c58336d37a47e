// A service that keeps nothing, over HTTP/1.1 and, with the key and the certificate in the file that it is given, over
// HTTP/2: it answers a PUT with the SHA-256 of what came, chunks taken apart, and a GET of /BYTES/PACE with as many bytes of
// a pattern. Where the pace is `slow` it rests as long as it worked, so that whoever is on the other side is the faster one.
// Prints its ports; ends with its standard input.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'

const MIB = 1 << 20
const BLOCK = Buffer.from(Array.from({ length: 256 }, (_, n) => n))

/** A block of the pattern; no two are alike. */
const block = number => {
  const bytes = Buffer.alloc(MIB, BLOCK)
  bytes.writeBigUInt64BE(BigInt(number))
  return bytes
}

/** Rests now and then, as long as was worked. */
const pace = slow => {
  let since = performance.now()
  let done = 0
  return async length => {
    done += length
    if (!slow || done < MIB) return
    await sleep(performance.now() - since)
    since = performance.now()
    done = 0
  }
}

/** What is in the chunks of `aws-chunked`. */
async function * contents (pieces) {
  let buffer = Buffer.alloc(0)
  let left = 0
  let ended = false
  for await (const piece of pieces) {
    buffer = ended ? piece : Buffer.concat([buffer, piece])
    while (!ended && buffer.length > 0) {
      if (left > 0) {
        const part = buffer.subarray(0, left)
        left -= part.length
        buffer = buffer.subarray(part.length)
        yield part
        continue
      }
      const end = buffer.indexOf('\r\n')
      if (end < 0) break
      const line = buffer.subarray(0, end).toString('latin1')
      buffer = buffer.subarray(end + 2)
      // An empty line stands behind the bytes of each chunk.
      if (line !== '') left = parseInt(line, 16)
      ended = line !== '' && left === 0
    }
  }
}

const answer = async (request, response) => {
  const [length, speed] = request.url.split('?')[0].split('/').slice(1)
  const rest = pace(speed === 'slow')
  if (request.method === 'PUT') {
    const hash = createHash('sha256')
    const isChunked = request.headers['x-amz-content-sha256'].startsWith('STREAMING-')
    for await (const piece of isChunked ? contents(request) : request) {
      hash.update(piece)
      await rest(piece.length)
    }
    response.setHeader('x-payload', request.headers['x-amz-content-sha256'])
    response.setHeader('x-version', request.httpVersion)
    response.setHeader('etag', `"${hash.digest('hex')}"`)
    response.end()
    return
  }
  response.setHeader('content-length', length)
  response.setHeader('x-version', request.httpVersion)
  for (let number = 0; number < length / MIB; number++) {
    if (!response.write(block(number))) await once(response, 'drain')
    await rest(MIB)
  }
  response.end()
}

const pem = readFileSync(process.argv[2])
const plain = createServer({ requestTimeout: 0 }, answer).listen(0, '127.0.0.1')
const secure = createSecureServer({ key: pem, cert: pem }, answer).listen(0, '127.0.0.1')
await Promise.all([once(plain, 'listening'), once(secure, 'listening')])
console.log(JSON.stringify({ plain: plain.address().port, secure: secure.address().port }))
process.stdin.resume().on('end', () => process.exit(0))
