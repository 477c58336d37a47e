// The AWS SDK for JavaScript v3 with services that the emulator does not know: SQS and CloudWatch. Prints one JSON object
// with what it saw; exits non-zero if anything failed.
import { CloudWatchClient, ListMetricsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { HttpsProxyAgent } from 'https-proxy-agent'

const proxy = process.env.HTTPS_PROXY
const options = proxy ? { requestHandler: new NodeHttpHandler({ httpsAgent: new HttpsProxyAgent(proxy) }) } : {}
const name = process.env.NAME
const saw = {}

// moto's queues say that they are at an address without TLS, which the client would go to.
const sqs = new SQSClient({ ...options, useQueueUrlAsEndpoint: false })
const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }))
await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'grüße 🌍' }))
saw.message = (await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages[0].Body

const cloudwatch = new CloudWatchClient(options)
await cloudwatch.send(new PutMetricDataCommand({ Namespace: name, MetricData: [{ MetricName: 'm', Value: 1.5 }] }))
saw.metrics = (await cloudwatch.send(new ListMetricsCommand({ Namespace: name }))).Metrics.map(metric => metric.MetricName)

console.log(JSON.stringify(saw))
