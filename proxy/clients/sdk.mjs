// The AWS SDK for JavaScript v3, as published, with placeholder keys: through CONNECT where HTTPS_PROXY is set, else
// wherever AWS_ENDPOINT_URL points. Prints one JSON object with what it saw; exits non-zero if anything failed.
import { createHash, randomBytes } from 'node:crypto'
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { Upload } from '@aws-sdk/lib-storage'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { HttpsProxyAgent } from 'https-proxy-agent'

const proxy = process.env.HTTPS_PROXY
const requestHandler = proxy ? new NodeHttpHandler({ httpsAgent: new HttpsProxyAgent(proxy) }) : undefined
const options = requestHandler ? { requestHandler } : {}
const bucket = process.env.BUCKET
const sha256 = bytes => createHash('sha256').update(bytes).digest('hex')
const saw = {}

// Without a table it is a service of objects alone.
const table = process.env.TABLE
if (table) {
  const sts = new STSClient(options)
  saw.arn = (await sts.send(new GetCallerIdentityCommand({}))).Arn
  const dynamodb = new DynamoDBClient(options)
  const item = { id: { S: 'js' }, text: { S: 'grüße 🌍' }, number: { N: '42' } }
  await dynamodb.send(new PutItemCommand({ TableName: table, Item: item }))
  saw.item = (await dynamodb.send(new GetItemCommand({ TableName: table, Key: { id: { S: 'js' } } }))).Item
}

const s3 = new S3Client({ ...options, forcePathStyle: !proxy })
saw.keys = []
for (const Key of ['js/plain', 'js/a b', 'js/a+b', 'js/a%2Fb', 'js/é', "js/@=*()!'"]) {
  const Body = randomBytes(1000)
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, Metadata: { note: 'two  spaces' } }))
  const back = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }))
  if (sha256(await back.Body.transformToByteArray()) !== sha256(Body)) throw new Error(`${Key} came back otherwise`)
  saw.keys.push(Key)
}
const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'js/' }))
saw.listed = listed.Contents.map(object => object.Key)

const large = randomBytes(12 * 1024 * 1024)
await new Upload({ client: s3, params: { Bucket: bucket, Key: 'js-large', Body: large }, partSize: 5 * 1024 * 1024 }).done()
const range = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'js-large', Range: 'bytes=100-199' }))
if (Buffer.compare(Buffer.from(await range.Body.transformToByteArray()), large.subarray(100, 200)) !== 0) {
  throw new Error('a range of the large object came back otherwise')
}
const whole = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'js-large' }))
if (sha256(await whole.Body.transformToByteArray()) !== sha256(large)) throw new Error('the large object differs')
saw.large = large.length

console.log(JSON.stringify(saw))
