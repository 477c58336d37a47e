//! A debug log as AWS's tools and what runs beside them write one, made anew and always the same.
//!
//! A line in a thousand holds a secret, of the forms below in turn. All others hold none, though many speak of
//! tokens, signatures and passwords, as logs do.

/// One line that holds a secret, and the secret.
pub struct Planted {
    /// Where in the log it stands.
    pub at: usize,
    pub line: Vec<u8>,
    pub secret: Vec<u8>,
}

/// Lines of a log, and those among them that hold secrets.
pub struct Log {
    pub text: Vec<u8>,
    pub planted: Vec<Planted>,
}

/// A line in so many holds a secret.
const ONE_IN: u64 = 1000;

/// The log is always the same.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// A log of at least `size` bytes.
pub fn mixed(size: usize) -> Log {
    let mut made = Maker::new(SEED);
    let mut log = Log { text: Vec::with_capacity(size + 4096), planted: Vec::new() };
    while log.text.len() < size {
        if made.lines % ONE_IN == ONE_IN / 2 {
            let planted = made.secret_line(log.planted.len(), log.text.len());
            log.text.extend_from_slice(&planted.line);
            log.planted.push(planted);
        } else {
            made.clean_line(&mut log.text);
        }
        made.lines += 1;
    }
    log
}

/// The same without secrets.
pub fn clean(size: usize) -> Vec<u8> {
    let mut made = Maker::new(SEED);
    let mut text = Vec::with_capacity(size + 4096);
    while text.len() < size {
        made.clean_line(&mut text);
        made.lines += 1;
    }
    text
}

/// Credentials as STS gives them: a secret access key and a session token each.
pub fn credentials(count: usize) -> Vec<(String, String)> {
    let mut made = Maker::new(0xd1b5_4a32_d192_ed03);
    (0..count).map(|_| (made.digits(KEY, 40), made.token())).collect()
}

const KEY: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HEX: &[u8] = b"0123456789abcdef";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const DECIMAL: &[u8] = b"0123456789";

const WORDS: [&str; 24] = [
    "orders",
    "invoices",
    "media",
    "reports",
    "archive",
    "customer",
    "export",
    "ingest",
    "billing",
    "catalog",
    "events",
    "snapshots",
    "thumbnails",
    "models",
    "inventory",
    "checkout",
    "search",
    "profile",
    "session",
    "audit",
    "metrics",
    "raw",
    "curated",
    "staging",
];
const REGIONS: [&str; 5] = ["eu-west-1", "us-east-1", "us-west-2", "eu-central-1", "ap-southeast-2"];

/// What lines are made of. `{…}` stands for a part that differs from line to line.
const CLEAN: [&str; 44] = [
    "{t},{ms} - MainThread - botocore.hooks - DEBUG - Event before-parameter-build.s3.PutObject: calling handler <function validate_bucket_name at 0x7f{hex10}>\n",
    "{t},{ms} - MainThread - botocore.hooks - DEBUG - Event request-created.s3.PutObject: calling handler <bound method RequestSigner.handler of <botocore.signers.RequestSigner object at 0x7f{hex10}>>\n",
    "{t},{ms} - MainThread - botocore.hooks - DEBUG - Event choose-signer.s3.GetObject: calling handler <function set_operation_specific_signer at 0x7f{hex10}>\n",
    "{t},{ms} - MainThread - botocore.regions - DEBUG - Calling endpoint provider with parameters: {'Bucket': '{w}-{n}', 'Region': '{r}', 'UseFIPS': False, 'UseDualStack': False, 'ForcePathStyle': False, 'Accelerate': False, 'UseGlobalEndpoint': False, 'DisableMultiRegionAccessPoints': False, 'UseArnRegion': True}\n",
    "{t},{ms} - MainThread - botocore.regions - DEBUG - Endpoint provider result: https://{w}-{n}.s3.{r}.amazonaws.com\n",
    "{t},{ms} - MainThread - botocore.endpoint - DEBUG - Making request for OperationModel(name=GetObject) with params: {'url_path': '/{w}/{n}/part-{n}.parquet', 'query_string': {}, 'method': 'GET', 'headers': {'User-Agent': 'aws-cli/2.17.20 md/awscrt#0.20.11 ua/2.0 os/linux#5.15.0 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython'}, 'body': b'', 'context': {'client_region': '{r}', 'has_streaming_input': False, 'auth_type': 'v4'}}\n",
    "{t},{ms} - MainThread - botocore.auth - DEBUG - Calculating signature using v4 auth.\n",
    "{t},{ms} - MainThread - botocore.auth - DEBUG - CanonicalRequest:\nGET\n/{w}/{n}/part-{n}.parquet\n\nhost:{w}-{n}.s3.{r}.amazonaws.com\nx-amz-content-sha256:{hex64}\nx-amz-date:20260501T1{hms}Z\n\nhost;x-amz-content-sha256;x-amz-date;x-amz-security-token\n{hex64}\n",
    "{t},{ms} - MainThread - botocore.auth - DEBUG - StringToSign:\nAWS4-HMAC-SHA256\n20260501T1{hms}Z\n20260501/{r}/s3/aws4_request\n{hex64}\n",
    "{t},{ms} - MainThread - urllib3.connectionpool - DEBUG - https://{w}-{n}.s3.{r}.amazonaws.com:443 \"GET /{w}/{n}/part-{n}.parquet HTTP/1.1\" 200 {n}\n",
    "{t},{ms} - MainThread - botocore.parsers - DEBUG - Response headers: {'x-amz-id-2': '{b76}=', 'x-amz-request-id': '{up16}', 'Date': 'Fri, 01 May 2026 10:00:00 GMT', 'Last-Modified': 'Thu, 30 Apr 2026 22:14:09 GMT', 'ETag': '\"{hex32}\"', 'x-amz-server-side-encryption': 'AES256', 'Accept-Ranges': 'bytes', 'Content-Type': 'application/octet-stream', 'Server': 'AmazonS3', 'Content-Length': '{n}'}\n",
    "{t},{ms} - MainThread - botocore.retryhandler - DEBUG - No retry needed.\n",
    "{t},{ms} - MainThread - botocore.credentials - DEBUG - Looking for credentials via: assume-role-with-web-identity\n",
    "{t},{ms} - ThreadPoolExecutor-0_{d} - s3transfer.tasks - DEBUG - DownloadChunkIterator chunk {n} of transfer id {n} written to offset {n}\n",
    "SDK 2026/05/01 10:{mm}:{ss} DEBUG Request\nGET /{w}/{n}?x-id=GetObject HTTP/1.1\nHost: {w}-{n}.s3.{r}.amazonaws.com\nUser-Agent: aws-sdk-go-v2/1.30.3 ua/2.1 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/s3#1.58.2\nAccept-Encoding: identity\nAmz-Sdk-Invocation-Id: {uuid}\nAmz-Sdk-Request: attempt=1; max=3\nX-Amz-Content-Sha256: {hex64}\nX-Amz-Date: 20260501T1{hms}Z\n\n",
    "SDK 2026/05/01 10:{mm}:{ss} DEBUG request failed with unretryable error https response error StatusCode: 404, RequestID: {up16}, HostID: {b76}=, NoSuchKey: The specified key does not exist.\n",
    "endpoints Initial EndpointParams: {\"Bucket\":\"{w}-{n}\",\"ForcePathStyle\":false,\"UseFIPS\":false,\"UseDualStack\":false,\"Region\":\"{r}\",\"Accelerate\":false}\n",
    "endpoints Resolved endpoint: {\"headers\":{},\"properties\":{\"authSchemes\":[{\"name\":\"sigv4\",\"signingName\":\"s3\",\"signingRegion\":\"{r}\",\"disableDoubleEncoding\":true}]},\"url\":\"https://{w}-{n}.s3.{r}.amazonaws.com/\"}\n",
    "{\"clientName\":\"DynamoDBClient\",\"commandName\":\"QueryCommand\",\"input\":{\"TableName\":\"{w}\",\"Limit\":{d},\"KeyConditionExpression\":\"pk = :pk\"},\"output\":{\"Count\":{d},\"ScannedCount\":{d}},\"metadata\":{\"httpStatusCode\":200,\"requestId\":\"{UP52}\",\"attempts\":1,\"totalRetryDelay\":0}}\n",
    "{z} DEBUG invoke{service=s3 operation=GetObject sdk_invocation_id={n}}:try_op:try_attempt: aws_smithy_runtime::client::http::hyper_014: new TCP connector created in {n}µs\n",
    "{z} TRACE invoke{service=s3 operation=GetObject sdk_invocation_id={n}}:try_op:try_attempt:lazy_load_identity: aws_smithy_runtime::client::identity::cache::lazy: loaded identity from cache buffer_time=10s cached_expiration=Some(SystemTime { tv_sec: 17776{n}, tv_nsec: 0 })\n",
    "{z} DEBUG invoke{service=s3 operation=GetObject sdk_invocation_id={n}}:apply_configuration: aws_smithy_runtime::client::orchestrator: entering 'before serialization' phase\n",
    "{z} DEBUG hyper_util::client::legacy::pool: reuse idle connection for (\"https\", {w}-{n}.s3.{r}.amazonaws.com)\n",
    "{z} DEBUG rustls::client::hs: Using ciphersuite TLS13_AES_128_GCM_SHA256\n",
    "10.{d}.{d}.{d} - - [01/May/2026:10:{mm}:{ss} +0000] \"GET /api/v2/{w}/{n}?page={d}&limit=50 HTTP/1.1\" 200 {n} \"https://app.example.com/{w}\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36\"\n",
    "10.{d}.{d}.{d} - alice [01/May/2026:10:{mm}:{ss} +0000] \"POST /oauth2/token HTTP/1.1\" 401 {d} \"-\" \"curl/8.5.0\"\n",
    "10.{d}.{d}.{d} - - [01/May/2026:10:{mm}:{ss} +0000] \"GET /static/js/main.{hex8}.chunk.js HTTP/2.0\" 304 0 \"https://app.example.com/login\" \"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148\"\n",
    "https 2026-05-01T10:{mm}:{ss}.{ms}123Z app/{w}/{hex16} 10.{d}.{d}.{d}:{n} 10.{d}.{d}.{d}:8080 0.001 0.0{d} 0.000 200 200 {d} {n} \"GET https://api.example.com:443/{w}/{n} HTTP/1.1\" \"okhttp/4.12.0\" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:{r}:123456789012:targetgroup/{w}/{hex16} \"Root=1-{hex8}-{hex24}\" \"api.example.com\" \"arn:aws:acm:{r}:123456789012:certificate/{uuid}\" 0 2026-05-01T10:{mm}:{ss}.{ms}000Z \"forward\" \"-\" \"-\"\n",
    "{\"level\":30,\"time\":17776{n},\"pid\":{d},\"hostname\":\"ip-10-{d}-{d}-{d}.ec2.internal\",\"reqId\":\"req-{hex8}\",\"req\":{\"method\":\"GET\",\"url\":\"/v1/{w}?limit=20&cursor={n}\",\"headers\":{\"host\":\"api.example.com\",\"accept\":\"application/json\",\"x-request-id\":\"{uuid}\"},\"remoteAddress\":\"10.{d}.{d}.{d}\"},\"msg\":\"incoming request\"}\n",
    "{\"level\":30,\"time\":17776{n},\"pid\":{d},\"hostname\":\"ip-10-{d}-{d}-{d}.ec2.internal\",\"reqId\":\"req-{hex8}\",\"res\":{\"statusCode\":200},\"responseTime\":{d}.{n},\"msg\":\"request completed\"}\n",
    "{\"eventVersion\":\"1.09\",\"userIdentity\":{\"type\":\"AssumedRole\",\"principalId\":\"AROA{up16}:{w}\",\"arn\":\"arn:aws:sts::123456789012:assumed-role/{w}/i-{hex16}\",\"accountId\":\"123456789012\",\"accessKeyId\":\"ASIA{up16}\"},\"eventTime\":\"2026-05-01T10:{mm}:{ss}Z\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\",\"awsRegion\":\"{r}\",\"sourceIPAddress\":\"10.{d}.{d}.{d}\",\"requestParameters\":{\"bucketName\":\"{w}-{n}\",\"key\":\"{w}/{n}\"},\"responseElements\":null,\"requestID\":\"{up16}\",\"eventID\":\"{uuid}\",\"readOnly\":true}\n",
    "ts=2026-05-01T10:{mm}:{ss}.{ms}Z caller=main.go:{d} level=info component={w} msg=\"request finished\" method=GET path=/v1/{w}/{n} status=200 duration={d}.{n}ms trace_id={hex32} span_id={hex16}\n",
    "ts=2026-05-01T10:{mm}:{ss}.{ms}Z caller=auth.go:{d} level=debug msg=\"token verified\" subject={w}-{n} issuer=https://login.example.com/ expires_in=3{d}\n",
    "I0501 10:{mm}:{ss}.{ms}123       1 reconciler.go:{d}] \"operationExecutor.VerifyControllerAttachedVolume started for volume \\\"kube-api-access-{w}\\\" (UniqueName: \\\"kubernetes.io/projected/{uuid}-kube-api-access\\\") pod \\\"{w}-{hex8}\\\" (UID: \\\"{uuid}\\\")\"\n",
    "2026-05-01 10:{mm}:{ss}.{ms}  INFO 1 --- [nio-8080-exec-{d}] c.e.{w}.web.{w}Controller           : fetched {n} rows in {d} ms for tenant {w}-{n}\n",
    "2026-05-01 10:{mm}:{ss}.{ms} DEBUG 1 --- [nio-8080-exec-{d}] o.s.security.web.FilterChainProxy        : Securing GET /{w}/{n}\n",
    "\tat org.springframework.security.web.authentication.www.BasicAuthenticationFilter.doFilterInternal(BasicAuthenticationFilter.java:{d})\n\tat com.example.{w}.CatalogRepository.findAllByStatus(CatalogRepository.java:{d})\n\tat java.base/java.lang.Thread.run(Thread.java:840)\n",
    "2026-05-01 10:{mm}:{ss}.{ms} UTC [{d}] app@{w} LOG:  duration: {d}.{ms} ms  execute <unnamed>: SELECT id, status, created_at FROM {w} WHERE tenant_id = $1 AND updated_at > $2 ORDER BY id LIMIT 100\n",
    "[2026-05-01T10:{mm}:{ss}.{ms}Z] [{w}] cache hit ratio 0.{n}, evicted {d} keys, {n} bytes resident, next sweep in {d} s\n",
    "{\"NextToken\":\"{b76}\",\"Items\":[{\"id\":\"{uuid}\",\"state\":\"ACTIVE\"},{\"id\":\"{uuid}\",\"state\":\"PENDING\"}]}\n",
    "{\n    \"Key\": \"{w}/{n}/part-{n}.parquet\",\n    \"LastModified\": \"2026-04-30T22:14:09+00:00\",\n    \"ETag\": \"\\\"{hex32}\\\"\",\n    \"Size\": {n},\n    \"StorageClass\": \"STANDARD\"\n}\n",
    "May  1 10:{mm}:{ss} ip-10-{d}-{d}-{d} sshd[{d}]: Accepted publickey for ec2-user from 10.{d}.{d}.{d} port {n} ssh2: ED25519 SHA256:{b43}\n",
    "May  1 10:{mm}:{ss} ip-10-{d}-{d}-{d} systemd[1]: Started Session {n} of User ec2-user.\n",
    "/usr/lib/python3/site-packages/botocore/{w}/{w}.py:{d}: DeprecationWarning: datetime.utcnow() is deprecated, see https://docs.python.org/3/library/datetime.html\n",
];

/// Lines with a secret. `{KEY}` and the like stand for it.
const SECRETS: [&str; 26] = [
    "{t},{ms} - MainThread - botocore.endpoint - DEBUG - Sending http request: <AWSPreparedRequest stream_output=True, method=GET, url=https://{w}-{n}.s3.{r}.amazonaws.com/{n}, headers={'X-Amz-Date': b'20260501T1{hms}Z', 'Authorization': b'AWS4-HMAC-SHA256 Credential=ASIA{up16}/20260501/{r}/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature={HEX}'}>\n",
    "x-amz-security-token:{TOKEN}\n",
    "{t},{ms} - MainThread - botocore.endpoint - DEBUG - headers={'X-Amz-Security-Token': b'{TOKEN}', 'Content-Length': '0'}\n",
    "{\"Credentials\":{\"AccessKeyId\":\"ASIA{up16}\",\"SecretAccessKey\":\"{KEY}\",\"Expiration\":\"2026-05-01T11:00:00Z\"}}\n",
    "{\"level\":20,\"msg\":\"assumed\",\"credentials\":{\"sessionToken\":\"{TOKEN}\"}}\n",
    "<Credentials><AccessKeyId>ASIA{up16}</AccessKeyId><SecretAccessKey>{KEY}</SecretAccessKey></Credentials>\n",
    "export AWS_SECRET_ACCESS_KEY={KEY}\n",
    "aws_secret_access_key = {KEY}\n",
    "$env:AWS_SESSION_TOKEN = \"{TOKEN}\"\n",
    "DB_PASSWORD={PASSWORD}\n",
    "10.{d}.{d}.{d} - - [01/May/2026:10:{mm}:{ss} +0000] \"GET /{w}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={HEX} HTTP/1.1\" 200 1 \"-\" \"-\"\n",
    "GET https://{w}.s3.amazonaws.com/{n}?AWSAccessKeyId=AKIA{up16}&Signature={B28}%3D&Expires=17776{n}\n",
    "> Authorization: Bearer {TOKEN}\n",
    "> Authorization: Basic {TOKEN}\n",
    "connecting to postgres://app:{PASSWORD}@db.internal:5432/{w}\n",
    "id token eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.{JWT} of {w}\n",
    "the key was {KEY} before it was rotated\n",
    "Set-Cookie: session={PASSWORD}; Path=/; HttpOnly\n",
    "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&WebIdentityToken={JWT}&RoleSessionName={w}\n",
    "SAMLAssertion={JWT}&Version=2011-06-15\n",
    "x-amz-server-side-encryption-customer-key: {KEY}\n",
    "bedrock client uses ABSK{B120} for {r}\n",
    "{\"log\":\"{\\\"SecretAccessKey\\\": \\\"{KEY}\\\"}\\n\",\"stream\":\"stdout\"}\n",
    "Credentials { provider_name: \"x\", secret_access_key: \"{KEY}\" }\n",
    "-----BEGIN RSA PRIVATE KEY-----\n{PEM}\n-----END RSA PRIVATE KEY-----\n",
    "aws configure set aws_session_token --token {TOKEN}\n",
];

struct Maker {
    state: u64,
    lines: u64,
}

impl Maker {
    fn new(seed: u64) -> Self {
        Self { state: seed, lines: 0 }
    }

    /// xorshift64*: nothing here needs to be unpredictable.
    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn digits(&mut self, of: &[u8], count: usize) -> String {
        (0..count).map(|_| char::from(of[self.below(of.len())])).collect()
    }

    /// Those of one region begin alike.
    fn token(&mut self) -> String {
        let length = 280 + self.below(400);
        format!(
            "IQoJb3JpZ2luX2VjE{}//////////wEaCWV1LXdlc3QtMSJ{}=",
            self.digits(KEY, 2),
            self.digits(KEY, length)
        )
    }

    fn clean_line(&mut self, out: &mut Vec<u8>) {
        let template = CLEAN[self.below(CLEAN.len())];
        self.fill(template, out);
    }

    fn secret_line(&mut self, form: usize, at: usize) -> Planted {
        let template = SECRETS[form % SECRETS.len()];
        let secret = [
            ("{KEY}", self.key()),
            ("{TOKEN}", self.token()),
            ("{PASSWORD}", self.digits(URL, 14)),
            ("{HEX}", self.digits(HEX, 64)),
            ("{JWT}", format!("{}.{}", self.digits(URL, 160), self.digits(URL, 86))),
            ("{B28}", self.digits(KEY, 27).replace(['+', '/'], "x")),
            ("{B120}", self.digits(KEY, 120)),
            ("{PEM}", (0..25).map(|_| self.digits(KEY, 64)).collect::<Vec<_>>().join("\n")),
        ]
        .into_iter()
        .find(|(slot, _)| template.contains(slot));
        let (slot, secret) = secret.expect("a line with a secret has a place for it");
        let mut line = Vec::new();
        self.fill(&template.replace(slot, &secret), &mut line);
        Planted { at, line, secret: secret.into_bytes() }
    }

    /// Forty digits that no rule takes for a path.
    fn key(&mut self) -> String {
        self.digits(KEY, 40).replace('/', "+")
    }

    fn fill(&mut self, template: &str, out: &mut Vec<u8>) {
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            out.extend_from_slice(&rest.as_bytes()[..open]);
            rest = &rest[open..];
            let part = rest.find('}').and_then(|close| Some((close, self.part(&rest[1..close])?)));
            match part {
                Some((close, part)) => {
                    out.extend_from_slice(part.as_bytes());
                    rest = &rest[close + 1..];
                }
                None => {
                    out.push(b'{');
                    rest = &rest[1..];
                }
            }
        }
        out.extend_from_slice(rest.as_bytes());
    }

    fn part(&mut self, name: &str) -> Option<String> {
        let two = |made: &mut Self| format!("{:02}", made.below(60));
        Some(match name {
            "t" => format!("2026-05-01 10:{}:{}", two(self), two(self)),
            "z" => format!("2026-05-01T10:{}:{}.{:06}Z", two(self), two(self), self.below(1_000_000)),
            "hms" => format!("0{}{}", two(self), two(self)),
            "mm" | "ss" => two(self),
            "ms" => format!("{:03}", self.below(1000)),
            "d" => self.below(256).to_string(),
            "n" => self.below(10_000_000).to_string(),
            "w" => WORDS[self.below(WORDS.len())].to_owned(),
            "r" => REGIONS[self.below(REGIONS.len())].to_owned(),
            "uuid" => [8, 4, 4, 4, 12].map(|count| self.digits(HEX, count)).join("-"),
            "up16" => self.digits(UPPER, 16),
            "UP52" => self.digits(UPPER, 52),
            "b43" => self.digits(KEY, 43),
            "b76" => self.digits(KEY, 75),
            "dec" => self.digits(DECIMAL, 9),
            _ => self.digits(HEX, name.strip_prefix("hex")?.parse().ok()?),
        })
    }
}
