#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use proptest::prelude::*;

use super::catalogue::{SERVICES, entry};
use super::*;

#[track_caller]
fn takes(host: &str, region: &str, service: &str) -> Endpoint {
    let found = endpoint(host).unwrap_or_else(|why| panic!("{host}: {why}"));
    assert_eq!(found.accepts(region, service), Ok(()), "{host}");
    found
}

#[test]
fn regional_hosts() {
    for (host, region, service) in [
        ("dynamodb.eu-west-1.amazonaws.com", "eu-west-1", "dynamodb"),
        ("DynamoDB.EU-West-1.amazonaws.com:443", "eu-west-1", "dynamodb"),
        ("sts.us-gov-west-1.amazonaws.com", "us-gov-west-1", "sts"),
        ("sts-fips.us-east-1.api.aws", "us-east-1", "sts"),
        ("bedrock-runtime.us-west-2.amazonaws.com", "us-west-2", "bedrock"),
        ("api.ecr.ap-south-1.amazonaws.com", "ap-south-1", "ecr"),
        ("monitoring.cn-north-1.amazonaws.com.cn", "cn-north-1", "monitoring"),
        ("portal.sso-fips.us-east-1.amazonaws.com", "us-east-1", "awsssoportal"),
        ("fips.batch.us-east-1.amazonaws.com", "us-east-1", "batch"),
        ("runtime-fips.sagemaker.us-gov-west-1.amazonaws.com", "us-gov-west-1", "sagemaker"),
        ("routes.geo-fips.us-gov-west-1.us-gov.amazonaws.com", "us-gov-west-1", "geo-routes"),
        ("123456789012.ddb.us-east-1.amazonaws.com", "us-east-1", "dynamodb"),
        ("a1b2c3-ats.iot.us-east-1.amazonaws.com", "us-east-1", "iotdata"),
        ("a1b2c3-ats.iot.us-east-1.amazonaws.com", "us-east-1", "iotdevicegateway"),
        ("us-east-2.queue.amazonaws.com", "us-east-2", "sqs"),
        ("sync-states.us-east-1.amazonaws.com", "us-east-1", "states"),
        ("organizations.us-east-1.amazonaws.com", "us-east-1", "organizations"),
        ("kms.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", "kms"),
        ("kms.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "kms"),
    ] {
        takes(host, region, service);
    }
    assert_eq!(takes("ssmmessages.us-east-1.amazonaws.com", "us-east-1", "ssmmessages").kind, Kind::Opaque);
    assert_eq!(endpoint("123456789012.dkr.ecr.us-east-1.amazonaws.com").unwrap().kind, Kind::Opaque);
}

#[test]
fn worldwide_hosts() {
    for (host, region, service) in [
        ("iam.amazonaws.com", "us-east-1", "iam"),
        ("iam.us-gov.amazonaws.com", "us-gov-west-1", "iam"),
        ("iam.cn-north-1.amazonaws.com.cn", "cn-north-1", "iam"),
        ("iam.global.api.aws", "us-east-1", "iam"),
        ("sts.amazonaws.com", "us-east-1", "sts"),
        ("queue.amazonaws.com", "us-east-1", "sqs"),
        ("rds.amazonaws.com", "us-east-1", "rds"),
        ("cloudfront.amazonaws.com", "us-gov-west-1", "cloudfront"),
        ("route53.amazonaws.com.cn", "cn-northwest-1", "route53"),
    ] {
        takes(host, region, service);
    }
    assert_eq!(endpoint("dynamodb.amazonaws.com"), Err(HostRefused::NoRegion));
}

#[test]
fn s3_hosts() {
    let bucket = |name: &str| Style::VirtualHost(name.to_owned());
    for (host, region, service, style) in [
        ("s3.eu-west-1.amazonaws.com", "eu-west-1", "s3", Style::Path),
        ("s3.amazonaws.com", "us-east-1", "s3", Style::Path),
        ("s3.amazonaws.com", "eu-central-1", "s3", Style::Path),
        ("s3-us-west-2.amazonaws.com", "us-west-2", "s3", Style::Path),
        ("b.s3-us-west-2.amazonaws.com", "us-west-2", "s3", bucket("b")),
        ("b.s3.amazonaws.com", "us-west-2", "s3", bucket("b")),
        ("my.dotted.bucket.s3.eu-west-1.amazonaws.com", "eu-west-1", "s3", bucket("my.dotted.bucket")),
        ("s3.s3.eu-west-1.amazonaws.com", "eu-west-1", "s3", bucket("s3")),
        ("b.s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1", "s3", bucket("b")),
        ("b.s3-fips.dualstack.us-east-1.amazonaws.com", "us-east-1", "s3", bucket("b")),
        ("b.s3-accelerate.amazonaws.com", "eu-west-1", "s3", bucket("b")),
        ("b.s3-accelerate.dualstack.amazonaws.com", "eu-west-1", "s3", bucket("b")),
        (
            "ap-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
            "eu-west-1",
            "s3",
            Style::AccessPoint("ap-123456789012".into()),
        ),
        (
            "x.mrap.accesspoint.s3-global.amazonaws.com",
            "us-east-1",
            "s3",
            Style::AccessPoint("x.mrap".into()),
        ),
        (
            "b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com",
            "us-east-1",
            "s3express",
            Style::Express(Some("b--use1-az4--x-s3".into())),
        ),
        ("s3express-control.us-east-1.amazonaws.com", "us-east-1", "s3express", Style::Express(None)),
        ("1.s3-control.eu-west-1.amazonaws.com", "eu-west-1", "s3", Style::Account("1".into())),
        ("s3-object-lambda.eu-west-1.amazonaws.com", "eu-west-1", "s3-object-lambda", Style::Path),
    ] {
        assert_eq!(takes(host, region, service).style, style, "{host}");
    }
    assert_eq!(endpoint("b.s3-website.eu-west-1.amazonaws.com"), Err(HostRefused::Website));
    assert_eq!(endpoint("b.s3-website-us-west-2.amazonaws.com"), Err(HostRefused::Website));
}

#[test]
fn hosts_of_customers() {
    for (host, region, service) in [
        ("abc.execute-api.eu-west-1.amazonaws.com", "eu-west-1", "execute-api"),
        ("x.lambda-url.eu-west-1.on.aws", "eu-west-1", "lambda"),
        ("search-x.eu-west-1.es.amazonaws.com", "eu-west-1", "es"),
    ] {
        match endpoint(host) {
            Ok(found) => {
                assert_eq!(found.kind, Kind::Customer, "{host}");
                assert_eq!(found.accepts(region, service), Ok(()), "{host}");
            }
            Err(why) => panic!("{host}: {why}"),
        }
    }
    for host in [
        "ec2-1-2-3-4.eu-west-1.compute.amazonaws.com",
        "ec2-1-2-3-4.compute-1.amazonaws.com",
        "x.eu-west-1.elb.amazonaws.com",
        "x.elb.eu-west-1.amazonaws.com",
        "db.abc.eu-west-1.rds.amazonaws.com",
        "x.on.aws",
        "vpce-1-x.vpce-svc-2.eu-west-1.vpce.amazonaws.com",
    ] {
        assert_eq!(endpoint(host), Err(HostRefused::CustomerHost), "{host}");
    }
    let private = takes("vpce-1-x.kms.eu-west-1.vpce.amazonaws.com", "eu-west-1", "kms");
    assert_eq!(private.kind, Kind::PrivateLink);
    let private = takes("b.bucket.vpce-1-x.s3.eu-west-1.vpce.amazonaws.com", "eu-west-1", "s3");
    assert_eq!((private.kind, private.bucket()), (Kind::PrivateLink, Some("b")));
}

#[test]
fn look_alikes_are_not_aws() {
    for host in [
        "amazonaws.com.evil.tld",
        "s3.amazonaws.com.evil.tld",
        "evilamazonaws.com",
        "s3.evilamazonaws.com",
        "s3-amazonaws.com",
        "amazonaws.co",
        "s3.amazonaws.cn",
        "169.254.169.254.nip.io",
        "example.com",
    ] {
        assert_eq!(endpoint(host), Err(HostRefused::NotAws), "{host}");
    }
    for (host, why) in [
        ("amazonaws.com", HostRefused::UnknownService),
        ("nosuchthing.eu-west-1.amazonaws.com", HostRefused::UnknownService),
        ("eu-west-1.amazonaws.com", HostRefused::UnknownService),
        ("evil.dynamodb.eu-west-1.amazonaws.com", HostRefused::UnknownService),
        ("kms.cn-north-1.amazonaws.com", HostRefused::RegionSuffix),
        ("kms.us-east-1.amazonaws.com.cn", HostRefused::RegionSuffix),
        ("kms.us-east-1.amazonaws.com.", HostRefused::TrailingDot),
        ("kms.us-east-1.amazonaws.com.:443", HostRefused::TrailingDot),
        ("kms.us-east-1.amazonaws.com:80", HostRefused::OddPort),
        ("kms.us-east-1.amazonaws.com:0", HostRefused::NotAHost(HostError::BadPort)),
        ("0x7f.1", HostRefused::NotAHost(HostError::IpLiteral)),
        ("[::1]:443", HostRefused::NotAHost(HostError::IpLiteral)),
        ("169.254.169.254", HostRefused::NotAHost(HostError::IpLiteral)),
        ("u@s3.amazonaws.com", HostRefused::NotAHost(HostError::UserInfo)),
    ] {
        assert_eq!(endpoint(host), Err(why), "{host}");
    }
}

#[test]
fn a_scope_for_another_host_is_refused() {
    let found = endpoint("dynamodb.eu-west-1.amazonaws.com").unwrap();
    assert_eq!(found.accepts("us-east-1", "dynamodb"), Err(ScopeMismatch::Region("us-east-1".into())));
    assert_eq!(found.accepts("eu-west-1", "s3"), Err(ScopeMismatch::Service("dynamodb")));
    let found = endpoint("s3.amazonaws.com").unwrap();
    assert!(found.accepts("cn-north-1", "s3").is_err());
}

#[test]
fn the_partitions_are_those_of_the_sdks() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/endpoints/partitions.json");
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let listed = file["partitions"].as_array().unwrap();
    assert_eq!(listed.len(), PARTITIONS.len());
    for one in listed {
        let ours = by_id(one["id"].as_str().unwrap()).unwrap();
        let outputs = &one["outputs"];
        assert_eq!(outputs["dnsSuffix"], ours.dns_suffix);
        assert_eq!(outputs["dualStackDnsSuffix"], ours.dual_stack_suffix);
        assert_eq!(outputs["implicitGlobalRegion"], ours.implicit_region);
        assert_eq!((&outputs["supportsFIPS"], &outputs["supportsDualStack"]), (&true.into(), &true.into()));
        for (region, _) in one["regions"].as_object().unwrap() {
            assert_eq!(of(region), Some(ours), "{region}");
            assert!(region.ends_with("-global") || ours.regions.contains(&region.as_str()), "{region}");
        }
    }
}

#[test]
fn regions_belong_to_one_partition() {
    for (region, id) in [
        ("us-east-1", Some("aws")),
        ("mx-central-1", Some("aws")),
        ("ap-southeast-17", Some("aws")),
        ("aws-global", Some("aws")),
        ("cn-north-1", Some("aws-cn")),
        ("us-gov-east-1", Some("aws-us-gov")),
        ("aws-us-gov-global", Some("aws-us-gov")),
        ("eusc-de-east-1", Some("aws-eusc")),
        ("us-iso-west-1", Some("aws-iso")),
        ("us-isob-east-1", Some("aws-iso-b")),
        ("eu-isoe-west-1", Some("aws-iso-e")),
        ("us-isof-south-1", Some("aws-iso-f")),
        ("", None),
        ("us-east", None),
        ("us-east-", None),
        ("us--1", None),
        ("US-EAST-1", None),
        ("xx-east-1", None),
        ("us-east-1x", None),
        ("a-us-east-1", None),
        ("-global", None),
    ] {
        assert_eq!(of(region).map(|p| p.id), id, "{region}");
        assert!(PARTITIONS.iter().filter(|p| p.has(region)).count() <= 1, "{region}");
    }
    for partition in &PARTITIONS {
        assert_eq!(of(partition.implicit_region), Some(partition));
    }
}

/// Every host that is located is one that takes the scope which it was located with, and is that service's.
#[test]
fn the_ways_there_and_back_agree() {
    let mut seen = 0;
    for service in SERVICES {
        for partition in &PARTITIONS {
            for region in partition.regions {
                for variant in Variant::ALL {
                    let Ok(there) = locate(service.model, region, variant) else { continue };
                    let back = endpoint(&there.host).unwrap_or_else(|why| panic!("{}: {why}", there.host));
                    seen += 1;
                    assert!(back.services().any(|model| model == service.model), "{}", there.host);
                    if back.kind == Kind::Service {
                        let accepted = back.accepts(&there.signing_region, there.signing_name);
                        assert_eq!(accepted, Ok(()), "{}", there.host);
                    }
                }
            }
        }
    }
    assert!(seen > 60_000, "{seen}");
    // Three rule sets put regions of other partitions under this domain, and no other service does.
    let found = endpoint("agent-registry.cn-north-1.api.aws").unwrap();
    assert_eq!(found.partition().map(|partition| partition.id), Some("aws-cn"));
    assert_eq!(endpoint("kms.cn-north-1.api.aws"), Err(HostRefused::RegionSuffix));
}

#[test]
fn what_a_name_finds() {
    let at = |service, region, fips, dual_stack| locate(service, region, Variant { fips, dual_stack });
    for (service, region, fips, dual_stack, host) in [
        ("STS", "us-east-1", true, true, "sts-fips.us-east-1.api.aws"),
        ("sts", "aws-global", false, false, "sts.amazonaws.com"),
        ("sso", "eu-west-1", true, false, "portal.sso-fips.eu-west-1.amazonaws.com"),
        ("SSO OIDC", "us-gov-west-1", true, false, "oidc.us-gov-west-1.amazonaws.com"),
        ("sso_oidc", "cn-north-1", false, true, "oidc.cn-north-1.api.amazonwebservices.com.cn"),
        ("signin", "us-iso-east-1", false, false, "us-iso-east-1.signin.c2shome.ic.gov"),
        ("signin", "us-gov-west-1", true, false, "signin-fips.amazonaws-us-gov.com"),
        ("monitoring", "eu-west-1", false, false, "monitoring.eu-west-1.amazonaws.com"),
        ("iam", "cn-northwest-1", false, false, "iam.cn-north-1.amazonaws.com.cn"),
        ("s3", "us-east-1", true, true, "s3-fips.dualstack.us-east-1.amazonaws.com"),
        ("dynamodb", "us-nowhere-9", false, false, "dynamodb.us-nowhere-9.amazonaws.com"),
    ] {
        assert_eq!(at(service, region, fips, dual_stack).unwrap().host, host);
    }
    assert!(matches!(at("s3", "cn-north-1", true, false), Err(NoSingleHost::NotThere { .. })));
    assert!(matches!(at("nothing", "us-east-1", false, false), Err(NoSingleHost::UnknownService(_))));
    assert!(matches!(at("sts", "evil.example/", false, false), Err(NoSingleHost::UnknownRegion(_))));
    let many = at("sustainability", "eu-west-1", false, false).unwrap();
    assert_eq!((many.signing_region.as_str(), many.signing_region_set), ("us-east-1", Some("*")));
}

#[test]
fn hosts_say_services_accounts_and_regions() {
    let found = endpoint("rds.eu-west-1.amazonaws.com").unwrap();
    assert_eq!(found.services().collect::<Vec<_>>(), ["rds", "docdb", "neptune"]);
    assert_eq!(found.regions().collect::<Vec<_>>(), ["eu-west-1"]);
    let found = endpoint("maps.geo.eu-west-1.amazonaws.com").unwrap();
    assert_eq!(found.signing_names().collect::<Vec<_>>(), ["geo-maps", "geo"]);
    assert_eq!(endpoint("s3.amazonaws.com").unwrap().regions().count(), 0);
    for (host, service, account, style) in [
        ("111122223333.ddb.us-east-1.amazonaws.com", "dynamodb", Some("111122223333"), None),
        ("111122223333.streams-ddb-fips.us-east-1.api.aws", "dynamodbstreams", Some("111122223333"), None),
        ("111122223333.data-kinesis.eu-west-1.amazonaws.com", "kinesis", Some("111122223333"), None),
        ("111122223333.s3-control.eu-west-1.amazonaws.com", "s3control", Some("111122223333"), None),
        ("a-111122223333.s3-accesspoint.eu-west-1.amazonaws.com", "s3", Some("111122223333"), None),
        ("x.y.data-kinesis.eu-west-1.amazonaws.com", "kinesis", None, Some("x.y")),
        ("g-1.neptune-graph.eu-west-1.amazonaws.com", "neptune-graph", None, Some("g-1")),
        ("g-1.eu-west-1.neptune-graph.amazonaws.com", "neptune-graph", None, Some("g-1")),
        ("abc.endpoint.events.amazonaws.com", "eventbridge", None, Some("abc")),
        ("abc.endpoints.email.global.api.aws", "ses", None, Some("abc")),
        ("1.cloudfront-kvs.global.api.aws", "cloudfront-keyvaluestore", None, Some("1")),
        ("s-1.osm.us-east-1.on.aws", "opensearchmemory", None, Some("s-1")),
    ] {
        let found = endpoint(host).unwrap_or_else(|why| panic!("{host}: {why}"));
        assert_eq!(found.kind, Kind::Service, "{host}");
        assert_eq!(found.account(), account, "{host}");
        if let Some(label) = style {
            assert_eq!(found.style, Style::Labelled(label.to_owned()), "{host}");
        }
        let models: Vec<_> = found.services().collect();
        let same = ["events", "eventbridge", "osm", "opensearchmemory", "cloudfront-keyvaluestore"];
        assert!(models.contains(&service) || same.contains(&service), "{host} {models:?}");
    }
}

#[test]
fn pages_for_people() {
    for (host, prefix, region, partition) in [
        ("us-east-1.signin.aws.amazon.com", "signin", Some("us-east-1"), "aws"),
        ("signin.aws.amazon.com", "signin", None, "aws"),
        ("111122223333.signin.aws.amazon.com", "signin", None, "aws"),
        ("us-gov-east-1.signin-fips.amazonaws-us-gov.com", "signin", Some("us-gov-east-1"), "aws-us-gov"),
        ("signin-fips.amazonaws-us-gov.com", "signin", None, "aws-us-gov"),
        ("signin.us-east-1.api.aws", "signin", Some("us-east-1"), "aws"),
        ("eu-west-1.oauth.signin.aws", "signin", Some("eu-west-1"), "aws"),
        ("console.aws.amazon.com", "console", None, "aws"),
        ("eu-west-1.console.aws.amazon.com", "console", Some("eu-west-1"), "aws"),
        ("console.amazonaws.cn", "console", None, "aws-cn"),
        ("eusc-de-east-1.console.amazonaws-eusc.eu", "console", Some("eusc-de-east-1"), "aws-eusc"),
        ("console.c2shome.ic.gov", "console", None, "aws-iso"),
    ] {
        let found = endpoint(host).unwrap_or_else(|why| panic!("{host}: {why}"));
        assert_eq!((found.kind, &*found.prefix, found.region()), (Kind::Web, prefix, region), "{host}");
        assert_eq!(found.partition().unwrap().id, partition, "{host}");
        assert!(found.accepts("us-east-1", "s3").is_err());
    }
    for host in ["aws.amazon.com", "docs.aws.amazon.com", "signin.aws", "console.aws.amazon.com.evil.example"]
    {
        assert_eq!(endpoint(host), Err(HostRefused::NotAws), "{host}");
    }
    for partition in &PARTITIONS {
        for region in [None, Some(partition.implicit_region)] {
            for host in [sign_in(partition, region), console(partition, region)] {
                let found = endpoint(&host).unwrap();
                assert_eq!((found.partition(), found.region()), (Some(partition), region), "{host}");
            }
        }
    }
}

prop_compose! {
    /// A label that a customer may choose.
    fn label()(text in "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?") -> String { text }
}

proptest! {
    /// A host that is put together from a service's labels, with marks and a region, is read as that service again.
    #[test]
    fn what_is_put_together_is_read_again(
        at in 0..SERVICES.len(), partition in 0..PARTITIONS.len(), variant in 0..4usize, number in 1..99u32,
    ) {
        let (service, partition) = (&SERVICES[at], &PARTITIONS[partition]);
        let region = partition.implicit_region.rsplit_once('-').unwrap().0;
        let region = format!("{region}-{number}");
        if let Ok(there) = locate(service.model, &region, Variant::ALL[variant]) {
            let back = endpoint(&there.host).unwrap_or_else(|why| panic!("{}: {why}", there.host));
            prop_assert!(back.services().any(|model| model == service.model), "{}", there.host);
            prop_assert!(back.signing_names().any(|name| name == there.signing_name));
            prop_assert_eq!(
                back.partition().map(|p| p.dns_suffix),
                of(&there.signing_region).map(|p| p.dns_suffix)
            );
        }
    }

    /// Whatever a customer's bucket is called, the host is S3's, and the bucket is found.
    #[test]
    fn a_bucket_cannot_change_what_a_host_is(parts in proptest::collection::vec(label(), 1..4), dual in any::<bool>()) {
        let bucket = parts.join(".");
        let dual = if dual { "dualstack." } else { "" };
        let found = endpoint(&format!("{bucket}.s3.{dual}eu-west-1.amazonaws.com")).unwrap();
        prop_assert_eq!(found.bucket(), Some(bucket.as_str()));
        prop_assert_eq!(found.accepts("eu-west-1", "s3"), Ok(()));
    }

    /// Labels of anybody's before a service's host make none of its hosts, unless the service has such labels.
    #[test]
    fn a_label_too_many_is_no_service(at in 0..SERVICES.len(), own in label()) {
        let service = &SERVICES[at];
        let host = format!("{own}.{}.eu-west-1.amazonaws.com", service.prefix);
        if let Ok(found) = endpoint(&host) {
            let known = entry(&found.prefix).is_some();
            let by_label = !matches!(found.style, Style::Path);
            prop_assert!(known || by_label, "{}", host);
        }
    }

    #[test]
    fn any_text_is_answered(text in "[a-z0-9.-]{0,60}(amazonaws\\.com|api\\.aws|on\\.aws)?") {
        if let Ok(found) = endpoint(&text) {
            prop_assert!(suffixes().any(|suffix| found.host.ends_with(suffix)));
        }
    }
}
