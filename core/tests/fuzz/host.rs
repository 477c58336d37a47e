//! Host names, as they come in a `Host` header or a CONNECT line.

use awsaccess::partition::{HostName, Kind, PARTITIONS, endpoint, suffixes};

/// Bytes as a host, with or without a port.
pub(super) fn host(data: &[u8]) {
    let name = HostName::parse(data);
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(name.is_err());
        return;
    };
    let found = match endpoint(text) {
        Ok(found) => found,
        Err(why) => {
            assert!(!why.to_string().contains('\n'));
            return;
        }
    };
    assert_eq!(&*found.host, name.expect("an endpoint is a host name").name());
    // It is under a domain of AWS's, by whole labels, and not the domain itself.
    let web = PARTITIONS.iter().map(|partition| partition.web_domain).chain(["signin.aws"]);
    let under = |domain: &str| found.host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    assert!(suffixes().chain(web).any(under), "{}", found.host);
    assert_eq!(endpoint(&found.host).as_ref(), Ok(&found));
    assert!(endpoint(&format!("{}.evil.example", found.host)).is_err());
    let partition = found.partition().expect("a partition");
    for region in found.regions() {
        assert!(PARTITIONS.iter().any(|known| known.has(region)), "{region}");
    }
    if found.kind != Kind::Web {
        let name = found.signing_names().next().expect("a name to sign as");
        let region =
            found.region().or(found.regions().next()).unwrap_or(partition.implicit_region).to_owned();
        assert_eq!(found.accepts(&region, name), Ok(()), "{}", found.host);
    }
    assert!(found.accepts("moon-1", "s3").is_err());
}
