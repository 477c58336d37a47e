// The AWS SDK for JavaScript v3, asked for one thing, with all that it does by itself where that fails. Arguments: the
// service, the operation, its input. Prints one JSON object: the error, and how often the SDK says that it tried.
import * as dynamodb from '@aws-sdk/client-dynamodb'
import * as s3 from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { HttpsProxyAgent } from 'https-proxy-agent'

const [service, operation, input] = process.argv.slice(2)
const proxy = process.env.HTTPS_PROXY
const options = proxy ? { requestHandler: new NodeHttpHandler({ httpsAgent: new HttpsProxyAgent(proxy) }) } : {}
const client = service === 's3' ? new s3.S3Client({ ...options, forcePathStyle: !proxy }) : new dynamodb.DynamoDBClient(options)
const Command = { s3, dynamodb }[service][`${operation}Command`]
const failed = await client.send(new Command(JSON.parse(input))).then(() => null, error => error)
console.log(JSON.stringify({ error: failed?.name, attempts: failed?.$metadata.attempts }))
